"""Compiled half of putting a page's text together: what stands between two blocks."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.html_layout import B_ELEMENT, B_END, B_FLAGS, B_START, E_PARENT, E_TAG
from openclaw_data.kernels.html_tables import IN_LIST, IN_TABLE, TAG

CLIMB = 16
"""How far up a list item, a row or a quotation is looked for."""
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
    o = 0
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
            for i in range(kept[k, B_START], kept[k, B_END]):
                out[o] = source[i]
                o += 1
        ends[p + 1] = o
