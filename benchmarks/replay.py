"""Whether `trace --replay` makes the very text again: of documents drawn at random, and of every one not in UTF-8.

python benchmarks/replay.py ../shared/data/pages-0000*.warc.gz --documents 500 --folder /tmp/replay

The files are curated with the recipe `web`; then each document drawn is read again at its place in the raw file, and
the recorded recipe run on that one record. The text's sha256 and every column that one record decides must be the same.
"""

import argparse
import random
import shutil
import time
from pathlib import Path

import polars as pl

import openclaw_data
from openclaw_data.flow import trace

UTF_8 = ("", "utf-8", "us-ascii")


def main() -> None:
    """Run, draw, replay; print counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="WARC files")
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    shutil.rmtree(asked.folder, ignore_errors=True)
    out = asked.folder / "out"
    made = openclaw_data.run("web", out, inputs={"cc": asked.files})
    rows = pl.read_parquet(out / "decisions" / "*.parquet", columns=["id", "content_charset"]).sort("id")
    print(f"{made.counts.read:,} records, {made.counts.kept:,} kept")
    names = sorted(set(rows["id"]))
    drawn = random.Random(asked.seed).sample(names, min(asked.documents, len(names)))
    others = rows.filter(~pl.col("content_charset").is_in(UTF_8))
    charsets = dict(others["content_charset"].value_counts(sort=True).rows())
    for title, ids in (("drawn at random", drawn), (f"not UTF-8 {charsets}", others["id"].to_list())):
        started = time.process_time()
        again = trace.replay(str(out), ids, asked.files) if ids else []
        same, whole = sum(r.same for r in again), sum(not r.differing for r in again)
        seconds = time.process_time() - started
        print(f"{title}: {same:,} of {len(again):,} texts the same, {whole:,} in every column; {seconds:.1f} s of CPU")


if __name__ == "__main__":
    main()
