"""From duplicate edges to clusters, and from clusters to the one document of each that stays.

Two ways to the same clusters: `cluster` runs union-find in one process, 16 bytes an edge and 24 a document that
has one; above that, `large_star` and `small_star` (Kiveris et al. 2014, "Connected Components in MapReduce and
Beyond") run on partitioned edges, in rounds, until `digest` says that nothing changes any more. Either way a cluster's
id is its smallest document id.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data.dedup.stages import Int64, distinct, no_edges, pack_edges, unpack_edges
from openclaw_data.documents import DataError
from openclaw_data.kernels.unionfind import components

POLICIES = {
    "earliest": "the first in the input: sources as listed, then path, then position",
    "earliest_fetch": "the first fetched; an unknown time counts as the latest",
    "latest_fetch": "the last fetched; an unknown time counts as the earliest",
    "longest": "the one with the most characters",
    "best_quality": "the one with the highest quality_score",
    "preferred_source": "the one whose source comes first in `prefer`; sources not listed come last",
}
"""Who stays. Ties go to the first in the input."""


class Clusters(NamedTuple):
    """The documents that have a duplicate."""

    docs: Int64
    """int64[k], sorted."""
    clusters: Int64
    """int64[k]: the smallest document id of the cluster."""


class Ranked(NamedTuple):
    """What deduplication says of n documents, in an order of its own."""

    doc: Int64
    """int64[n]."""
    cluster: Int64
    """int64[n]: the smallest document id of the cluster."""
    size: npt.NDArray[np.int32]
    """int32[n]: documents of this run in the cluster."""
    rank: npt.NDArray[np.int32]
    """int32[n]: place within the cluster; 0 stays. Nobody has 0 where an index holds one of the cluster."""
    reason: npt.NDArray[np.int8]
    """int8[n]: why it does not stay, a place in `REASONS`; 0 for what stays."""


REASONS = ("", "exact", "near", "url", "known")
"""Why a document goes: it has the folded text of the one that stays, or nearly so; another version of its URL stays;
a published index holds it or a duplicate of it."""


def cluster(edges: Int64) -> Clusters:
    """Connected components of edges int64[m, 2], in any order, by union-find."""
    docs, index = np.unique(edges.reshape(-1), return_inverse=True)
    index = np.ascontiguousarray(index.reshape(-1, 2).T)
    return Clusters(docs, docs[components(index[0], index[1], len(docs))])


def to_stars(edges: Int64) -> Int64:
    """The fewest edges with the same components: from the smallest document of each to its others, int64[k, 2].

    A partition that reduces its edges so has fewer than it has documents, before they meet those of other partitions.
    """
    found = cluster(edges)
    stars = np.stack([found.clusters, found.docs], 1)
    return stars[found.clusters != found.docs]


def from_stars(edges: Int64) -> Clusters:
    """The clusters of a star forest: edges int64[m, 2] of (centre, document), as the star rounds leave them."""
    docs = np.concatenate([edges[:, 1], np.unique(edges[:, 0])])
    centres = np.concatenate([edges[:, 0], np.unique(edges[:, 0])])
    order = np.argsort(docs)
    return Clusters(docs[order], centres[order])


def star_messages(edges: Int64, partitions: int, *, large: bool) -> dict[int, bytes]:
    """Send edges to the partitions of the documents that a star round groups by.

    Args:
        edges: int64[m, 2].
        partitions: how many there are.
        large: for `large_star` an edge goes to both its ends, for `small_star` to its larger end.

    Returns:
        By partition, raw int64[m, 2] of (document to group by, neighbour).
    """
    low, high = edges.min(1), edges.max(1)
    upward = np.stack([high, low], 1)
    return pack_edges(np.concatenate([upward, upward[:, ::-1]]) if large else upward, partitions)


def large_star(buffers: Sequence[bytes]) -> Int64:
    """For each document, join its larger neighbours to its smallest neighbour or itself: int64[m, 2], distinct."""
    messages = unpack_edges(buffers)
    least = _least(messages)
    larger = messages[:, 1] > messages[:, 0]
    return distinct(np.stack([least, messages[:, 1]], 1)[larger])


def small_star(buffers: Sequence[bytes]) -> Int64:
    """For each document, join it and its smaller neighbours to the smallest of these: int64[m, 2], distinct."""
    messages = unpack_edges(buffers)
    least = _least(messages)
    joined = np.concatenate([np.stack([least, messages[:, 0]], 1), np.stack([least, messages[:, 1]], 1)])
    return distinct(joined[joined[:, 0] != joined[:, 1]])


def is_star_forest(edges: Int64) -> bool:
    """Whether every document but the centres has one edge, to a smaller centre: the end of the rounds."""
    centres, leaves = edges[:, 0], edges[:, 1]
    single = len(np.unique(leaves)) == len(leaves)
    return bool(single and (centres < leaves).all() and not np.isin(centres, leaves).any())


def digest(edges: Int64) -> int:
    """A number for a set of distinct edges, whatever their order: 64 bits.

    The digests of partitions add up, modulo 2**64, to that of the whole. Star rounds that leave it unchanged are over:
    their fixed points are star forests.
    """
    low, high = edges[:, 0].astype(np.uint64), edges[:, 1].astype(np.uint64)
    mixed = (low * np.uint64(0x9E3779B97F4A7C15)) ^ (high * np.uint64(0xD6E8FEB86659FD93))
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0x9FB21C651E98DF25)
    return int((mixed ^ (mixed >> np.uint64(29))).sum(dtype=np.uint64))


def cluster_in_rounds(edges: Int64, partitions: int = 4, rounds: int = 100) -> Clusters:
    """The star rounds in one process: the twin of the loop around Beam.

    Raises:
        DataError: no end after `rounds`, which O(log² n) rounds make impossible for real input.
    """
    for _ in range(rounds):
        if is_star_forest(edges):
            return from_stars(edges)
        for step, large in ((large_star, True), (small_star, False)):
            messages = star_messages(edges, partitions, large=large)
            edges = distinct(np.concatenate([no_edges(), *(step([b]) for b in messages.values())]))
    raise DataError("clusters", f"star rounds did not end after {rounds}.", "Report this with the edges.")


def preference(
    policy: str, columns: pa.RecordBatch | pa.Table, prefer: Sequence[str] = ()
) -> npt.NDArray[np.float64] | Int64:
    """A number for each document, the smallest of a cluster stays: int64[n] or float64[n].

    Args:
        policy: a key of `POLICIES`.
        columns: what the policy reads: `fetch_time`, `char_count`, `quality_score` or `source_id`; none for `earliest`.
        prefer: source ids, best first, for `preferred_source`.

    Raises:
        DataError: an unknown policy, a missing column, a NaN.
    """
    needed = {"earliest_fetch": "fetch_time", "latest_fetch": "fetch_time", "longest": "char_count"}
    needed |= {"best_quality": "quality_score", "preferred_source": "source_id"}
    if policy not in POLICIES:
        raise DataError("dedup.keep", f"there is no policy '{policy}'.", f"Choose one of {', '.join(POLICIES)}.")
    if policy == "earliest":
        return np.zeros(columns.num_rows, np.int64)
    if needed[policy] not in columns.schema.names:
        raise DataError(
            "dedup.keep", f"'{policy}' needs the column '{needed[policy]}'.", "Add the signal to the recipe."
        )
    column = columns.column(needed[policy])
    if policy == "preferred_source":
        order = pc.index_in(column, pa.array(list(prefer), column.type))
        return pc.fill_null(order, len(prefer)).to_numpy(zero_copy_only=False).astype(np.int64)
    if policy == "best_quality":
        score: npt.NDArray[np.float64] = -column.to_numpy(zero_copy_only=False).astype(np.float64)
        if np.isnan(score).any():
            raise DataError("dedup.keep", "quality_score is NaN.", "Report the document that has it.")
        return score
    values: Int64 = column.cast(pa.int64()).to_numpy(zero_copy_only=False)
    if policy == "earliest_fetch":
        return np.where(values == 0, np.iinfo(np.int64).max, values)
    return -values


def rank_members(
    cluster: Int64,
    doc: Int64,
    preferred: npt.NDArray[np.float64],
    hashed: Int64,
    group: npt.NDArray[np.int8],
) -> Ranked:
    """Rank documents within their clusters.

    Args:
        cluster: int64[n], the cluster of each; the documents hold each cluster whole.
        doc: int64[n], distinct, in any order.
        preferred: float64[n], from `preference`; the input order decides ties.
        hashed: int64[n], hash of the folded text.
        group: int8[n], ranked first: -1 for a document of an index, 1 for one that gave way by its URL, 0 for others.
    """
    order = np.lexsort((doc, preferred, group, cluster))
    ids, groups, hashes = cluster[order], group[order], hashed[order]
    first = np.concatenate([np.ones(min(1, len(ids)), bool), ids[1:] != ids[:-1]])
    starts = np.flatnonzero(first)
    nth = np.cumsum(first) - 1
    others = np.bincount(nth[groups < 0], minlength=len(starts))[nth]
    known = others > 0
    size = np.diff(np.append(starts, len(ids)))[nth] - others
    rank = np.arange(len(ids)) - starts[nth] - others + known
    reason = np.where(hashes == hashes[starts[nth]], 1, 2)
    reason = np.select([rank <= 0, groups > 0, known], [0, 3, 4], reason)
    return Ranked(doc[order], ids, size.astype(np.int32), rank.astype(np.int32), reason.astype(np.int8))


def _least(messages: Int64) -> Int64:
    """For each message (document, neighbour), sorted: the smallest of the document and all its neighbours."""
    if len(messages) == 0:
        return np.zeros(0, np.int64)
    first = np.concatenate([[True], messages[1:, 0] != messages[:-1, 0]])
    heads = np.flatnonzero(first)
    least = np.minimum(messages[heads, 0], messages[heads, 1])
    return least[np.cumsum(first) - 1]
