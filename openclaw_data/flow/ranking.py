"""From edges to `duplicates/` parts: clusters, then ranks.

Clusters come from union-find in one process where the edges fit into the memory budget, and from rounds of star
graphs where they don't; the result is the same. Either way each part learns the clusters of its documents by a file,
sends what ranks them to the cluster's partition, and gets the ranks back.

    edges -> clusters of each part -> (cluster, document, preference, hash) by cluster -> rank -> rows by part
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import storage
from openclaw_data.dedup import clusters, fingerprints, stages
from openclaw_data.dedup.clusters import REASONS
from openclaw_data.documents import DataError
from openclaw_data.flow import matching as edges_of
from openclaw_data.flow import runner
from openclaw_data.flow import work as folder
from openclaw_data.flow.matching import Group, Matching, edge_file, load, save
from openclaw_data.flow.steps import Step, spread, start

STAGE = "duplicates"
EDGE_BYTES = 120
"""What union-find takes an edge, at most: the edge, its index, two sorts, and 24 bytes for each of two documents."""
MAX_ROUNDS = 100
MEMBER = np.dtype([("cluster", "<i8"), ("doc", "<i8"), ("preferred", "<f8"), ("hash", "<i8"), ("group", "<i1")])
"""What ranks a document. `group`: -1 for one of an index, 0, and 1 for one that gave way by its URL."""
RANKED = np.dtype([("doc", "<i8"), ("cluster", "<i8"), ("size", "<i4"), ("rank", "<i4"), ("reason", "<i1")])
DUPLICATES = pa.schema(
    [
        pa.field("dup_cluster_id", pa.int64(), nullable=False),
        pa.field("dup_cluster_size", pa.int32(), nullable=False),
        pa.field("dup_rank", pa.int32(), nullable=False),
        pa.field("dup_reason", pa.string(), nullable=False),
    ]
)
"""`dup_cluster_id`: the smallest document of the cluster, -1 for one that was not compared. `dup_rank`: 0 stays.
`dup_reason`: a value of `clusters.REASONS`, "" for what stays."""


def rank_all(matching: Matching, memory: int, engine: folder.Engine, tick: Callable[[], None]) -> None:
    """Write `duplicates/part-*.parquet`, aligned with the annotated parts, and their markers."""
    files = edge_files(matching.work)
    if sum(storage.size(f) for f in files) // 16 * EDGE_BYTES <= memory:
        cluster_here(files, matching)
    else:
        _cluster_in_rounds(matching, files, engine, tick)
    runner.execute(rank_graph(matching), engine, tick)


def edge_files(work: str) -> list[str]:
    """The files of all edges that were found."""
    place = storage.join(work, edges_of.EDGES)
    return [storage.join(place, n) for n in storage.names(place) if n.startswith(("exact-", "near-", "url-"))]


def cluster_here(files: list[str], matching: Matching) -> None:
    """Write the clusters of each part, by union-find over all edges at once."""
    found = clusters.cluster(np.concatenate([stages.no_edges(), *map(load, files)]))
    bounds = np.searchsorted(found.docs, np.arange(matching.parts + matching.known + 1) << fingerprints.ROW_BITS)
    for part in range(matching.parts + matching.known):
        use = slice(bounds[part], bounds[part + 1])
        if bounds[part] < bounds[part + 1]:
            save(_clustered(matching, part), np.stack([found.docs[use], found.clusters[use]], 1))


def _cluster_in_rounds(matching: Matching, files: list[str], engine: folder.Engine, tick: Callable[[], None]) -> None:
    """Large-star and small-star, one round a pipeline, until a round changes nothing."""
    before = None
    for number in range(MAX_ROUNDS):
        runner.execute(round_graph(matching, files, number), engine, tick)
        place = storage.join(matching.work, edges_of.EDGES)
        marks = [n for n in storage.names(place) if n.startswith(f"stars-{number:03d}-") and n.endswith(".json")]
        found = sum(storage.read_json(storage.join(place, n))["digest"] for n in marks) % (1 << 64)
        files = [storage.join(place, n.replace(".json", ".npy")) for n in marks]
        if found == before:
            runner.execute(spread_graph(matching, files), engine, tick)
            return
        before = found
    raise DataError("clusters", f"star rounds did not end after {MAX_ROUNDS}.", "Report this with WORK/edges.")


def round_graph(matching: Matching, files: list[str], number: int) -> Step:
    """The graph of one round of large-star and small-star."""
    return (
        spread("edges", files)
        .sends("Send to both ends", send_both, matching.partitions)
        .group("Group by end")
        .sends("Join larger", join_larger, matching.partitions)
        .group("Group by larger end")
        .does("Join smaller", write_stars, matching.work, number)
    )


def spread_graph(matching: Matching, files: list[str]) -> Step:
    """The graph that tells each part the clusters of its documents, after the last round."""
    return (
        spread("stars", files)
        .sends("Send to parts", send_members)
        .group("Group by part")
        .does("Write clusters", write_clustered, matching)
    )


def rank_graph(matching: Matching) -> Step:
    """The graph that ranks the documents of each cluster and writes the parts."""
    return (
        spread("parts", range(matching.parts + matching.known))
        .sends("Describe", members_of, matching)
        .group("Group by cluster")
        .sends("Rank", rank_group, matching.parts)
        .both("Both", start("Start all").sends("List own parts", every_part, matching.parts))
        .group("Group by part")
        .does("Write", write_part, matching)
    )


def every_part(_: bytes, parts: int) -> Iterator[tuple[int, bytes]]:
    """Something for each part, so that those without duplicates are written, too."""
    yield from ((part, b"") for part in range(parts))


def send_both(file: str, partitions: int) -> Iterator[tuple[int, bytes]]:
    """The messages of a large-star round for one file of edges."""
    yield from clusters.star_messages(load(file), partitions, large=True).items()


def join_larger(group: Group, partitions: int) -> Iterator[tuple[int, bytes]]:
    """Large-star on one partition, and the messages of the small-star round."""
    found = clusters.large_star(list(group[1]))
    yield from clusters.star_messages(found, partitions, large=False).items()


def write_stars(group: Group, work: str, number: int) -> int:
    """Small-star on one partition: the edges, then their digest as a marker."""
    found = clusters.small_star(list(group[1]))
    name = f"stars-{number:03d}-{group[0]:05d}"
    save(edge_file(work, name), found)
    storage.write_json(storage.join(work, edges_of.EDGES, f"{name}.json"), {"digest": clusters.digest(found)})
    return len(found)


def send_members(file: str) -> Iterator[tuple[int, bytes]]:
    """Each document of a file of stars, and its centre, to its part: raw int64[k, 2] of (document, cluster)."""
    stars = load(file)
    centres = np.unique(stars[:, 0])
    pairs = np.concatenate([stars[:, ::-1], np.stack([centres, centres], 1)])
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    parts, starts = np.unique(pairs[:, 0] >> fingerprints.ROW_BITS, return_index=True)
    for part, piece in zip(parts.tolist(), np.split(pairs, starts[1:]), strict=False):
        yield part, piece.tobytes()


def write_clustered(group: Group, matching: Matching) -> int:
    """Write the clusters of a part; a centre comes from every file that has leaves of it."""
    pairs = stages.unpack_edges(group[1])
    save(_clustered(matching, group[0]), pairs)
    return len(pairs)


def members_of(part: int, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """What ranks the clustered documents of a part, by the partition of their cluster."""
    if not storage.exists(_clustered(matching, part)):
        return
    pairs = load(_clustered(matching, part))
    rows = pairs[:, 0] & stages.ROW_MASK
    records = np.empty(len(pairs), MEMBER)
    records["doc"], records["cluster"] = pairs[:, 0], pairs[:, 1]
    records["hash"] = edges_of.column(matching, part, "exact_hash")[rows]
    if part >= matching.parts:
        records["preferred"], records["group"] = 0, -1
    else:
        records["preferred"] = edges_of.preferred(matching, part, rows)
        records["group"] = np.isin(pairs[:, 0], edges_of.marked(matching, "losers", part))
    where = stages.partition_of(np.ascontiguousarray(records["cluster"]), matching.partitions)
    for partition in np.unique(where).tolist():
        yield partition, records[where == partition].tobytes()


def rank_group(group: Group, parts: int) -> Iterator[tuple[int, bytes]]:
    """Rank the clusters of one partition; send each own part its documents."""
    records = np.concatenate([np.frombuffer(b, MEMBER) for b in group[1]])
    ranked = clusters.rank_members(*(records[name] for name in MEMBER.fields or ()))
    out = np.empty(len(ranked.doc), RANKED)
    for name in RANKED.fields or ():
        out[name] = getattr(ranked, name)
    out = out[np.argsort(out["doc"])]
    own, starts = np.unique(out["doc"] >> fingerprints.ROW_BITS, return_index=True)
    for part, piece in zip(own.tolist(), np.split(out, starts[1:]), strict=False):
        if part < parts:
            yield part, piece.tobytes()


def write_part(group: Group, matching: Matching) -> int:
    """Write the duplicates part of an annotated part, and its marker; returns how many of its documents go."""
    part = group[0]
    found = np.concatenate([np.frombuffer(b, RANKED) for b in group[1]])
    table = alone(part, edges_of.survivors(matching.work, part))
    at = found["doc"] & stages.ROW_MASK
    for name, values in (("cluster_id", "cluster"), ("cluster_size", "size"), ("rank", "rank"), ("reason", "reason")):
        table[f"dup_{name}"][at] = found[values]
    reasons = pa.array(REASONS, pa.string()).take(pa.array(table.pop("dup_reason")))
    with storage.create(folder.path(matching.work, STAGE, part)) as path:
        pq.write_table(pa.table({**table, "dup_reason": reasons}, schema=DUPLICATES), path, compression="zstd")
    rows, duplicates = len(table["dup_rank"]), int((table["dup_rank"] > 0).sum())
    folder.mark(matching.work, STAGE, part, {"records": rows, "duplicates": duplicates})
    return duplicates


def staying(work: str, part: int) -> npt.NDArray[np.bool_]:
    """The rows of an annotated part that no rule dropped and that stay of their cluster: bool[rows]."""
    ranks = storage.open_parquet(folder.path(work, STAGE, part)).read(["dup_rank"]).column("dup_rank").to_numpy()
    return edges_of.survivors(work, part) & (ranks == 0)


def alone(part: int, took_part: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[Any]]:
    """The columns of a part without duplicates: a document that did not take part has no cluster, id -1."""
    n = len(took_part)
    ids = np.where(took_part, fingerprints.doc_ids(part, n), -1)
    columns: Iterable[npt.NDArray[Any]] = (ids, np.ones(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int8))
    return dict(zip(DUPLICATES.names, columns, strict=True))


def _clustered(matching: Matching, part: int) -> str:
    return edge_file(matching.work, f"clustered-{part:05d}")
