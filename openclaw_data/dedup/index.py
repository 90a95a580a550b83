"""Fingerprint indexes: what a published dataset holds, without its text.

An index is the folder of a dataset, whose manifest lists `fingerprints/part-*.parquet`, or a folder of such parts with
an `index.json`, as `merge` and `forget` make it. A row is a document that was kept: id, hashes and signature, 540
bytes. Parts are sorted by `exact_hash`, whose row-group statistics tell a reader which groups can hold a hash.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openclaw_data import storage
from openclaw_data.dedup.fingerprints import FINGERPRINT, SIGNATURE, agreement, optimal_bands, signatures
from openclaw_data.dedup.local import MIN_SHINGLES
from openclaw_data.documents import DataError
from openclaw_data.kernels.hashes import band_keys, equal_values

FORMAT = "openclaw-data-index/1"
INDEX = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("exact_hash", pa.int64(), nullable=False),
        pa.field("url_hash", pa.int64(), nullable=False),
        pa.field("shingles", pa.int32(), nullable=False),
        pa.field("signature", SIGNATURE, nullable=False),
    ]
)
"""`id`: the document's in `data/`. The others as in `fingerprints.FINGERPRINT`."""
ROW_GROUP = 8_192
PART_ROWS = 1_000_000
"""Rows of a part that `merge` aims at: 540 MB."""
NEW, EXACT, NEAR = 0, 1, 2


class Index(NamedTuple):
    """An index that can be read: where it is, and its parts as `{path, sha256, rows, size_bytes}`."""

    folder: str
    files: tuple[dict[str, Any], ...]

    @property
    def digest(self) -> str:
        """sha256 over the digests of the parts."""
        return hashlib.sha256(json.dumps([f["sha256"] for f in self.files]).encode()).hexdigest()

    @property
    def rows(self) -> int:
        """How many documents it holds."""
        return sum(f["rows"] for f in self.files)


def open_index(folder: str) -> Index:
    """Open the index of a dataset's folder, or one that stands alone.

    Raises:
        DataError: there is no index, or a part of it is missing.
    """
    listed = storage.read_json(storage.join(folder, "index.json"))
    if listed is None:
        manifest = storage.read_json(storage.join(folder, "manifest.json"))
        if manifest is None or "fingerprints" not in manifest:
            remedy = "Name the folder of a dataset, or of an index that `index merge` or `index forget` made."
            raise DataError(folder, "holds no index: no manifest.json with fingerprints, no index.json.", remedy)
        listed = {"format": FORMAT, "files": manifest["fingerprints"]}
    if listed.get("format") != FORMAT:
        raise DataError(folder, f"has an index of another format: {listed.get('format')}.", "Update openclaw-data.")
    for file in listed["files"]:
        if not storage.exists(storage.join(folder, file["path"])):
            raise DataError(storage.join(folder, file["path"]), "is missing.", "Fetch the index again.")
    return Index(folder, tuple(listed["files"]))


def write_part(path: str, table: pa.Table) -> dict[str, Any]:
    """Write rows of `INDEX`, sorted by hash and id, as one Parquet file; what a listing says of it, less its path."""
    table = table.sort_by([("exact_hash", "ascending"), ("id", "ascending")])
    with storage.create(path) as local:
        pq.write_table(
            table,
            local,
            row_group_size=ROW_GROUP,
            compression={name: "NONE" if name == "signature" else "ZSTD" for name in INDEX.names},
            use_dictionary=False,
            write_statistics=["exact_hash"],
        )
    return {"sha256": storage.sha256(path), "size_bytes": storage.size(path), "rows": table.num_rows}


def rows_of(ids: pa.Array, fingerprints: pa.Table) -> pa.Table:
    """Rows of `INDEX` from ids and their fingerprints, aligned."""
    columns = [ids, *(fingerprints.column(name) for name in INDEX.names[1:])]
    return pa.Table.from_arrays(columns, schema=INDEX)


def batches(index: Index) -> Iterator[pa.RecordBatch]:
    """The rows of an index, batch by batch."""
    for file in index.files:
        yield from storage.open_parquet(storage.join(index.folder, file["path"])).iter_batches(ROW_GROUP)


def to_fingerprints(index: Index, number: int, path: str) -> int:
    """Write part `number` of an index as a fingerprint part, whose rows can be read in place; returns how many."""
    file = storage.open_parquet(storage.join(index.folder, index.files[number]["path"]))
    with storage.create(path) as local, pa.OSFile(local, "wb") as sink, pa.ipc.new_file(sink, FINGERPRINT) as writer:
        for batch in file.iter_batches(ROW_GROUP):
            none = pa.array(np.zeros(batch.num_rows, np.int64))
            columns = [none if name == "text_hash" else batch.column(name) for name in FINGERPRINT.names]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=FINGERPRINT))
    rows: int = file.metadata.num_rows
    return rows


def known(fingerprints: pa.Table, index: Index, threshold: float = 0.8) -> npt.NDArray[np.int8]:
    """What an index holds already: int8[n] of `NEW`, `EXACT`, `NEAR`.

    The index streams by; in memory are the n documents and one batch. Near means a shared band and signatures that
    agree at the threshold, as in a run.

    Args:
        fingerprints: n rows of `FINGERPRINT`.
        index: what to look in.
        threshold: Jaccard similarity.
    """
    bands, rows = optimal_bands(threshold)
    exact = fingerprints.column("exact_hash").to_numpy()
    values = signatures(fingerprints)
    long = np.flatnonzero(fingerprints.column("shingles").to_numpy() >= MIN_SHINGLES)
    keys = band_keys(values[long], bands, rows).reshape(-1)
    owners = np.repeat(long, bands)
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    found = np.zeros(len(exact), np.int8)
    for batch in batches(index):
        found[np.isin(exact, batch.column("exact_hash").to_numpy()) & (exact != 0)] = EXACT
        theirs = signatures(batch)
        use = np.flatnonzero(batch.column("shingles").to_numpy() >= MIN_SHINGLES)
        other = band_keys(theirs[use], bands, rows).reshape(-1)
        first, last = np.searchsorted(keys, other, "left"), np.searchsorted(keys, other, "right")
        hits = np.flatnonzero(last > first)
        for mine, row in _meetings(first[hits], last[hits], np.repeat(use, bands)[hits]):
            left, right = values[owners[mine]], theirs[row]
            pairs = np.arange(len(mine))
            agree = equal_values(np.concatenate([left, right]), pairs, pairs + len(mine)) >= agreement(threshold)
            near = owners[mine][agree]
            found[near] = np.where(found[near] == NEW, NEAR, found[near])
    return found


def forget(index: Index, ids: Collection[str], folder: str) -> int:
    """Write an index without some documents to a folder, which may be the index's own.

    Parts without any of them are taken over as they are.

    Returns:
        How many documents went.

    Raises:
        DataError: the index belongs to a dataset and would be changed in place.
    """
    if folder == index.folder and storage.exists(storage.join(folder, "manifest.json")):
        raise DataError(folder, "is a dataset: its manifest lists these parts.", "Write to another folder: --output.")
    files = []
    for number, file in enumerate(index.files):
        name = f"part-{number:05d}.parquet"
        kept = without(storage.join(index.folder, file["path"]), ids)
        if kept.num_rows == file["rows"] and folder == index.folder:
            files.append(file)
        else:
            files.append({"path": name, **write_part(storage.join(folder, name), kept)})
    _list(folder, files)
    return index.rows - sum(file["rows"] for file in files)


def without(path: str, ids: Collection[str]) -> pa.Table:
    """The rows of one part without some documents."""
    table = storage.open_parquet(path).read().cast(INDEX)
    return table.filter(pc.invert(pc.is_in(table.column("id"), pa.array(sorted(ids), pa.string()))))


def merge(indexes: Sequence[Index], folder: str) -> Index:
    """Write one index of several to an empty folder, sorted by hash through all parts, each (id, hash) once.

    Memory holds the rows of one part, whatever the sizes: row-group statistics say where its range of hashes is.

    Raises:
        DataError: the folder is not empty.
    """
    if storage.names(folder):
        raise DataError(folder, "is not empty.", "Choose another --output; nothing is overwritten.")
    parts = max(1, -(-sum(i.rows for i in indexes) // PART_ROWS))
    bounds = [-(1 << 63) + (1 << 64) * p // parts for p in range(parts)]
    files = []
    for number, low in enumerate(bounds):
        high = bounds[number + 1] - 1 if number + 1 < parts else (1 << 63) - 1
        table = pa.concat_tables([INDEX.empty_table(), *_between(indexes, low, high)])
        table = table.sort_by([("exact_hash", "ascending"), ("id", "ascending")])
        name = f"part-{number:05d}.parquet"
        files.append({"path": name, **write_part(storage.join(folder, name), table.filter(_first_ones(table)))})
    _list(folder, files)
    return open_index(folder)


def _between(indexes: Iterable[Index], low: int, high: int) -> Iterator[pa.Table]:
    """The rows of all indexes whose hash is in low..high, from the row groups that can hold such."""
    for index in indexes:
        for file in index.files:
            parquet = storage.open_parquet(storage.join(index.folder, file["path"]))
            column = INDEX.get_field_index("exact_hash")
            for group in range(parquet.num_row_groups):
                range_ = parquet.metadata.row_group(group).column(column).statistics
                if range_ is not None and range_.has_min_max and (range_.min > high or range_.max < low):
                    continue
                table = parquet.read_row_group(group).cast(INDEX)
                hashes = table.column("exact_hash").to_numpy()
                yield table.filter(pa.array((hashes >= low) & (hashes <= high)))


def _first_ones(table: pa.Table) -> pa.Array:
    """Of a table sorted by hash and id, the rows that are not the one before over again."""
    hashes, ids = table.column("exact_hash").to_numpy(), table.column("id").combine_chunks()
    same = np.zeros(len(hashes), bool)
    if len(hashes) > 1:
        equal_ids = pc.equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False)
        same[1:] = (hashes[1:] == hashes[:-1]) & equal_ids
    return pa.array(~same)


def _meetings(
    first: npt.NDArray[np.int64], last: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Pairs of each place in first..last with its row, in chunks of at most about 64 thousand."""
    start = 0
    counts = np.minimum(last - first, 64)  # a key of more than 64 of the local documents: the first ones speak for it
    ends = np.cumsum(counts)
    while start < len(first):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + 65_536, "right")))
        n = counts[start:stop]
        inside = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        yield np.repeat(first[start:stop], n) + inside, np.repeat(rows[start:stop], n)
        start = stop


def _list(folder: str, files: list[dict[str, Any]]) -> None:
    storage.write_json(storage.join(folder, "index.json"), {"format": FORMAT, "files": files}, indent=1)
