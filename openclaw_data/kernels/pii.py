"""One pass over UTF-8 that finds where personal data may stand, so that the exact checks see little of the text.

What makes a candidate (a bit of `kinds`):

* `DIGITS`: seven digits and more (six in groups), with short separators between them, that are no date, decimal or
  pair of years; three dots between digits; two letters and two digits that go on like an IBAN.
* `AT`: an at sign, or what stands for one: `[at]`, `(at)`, 艾特, `#` between letters, ` dot `.
* `COLONS`: two colons and more between hexadecimal digits.
* `QQ`, `WECHAT`: the words for these accounts, with a digit or Latin letter soon after.
* `PLATE`: a province's character before a Latin capital.
* `NUMERALS`: eleven Chinese numerals in a row.

A candidate becomes a window of `MARGIN` bytes on both sides, cut at characters; windows that touch become one.
Full-width digits, letters and signs count as what they are.
"""

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np

DIGITS, AT, COLONS, QQ, WECHAT, PLATE, NUMERALS = 1, 2, 4, 8, 16, 32, 64
"""Kinds of candidates, bits."""
ALL = 127
MARGIN = 320
"""Bytes of context on each side of a candidate: more than any check looks at."""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
NUMERAL_CHARACTERS = "〇零一二三四五六七八九幺"
_WORDS = {
    QQ: ("QQ", "扣扣", "叩叩", "企鹅", "球球", "Q群", "Q号", "加Q", "+Q"),
    WECHAT: (
        "微信",
        "微 信",
        "薇信",
        "徽信",
        "威信",
        "V信",
        "VX",
        "WX",
        "WXID",
        "WEIXIN",
        "WECHAT",
        "加V",
        "+V",
        "加微",
        "卫星号",
    ),
    AT: ("艾特", "DOT ", "DOT]", "DOT)", "[AT]", "(AT)", "（AT）", "[ AT ]", "( AT )", "【AT】", "点COM", "(A)", "[A]"),
}
_DIGIT, _SIGN, _COLON, _WORD, _NUMERAL, _CAPITAL, _PROVINCE = 1, 2, 4, 8, 16, 32, 64


class Tables(NamedTuple):
    """What drives `windows`."""

    leads: Any  # uint8[256]: what a byte may begin, bits; 1 for those of other characters in `flags`
    flags: Any  # uint8[65536]: what a character may begin, bits
    pairs: Any  # bool[65536]: whether two bytes, of which the first is ASCII, begin a word
    words: Any  # uint8[w, 16]: in capitals
    lengths: Any  # int64[w]
    kinds: Any  # uint8[w]


@cache
def tables() -> Tables:
    """Build the tables, once a process."""
    flags, pairs = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.bool_)
    for base in (0, 0xFEE0):
        flags[base + ord("0") : base + ord("9") + 1] = _DIGIT
        flags[[base + ord("@"), base + ord("#")]] = _SIGN
        flags[base + ord("A") : base + ord("Z") + 1] = _CAPITAL
    flags[ord(":")] = _COLON
    flags[[ord(c) for c in "ＱｑＶｖＷｗ"]] |= _WORD
    flags[[ord(c) for c in NUMERAL_CHARACTERS]] |= _NUMERAL
    flags[[ord(c) for c in PROVINCES]] |= _PROVINCE
    listed = [(word, kind) for kind, words in _WORDS.items() for word in words]
    for word, _ in listed:
        for start in {word[:2], word[:2].lower(), word[:2].title(), word[0].lower() + word[1:2]}:
            flags[ord(start[0])] |= _WORD
            first, second = start.encode()[:2]
            pairs[first << 8 | second] = True
    leads = np.where(np.arange(256) < 0x80, flags[:256] & ~np.uint8(_CAPITAL), 0).astype(np.uint8)
    leads[[chr(c).encode()[0] for c in np.flatnonzero(flags) if c >= 0x80]] = 1
    words = np.array([list(w.encode().ljust(16, b"\0")) for w, _ in listed], np.uint8)
    lengths = np.array([len(w.encode()) for w, _ in listed], np.int64)
    return Tables(leads, flags, pairs, words, lengths, np.array([kind for _, kind in listed], np.uint8))


@numba.njit(cache=True, nogil=True, inline="always")
def _code(data: Any, i: int, end: int) -> Any:
    """Code point of the ASCII or three-byte character at `i`; 0xFFFF for any other."""
    b = np.int64(data[i])
    if b < 0x80:
        return b
    if 0xE0 <= b < 0xF0 and i + 2 < end:
        return (b & 0xF) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
    return 0xFFFF


@numba.njit(cache=True, nogil=True, inline="always")
def _digit(data: Any, i: int, end: int) -> int:
    """Bytes of the ASCII or full-width digit at `i`, 0 where there is none."""
    if i >= end:
        return 0
    if 0x30 <= data[i] <= 0x39:
        return 1
    if data[i] == 0xEF and i + 2 < end and data[i + 1] == 0xBC and 0x90 <= data[i + 2] <= 0x99:
        return 3
    return 0


@numba.njit(cache=True, nogil=True)
def _separator(data: Any, i: int, end: int) -> int:
    """Bytes of what may stand between the digits of a number: space - . ( ) / and their wide and typographic forms."""
    if i >= end:
        return 0
    b = data[i]
    if b in (0x20, 0x2D, 0x2E, 0x28, 0x29, 0x2F):
        return 1
    if b == 0xC2 and i + 1 < end and data[i + 1] == 0xA0:
        return 2
    if i + 2 < end:
        if b == 0xE2 and data[i + 1] == 0x80 and 0x90 <= data[i + 2] <= 0x95:
            return 3
        if b == 0xE3 and data[i + 1] == 0x80 and data[i + 2] == 0x80:
            return 3
        if b == 0xEF and data[i + 1] == 0xBC and data[i + 2] in (0x88, 0x89, 0x8D, 0x8E):
            return 3
    return 0


@numba.njit(cache=True, nogil=True)
def _date(data: Any, i: int, end: int) -> int:
    """Where the date 19xx-m-d or 20xx.m.d at `i` ends, or `i`: three numbers between one mark of - . /."""
    if i + 8 > end or not ((data[i] == 0x31 and data[i + 1] == 0x39) or (data[i] == 0x32 and data[i + 1] == 0x30)):
        return i
    if _digit(data, i + 2, end) != 1 or _digit(data, i + 3, end) != 1:
        return i
    mark = data[i + 4]
    if mark not in (0x2D, 0x2E, 0x2F):
        return i
    j = i + 5
    for part in range(2):
        digits = 0
        while digits < 3 and _digit(data, j, end) == 1:
            j += 1
            digits += 1
        if digits == 0 or digits > 2:
            return i
        if part == 0:
            if j >= end or data[j] != mark:
                return i
            j += 1
    if j < end and data[j] in (0x2D, 0x2E, 0x2F) and _digit(data, j + 1, end):
        return i
    return j


@numba.njit(cache=True, nogil=True)
def _number(data: Any, i: int, end: int) -> tuple[int, int]:
    """The number that begins at `i`: (where it ends, 1 if it is a candidate)."""
    j = stop = i
    digits = groups = dots = gap = size = years = 0
    first = 0
    while True:
        width = _digit(data, j, end)
        if width:
            if gap or not digits:
                groups += 1
                size = 0
                years += j + 1 < end and (
                    (data[j] == 0x31 and data[j + 1] == 0x39) or (data[j] == 0x32 and data[j + 1] == 0x30)
                )
            digits += 1
            size += 1
            first += groups == 1
            gap = 0
            j += width
            stop = j
            continue
        width = _separator(data, j, end)
        gap += 1
        if not width or gap > 3:
            break
        dots += data[j] == 0x2E or (data[j] == 0xEF and data[j + 2] == 0x8E)
        j += width
    if digits == 8 and groups == 2 and first == 4 and years == 2:
        return stop, 0
    if groups == 2 and dots == 1 and data[i] != 0x30:
        return stop, 0
    return stop, int(digits >= 7 or (digits == 6 and groups >= 2) or dots >= 3)


@numba.njit(cache=True, nogil=True)
def _alnum(b: int) -> bool:
    return 0x30 <= b <= 0x39 or 0x41 <= b <= 0x5A or 0x61 <= b <= 0x7A


@numba.njit(cache=True, nogil=True)
def _letter(data: Any, i: int, begin: int, end: int) -> bool:
    return begin <= i < end and (0x41 <= data[i] <= 0x5A or 0x61 <= data[i] <= 0x7A)


@numba.njit(cache=True, nogil=True)
def _iban(data: Any, i: int, begin: int, end: int) -> bool:
    """Do two letters stand before the digits at `i`, and eleven letters and digits after two of them?"""
    if not (_letter(data, i - 1, begin, end) and _letter(data, i - 2, begin, end)):
        return False
    if i - 3 >= begin and _alnum(data[i - 3]):
        return False
    if _digit(data, i + 1, end) != 1:
        return False
    found = 0
    for j in range(i + 2, min(end, i + 20)):
        if _alnum(data[j]):
            found += 1
        elif data[j] not in (0x20, 0x2D):
            break
    return found >= 11


@numba.njit(cache=True, nogil=True)
def _hexadecimal(b: int) -> bool:
    return 0x30 <= b <= 0x39 or 0x41 <= b <= 0x46 or 0x61 <= b <= 0x66


@numba.njit(cache=True, nogil=True)
def _colons(data: Any, i: int, begin: int, end: int) -> bool:
    """May the colon at `i` be the first of an IPv6 address? Looks 40 bytes ahead, which is one more than those have."""
    if i == begin or not _hexadecimal(data[i - 1]):
        return False
    colons, doubled = 0, False
    for j in range(i, min(end, i + 40)):
        if data[j] == 0x3A:
            colons += 1
            doubled |= j + 1 < end and data[j + 1] == 0x3A
        elif not _hexadecimal(data[j]):
            break
    return colons >= 7 or (doubled and colons >= 2)


@numba.njit(cache=True, nogil=True)
def _is_word(data: Any, i: int, end: int, words: Any, w: int, length: int) -> bool:
    """Does word `w`, given in capitals, stand at `i`, whatever the case?"""
    if i + length > end:
        return False
    for k in range(length):
        b = data[i + k]
        if 0x61 <= b <= 0x7A:
            b -= 0x20
        if b != words[w, k]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _followed(data: Any, i: int, end: int, digits_only: int) -> bool:
    """Is there a letter or digit of an account within the next 40 bytes?"""
    for j in range(i, min(end, i + 40)):
        if _digit(data, j, end) or (not digits_only and (_alnum(data[j]) or data[j] == 0xEF)):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _word_kind(data: Any, i: int, begin: int, end: int, words: Any, lengths: Any, kinds: Any) -> Any:
    for w in range(len(words)):
        if _is_word(data, i, end, words, w, lengths[w]):
            after, kind = i + lengths[w], np.int64(kinds[w])
            if 0x41 <= words[w, 0] <= 0x5A and _letter(data, i - 1, begin, end):
                continue
            if words[w, 1] == 0x58 and lengths[w] == 2 and _letter(data, after, begin, end):  # vx, wx alone
                continue
            if kind == AT or _followed(data, after, end, int(kind == QQ)):
                return kind
    return 0


@numba.njit(cache=True, nogil=True)
def _candidate(data: Any, i: int, begin: int, end: int, code: int, t: Any) -> tuple[int, int]:
    """The candidate at the character `code` at `i`: (its kinds or 0, where to go on)."""
    flag, kind, width = t.flags[code], 0, 1 if code < 0x80 else 3
    stop = i + width
    if flag & _DIGIT:
        after = _date(data, i, end)
        if after > i:
            return 0, after
        stop, found = _number(data, i, end)
        return (DIGITS if found or _iban(data, i, begin, end) else 0), stop
    if flag & _SIGN:
        between = i > begin and stop < end and _alnum(data[i - 1]) and _alnum(data[stop])
        return (AT if code in (0x40, 0xFF20) or between else 0), stop
    if flag & _COLON:
        return (COLONS if _colons(data, i, begin, end) else 0), stop
    if flag & _WORD:
        if code in (0xFF31, 0xFF51):  # Ｑ ｑ
            kind = QQ
        elif code in (0xFF36, 0xFF37, 0xFF56, 0xFF57):  # Ｖ Ｗ ｖ ｗ
            kind = WECHAT
        elif i + 1 < end and t.pairs[np.int64(data[i]) << 8 | data[i + 1]]:
            kind = _word_kind(data, i, begin, end, t.words, t.lengths, t.kinds)
    if flag & _NUMERAL:
        j = i
        while j < end and t.flags[_code(data, j, end)] & _NUMERAL:
            j += 3
        kind |= NUMERALS if j - i >= 33 else 0
        stop = max(stop, j)
    if flag & _PROVINCE and stop < end and t.flags[_code(data, stop, end)] & _CAPITAL:
        kind |= PLATE
    return kind, stop


@numba.njit(cache=True, nogil=True)
def windows(offsets: Any, data: Any, t: Any) -> Any:
    """Find the windows of each document that may hold personal data, in order.

    offsets int64[n+1], data uint8[bytes], t `Tables` -> (document int64[w], first byte int64[w], byte after the last
    int64[w], kinds uint8[w]).
    """
    leads, flags, pairs, n = t.leads, t.flags, t.pairs, 0
    size = len(offsets) + (offsets[-1] - offsets[0]) // MARGIN  # all but a document's first hold a left margin
    where, kinds = np.empty((3, size), np.int64), np.empty(size, np.uint8)
    for d in range(len(offsets) - 1):
        begin, end = offsets[d], offsets[d + 1]
        first, i = n, begin
        while i < end:
            lead = leads[data[i]]
            if lead == 0:
                i += 1
                continue
            if lead == _WORD and (i + 1 >= end or not pairs[np.int64(data[i]) << 8 | data[i + 1]]):
                i += 1
                continue
            code = _code(data, i, end)
            if flags[code] & ~_CAPITAL == 0:
                i += 1
                continue
            kind, stop = _candidate(data, i, begin, end, code, t)
            if kind:
                left, right = max(begin, i - MARGIN), min(end, stop + MARGIN)
                while left > begin and data[left] & 0xC0 == 0x80:
                    left -= 1
                while right < end and data[right] & 0xC0 == 0x80:
                    right += 1
                if n > first and left <= where[2, n - 1]:
                    where[2, n - 1] = right
                    kinds[n - 1] |= kind
                else:
                    where[0, n], where[1, n], where[2, n], kinds[n] = d, left, right, kind
                    n += 1
            i = stop
    return where[0, :n].copy(), where[1, :n].copy(), where[2, :n].copy(), kinds[:n].copy()
