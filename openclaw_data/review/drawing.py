"""Draw documents of a dataset: by the digest of a seed and of each document, so that anyone draws the same ones.

Of the keys of all documents the smallest are drawn; who draws more with the same seed gets the same ones first.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openclaw_data import storage
from openclaw_data.dataset import manifest as manifests
from openclaw_data.documents import DataError
from openclaw_data.review import sample

COLUMNS = ["id", "text", "title", "url", "source_id", "language", "language_script", "text_sha256", "char_count"]
_BATCH = 512


class Population(NamedTuple):
    """All documents: key uint64[n], source int32[n] (a place in `sources`), first row of each shard."""

    keys: npt.NDArray[np.uint64]
    source: npt.NDArray[np.int32]
    sources: list[str]
    starts: list[int]


def population(dataset: str, loaded: manifests.Manifest, seed: int) -> Population:
    """The key of every document of the dataset, in the order of the shards."""
    names = sorted(s.id for s in loaded.sources)
    number = {name: i for i, name in enumerate(names)}
    keys, source, starts = [], [], [0]
    for shard in loaded.shards:
        table = storage.open_parquet(storage.join(dataset, shard.path)).read(["id", "text_sha256", "source_id"])
        rows = zip(table.column("text_sha256").to_pylist(), table.column("id").to_pylist(), strict=True)
        keys.append(np.fromiter((_key(seed, h, i) for h, i in rows), np.uint64, len(table)))
        source.append(np.array([number[s] for s in table.column("source_id").to_pylist()], np.int32))
        starts.append(starts[-1] + len(table))
    if not keys:
        raise DataError(dataset, "has no documents.", "There is nothing to draw.")
    return Population(np.concatenate(keys), np.concatenate(source), names, starts)


def _key(seed: int, digest: str, document: str) -> int:
    data = f"{seed}\0{digest}\0{document}".encode()
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def draw(found: Population, n: int, *, per_source: bool = False) -> npt.NDArray[np.int64]:
    """The rows of `n` documents (all, where there are fewer), or of `n` of each source, in the order of their keys."""
    order = np.argsort(found.keys, kind="stable")
    if not per_source:
        return order[:n]
    taken = np.zeros(len(order), bool)
    for number in range(len(found.sources)):
        taken[np.flatnonzero(found.source[order] == number)[:n]] = True
    return order[taken]


def counted(found: Population, rows: npt.NDArray[np.int64] | None = None) -> dict[str, int]:
    """Source -> documents, of all or of `rows`; a source of which nothing was kept has 0."""
    source = found.source if rows is None else found.source[rows]
    counts = Counter(source.tolist())
    return {name: counts[i] for i, name in enumerate(found.sources)}


def content(loaded: manifests.Manifest) -> str:
    """What the texts of a dataset are: sha256 over the sha256 of its shards; no report or signature changes it."""
    return hashlib.sha256("\n".join(s.sha256 for s in loaded.shards).encode()).hexdigest()


def batches(
    dataset: str, loaded: manifests.Manifest, starts: list[int], rows: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], pa.RecordBatch]]:
    """(row numbers, the rows with `COLUMNS`) of the sorted `rows`, at most a row group in memory."""
    wanted = np.sort(rows)
    for shard, start in zip(loaded.shards, starts, strict=False):
        opened = storage.open_parquet(storage.join(dataset, shard.path))
        at = start
        for group in range(opened.num_row_groups):
            end = at + opened.metadata.row_group(group).num_rows
            mine = wanted[np.searchsorted(wanted, at) : np.searchsorted(wanted, end)]
            if len(mine):
                table = opened.read_row_group(group, COLUMNS).take(pa.array(mine - at)).combine_chunks()
                for first in range(0, len(mine), _BATCH):
                    (batch,) = table.slice(first, _BATCH).to_batches()
                    yield mine[first : first + _BATCH], batch
            at = end


def item(row: dict[str, Any], flags: tuple[sample.Flag, ...] = ()) -> sample.Item:
    """A document as the sample holds it."""
    facts = {name: row[name] for name in ("id", "text_sha256", "language", "url", "title")}
    text = row["text"][: sample.MAX_CHARS]
    return sample.Item(**facts, source=row["source_id"], chars=row["char_count"], text=text, flags=flags)


def write(path: str, dataset: str, n: int, seed: int, *, per_source: bool = False) -> sample.Header:
    """Draw `n` documents of the dataset, or of each of its sources, and write them to `path`."""
    loaded = manifests.read(dataset)
    found = population(dataset, loaded, seed)
    rows = draw(found, n, per_source=per_source)
    items: dict[int, sample.Item] = {}
    for numbers, batch in batches(dataset, loaded, found.starts, rows):
        items |= {int(i): item(row) for i, row in zip(numbers, batch.to_pylist(), strict=True)}
    header = sample.Header(
        kind="source" if per_source else "manual",
        dataset=f"{loaded.name} {loaded.version}",
        content=content(loaded),
        seed=seed,
        population=counted(found),
        drawn=counted(found, rows),
        items=len(rows),
    )
    sample.write(path, header, (items[int(i)] for i in rows))
    return header
