"""The steps from fingerprints to duplicate edges, as pure functions over arrays and raw buffers.

    fingerprint part ──band_keys──▶ keys ──pack_keys──▶ one buffer per (part, partition)
    buffers of a partition ──candidate_edges──▶ edges ──pack_edges──▶ one buffer per (partition, edge partition)
    buffers of an edge partition ──unpack_edges──▶ edges ──verify──▶ duplicate edges ──▶ clusters

Equal keys meet in one partition whatever the number of partitions is, so the edges don't depend on it. `wanted` limits
`pack_keys` to a range of partitions: the whole runs range by range where the keys of all don't fit into memory.

A candidate pair counts only if the two signatures agree. How the signatures get there is the caller's choice:

* Files that can be mapped (a local run): `lookup_files` reads rows in place. No signature crosses a shuffle.
* Otherwise: an edge partition asks each part for the rows it needs (`request_rows`), the part answers
  (`answer_rows`), and `lookup_answers` holds the answers. A document's signature is sent at most once per edge
  partition, and only if the document has a candidate.

What crosses the shuffle, for N documents, b bands, c candidate edges a document (a pair counts once for each
partition in which it shares a band) and e edge partitions for each of the f N documents that have candidates: `12 b N +
16 c N` bytes, and where files can't be mapped `520 e f N` more. Measured on a million documents of which a fifth are
edited copies, 16 bands, 16 partitions: 192 and 115 bytes a document. Sending signatures along with every band, which
verification within a band's partition would need, takes 8,192.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from openclaw_data.dedup.fingerprints import ROW_BITS, agreement
from openclaw_data.kernels import hashes
from openclaw_data.kernels.unionfind import pair_groups

Int64 = npt.NDArray[np.int64]
Lookup = Callable[[Int64], npt.NDArray[np.uint32]]
"""Gives the signatures uint32[k, 128] of k document ids, sorted and distinct."""

Signatures = npt.NDArray[np.uint32] | Sequence[npt.NDArray[np.uint32]]
"""The signatures of a part, uint32[n, 128], in one piece or in several."""

VERIFY_EDGES = 32_768
"""Edges compared at a time: at most twice as many signatures of 512 bytes in memory, 32 MiB."""
KEY_BYTES = 240
"""Memory that a band key takes at most while a partition is paired."""
ROW_MASK = np.int64((1 << ROW_BITS) - 1)


def no_edges() -> Int64:
    """int64[0, 2]."""
    return np.zeros((0, 2), np.int64)


def band_keys(signatures: npt.NDArray[np.uint32], docs: Int64, bands: int, rows: int) -> tuple[Int64, Int64]:
    """The key of every band of every document, and the document of every key: int64[n*bands] both.

    Two documents share a key where all `rows` values of a band are equal.

    Args:
        signatures: uint32[n, 128].
        docs: int64[n], document ids.
        bands: from `optimal_bands`.
        rows: from `optimal_bands`.
    """
    return hashes.band_keys(signatures, bands, rows).reshape(-1), np.repeat(docs, bands)


def partition_of(keys: Int64, partitions: int) -> Int64:
    """The partition of each key, by its upper bits after mixing: int64[n] in 0..partitions-1."""
    mixed = keys.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(32)) % np.uint64(partitions)).astype(np.int64)


def pack_keys(keys: Int64, docs: Int64, partitions: int, wanted: range | None = None) -> dict[int, bytes]:
    """Cut the keys of **one part** by partition: for each, `part int64, n int64, keys int64[n], rows uint32[n]`.

    Args:
        keys: int64[n].
        docs: int64[n], ids of documents of the same part.
        partitions: how many there are in all.
        wanted: the partitions to pack; all of them by default. Empty ones are left out.
    """
    if len(keys) == 0:
        return {}
    where = partition_of(keys, partitions)
    short = where.astype(np.uint16) if partitions <= 1 << 16 else where  # sorted by radix, in linear time
    order = np.argsort(short, kind="stable")
    bounds = np.cumsum(np.bincount(where + 1, minlength=partitions + 1))
    part = int(docs[0]) >> ROW_BITS
    packed = {}
    for p in wanted if wanted is not None else range(partitions):
        chosen = order[bounds[p] : bounds[p + 1]]
        if len(chosen):
            head = np.array([part, len(chosen)], np.int64).tobytes()
            packed[p] = head + keys[chosen].tobytes() + (docs[chosen] & ROW_MASK).astype(np.uint32).tobytes()
    return packed


def shared_keys(buffers: Iterable[bytes]) -> tuple[Int64, Int64]:
    """Undo `pack_keys`, less most keys that only one document has.

    Returns:
        (keys int64[n], docs int64[n]) of all buffers, sorted by key, then by document.
    """
    keys, docs = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for buffer in buffers:
        part, n = (int(v) for v in np.frombuffer(buffer, np.int64, 2))
        keys.append(np.frombuffer(buffer, np.int64, n, 16))
        rows = np.frombuffer(buffer, np.uint32, n, 16 + 8 * n)
        docs.append(rows.astype(np.int64) | np.int64(part << ROW_BITS))
    all_keys, all_docs = np.concatenate(keys), np.concatenate(docs)
    use = np.flatnonzero(hashes.maybe_shared(all_keys))  # nearly all keys are of one document: fewer are sorted
    all_keys, all_docs = all_keys[use], all_docs[use]
    order = np.lexsort((all_docs, all_keys))
    return all_keys[order], all_docs[order]


def candidate_edges(buffers: Iterable[bytes], parts: int | None = None) -> Int64:
    """Pairs of documents that share a band: int64[m, 2], distinct, smaller first, sorted.

    With `parts`, documents of parts from that number on are those of published indexes: keys that only they have are
    left out before pairs are made, and pairs of two of them after.

    A key shared by many documents does not make quadratically many pairs: see `pair_groups`. Documents whose
    similarity runs through none of those pairs may still meet through another band; copies that are exact never
    come here (`exact_edges` first), so large groups are rare.
    """
    keys, docs = shared_keys(buffers)
    if parts is None or len(docs) == 0 or docs.max() >> ROW_BITS < parts:
        return distinct(pair_groups(keys, docs))
    first = np.concatenate([[True], keys[1:] != keys[:-1]])
    own = (docs[first] >> ROW_BITS < parts)[np.cumsum(first) - 1]  # documents of a key are sorted: own ones come first
    edges = pair_groups(keys[own], docs[own])
    return distinct(edges[edges[:, 0] >> ROW_BITS < parts])


def exact_edges(buffers: Iterable[bytes]) -> Int64:
    """An edge from the first document of each key to every other one with that key: int64[m, 2].

    For `pack_keys` of `exact_hash` or `url_hash`. Not verified: the hash is of the whole text. Two of 10**9 different
    texts share one of its 64 bits with a probability of 3 %.
    """
    keys, docs = shared_keys(buffers)
    first = np.concatenate([np.ones(min(1, len(keys)), bool), keys[1:] != keys[:-1]])
    heads = docs[first][np.cumsum(first) - 1]
    return np.stack([heads, docs], 1)[~first]


def distinct(edges: Int64) -> Int64:
    """The edges int64[m, 2] sorted, each once."""
    if len(edges) == 0:
        return no_edges()
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    edges = edges[order]
    keep = np.ones(len(edges), bool)
    keep[1:] = (edges[1:] != edges[:-1]).any(1)
    return edges[keep]


def pack_edges(edges: Int64, partitions: int) -> dict[int, bytes]:
    """Cut edges by a hash of their smaller document: raw int64[m, 2] per edge partition; empty ones are left out."""
    if len(edges) == 0:
        return {}
    where = partition_of(np.ascontiguousarray(edges[:, 0]), partitions)
    order = np.argsort(where, kind="stable")
    found, starts = np.unique(where[order], return_index=True)
    pieces = np.split(edges[order], starts[1:])
    return {int(p): piece.tobytes() for p, piece in zip(found, pieces, strict=True)}


def unpack_edges(buffers: Iterable[bytes]) -> Int64:
    """Undo `pack_edges`: the distinct edges of all buffers, int64[m, 2], sorted."""
    return distinct(np.concatenate([no_edges(), *(np.frombuffer(b, np.int64).reshape(-1, 2) for b in buffers)]))


def verify(edges: Int64, lookup: Lookup, threshold: float) -> Int64:
    """Keep the edges whose signatures agree at the threshold (`agreement` says what that means).

    Args:
        edges: int64[m, 2], sorted, so that neighbours share documents.
        lookup: where the signatures are.
        threshold: Jaccard similarity.
    """
    least, kept = agreement(threshold), [no_edges()]
    for start in range(0, len(edges), VERIFY_EDGES):
        chunk = edges[start : start + VERIFY_EDGES]
        docs, index = np.unique(chunk.reshape(-1), return_inverse=True)
        index = np.ascontiguousarray(index.reshape(-1, 2).T)
        equal = hashes.equal_values(lookup(docs), index[0], index[1])
        kept.append(chunk[equal >= least])
    return np.concatenate(kept)


def lookup_files(open_part: Callable[[int], Signatures], opened: int = 256) -> Lookup:
    """Look signatures up in mapped fingerprint parts.

    Args:
        open_part: gives the signatures of a part, by its number: `signature_chunks` of a mapped file, so that only the
            rows looked up are read.
        opened: parts to keep open.
    """

    @lru_cache(maxsize=opened)
    def chunks_of(part: int) -> tuple[Sequence[npt.NDArray[np.uint32]], Int64]:
        found = open_part(part)
        chunks = [found] if isinstance(found, np.ndarray) else found
        return chunks, np.cumsum([0, *map(len, chunks)])

    def look_up(docs: Int64) -> npt.NDArray[np.uint32]:
        found = np.empty((len(docs), hashes.PERMUTATIONS), np.uint32)
        for part, start, end in _runs(docs):
            chunks, bounds = chunks_of(part)
            rows = docs[start:end] & ROW_MASK
            cuts = np.searchsorted(rows, bounds) + start
            for i in np.flatnonzero(cuts[1:] > cuts[:-1]).tolist():
                a, b = cuts[i], cuts[i + 1]
                np.take(chunks[i], rows[a - start : b - start] - bounds[i], axis=0, out=found[a:b])
        return found

    return look_up


def request_rows(edges: Int64) -> dict[int, bytes]:
    """What an edge partition needs of each part: raw uint32 row numbers, sorted and distinct, by part."""
    docs = np.unique(edges.reshape(-1))
    return {part: (docs[start:end] & ROW_MASK).astype(np.uint32).tobytes() for part, start, end in _runs(docs)}


def answer_rows(part: int, signatures: npt.NDArray[np.uint32], rows: bytes) -> bytes:
    """The answer of a part to `request_rows`: `n int64, docs int64[n], signatures uint32[n, 128]`."""
    index = np.frombuffer(rows, np.uint32).astype(np.int64)
    docs = index | np.int64(part << ROW_BITS)
    return np.int64(len(index)).tobytes() + docs.tobytes() + np.ascontiguousarray(signatures[index]).tobytes()


def lookup_answers(buffers: Sequence[bytes]) -> Lookup:
    """Look signatures up in the answers to an edge partition's requests."""
    docs, signatures = [np.zeros(0, np.int64)], [np.zeros((0, hashes.PERMUTATIONS), np.uint32)]
    for buffer in buffers:
        n = int(np.frombuffer(buffer, np.int64, 1)[0])
        docs.append(np.frombuffer(buffer, np.int64, n, 8))
        signatures.append(np.frombuffer(buffer, np.uint32, -1, 8 + 8 * n).reshape(n, -1))
    ids, values = np.concatenate(docs), np.concatenate(signatures)
    order = np.argsort(ids)
    ids = ids[order]

    def look_up(wanted: Int64) -> npt.NDArray[np.uint32]:
        return values[order[np.searchsorted(ids, wanted)]]

    return look_up


def lookup_mapping(parts: Mapping[int, Signatures]) -> Lookup:
    """Look signatures up in arrays that are in memory, by part."""
    return lookup_files(parts.__getitem__)


def partitions_for(keys: int, memory_bytes: int) -> int:
    """How many partitions keep one partition's band keys, sorted, within `memory_bytes`.

    A key takes 12 bytes as packed and 16 unpacked. Sorting needs 56 in all; making 5 pairs of each key, the most there
    can be, another 180. Most keys pair with nothing.
    """
    return max(1, -(-keys * KEY_BYTES // memory_bytes))


def _runs(docs: Int64) -> list[tuple[int, int, int]]:
    """Where each part begins and ends in sorted document ids: (part, start, end)."""
    parts, starts = np.unique(docs >> ROW_BITS, return_index=True)
    ends = [*starts[1:], len(docs)]
    return [(int(p), int(s), int(e)) for p, s, e in zip(parts, starts, ends, strict=True)]
