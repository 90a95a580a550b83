"""The words by which personal data is found: names of accounts and of mail hosts, and what stands before a number.

`tables` makes of them what kernels look words up in: which characters begin or end one, and the words as code points.
"""

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np

from openclaw_data.kernels.pii_numbers import alnum, digit, folded, letter

CONTEXT, SSN_WORD, PASSPORT, EMAIL, IPV6, QQ, WECHAT, PLATE, NUMERALS = (1 << bit for bit in range(11, 20))
ALL = (1 << 20) - 1
BACK = 200
"""Bytes before a number in which a word is looked for: more than any pattern reaches."""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
NUMERAL_CHARACTERS = "〇零一二三四五六七八九幺"
MAIL_HOSTS = ("qq", "163", "126", "139", "189", "gmail", "hotmail", "outlook", "foxmail", "sina", "sohu", "yahoo",
              "icloud", "yeah", "aliyun", "live", "msn")  # fmt: skip
"""Whose addresses are told by a weak at sign, too: `#`, `(a)`, ` at `."""
_WEAK, _HOST = 1 << 20, 1 << 21
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
DIGIT, SIGN, COLON, WORD, NUMERAL, PROVINCE = 1, 2, 4, 8, 16, 32
"""What a character may begin: bits of `Tables.leads` and `Tables.flags`."""
_FORWARDS, _BACKWARDS, _HOSTS = range(3)
"""Lists of words: rows of `Tables.first`."""


class Tables(NamedTuple):
    """What drives `windows`; few arrays, because each call pays for each."""

    leads: Any  # uint8[128]: what an ASCII character may begin, bits
    flags: Any  # uint8[65536]: what a character may begin, bits
    pairs: Any  # bool[65536]: whether two characters may begin a word of `_FORWARDS`, by `pair`
    first: Any  # int16[3, 65536]: of each list the first word that begins with the character, -1 for none
    words: Any  # uint16[w, 12]: in lower case, those of a list that begin alike in a row; 0 behind the last
    facts: Any  # int64[w, 4]: characters; kind; whether no Latin letter may stand before it, and behind it
    ibans: Any  # int64[676]: how long an IBAN of a country is


@cache
def tables(ibans: tuple[tuple[str, int], ...]) -> Tables:
    """Build the tables, once a process; ibans: country and the length of its IBAN."""
    flags, pairs = np.zeros(1 << 16, np.uint8), np.zeros(1 << 16, np.bool_)
    for base in (0, 0xFEE0):
        flags[base + ord("0") : base + ord("9") + 1] = DIGIT
        flags[[base + ord("@"), base + ord("#")]] = SIGN
    flags[ord(":")] = COLON
    flags[[ord(c) for c in NUMERAL_CHARACTERS]] |= NUMERAL
    flags[[ord(c) for c in PROVINCES]] |= PROVINCE
    for word in "|".join(_FORWARD.values()).split("|"):
        pairs[pair(ord(word[0]), ord(word[1]))] = True
        for character in {word[0], word[0].upper(), *("\u3010" if word[0] == "[" else "")}:
            flags[ord(character)] |= WORD
            if character.isascii():
                flags[ord(character) + 0xFEE0] |= WORD
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


@numba.njit(cache=True, nogil=True, _nrt=False)
def pair(first: int, second: int) -> int:
    """The slot of two characters in `pairs`."""
    return (first * 31 + second) & 0xFFFF


@numba.njit(cache=True, nogil=True, _nrt=False)
def character(data: Any, i: int, end: int) -> Any:
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


@numba.njit(cache=True, nogil=True, _nrt=False)
def _ends(data: Any, i: int, begin: int, end: int, words: Any, facts: Any, w: int) -> int:
    """Where the word `w` ends if it stands at `i`, or 0."""
    j = i
    for k in range(facts[w, 0]):
        code, width = character(data, j, end)
        if not width or code != words[w, k]:
            return 0
        j += width
    if facts[w, 2] and i > begin and letter(data[i - 1]):
        return 0
    if facts[w, 3] and letter(folded(data, j, end)[0]):
        return 0
    return j


@numba.njit(cache=True, nogil=True, _nrt=False)
def is_host(data: Any, i: int, end: int, first: Any, words: Any, facts: Any) -> bool:
    """Does one of `MAIL_HOSTS` stand at `i`, or behind a space there?"""
    code, width = character(data, i, end)
    if code == 0x20:
        i += width
        code, width = character(data, i, end)
    w = np.int64(first[_HOSTS, code])
    while w >= 0 and words[w, 0] == code:
        j = _ends(data, i, i, end, words, facts, w)
        if j and not digit(folded(data, j, end)[0]):
            return True
        w += 1
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
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


@numba.njit(cache=True, nogil=True, _nrt=False)
def words_after(data: Any, i: int, begin: int, end: int, first: Any, words: Any, facts: Any) -> int:
    """The kind of the word at `i` if what it announces may follow, or 0."""
    code = character(data, i, end)[0]
    w = np.int64(first[_FORWARDS, code])
    while w >= 0 and words[w, 0] == code:
        kind = facts[w, 1]
        j = _ends(data, i, begin, end, words, facts, w)
        w += 1
        if not j:
            continue
        if kind == EMAIL:
            return EMAIL
        if kind == _WEAK:
            if is_host(data, j, end, first, words, facts):
                return EMAIL
        elif _account(data, j, end, kind):
            return kind
    return 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def words_before(data: Any, i: int, begin: int, end: int, first: Any, words: Any, facts: Any) -> int:
    """The kinds of the words that stand on the same line within `BACK` bytes before `i`."""
    found, j, stop = 0, i - 1, max(begin, i - BACK)
    while j >= stop and data[j] != 0x0A:
        if data[j] & 0xC0 != 0x80:
            code = character(data, j, end)[0]
            w = np.int64(first[_BACKWARDS, code])
            while w >= 0 and words[w, 0] == code:
                if not found & facts[w, 1] and _ends(data, j, begin, i, words, facts, w):
                    found |= facts[w, 1]
                w += 1
        j -= 1
    return found
