"""The open tags of the HTML scanner: what a tag closes (HTML Standard, 13.2.6.4.7, as far as it matters for text)."""

from typing import Any

import numba

from openclaw_data.kernels import html_tables
from openclaw_data.kernels.html_layout import BLOCKS, E_BLOCKS_END, MATH_OUT, REACH, STACK, TOP
from openclaw_data.kernels.html_tables import BARRIER, BLOCK, CLOSES_P, IN_LINK, IN_PRE, IN_SKIP, TAG
from openclaw_data.kernels.html_text import flush, newline

_A, _LI, _DD, _DT, _P, _TABLE, _TR, _TD, _TH, _TBODY = (TAG[n] for n in "a li dd dt p table tr td th tbody".split())
_THEAD, _TFOOT, _CAPTION, _OPTION, _OPTGROUP, _DIV, _ADDRESS, _H1, _H6, _TEMPLATE = (
    TAG[n] for n in "thead tfoot caption option optgroup div address h1 h6 template".split()
)
_MATH, _BUTTON = (TAG[n] for n in "math button".split())


@numba.njit(cache=True, nogil=True, _nrt=False)
def pop(k: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close open tags until the stack's top is below `k`; the elements they own get their last block."""
    top = s[TOP]
    while top >= k and top >= 0:
        pool[pool[s[STACK] + 3 * top]] -= 1
        element = pool[s[STACK] + 3 * top + 1]
        if top == 0 or pool[s[STACK] + 3 * (top - 1) + 1] != element:
            records[1, element, E_BLOCKS_END] = s[BLOCKS]
        top -= 1
    s[TOP] = top


@numba.njit(cache=True, nogil=True, _nrt=False)
def close(first: int, last: int, barrier: int, out: Any, s: Any, records: Any, pool: Any) -> bool:
    """Close the innermost open tag numbered `first` to `last`, and all in it, unless a barrier is in between."""
    k = s[TOP]
    lowest = max(k - REACH, 1) if barrier else 1
    while k >= lowest:
        tag = pool[s[STACK] + 3 * k]
        if first <= tag <= last:
            if not pool[s[STACK] + 3 * s[TOP] + 2] & IN_SKIP:
                flush(out, s, records, pool)
            pop(k, out, s, records, pool)
            return True
        if html_tables.PROPS[tag] & barrier:
            return False
        k -= 1
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def _close_part(a: int, b: int, stop: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the innermost open `a` or `b`, part of a list or a table.

    A `stop` or a table in between protects it; where `stop` is 0, any block does but `<div>`, `<p>` and `<address>`.
    """
    if pool[a] + pool[b] == 0:
        return
    k = s[TOP]
    lowest = max(k - REACH, 1)
    while k >= lowest:
        tag = pool[s[STACK] + 3 * k]
        if tag == a or tag == b:
            flush(out, s, records, pool)
            pop(k, out, s, records, pool)
            return
        if stop:
            if tag == stop or tag == _TABLE:
                return
        elif html_tables.PROPS[tag] & BLOCK and tag not in (_DIV, _P, _ADDRESS):
            return
        k -= 1


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def imply_ends(t: int, p: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close what the start of a block-level tag `t` closes."""
    if p & CLOSES_P and pool[_P] > 0:
        close(_P, _P, BARRIER, out, s, records, pool)
    if t == _LI:
        _close_part(_LI, _LI, 0, out, s, records, pool)
    elif t in (_DD, _DT):
        _close_part(_DD, _DT, 0, out, s, records, pool)
    elif t in (_TD, _TH):
        _close_part(_TD, _TH, _TR, out, s, records, pool)
    elif t == _TR:
        _close_part(_TR, _CAPTION, _TABLE, out, s, records, pool)
    elif t in (_TBODY, _THEAD, _TFOOT):
        _close_part(_TBODY, _CAPTION, _TABLE, out, s, records, pool)
        _close_part(_THEAD, _TFOOT, _TABLE, out, s, records, pool)
    elif t in (_OPTION, _OPTGROUP) and pool[s[STACK] + 3 * s[TOP]] == _OPTION:
        flush(out, s, records, pool)
        pop(s[TOP], out, s, records, pool)
    elif _H1 <= t <= _H6 and _H1 <= pool[s[STACK] + 3 * s[TOP]] <= _H6:
        flush(out, s, records, pool)
        pop(s[TOP], out, s, records, pool)
    elif t == _BUTTON and pool[_BUTTON] > 0:
        close(_BUTTON, _BUTTON, 0, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False)
def end_link(out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the open `<a>`; where blocks were opened in it, they stay open and are no link any more."""
    if pool[_A] == 0:
        return
    k = s[TOP]
    lowest = max(k - REACH, 1)
    while k >= lowest and pool[s[STACK] + 3 * k] != _A:
        k -= 1
    if k < lowest:
        return
    if k == s[TOP]:
        pop(k, out, s, records, pool)
        return
    pool[_A] -= 1
    pool[s[STACK] + 3 * k] = 0
    pool[0] += 1
    for m in range(k, s[TOP] + 1):
        pool[s[STACK] + 3 * m + 2] &= ~IN_LINK


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def end_block(t: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the innermost open `t`, unless it is outside of the table cell around."""
    top = s[TOP]
    if (
        pool[s[STACK] + 3 * top + 2] & IN_PRE
        and pool[s[STACK] + 3 * top] == t
        and pool[s[STACK] + 3 * (top - 1) + 2] & IN_PRE
    ):
        newline(out, s, records, pool)
        pop(top, out, s, records, pool)
    elif t in (_TABLE, _TR, _TD, _TH, _TBODY, _THEAD, _TFOOT, _CAPTION):
        k = top
        lowest = max(k - REACH, 1)
        while k >= lowest and pool[s[STACK] + 3 * k] != t:
            if pool[s[STACK] + 3 * k] in (_TABLE, _TEMPLATE):
                return
            k -= 1
        if k >= lowest:
            flush(out, s, records, pool)
            pop(k, out, s, records, pool)
    elif _H1 <= t <= _H6:
        close(_H1, _H6, BARRIER, out, s, records, pool)
    elif html_tables.PROPS[t] & BARRIER:
        close(t, t, 0, out, s, records, pool)
    else:
        close(t, t, BARRIER, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def end_inline(t: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the innermost open inline `t`, if no block was opened in it."""
    k = s[TOP]
    lowest = max(k - REACH, 1)
    while k >= lowest and pool[s[STACK] + 3 * k] != t:
        if html_tables.PROPS[pool[s[STACK] + 3 * k]] & BLOCK:
            return
        k -= 1
    if k >= lowest:
        pop(k, out, s, records, pool)
        if t == _MATH:
            s[MATH_OUT] = -1
