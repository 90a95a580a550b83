"""C4's rules for lines (Raffel et al. 2020, arXiv:1910.10683, section 2.2), as datatrove has them."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.word_marks import MARKS

DROPPED, KEPT, LOREM, BRACE = range(4)
"""What becomes of a line; `LOREM` and `BRACE` drop its document."""
PHRASES = (
    b"lorem ipsum", b"javascript", b"terms of use", b"privacy policy", b"cookie policy", b"uses cookies",
    b"use of cookies", b"use cookies",
)  # fmt: skip
_LOREM_IPSUM, _JAVASCRIPT = 1, 2
"""Bits of the first two."""
_LONGEST = 1000
"""Bytes of a word, at most, in a line that stays."""


def _pack() -> Any:
    """The phrases as rows of bytes, ended by 0, uint8[phrases, 16]; and the letters they begin with, bool[256]."""
    rows, first = np.zeros((len(PHRASES), 16), np.uint8), np.zeros(256, np.bool_)
    for k, phrase in enumerate(PHRASES):
        rows[k, : len(phrase)] = list(phrase)
        first[phrase[0]] = first[phrase[0] - 32] = True
    return rows, first


ROWS, FIRST = _pack()


@numba.njit(cache=True, nogil=True, _nrt=False)
def _phrases(data: Any, i: int, stop: int, rows: Any, first: Any) -> int:
    """Bit k is set where phrase k stands in the line, in any case."""
    found = 0
    while i < stop:
        if first[data[i]]:
            for p in range(len(rows)):
                k = 0
                while rows[p, k] and i + k < stop:
                    b = data[i + k]
                    b += 32 * (65 <= b <= 90)
                    if b != rows[p, k]:
                        break
                    k += 1
                if rows[p, k] == 0:
                    found |= 1 << p
        i += 1
    return found


@numba.njit(cache=True, nogil=True, _nrt=False)
def citation_before(data: Any, begin: int, end: int) -> int:
    """Bytes of a citation mark (`[12]`, `[]`, `[edit]`, `[citation needed]`) that ends at `end`, 0 without one."""
    if end - begin < 2 or data[end - 1] != 0x5D:
        return 0
    i = end - 2
    while i > begin and data[i] != 0x5B and end - i < 20:
        i -= 1
    if data[i] != 0x5B:
        return 0
    size, digits = end - i - 2, True
    for k in range(i + 1, end - 1):
        digits = digits and 48 <= data[k] <= 57
    if digits:
        return end - i
    edit, needed = b"edit", b"citation needed"
    if size == 4:
        for k in range(4):
            if data[i + 1 + k] != edit[k]:
                return 0
        return end - i
    if size == 15:
        for k in range(15):
            if data[i + 1 + k] != needed[k]:
                return 0
        return end - i
    return 0


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _ends_well(data: Any, begin: int, end: int) -> bool:
    """Does a line end, but for citation marks, with . ? ! " or ', and not with three dots?"""
    cut = citation_before(data, begin, end)
    while cut:
        end -= cut
        cut = citation_before(data, begin, end)
    last = data[end - 1] if end > begin else np.uint8(0)
    dots = end - begin >= 3 and last == 0x2E and data[end - 2] == 0x2E and data[end - 3] == 0x2E
    return last in (0x2E, 0x3F, 0x21, 0x22, 0x27) and not dots


@numba.njit(cache=True, nogil=True, _nrt=False)
def _measure(data: Any, begin: int, end: int) -> tuple[int, int, bool]:
    """(words between white space, bytes of the longest, is there a {?) of a line."""
    words = longest = size = 0
    brace = False
    for i in range(begin, end):
        c = data[i]
        if c <= 32:
            words += size > 0
            size = 0
        else:
            size += 1
            longest = max(longest, size)
            brace = brace or c == 0x7B
    return words + (size > 0), longest, brace


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _judge(data: Any, begin: int, end: int, rows: Any, first: Any) -> int:
    """What becomes of a line; rows, first: `ROWS`, `FIRST`."""
    if not _ends_well(data, begin, end):  # most lines; they need no closer look
        return DROPPED
    words, longest, brace = _measure(data, begin, end)
    if longest > _LONGEST or words < 3:
        return DROPPED
    found = _phrases(data, begin, end, rows, first)
    if found & _LOREM_IPSUM:
        return LOREM
    if found & _JAVASCRIPT:
        return DROPPED
    if brace:
        return BRACE
    return DROPPED if found else KEPT


@numba.njit(cache=True, nogil=True, _nrt=False)
def _ends_sentence(data: Any, i: int) -> bool:
    """Is the mark at `i` one of . ! ? 。 ！ ． ？?"""
    c = data[i]
    if c in (0xE3, 0xEF):
        x, y = data[i + 1], data[i + 2]
        return (c == 0xE3 and x == 0x80 and y == 0x82) or (c == 0xEF and x == 0xBC and y in (0x81, 0x8E, 0x9F))
    return c in (0x2E, 0x21, 0x3F)


@numba.njit(cache=True, nogil=True)
def judge_lines(
    data: Any, doc_lines: Any, line_start: Any, line_end: Any, doc_tokens: Any, start: Any, kind: Any, chars: Any,
    rows: Any, first: Any,
) -> Any:  # fmt: skip
    """What becomes of each line, and the sentences it has.

    A line stays if it ends with . ? ! " or ' but not with ..., has three words between white space and none of more
    than 1,000 bytes, and neither `javascript` nor a phrase about terms and cookies. Citation marks at its end do not
    count. Sentences end with a . ! or ? that is a token, or their full-width forms; lines that go have none.

    data uint8[bytes]; doc_lines int64[n+1], line_start, line_end int64[l]; doc_tokens int64[n+1], start int64[t],
    kind uint8[t], chars int32[t]; rows, first: `ROWS`, `FIRST`. Returns (fate uint8[l], sentences int32[l]).
    """
    fate, sentences = np.zeros(len(line_start), np.uint8), np.zeros(len(line_start), np.int32)
    for d in range(len(doc_lines) - 1):
        t, last = doc_tokens[d], doc_tokens[d + 1]
        for n in range(doc_lines[d], doc_lines[d + 1]):
            fate[n] = _judge(data, line_start[n], line_end[n], rows, first)
            if fate[n] != KEPT:
                continue
            while t < last and start[t] < line_start[n]:
                t += 1
            ended, sentences[n] = False, 1
            while t < last and start[t] < line_end[n]:
                if kind[t] != MARKS:
                    sentences[n] += ended
                    ended = False
                elif chars[t] == 1:
                    ended = ended or _ends_sentence(data, start[t])
                t += 1
    return fate, sentences


@numba.njit(cache=True, nogil=True)
def sum_lines(doc_lines: Any, fate: Any, sentences: Any) -> Any:
    """Sentences, kept lines, whether a line with lorem ipsum or { dropped the document: int64[n, 3].

    The third column is the `fate` of the first such line, else 0.
    """
    out = np.zeros((len(doc_lines) - 1, 3), np.int64)
    for d in range(len(out)):
        for n in range(doc_lines[d], doc_lines[d + 1]):
            out[d, 0] += sentences[n]
            out[d, 1] += fate[n] == KEPT
            if fate[n] >= LOREM and out[d, 2] == 0:
                out[d, 2] = fate[n]
    return out
