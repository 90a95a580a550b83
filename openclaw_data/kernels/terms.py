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

from openclaw_data.kernels.characters import JOINED, WANTED, places

MAX_TERM_BYTES = 120
HEAD_LINES, HEAD_BYTES = 3, 600
"""What counts as the head of a text: its first lines, up to so many bytes."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Trie(NamedTuple):
    """Edges as an open hash table of (node << 8 | byte) -> node, and what ends at a node."""

    keys: Any  # int64[2**k]: -1 for a free slot
    targets: Any  # int32[2**k]
    terms: Any  # int32[nodes]: the term that ends here, or -1
    categories: Any  # int32[terms]: the category of a term
    firsts: Any  # uint8[65536]: whether the character begins a term, for `characters.places`
    alone: Any  # bool[65536]: whether it is a term
    pairs: Any  # bool[2**m], m >= 16: by hash, the first two characters of terms, or three bytes (see `_pair`)


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


def _beginnings(terms: Sequence[str]) -> tuple[Any, Any, Any]:
    """`firsts`, `alone` and `pairs` of a trie; characters outside the BMP count by their lower 16 bits."""
    firsts, alone = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.bool_)
    pairs = np.zeros(1 << max(16, (16 * len(terms)).bit_length()), np.bool_)
    firsts[[b for b in np.arange(128, dtype=np.uint8) if _word(b)]] = JOINED
    for term in terms:
        spelt = np.frombuffer(term.encode().lower(), np.uint8)
        if not len(spelt):
            continue
        first, size = _character(spelt, 0)
        firsts[[first, ord(chr(first).upper()) if first < 0x80 else first]] |= WANTED
        if len(spelt) < (3 if first < 0x80 else size + 1):
            alone[first] = True
        else:
            pairs[_pair(spelt, 0, first, size, len(pairs) - 1)] = True
    return firsts, alone, pairs


@numba.njit(cache=True, nogil=True, inline="always")
def _slot(key: int, mask: int) -> Any:
    """Where the search for an edge begins in the table of mask + 1 slots."""
    return np.int64((np.uint64(key) * _MIX) >> np.uint64(20)) & mask


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


@numba.njit(cache=True, nogil=True, inline="always")
def _pair(data: Any, i: int, first: int, size: int, mask: int) -> Any:
    """The slot of two characters in `pairs`: of three bytes, letters in lower case, where the first is ASCII."""
    if size > 1:
        key = first << 16 | _character(data, i + size)[0]
    else:
        key = first << 16
        for k in range(1, 3):
            b = np.int64(data[i + k])
            key |= (b + 32 * (0x41 <= b <= 0x5A)) << (16 - 8 * k)
    return np.int64((np.uint64(key) * _MIX) >> np.uint64(24)) & mask


@numba.njit(cache=True, nogil=True, _nrt=False)
def _insert(keys: Any, targets: Any, new: Any, nodes: Any) -> None:
    """Put edges into a table with free slots enough: new int64[m], all different, to nodes int32[m]."""
    mask = len(keys) - 1
    for i in range(len(new)):
        s = _slot(new[i], mask)
        while keys[s] >= 0:
            s = (s + 1) & mask
        keys[s], targets[s] = new[i], nodes[i]


@numba.njit(cache=True, nogil=True, _nrt=False)
def _word(b: int) -> bool:
    """Is the byte a letter or a digit of ASCII?"""
    return 0x30 <= b <= 0x39 or 0x41 <= b <= 0x5A or 0x61 <= b <= 0x7A


@numba.njit(cache=True, nogil=True, _nrt=False)
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


@numba.njit(cache=True, nogil=True, _nrt=False)
def _likely(data: Any, begin: int, end: int, at: Any, n: int, alone: Any, pairs: Any) -> int:
    """Keep those of the places where the next character may be a term's second; returns how many they are."""
    mask, kept = len(pairs) - 1, 0
    for p in range(n):
        i = begin + at[p]
        first, size = _character(data, i)
        may = alone[first]
        if i + max(size, 2) < end:
            may |= pairs[_pair(data, i, first, size, mask)]
        at[kept] = at[p]
        kept += may
    return kept


@numba.njit(cache=True, nogil=True, _nrt=False)
def _in_head(data: Any, begin: int, i: int) -> bool:
    """Is the place `i` in the head of the text that begins at `begin`?"""
    if i - begin >= HEAD_BYTES:
        return False
    lines = 0
    for k in range(begin, i):
        lines += data[k] == 10
    return lines < HEAD_LINES


@numba.njit(cache=True, nogil=True)
def count(
    offsets: Any, data: Any, keys: Any, targets: Any, ends: Any, categories: Any, firsts: Any, alone: Any, pairs: Any,
    width: int,
) -> Any:  # fmt: skip
    """Count terms by document and category.

    offsets int64[n+1], data uint8[bytes] of valid UTF-8, then the fields of a `Trie`; width: number of categories ->
    int64[n, width, 3]: characters in terms, different terms, different terms that stand in the head.
    """
    n, longest = len(offsets) - 1, 0
    for d in range(n):
        longest = max(longest, offsets[d + 1] - offsets[d])
    out, at = np.zeros((n, width, 3), np.int64), np.empty(longest + 1, np.int32)
    seen, headed = np.full(len(categories), -1, np.int64), np.full(len(categories), -1, np.int64)
    for d in range(n):
        begin, end = offsets[d], offsets[d + 1]
        behind = begin
        found = places(data, begin, end, firsts, at)
        for p in range(_likely(data, begin, end, at, found, alone, pairs)):
            i = begin + at[p]
            if i < behind:
                continue
            term, size = _longest(data, i, end, keys, targets, ends)
            if term < 0:
                continue
            c = categories[term]
            for j in range(i, i + size):
                out[d, c, 0] += data[j] & 0xC0 != 0x80
            if seen[term] != d:
                seen[term] = d
                out[d, c, 1] += 1
            if headed[term] != d and _in_head(data, begin, i):
                headed[term] = d
                out[d, c, 2] += 1
            behind = i + size
    return out
