"""Deduplication in one process, in memory: for notebooks, small runs and tests, and the twin of the graphs of a run."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openclaw_data.dedup import stages
from openclaw_data.dedup.clusters import REASONS, Clusters, cluster, rank_members
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
        pa.field("dup_reason", pa.string(), nullable=False),
    ]
)
"""`dup_reason`: a value of `clusters.REASONS`, "" for a document that stays."""


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
    ids = np.concatenate([np.zeros(0, np.int64), *docs])
    order = np.zeros(len(ids)) if preferred is None else np.asarray(preferred, np.float64)
    versions = url_edges(parts, ids, order) if by_url else stages.no_edges()
    losers = np.sort(versions[:, 1])
    exact = same_hash_edges(parts, docs, "exact_hash", partitions, losers)
    near = near_edges(parts, docs, np.sort(np.concatenate([exact[:, 1], losers])), threshold, min_shingles, partitions)
    return to_table(parts, ids, cluster(np.concatenate([exact, near, versions])), order, losers)


def url_edges(parts: Sequence[pa.Table | pa.RecordBatch], docs: Int64, preferred: npt.NDArray[np.float64]) -> Int64:
    """Edges from the preferred document of each URL to its other versions: int64[m, 2]."""
    hashed = np.concatenate([np.zeros(0, np.int64), *(_numpy(table, "url_hash") for table in parts)])
    order = np.lexsort((docs, preferred, hashed))
    order = order[hashed[order] != 0]
    keys = hashed[order]
    first = np.concatenate([np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]])
    winners = docs[order][first][np.cumsum(first) - 1]
    return np.stack([winners, docs[order]], 1)[~first]


def same_hash_edges(
    parts: Sequence[pa.Table | pa.RecordBatch],
    docs: Sequence[Int64],
    column: str,
    partitions: int,
    losers: Int64,
) -> Int64:
    """Edges between documents of equal, known `column` that are no `losers`: int64[m, 2]."""
    buffers: dict[int, list[bytes]] = {}
    for table, ids in zip(parts, docs, strict=True):
        hashed = _numpy(table, column)
        use = (hashed != 0) & ~np.isin(ids, losers)
        _collect(buffers, stages.pack_keys(hashed[use], ids[use], partitions))
    return np.concatenate([stages.no_edges(), *map(stages.exact_edges, buffers.values())])


def near_edges(  # noqa: PLR0913 - the same settings
    parts: Sequence[pa.Table | pa.RecordBatch],
    docs: Sequence[Int64],
    copies: Int64,
    threshold: float,
    min_shingles: int,
    partitions: int,
) -> Int64:
    """Verified edges between the first ones of each exact text, which `copies` are not: int64[m, 2]."""
    if threshold >= 1:
        return stages.no_edges()
    bands, rows = optimal_bands(threshold)
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


def near_rows(
    shingles: npt.NDArray[np.int32], docs: Int64, copies: Int64, min_shingles: int = MIN_SHINGLES
) -> npt.NDArray[np.bool_]:
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
    docs: Int64,
    found: Clusters,
    preferred: npt.NDArray[np.float64],
    losers: Int64,
) -> pa.Table:
    """Ranks and reasons of every document, as a table of `DUPLICATES`, in input order."""
    hashed = np.concatenate([np.zeros(0, np.int64), *(_numpy(table, "exact_hash") for table in parts)])
    ids = docs.copy()
    ids[np.isin(docs, found.docs)] = found.clusters
    ranked = rank_members(ids, docs, preferred, hashed, np.isin(docs, losers).astype(np.int8))
    order = np.argsort(ranked.doc)
    columns = [pa.array(c[order]) for c in (ranked.doc, ranked.cluster, ranked.size, ranked.rank)]
    reasons = pa.array(REASONS, pa.string()).take(pa.array(ranked.reason[order]))
    return pa.Table.from_arrays([*columns, reasons], schema=DUPLICATES)


def _numpy(table: pa.Table | pa.RecordBatch, column: str) -> npt.NDArray[Any]:
    return table.column(column).to_numpy(zero_copy_only=False)


def _collect(buffers: dict[int, list[bytes]], packed: dict[int, bytes]) -> None:
    for key, buffer in packed.items():
        buffers.setdefault(key, []).append(buffer)
