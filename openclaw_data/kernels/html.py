"""One pass over the bytes of HTML pages: text cut into blocks, the elements around them, and what the head says.

No tree is built. The scanner reads markup as the HTML Standard's tokenizer does (section 13.2.5) and keeps a stack of
the open tags, with the rules for implied end tags that matter for text (13.2.6.4.7: `<p>`, `<li>`, table parts, links).
It works on any bytes in time linear in their number: whatever would look far up the stack stops after `REACH` tags.

A block is text between two block-level tags, or two `<br>` in a row. White space is collapsed, a line break of the
source between Han characters is dropped, `<br>` is a line feed; `<pre>` keeps its white space.
"""

from typing import Any, NamedTuple

import numba
import numpy as np

from openclaw_data.kernels import html_tables
from openclaw_data.kernels import html_tags as tags
from openclaw_data.kernels import html_text as text
from openclaw_data.kernels.html_tables import (
    BARRIER,
    BLOCK,
    CLOSES_P,
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
from openclaw_data.kernels.html_tags import FNV_BASIS, FNV_PRIME, HREF, contains, is_space, lookup
from openclaw_data.kernels.html_text import (
    BREAKS,
    GAP,
    IMAGES,
    LINE,
    LINKS,
    MARK_POOL,
    MATH_GAP,
    MATH_OUT,
    NO_GAP,
    OUT,
    STACK,
    START,
    SUPERSCRIPT,
    TOP,
    flush,
    newline,
)

REACH = 256
"""How far up the stack an end tag or an implied end looks past what is not its own."""
E_PARENT, E_TAG, E_SIGNATURE, E_FLAGS, E_WORDS, E_WORDS_END, E_DEPTH, E_BLOCKS, E_BLOCKS_END = range(9)
COLUMNS = 9
"""Columns of `Scan.elements`, and how many those and `Scan.blocks` have."""
META, LINK, HTML, BASE, JSON_LD, LICENCE, TIME = range(1, 8)
"""Kinds of marks: source ranges of tags (of the content for JSON_LD; LICENCE is an `<a>` whose `rel` says so)."""
MOST_MARKS = 512
ELEMENT_WORDS = 12

_A, _BODY, _BR, _HEAD, _HTML, _IMG, _LI, _DD, _DT, _P = (
    TAG[n] for n in ("a", "body", "br", "head", "html", "img", "li", "dd", "dt", "p")
)
_TABLE, _TR, _TD, _TH, _TBODY, _THEAD, _TFOOT, _CAPTION = (
    TAG[n] for n in ("table", "tr", "td", "th", "tbody", "thead", "tfoot", "caption")
)
_OPTION, _OPTGROUP, _DIV, _ADDRESS, _UL, _OL, _H1, _H6 = (
    TAG[n] for n in ("option", "optgroup", "div", "address", "ul", "ol", "h1", "h6")
)
_META, _LINK, _BASE, _TIME, _SCRIPT, _STYLE, _TITLE, _TEMPLATE, _NOSCRIPT = (
    TAG[n] for n in ("meta", "link", "base", "time", "script", "style", "title", "template", "noscript")
)
_MATH, _ANNOTATION, _ANNOTATION_XML, _SUP, _SPAN, _CUSTOM, _XMP, _PLAINTEXT, _BUTTON, _SVG = (
    TAG[n] for n in ("math", "annotation", "annotation-xml", "sup", "span", "custom-element", "xmp", "plaintext",
                     "button", "svg")
)  # fmt: skip
_BLOCKQUOTE, _SECTION = TAG["blockquote"], TAG["section"]


class Scan(NamedTuple):
    """Flat arrays over a batch of pages. Positions count from the start of `data` and of `out`.

    `elements`: block-level tags in the order of their start, each page's first one a root without a tag.
    """

    data: Any  # uint8[...]: the pages
    offsets: Any  # int64[n+1]: page i is data[offsets[i]:offsets[i+1]]
    out: Any  # uint8[...]: text of all blocks, UTF-8
    blocks: Any  # int32[b, 9]: columns B_* of `html_text`
    page_blocks: Any  # int64[n+1]: blocks of page i are page_blocks[i]:page_blocks[i+1]
    elements: Any  # int32[e, 9]: columns E_*
    page_elements: Any  # int64[n+1]
    words: Any  # int32[...]: class and id words by number; an element has words[E_WORDS:E_WORDS_END]
    marks: Any  # int32[m, 3]: kind, start, end
    page_marks: Any  # int64[n+1]
    titles: Any  # int64[n, 2]: source range of <title>, -1 where there is none


def scan(offsets: Any, data: Any) -> Scan:
    """Scan a batch: offsets int64[n+1], data uint8[bytes], pages in UTF-8 (what is not passes through unread)."""
    offsets = np.asarray(offsets, np.int64)
    most_tags, all_tags = _count_tags(offsets, data)
    n, size = len(offsets) - 1, int(offsets[-1] - offsets[0])
    rows = all_tags + 2 * n + 1
    marks = min(all_tags + 1, MOST_MARKS * n)
    stack = text.OPEN_TAGS + 3 * (most_tags + 2)
    out = np.empty(size + size // 3 + 64 * (n + 1), np.uint8)
    records = np.empty((2, rows, COLUMNS), np.int32)
    pool = np.empty(stack + 3 * marks + rows * ELEMENT_WORDS, np.int32)
    s = np.zeros(tags.REGISTERS, np.int64)
    s[STACK], s[MARK_POOL], s[text.WORDS_USED] = text.OPEN_TAGS, stack, stack + 3 * marks
    pages, titles = np.zeros((3, n + 1), np.int64), np.empty((n, 2), np.int64)
    _scan(offsets, data, pages, titles, out, s, records, pool)
    return Scan(
        data, offsets, out[: s[OUT]], records[0, : s[text.BLOCKS]], pages[0], records[1, : s[text.ELEMENTS]], pages[1],
        pool, pool[stack : stack + 3 * s[text.MARKS]].reshape(-1, 3), pages[2], titles,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count_tags(offsets: Any, data: Any) -> tuple[int, int]:
    """The number of `<` in the page that has most of them, and in all."""
    most = total = 0
    for p in range(len(offsets) - 1):
        count = 0
        for i in range(offsets[p], offsets[p + 1]):
            count += data[i] == 60
        total += count
        most = max(most, count)
    return most, total


@numba.njit(cache=True, nogil=True, _nrt=False)
def _scan(offsets: Any, data: Any, pages: Any, titles: Any, out: Any, s: Any, records: Any, pool: Any) -> None:
    """All pages. Writes where each ends in blocks, elements and marks: `pages` int64[3, n+1]; `titles` int64[n, 2]."""
    for p in range(len(offsets) - 1):
        _page(data, offsets[p], offsets[p + 1], out, s, records, pool)
        titles[p, 0], titles[p, 1] = s[text.TITLE_START], s[text.TITLE_END]
        pages[0, p + 1], pages[1, p + 1], pages[2, p + 1] = s[text.BLOCKS], s[text.ELEMENTS], s[text.MARKS]


@numba.njit(cache=True, nogil=True, _nrt=False)
def _page(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """One page, from registers and stack made ready to the last block closed."""
    pool[: text.OPEN_TAGS] = 0
    s[START] = s[OUT]
    s[text.FIRST_BLOCK], s[text.FIRST_MARK], s[text.ROOT] = s[text.BLOCKS], s[text.MARKS], s[text.ELEMENTS]
    s[GAP] = s[text.LINK_BYTES] = s[LINKS] = s[BREAKS] = s[IMAGES] = s[SUPERSCRIPT] = 0
    s[MATH_OUT] = s[text.TITLE_START] = s[text.TITLE_END] = -1
    root = records[1, s[text.ROOT]]
    root[:] = 0
    root[E_PARENT], root[E_BLOCKS] = -1, s[text.BLOCKS]
    root[E_WORDS] = root[E_WORDS_END] = s[text.WORDS_USED]
    s[text.ELEMENTS] += 1
    s[TOP] = 0
    pool[s[STACK] + 3 * 0], pool[s[STACK] + 3 * 0 + 1], pool[s[STACK] + 3 * 0 + 2] = 0, s[text.ROOT], 0
    while i < end:
        if data[i] != 60 or not text.markup_at(data, i, end):
            if pool[s[STACK] + 3 * s[TOP] + 2] & IN_HEAD:
                if is_space(data[i]):
                    i += 1
                    continue
                text.leave_head(out, s, records, pool)
            i = text.write_text(data, i, end, out, s, records, pool)
            continue
        c = data[i + 1]
        if c == 47:
            if i + 2 < end and 97 <= data[i + 2] | 32 <= 122:
                i = _end_tag(data, i, end, out, s, records, pool)
            else:
                i = _past(data, i + 2, end, 62)
        elif c == 33 and i + 3 < end and data[i + 2] == 45 and data[i + 3] == 45:
            i = tags.comment_end(data, i, end)
        elif c == 33 or c == 63:
            i = _past(data, i + 2, end, 62)
        else:
            i = _start_tag(data, i, end, out, s, records, pool)
    flush(out, s, records, pool)
    _pop(0, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _past(data: Any, i: int, end: int, byte: int) -> int:
    """Position behind the next `byte` from `i` on; `end` where there is none."""
    while i < end and data[i] != byte:
        i += 1
    return min(i + 1, end)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _tag_name(data: Any, i: int, end: int) -> tuple[Any, int]:
    """The tag whose name starts at `i`: (number, position behind the name). A name with a dash is a custom element."""
    h, dash, start = FNV_BASIS, False, i
    while i < end:
        c = html_tables.NAME_BYTE[data[i]]
        if c == 0:
            break
        dash |= c == 45
        h = (h ^ np.uint64(c)) * FNV_PRIME
        i += 1
    slot = lookup(html_tables.TAG_KEYS, h)
    if slot >= 0:
        return np.int64(html_tables.TAG_IDS[slot]), i
    if dash and not (data[start] | 32 == 109 and data[start + 1] | 32 == 106 and data[start + 2] | 32 == 120):  # mjx-
        return _CUSTOM, i
    return 0, i


@numba.njit(cache=True, nogil=True, _nrt=False)
def _pop(k: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close open tags until the stack's top is below `k`; the elements they own get their last block."""
    top = s[TOP]
    while top >= k and top >= 0:
        pool[pool[s[STACK] + 3 * top]] -= 1
        element = pool[s[STACK] + 3 * top + 1]
        if top == 0 or pool[s[STACK] + 3 * (top - 1) + 1] != element:
            records[1, element, E_BLOCKS_END] = s[text.BLOCKS]
        top -= 1
    s[TOP] = top


@numba.njit(cache=True, nogil=True, _nrt=False)
def _mark(kind: int, start: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Note a source range for metadata."""
    k = s[text.MARKS]
    if k - s[text.FIRST_MARK] < MOST_MARKS:
        at = s[MARK_POOL] + 3 * k
        pool[at], pool[at + 1], pool[at + 2] = kind, start, end
        s[text.MARKS] = k + 1


@numba.njit(cache=True, nogil=True, _nrt=False)
def _start_tag(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Act on the start tag at `i`; returns the position behind it, or behind its content where that is no markup."""
    t, name_end = _tag_name(data, i + 1, end)
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
        _break_line(flags, out, s, records, pool)
    elif t == _IMG:
        s[IMAGES] += 1
    if p & BLOCK and not flags & IN_SKIP:
        _imply_ends(t, p, out, s, records, pool)
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
    if t == _META:
        _mark(META, start, end, out, s, records, pool)
    elif t == _LINK:
        _mark(LINK, start, end, out, s, records, pool)
    elif t == _HTML:
        _mark(HTML, start, end, out, s, records, pool)
    elif t == _BASE:
        _mark(BASE, start, end, out, s, records, pool)
    elif s[tags.DATETIME] >= 0:
        _mark(TIME, start, end, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _belongs_to_head(t: int) -> bool:
    """Tags that may stand in `<head>`."""
    return t in (_META, _LINK, _BASE, _SCRIPT, _STYLE, _TITLE, _TEMPLATE, _NOSCRIPT, _HEAD, _HTML)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _break_line(flags: int, out: Any, s: Any, records: Any, pool: Any) -> None:
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


@numba.njit(cache=True, nogil=True, _nrt=False)
def _imply_ends(t: int, p: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close what the start of a block-level tag `t` closes."""
    if p & CLOSES_P and pool[_P] > 0:
        _close(_P, _P, BARRIER, out, s, records, pool)
    if t == _LI and pool[_LI] > 0:
        _close_item(_LI, _LI, out, s, records, pool)
    elif t in (_DD, _DT) and pool[_DD] + pool[_DT] > 0:
        _close_item(_DD, _DT, out, s, records, pool)
    elif t in (_TD, _TH):
        _close_in_table(_TD, _TH, _TR, _TABLE, out, s, records, pool)
    elif t == _TR:
        _close_in_table(_TR, _CAPTION, _TABLE, _TABLE, out, s, records, pool)
    elif t in (_TBODY, _THEAD, _TFOOT):
        _close_in_table(_TBODY, _CAPTION, _TABLE, _TABLE, out, s, records, pool)
        _close_in_table(_THEAD, _TFOOT, _TABLE, _TABLE, out, s, records, pool)
    elif t in (_OPTION, _OPTGROUP) and pool[s[STACK] + 3 * s[TOP]] == _OPTION:
        flush(out, s, records, pool)
        _pop(s[TOP], out, s, records, pool)
    elif _H1 <= t <= _H6 and _H1 <= pool[s[STACK] + 3 * s[TOP]] <= _H6:
        flush(out, s, records, pool)
        _pop(s[TOP], out, s, records, pool)
    elif t == _BUTTON and pool[_BUTTON] > 0:
        _close(_BUTTON, _BUTTON, 0, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _close(first: int, last: int, barrier: int, out: Any, s: Any, records: Any, pool: Any) -> bool:
    """Close the innermost open tag numbered `first` to `last`, and all in it, unless a barrier is in between."""
    k = s[TOP]
    lowest = max(k - REACH, 1) if barrier else 1
    while k >= lowest:
        tag = pool[s[STACK] + 3 * k]
        if first <= tag <= last:
            if not pool[s[STACK] + 3 * s[TOP] + 2] & IN_SKIP:
                flush(out, s, records, pool)
            _pop(k, out, s, records, pool)
            return True
        if html_tables.PROPS[tag] & barrier:
            return False
        k -= 1
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def _close_item(a: int, b: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the list item around, if no other block but `<div>`, `<p>` and `<address>` is in between."""
    k = s[TOP]
    lowest = max(k - REACH, 1)
    while k >= lowest:
        tag = pool[s[STACK] + 3 * k]
        if tag == a or tag == b:
            flush(out, s, records, pool)
            _pop(k, out, s, records, pool)
            return
        if html_tables.PROPS[tag] & BLOCK and tag not in (_DIV, _P, _ADDRESS):
            return
        k -= 1


@numba.njit(cache=True, nogil=True, _nrt=False)
def _close_in_table(a: int, b: int, stop: int, table: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the part `a` or `b` of the table around."""
    if pool[a] + pool[b] == 0:
        return
    k = s[TOP]
    lowest = max(k - REACH, 1)
    while k >= lowest:
        tag = pool[s[STACK] + 3 * k]
        if tag == a or tag == b:
            flush(out, s, records, pool)
            _pop(k, out, s, records, pool)
            return
        if tag == stop or tag == table:
            return
        k -= 1


@numba.njit(cache=True, nogil=True, _nrt=False)
def _raw(data: Any, i: int, j: int, end: int, name_end: int, t: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Content that is no markup: `<script>`, `<title>`, ...; returns the position behind the end tag."""
    stop = end if t == _PLAINTEXT else tags.raw_end(data, j, end, i + 1, name_end, t == _SCRIPT)
    skipped = pool[s[STACK] + 3 * s[TOP] + 2] & IN_SKIP
    if t == _TITLE:
        if s[text.TITLE_START] < 0 and not skipped:
            s[text.TITLE_START], s[text.TITLE_END] = j, stop
    elif t == _SCRIPT and s[tags.TYPE] >= 0:
        start, last = s[tags.TYPE], s[tags.TYPE + 1]
        if contains(data, start, last, html_tables.LD_JSON):
            _mark(JSON_LD, j, stop, out, s, records, pool)
        elif contains(data, start, last, html_tables.MATH_TEX) and not skipped:
            display = contains(data, start, last, html_tables.MODE_DISPLAY)
            text.write_formula(data, j, stop, out, s, records, pool, display, False)
    elif t in (_XMP, _PLAINTEXT) and not skipped:
        _write_raw(data, j, stop, out, s, records, pool)
    return _past(data, stop, end, 62)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _write_raw(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """The text of `<xmp>` and `<plaintext>`, as it stands."""
    if i < end:
        o = text.begin(data, i, 0, out, s, records, pool)
        s[text.BLOCK_FLAGS] |= IN_PRE
        for k in range(i, end):
            out[o] = data[k]
            o += data[k] >= 32 or data[k] == 10 or data[k] == 9
        s[OUT] = o
        flush(out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _push(data: Any, i: int, j: int, end: int, t: int, p: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Open a tag that has content; returns where scanning goes on."""
    top = s[TOP]
    if t == _A:
        _end_link(out, s, records, pool)
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
                    return _annotation(data, i, j, end, out, s, records, pool)
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
            if s[tags.REL] >= 0 and contains(data, s[tags.REL], s[tags.REL + 1], html_tables.LICEN):
                _mark(LICENCE, i, j, out, s, records, pool)
    element = pool[s[STACK] + 3 * top + 1]
    inside_pre = outer & IN_PRE
    if p & BLOCK and not (flags & IN_SKIP or inside_pre) and s[text.ELEMENTS] - s[text.ROOT] < text.MOST_ELEMENTS:
        element, flags = _element(data, element, t, flags, top, out, s, records, pool)
    top += 1
    pool[s[STACK] + 3 * top], pool[s[STACK] + 3 * top + 1], pool[s[STACK] + 3 * top + 2] = t, element, flags
    pool[t] += 1
    s[TOP] = top
    return j


@numba.njit(cache=True, nogil=True, _nrt=False)
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


@numba.njit(cache=True, nogil=True, _nrt=False)
def _element(
    data: Any, parent: int, t: int, flags: int, depth: int, out: Any, s: Any, records: Any, pool: Any
) -> tuple[int, int]:
    """Record a block-level tag; returns (its number, the flags inside it)."""
    e, n = s[text.ELEMENTS], s[text.WORDS_USED]
    row = records[1, e]
    row[E_PARENT], row[E_TAG], row[E_DEPTH], row[E_BLOCKS] = parent, t, depth, s[text.BLOCKS]
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
    s[text.WORDS_USED], s[text.ELEMENTS] = n, e + 1
    return e, flags


@numba.njit(cache=True, nogil=True, _nrt=False)
def _annotation(data: Any, i: int, j: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """The LaTeX source of the open `<math>`: it takes the place of what the formula has written."""
    stop = tags.raw_end(data, j, end, i + 1, i + 11, False)
    if s[MATH_OUT] >= s[START]:
        s[OUT], s[GAP] = s[MATH_OUT], s[MATH_GAP]
    text.write_formula(data, j, stop, out, s, records, pool, False, True)
    k = s[TOP]
    while k > 0 and pool[s[STACK] + 3 * k + 2] & IN_MATH:
        pool[s[STACK] + 3 * k + 2] |= IN_SKIP
        k -= 1
    s[MATH_OUT] = -1
    return _past(data, stop, end, 62)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _end_link(out: Any, s: Any, records: Any, pool: Any) -> None:
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
        _pop(k, out, s, records, pool)
        return
    pool[_A] -= 1
    pool[s[STACK] + 3 * k] = 0
    pool[0] += 1
    for m in range(k, s[TOP] + 1):
        pool[s[STACK] + 3 * m + 2] &= ~IN_LINK


@numba.njit(cache=True, nogil=True, _nrt=False)
def _end_tag(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Act on the end tag at `i`; returns the position behind it."""
    t, j = _tag_name(data, i + 2, end)
    j = tags.read_tag(data, j, end, s)
    if j > end:
        return end
    p = html_tables.PROPS[t]
    flags = pool[s[STACK] + 3 * s[TOP] + 2]
    if t == _BR:
        _break_line(flags, out, s, records, pool)
    elif t == _A:
        _end_link(out, s, records, pool)
    elif t == _P and pool[_P] == 0 and not flags & (IN_SKIP | IN_PRE):
        flush(out, s, records, pool)
    elif t == 0 or p & VOID or pool[t] == 0 or t in (_BODY, _HTML):
        if _H1 <= t <= _H6:
            _close(_H1, _H6, BARRIER, out, s, records, pool)
    elif p & BLOCK:
        _end_block(t, out, s, records, pool)
    else:
        _end_inline(t, out, s, records, pool)
    return j


@numba.njit(cache=True, nogil=True, _nrt=False)
def _end_block(t: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the innermost open `t`, unless it is outside of the table cell around."""
    top = s[TOP]
    if (
        pool[s[STACK] + 3 * top + 2] & IN_PRE
        and pool[s[STACK] + 3 * top] == t
        and pool[s[STACK] + 3 * (top - 1) + 2] & IN_PRE
    ):
        newline(out, s, records, pool)
        _pop(top, out, s, records, pool)
    elif t in (_TABLE, _TR, _TD, _TH, _TBODY, _THEAD, _TFOOT, _CAPTION):
        k = top
        lowest = max(k - REACH, 1)
        while k >= lowest and pool[s[STACK] + 3 * k] != t:
            if pool[s[STACK] + 3 * k] in (_TABLE, _TEMPLATE):
                return
            k -= 1
        if k >= lowest:
            flush(out, s, records, pool)
            _pop(k, out, s, records, pool)
    elif _H1 <= t <= _H6:
        _close(_H1, _H6, BARRIER, out, s, records, pool)
    elif html_tables.PROPS[t] & BARRIER:
        _close(t, t, 0, out, s, records, pool)
    else:
        _close(t, t, BARRIER, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _end_inline(t: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """Close the innermost open inline `t`, if no block was opened in it."""
    k = s[TOP]
    lowest = max(k - REACH, 1)
    while k >= lowest and pool[s[STACK] + 3 * k] != t:
        if html_tables.PROPS[pool[s[STACK] + 3 * k]] & BLOCK:
            return
        k -= 1
    if k >= lowest:
        _pop(k, out, s, records, pool)
        if t == _MATH:
            s[MATH_OUT] = -1
