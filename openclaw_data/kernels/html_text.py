"""The scanner's output side: text goes through here, white space is collapsed, blocks are closed."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.html_layout import (
    B_BREAKS,
    B_ELEMENT,
    B_END,
    B_FLAGS,
    B_IMAGES,
    B_LINK_BYTES,
    B_LINKS,
    B_SOURCE,
    B_START,
    BLOCK_ELEMENT,
    BLOCK_FLAGS,
    BLOCK_SOURCE,
    BLOCKS,
    BREAKS,
    FIRST_BLOCK,
    GAP,
    IMAGES,
    LINE,
    LINK_BYTES,
    LINK_END,
    LINKED,
    LINKS,
    MOST_BLOCKS,
    NO_GAP,
    OUT,
    SPACE,
    STACK,
    START,
    SUPERSCRIPT,
    TOP,
    WRAP,
)
from openclaw_data.kernels.html_tables import (
    BYTE_DROP,
    BYTE_ENTITY,
    BYTE_KIND,
    BYTE_ODD,
    BYTE_SPACE,
    BYTE_TAG,
    BYTE_TEXT,
    IN_HEAD,
    IN_LINK,
    IN_PRE,
    IN_SKIP,
    LESS,
)
from openclaw_data.kernels.html_tags import find, read_entity
from openclaw_data.kernels.html_vectors import RUN, blanks, copy_run, line_ends, lowest

_ONE, _WHOLE_RUN = np.uint64(1), np.uint64((1 << RUN) - 1)
NO_LEAD = np.uint8(0)
"""Given to `begin` where what is written makes no difference to the gap before it."""
AHEAD = 8
"""How far beyond the text a character reference is decoded to before it is known what becomes of it."""


@numba.njit(cache=True, nogil=True, _nrt=False)
def flush(out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the open block, if there is text in it."""
    o, start = s[OUT], s[START]
    s[GAP] = NO_GAP
    while o > start:
        c = out[o - 1]
        if c == 32 or c == 10 or c == 9:
            o -= 1
        elif o - start >= 3 and c == 0x80 and out[o - 2] == 0x80 and out[o - 3] == 0xE3:  # U+3000
            o -= 3
        else:
            break
    if o == start:
        s[OUT] = start
        s[LINK_BYTES] = s[LINKS] = s[BREAKS] = 0
        return
    k = s[BLOCKS]
    if k - s[FIRST_BLOCK] >= MOST_BLOCKS:
        out[o] = 10
        s[OUT] = o + 1
        records[0, k - 1, B_END] = o
        s[START] = o + 1
        return
    row = records[0, k]
    row[B_START], row[B_END] = start, o
    row[B_ELEMENT], row[B_FLAGS], row[B_SOURCE] = s[BLOCK_ELEMENT], s[BLOCK_FLAGS], s[BLOCK_SOURCE]
    row[B_LINK_BYTES], row[B_LINKS], row[B_BREAKS], row[B_IMAGES] = s[LINK_BYTES], s[LINKS], s[BREAKS], s[IMAGES]
    s[BLOCKS] = k + 1
    s[OUT] = s[START] = o
    s[LINK_BYTES] = s[LINKS] = s[BREAKS] = s[IMAGES] = 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def newline(out: Any, s: Any, records: Any, pool: Any) -> None:
    """End a line inside preformatted text."""
    if s[OUT] > s[START] and out[s[OUT] - 1] != 10:
        out[s[OUT]] = 10
        s[OUT] += 1


@numba.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _wide(lead: int) -> bool:
    """Whether a character with this first byte is of a script without spaces: U+3000 to U+9FFF, U+F900, U+FFxx."""
    return 0xE3 <= lead <= 0xE9 or lead == 0xEF


@numba.njit(cache=True, nogil=True, _nrt=False)
def begin(data: Any, i: int, lead: int, out: Any, s: Any, records: Any, pool: Any) -> Any:
    """Get ready to write a character whose first byte is `lead`: the gap before it, or a block's start.

    Returns the position in `out` where it goes.
    """
    o = s[OUT]
    if o == s[START]:
        top = s[TOP]
        s[BLOCK_ELEMENT], s[BLOCK_FLAGS], s[BLOCK_SOURCE] = (
            pool[s[STACK] + 3 * top + 1],
            pool[s[STACK] + 3 * top + 2],
            i,
        )
    elif s[GAP]:
        k = o - 1
        while k > s[START] and out[k] & 0xC0 == 0x80:
            k -= 1
        if s[GAP] == LINE:
            out[o] = 10
            o += 1
        elif not (s[GAP] == WRAP and _wide(lead) and _wide(out[k])):
            out[o] = 32
            o += 1
    elif s[SUPERSCRIPT]:
        c = out[o - 1]
        power = 48 <= lead <= 57 or lead in (43, 45, 0xE2)
        if power and (48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122 or c == 41):
            out[o] = 94  # ^
            o += 1
    s[GAP] = NO_GAP
    s[SUPERSCRIPT] = 0
    s[OUT] = o
    return np.int64(o)


@numba.njit(cache=True, nogil=True, _nrt=False, inline="always")
def odd(a: int, b: int, c: int) -> int:
    """A character that begins with bytes a, b, c: 0 ordinary, n white space of n bytes, -n nothing, 9 is U+3000."""
    if a == 0xC2:
        return 2 if b == 0xA0 else -2 if b == 0xAD else 0
    if a == 0xE2:
        if b == 0x80:
            return 3 if (0x80 <= c <= 0x8A or c == 0xAF) else -3 if c == 0x8B else 0
        return -3 if b == 0x81 and c == 0xA0 else 0
    if a == 0xE3:
        return 9 if b == 0x80 and c == 0x80 else 0
    return -3 if a == 0xEF and b == 0xBB and c == 0xBF else 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def markup_at(data: Any, i: int, end: int) -> bool:
    """Whether the `<` at `i` begins markup and is not just a character."""
    if i + 1 >= end:
        return False
    c = data[i + 1]
    return 97 <= c | 32 <= 122 or c == 47 or c == 33 or c == 63


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def write_text(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Take the text from `i` up to the next markup; returns where that is."""
    flags = pool[s[STACK] + 3 * s[TOP] + 2]
    if flags & IN_SKIP:
        i = find(data, i + 1, end, LESS)
        while i < end and not markup_at(data, i, end):
            i = find(data, i + 1, end, LESS)
        return i
    if flags & IN_PRE:
        return _write_pre(data, i, end, out, s, records, pool, flags)
    before = s[OUT]
    while i < end:
        c = data[i]
        kind = BYTE_KIND[c]
        if kind == BYTE_SPACE:
            i = _space(data, i, end, s)
            continue
        if kind == BYTE_DROP:
            i += 1
            continue
        if kind == BYTE_TAG and markup_at(data, i, end):
            break
        if kind == BYTE_ENTITY:
            i = _write_entity(data, i, end, out, s, records, pool)
            continue
        width = 1
        if kind == BYTE_ODD:
            found = odd(c, data[i + 1] if i + 1 < end else 0, data[i + 2] if i + 2 < end else 0)
            if found == 9 and (s[OUT] == s[START] or s[GAP]):
                found = 3
            if found not in (0, 9):
                if found > 0:
                    s[GAP] = max(s[GAP], SPACE)
                i += abs(found)
                continue
            width = 3 if c != 0xC2 else 2
            width = min(width, end - i)
        o = begin(data, i, c, out, s, records, pool)
        for _ in range(width):
            out[o] = data[i]
            o += 1
            i += 1
        i, o = _write_run(data, i, end, out, o)
        s[OUT] = o
    if flags & IN_LINK and s[OUT] > before:
        _link_text(before, out, s)
    return i


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _space(data: Any, i: int, end: int, s: Any) -> int:
    """Step over the white space at `i`, or `RUN` bytes of it, and note what it leaves."""
    gap = SPACE
    if i + RUN <= len(data):
        others = ~blanks(data, i) & _WHOLE_RUN
        length = lowest(others | _WHOLE_RUN + _ONE)
        gap = WRAP if line_ends(data, i) & ((_ONE << np.uint64(length)) - _ONE) else SPACE
        i = min(i + length, end)
    else:
        while i < end and BYTE_KIND[data[i]] == BYTE_SPACE:
            gap = WRAP if data[i] == 10 or data[i] == 13 else gap
            i += 1
    s[GAP] = max(s[GAP], gap)
    return i


@numba.njit(cache=True, nogil=True, _nrt=False)
def _link_text(before: int, out: Any, s: Any) -> None:
    """Count what was written to `out` from `before` on as text of a link, and put it with the page's other links."""
    o, end = s[LINKED], s[OUT]
    if before == s[START]:  # the link goes on in another block
        out[o] = 10
        o += 1
    for k in range(before, end):
        out[o] = out[k]
        o += 1
    s[LINKED], s[LINK_END] = o, end
    s[LINK_BYTES] += end - before


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _write_run(data: Any, i: int, end: int, out: Any, o: int) -> tuple[int, int]:
    """Copy what stands as it is, single spaces between words among it: returns the positions in `data` and `out`."""
    while i < end:
        if i + RUN + 2 <= end:
            length = copy_run(data, i, out, o)
            i, o = i + length, o + length
            if length == RUN:
                continue
        c = data[i]
        kind = BYTE_KIND[c]
        if kind == BYTE_TEXT or (c == 32 and i + 1 < end and BYTE_KIND[data[i + 1]] == BYTE_TEXT):
            out[o] = c
            i += 1
            o += 1
        elif kind == BYTE_ODD and i + 2 < end and odd(c, data[i + 1], data[i + 2]) == 0:
            width = 2 if c == 0xC2 else 3
            for k in range(width):
                out[o + k] = data[i + k]
            i += width
            o += width
        else:
            break
    return i, o


@numba.njit(cache=True, nogil=True, _nrt=False)
def _write_entity(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Write the character reference at `i`, or the ampersand that is none; returns the position behind it."""
    x = s[OUT] + AHEAD
    out[x + 1] = out[x + 2] = 0
    stop, width = read_entity(data, i, end, out, x)
    if width == 0:
        out[x], width = 38, 1
    c = out[x]
    kind = BYTE_KIND[c]
    if kind == BYTE_SPACE:
        s[GAP] = max(s[GAP], SPACE)
        return stop
    if kind == BYTE_DROP:
        return stop
    if kind == BYTE_ODD:
        found = odd(c, out[x + 1], out[x + 2])
        if found == 9 and (s[OUT] == s[START] or s[GAP]):
            found = 3
        if found not in (0, 9):
            if found > 0:
                s[GAP] = max(s[GAP], SPACE)
            return stop
    o = begin(data, i, c, out, s, records, pool)
    for k in range(width):
        out[o + k] = out[x + k]
    s[OUT] = o + width
    return stop


@numba.njit(cache=True, nogil=True, _nrt=False)
def _write_pre(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any, flags: int) -> int:
    """Preformatted text: white space stays, but for carriage returns and line breaks at the start."""
    before = s[OUT]
    while i < end:
        if s[OUT] > s[START] and s[GAP] == NO_GAP:
            i, s[OUT] = _copy_pre(data, i, end, out, s[OUT])
            if i == end:
                break
        c = data[i]
        kind = BYTE_KIND[c]
        if kind == BYTE_TAG and markup_at(data, i, end):
            break
        width, stop, x = 1, i + 1, s[OUT] + AHEAD
        out[x] = c
        if kind == BYTE_ENTITY:
            out[x + 1] = out[x + 2] = 0
            stop, width = read_entity(data, i, end, out, x)
            if width == 0:
                out[x], width = 38, 1
        elif kind == BYTE_ODD:
            width = min(2 if c == 0xC2 else 3, end - i)
            stop = i + width
            out[x + 1], out[x + 2] = data[i + 1] if width > 1 else 0, data[i + 2] if width > 2 else 0
        c = out[x]
        kind = BYTE_KIND[c]
        if kind == BYTE_ODD:
            found = odd(c, out[x + 1], out[x + 2])
            if found in (2, 3):
                out[x], width, c, kind = 32, 1, 32, BYTE_SPACE
            elif found < 0:
                width = 0
        fresh = s[OUT] == s[START]
        if kind == BYTE_DROP or c == 13 or (fresh and c == 10):
            width = 0
        if width:
            if fresh:
                s[GAP] = NO_GAP
            o = begin(data, i, NO_LEAD, out, s, records, pool)
            for k in range(width):
                out[o + k] = out[x + k]
            s[OUT] = o + width
        i = stop
    if flags & IN_LINK and s[OUT] > before:
        _link_text(before, out, s)
    return i


@numba.njit(cache=True, nogil=True, _nrt=False)
def _copy_pre(data: Any, i: int, end: int, out: Any, o: int) -> tuple[int, int]:
    """Copy what stands as it is in preformatted text: returns the positions in `data` and `out`."""
    while i < end:
        kind = BYTE_KIND[data[i]]
        if kind != BYTE_TEXT and (kind != BYTE_SPACE or data[i] == 13):
            break
        out[o] = data[i]
        i, o = i + 1, o + 1
    return i, o


@numba.njit(cache=True, nogil=True, _nrt=False)
def leave_head(out: Any, s: Any, records: Any, pool: Any) -> None:
    """Text or a tag of the body ends `<head>`, whether or not it was closed."""
    while s[TOP] > 0 and pool[s[STACK] + 3 * s[TOP] + 2] & IN_HEAD:
        pool[pool[s[STACK] + 3 * s[TOP]]] -= 1
        s[TOP] -= 1


@numba.njit(cache=True, nogil=True, _nrt=False)
def break_line(flags: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """A `<br>`; the second in a row ends the block."""
    if flags & IN_SKIP:
        return
    if flags & IN_PRE:
        out[s[OUT]] = 10
        s[OUT] += s[OUT] > s[START]
    elif s[GAP] == LINE:
        flush(out, s, records, pool)
    else:
        s[GAP] = LINE if s[OUT] > s[START] else NO_GAP
        s[BREAKS] += 1
