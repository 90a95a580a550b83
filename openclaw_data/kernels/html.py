"""One pass over the bytes of HTML pages: text cut into blocks, the elements around them, and what the head says.

No tree is built. The scanner reads markup as the HTML Standard's tokenizer does (section 13.2.5) and keeps a stack of
the open tags, with the rules for implied end tags that matter for text (13.2.6.4.7: `<p>`, `<li>`, table parts, links).
It works on any bytes in time linear in their number: whatever would look far up the stack stops after `REACH` tags.

A block is text between two block-level tags, or two `<br>` in a row. White space is collapsed, a line break of the
source between Han characters is dropped, `<br>` is a line feed; `<pre>` keeps its white space.

What is called at one place, or for nearly every tag, is `forceinline`: numba hands each array over as seven to eleven
values, forty of them for a call, and LLVM does not know that nobody else calls. That is a third of the scan's time.
"""

from typing import Any, NamedTuple

import numba
import numpy as np

from openclaw_data.kernels import html_names as names
from openclaw_data.kernels import html_stack as stack
from openclaw_data.kernels import html_start, html_tables
from openclaw_data.kernels import html_tags as tags
from openclaw_data.kernels import html_text as text
from openclaw_data.kernels.html_layout import (
    BLOCKS,
    BREAKS,
    COLUMNS,
    E_BLOCKS,
    E_PARENT,
    E_WORDS,
    E_WORDS_END,
    ELEMENT_WORDS,
    ELEMENTS,
    FIRST_BLOCK,
    FIRST_MARK,
    FORMULA_END,
    GAP,
    IMAGES,
    LINK_BYTES,
    LINKED,
    LINKS,
    MARK_POOL,
    MARKS,
    MATH_OUT,
    MOST_MARKS,
    OPEN_TAGS,
    OUT,
    ROOT,
    STACK,
    START,
    SUPERSCRIPT,
    TITLE_END,
    TITLE_START,
    TOP,
    WORDS_USED,
)
from openclaw_data.kernels.html_tables import BARRIER, BLOCK, IN_HEAD, IN_PRE, IN_SKIP, TAG, VOID
from openclaw_data.kernels.html_tags import is_space
from openclaw_data.kernels.html_text import flush

_A, _BODY, _BR, _HTML, _P, _H1, _H6 = (TAG[n] for n in ("a", "body", "br", "html", "p", "h1", "h6"))

PART = 192
"""Bytes that are looked through at once for the number of tags."""


class Scan(NamedTuple):
    """Flat arrays over a batch of pages. Positions count from the start of `data` and of `out`.

    `elements`: block-level tags in the order of their start, each page's first one a root without a tag.
    """

    data: Any  # uint8[...]: the pages
    offsets: Any  # int64[n+1]: page i is data[offsets[i]:offsets[i+1]]
    out: Any  # uint8[...]: text of all blocks, UTF-8
    blocks: Any  # int32[b, 9]: columns B_* of `html_layout`
    page_blocks: Any  # int64[n+1]: blocks of page i are page_blocks[i]:page_blocks[i+1]
    elements: Any  # int32[e, 9]: columns E_*
    page_elements: Any  # int64[n+1]
    words: Any  # int32[...]: class and id words by number; an element has words[E_WORDS:E_WORDS_END]
    marks: Any  # int32[m, 3]: kind, start, end
    page_marks: Any  # int64[n+1]
    titles: Any  # int64[n, 2]: source range of <title>, -1 where there is none
    link_text: Any  # uint8[...]: text in links, hidden ones too, each link and each block of one after a line feed
    page_link_text: Any  # int64[n+1]


def scan(offsets: Any, data: Any) -> Scan:
    """Scan a batch: offsets int64[n+1], data uint8[bytes], pages in UTF-8 (what is not passes through unread)."""
    offsets = np.asarray(offsets, np.int64)
    all_tags = _count_tags(data[offsets[0] : offsets[-1]])
    n, size = len(offsets) - 1, int(offsets[-1] - offsets[0])
    rows = all_tags + 2 * n + 1
    marks = min(all_tags + 1, MOST_MARKS * n)
    behind = OPEN_TAGS + 3 * (all_tags + 2)
    room = size + size // 3 + 64 * (n + 1)
    out = np.empty(2 * room + 2 * all_tags, np.uint8)  # text, and behind it the text of links again
    records = np.empty((2, rows, COLUMNS), np.int32)
    pool = np.empty(behind + 3 * marks + rows * ELEMENT_WORDS, np.int32)
    s = np.zeros(tags.REGISTERS, np.int64)
    s[STACK], s[MARK_POOL], s[WORDS_USED] = OPEN_TAGS, behind, behind + 3 * marks
    s[LINKED] = room
    pages, titles = np.zeros((4, n + 1), np.int64), np.empty((n, 2), np.int64)
    _scan(offsets, data, pages, titles, out, s, records, pool)
    return Scan(
        data, offsets, out[: s[OUT]], records[0, : s[BLOCKS]], pages[0], records[1, : s[ELEMENTS]], pages[1],
        pool, pool[behind : behind + 3 * s[MARKS]].reshape(-1, 3), pages[2], titles,
        out[room : s[LINKED]], pages[3],
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count_tags(data: Any) -> int:
    """The number of `<`. In parts whose number fits in a byte, so that it becomes vector code."""
    count: Any = 0
    for i in range(0, len(data), PART):
        some = np.uint8(0)
        for c in data[i : i + PART]:
            some = np.uint8(some + np.uint8(c == 60))
        count += some
    return count


@numba.njit(cache=True, nogil=True, _nrt=False)
def _scan(offsets: Any, data: Any, pages: Any, titles: Any, out: Any, s: Any, records: Any, pool: Any) -> None:
    """All pages; `pages` int64[4, n+1]: where each ends in blocks, elements, marks, link text; `titles` int64[n, 2]."""
    room = s[LINKED]
    for p in range(len(offsets) - 1):
        _page(data, offsets[p], offsets[p + 1], out, s, records, pool)
        titles[p, 0], titles[p, 1] = s[TITLE_START], s[TITLE_END]
        pages[0, p + 1], pages[1, p + 1], pages[2, p + 1] = s[BLOCKS], s[ELEMENTS], s[MARKS]
        pages[3, p + 1] = s[LINKED] - room


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _page(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> None:
    """One page, from registers and stack made ready to the last block closed."""
    pool[:OPEN_TAGS] = 0
    s[START] = s[OUT]
    s[FIRST_BLOCK], s[FIRST_MARK], s[ROOT] = s[BLOCKS], s[MARKS], s[ELEMENTS]
    s[GAP] = s[LINK_BYTES] = s[LINKS] = s[BREAKS] = s[IMAGES] = s[SUPERSCRIPT] = 0
    s[MATH_OUT] = s[FORMULA_END] = s[TITLE_START] = s[TITLE_END] = -1
    root = records[1, s[ROOT]]
    root[:] = 0
    root[E_PARENT], root[E_BLOCKS] = -1, s[BLOCKS]
    root[E_WORDS] = root[E_WORDS_END] = s[WORDS_USED]
    s[ELEMENTS] += 1
    s[TOP] = 0
    pool[s[STACK] + 3 * 0], pool[s[STACK] + 3 * 0 + 1], pool[s[STACK] + 3 * 0 + 2] = 0, s[ROOT], 0
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
                i = tags.past(data, i + 2, end)
        elif c == 33 and i + 3 < end and data[i + 2] == 45 and data[i + 3] == 45:
            i = tags.comment_end(data, i, end)
        elif c == 33 or c == 63:
            i = tags.past(data, i + 2, end)
        else:
            i = html_start.start_tag(data, i, end, out, s, records, pool)
    flush(out, s, records, pool)
    stack.pop(0, out, s, records, pool)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _end_tag(data: Any, i: int, end: int, out: Any, s: Any, records: Any, pool: Any) -> int:
    """Act on the end tag at `i`; returns the position behind it."""
    t, j = names.tag_name(data, i + 2, end)
    j = tags.read_tag(data, j, end, s)
    if j > end:
        return end
    p = html_tables.PROPS[t]
    flags = pool[s[STACK] + 3 * s[TOP] + 2]
    if t == _BR:
        text.break_line(flags, out, s, records, pool)
    elif t == _A:
        stack.end_link(out, s, records, pool)
    elif t == _P and pool[_P] == 0 and not flags & (IN_SKIP | IN_PRE):
        flush(out, s, records, pool)
    elif t == 0 or p & VOID or pool[t] == 0 or t in (_BODY, _HTML):
        if _H1 <= t <= _H6:
            stack.close(_H1, _H6, BARRIER, out, s, records, pool)
    elif p & BLOCK:
        stack.end_block(t, out, s, records, pool)
    else:
        stack.end_inline(t, out, s, records, pool)
    return j
