"""What the classifiers cost: the annotate stage with and without them, over the same pages in one process.

    python benchmarks/models.py crawl/pages.warc.gz --pages 1500

Reads pages once, extracts and measures each batch without classifiers and with them, alternating, and prints the
megabytes a second of processor time of each model on the extracted text, and how much longer annotate takes with all.
"""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from openclaw_data import recipe, signals
from openclaw_data.flow import annotate
from openclaw_data.flow import run as _loaded  # noqa: F401 - loads what a run loads before the clock starts
from openclaw_data.signals import classifiers

OURS = [column for name, columns in signals.FUNCTIONS.items() if "classifiers:" in name for column in columns]


def batches(warc: Path, pages: int) -> list[pa.RecordBatch]:
    """The first `pages` records."""
    from openclaw_data import ingest

    source = {"id": "cc", "format": "warc", "paths": (str(warc),), "origin": "user", "record": "benchmark"}
    asked = recipe.Source.model_validate(source)
    found: list[pa.RecordBatch] = []
    for split in ingest.plan([asked]):
        for batch in ingest.read(split, max_page_bytes=10_000_000, ignored=Counter()):
            found.append(batch)
            if sum(map(len, found)) >= pages:
                return found
    return found


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warc", type=Path)
    parser.add_argument("--pages", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    raw = batches(options.warc, options.pages)
    resolved = recipe.resolve(recipe.load("web"))
    done = [annotate.annotate(batch, resolved) for batch in raw]
    ratios: list[list[float]] = []
    for _ in range(options.rounds):
        whole = sum(seconds(lambda b=batch: annotate.annotate(b, resolved)) for batch in raw)
        models = sum(seconds(lambda b=batch: signals.compute(b, OURS, resolved.classifiers)) for batch in done)
        ratios.append([whole, models])
    whole, models = (statistics.median(column) for column in zip(*ratios, strict=True))
    text = sum(batch.column("byte_count").to_numpy().sum() for batch in done) / 1e6
    print(f"{sum(map(len, raw)):,} pages, {text:.1f} MB of text")
    for name in ("toxicity", "quality"):
        for language in ("zh", "en"):
            rows = [b.filter(pa.compute.equal(b.column("language"), language)) for b in done]
            size = sum(b.column("byte_count").to_numpy().sum() for b in rows) / 1e6
            work = getattr(classifiers, name)
            took = min(
                sum(seconds(lambda b=b, work=work: work(b, resolved.classifiers)) for b in rows) for _ in range(3)
            )
            print(f"{name} {language}: {size:.1f} MB at {size / max(took, 1e-9):.0f} MB/s")
    print(
        f"annotate with classifiers {whole:.2f} s; classifiers alone {models:.2f} s: {models / (whole - models):+.1%}"
    )


if __name__ == "__main__":
    main()
