"""Compiled half of putting a page's text together: what stands between two blocks."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.html_layout import B_ELEMENT, B_END, B_FLAGS, B_START, E_PARENT, E_TAG
from openclaw_data.kernels.html_tables import IN_LIST, IN_TABLE, TAG
from openclaw_data.kernels.html_vectors import copy

CLIMB = 16
"""How far up a list item, a row or a quotation is looked for."""
PART = 128
"""Bytes of a text that are compared at once."""
_TR, _TD, _TH = TAG["tr"], TAG["td"], TAG["th"]


@numba.njit(cache=True, nogil=True, _nrt=False)
def nearest(elements: Any, e: int, a: int, b: int) -> Any:
    """The nearest element around with tag `a` or `b`, -1 where there is none within reach."""
    for _ in range(CLIMB):
        if e < 0:
            break
        if elements[e, E_TAG] == a or elements[e, E_TAG] == b:
            return e
        e = elements[e, E_PARENT]
    return np.int32(-1)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _gap(before: Any, block: Any, elements: Any) -> int:
    """What stands between two blocks: 9 tab, 10 line break, 0 blank line."""
    both = before[B_FLAGS] & block[B_FLAGS]
    if both & IN_TABLE:
        row = nearest(elements, block[B_ELEMENT], _TR, _TR)
        if row >= 0 and row == nearest(elements, before[B_ELEMENT], _TR, _TR):
            cell = nearest(elements, block[B_ELEMENT], _TD, _TH)
            return 9 if cell != nearest(elements, before[B_ELEMENT], _TD, _TH) else 10
        return 10
    return 10 if both & IN_LIST else 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def join(source: Any, kept: Any, elements: Any, bounds: Any, out: Any, ends: Any) -> None:
    """Write the text of all pages to `out`; page i is out[ends[i]:ends[i+1]]."""
    o = np.int64(0)
    ends[0] = 0
    for p in range(len(bounds) - 1):
        for k in range(bounds[p], bounds[p + 1]):
            if k > bounds[p]:
                gap = _gap(kept[k - 1], kept[k], elements)
                out[o] = gap or 10
                o += 1
                if not gap:
                    out[o] = 10
                    o += 1
            start, size = np.int64(kept[k, B_START]), np.int64(kept[k, B_END] - kept[k, B_START])
            copy(source, start, size, out, o)
            o += size
        ends[p + 1] = o


@numba.njit(cache=True, nogil=True, _nrt=False)
def unclean(out: Any, ends: Any, found: Any) -> None:
    """Which texts `cleaning.clean` may change: found bool[n], for page i in out[ends[i]:ends[i+1]], all in UTF-8."""
    for p in range(len(ends) - 1):
        start, end = ends[p], ends[p + 1]
        odd = start < end and (out[start] == 10 or out[end - 1] == 10 or _blank_before(out, start, end))
        i = start
        while i + PART + 3 <= end and not odd:
            odd = _odd_part(out[i : i + PART + 3])
            i += PART
        while i < end and not odd:
            odd = _odd_at(out, i, end)
            i += 1
        found[p] = odd


@numba.njit(cache=True, nogil=True, _nrt=False)
def _odd_part(out: Any) -> bool:
    """`_odd_at` for the first PART of PART + 3 bytes. Without a branch, so that it becomes vector code.

    What is found is a boolean: as a number, of which numba makes eight bytes, it takes eight times as long.
    """
    a, b, c, d = out[:PART], out[1 : PART + 1], out[2 : PART + 2], out[3 : PART + 3]
    found = False
    for i in range(PART):
        control = ((a[i] < 32) & (a[i] != 9) & (a[i] != 10)) | (a[i] == 127)
        tabs = (a[i] == 9) & (b[i] == 9)
        lines = (a[i] == 10) & (b[i] == 10) & (c[i] == 10)
        blank = ((a[i] == 32) | (a[i] == 9)) & (b[i] == 10)
        blank |= (a[i] == 0xC2) & (b[i] == 0xA0) & (c[i] == 10)
        blank |= (a[i] == 0xE3) & (b[i] == 0x80) & (c[i] == 0x80) & (d[i] == 10)
        rare = (a[i] == 0xC2) & (b[i] < 0xA0)
        rare |= (a[i] == 0xE2) & (b[i] == 0x80) & ((c[i] == 0xA8) | (c[i] == 0xA9))
        rare |= (a[i] == 0xEF) & (b[i] == 0xBB) & (c[i] == 0xBF)
        found = found | (control | tabs | lines | blank | rare)
    return found


@numba.njit(cache=True, nogil=True, _nrt=False)
def _odd_at(out: Any, i: int, end: int) -> bool:
    """Whether at `i` begins a control, two tabs, three line feeds, a blank before a line feed, or U+FEFF."""
    a = out[i]
    b = out[i + 1] if i + 1 < end else 0
    c = out[i + 2] if i + 2 < end else 0
    d = out[i + 3] if i + 3 < end else 0
    if a < 32:
        return (a != 9 and a != 10) or (a == 9 and (b == 9 or b == 10)) or (a == 10 and b == 10 and c == 10)
    if a < 128:
        return a == 127 or (a == 32 and b == 10)
    return (
        (a == 0xC2 and (b < 0xA0 or (b == 0xA0 and c == 10)))
        or (a == 0xE2 and b == 0x80 and (c == 0xA8 or c == 0xA9))
        or (a == 0xE3 and b == 0x80 and c == 0x80 and d == 10)
        or (a == 0xEF and b == 0xBB and c == 0xBF)
    )


@numba.njit(cache=True, nogil=True, _nrt=False)
def _blank_before(out: Any, start: int, i: int) -> bool:
    """Whether a space, a tab, U+00A0 or U+3000 ends at `i`."""
    a = out[i - 1] if i - start >= 1 else 0
    b = out[i - 2] if i - start >= 2 else 0
    c = out[i - 3] if i - start >= 3 else 0
    return a == 32 or a == 9 or (a == 0xA0 and b == 0xC2) or (a == 0x80 and b == 0x80 and c == 0xE3)
