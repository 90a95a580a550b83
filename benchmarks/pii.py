"""List what the search for personal data finds in ordinary texts, and how quick it is.

    python benchmarks/pii.py pages.warc.gz docs.parquet texts.jsonl.gz --shown 100

Reads WARC and WET (extracted), Parquet and JSON lines (column `text`), leaves out texts that were there before, and
prints how many megabytes those are, how many of them in lines that were not there before, the values of each kind,
and a sample of them in their context, the same for the same texts: read it, and count what is false.
"""

import argparse
import gzip
import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
from models import batches

from openclaw_data import extraction
from openclaw_data.edits import normalise, pii

CHUNK = 2000


def texts(path: Path) -> Iterator[str]:
    """The texts of a file."""
    if ".parquet" in path.name:
        yield from pl.read_parquet(path, columns=["text"])["text"].drop_nulls()
    elif ".jsonl" in path.name:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        yield from (json.loads(line)["text"] for line in content.splitlines())
    else:
        for batch in batches(path, 10**9):
            pages = extraction.pages(batch, engine="openclaw", max_page_bytes=10_000_000, timeout=5)
            yield from pages.column("text").to_pylist()


def distinct(paths: list[Path]) -> tuple[list[str], float]:
    """Normalised texts, none twice, and the megabytes of their different lines."""
    found: dict[bytes, str] = {}
    lines: set[int] = set()
    size = 0
    for path in paths:
        done, _ = normalise.normalise(pa.array(list(texts(path)), pa.string()))
        for text in done.to_pylist():
            found.setdefault(hashlib.blake2b(text.encode(), digest_size=16).digest(), text)
    for text in found.values():
        for line in text.splitlines():
            if (key := hash(line)) not in lines:
                lines.add(key)
                size += len(line.encode()) + 1
    return list(found.values()), size / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--shown", type=int, default=100)
    options = parser.parse_args()
    found, lines = distinct(options.paths)
    pii.spans(pa.array(found[:1]))
    hits, kinds, seconds = [], Counter[str](), 0.0
    for at in range(0, len(found), CHUNK):
        part = found[at : at + CHUNK]
        array = pa.array(part, pa.string())
        started = time.process_time()
        spans = pii.mask_array(array).spans
        seconds += time.process_time() - started
        for row, mine in spans.items():
            for s in mine:
                text = part[row]
                before, after = text[max(0, s.start - 40) : s.start], text[s.end : s.end + 25]
                hits.append(f"{s.kind:11} {before}⟦{text[s.start : s.end]}⟧{after}".replace("\n", "|"))
                kinds[s.kind] += 1
    size = sum(len(text.encode()) for text in found) / 1e6
    print(f"{len(found):,} texts, {size:.1f} MB ({lines:.1f} MB of different lines), {size / seconds:.0f} MB/s a core")
    print(f"{len(hits):,} values, {len(hits) / size:.2f} a MB: {dict(kinds.most_common())}")
    by_kind = defaultdict(list)
    for line in sorted(set(hits), key=lambda x: hashlib.sha256(x.encode()).digest()):
        by_kind[line[:11]].append(line)
    print(f"{len(set(hits)):,} different; a sample:")
    quota = max(1, options.shown // max(1, len(by_kind)))
    left = options.shown
    for kind in sorted(by_kind, key=lambda k: len(by_kind[k])):
        taken = by_kind[kind][: max(quota, left if len(by_kind) == 1 else quota)]
        left -= len(taken)
        print("\n".join(taken))


if __name__ == "__main__":
    main()
