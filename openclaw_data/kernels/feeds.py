"""Texts cut at line feeds, and what is asked of every piece, in loops that are vector code or nearly so."""

from typing import Any

import numba
import numpy as np

_BASIS, _PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_1, _2, _3, _4, _5, _6, _7, _8 = (np.uint64(k) for k in range(1, 9))
_32, _EACH = np.uint64(32), np.uint64(0x0101010101010101)


@numba.njit(cache=True, nogil=True, inline="always")
def _eight(data: Any, i: Any) -> Any:
    """Eight bytes as one number: the compiler makes one load of it."""
    low = np.uint64(data[i]) | np.uint64(data[i + _1]) << _8
    low |= np.uint64(data[i + _2]) << np.uint64(16) | np.uint64(data[i + _3]) << np.uint64(24)
    low |= np.uint64(data[i + _4]) << _32 | np.uint64(data[i + _5]) << np.uint64(40)
    return low | np.uint64(data[i + _6]) << np.uint64(48) | np.uint64(data[i + _7]) << np.uint64(56)


@numba.njit(cache=True, nogil=True, inline="always")
def _feeds(eight: Any) -> Any:
    """The highest bit of each byte that is a line feed, and perhaps of one behind a line feed."""
    x = eight ^ (_EACH * np.uint64(10))
    return (x - _EACH) & ~x & (_EACH << _7)


@numba.njit(cache=True, nogil=True)
def room(offsets: Any, data: Any) -> Any:
    """At least how many pieces the texts have: one each, and one more for every line feed."""
    i, end = np.uint64(offsets[0]), np.uint64(offsets[-1])
    found = np.uint64(len(offsets) + 8)
    while i + _8 <= end:
        found += (_feeds(_eight(data, i)) >> _7) * _EACH >> np.uint64(56)
        i += _8
    return np.int64(found)


@numba.njit(cache=True, nogil=True)
def find(data: Any, begin: int, end: int, out: Any, chars: Any) -> int:
    """Cut a text at its line feeds; returns how many pieces there are.

    data uint8[bytes]; out int64[at least `room`]: where the pieces end, the last at `end`; chars int32[the same]: the
    characters before that, line feeds included. A text that ends in a line feed has an empty last piece.
    """
    found, count = 0, np.uint64(0)
    i, stop = np.uint64(begin), np.uint64(end)
    while i < stop:
        if i + _8 <= stop:
            eight = _eight(data, i)
            if not _feeds(eight):
                behind = (eight >> _7) & ~(eight >> _6) & _EACH  # bytes that do not begin a character
                count += _8 - (behind * _EACH >> np.uint64(56))
                i += _8
                continue
        for _ in range(np.int64(min(_8, stop - i))):
            out[found], chars[found] = i, count
            found += data[i] == 10
            count += np.uint64((data[i] & 0xC0) != 0x80)
            i += _1
    out[found], chars[found] = end, count
    return found + 1


@numba.njit(cache=True, nogil=True)
def digest(data: Any, begin: int, end: int) -> Any:
    """A hash of the bytes begin:end, uint64: eight at a time, so that it waits eight times less than FNV does."""
    i, size = np.uint64(begin), end - begin
    h = np.uint64(size) * _BASIS
    for _ in range(size >> 3):
        h = (h ^ _eight(data, i)) * _PRIME
        h ^= h >> _32
        i += _8
    rest = np.uint64(0)
    for _ in range(size & 7):
        rest = rest << _8 | np.uint64(data[i])
        i += _1
    h = (h ^ rest) * _PRIME
    return h ^ (h >> _32)
