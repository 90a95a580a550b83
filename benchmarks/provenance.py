"""How long `verify` and `takedown` take on a large dataset of made-up text, against copying the shards touched.

python benchmarks/provenance.py --gigabytes 1 --folder /tmp/bench

The texts are slices of one pool of random words, which compress about as web text does; domains follow Zipf's law, so
one domain in a hundred, drawn at random, has rows in every shard. Rows stand in input order, as in a crawl
(`--order shuffled`), or sorted by domain (`--order domain`).
"""

import argparse
import hashlib
import os
import shutil
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
TEXT_BYTES = 3_000


def pool(rng: np.random.Generator, size: int) -> np.ndarray:
    """Random words of a vocabulary of 30,000: uint8[size]."""
    letters = rng.integers(97, 123, (30_000, 12), dtype=np.uint8)
    lengths = rng.integers(2, 11, 30_000)
    words = [letters[i, : lengths[i]].tobytes() for i in range(30_000)]
    picked = rng.integers(0, 30_000, size // 6)
    return np.frombuffer(b" ".join(words[i] for i in picked)[:size], np.uint8)


def table(rng: np.random.Generator, text: np.ndarray, start: int, domains: np.ndarray) -> pa.Table:
    """Rows `start` and on, one for each entry of `domains`."""
    n = len(domains)
    offsets = np.arange(n + 1, dtype=np.int32) * TEXT_BYTES
    begins = rng.integers(0, len(text) - TEXT_BYTES, n)
    data = np.concatenate([text[b : b + TEXT_BYTES] for b in begins])
    texts = pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(data))
    names = [f"domain{d:05d}.example" for d in domains]
    numbers = range(start, start + n)
    made = {
        "id": [f"urn:uuid:{i:032x}" for i in numbers],
        "url": [f"https://www.{d}/page/{i}.html" for d, i in zip(names, numbers, strict=True)],
        "url_host_registered_domain": names,
        "text_sha256": [f"{i:064x}" for i in numbers],
        "language": ["en"] * n,
        "source_id": ["cc"] * n,
        "warc_filename": ["x.warc.gz"] * n,
        "rights_status": ["unknown"] * n,
        "rights_signals": pa.array([[]] * n, pa.list_(pa.string())),
        "dup_cluster_id": pa.array(np.arange(start, start + n)),
        "dup_cluster_size": pa.array(np.ones(n, np.int32)),
        "char_count": pa.array(np.full(n, TEXT_BYTES, np.int32)),
        "token_count": pa.array(np.full(n, TEXT_BYTES // 6, np.int32)),
        "fetch_time": pa.array(np.full(n, 1_700_000_000_000_000), pa.timestamp("us", "UTC")),
        "text": texts,
    }
    for name in shards.DATA_COLUMNS:
        made.setdefault(name, [""] * n)
    rows = pa.table(made).select(shards.DATA_COLUMNS)
    return rows.cast(pa.schema([f.with_nullable(nullable=False) for f in rows.schema]))  # as a run writes them


def make(folder: Path, size: int, order: str) -> None:
    """Write a dataset of about `size` bytes."""
    rng = np.random.default_rng(7)
    text = pool(rng, 200_000_000)
    count = int(size / (TEXT_BYTES * 0.48))
    domains = np.minimum(rng.zipf(1.2, count), DOMAINS) - 1
    domains = np.sort(domains) if order == "domain" else domains
    files, parts = [], []
    per_shard = 256_000_000 // TEXT_BYTES
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
    """Copy files one after the other, each brought to the disk as every file of a dataset is; hash them if asked."""
    folder.mkdir()
    for i, path in enumerate(paths):
        digest = hashlib.sha256()
        with path.open("rb") as source, (folder / str(i)).open("wb") as target:
            while block := source.read(1 << 20):
                target.write(block)
                if hashed:
                    digest.update(block)
            target.flush()
            os.fsync(target.fileno())
    shutil.rmtree(folder)


def show(data: Path, made: manifest.Manifest, took: Took, folder: Path) -> None:
    """Print what a takedown took beside copies of the shards that it touched, made right after it."""
    old = manifest.read(str(data)).shards
    touched = [data / s.path for s, t in zip(old, made.shards, strict=True) if s != t]
    size = sum(p.stat().st_size for p in touched) / 1e9
    shown = f"{made.takedowns[-1].documents:,} documents in {len(touched)} of {len(old)} shards ({size:.2f} GB)"
    print(f"takedown: {shown}: {took.wall:.2f} s, {took.cpu:.2f} s of processor time")
    for hashed in (False, True):
        os.sync()
        _, plain = timed(lambda h=hashed: copy(touched, folder, hashed=h))
        name = "copying and hashing them" if hashed else "copying those shards"
        print(f"  {name}: {plain.wall:.2f} s, {plain.cpu:.2f} s; ratio {took.wall / plain.wall:.2f}")


def main() -> None:
    """Make, verify, take down, copy; print seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--order", choices=("shuffled", "domain"), default="shuffled")
    parser.add_argument("--repeat", type=int, default=3, help="takedowns to time")
    asked = parser.parse_args()
    data, new = asked.folder / "data", asked.folder / "new"
    shutil.rmtree(asked.folder, ignore_errors=True)
    make(data, int(asked.gigabytes * 1e9), asked.order)
    report, took = timed(lambda: verify(str(data)))
    size = f"{report.size_bytes / 1e9:.2f} GB, {report.rows:,} rows"
    print(f"verify: {size}: {took.wall:.1f} s, {took.cpu:.1f} s of processor time, problems: {report.problems}")
    chosen = np.random.default_rng(1).choice(DOMAINS, DOMAINS // 100, replace=False)
    domains = tuple(f"domain{d:05d}.example" for d in chosen)
    request = takedown.Request(id="TD-1", date="2026-01-01", reason="benchmark", domains=domains)
    for _ in range(asked.repeat):
        shutil.rmtree(new, ignore_errors=True)
        os.sync()
        made, took = timed(lambda: takedown.takedown(str(data), request, str(new)))
        show(data, made, took, asked.folder / "copy")
    print(f"verify afterwards: {verify(str(new)).problems}")
    assert pl.scan_parquet(new / "data" / "en" / "*.parquet").select(pl.len()).collect().item() == made.counts.kept


if __name__ == "__main__":
    main()
