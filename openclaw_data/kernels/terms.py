"""Count the terms of word lists in texts: one walk over a trie, longest term first, none overlapping.

The trie is over UTF-8 bytes with ASCII letters in lower case, its edges in one hash table, so a list of any size takes
about 40 bytes a byte of its terms. A term that begins or ends with an ASCII letter or digit must begin or end where no
other follows; Han needs no boundary. Most places are passed after a look at one character or two: a table says which
characters begin a term, another (by hash, so it may say yes too often) with which second one.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np

MAX_TERM_BYTES = 120
HEAD_LINES, HEAD_BYTES = 3, 600
"""What counts as the head of a text: its first lines, up to so many bytes."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NONE, _PAIR, _ALONE = 0, 1, 2


class Trie(NamedTuple):
    """Edges as an open hash table of (node << 8 | byte) -> node, and what ends at a node."""

    keys: Any  # int64[2**k]: -1 for a free slot
    targets: Any  # int32[2**k]
    terms: Any  # int32[nodes]: the term that ends here, or -1
    categories: Any  # int32[terms]: the category of a term
    firsts: Any  # uint8[65536]: whether the character begins no term, one with a second character in `pairs`, or is one
    pairs: Any  # bool[2**m], m >= 16: by hash, the first two characters of terms


def build(terms: Sequence[str], categories: Sequence[int]) -> Trie:
    """Build a trie of terms (the first of two same ones counts) with a category each."""
    edges: dict[int, int] = {}
    ends: list[int] = [-1]
    for number, term in enumerate(terms):
        node = 0
        for byte in term.encode().lower():
            key = node << 8 | byte
            if key not in edges:
                edges[key] = len(ends)
                ends.append(-1)
            node = edges[key]
        if node and ends[node] < 0:
            ends[node] = number
    size = 1 << max(4, (2 * len(edges)).bit_length())
    keys, targets = np.full(size, -1, np.int64), np.zeros(size, np.int32)
    _insert(keys, targets, np.fromiter(edges.keys(), np.int64), np.fromiter(edges.values(), np.int32))
    return Trie(keys, targets, np.array(ends, np.int32), np.array(categories, np.int32), *_beginnings(terms))


def _beginnings(terms: Sequence[str]) -> tuple[Any, Any]:
    """`firsts` and `pairs` of a trie; characters outside the BMP count by their lower 16 bits."""
    firsts, pairs = np.zeros(1 << 16, np.uint8), np.zeros(1 << max(16, (16 * len(terms)).bit_length()), np.bool_)
    for term in terms:
        codes = [ord(c) & 0xFFFF for c in term.encode().lower().decode()[:2]]
        if codes:
            firsts[codes[0]] = max(firsts[codes[0]], _PAIR if len(codes) > 1 else _ALONE)
        if len(codes) > 1:
            pairs[_pair(*codes, len(pairs) - 1)] = True
    return firsts, pairs


@numba.njit(cache=True, nogil=True, inline="always")
def _slot(key: int, mask: int) -> Any:
    return np.int64((np.uint64(key) * _MIX) >> np.uint64(20)) & mask


@numba.njit(cache=True, nogil=True, inline="always")
def _pair(first: int, second: int, mask: int) -> Any:
    """The slot of two characters in `pairs`."""
    return np.int64((np.uint64(first << 16 | second) * _MIX) >> np.uint64(24)) & mask


@numba.njit(cache=True, nogil=True, inline="always")
def _character(data: Any, i: int) -> Any:
    """The lower 16 bits of the code point at `i`, ASCII letters in lower case, and its bytes."""
    b = np.int64(data[i])
    if b < 0x80:
        return (b + 32 if 0x41 <= b <= 0x5A else b), 1
    if b < 0xE0:
        return (b & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F), 2
    if b < 0xF0:
        return (b & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F), 3
    low = np.int64(data[i + 1] & 0x0F) << 12 | np.int64(data[i + 2] & 0x3F) << 6 | np.int64(data[i + 3] & 0x3F)
    return low, 4


@numba.njit(cache=True, nogil=True)
def _insert(keys: Any, targets: Any, new: Any, nodes: Any) -> None:
    mask = len(keys) - 1
    for i in range(len(new)):
        s = _slot(new[i], mask)
        while keys[s] >= 0:
            s = (s + 1) & mask
        keys[s], targets[s] = new[i], nodes[i]


@numba.njit(cache=True, nogil=True)
def _word(b: int) -> bool:
    return 0x30 <= b <= 0x39 or 0x41 <= b <= 0x5A or 0x61 <= b <= 0x7A


@numba.njit(cache=True, nogil=True)
def _longest(data: Any, i: int, end: int, keys: Any, targets: Any, ends: Any) -> tuple[Any, int]:
    """The longest term at `i`: (its number or -1, its bytes)."""
    mask = len(keys) - 1
    node, found, size = np.int64(0), np.int64(-1), 0
    for j in range(i, min(end, i + MAX_TERM_BYTES)):
        b = np.int64(data[j])
        if 0x41 <= b <= 0x5A:
            b += 32
        key = node << 8 | b
        s = _slot(key, mask)
        while keys[s] >= 0 and keys[s] != key:
            s = (s + 1) & mask
        if keys[s] < 0:
            break
        node = np.int64(targets[s])
        if ends[node] >= 0 and not (_word(data[j]) and j + 1 < end and _word(data[j + 1])):
            found, size = np.int64(ends[node]), j + 1 - i
    return found, size


@numba.njit(cache=True, nogil=True)
def count(
    offsets: Any, data: Any, keys: Any, targets: Any, ends: Any, categories: Any, firsts: Any, pairs: Any, width: int
) -> Any:
    """Count terms by document and category.

    offsets int64[n+1], data uint8[bytes] of valid UTF-8, then the fields of a `Trie`; width: number of categories ->
    int64[n, width, 3]: characters in terms, different terms, different terms that stand in the head.
    """
    n = len(offsets) - 1
    out = np.zeros((n, width, 3), np.int64)
    seen, headed = np.full(len(categories), -1, np.int64), np.full(len(categories), -1, np.int64)
    mask = len(pairs) - 1
    for d in range(n):
        begin, end = offsets[d], offsets[d + 1]
        i, lines = begin, 0
        while i < end:
            first, bytes_ = _character(data, i)
            lines += first == 10
            kind = firsts[first]
            if kind == _NONE or (_word(data[i]) and i > begin and _word(data[i - 1])):
                i += bytes_
                continue
            if kind == _PAIR and (i + bytes_ >= end or not pairs[_pair(first, _character(data, i + bytes_)[0], mask)]):
                i += bytes_
                continue
            term, size = _longest(data, i, end, keys, targets, ends)
            if term < 0:
                i += bytes_
                continue
            c = categories[term]
            for j in range(i, i + size):
                out[d, c, 0] += data[j] & 0xC0 != 0x80
            if seen[term] != d:
                seen[term] = d
                out[d, c, 1] += 1
            if lines < HEAD_LINES and i - begin < HEAD_BYTES and headed[term] != d:
                headed[term] = d
                out[d, c, 2] += 1
            i += size
    return out
