"""Deduplication in one process, in memory: for notebooks, small runs and tests, and the twin of the Beam graph."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openclaw_data.dedup import stages
from openclaw_data.dedup.clusters import Clusters, cluster, rank
from openclaw_data.dedup.fingerprints import doc_ids, optimal_bands, signature_chunks, signatures
from openclaw_data.dedup.stages import Int64

MIN_SHINGLES = 16
"""Documents with fewer shingles are compared as a whole only: of so few, one changed word decides."""

DUPLICATES = pa.schema(
    [
        pa.field("doc", pa.int64(), nullable=False),
        pa.field("dup_cluster_id", pa.int64(), nullable=False),
        pa.field("dup_cluster_size", pa.int32(), nullable=False),
        pa.field("dup_rank", pa.int32(), nullable=False),
        pa.field("dup_exact", pa.bool_(), nullable=False),
    ]
)
"""`dup_exact`: the folded text is that of the document of rank 0, and this is another one."""


def deduplicate(  # noqa: PLR0913 - each is one setting of the recipe
    parts: Sequence[pa.Table | pa.RecordBatch],
    *,
    threshold: float = 0.8,
    min_shingles: int = MIN_SHINGLES,
    by_url: bool = False,
    preferred: npt.NDArray[np.float64] | Int64 | None = None,
    partitions: int = 1,
) -> pa.Table:
    """Find the duplicates among fingerprints.

    Args:
        parts: fingerprint parts in input order, schema `FINGERPRINT`.
        threshold: Jaccard similarity of the shingle sets from which on documents are duplicates; 1 compares whole texts
            only.
        min_shingles: documents with fewer are compared as a whole only.
        by_url: whether documents of the same canonical URL are duplicates too.
        preferred: from `clusters.preference`, for all rows of all parts; the first in the input stays without it.
        partitions: only for tests: the result does not depend on it.

    Returns:
        Table of `DUPLICATES`, one row a document, in input order.
    """
    docs = [doc_ids(part, table.num_rows) for part, table in enumerate(parts)]
    exact = same_hash_edges(parts, docs, "exact_hash", partitions)
    edges = [exact, near_edges(parts, docs, exact, threshold, min_shingles, partitions)]
    if by_url:
        edges.append(same_hash_edges(parts, docs, "url_hash", partitions))
    return to_table(parts, docs, cluster(np.concatenate(edges)), preferred)


def same_hash_edges(
    parts: Sequence[pa.Table | pa.RecordBatch], docs: Sequence[Int64], column: str, partitions: int
) -> Int64:
    """Edges between documents of equal, known `column`: int64[m, 2]."""
    buffers: dict[int, list[bytes]] = {}
    for table, ids in zip(parts, docs, strict=True):
        hashed = _numpy(table, column)
        _collect(buffers, stages.pack_keys(hashed[hashed != 0], ids[hashed != 0], partitions))
    return np.concatenate([stages.no_edges(), *map(stages.exact_edges, buffers.values())])


def near_edges(  # noqa: PLR0913 - the same settings
    parts: Sequence[pa.Table | pa.RecordBatch],
    docs: Sequence[Int64],
    exact: Int64,
    threshold: float,
    min_shingles: int,
    partitions: int,
) -> Int64:
    """Verified edges between the first ones of each exact text: int64[m, 2]."""
    if threshold >= 1:
        return stages.no_edges()
    bands, rows = optimal_bands(threshold)
    copies = np.sort(exact[:, 1])
    buffers: dict[int, list[bytes]] = {}
    for table, ids in zip(parts, docs, strict=True):
        chosen = near_rows(_numpy(table, "shingles"), ids, copies, min_shingles)
        keys, owners = stages.band_keys(signatures(table)[chosen], ids[chosen], bands, rows)
        _collect(buffers, stages.pack_keys(keys, owners, partitions))
    edges: dict[int, list[bytes]] = {}
    for partition in sorted(buffers):
        _collect(edges, stages.pack_edges(stages.candidate_edges(buffers.pop(partition)), partitions))
    lookup = stages.lookup_mapping({part: signature_chunks(table) for part, table in enumerate(parts)})
    verified = (stages.verify(stages.unpack_edges(found), lookup, threshold) for found in edges.values())
    return np.concatenate([stages.no_edges(), *verified])


def near_rows(shingles: npt.NDArray[np.int32], docs: Int64, copies: Int64, min_shingles: int) -> npt.NDArray[np.bool_]:
    """Which documents to compare by signature: bool[n]. Long enough, and not an exact copy of an earlier one.

    Args:
        shingles: int32[n].
        docs: int64[n], ids of these documents.
        copies: int64[m], sorted: the larger ends of `exact_edges`.
        min_shingles: what long enough means; an empty document never is.
    """
    return (shingles >= max(1, min_shingles)) & ~np.isin(docs, copies)


def to_table(
    parts: Sequence[pa.Table | pa.RecordBatch],
    docs: Sequence[Int64],
    found: Clusters,
    preferred: npt.NDArray[np.float64] | Int64 | None,
) -> pa.Table:
    """Ranks and the exact flag of every document, as a table of `DUPLICATES`."""
    ids = np.concatenate([np.zeros(0, np.int64), *docs])
    hashed = np.concatenate([np.zeros(0, np.int64), *(_numpy(table, "exact_hash") for table in parts)])
    ranks = rank(ids, found, preferred)
    kept = np.flatnonzero(ranks.dup_rank == 0)
    kept = kept[np.argsort(ranks.dup_cluster_id[kept])]
    leader = kept[np.searchsorted(ranks.dup_cluster_id[kept], ranks.dup_cluster_id)]
    exact = (hashed == hashed[leader]) & (ranks.dup_rank > 0)
    columns = [ids, ranks.dup_cluster_id, ranks.dup_cluster_size, ranks.dup_rank, exact]
    return pa.Table.from_arrays([pa.array(c) for c in columns], schema=DUPLICATES)


def _numpy(table: pa.Table | pa.RecordBatch, column: str) -> npt.NDArray[Any]:
    return table.column(column).to_numpy(zero_copy_only=False)


def _collect(buffers: dict[int, list[bytes]], packed: dict[int, bytes]) -> None:
    for key, buffer in packed.items():
        buffers.setdefault(key, []).append(buffer)
