"""Boilerplate lines: the same, after folding, in many documents of one host.

What a site puts on every page (menus, notices, "read more") survives extraction here and there. Counted are documents
that stay after deduplication, so that a page fetched ten times does not make boilerplate of itself; each counts a line
once. A host is a registered domain; documents without a URL count under their source.

What crosses a shuffle is 12 bytes for each different line of a host in a part, and 8 back for each that is boilerplate.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openclaw_data.dedup.stages import Int64, partition_of
from openclaw_data.documents import text_buffers
from openclaw_data.kernels.hashes import hash_bytes
from openclaw_data.kernels.lines import hash_lines


class Keyed(NamedTuple):
    """The m lines of n texts, each with its key."""

    offsets: Int64
    """int64[n+1]: where the lines of each text begin and end."""
    keys: Int64
    """int64[m]: of host and folded line together; 0 for a line without a letter or digit: it is never boilerplate."""
    begins: Int64
    """int64[m]: byte offsets into the text buffer."""
    ends: Int64
    """int64[m]."""
    chars: npt.NDArray[np.int32]
    """int32[m]."""
    rows: Int64
    """int64[m]: the text of each line, 0..n-1."""


def keyed(texts: pa.Array, hosts: Sequence[str]) -> Keyed:
    """Cut texts into lines and key each by its host."""
    offsets, data = text_buffers(texts)
    lines = hash_lines(offsets, data)
    hashed = hash_bytes(*text_buffers(pa.array(list(hosts), pa.string()))).view(np.uint64)
    rows = np.repeat(np.arange(len(texts)), np.diff(lines.offsets))
    both = (lines.hashes.view(np.uint64) ^ hashed[rows]) * np.uint64(0x9FB21C651E98DF25)
    keys = (both ^ (both >> np.uint64(32))).view(np.int64)
    keys[lines.hashes == 0] = 0
    return Keyed(lines.offsets, keys, lines.begins, lines.ends, lines.chars, rows)


def hosts(domains: Iterable[str], sources: Iterable[str]) -> list[str]:
    """What documents' lines are counted under: the registered domain, else the source."""
    return [domain or f"source:{source}" for domain, source in zip(domains, sources, strict=True)]


def document_counts(lines: Keyed) -> tuple[Int64, Int64]:
    """In how many of the texts each key occurs: (keys int64[k], sorted and distinct, counts int64[k])."""
    use = lines.keys != 0
    order = np.lexsort((lines.keys[use], lines.rows[use]))
    keys, rows = lines.keys[use][order], lines.rows[use][order]
    first = np.ones(len(keys), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    found, counts = np.unique(keys[first], return_counts=True)
    return found, counts


def add_counts(counted: Sequence[tuple[Int64, Int64]]) -> tuple[Int64, Int64]:
    """Join the counts of several batches: (keys, counts), as from `document_counts`."""
    keys = np.concatenate([np.zeros(0, np.int64), *(k for k, _ in counted)])
    counts = np.concatenate([np.zeros(0, np.int64), *(c for _, c in counted)])
    found, index = np.unique(keys, return_inverse=True)
    total = np.zeros(len(found), np.int64)
    np.add.at(total, index, counts)
    return found, total


def pack_counts(part: int, keys: Int64, counts: Int64, partitions: int, wanted: range) -> dict[int, bytes]:
    """Cut a part's counts by partition: for each, `part int64, n int64, keys int64[n], counts uint32[n]`."""
    where = partition_of(keys, partitions)
    packed = {}
    for partition in wanted:
        chosen = where == partition
        if n := int(chosen.sum()):
            head = np.array([part, n], np.int64).tobytes()
            packed[partition] = head + keys[chosen].tobytes() + counts[chosen].astype(np.uint32).tobytes()
    return packed


def common_keys(buffers: Iterable[bytes], max_documents: int) -> Iterator[tuple[int, bytes]]:
    """The keys of one partition in more documents than `max_documents`: to each part those that it has, raw int64."""
    parts = []
    for buffer in buffers:
        part, n = (int(v) for v in np.frombuffer(buffer, np.int64, 2))
        keys, counts = np.frombuffer(buffer, np.int64, n, 16), np.frombuffer(buffer, np.uint32, n, 16 + 8 * n)
        parts.append((part, keys, counts.astype(np.int64)))
    keys, total = add_counts([(k, c) for _, k, c in parts])
    common = keys[total > max_documents]
    for part, mine, _ in sorted(parts, key=lambda item: item[0]):
        if len(found := mine[np.isin(mine, common)]):
            yield part, found.tobytes()


def fractions(lines: Keyed, common: Int64) -> npt.NDArray[np.float32]:
    """The share of each text's characters in lines whose keys are in `common`: float32[n].

    Lines without a letter or digit don't count; 1 is a text of boilerplate alone, 0 one without any, or an empty one.
    """
    n = len(lines.offsets) - 1
    total = np.bincount(lines.rows, lines.chars * (lines.keys != 0), n)
    inside = np.bincount(lines.rows, lines.chars * np.isin(lines.keys, common), n)
    return np.divide(inside, total, out=np.zeros(n), where=total > 0).astype(np.float32)


def cut(texts: pa.Array, lines: Keyed, common: Int64) -> pa.Array:
    """The texts without the lines whose keys are in `common`; texts without such lines are left as they are.

    Where lines go, runs of blank lines become one and those at the ends go, too.
    """
    _, data = text_buffers(texts)
    gone = np.isin(lines.keys, common)
    result = []
    for row, text in enumerate(texts):
        span = slice(lines.offsets[row], lines.offsets[row + 1])
        if not gone[span].any():
            result.append(text.as_py())
            continue
        kept: list[str] = []
        for begin, end in zip(lines.begins[span][~gone[span]], lines.ends[span][~gone[span]], strict=True):
            line = data[begin:end].tobytes().decode()
            if line.strip() or (kept and kept[-1].strip()):
                kept.append(line)
        result.append("\n".join(kept).strip("\n"))
    return pa.array(result, texts.type)
