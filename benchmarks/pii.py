"""List what the search for personal data finds in the texts of a Parquet file, and how quick it is.

python benchmarks/pii.py FILE.parquet [hits shown of each kind, default 20]
"""

import hashlib
import sys
import time
from collections import defaultdict

import polars as pl
import pyarrow as pa

from openclaw_data.edits import normalise, pii


def main(path: str, shown: int) -> None:
    texts, _ = normalise.normalise(
        pl.read_parquet(path, columns=["text"])["text"].cast(pl.String).to_arrow().cast(pa.string())
    )
    size = sum(len(t.as_buffer()) for t in texts if t.is_valid and t.as_py()) / 1e6
    pii.spans(texts[:1])
    started = time.process_time()
    spans = pii.spans(texts)
    seconds = time.process_time() - started
    hits = defaultdict(list)
    for text, found in zip(texts.to_pylist(), spans, strict=True):
        for s in found:
            around = text[max(0, s.start - 30) : s.start] + "⟦" + text[s.start : s.end] + "⟧" + text[s.end : s.end + 15]
            hits[s.kind].append(around.replace("\n", "|"))
    total = sum(map(len, hits.values()))
    print(f"{size:.1f} MB at {size / seconds:.0f} MB/s a core; {total:,} values, {total / size:.2f} a MB")
    for kind, found in hits.items():
        print(f"{kind}: {len(found)}")
        for line in sorted(found, key=lambda x: hashlib.sha256(x.encode()).digest())[:shown]:
            print("   ", line)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20)
