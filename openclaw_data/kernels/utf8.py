"""Which documents are valid UTF-8: told without decoding them, and without stopping at the first that is not."""

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def valid(offsets: Any, data: Any) -> Any:
    """Whether `bytes.decode` would take each text: offsets int64[n+1], data uint8[bytes] -> bool[n].

    Every byte is held against the three before it (RFC 3629, section 4), without a branch, so that the loop becomes
    vector code: several times as fast as going from character to character, whatever the language.
    """
    out = np.empty(len(offsets) - 1, np.bool_)
    nothing = np.uint8(0)
    for row in range(len(out)):
        begin, end = offsets[row], offsets[row + 1]
        size = min(3, end - begin)
        bad = _broken(data[begin:end])
        for k in range(size):  # the first bytes, which have fewer before them
            last = data[begin + k - 1] if k > 0 else nothing
            second = data[begin + k - 2] if k > 1 else nothing
            bad |= _misplaced(data[begin + k], last, second, nothing)
        for k in range(1, size + 1):  # a character that the end cuts off
            bad |= data[end - k] >= (0xC0, 0xE0, 0xF0)[k - 1]
        out[row] = not bad
    return out


@numba.njit(cache=True, nogil=True, _nrt=False)
def _broken(text: Any) -> bool:
    """Whether one of the bytes from the fourth on may not stand behind the three before it."""
    size = len(text) - 3
    if size <= 0:
        return False
    a, b, c, d = text[3:], text[2 : size + 2], text[1 : size + 1], text[:size]
    found = np.uint8(0)
    for i in range(size):
        found = np.uint8(found | _misplaced(a[i], b[i], c[i], d[i]))
    return found != 0


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _misplaced(byte: Any, last: Any, second: Any, third: Any) -> bool:
    """Whether a byte may not stand behind the last, the second last and the third last one, each a uint8."""
    bad = ((byte & 0xC0) == 0x80) != ((last >= 0xC0) | (second >= 0xE0) | (third >= 0xF0))
    bad |= (byte == 0xC0) | (byte == 0xC1) | (byte >= 0xF5)
    bad |= ((last == 0xE0) & (byte < 0xA0)) | ((last == 0xF0) & (byte < 0x90))
    bad |= ((last == 0xED) & (byte > 0x9F)) | ((last == 0xF4) & (byte > 0x8F))
    return bad
