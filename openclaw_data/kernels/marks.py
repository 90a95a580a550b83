"""Chapter headings, runs of bare nouns and particles: what tells novels, stuffed pages and classical Chinese."""

from functools import cache
from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.characters import HAN, PUNCTUATION, SPACE, character_classes, decode, read

_CHAPTER_ENDS = (0x7AE0, 0x8282, 0x7BC0, 0x56DE, 0x5377, 0x96C6)  # 章 节 節 回 卷 集
_CHAPTER_NUMBERS = "一二三四五六七八九十百千零〇两兩0123456789０１２３４５６７８９"
NUMBERS = np.array(sorted(ord(c) for c in _CHAPTER_NUMBERS), np.int64)
MODERN = np.array(
    sorted(ord(c) for c in "的了是在和我你他她它们們这這那就都也不有要会會说說去没沒吗嗎呢吧着著过過给給让讓把被"),
    np.int64,
)
"""Characters without which modern Chinese makes no sentences."""
CLASSICAL = np.array(sorted(ord(c) for c in "之乎者也矣焉哉曰兮耳歟欤夫盖蓋乃吾汝爾尔其而于於以"), np.int64)
"""Particles and pronouns of classical Chinese; modern Chinese has a few of them, never many."""
VOICE = np.array(sorted(ord(c) for c in "我俺咱吧呢啊哦嘛啦呀哈哎唉"), np.int64)
"""What someone says of themselves, and the particles of speech."""
_OFFICIAL = np.array(sorted(ord(c) for c in "国國省市县縣区區校院党黨军軍司"), np.int64)
"""What makes 我 the we of news and notices: 我国, 我省, 我校."""
_MODERN, _CLASSICAL, _VOICE, _INSIDE = 1, 2, 4, 8
_LEAST_RUN = 6
"""Bare nouns in a row that make a run."""


@cache
def particle_kinds() -> Any:
    """Which of the tables above characters are in, and what of ASCII parts no piece: bits, uint8[0xA000]."""
    table, classes = np.zeros(0xA000, np.uint8), character_classes()[:0x80] & 0xF
    for bit, codes in ((_MODERN, MODERN), (_CLASSICAL, CLASSICAL), (_VOICE, VOICE)):
        table[codes] |= bit
    table[:0x80][(classes != SPACE) & (classes != PUNCTUATION)] = _INSIDE
    table[ord("|")] = 0
    table.flags.writeable = False
    return table


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _holds(table: Any, code: int) -> Any:
    """Is the code point in the table?"""
    for value in table:  # noqa: SIM110 - numba has no any()
        if value == code:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def chapters(data: Any, doc_lines: Any, line_start: Any, line_end: Any) -> Any:
    """Lines that begin with 第, a number and 章, 节, 回, 卷 or 集, or with `Chapter` and a number: int64[n].

    data uint8[bytes], doc_lines int64[n+1], line_start and line_end int64[l].
    """
    out = np.zeros(len(doc_lines) - 1, np.int64)
    word = b"chapter "
    for d in range(len(out)):
        for n in range(doc_lines[d], doc_lines[d + 1]):
            i, stop = line_start[n], line_end[n]
            if data[i] | 32 == 0x63 and stop - i > 8:
                k = 0
                while k < 8 and data[i + k] | 32 == word[k]:
                    k += 1
                out[d] += k == 8 and (48 <= data[i + 8] <= 57 or data[i + 8] in (0x49, 0x56, 0x58))
                continue
            code, width = decode(data, i, stop)
            if code != 0x7B2C:
                continue
            i += width
            digits = 0
            while i < stop and digits < 8:
                code, width = decode(data, i, stop)
                i += width
                if not _holds(NUMBERS, code):
                    out[d] += digits > 0 and code in _CHAPTER_ENDS
                    break
                digits += 1
    return out


@numba.njit(cache=True, nogil=True, _nrt=False)
def _official(data: Any, i: int, stop: int) -> bool:
    """Does a word of office follow?"""
    if i >= stop:
        return False
    code, _ = decode(data, i, stop)
    return _holds(_OFFICIAL, code)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _count_han(data: Any, i: int, stop: int, kinds: Any, row: Any) -> tuple[int, int, bool]:
    """Add the Han characters from `i` on to columns 0, 1, 2 and 4 of `particles`, row int64[5].

    Returns (the byte behind them, how many they are, whether one is of `MODERN`). Only those of U+4E00 to U+9FFF: the
    tables have no others.
    """
    chars, voice = 0, 0
    modern: Any = 0
    classical: Any = 0
    while i + 2 < stop and (0xE5 <= data[i] <= 0xE9 or (data[i] == 0xE4 and data[i + 1] >= 0xB8)):
        low = np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
        code = (np.int64(data[i]) & 0xF) << 12 | low
        kind = np.int64(kinds[code])
        modern += kind & _MODERN
        classical += (kind & _CLASSICAL) >> 1
        if kind & _VOICE:
            voice += code != 0x6211 or not _official(data, i + 3, stop)
        chars += 1
        i += 3
    if chars:
        row[0] += chars
        row[1] += modern
        row[2] += classical
        row[4] += voice
    return i, chars, modern > 0


@numba.njit(cache=True, nogil=True)
def particles(offsets: Any, data: Any, classes: Any, kinds: Any) -> Any:
    """Han characters, those of two tables, characters in runs of bare nouns, those of `VOICE`: int64[n, 5].

    我 before a word of office (我国, 我校) is no voice.

    A run is six pieces or more in a row, each of 2 to 8 Han characters (digits and letters may stand among them)
    without a character of `MODERN`, parted by one mark or white space: of such are pages stuffed with search words.
    offsets int64[n+1], data uint8[bytes], classes uint8[TABLE_SIZE]; kinds: `particle_kinds`.
    """
    out = np.zeros((len(offsets) - 1, 5), np.int64)
    for d in range(len(out)):
        i, stop, row = offsets[d], offsets[d + 1], out[d]
        piece = run = run_chars = 0  # Han characters of the open piece; pieces and characters of the open run
        bare = True
        while i <= stop:
            i, chars, modern = _count_han(data, i, stop, kinds, row)
            piece += chars
            bare = bare and not modern
            inside = i
            while i < stop and kinds[data[i]] & _INSIDE:
                i += 1
            if i > inside:
                continue
            code, width, entry = np.int64(0x3002), 1, np.int64(PUNCTUATION)  # a text ends like a sentence
            if i < stop:
                code, width, entry = read(data, i, stop, classes)
            i += width
            if entry & 0xF == HAN:
                row[0] += 1
                piece += 1
            elif entry & 0xF in (SPACE, PUNCTUATION) or code == 0x7C:
                if piece and bare and 2 <= piece <= 8 and code not in (0x3002, 0xFF01, 0xFF1F):  # 。！？ end a run
                    run += 1
                    run_chars += piece
                elif piece:
                    row[3] += run_chars if run >= _LEAST_RUN else 0
                    run = run_chars = 0
                piece = 0
                bare = True
        row[3] += run_chars if run >= _LEAST_RUN else 0
    return out
