"""Second stage: fingerprints of the survivors -> exact and near duplicates -> `duplicates/` parts.

Two Beam graphs, joined by files in WORK/edges. In both, what crosses a shuffle is raw bytes, one buffer a (part,
partition); a signature never does, it is read in place from the mapped fingerprint part when a candidate is verified.

    exact:  part -> hashes by partition -> group -> edges
    near:   part -> band keys by partition -> group -> candidates by edge partition -> group -> verified edges

The near graph runs over ranges of partitions where all keys at once would not fit into the memory budget. Only
documents that no rule dropped take part: a document that is dropped must not take its duplicates with it.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import storage
from openclaw_data.dedup import clusters, fingerprints, local, stages
from openclaw_data.flow import runner
from openclaw_data.flow import work as folder

STAGE = "duplicates"
MEMORY_BYTES = 1_000_000_000
"""What the keys of one range of partitions may take in the shuffle and while they are sorted."""
KEY_BYTES = 24
"""What a band key takes in the shuffle: 12 bytes packed, held twice while it is grouped."""
SMALL_RUN = 200_000
"""Up to so many documents one process is faster than starting several."""
DUPLICATES = pa.schema([f for f in local.DUPLICATES if f.name != "doc"])


Group = tuple[int, Iterable[bytes]]
"""A partition and the buffers of all parts for it."""


class Matching(NamedTuple):
    """What the steps of a graph need to know."""

    work: str
    run_id: str
    partitions: int
    threshold: float
    start: int = 0
    stop: int = 1


def deduplicate(job: folder.Job, tick: Callable[[], None]) -> None:
    """Write `duplicates/part-*.parquet`, aligned with the annotated parts, and their markers."""
    asked = job.resolved.recipe.dedup
    if asked is None or len(folder.done(storage.join(job.work, STAGE))) == job.parts:
        return
    documents = sum(folder.marker(job.work, "annotated", n)["records"] for n in range(job.parts))
    engine = job.engine._replace(workers=1) if documents <= SMALL_RUN else job.engine
    threshold = asked.minhash.threshold if asked.minhash else 1.0
    bands, _ = fingerprints.optimal_bands(threshold) if threshold < 1 else (1, 1)
    partitions = stages.partitions_for(documents, bands, MEMORY_BYTES)
    matching = Matching(job.work, job.run_id, partitions, threshold)
    storage.remove(storage.join(job.work, "edges"))
    if asked.exact:
        runner.execute(lambda p: _exact_graph(p, matching, job.parts), engine, tick)
    edges = _edges(job.work, "exact")
    _write_copies(job.work, edges, job.parts)
    if threshold < 1:
        step = max(1, partitions // max(1, -(-documents * bands * KEY_BYTES // MEMORY_BYTES)))
        for start in range(0, partitions, step):
            of_range = matching._replace(start=start, stop=min(start + step, partitions))
            runner.execute(functools.partial(_near_graph, matching=of_range, parts=job.parts), engine, tick)
    _write_duplicates(job, edges, np.concatenate([edges, _edges(job.work, "near")]), tick)
    storage.remove(storage.join(job.work, "edges"))


def _exact_graph(pipeline: beam.Pipeline, matching: Matching, parts: int) -> None:
    (
        pipeline
        | "List parts" >> beam.Create(range(parts))
        | "Hash" >> beam.FlatMap(exact_keys, matching)
        | "Group by hash" >> beam.GroupByKey()
        | "Link copies" >> beam.Map(write_exact, matching)
    )


def _near_graph(pipeline: beam.Pipeline, matching: Matching, parts: int) -> None:
    (
        pipeline
        | "List parts" >> beam.Create(range(parts))
        | "Cut bands" >> beam.FlatMap(near_keys, matching)
        | "Group by band" >> beam.GroupByKey()
        | "Pair" >> beam.FlatMap(candidates, matching)
        | "Group by document" >> beam.GroupByKey()
        | "Verify" >> beam.Map(write_near, matching)
    )


def exact_keys(part: int, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """The exact hashes of a part's survivors, packed by partition."""
    table = fingerprints.read(_fingerprints(matching, part))
    hashes = table.column("exact_hash").to_numpy()
    use = survivors(matching.work, part) & (hashes != 0)
    docs = fingerprints.doc_ids(part, len(hashes))
    yield from stages.pack_keys(hashes[use], docs[use], matching.partitions).items()


def write_exact(group: Group, matching: Matching) -> int:
    """Write the edges between exact copies of one partition."""
    return _write_edges(matching.work, f"exact-{group[0]:05d}", stages.exact_edges(group[1]))


def near_keys(part: int, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """The band keys of a part's survivors that are no exact copies, packed by partition."""
    table = fingerprints.read(_fingerprints(matching, part))
    docs = fingerprints.doc_ids(part, table.num_rows)
    copies = _load(storage.join(matching.work, "edges", f"copies-{part:05d}.npy"))
    use = survivors(matching.work, part)
    use &= local.near_rows(table.column("shingles").to_numpy(), docs, copies, local.MIN_SHINGLES)
    bands, rows = fingerprints.optimal_bands(matching.threshold)
    keys, owners = stages.band_keys(fingerprints.signatures(table)[use], docs[use], bands, rows)
    yield from stages.pack_keys(keys, owners, matching.partitions, range(matching.start, matching.stop)).items()


def candidates(group: Group, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """The pairs that share a band in one partition, packed by edge partition."""
    yield from stages.pack_edges(stages.candidate_edges(group[1]), matching.partitions).items()


def write_near(group: Group, matching: Matching) -> int:
    """Compare the signatures of one edge partition's pairs and write the edges that hold."""
    lookup = stages.lookup_files(
        lambda part: fingerprints.signature_chunks(fingerprints.read(_fingerprints(matching, part)))
    )
    verified = stages.verify(stages.unpack_edges(group[1]), lookup, matching.threshold)
    return _write_edges(matching.work, f"near-{matching.start:05d}-{group[0]:05d}", clusters.to_stars(verified))


def _fingerprints(matching: Matching, part: int) -> str:
    return folder.path(matching.work, "fingerprints", part, "arrow")


def survivors(work: str, part: int) -> npt.NDArray[np.bool_]:
    """The rows of an annotated part that no rule dropped and that are no errors: bool[rows]."""
    table = pl.DataFrame(storage.open_parquet(folder.path(work, "annotated", part)).read(["dropped_by", "error"]))
    return table.select((pl.col("dropped_by").list.len() == 0) & (pl.col("error") == "")).to_series().to_numpy()


def _write_copies(work: str, edges: stages.Int64, parts: int) -> None:
    """Tell each part which of its documents are exact copies of an earlier one."""
    copies = np.sort(edges[:, 1])
    bounds = np.searchsorted(copies, np.arange(parts + 1, dtype=np.int64) << fingerprints.ROW_BITS)
    for part in range(parts):
        _save(storage.join(work, "edges", f"copies-{part:05d}.npy"), copies[bounds[part] : bounds[part + 1]])


def _write_duplicates(job: folder.Job, exact: stages.Int64, edges: stages.Int64, tick: Callable[[], None]) -> None:
    """Join the edges to clusters, rank them, and write each part's rows."""
    found = clusters.cluster(edges)
    ranks = clusters.rank(found.docs, found)
    copy = exact_copies(found, ranks.dup_rank, exact)
    bounds = np.searchsorted(found.docs, np.arange(job.parts + 1, dtype=np.int64) << fingerprints.ROW_BITS)
    for part in range(job.parts):
        use = slice(bounds[part], bounds[part + 1])
        table = alone(part, survivors(job.work, part))
        at = found.docs[use] & stages.ROW_MASK
        found_columns: tuple[npt.NDArray[Any], ...] = (found.clusters, ranks.dup_cluster_size, ranks.dup_rank, copy)
        for name, values in zip(DUPLICATES.names, found_columns, strict=True):
            table[name][at] = values[use]
        with storage.create(folder.path(job.work, STAGE, part)) as path:
            pq.write_table(pa.table(table, schema=DUPLICATES), path, compression="zstd")
        rows, duplicates = len(table["dup_rank"]), int((table["dup_rank"] > 0).sum())
        folder.mark(job.work, STAGE, part, {"records": rows, "duplicates": duplicates})
        tick()


def exact_copies(found: clusters.Clusters, ranks: npt.NDArray[np.int32], exact: stages.Int64) -> npt.NDArray[np.bool_]:
    """Which clustered documents have the folded text of the one that stays: bool[k]."""
    heads = found.docs.copy()
    heads[np.searchsorted(found.docs, exact[:, 1])] = exact[:, 0]
    first = np.flatnonzero(ranks == 0)
    first = first[np.argsort(found.clusters[first])]
    leaders = first[np.searchsorted(found.clusters[first], found.clusters)]
    return (heads == heads[leaders]) & (ranks > 0)


def alone(part: int, compared: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[Any]]:
    """The columns of a part without duplicates: a document that was not compared has no cluster, id -1."""
    n = len(compared)
    ids = np.where(compared, fingerprints.doc_ids(part, n), -1)
    columns = (ids, np.ones(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.bool_))
    return dict(zip(DUPLICATES.names, columns, strict=True))


def _edges(work: str, kind: str) -> stages.Int64:
    """All edges of a kind that the graphs left."""
    place = storage.join(work, "edges")
    names = [n for n in storage.names(place) if n.startswith(f"{kind}-")]
    return np.concatenate([stages.no_edges(), *(_load(storage.join(place, n)) for n in names)])


def _write_edges(work: str, name: str, edges: stages.Int64) -> int:
    _save(storage.join(work, "edges", f"{name}.npy"), edges)
    return len(edges)


def _save(path: str, array: stages.Int64) -> None:
    with storage.create(path) as name, open(name, "wb") as file:  # noqa: PTH123
        np.save(file, array)


def _load(path: str) -> stages.Int64:
    with storage.open_input(path) as file:
        array: stages.Int64 = np.load(file)
    return array
