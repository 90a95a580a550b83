"""How long `verify` and `takedown` take on a large dataset of made-up text, against copying the shards touched.

python benchmarks/provenance.py --gigabytes 1 --folder /tmp/bench

The texts are slices of one pool of random words, which compress a little less than web text does; domains follow Zipf's
law, so one domain in a hundred, drawn at random, has rows in every shard. Rows stand in input order, as in a crawl
(`--order shuffled`), or sorted by domain (`--order domain`).
"""

import argparse
import os
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import storage
from openclaw_data.dataset import balance, contents, duplicates, manifest, seal, shards, takedown
from openclaw_data.dataset.verify import verify

ROWS = 20_000
DOMAINS = 10_000
SHARD_ROWS = 50_000
"""256 MB of text."""
ROW_BYTES = 3_000
"""Of a shard, about: what `table` makes, compressed."""


def pool(rng: np.random.Generator, size: int) -> np.ndarray:
    """Random words of a vocabulary of 30,000: uint8[size]."""
    letters = rng.integers(97, 123, (30_000, 12), dtype=np.uint8)
    lengths = rng.integers(2, 11, 30_000)
    words = [letters[i, : lengths[i]].tobytes() for i in range(30_000)]
    picked = rng.integers(0, 30_000, size // 6)
    return np.frombuffer(b" ".join(words[i] for i in picked)[:size], np.uint8)


def slices(rng: np.random.Generator, text: np.ndarray, lengths: np.ndarray) -> pa.Array:
    """Strings of the lengths asked for, from anywhere in the pool."""
    begins = rng.integers(0, len(text) - int(lengths.max()), len(lengths))
    data = np.concatenate([text[b : b + n] for b, n in zip(begins, lengths, strict=True)])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(data))


def digests(rng: np.random.Generator, n: int, size: int) -> list[str]:
    """Random hexadecimal digests of `size` digits."""
    digits = rng.bytes(n * size // 2).hex()
    return [digits[i : i + size] for i in range(0, n * size, size)]


def table(rng: np.random.Generator, text: np.ndarray, start: int, domains: np.ndarray) -> pa.Table:
    """Rows `start` and on, one for each entry of `domains`: texts as long, columns as varied as those of real pages."""
    n = len(domains)
    lengths = np.clip(rng.lognormal(8.26, 0.77, n), 200, 200_000).astype(np.int64)
    names = [f"domain{d:05d}.example" for d in domains]
    numbers, ids = np.arange(start, start + n), digests(rng, n, 32)
    sizes = (lengths * 2.7).astype(np.int32)
    made: dict[str, Any] = {
        "id": [f"urn:uuid:{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}" for i in ids],
        "text": slices(rng, text, lengths),
        "title": slices(rng, text, rng.integers(10, 90, n)),
        "url": [f"https://www.{d}/{i[:3]}/{k}.html" for d, i, k in zip(names, ids, numbers.tolist(), strict=True)],
        "url_host_registered_domain": names,
        "source_id": ["cc"] * n,
        "fetch_time": pa.array(1_700_000_000_000_000 + rng.integers(0, 10**6, n) * 10**6, pa.timestamp("us", "UTC")),
        "fetch_status": np.full(n, 200, np.int16),
        "content_digest": [f"sha1:{d}" for d in digests(rng, n, 40)],
        "warc_filename": ["x.warc.gz"] * n,
        "warc_record_offset": np.cumsum(sizes, dtype=np.int64),
        "warc_record_length": sizes,
        "text_sha256": digests(rng, n, 64),
        "language": ["en"] * n,
        "char_count": lengths.astype(np.int32),
        "token_count": (lengths // 6).astype(np.int32),
        "dup_cluster_id": numbers,
        "dup_cluster_size": np.ones(n, np.int32),
        "licence_source": ["none"] * n,
        "rights_status": ["unknown"] * n,
        "edits": rng.geometric(0.5, n).astype(np.int32) - 1,
        "run_id": ["run-0"] * n,
    }
    made |= {name: rng.random(n, np.float32) for name in ("language_score", "quality_score", "toxicity_score")}
    made |= {
        name: pa.array([[]] * n, pa.list_(pa.string())) for name in ("risk_codes", "rights_signals", "contaminated_by")
    }
    made |= {
        f"pii_{kind}": (rng.random(n) < 0.02).astype(np.int16)
        for kind in ("email", "phone", "id", "ip", "card", "other")
    }
    rows = pa.table([pa.array(made.get(name, [""] * n)) for name in shards.DATA_COLUMNS], shards.DATA_COLUMNS)
    return rows.cast(pa.schema([f.with_nullable(nullable=False) for f in rows.schema]))  # as a run writes them


def make(folder: Path, size: int, order: str) -> None:
    """Write a dataset of about `size` bytes."""
    rng = np.random.default_rng(7)
    text = pool(rng, 200_000_000)
    count = size // ROW_BYTES
    domains = np.minimum(rng.zipf(1.2, count), DOMAINS) - 1
    domains = np.sort(domains) if order == "domain" else domains
    files, parts = [], []
    per_shard = SHARD_ROWS
    for i, start in enumerate(range(0, count, per_shard)):
        stop = min(count, start + per_shard)
        path = f"data/en/train-{i:05d}-of-{-(-count // per_shard):05d}.parquet"
        with storage.create(str(folder / path)) as name:
            pieces = (table(rng, text, s, domains[s : min(s + ROWS, stop)]) for s in range(start, stop, ROWS))
            rows, text_bytes = shards.write(name, pieces)
        facts = {"sha256": storage.sha256(str(folder / path)), "size_bytes": storage.size(str(folder / path))}
        files.append(manifest.Shard(path=path, rows=rows, language="en", text_bytes=text_bytes, **facts))
        part = f"decisions/part-{i:05d}.parquet"
        kept = pq.read_table(folder / path, columns=[c for c in shards.DATA_COLUMNS if c not in ("text", "title")])
        n = len(kept)
        kept = kept.append_column("outcome", pa.array(["kept"] * n)).append_column("error", pa.array([""] * n))
        for name, kind, value in (("dup_rank", pa.int32(), 0), ("dup_exact", pa.bool_(), False)):
            kept = kept.append_column(name, pa.array([value] * n, kind))
        kept = kept.append_column("dropped_by", pa.array([[]] * n, pa.list_(pa.string())))
        with storage.create(str(folder / part)) as name:
            pq.write_table(kept, name, row_group_size=ROWS, **shards.DECISIONS)
        facts = {"sha256": storage.sha256(str(folder / part)), "size_bytes": storage.size(str(folder / part))}
        parts.append(manifest.File(path=part, rows=n, **facts))
    seal.seal(str(folder), describe(folder, files, parts, count))


def describe(folder: Path, files: list, parts: list, count: int) -> manifest.Manifest:
    """A manifest that fits."""
    names, decided = [f.path for f in files], [p.path for p in parts]
    given = {
        "name": "bench", "version": "1.0.0", "description": "made up", "run_id": "run-0", "languages": ("en",),
        "sources": (), "counts": balance.count(str(folder), decided, names, {"cc/x.warc.gz": count}),
        "inputs": (manifest.Input(source_id="cc", name="x.warc.gz", size_bytes=1, records=count, ignored={}),),
        "contents": contents.describe(str(folder), names), "columns": shards.columns(str(folder), names),
        "shards": tuple(files), "decisions": tuple(parts), "recipe": {}, "recipe_digest": "", "packs": {}, "rules": {},
        "optouts": {}, "models": {}, "contamination": (), "benchmarks": {},
        "duplicates": duplicates.count(str(folder), decided),
        "code": {"version": "0", "sha256": ""}, "environment": {}, "seconds": {},
    }  # fmt: skip
    return manifest.Manifest.model_validate(given)


class Took(NamedTuple):
    """Seconds on the clock, and of processor time."""

    wall: float
    cpu: float


def timed(call: Callable[[], Any]) -> tuple[Any, Took]:
    """What a call returns, and what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    return found, Took(time.perf_counter() - wall, time.process_time() - cpu)


def copy(paths: list[Path], folder: Path, *, hashed: bool) -> None:
    """Copy files one by one inside the kernel, as `cp` does, and bring each to the disk; hash them if asked."""
    folder.mkdir()
    for i, path in enumerate(paths):
        shutil.copyfile(path, folder / str(i))
        with (folder / str(i)).open("rb") as copied:
            os.fsync(copied.fileno())
        if hashed:
            storage.sha256(str(folder / str(i)))


def rounds(calls: dict[str, Callable[[], Any]], warm: list[Path], new: Path, count: int) -> dict[str, list[Took]]:
    """Time calls that write the folder `new`, in turns, each round in another order.

    Before each the disk is at rest, and what is read lies in the page cache.
    """
    names, took = list(calls), {name: [] for name in calls}
    for i in range(count):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            shutil.rmtree(new, ignore_errors=True)
            for path in warm:
                storage.sha256(str(path))
            os.sync()
            took[name].append(timed(calls[name])[1])
    return took


def show(took: dict[str, list[Took]]) -> None:
    """Print medians with least and most, and the ratio of the takedown's to each copy's."""
    for name, times in took.items():
        line = []
        for unit in Took._fields:
            seconds, ours = ([getattr(t, unit) for t in ts] for ts in (times, took["takedown"]))
            ratio = statistics.median(ours) / statistics.median(seconds)
            line.append(
                f"{unit} {statistics.median(seconds):5.2f} s ({min(seconds):.2f}-{max(seconds):.2f}), ratio {ratio:.2f}"
            )
        print(f"{name:24} {'; '.join(line)}")


def main() -> None:
    """Make, verify, take down, copy; print seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--order", choices=("shuffled", "domain"), default="shuffled")
    parser.add_argument("--rounds", type=int, default=5, help="takedowns, and copies of each kind, to time")
    parser.add_argument("--again", action="store_true", help="with the dataset that lies in the folder")
    asked = parser.parse_args()
    data, new = asked.folder / "data", asked.folder / "new"
    if not asked.again:
        shutil.rmtree(asked.folder, ignore_errors=True)
        make(data, int(asked.gigabytes * 1e9), asked.order)
    report, took = timed(lambda: verify(str(data)))
    size = f"{report.size_bytes / 1e9:.2f} GB, {report.rows:,} rows"
    print(f"verify: {size}: {took.wall:.1f} s, {took.cpu:.1f} s of processor time, problems: {report.problems}")
    chosen = np.random.default_rng(1).choice(DOMAINS, DOMAINS // 100, replace=False)
    domains = tuple(f"domain{d:05d}.example" for d in chosen)
    request = takedown.Request(id="TD-1", date="2026-01-01", reason="benchmark", domains=domains)
    shutil.rmtree(new, ignore_errors=True)
    made = takedown.takedown(str(data), request, str(new))
    print(f"verify afterwards: {verify(str(new)).problems}")
    assert pl.scan_parquet(new / "data" / "en" / "*.parquet").select(pl.len()).collect().item() == made.counts.kept
    old = manifest.read(str(data)).shards
    touched = [data / s.path for s, t in zip(old, made.shards, strict=True) if s != t]
    shown = f"{made.takedowns[-1].documents:,} documents in {len(touched)} of {len(old)} shards"
    print(f"{shown}, {sum(p.stat().st_size for p in touched) / 1e9:.2f} GB; {asked.rounds} rounds, medians:")
    calls = {
        "takedown": lambda: takedown.takedown(str(data), request, str(new)),
        "copying": lambda: copy(touched, new, hashed=False),
        "copying and hashing": lambda: copy(touched, new, hashed=True),
    }
    show(rounds(calls, touched, new, asked.rounds))


if __name__ == "__main__":
    main()
