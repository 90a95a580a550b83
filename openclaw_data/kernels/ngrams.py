"""Repetition inside a document, counted with open-addressing tables that stay in the processor's cache."""

from typing import Any

import numba
import numpy as np

_BASE = np.uint64(0x9E3779B97F4A7C15)
_ZERO, _ONE, _33 = np.uint64(0), np.uint64(1), np.uint64(33)
_MIX = np.uint64(0xFF51AFD7ED558CCD)


@numba.njit(cache=True, nogil=True, inline="always")
def slot_of(keys: Any, mask: int, key: Any) -> Any:
    """Where `key` (not 0) is in the table, or the free slot where it belongs."""
    s = np.int64((key * _MIX) >> _33) & mask
    while keys[s] != _ZERO and keys[s] != key:
        s = (s + 1) & mask
    return s


@numba.njit(cache=True, nogil=True, _nrt=False)
def mask_for(items: int) -> int:
    """One less than a power of two that is at least twice `items`."""
    size = 16
    while size < 2 * items:
        size *= 2
    return size - 1


@numba.njit(cache=True, nogil=True, _nrt=False)
def most_items(docs: Any) -> Any:
    """The items of the longest document: docs int64[n+1], where the items of each begin and end."""
    most = np.int64(0)
    for d in range(len(docs) - 1):
        most = max(most, docs[d + 1] - docs[d])
    return most


@numba.njit(cache=True, nogil=True)
def duplicates(docs: Any, hashes: Any, weights: Any) -> Any:
    """Items that occurred before in their document: how many, and their total weight.

    docs int64[n+1], hashes uint64[m], weights int32[m] -> int64[n, 2].
    """
    n = len(docs) - 1
    keys = np.empty(mask_for(most_items(docs)) + 1, np.uint64)
    out = np.zeros((n, 2), np.int64)
    for d in range(n):
        mask = mask_for(docs[d + 1] - docs[d])
        keys[: mask + 1] = _ZERO
        for i in range(docs[d], docs[d + 1]):
            key = hashes[i] if hashes[i] != _ZERO else _ONE
            s = slot_of(keys, mask, key)
            if keys[s] == key:
                out[d, 0] += 1
                out[d, 1] += weights[i]
            keys[s] = key
    return out


@numba.njit(cache=True, nogil=True)
def paragraphs(doc_lines: Any, opens: Any, line_hash: Any, line_chars: Any) -> Any:
    """Join lines to paragraphs: (doc_paragraphs int64[n+1], hash uint64[p], chars int32[p])."""
    out = np.zeros(len(doc_lines), np.int64)
    hashes, chars = np.empty(len(opens), np.uint64), np.empty(len(opens), np.int32)
    p = 0
    for d in range(len(doc_lines) - 1):
        for i in range(doc_lines[d], doc_lines[d + 1]):
            if opens[i]:
                hashes[p], chars[p] = line_hash[i], line_chars[i]
                p += 1
            else:
                hashes[p - 1] = hashes[p - 1] * _BASE + line_hash[i]
                chars[p - 1] += line_chars[i]
        out[d + 1] = p
    return out, hashes[:p], chars[:p]


@numba.njit(cache=True, nogil=True, _nrt=False)
def _maybe_twice(prefix: Any, tokens: int, once: Any, twice: Any, slots: Any, places: Any) -> Any:
    """Write the places of the 2-grams that may occur twice to `places`, and return how many there are.

    No 2-gram that does is missing; few of the others are there, because only their hashes' bits are compared: uint64
    arrays of at least a quarter of the tokens, so that they stay in the processor's nearest cache. Uses slots int32.
    """
    bits = 64 * 16
    while bits < 16 * tokens:
        bits *= 2
    once[: bits >> 6] = _ZERO
    twice[: bits >> 6] = _ZERO
    square, mask = _BASE * _BASE, np.int64(bits - 1)
    for i in range(tokens - 1):
        bit = np.int64(((prefix[i + 2] - prefix[i] * square) * _MIX) >> _33) & mask
        slots[i] = bit
        word, flag = bit >> 6, _ONE << np.uint64(bit & 63)
        twice[word] |= once[word] & flag
        once[word] |= flag
    found: Any = 0
    for i in range(tokens - 1):
        bit = np.int64(slots[i])
        places[found] = i
        found += np.int64((twice[bit >> 6] >> np.uint64(bit & 63)) & _ONE)
    return found


@numba.njit(cache=True, nogil=True, _nrt=False)
def _cover_top(a: int, g: int, places: Any, left: int, slots: Any, top: int, chars: Any, start: Any, end: Any) -> int:
    """Characters that the n-gram in slot `top` covers: each once, and one for each gap between its tokens."""
    covered, done = 0, 0
    for p in range(left):
        if slots[p] == top:
            i = places[p]
            for j in range(max(i, done), i + g):
                covered += chars[a + j] + (j > i and start[a + j] > end[a + j - 1])
            done = i + g
    return covered


@numba.njit(cache=True, nogil=True, _nrt=False)
def _cover_duplicates(a: int, g: int, places: Any, left: int, slots: Any, first: Any, chars: Any) -> int:
    """Characters in n-grams that occurred before, going on behind each one that is found; marks slots in `first`."""
    covered, done = 0, 0
    for p in range(left):
        i, s = places[p], slots[p]
        if i < done:
            continue
        if first[s] < 0:
            for j in range(i, i + g):
                covered += chars[a + j]
            done = i + g
        else:
            first[s] = -1
    return covered


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count_ngrams(
    prefix: Any, g: int, power: Any, places: Any, left: int, slots: Any, keys: Any, count: Any, first: Any
) -> Any:
    """Count the n-grams of `g` tokens at the first `left` places; power: _BASE to the power of `g`.

    Fills slots int32[left], the slot in the table of each place's n-gram, and of the table keys uint64, count int32
    and first int32, the place of its first. Returns the most frequent n-gram, the first to occur, of several: (how
    often it occurs, its first place; 1, -1 where none occurs twice).
    """
    mask = mask_for(left)
    keys[: mask + 1] = _ZERO
    best, best_at = 1, -1
    for p in range(left):
        i = places[p]
        key = (prefix[i + g] - prefix[i] * power) | _ONE
        s = slot_of(keys, mask, key)
        slots[p] = s
        if keys[s] == _ZERO:
            keys[s], count[s], first[s] = key, 1, i
        else:
            count[s] += 1
            if count[s] > best or (count[s] == best and first[s] < best_at):
                best, best_at = count[s], first[s]
    return best, best_at


@numba.njit(cache=True, nogil=True, _nrt=False)
def _still_repeated(places: Any, left: int, slots: Any, count: Any) -> int:
    """Keep the places whose n-gram occurs twice or more; returns how many they are."""
    rest = 0
    for p in range(left):
        places[rest] = places[p]
        rest += count[slots[p]] > 1
    return rest


@numba.njit(cache=True, nogil=True)
def repeated_ngrams(docs: Any, hashes: Any, chars: Any, start: Any, end: Any) -> Any:
    """Characters in repeated n-grams of tokens.

    docs int64[n+1]; hashes uint64[t], chars int32[t], start and end int64[t]: bytes of the tokens.

    Returns int64[n, 12]:
    0-2: for n = 2, 3, 4: characters covered by the most frequent n-gram (the first to occur, of several), one for
         each gap between its tokens included, none counted twice; 0 if it occurs once;
    3-5: the same as occurrences x (characters + n - 1), which counts gaps that are not there and overlaps twice;
    6-11: for n = 5..10: characters in n-grams that occurred before, going on behind each one that is found.
    """
    n = len(docs) - 1
    most = most_items(docs)
    size = mask_for(most) + 1
    keys, count, first = np.empty(size, np.uint64), np.empty(size, np.int32), np.empty(size, np.int32)
    places, slots = np.empty(most, np.int32), np.empty(most, np.int32)
    prefix = np.zeros(most + 1, np.uint64)
    once, twice = np.empty(most // 2 + 16, np.uint64), np.empty(most // 2 + 16, np.uint64)
    out = np.zeros((n, 12), np.int64)
    for d in range(n):
        a = docs[d]
        tokens = docs[d + 1] - a
        for i in range(tokens):
            prefix[i + 1] = prefix[i] * _BASE + hashes[a + i]
        power, left = _BASE, _maybe_twice(prefix, tokens, once, twice, slots, places)
        for g in range(2, 11):
            # Only places whose shorter n-gram occurs twice can hold an n-gram that does: few are left of most texts.
            power *= _BASE
            while left and places[left - 1] > tokens - g:
                left -= 1
            if left == 0:
                break
            best, best_at = _count_ngrams(prefix, g, power, places, left, slots, keys, count, first)
            if g > 4:
                out[d, g + 1] = _cover_duplicates(a, g, places, left, slots, first, chars)
            elif best_at >= 0:
                top = slot_of(keys, mask_for(left), (prefix[best_at + g] - prefix[best_at] * power) | _ONE)
                out[d, g - 2] = _cover_top(a, g, places, left, slots, top, chars, start, end)
                length = g - 1
                for t in range(a + best_at, a + best_at + g):
                    length += chars[t]
                out[d, g + 1] = best * length
            left = _still_repeated(places, left, slots, count)
    return out
