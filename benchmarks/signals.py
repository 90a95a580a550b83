"""How fast signals are measured, on one core: all of the web recipe's, and the field's filters beside datatrove's.

    python benchmarks/signals.py ../shared/data/quality/quality_dev.parquet [../shared/data/sample.warc.wet.gz ...]
        [--megabytes 10] [--datatrove 150]

Texts are the documents of the Parquet file (column text, unit "document") and those of the WET files, mixed by a fixed
seed. Seconds are processor seconds of this process, the best of three rounds, so that a busy machine counts less.
`--datatrove N` runs Gopher quality, Gopher repetition, C4 and FineWeb of datatrove on N of the documents (0: not), each
in its language, and ours on the same.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import parity
import polars as pl
import pyarrow as pa

from openclaw_data import documents, ingest, recipe, rules, signals
from openclaw_data.extraction import pages
from openclaw_data.signals import language, mixed


def load(paths: list[str], megabytes: float) -> list[str]:
    """Texts of a Parquet file and of WET files, shuffled, up to a size."""
    table = pl.read_parquet(paths[0]).filter(pl.col("unit") == "document")
    texts: list[str] = table["text"].to_list()
    for path in paths[1:]:
        source = recipe.load("web").sources[0].model_copy(update={"paths": (path,)})
        for split in ingest.plan([source]):
            for raw in ingest.read(split):
                texts += [t for t in pages(raw).column("text").to_pylist() if t]
    random.Random(0).shuffle(texts)
    kept, size = [], 0
    for text in texts:
        kept.append(text)
        size += len(text.encode())
        if size > megabytes * 1e6:
            break
    return kept


def best(work: Callable[[], Any], rounds: int = 3) -> float:
    """Processor seconds of the fastest round, after one that compiles."""
    work()
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def batches(texts: list[str]) -> list[pa.RecordBatch]:
    """Batches of 1,000 documents with their language, made anew so that nothing is remembered."""
    made = []
    for i in range(0, len(texts), 1000):
        batch = documents.from_texts(texts[i : i + 1000])
        made.append(documents.append(batch, language.identify(batch)))
    return made


def measure(texts: list[str], names: list[str]) -> float:
    """Seconds for the signals `names`."""
    ready = batches(texts)

    def work() -> None:
        for batch in ready:
            signals.compute(batch.slice(0), names)  # a slice is a new object: tokens are found again

    return best(work)


def parts_of(texts: list[str], names: list[str]) -> float:
    """Seconds to find the documents in two languages and to measure their parts, signals of the whole at hand."""
    ready = [(batch, signals.compute(batch, names)) for batch in batches(texts)]
    spent = []
    for _ in range(3):
        total = 0.0
        for batch, measured in ready:
            began = time.process_time()
            mixed.language_parts(batch, measured)
            total += time.process_time() - began
        spent.append(total)
    return min(spent)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--datatrove", type=int, default=150)
    asked = parser.parse_args()
    texts = load(asked.paths, asked.megabytes)
    size = sum(len(t.encode()) for t in texts) / 1e6
    packs = [p for p in recipe.resolve(recipe.load("web")).packs if p.name not in ("rights", "toxicity")]
    known = set(signals.SIGNALS)
    print(f"{len(texts):,} documents, {size:.1f} MB")
    everything = sorted(rules.needed(packs) & known)
    seconds = measure(texts, everything)
    print(f"all {len(everything)} signals of web.yaml       {size / seconds:7.1f} MB/s")
    spent = {}
    for function, columns in signals.FUNCTIONS.items():
        wanted = [c for c in columns if c in everything]
        if wanted:
            spent[function.split(".")[-1]] = measure(texts, wanted)
    tokens = measure(texts, ["char_count"])
    mixture = parts_of(texts, everything)
    print(f"  tokens and lines              {size / tokens:7.1f} MB/s")
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {name:28s} + {max(seconds - tokens, 0) / size * 1000:6.1f} ms a MB")
    print(f"parts of documents in two languages + {mixture / size * 1000:4.1f} ms a MB")
    if asked.datatrove:
        beside_datatrove(asked.paths[0], asked.datatrove)
    return 0


def beside_datatrove(path: str, sample: int) -> None:
    """Print the times of datatrove's four filters and of ours for the same documents."""
    parity.FILTERS["zh"]["C4"] = ("c4", "C4QualityFilter", {"language": "cmn_Hani"})
    total = {"ours": 0.0, "theirs": 0.0}
    for tongue, filters in parity.FILTERS.items():
        texts = parity.documents_of(path, tongue, sample)
        packs = rules.load([pack for pack, *_ in filters.values()])
        wanted = sorted(rules.needed(packs) & set(signals.SIGNALS))
        parity.theirs(texts[:2], tongue)
        began = time.process_time()
        parity.theirs(texts, tongue)
        they = time.process_time() - began
        ready = [documents.append(b, signals.compute(b, wanted)) for b in batches(texts)]
        we = measure(texts, wanted) + best(lambda ready=ready, packs=packs: [rules.judge(b, packs) for b in ready])
        size = sum(len(t.encode()) for t in texts) / 1e6
        print(f"{tongue}: datatrove {size / they:6.2f} MB/s, ours {size / we:6.1f} MB/s, {they / we:5.0f} times")
        total["ours"] += we
        total["theirs"] += they
    print(f"both: {total['theirs'] / total['ours']:.0f} times")


if __name__ == "__main__":
    sys.exit(main())
