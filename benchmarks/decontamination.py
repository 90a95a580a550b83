"""How many planted benchmark items are found, how many clean documents are accused, and how fast.

Items are planted into documents as they are, re-wrapped, with full-width characters, with other punctuation, in
Traditional Chinese, and with their options reordered, one item a document. Documents that should hold none are then
searched, and every hit is printed for a person to judge.

    python benchmarks/decontamination.py --items benchmarks.jsonl.gz --clean texts.parquet [--pages pages.warc.gz ...]

`--clean`: Parquet with a column `text` (and `label`, of which only `good` is used). `--pages`: WARC files, extracted
first. The share of an item that must be found is `--coverage`.
"""

import argparse
import random
import re
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import documents, extraction, ingest
from openclaw_data.decontamination import index, items, match
from openclaw_data.kernels import contamination as kernel
from openclaw_data.kernels.hashes import folding_table

SEED = 20_260_101
FULL_WIDTH = {c: c + 0xFEE0 for c in range(0x21, 0x7F)} | {0x20: 0x3000}
PUNCTUATION = dict(zip("，。！？；：（）“”‘’、…", ",.!?;:()\"\"'',…", strict=True))
PUNCTUATION |= dict(zip(",.!?;:()", "，。！？；：（）", strict=True))


def rewrapped(text: str, rng: random.Random) -> str:
    """Other line breaks: at spaces, and between any two characters of a text without spaces."""
    width = rng.randint(12, 60)
    flat = re.sub(r"\s+", " ", text)
    if flat.count(" ") * 12 > len(flat):
        return textwrap.indent(textwrap.fill(flat, width), rng.choice(["", "    ", "\t"]))
    return "\n".join(flat[i : i + width] for i in range(0, len(flat), width))


def full_width(text: str, rng: random.Random) -> str:
    return text.translate(FULL_WIDTH if rng.random() < 0.5 else {c: FULL_WIDTH[c] for c in range(0x30, 0x3A)})


def punctuated(text: str, rng: random.Random) -> str:
    """Chinese marks for Western ones and the other way round, or none at all."""
    if rng.random() < 0.3:
        return "".join(" " if c in PUNCTUATION else c for c in text)
    return "".join(PUNCTUATION.get(c, c) for c in text)


def traditional(text: str, rng: random.Random) -> str:
    """One of the forms that fold to each character."""
    return "".join(rng.choice(TRADITIONAL.get(c, [c])) for c in text)


def reordered(text: str, rng: random.Random) -> str:
    composed, pieces = items.compose(text)
    stem, *options = (composed[a:b].strip() for a, b in pieces)
    rng.shuffle(options)
    label = rng.choice(["{}. ", "({}) ", "{}、", "- "])
    return "\n".join([stem, *(label.format(c) + o for c, o in zip("ABCDEFGH", options, strict=False))])


def _traditional() -> dict[str, list[str]]:
    folding = folding_table()
    forms: dict[str, list[str]] = {}
    for code in range(0x4E00, 0xA000):
        folded = int(folding[code]) & 0xFFFFFF
        if folded != code:
            forms.setdefault(chr(folded), []).append(chr(code))
    return forms


TRADITIONAL = _traditional()
VARIANTS = {
    "verbatim": lambda text, _: text,
    "re-wrapped": rewrapped,
    "full width": full_width,
    "punctuation": punctuated,
    "Traditional": traditional,
    "options reordered": reordered,
    "reordered, Traditional, re-wrapped": lambda t, rng: rewrapped(traditional(reordered(t, rng), rng), rng),
}


def applies(variant: str, text: str) -> bool:
    if "reordered" in variant:
        return len(items.compose(text)[1]) > 1
    return variant != "Traditional" or any(c in TRADITIONAL for c in text)


def plant(carriers: list[str], found: list[items.Item], n: int) -> tuple[list[str], list[tuple[str, items.Item]]]:
    """N documents with one item each."""
    rng = random.Random(SEED)
    texts, truth = [], []
    while len(texts) < n:
        variant = list(VARIANTS)[len(texts) % len(VARIANTS)]
        item = rng.choice(found)
        if not applies(variant, item.text):
            continue
        lines = carriers[len(texts) % len(carriers)].split("\n")
        at = rng.randint(0, len(lines))
        texts.append("\n".join([*lines[:at], VARIANTS[variant](item.text, rng), *lines[at:]]))
        truth.append((variant, item))
    return texts, truth


def clean_texts(parquet: Path, pages: list[Path]) -> Iterator[str]:
    """Real documents without any item of a benchmark, as far as anyone knows."""
    table = pq.read_table(parquet)
    keep = table.column("label").to_pylist() if "label" in table.column_names else ["good"] * table.num_rows
    for text, label in zip(table.column("text").to_pylist(), keep, strict=True):
        if label == "good" and text:
            yield text
    for path in pages:
        for split in ingest.plan([ingest.Source("pages", "warc", (str(path),), {}, "")]):
            for raw in ingest.read(split):
                yield from (t for t in extraction.pages(raw).column("text").to_pylist() if t)


def speed(texts: list[str], loaded: index.Index, rounds: int = 3) -> float:
    """MB/s of text through the whole of `match.find`, by processor time."""
    batch = pa.array(texts)
    size = documents.text_buffers(batch)[0]
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        match.find(batch, loaded)
        best = min(best, time.process_time() - started)
    return int(size[-1] - size[0]) / best / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--clean", type=Path, required=True)
    parser.add_argument("--pages", type=Path, nargs="*", default=[])
    parser.add_argument("--documents", type=int, default=5000, help="documents with a planted item")
    parser.add_argument("--coverage", type=float, default=match.COVERAGE)
    parser.add_argument("--show", type=int, default=20, help="hits and misses to print")
    options = parser.parse_args()
    every = list(items.read(options.items))
    started = time.perf_counter()
    built = index.build(every)
    seconds = time.perf_counter() - started
    path = Path(options.items.name + ".index.parquet").absolute()
    index.write(str(path), built.table)
    started = time.perf_counter()
    loaded = index.load((str(path),))
    print(
        f"{built.table.num_rows} texts of items, {len(built.too_short)} too short; {path.stat().st_size / 1e6:.1f} MB"
    )
    print(
        f"built in {seconds:.1f} s, loaded in {time.perf_counter() - started:.1f} s, in memory {memory(loaded):.0f} MB"
    )
    path.unlink()
    clean = list(clean_texts(options.clean, options.pages))
    questions = [i for i in every if i.part == "question"]
    recall(clean, questions, loaded, options)
    accusations(clean, loaded, options)
    for name, han in (("Chinese", True), ("English", False)):
        some = [t for t in clean if (sum(c > "\u3000" for c in t) * 2 > len(t)) == han][:3000]
        print(f"speed, {name}: {speed(some, loaded):.0f} MB/s on one core ({len(some)} documents)")


def memory(loaded: index.Index) -> float:
    arrays = [*loaded.table[:-1], loaded.powers, loaded.gram_items, loaded.items, loaded.places]
    return sum(np.asarray(a).nbytes for a in [*arrays, *loaded.weights, *loaded.pieces]) / 1e6


def recall(clean: list[str], questions: list[items.Item], loaded: index.Index, options: argparse.Namespace) -> None:
    texts, truth = plant(clean, questions, options.documents)
    evidence = match.find(pa.array(texts), loaded, options.coverage)
    hits = set(zip(*(evidence.column(n).to_pylist() for n in ("row", "benchmark", "item")), strict=True))
    planted, found, shown = Counter(), Counter(), 0
    for row, (variant, item) in enumerate(truth):
        planted[variant] += 1
        if (row, item.benchmark, item.item) in hits:
            found[variant] += 1
        elif shown < options.show:
            shown += 1
            print(f"missed ({variant}): {item.item}: {item.text[:120]!r}")
    print(f"{'planted as':36} {'documents':>9} {'found':>6}")
    for variant in VARIANTS:
        print(f"{variant:36} {planted[variant]:9} {found[variant] / planted[variant]:6.1%}")


def accusations(clean: list[str], loaded: index.Index, options: argparse.Namespace) -> None:
    evidence = match.find(pa.array(clean), loaded, options.coverage)
    rows = evidence.to_pylist()
    accused = len({r["row"] for r in rows})
    print(f"clean documents: {len(clean)}, accused: {accused} ({accused / len(clean):.3%})")
    for hit in rows[: options.show]:
        text = " ".join(clean[hit["row"]][max(0, hit["start"] - 10) : hit["end"] + 10].split())
        print(f"  document {hit['row']}: {hit['item']} ({hit['part']}, {hit['coverage']:.2f}): {text[:160]!r}")
    candidates = kernel.find(*documents.text_buffers(pa.array(clean)), folding_table(), loaded.powers, loaded.table)
    print(f"  documents with any gram of an item: {len(np.unique(candidates[0]))}")


if __name__ == "__main__":
    main()
