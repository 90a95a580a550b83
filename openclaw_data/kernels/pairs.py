"""Which documents hold one of some characters, or two in a row: a sieve before a regular expression."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.characters import decode

BEGINS, FOLLOWS, ALONE = 1, 2, 4
"""Bits of a table of characters: those that may begin a pair, those that may follow, those looked for by themselves."""


@numba.njit(cache=True, nogil=True)
def held(offsets: Any, data: Any, table: Any) -> Any:
    """Which documents hold a character of `ALONE`, or one of `BEGINS` before one of `FOLLOWS`.

    offsets int64[n+1], data uint8[bytes], table uint8[65536], 0 for ASCII -> bool[n].
    """
    out = np.empty(len(offsets) - 1, np.bool_)
    for d in range(len(out)):
        out[d] = _holds(data, offsets[d], offsets[d + 1], table)
    return out


@numba.njit(cache=True, nogil=True, _nrt=False)
def _holds(data: Any, i: int, end: int, table: Any) -> bool:
    before = np.uint8(0)
    while i < end:
        b = np.int64(data[i])
        if b < 0x80:
            before = np.uint8(0)
            i += 1
            continue
        if 0xE0 <= b < 0xF0 and i + 2 < end:  # most of them
            code = (b & 0xF) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
            here = table[code]
            i += 3
        else:
            code, width = decode(data, i, end)
            here = table[code & 0xFFFF] if code <= 0xFFFF else np.uint8(0)
            i += width
        if (before & np.uint8(BEGINS)) & (here >> np.uint8(1)) | (here & np.uint8(ALONE)):
            return True
        before = here
    return False
