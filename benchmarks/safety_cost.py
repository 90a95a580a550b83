"""What masking, classifiers and word lists add to annotate: the stage with and without them, over the same pages.

    python benchmarks/safety_cost.py crawl/pages.warc.gz --rounds 3

One process reads the pages once, then annotates them with the recipe `web`, whole and without the edit `pii`, the
models' signals, `risk_codes` and the packs `toxicity` and `spam`, alternating. Processor time, so other work on the
machine changes little; the median of the ratios of neighbouring rounds. Then each part alone.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
from models import batches

from openclaw_data import documents, recipe, signals
from openclaw_data.edits import pii
from openclaw_data.flow import annotate
from openclaw_data.flow import run as _loaded  # noqa: F401 - loads what a run loads before the clock starts
from openclaw_data.signals import classifiers, lexicons, risks

PACKS = {"toxicity", "spam"}


def without(whole: recipe.Resolved) -> recipe.Resolved:
    """The recipe without the edit and the packs."""
    edits = tuple(e for e in whole.recipe.edits if e != "pii")
    filters = tuple(f for f in whole.recipe.filters if f not in PACKS)
    return recipe.resolve(whole.recipe.model_copy(update={"edits": edits, "filters": filters}))


@contextmanager
def no_models() -> Iterator[None]:
    """Leave the models' signals and the risks out of `annotate`."""
    kept = tuple(n for n in annotate.ALWAYS if "classifiers:" not in signals.SIGNALS[n])
    nothing = lambda batch, *_: pa.array([[]] * len(batch), pa.list_(pa.string()))  # noqa: E731
    with mock.patch.object(annotate, "ALWAYS", kept), mock.patch.object(risks, "codes", nothing):
        yield


def seconds(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warc", type=Path)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    raw = batches(options.warc, options.pages)
    whole = recipe.resolve(recipe.load("web"))
    bare = without(whole)
    done = [annotate.annotate(batch, whole) for batch in raw]
    ratios, with_, without_ = [], [], []
    for _ in range(options.rounds):
        with no_models():
            without_.append(seconds(lambda: [annotate.annotate(batch, bare) for batch in raw]))
        with_.append(seconds(lambda: [annotate.annotate(batch, whole) for batch in raw]))
        ratios.append(with_[-1] / without_[-1] - 1)
    size = sum(batch.column("byte_count").to_numpy().sum() for batch in done) / 1e6
    print(f"{sum(map(len, raw)):,} pages, {size:.1f} MB of text, processor seconds")
    with no_models():
        before = [annotate.annotate(batch, bare).select(["text", "title"]) for batch in raw]
    before = [documents.append(b, {"edits": pa.array(np.zeros(len(b), np.int32))}) for b in before]
    for name, work in (
        ("personal data", lambda: [pii.mask_batch(b) for b in before]),
        ("toxicity", lambda: [classifiers.toxicity(b, whole.classifiers) for b in done]),
        ("quality", lambda: [classifiers.quality(b, whole.classifiers) for b in done]),
        ("word lists", lambda: [lexicons.spam(b) for b in done]),
    ):
        took = min(seconds(work) for _ in range(3))
        print(f"{name:14} {took:6.3f} s  {size / took:5.0f} MB/s")
    shown = ", ".join(f"{r:+.1%}" for r in ratios)
    print(f"annotate {statistics.median(without_):.2f} s without, {statistics.median(with_):.2f} s with all of them")
    print(f"added {statistics.median(ratios):+.1%} (rounds: {shown})")


if __name__ == "__main__":
    main()
