"""What a scanned block's text looks like: counts of its characters and words, as columns of one matrix."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.html_layout import B_END, B_START
from openclaw_data.kernels.html_names import FNV_BASIS, FNV_PRIME
from openclaw_data.kernels.html_tables import fnv

TOKENS, LATIN, HAN, CHARS, DIGITS, UPPER, MARKS, ENDS, COMMAS, STOPS, BARS, LAST_END, FIRST, WHOLE, LETTERS, LINES = (
    range(16)
)
"""Columns: words and Han characters, words, Han characters, characters, digits, capitals, punctuation marks, marks
that end sentences, commas, frequent words and characters, bars and bullets, whether the last character ends a sentence,
hash of the first letters, hash of all of them, letters, lines."""
COLUMNS = 16
TEXTS = 1 << 14
"""Beginnings of texts are known by a hash of this many values."""
FIRST_LETTERS = 10
"""Bytes of letters that make a text's beginning."""

_STOP_WORDS = """the of and to in a is that for it as was with on by be at this are from have has not but he they his
her or an which you we were their been had more will one all about who its when there said can would i if so what out up
der die das und den von zu mit sich des auf ist im dem nicht ein eine als auch es an le la les de des et en un une du
que qui dans pour est pas el los las y por con una para"""
_STOP_HAN = "的了是在不有和这我他她们就也对为与而以于上中会能要说到从被把但时个都还其之或及你并让则使将因所很着"
_bits = np.zeros(1 << 16, np.bool_)
for _w in _STOP_WORDS.split():
    _bits[fnv(_w.encode()) & 0xFFFF] = True
STOP_WORD = _bits

NONE, WORD_CHAR, DIGIT_CHAR, END_CHAR, COMMA_CHAR, MARK_CHAR, BAR_CHAR = range(7)
HAN_CHAR, FREQUENT, IN_WORD = 8, 16, 32
"""Kinds of characters, and bits beside a kind: a Han character, a frequent one, a letter or digit of a word."""
_PLACES = {
    END_CHAR: ".!?。！？…．",
    COMMA_CHAR: ",;:，、；：",
    BAR_CHAR: "|>*#<=+\\~^&%$@·»«•›‹｜▶►│©®",
    MARK_CHAR: "\"'()[]{}-/",
}


def _kinds() -> Any:
    """Kinds of the characters up to U+FFFF."""
    kinds = np.full(1 << 16, WORD_CHAR, np.uint8)
    kinds[:128] = NONE
    kinds[[*range(65, 91), *range(97, 123), 95]] = WORD_CHAR
    kinds[48:58] = DIGIT_CHAR
    for start, end in ((0x80, 0xC0), (0x2000, 0x2070), (0x3000, 0x3040), (0xFF00, 0xFF10), (0xFFE1, 0x10000)):
        kinds[start:end] = MARK_CHAR
    kinds[0x2190:0x2200] = kinds[0x2500:0x2700] = BAR_CHAR
    for kind, chars in _PLACES.items():
        kinds[[ord(c) for c in chars]] = kind
    kinds[(kinds == WORD_CHAR) | (kinds == DIGIT_CHAR)] |= IN_WORD
    kinds[0x3400:0xA000] = kinds[0xF900:0xFB00] = WORD_CHAR | HAN_CHAR
    kinds[[ord(c) for c in _STOP_HAN]] |= FREQUENT
    return kinds


KIND = _kinds()
_COUNTED = (LETTERS, DIGITS, ENDS, COMMAS, MARKS, BARS, UPPER, LINES)
"""Columns that are counted together, a byte each of one word."""
_OF_KIND = np.array([0, *(1 << 8 * _COUNTED.index(k) for k in (LETTERS, DIGITS, ENDS, COMMAS, MARKS, BARS))], np.uint64)
_OF_ASCII = _OF_KIND[KIND[:128] & 7]
_OF_ASCII[65:91] += np.uint64(1 << 8 * _COUNTED.index(UPPER))
_OF_ASCII[10] += np.uint64(1 << 8 * _COUNTED.index(LINES))
_LOWER = np.arange(128, dtype=np.uint64)
_LOWER[65:91] += np.uint64(32)
_32, _LOW = np.uint64(32), np.uint64(0xFFFF)


@numba.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _character(out: Any, i: int, end: int) -> tuple[Any, int]:
    """(code point, bytes) of the character at `i`; of one that is cut off, its first byte."""
    c = np.int64(out[i])
    if c < 0x80:
        return c, 1
    if c < 0xE0:
        return ((c & 31) << 6 | np.int64(out[i + 1] & 63) if i + 1 < end else c), 2
    if i + 2 >= end:
        return c, 3 if c < 0xF0 else 4
    code = (c & 15) << 12 | np.int64(out[i + 1] & 63) << 6 | np.int64(out[i + 2] & 63)
    if c < 0xF0:
        return code, 3
    return ((c & 7) << 18 | (code & 0xFFF) << 6 | np.int64(out[i + 3] & 63) if i + 3 < end else code), 4


@numba.njit(cache=True, nogil=True, _nrt=False, inline="always")
def _kind(code: int) -> Any:
    """The entry of `KIND` of a code point; above U+FFFF Han counts as words, all else as marks."""
    if code < 1 << 16:
        return np.int64(KIND[code])
    return np.int64(WORD_CHAR | HAN_CHAR if 0x20000 <= code < 0x33480 else MARK_CHAR)


@numba.njit(cache=True, nogil=True, _nrt=False)
def measure(out: Any, blocks: Any, stats: Any) -> None:
    """Fill `stats` int32[b, COLUMNS] from `out` uint8[...] and `blocks` int32[b, ...]."""
    for b in range(len(blocks)):
        start, end = np.int64(blocks[b, B_START]), np.int64(blocks[b, B_END])
        stats[b] = 0
        _count(out, start, end, stats[b])
        stats[b, TOKENS] = stats[b, LATIN] + stats[b, HAN]
        stats[b, LETTERS] += stats[b, HAN]
        stats[b, FIRST] = _beginning(out, start, end)
        stats[b, LAST_END] = _ends_sentence(out, start, end)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count(out: Any, i: int, end: int, row: Any) -> None:
    """Counts of one block's characters, and the hash of its letters."""
    word, whole, inside = FNV_BASIS, FNV_BASIS, False
    chars = latin = han = frequent = np.int64(0)
    while i < end:
        counts, last = np.uint64(0), min(end, i + 255)  # a count of 255 fits in a byte
        while i < last:
            chars += 1
            if out[i] < 0x80:
                kind, small = np.int64(KIND[out[i]]), _LOWER[out[i]]
                letter = small
                counts += _OF_ASCII[out[i]]
                i += 1
            else:
                code, width = _character(out, i, end)
                kind, small, letter = _kind(code), np.uint64(out[i]), np.uint64(code)
                i += width
                if not kind & HAN_CHAR:
                    counts += _OF_KIND[kind & 7]
            if kind & IN_WORD:
                if not inside:
                    inside, word = True, FNV_BASIS
                    latin += 1
                word = (word ^ small) * FNV_PRIME
                if kind & 7 == WORD_CHAR:
                    whole = (whole ^ letter) * FNV_PRIME
                continue
            if inside:
                inside = False
                frequent += STOP_WORD[word & _LOW]
            if kind & HAN_CHAR:
                han += 1
                frequent += kind & FREQUENT != 0
                whole = (whole ^ letter) * FNV_PRIME
        for k in range(len(_COUNTED)):
            row[_COUNTED[k]] += np.int32(counts >> np.uint64(8 * k) & np.uint64(255))
    if inside:
        frequent += STOP_WORD[word & _LOW]
    row[CHARS], row[LATIN], row[HAN], row[STOPS] = chars, latin, han, frequent
    row[WHOLE] = np.int32((whole ^ whole >> _32) & np.uint64(0x7FFFFFFF))


@numba.njit(cache=True, nogil=True, _nrt=False)
def _ends_sentence(out: Any, start: int, i: int) -> bool:
    """Whether the last character before `i` that is no white space and no mark ends a sentence."""
    end = i
    while i > start:
        i -= 1
        while i > start and out[i] & 0xC0 == 0x80:
            i -= 1
        kind = _kind(_character(out, i, end)[0]) & 7
        if out[i] > 32 and kind != MARK_CHAR:
            return kind == END_CHAR
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def _beginning(out: Any, i: int, end: int) -> Any:
    """Number of the first letters: `FIRST_LETTERS` of them, or four Han characters."""
    letters, h, first = 0, FNV_BASIS, FNV_BASIS
    while i < end and letters < FIRST_LETTERS:
        code, width = _character(out, i, end)
        kind = _kind(code)
        if kind & 7 == WORD_CHAR:
            letters += 1
            h = (h ^ (_LOWER[code] if code < 128 and width == 1 else np.uint64(out[i]))) * FNV_PRIME
            for k in range(1, width):
                h = (h ^ np.uint64(out[min(i + k, end - 1)])) * FNV_PRIME
            if not kind & HAN_CHAR or letters <= 4:
                first = h
        i += width
    return np.int32((first ^ first >> _32) & np.uint64(TEXTS - 1))
