"""Words that a block shares with the page's title."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.html_names import FNV_BASIS, FNV_PRIME


@numba.njit(cache=True, nogil=True, _nrt=False)
def _next_word(data: Any, i: int, end: int) -> tuple[int, Any]:
    """The next word or Han character from `i` on: (position behind it, hash; 0 where there is none)."""
    h = FNV_BASIS
    length = 0
    while i < end:
        c = np.int64(data[i])
        if c >= 0xE3 and c <= 0xE9 and i + 2 < end:
            if length:
                break
            for k in range(3):
                h = (h ^ np.uint64(data[i + k])) * FNV_PRIME
            return i + 3, (h ^ h >> np.uint64(32)) | np.uint64(1 << 40)
        small = c + 32 if 65 <= c <= 90 else c
        if 97 <= small <= 122 or 48 <= c <= 57 or c >= 0xC3:
            h = (h ^ np.uint64(small)) * FNV_PRIME
            length += 1
        elif length:
            break
        i += 1
    return i, (h ^ h >> np.uint64(32)) | np.uint64(1 << 40) if length else np.uint64(0)


@numba.njit(cache=True, nogil=True, _nrt=False)
def note(data: Any, start: int, end: int, title: Any) -> int:
    """Note the words of a title in `title` bool[4096] by hash; returns how many there are."""
    title[:] = False
    count = 0
    end = min(end, start + 2000)
    while 0 <= start < end:
        start, h = _next_word(data, start, end)
        if h:
            title[h & np.uint64(0xFFF)] = True
            count += 1
    return count


@numba.njit(cache=True, nogil=True, _nrt=False)
def words_of(out: Any, i: int, end: int, title: Any) -> int:
    """How many words of out[i:end] are in the title."""
    hits = 0
    while i < end:
        i, h = _next_word(out, i, end)
        if h:
            hits += title[h & np.uint64(0xFFF)]
    return hits
