"""How deduplication scales: synthetic fingerprints through the pipeline's own graphs.

    python benchmarks/dedup_scale.py                        # 10,000, 100,000 and 1,000,000 documents, two workers
    python benchmarks/dedup_scale.py --documents 1000000 --workers 1 --memory 500MB

Documents are made from counters, so every run makes the same ones. A fifth are duplicates: half exact copies, half with
a similarity of 0.8 to 1 to their original, in clusters whose sizes fall off as a power law (most of two, the largest
of thousands). Another twentieth are relatives with a similarity of 0.3 to 0.75, which must stay apart although many are
candidates. Lengths are log-normal around 700 shingles, a tenth below the 16 that near duplicates need.

Printed for each size: seconds, peak memory of all processes together (proportional set size: shared pages count
once), and how many duplicates were found.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

PART = 25_000
DUPLICATES, RELATIVES = 0.20, 0.05
TAIL = 1.6
"""Exponent of the cluster sizes' power law."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--measure", help="(internal) deduplicate this work folder")
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure, asked.documents[0], asked.workers, asked.memory)
        return
    print("documents  seconds  peak memory  duplicates found  exact  near>=0.85  joined below 0.5")
    for n in asked.documents:
        with tempfile.TemporaryDirectory(prefix="dedup-scale-") as folder:
            make(Path(folder), n)
            words = [sys.executable, __file__, "--measure", folder, "--documents", str(n)]
            words += ["--workers", str(asked.workers), "--memory", asked.memory]
            shown = subprocess.run(words, check=True, capture_output=True, text=True).stdout
            print(shown.strip().splitlines()[-1], flush=True)


def mixed(values: np.ndarray) -> np.ndarray:
    """SplitMix64's finalizer: a random-looking uint64 for each."""
    z = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def population(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Of n documents the original (itself for one that is no copy) and the similarity to it (2: an exact copy)."""
    rng = np.random.default_rng(1)
    copies, relatives = int(n * DUPLICATES), int(n * RELATIVES)
    originals = n - copies - relatives
    sizes = np.minimum(rng.zipf(TAIL + 0.6, copies), max(2, n // 200))
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), copies) + 1]
    of = np.repeat(rng.permutation(originals)[: len(sizes)], sizes)[:copies]
    base = np.concatenate([np.arange(originals), of, rng.integers(0, originals, relatives)])
    near = np.where(rng.random(copies) < 0.5, 2.0, rng.uniform(0.8, 1.0, copies))
    similarity = np.concatenate([np.full(originals, 2.0), near, rng.uniform(0.3, 0.75, relatives)])
    place = rng.permutation(n)  # copies lie anywhere in the corpus
    back = np.argsort(place)
    return back[base[place]], similarity[place]


def make(folder: Path, n: int) -> None:
    """A work folder as the annotate stage leaves it: fingerprints, and the columns that deduplication reads."""
    from openclaw_data.dedup import fingerprints
    from openclaw_data.flow import work

    base, similarity = population(n)
    np.savez(folder / "truth.npz", base=base, similarity=similarity)
    lane = np.arange(128, dtype=np.uint64)
    for part, start in enumerate(range(0, n, PART)):
        docs = np.arange(start, min(start + PART, n))
        seed, own = (v.astype(np.uint64)[:, None] * np.uint64(128) + lane for v in (base[docs], docs))
        kept = (mixed(own ^ np.uint64(1 << 60)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        signature = np.where(kept < similarity[docs][:, None], mixed(seed), mixed(own)).astype(np.uint32)
        exact = np.where(similarity[docs] > 1, base[docs], docs)
        shingles = np.exp(np.random.default_rng(part).normal(6.5, 1.2, len(docs))).astype(np.int32)
        shingles = np.where(exact == docs, np.maximum(shingles, 16), 16).astype(np.int32)
        columns = [
            pa.array(mixed(exact).view(np.int64)),
            pa.array(mixed(docs).view(np.int64)),
            pa.array(mixed(docs ^ 7).view(np.int64)),
            pa.array(shingles),
            pa.FixedSizeBinaryArray.from_buffers(fingerprints.SIGNATURE, len(docs), [None, pa.py_buffer(signature)]),
        ]
        (folder / "fingerprints").mkdir(exist_ok=True)
        (folder / "annotated").mkdir(exist_ok=True)
        batch = pa.RecordBatch.from_arrays(columns, schema=fingerprints.FINGERPRINT)
        fingerprints.write(work.path(str(folder), "fingerprints", part, "arrow"), [batch])
        dropped = pa.array([[]] * len(docs), pa.list_(pa.string()))
        table = pa.table({"dropped_by": dropped, "error": pa.array([""] * len(docs))})
        pq.write_table(table, work.path(str(folder), "annotated", part))
        work.mark(str(folder), "annotated", part, {"records": len(docs)})


def measure(folder: str, n: int, workers: int, memory: str) -> None:
    """Deduplicate a work folder and print one line."""
    from openclaw_data import recipe
    from openclaw_data.flow import deduplicate, work

    source = recipe.Source(id="x", format="jsonl", origin="synthetic", record="benchmarks/dedup_scale.py")
    asked = recipe.Recipe(name="scale", version="1.0.0", sources=(source,), dedup=recipe.Dedup(memory=memory))
    parts = -(-n // PART)
    job = work.Job(folder, folder, recipe.resolve(asked), "run", parts, work.Engine(workers), quiet=True)
    peak = [0]
    done = threading.Event()
    watcher = threading.Thread(target=watch, args=(peak, done))
    watcher.start()
    started = time.monotonic()
    deduplicate.deduplicate(job, lambda: None)
    seconds = time.monotonic() - started
    done.set()
    watcher.join()
    print(f"{n:>9,}  {seconds:>7.1f}  {peak[0] / 1e9:>8.2f} GB  " + outcome(Path(folder), parts))


def watch(peak: list[int], done: threading.Event) -> None:
    """Sum the memory of this process and its children, twice a second."""
    while not done.wait(0.5):
        total = 0
        for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], total)


def outcome(folder: Path, parts: int) -> str:
    """What was found, against the truth."""
    truth = np.load(folder / "truth.npz")
    base, similarity = truth["base"], truth["similarity"]
    tables = [pq.read_table(folder / "duplicates" / f"part-{p:05d}.parquet") for p in range(parts)]
    cluster = np.concatenate([t["dup_cluster_id"].to_numpy() for t in tables])
    copy = base != np.arange(len(base))
    joined = cluster == cluster[base]
    exact, near = copy & (similarity > 1), copy & (similarity >= 0.85) & (similarity <= 1)
    relative = copy & (similarity < 0.8)
    dropped = sum(json.loads(p.read_text())["duplicates"] for p in (folder / "duplicates").glob("*.json"))
    shares = "  ".join(f"{joined[which].mean():.4%}" for which in (exact, near, copy & (similarity < 0.5)))
    return f"{dropped:>9,} of {int((copy & ~relative).sum()):,}  {shares}"


if __name__ == "__main__":
    main()
