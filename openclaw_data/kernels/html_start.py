"""Start tags in the HTML scanner: what is opened, noted, hidden, or read as it stands."""

from typing import Any

import numba

from openclaw_data.kernels import html_formulas as formulas
from openclaw_data.kernels import html_names as names
from openclaw_data.kernels import html_stack as stack
from openclaw_data.kernels import html_tables
from openclaw_data.kernels import html_tags as tags
from openclaw_data.kernels import html_text as text
from openclaw_data.kernels.html_layout import (
    APART,
    BASE,
    BLOCK_FLAGS,
    BLOCKS,
    E_BLOCKS,
    E_DEPTH,
    E_FLAGS,
    E_PARENT,
    E_SIGNATURE,
    E_TAG,
    E_WORDS,
    E_WORDS_END,
    ELEMENT_WORDS,
    ELEMENTS,
    FIRST_MARK,
    GAP,
    HTML,
    IMAGES,
    JSON_LD,
    LICENCE,
    LINK,
    LINK_END,
    LINKED,
    LINKS,
    MARK_POOL,
    MARKS,
    MATH_GAP,
    MATH_OUT,
    META,
    MOST_ELEMENTS,
    MOST_MARKS,
    OUT,
    ROOT,
    STACK,
    START,
    SUPERSCRIPT,
    TIME,
    TITLE_END,
    TITLE_START,
    TOP,
    WORDS_USED,
    WRAP,
)
from openclaw_data.kernels.html_tables import (
    BLOCK,
    DROP,
    IN_COMMENT,
    IN_HEAD,
    IN_HIDDEN,
    IN_LINK,
    IN_MATH,
    IN_PRE,
    IN_SKIP,
    RAW,
    TAG,
    VOID,
)
from openclaw_data.kernels.html_tags import HREF, contains
from openclaw_data.kernels.html_text import flush, newline

_A, _BODY, _BR, _HEAD, _HTML, _IMG, _LI, _P, _DIV, _UL = (TAG[n] for n in "a body br head html img li p div ul".split())
_OL, _META, _LINK, _BASE, _TIME, _SCRIPT, _STYLE, _TITLE, _TEMPLATE, _NOSCRIPT = (
    TAG[n] for n in "ol meta link base time script style title template noscript".split()
)
_MATH, _ANNOTATION, _ANNOTATION_XML, _SUP, _CUSTOM, _XMP, _PLAINTEXT, _SVG = (
    TAG[n] for n in "math annotation annotation-xml sup custom-element xmp plaintext svg".split()
)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _mark(kind: int, start: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Note a source range for metadata."""
    k = s[MARKS]
    if k - s[FIRST_MARK] < MOST_MARKS:
        at = s[MARK_POOL] + 3 * k
        pool[at], pool[at + 1], pool[at + 2] = kind, start, end
        s[MARKS] = k + 1


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def start_tag(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Act on the start tag at `i`; returns the position behind it, or behind its content where that is no markup."""
    t, name_end = names.tag_name(data, i + 1, end)
    j = tags.read_tag(data, name_end, end, s)
    if j > end:
        return end
    if t == 0:
        return j
    p, flags = html_tables.PROPS[t], pool[s[STACK] + 3 * s[TOP] + 2]
    if t in (_META, _LINK, _HTML, _BASE, _TIME):
        _mark_tag(t, i, j, out, s, records, pool)
    if flags & IN_HEAD and not flags & IN_SKIP and not _belongs_to_head(t):
        text.leave_head(out, s, records, pool)
        flags = pool[s[STACK] + 3 * s[TOP] + 2]
    if t in (_HTML, _HEAD, _BODY) and (pool[t] or pool[_BODY]):
        return j
    if s[tags.SELF_CLOSING] > 0 and (flags & (IN_SKIP | IN_MATH) or t in (_SVG, _MATH)):
        return j
    if t == _BR:
        text.break_line(flags, out, s, records, pool)
    elif t == _IMG:
        s[IMAGES] += 1
        if s[tags.ALT] >= 0 and not flags & IN_SKIP and not _hidden(data, p, s):
            formulas.picture(data, out, s, records, pool)
    if p & BLOCK and not flags & IN_SKIP:
        stack.imply_ends(t, p, out, s, records, pool)
        flags = pool[s[STACK] + 3 * s[TOP] + 2]
        if flags & IN_PRE and t in (_DIV, _P, _LI, _OL, _UL, _CUSTOM):
            newline(out, s, records, pool)
        else:
            flush(out, s, records, pool)
    if p & VOID:
        return j
    if p & RAW:
        return _raw(data, i, j, end, name_end, t, out, s, records, pool)
    return _push(data, i, j, end, t, p, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _mark_tag(t: int, start: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Note the tags whose attributes are metadata."""
    kind = META if t == _META else LINK if t == _LINK else HTML if t == _HTML else BASE if t == _BASE else TIME
    if kind != TIME or s[tags.DATETIME] >= 0:
        _mark(kind, start, end, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _belongs_to_head(t: int) -> bool:
    """Tags that may stand in `<head>`."""
    return t in (_META, _LINK, _BASE, _SCRIPT, _STYLE, _TITLE, _TEMPLATE, _NOSCRIPT, _HEAD, _HTML)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _raw(data: Any, i: int, j: int, end: int, name_end: int, t: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Content that is no markup: `<script>`, `<title>`, ...; returns the position behind the end tag."""
    stop = end if t == _PLAINTEXT else tags.raw_end(data, j, end, i + 1, name_end, t == _SCRIPT)
    skipped = pool[s[STACK] + 3 * s[TOP] + 2] & IN_SKIP
    if t == _TITLE:
        if s[TITLE_START] < 0 and not skipped:
            s[TITLE_START], s[TITLE_END] = j, stop
    elif t == _SCRIPT and s[tags.TYPE] >= 0:
        start, last = s[tags.TYPE], s[tags.TYPE + 1]
        if contains(data, start, last, html_tables.LD_JSON):
            _mark(JSON_LD, j, stop, out, s, records, pool)
        elif contains(data, start, last, html_tables.MATH_TEX) and not skipped:
            display = contains(data, start, last, html_tables.MODE_DISPLAY)
            formulas.write(data, j, stop, out, s, records, pool, display, False)
    elif t in (_XMP, _PLAINTEXT) and not skipped:
        _write_raw(data, j, stop, out, s, records, pool)
    return tags.past(data, stop, end)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _write_raw(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """The text of `<xmp>` and `<plaintext>`, as it stands."""
    if i < end:
        o = text.begin(data, i, text.NO_LEAD, out, s, records, pool)
        s[BLOCK_FLAGS] |= IN_PRE
        for k in range(i, end):
            out[o] = data[k]
            o += data[k] >= 32 or data[k] == 10 or data[k] == 9
        s[OUT] = o
        flush(out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _push(data: Any, i: int, j: int, end: int, t: int, p: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Open a tag that has content; returns where scanning goes on."""
    top = s[TOP]
    if t == _A:
        stack.end_link(out, s, records, pool)
        top = s[TOP]
    outer = pool[s[STACK] + 3 * top + 2]
    flags = outer | html_tables.FLAGS[t]
    if p & DROP:
        flags |= IN_SKIP
    if not flags & IN_SKIP:
        flags |= _hidden(data, p, s)
        if t == _ANNOTATION or t == _ANNOTATION_XML:
            if t == _ANNOTATION and s[tags.ENCODING] >= 0 and s[MATH_OUT] >= 0:
                if contains(data, s[tags.ENCODING], s[tags.ENCODING + 1], html_tables.TEX):
                    return formulas.annotation(data, i, j, end, out, s, records, pool)
            flags |= IN_SKIP
        elif t == _MATH:
            s[MATH_OUT], s[MATH_GAP] = s[OUT], s[GAP]
        elif t == _SUP:
            s[SUPERSCRIPT] = 1
        elif t == _A:
            s[SUPERSCRIPT] = 0
            if s[HREF] < 0:
                flags = flags & ~IN_LINK | outer & IN_LINK
            else:
                s[LINKS] += 1
                if s[GAP] == WRAP and s[LINK_END] == s[OUT] and s[OUT] > s[START]:
                    s[GAP] = APART  # two links on lines of their own are no wrapped sentence
                out[s[LINKED]] = 10
                s[LINKED] += 1
            if s[tags.REL] >= 0 and contains(data, s[tags.REL], s[tags.REL + 1], html_tables.LICEN):
                _mark(LICENCE, i, j, out, s, records, pool)
    element = pool[s[STACK] + 3 * top + 1]
    inside_pre = outer & IN_PRE
    if p & BLOCK and not (flags & IN_SKIP or inside_pre) and s[ELEMENTS] - s[ROOT] < MOST_ELEMENTS:
        element, flags = _element(data, element, t, flags, top, out, s, records, pool)
    top += 1
    pool[s[STACK] + 3 * top], pool[s[STACK] + 3 * top + 1], pool[s[STACK] + 3 * top + 2] = t, element, flags
    pool[t] += 1
    s[TOP] = top
    return j


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _hidden(data: Any, p: int, s: Any) -> int:
    """Flags of a tag that is not shown: blocks are marked, what is inside a line is left out."""
    none = s[tags.HIDDEN] >= 0
    if not none and s[tags.STYLE] >= 0:
        none = contains(data, s[tags.STYLE], s[tags.STYLE + 1], html_tables.DISPLAY_NONE)
    if s[tags.CLASS] >= 0 and not p & BLOCK:
        start, end = s[tags.CLASS], s[tags.CLASS + 1]
        if none:
            none = not contains(data, start, end, html_tables.MATHML)  # the formula for machines, shown as a picture
        elif end - start >= 7 and data[start] in (77, 107):  # M, k
            # the rendering of a formula whose source stands beside it
            none = contains(data, start, end, html_tables.KATEX_HTML) or contains(
                data, start, start + 7, html_tables.MATHJAX
            )
    if not none:
        return 0
    return IN_HIDDEN if p & BLOCK else IN_HIDDEN | IN_SKIP


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _element(
    data: Any, parent: int, t: int, flags: int, depth: int, out: Any, s: Any, records: Any, pool: Any
) -> tuple[int, int]:
    """Record a block-level tag; returns (its number, the flags inside it)."""
    e, n = s[ELEMENTS], s[WORDS_USED]
    row = records[1, e]
    row[E_PARENT], row[E_TAG], row[E_DEPTH], row[E_BLOCKS] = parent, t, depth, s[BLOCKS]
    row[E_SIGNATURE] = tags.signature(data, s[tags.CLASS], s[tags.CLASS + 1], t)
    row[E_WORDS] = n
    most = n + ELEMENT_WORDS
    for slot in (tags.CLASS, tags.ID, tags.ROLE, tags.ITEMPROP):
        if s[slot] >= 0:
            n = tags.read_words(data, s[slot], s[slot + 1], pool, n, most)
    for k in range(row[E_WORDS], n):
        if html_tables.COMMENT_WORD[pool[k]] and t != _BODY:
            flags |= IN_COMMENT
    row[E_WORDS_END], row[E_FLAGS] = n, flags
    s[WORDS_USED], s[ELEMENTS] = n, e + 1
    return e, flags
