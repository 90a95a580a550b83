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

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np

from openclaw_data.kernels import pii_numbers
from openclaw_data.kernels.pii_numbers import IBAN, alnum, digit, folded, letter, separator

CONTEXT, SSN_WORD, PASSPORT, EMAIL, IPV6, QQ, WECHAT, PLATE, NUMERALS = (1 << bit for bit in range(11, 20))
ALL = (1 << 20) - 1
MARGIN, URL = 320, 2200
"""Bytes of context on each side of a candidate: more than any check looks at; and of a URL before it."""
MAX_VALUE = 150
"""Bytes of the longest value that is made of groups."""
BACK = 200
"""Bytes before a number in which a word is looked for: more than any pattern reaches."""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
NUMERAL_CHARACTERS = "〇零一二三四五六七八九幺"
MAIL_HOSTS = ("qq", "163", "126", "139", "189", "gmail", "hotmail", "outlook", "foxmail", "sina", "sohu", "yahoo",
              "icloud", "yeah", "aliyun", "live", "msn")  # fmt: skip
"""Whose addresses are told by a weak at sign, too: `#`, `(a)`, ` at `."""
_AT, _WEAK = 1 << 20, 1 << 21
_HOST = 1 << 22
_FORWARD = {
    QQ: "qq|q q|q群|q号|q:|扣扣|叩叩|企鹅|球球|加q|加 q|+q|+ q|群号|加群",
    WECHAT: "微信|微 信|微❤|绿泡泡|加我微|加我薇|加我v|"
    "薇信|徽信|威信|v信|vx|wx|wxid|weixin|wechat|加v|+v|➕v|加微|加薇|卫星号|薇❤|v❤",
    EMAIL: "艾特|dot |dot]|dot)|dot}|[at]|(at)|{at}|[ at ]|( at )|{ at }|点com|点cn|点net|点org|点edu|点)|点]|[#|(#",
    _WEAK: "(a)|[a]|{a}|at ",
}
_BACKWARD = {
    CONTEXT: "phone|telephone|tel|mobile|mob|cell|cellphone|fax|whatsapp|telegram|dial|hotline|reach|reaching|call|"
    "calling|ring|ringing|contact|contacting|text|texting|phoning|phoneing|ph|desk|office|home|work|direct|switchboard|telefax|"
    "t:|m:|f:|p:|o:|t.:|m.:|f.:|p.:|o.:|电话|手机|座机|固话|联系|热线|传真|致电|来电|拨打|咨询|拨号|话机|联络|电联|"
    "電話|手機|聯絡",
    SSN_WORD: "ssn|social sec|ss#",
    PASSPORT: "护照|護照|通行证|通行證|回乡证|台胞证|passport",
}
_FREE = {"wxid", "ssn", "social sec", "passport"}
"""Words behind which a letter may follow."""
_DIGIT, _SIGN, _COLON, _WORD, _NUMERAL, _PROVINCE = 1, 2, 4, 8, 16, 32


_FORWARDS, _BACKWARDS, _HOSTS = range(3)
"""Lists of words."""


class Tables(NamedTuple):
    """What drives `windows`; few arrays, because each call pays for each."""

    leads: Any  # uint8[128]: what an ASCII character may begin, bits
    flags: Any  # uint8[65536]: what a character may begin, bits
    pairs: Any  # bool[65536]: whether two characters may begin a word of `_FORWARDS`, by `_pair`
    first: Any  # int16[3, 65536]: of each list the first word that begins with the character, -1 for none
    words: Any  # uint16[w, 12]: in lower case, those of a list that begin alike in a row; 0 behind the last
    facts: Any  # int64[w, 4]: characters; kind; whether no Latin letter may stand before it, and behind it
    ibans: Any  # int64[676]: how long an IBAN of a country is


@cache
def tables(ibans: tuple[tuple[str, int], ...]) -> Tables:
    """Build the tables, once a process; ibans: country and the length of its IBAN."""
    flags, pairs = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.bool_)
    for base in (0, 0xFEE0):
        flags[base + ord("0") : base + ord("9") + 1] = _DIGIT
        flags[[base + ord("@"), base + ord("#")]] = _SIGN
    flags[ord(":")] = _COLON
    flags[[ord(c) for c in NUMERAL_CHARACTERS]] |= _NUMERAL
    flags[[ord(c) for c in PROVINCES]] |= _PROVINCE
    for word in "|".join(_FORWARD.values()).split("|"):
        pairs[_pair(ord(word[0]), ord(word[1]))] = True
        for character in {word[0], word[0].upper(), *("\u3010" if word[0] == "[" else "")}:
            flags[ord(character)] |= _WORD
            if character.isascii():
                flags[ord(character) + 0xFEE0] |= _WORD
    lists = (_FORWARD, _BACKWARD, {_HOST: "|".join(MAIL_HOSTS)})
    rows = [(n, w, kind) for n, listed in enumerate(lists) for kind, words in listed.items() for w in words.split("|")]
    rows.sort()
    first, words = np.full((3, 1 << 16), -1, np.int16), np.zeros((len(rows) + 1, 12), np.uint16)
    facts = np.zeros((len(rows), 4), np.int64)
    for number, (which, word, kind) in reversed(list(enumerate(rows))):
        words[number, : len(word)] = [ord(c) for c in word]
        first[which, ord(word[0])] = number
        left, right = (c.isascii() and c.isalpha() for c in (word[0], word[-1]))
        facts[number] = len(word), kind, left, right and word not in _FREE
    lengths = np.zeros(676, np.int64)
    for country, length in ibans:
        lengths[(ord(country[0]) - 65) * 26 + ord(country[1]) - 65] = length
    return Tables(flags[:128].copy(), flags, pairs, first, words, facts, lengths)


@numba.njit(cache=True, nogil=True)
def _pair(first: int, second: int) -> int:
    """The slot of two characters in `pairs`."""
    return (first * 31 + second) & 0xFFFF


@numba.njit(cache=True, nogil=True)
def _code(data: Any, i: int, end: int) -> Any:
    """Code point, in lower case and folded as by `folded`, and bytes; 0xFFFF for what is not in the BMP."""
    c, width = folded(data, i, end)
    if c:
        return (c | 0x20 if letter(c) else c), width
    if width < 3:
        return 0xFFFF, width
    code = np.int64(data[i] & 0xF) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
    if 0x3010 <= code <= 0x3011:  # 【】
        return (0x5B if code == 0x3010 else 0x5D), 3
    return code, 3


@numba.njit(cache=True, nogil=True)
def _ends(data: Any, i: int, begin: int, end: int, words: Any, facts: Any, w: int) -> int:
    """Where the word `w` ends if it stands at `i`, or 0."""
    j = i
    for k in range(facts[w, 0]):
        code, width = _code(data, j, end)
        if not width or code != words[w, k]:
            return 0
        j += width
    if facts[w, 2] and i > begin and letter(data[i - 1]):
        return 0
    if facts[w, 3] and letter(folded(data, j, end)[0]):
        return 0
    return j


@numba.njit(cache=True, nogil=True)
def _host(data: Any, i: int, end: int, first: Any, words: Any, facts: Any) -> bool:
    """Does one of `MAIL_HOSTS` stand at `i`, or behind a space there?"""
    code, width = _code(data, i, end)
    if code == 0x20:
        i += width
        code, width = _code(data, i, end)
    w = first[_HOSTS, code]
    while w >= 0 and words[w, 0] == code:
        j = _ends(data, i, i, end, words, facts, w)
        if j and not digit(folded(data, j, end)[0]):
            return True
        w += 1
    return False


@numba.njit(cache=True, nogil=True)
def _account(data: Any, i: int, end: int, kind: int) -> bool:
    """May an account follow? QQ: five digits within 60 bytes; WeChat: six letters, digits, _ or -."""
    size, j, digits_only = 0, i, kind == QQ
    while j < end and j < i + 60 + size:
        c, width = folded(data, j, end)
        if c == 0x0A and size == 0:
            return False
        good = digit(c) if digits_only else alnum(c) or c in (0x5F, 0x2D)
        size = size + 1 if good else 0
        if size >= (5 if digits_only else 6):
            return True
        j += width
    return False


@numba.njit(cache=True, nogil=True)
def _forward(data: Any, i: int, begin: int, end: int, first: Any, words: Any, facts: Any) -> int:
    """The kind of the word at `i` if what it announces may follow, or 0."""
    code = _code(data, i, end)[0]
    w = first[_FORWARDS, code]
    while w >= 0 and words[w, 0] == code:
        kind = facts[w, 1]
        j = _ends(data, i, begin, end, words, facts, w)
        w += 1
        if not j:
            continue
        if kind == EMAIL:
            return EMAIL
        if kind == _WEAK:
            if _host(data, j, end, first, words, facts):
                return EMAIL
        elif _account(data, j, end, kind):
            return kind
    return 0


@numba.njit(cache=True, nogil=True)
def _backward(data: Any, i: int, begin: int, end: int, first: Any, words: Any, facts: Any) -> int:
    """The kinds of the words that stand on the same line within `BACK` bytes before `i`."""
    found, j, stop = 0, i - 1, max(begin, i - BACK)
    while j >= stop and data[j] != 0x0A:
        if data[j] & 0xC0 != 0x80:
            code = _code(data, j, end)[0]
            w = first[_BACKWARDS, code]
            while w >= 0 and words[w, 0] == code:
                if not found & facts[w, 1] and _ends(data, j, begin, i, words, facts, w):
                    found |= facts[w, 1]
                w += 1
        j -= 1
    return found


@numba.njit(cache=True, nogil=True)
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
        return _host(data, stop, end, first, words, facts)
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


@numba.njit(cache=True, nogil=True)
def _hexadecimal(b: int) -> bool:
    return 0x30 <= b <= 0x39 or 0x41 <= b <= 0x46 or 0x61 <= b <= 0x66


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def _numerals(data: Any, i: int, end: int, flags: Any) -> int:
    """Where the Chinese numerals from `i` on end."""
    while i + 2 < end and 0xE0 <= data[i] < 0xF0 and flags[_code(data, i, end)[0]] & _NUMERAL:
        i += 3
    return i


@numba.njit(cache=True, nogil=True)
def windows(offsets: Any, data: Any, t: Any) -> Any:
    """Find the windows of each document that may hold personal data, in order.

    offsets int64[n+1], data uint8[bytes], t `Tables` -> (document int64[w], first byte int64[w], byte after the last
    int64[w], kinds int64[w]).
    """
    leads, flags, pairs, first, words, facts, ibans = t
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
                flag, code, stop = leads[b], b, i + 1
            elif 0xE0 <= b < 0xF0 and i + 2 < end:
                code = (b & 0xF) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
                flag, stop = flags[code], i + 3
            else:
                i += 1
                continue
            if flag == 0:
                i = stop
                continue
            kind, start, last = 0, i, stop
            if flag & _DIGIT:
                stop, many, groups, dots = _extent(data, i, end)
                lettered = i > begin and (data[i - 1] >= 0x80 or letter(data[i - 1]))
                if lettered and pii_numbers.iban(data, i, begin, end, ibans):
                    kind, last = IBAN, i + MAX_VALUE
                if many >= 7 or (many == 6 and groups >= 2) or dots >= 3:
                    if many >= 6:
                        kind |= _backward(data, i, begin, end, first, words, facts)
                    found, where, until = _numbers(data, i, stop, begin, end, digits, sizes, marks, ends)
                    start = i if kind else where
                    last = max(until, i + MAX_VALUE if kind else i)
                    kind |= found
            if flag & _WORD:
                following = _code(data, stop, end)[0]
                if pairs[_pair(_code(data, i, end)[0], following)]:
                    kind |= _forward(data, i, begin, end, first, words, facts)
            if flag & _PROVINCE and stop < end and (0x41 <= data[stop] <= 0x5A or data[stop] in (0x20, 0xEF)):
                kind |= PLATE if _plate(data, stop, end) else 0
            if flag & _NUMERAL:
                stop = max(stop, _numerals(data, i, end, flags))
                kind |= NUMERALS if stop - i >= 33 else 0
            if flag & _SIGN and _sign(data, i, begin, end, first, words, facts):
                kind = EMAIL
            if flag & _COLON and _ipv6(data, i, begin, end):
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
