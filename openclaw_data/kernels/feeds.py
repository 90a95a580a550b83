"""Texts cut at line feeds, and what is asked of every piece, in loops that are vector code or nearly so."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import eights
from openclaw_data.kernels.eights import EACH

_1, _7, _8, _56 = (np.uint64(k) for k in (1, 7, 8, 56))


@numba.njit(cache=True, nogil=True, inline="always")
def _feeds(eight: Any) -> Any:
    """The highest bit of each byte that is a line feed, and perhaps of one behind a line feed."""
    x = eight ^ (EACH * np.uint64(10))
    return (x - EACH) & ~x & (EACH << _7)


@numba.njit(cache=True, nogil=True, _nrt=False)
def room(offsets: Any, data: Any) -> Any:
    """At least how many pieces the texts have: one each, and one more for every line feed."""
    i, end = np.uint64(offsets[0]), np.uint64(offsets[-1])
    found = np.uint64(len(offsets) + 8)
    while i + _8 <= end:
        found += (_feeds(eights.read(data, i)) >> _7) * EACH >> _56
        i += _8
    return np.int64(found)


@numba.njit(cache=True, nogil=True, _nrt=False)
def find(data: Any, begin: int, end: int, out: Any, chars: Any) -> int:
    """Cut a text at its line feeds; returns how many pieces there are.

    data uint8[bytes]; out int64[at least `room`]: where the pieces end, the last at `end`; chars int32[the same]: the
    characters before that, line feeds included. A text that ends in a line feed has an empty last piece.
    """
    found, count = 0, np.uint64(0)
    i, stop = np.uint64(begin), np.uint64(end)
    while i < stop:
        if i + _8 <= stop:
            eight = eights.read(data, i)
            if not _feeds(eight):
                count += _8 - eights.inner(eight)
                i += _8
                continue
        for _ in range(np.int64(min(_8, stop - i))):
            out[found], chars[found] = i, count
            found += data[i] == 10
            count += np.uint64((data[i] & 0xC0) != 0x80)
            i += _1
    out[found], chars[found] = end, count
    return found + 1
