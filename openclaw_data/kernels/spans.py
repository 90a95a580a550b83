"""Hashes and lengths of spans of bytes, eight bytes at a time."""

from typing import Any

import numba
import numpy as np

_BASIS, _PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_1, _3, _6, _7, _8 = (np.uint64(k) for k in (1, 3, 6, 7, 8))
_32, _56, _EACH = np.uint64(32), np.uint64(56), np.uint64(0x0101010101010101)


def digests(data: Any, start: Any, end: Any) -> Any:
    """A hash and the characters of each span of UTF-8.

    data uint8[bytes], start and end int64[n] -> (uint64[n], int32[n]). Hashes are for comparing within a process.
    """
    words = np.ndarray((max(len(data) - 7, 0),), np.uint64, data, strides=(1,))  # the eight bytes from each byte on
    words.flags.writeable = False
    return _digests(data, words, start, end)


@numba.njit(cache=True, nogil=True, inline="always")
def _inner(word: Any) -> Any:
    """How many of its eight bytes begin no character."""
    return ((word >> _7) & ~(word >> _6) & _EACH) * _EACH >> _56


@numba.njit(cache=True, nogil=True)
def _digests(data: Any, words: Any, start: Any, end: Any) -> Any:
    """`digests`; words uint64[bytes - 7], one each byte."""
    hashes, chars = np.empty(len(start), np.uint64), np.empty(len(start), np.int32)
    for n in range(len(start)):
        i, stop = np.uint64(start[n]), np.uint64(end[n])
        size = stop - i
        h, inner = size * _BASIS, np.uint64(0)
        while i + _8 <= stop:
            inner += _inner(words[i])
            h = (h ^ words[i]) * _PRIME
            h ^= h >> _32
            i += _8
        rest = np.uint64(0)
        if i < np.uint64(len(words)):
            rest = words[i] & ((_1 << ((size & _7) << _3)) - _1)
        else:
            for k in range(np.int64(stop - i)):
                rest |= np.uint64(data[i + np.uint64(k)]) << np.uint64(8 * k)
        inner += _inner(rest)
        h = (h ^ rest) * _PRIME
        hashes[n], chars[n] = h ^ (h >> _32), np.int64(size - inner)
    return hashes, chars
