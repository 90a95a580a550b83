"""One pass over UTF-8 that finds where personal data may stand, so that the patterns see next to nothing of the text.

What makes a candidate is a form that the value must have, whatever stands around it; each kind is a bit of `kinds`:

* of digits: what `pii_numbers` says, check digits included; three more kinds need a word before them (`BACK`):
  `CONTEXT` a phone word, `SSN_WORD`, `PASSPORT`.
* `EMAIL`: an at sign between a name and a host, or what stands for one: `[at]`, `(at)`, 艾特, `#`, ` dot `.
* `IPV6`: colons between hexadecimal digits, the first four of which are a public network's.
* `QQ`, `WECHAT`: the words for these accounts, with what may be one soon after.
* `PLATE`: a province's character, a Latin capital and five letters or digits.
* `NUMERALS`: eleven Chinese numerals in a row.

A candidate becomes a window of `MARGIN` bytes on both sides, longer where it may lie in a URL, cut at characters;
windows that touch become one.
"""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import pii_numbers
from openclaw_data.kernels.pii_numbers import IBAN, alnum, digit, folded, letter, separator
from openclaw_data.kernels.pii_words import (
    COLON,
    DIGIT,
    EMAIL,
    IPV6,
    NUMERAL,
    NUMERALS,
    PLATE,
    PROVINCE,
    SIGN,
    WORD,
    character,
    is_host,
    pair,
    words_after,
    words_before,
)

MARGIN, URL = 320, 2200
"""Bytes of context on each side of a candidate: more than any check looks at; and of a URL before it."""
MAX_VALUE = 150
"""Bytes of the longest value that is made of groups."""


@numba.njit(cache=True, nogil=True, _nrt=False)
def _sign(data: Any, i: int, begin: int, end: int, first: Any, words: Any, facts: Any) -> bool:
    """May the at sign, or the # in its place, at `i` be that of an e-mail address?"""
    code, width = folded(data, i, end)
    stop, j = i + width, i - 1
    while j > begin and data[j] & 0xC0 == 0x80:
        j -= 1
    c = folded(data, j, end)[0] if j >= begin else 0
    if c == 0x20 and j > begin:
        j -= 1
        while j > begin and data[j] & 0xC0 == 0x80:
            j -= 1
        c = folded(data, j, end)[0]
    if c in (0x28, 0x5B, 0x7B):  # (@)
        return True
    if not (alnum(c) or c in (0x2E, 0x5F, 0x25, 0x2B, 0x2D)):
        return False
    if code == 0x23:
        return is_host(data, stop, end, first, words, facts)
    c, width = folded(data, stop, end)
    if c == 0x20:
        stop += width
    dotted, j = False, stop
    while j < stop + 400:
        c, width = folded(data, j, end)
        if dotted and letter(c):
            return True
        if not (alnum(c) or c in (0x2D, 0x2E)):
            return False
        dotted = c == 0x2E
        j += width
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def _hexadecimal(b: int) -> bool:
    """Is it 0-9, A-F or a-f?"""
    return 0x30 <= b <= 0x39 or 0x41 <= b <= 0x46 or 0x61 <= b <= 0x66


@numba.njit(cache=True, nogil=True, _nrt=False)
def _ipv6(data: Any, i: int, begin: int, end: int) -> bool:
    """May the colon at `i` be the first of a public IPv6 address? Those begin with 2 or 3 and have 39 characters."""
    if i < begin + 4 or not 0x32 <= data[i - 4] <= 0x33:
        return False
    for j in range(i - 3, i):
        if not _hexadecimal(data[j]):
            return False
    colons, doubled = 0, False
    for j in range(i, min(end, i + 36)):
        if data[j] == 0x3A:
            colons += 1
            doubled |= j + 1 < end and data[j + 1] == 0x3A
        elif not _hexadecimal(data[j]):
            break
    return colons >= 7 or (doubled and colons >= 2)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _plate(data: Any, i: int, end: int) -> bool:
    """Behind a province's character: a capital, perhaps a mark, five capitals and digits, or four and a Han one."""
    c, width = folded(data, i, end)
    if c == 0x20:
        i += width
        c, width = folded(data, i, end)
    if not 0x41 <= c <= 0x5A:
        return False
    i += width
    c, width = folded(data, i, end)
    if c in (0, 0x20, 0x2D, 0x2E):  # a dot in the middle is not ASCII
        i += 2 if c == 0 and width == 1 else width
    for k in range(5):
        c, width = folded(data, i, end)
        if not (digit(c) or 0x41 <= c <= 0x5A):
            return k == 4 and width == 3
        i += width
    return True


@numba.njit(cache=True, nogil=True, _nrt=False)
def _extent(data: Any, i: int, end: int) -> Any:
    """The number whose first digit is at `i`: where it ends, its digits, groups and dots."""
    j = stop = i
    digits, groups, dots, gap = 0, 1, 0, 0
    while True:
        c, width = folded(data, j, end)
        if digit(c):
            groups += gap > 0
            digits, gap = digits + 1, 0
            stop = j = j + width
            continue
        gap += 1
        if gap > 3 or not separator(c):
            return stop, digits, groups, dots
        dots += c == 0x2E
        j += width


@numba.njit(cache=True, nogil=True, _nrt=False)
def _numbers(
    data: Any, i: int, after: int, begin: int, end: int, digits: Any, sizes: Any, marks: Any, ends: Any
) -> Any:
    """The groups of digits from `i` to `after`: (kinds or 0, where they begin and end)."""
    kind, start, last, at = 0, i, i, i
    while at < after:
        c, width = folded(data, at, end)
        if not digit(c):
            at += width
            continue
        found, held = pii_numbers.read(data, at, end, digits, sizes, marks, ends)
        one = pii_numbers.kinds(data, at, begin, end, found, held, digits, sizes, marks, ends)
        if one:
            start = start if kind else at
            kind, last = kind | one, max(last, ends[held - 1])
        at = ends[0]
        while digit(folded(data, at, end)[0]):  # a group that was cut off
            at += folded(data, at, end)[1]
    return kind, start, last


@numba.njit(cache=True, nogil=True, _nrt=False)
def _cut(data: Any, start: int, stop: int, begin: int, end: int) -> Any:
    """The window around a candidate, cut at characters."""
    left, right = max(begin, start - MARGIN), min(end, stop + MARGIN)
    least = max(begin, start - URL)
    while left > least and 0x20 < data[left - 1] < 0x7F:
        left -= 1
    while left > begin and data[left] & 0xC0 == 0x80:
        left -= 1
    while right < end and data[right] & 0xC0 == 0x80:
        right += 1
    return left, right


@numba.njit(cache=True, nogil=True, _nrt=False)
def _numerals(data: Any, i: int, end: int, flags: Any) -> int:
    """Where the Chinese numerals from `i` on end."""
    while i + 2 < end and 0xE0 <= data[i] < 0xF0 and flags[character(data, i, end)[0]] & NUMERAL:
        i += 3
    return i


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _number(
    data: Any, i: int, begin: int, end: int, t: Any, digits: Any, sizes: Any, marks: Any, ends: Any
) -> Any:  # fmt: skip
    """What the number whose first digit is at `i` may be: (kinds or 0, first byte, byte behind, the number's end)."""
    kind, start, last = 0, i, i
    stop, many, groups, dots = _extent(data, i, end)
    lettered = i > begin and (data[i - 1] >= 0x80 or letter(data[i - 1]))
    if lettered and pii_numbers.iban(data, i, begin, end, t.ibans):
        kind, last = IBAN, i + MAX_VALUE
    if many >= 7 or (many == 6 and groups >= 2) or dots >= 3:
        if many >= 6:
            kind |= words_before(data, i, begin, end, t.first, t.words, t.facts)
        found, where, until = _numbers(data, i, stop, begin, end, digits, sizes, marks, ends)
        start = i if kind else where
        last = max(until, i + MAX_VALUE if kind else i)
        kind |= found
    return kind, start, last, stop


@numba.njit(cache=True, nogil=True)
def windows(offsets: Any, data: Any, t: Any) -> Any:
    """Find the windows of each document that may hold personal data, in order.

    offsets int64[n+1], data uint8[bytes], t `Tables` -> (document int64[w], first byte int64[w], byte after the last
    int64[w], kinds int64[w]).
    """
    leads, flags, pairs, first, words, facts, _ = t
    digits, marks = np.empty(pii_numbers.MOST_DIGITS, np.uint8), np.empty(pii_numbers.MOST_GROUPS, np.uint8)
    sizes, ends = np.empty(pii_numbers.MOST_GROUPS, np.int64), np.empty(pii_numbers.MOST_GROUPS, np.int64)
    size = len(offsets) + (offsets[-1] - offsets[0]) // MARGIN  # all but a document's first hold a left margin
    out, n = np.empty((4, size), np.int64), 0
    for d in range(len(offsets) - 1):
        begin, end = offsets[d], offsets[d + 1]
        mine, i = n, begin
        while i < end:
            b = np.int64(data[i])
            if b < 0x80:
                flag, stop = leads[b], i + 1
            elif 0xE0 <= b < 0xF0 and i + 2 < end:
                code = (b & 0xF) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
                flag, stop = flags[code], i + 3
            else:
                flag, stop = np.uint8(0), i + 1
            if flag == 0:  # nearly all characters
                i = stop
                continue
            kind, start, last = 0, i, stop
            if flag & DIGIT:
                kind, start, last, stop = _number(data, i, begin, end, t, digits, sizes, marks, ends)
            if flag & WORD and pairs[pair(character(data, i, end)[0], character(data, stop, end)[0])]:
                kind |= words_after(data, i, begin, end, first, words, facts)
            if flag & PROVINCE and stop < end and (0x41 <= data[stop] <= 0x5A or data[stop] in (0x20, 0xEF)):
                kind |= PLATE if _plate(data, stop, end) else 0
            if flag & NUMERAL:
                stop = max(stop, _numerals(data, i, end, flags))
                kind |= NUMERALS if stop - i >= 33 else 0
            if flag & SIGN and _sign(data, i, begin, end, first, words, facts):
                kind = EMAIL
            if flag & COLON and _ipv6(data, i, begin, end):
                kind = IPV6
            if kind:
                left, right = _cut(data, start, min(last, end), begin, end)
                if n > mine and left <= out[2, n - 1]:
                    out[2, n - 1] = max(right, out[2, n - 1])
                    out[3, n - 1] |= kind
                else:
                    out[0, n], out[1, n], out[2, n], out[3, n] = d, left, right, kind
                    n += 1
            i = stop
    return out[0, :n].copy(), out[1, :n].copy(), out[2, :n].copy(), out[3, :n].copy()
