"""Phrases found in lines: one walk along a byte trie, whatever the number of phrases."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np

START, ANY, COVER = 0, 1, 2
"""Where a phrase must be: at the line's beginning (behind bullets and signs), anywhere, or everywhere: phrases of the
same kind together are at least half of the line's letters."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Trie(NamedTuple):
    """Phrases as edges of a byte trie in an open-addressing table; ASCII letters are in lower case."""

    keys: Any  # int64[slots]: node << 8 | byte, -1 where free
    nodes: Any  # int32[slots]: the node that the edge leads to
    phrase: Any  # int32[nodes]: the phrase that ends at a node, -1 where none does
    first: Any  # bool[256]: bytes that begin a phrase
    tails: Any  # bool[4096]: the low bits of the last two bytes of the characters of three bytes that begin a phrase
    heads: Any  # uint64[1024]: a bit for the hash of each phrase's beginning (see `_head`)
    kind: Any  # int32[phrases]: 0 to 31
    where: Any  # int32[phrases]: START, ANY or COVER
    most: Any  # int32[phrases]: characters of the longest line that counts
    chars: Any  # int32[phrases]: characters of the phrase


def build(phrases: Sequence[tuple[str, int, int, int]]) -> Trie:
    """A trie of (phrase, kind, where, longest line that counts); of equal phrases the last one counts."""
    edges: dict[tuple[int, int], int] = {}
    ends: dict[int, int] = {}
    for number, (phrase, *_) in enumerate(phrases):
        node = 0
        for byte in phrase.lower().encode():
            node = edges.setdefault((node, byte), len(edges) + 1)
        ends[node] = number
    size = 16
    while size < 4 * len(edges):
        size *= 2
    keys, nodes = np.full(size, -1, np.int64), np.zeros(size, np.int32)
    for (node, byte), target in edges.items():
        key = node << 8 | byte
        slot = _slot(key, size - 1)
        while keys[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        keys[slot], nodes[slot] = key, target
    phrase_at = np.full(len(edges) + 1, -1, np.int32)
    for node, number in ends.items():
        phrase_at[node] = number
    first = np.zeros(256, np.bool_)
    for phrase, *_ in phrases:
        first[phrase.lower().encode()[0]] = True
    heads = np.zeros(1024, np.uint64)
    for phrase, *_ in phrases:
        spelt = np.frombuffer(phrase.lower().encode(), np.uint8)
        if len(spelt) < _HEAD_BYTES[min(spelt[0] >> 5, 7)]:
            heads[:] = ~np.uint64(0)  # too short to have a head: any line may hold it
        else:
            bit = _head(spelt, 0, len(spelt))
            heads[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
    tails = np.zeros(4096, np.bool_)
    for phrase, *_ in phrases:
        character = phrase.lower()[0].encode()
        if len(character) == 3:
            tails[(character[1] & 63) << 6 | character[2] & 63] = True
    kind, where, most = (np.array([row[k] for row in phrases], np.int32) for k in (1, 2, 3))
    chars = np.array([len(row[0]) for row in phrases], np.int32)
    return Trie(keys, nodes, phrase_at, first, tails, heads, kind, where, most, chars)


@numba.njit(cache=True, nogil=True, inline="always")
def _slot(key: int, mask: int) -> Any:
    """Where the search for an edge begins in the table of mask + 1 slots."""
    return np.int64((np.uint64(key) * _MULTIPLIER) >> np.uint64(40)) & mask


_HEAD_BYTES = (3, 3, 3, 3, 2, 2, 2, 6)
"""Bytes of a beginning by the first byte's three highest bits: three of ASCII, one of two, two of three bytes."""


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _head(data: Any, i: int, stop: int) -> Any:
    """Hash, 0 to 65535, of the letters or characters at `i` (see `_HEAD_BYTES`); -1 if the line ends first."""
    b = np.int64(data[i])
    if b >= 0xE0:
        if i + 5 >= stop:
            return -1
        key = (b & 0xF) << 24 | (np.int64(data[i + 1]) & 63) << 18 | (np.int64(data[i + 2]) & 63) << 12
        key |= (np.int64(data[i + 4]) & 31) << 6 | (np.int64(data[i + 5]) & 31)  # a and A are one letter
    else:
        if i + 1 + (b < 0x80) >= stop:
            return -1
        key = (b | 32) << 8 | (np.int64(data[i + 1]) | 32)
        if b < 0x80:
            key = key << 8 | (np.int64(data[i + 2]) | 32)
    return np.int64((np.uint64(key) * _MULTIPLIER) >> np.uint64(48))


@numba.njit(cache=True, nogil=True, _nrt=False)
def _longest(data: Any, i: int, stop: int, keys: Any, nodes: Any, phrase: Any) -> Any:
    """The longest phrase at `i` that does not end inside a word of ASCII, and the byte behind it; -1 without one."""
    mask = len(keys) - 1
    found, end = -1, i
    node, j = 0, i
    while j < stop:
        c = data[j]
        if 65 <= c <= 90:
            c += 32
        key = np.int64(node) << 8 | np.int64(c)
        s = _slot(key, mask)
        while keys[s] >= 0 and keys[s] != key:
            s = (s + 1) & mask
        if keys[s] < 0:
            break
        node = nodes[s]
        j += 1
        if phrase[node] >= 0:
            inside = 97 <= c <= 122 and j < stop and 97 <= (data[j] | 32) <= 122
            if not inside:
                found, end = phrase[node], j
    return found, end


@numba.njit(cache=True, nogil=True, _nrt=False)
def _holds(
    data: Any, i: int, stop: int, keys: Any, nodes: Any, phrase: Any, first: Any, tails: Any, heads: Any
) -> bool:
    """Does a phrase stand anywhere in the line? Most lines have none, and need no closer look."""
    while i < stop:
        b = data[i]
        if 0xE0 <= b < 0xF0 and i + 2 < stop:
            i += 3
            if not tails[(np.int64(data[i - 2]) & 63) << 6 | (np.int64(data[i - 1]) & 63)]:
                continue
            i -= 3
        if first[b + 32 * (65 <= b <= 90)]:
            bit = _head(data, i, stop)
            if bit >= 0 and (heads[bit >> 6] >> np.uint64(bit & 63)) & np.uint64(1):
                found, _ = _longest(data, i, stop, keys, nodes, phrase)
                if found >= 0:
                    return True
        if b >= 0x80:
            i += 2 if b < 0xE0 else 3 if b < 0xF0 else 4
            continue
        i += 1
        if 97 <= b | 32 <= 122:  # the rest of a word begins no phrase
            while i < stop and 97 <= data[i] | 32 <= 122:
                i += 1
    return False


@numba.njit(cache=True, nogil=True)
def mark_lines(
    data: Any, line_start: Any, line_end: Any, line_chars: Any,
    keys: Any, nodes: Any, phrase: Any, first: Any, tails: Any, heads: Any,
    kind: Any, where: Any, most: Any, chars: Any,
) -> Any:  # fmt: skip
    """Which kinds of phrases each line holds: bit k of uint32[l].

    data uint8[bytes]; line_start, line_end int64[l], line_chars int32[l]; the fields of `Trie`. The longest phrase at
    a place counts. A phrase that begins or ends with a letter of ASCII does not begin or end inside a word.
    """
    out = np.zeros(len(line_start), np.uint32)
    covered = np.zeros(32, np.int64)
    longest = 0
    for p in range(len(most)):
        longest = max(longest, most[p])
    for n in range(len(line_start)):
        i, stop = line_start[n], line_end[n]
        if line_chars[n] > longest or not _holds(data, i, stop, keys, nodes, phrase, first, tails, heads):
            continue
        covered[:] = 0
        solid = 0
        begun = False
        before = 32
        while i < stop:
            b = data[i]
            if 65 <= b <= 90:
                b += 32
            word = 97 <= b <= 122 or 48 <= b <= 57 or 0xE4 <= b <= 0xE9 or 0xC3 <= b <= 0xDF
            solid += word
            found, end = -1, i
            if first[b] and not (97 <= b <= 122 and (97 <= before <= 122)):
                found, end = _longest(data, i, stop, keys, nodes, phrase)
            if found >= 0 and line_chars[n] <= most[found]:
                if where[found] == COVER:
                    covered[kind[found]] += chars[found]
                    for k in range(i + 1, end):
                        solid += (data[k] & 0xC0) != 0x80 and data[k] > 32
                elif where[found] == ANY or not begun:
                    out[n] |= np.uint32(1) << np.uint32(kind[found])
                if where[found] == COVER:
                    begun = True
                    before = data[end - 1] | 32
                    i = end
                    continue
            begun |= word
            before = b
            i += 1
        for k in range(32):
            if covered[k] and 2 * covered[k] >= solid:
                out[n] |= np.uint32(1) << np.uint32(k)
    return out
