"""What a scanned block's text looks like: counts of its characters and words, as columns of one matrix."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.html_layout import B_END, B_START
from openclaw_data.kernels.html_tables import fnv
from openclaw_data.kernels.html_tags import FNV_BASIS, FNV_PRIME

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
STOP_CHAR = np.zeros(1 << 16, np.bool_)
STOP_CHAR[[ord(c) for c in _STOP_HAN]] = True

NONE, WORD_CHAR, DIGIT_CHAR, END_CHAR, COMMA_CHAR, MARK_CHAR, BAR_CHAR = range(7)


def _ascii() -> Any:
    kinds = np.full(128, NONE, np.uint8)
    kinds[[*range(65, 91), *range(97, 123), 95]] = WORD_CHAR
    kinds[48:58] = DIGIT_CHAR
    for chars, kind in (
        (".!?", END_CHAR),
        (",;:", COMMA_CHAR),
        ("\"'()[]{}-/", MARK_CHAR),
        ("|>*#<=+\\~^&%$@", BAR_CHAR),
    ):
        kinds[[ord(c) for c in chars]] = kind
    return kinds


ASCII = _ascii()


@numba.njit(cache=True, nogil=True, _nrt=False)
def _wide_kind(code: int) -> int:
    """Kind of a character beyond ASCII that is not Han."""
    if code in (0x3002, 0xFF01, 0xFF1F, 0x2026, 0xFF0E):  # 。！？…．
        return END_CHAR
    if code in (0xFF0C, 0x3001, 0xFF1B, 0xFF1A):  # ，、；：
        return COMMA_CHAR
    if (
        code in (0xB7, 0xBB, 0xAB, 0x2022, 0x203A, 0x2039, 0xFF5C, 0x25B6, 0x25BA, 0x2502, 0xA9, 0xAE)
        or 0x2190 <= code < 0x2200
        or 0x2500 <= code < 0x2700
    ):
        return BAR_CHAR
    if code < 0xC0 or 0x2000 <= code < 0x2070 or 0x3000 <= code < 0x3040 or 0xFF00 <= code < 0xFF10 or code > 0xFFE0:
        return MARK_CHAR
    return WORD_CHAR


@numba.njit(cache=True, nogil=True, _nrt=False)
def measure(out: Any, blocks: Any, stats: Any) -> None:
    """Fill `stats` int32[b, COLUMNS] from `out` uint8[...] and `blocks` int32[b, ...]."""
    for b in range(len(blocks)):
        row = stats[b]
        row[:] = 0
        i, end = np.int64(blocks[b, B_START]), np.int64(blocks[b, B_END])
        word, inside, whole, first, prior = FNV_BASIS, False, FNV_BASIS, FNV_BASIS, np.int64(NONE)
        while i < end:
            c = np.int64(out[i])
            width = 1 if c < 0x80 else 2 if c < 0xE0 else 3 if c < 0xF0 else 4
            code = c
            if c >= 0xE0 and i + 2 < end:
                code = (c & 15) << 12 | np.int64(out[i + 1] & 63) << 6 | np.int64(out[i + 2] & 63)
                if c >= 0xF0 and i + 3 < end:
                    code = (
                        (c & 7) << 18
                        | np.int64(out[i + 1] & 63) << 12
                        | np.int64(out[i + 2] & 63) << 6
                        | np.int64(out[i + 3] & 63)
                    )
            elif c >= 0x80 and i + 1 < end:
                code = (c & 31) << 6 | np.int64(out[i + 1] & 63)
            row[CHARS] += 1
            han = 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or 0x20000 <= code < 0x33480
            kind = np.int64(WORD_CHAR) if han else np.int64(ASCII[code]) if code < 128 else _wide_kind(code)
            if han:
                row[HAN] += 1
                row[STOPS] += code < 0x10000 and STOP_CHAR[code]
            if inside and (han or kind not in (WORD_CHAR, DIGIT_CHAR)):
                inside = False
                row[STOPS] += STOP_WORD[word & np.uint64(0xFFFF)]
            if kind == WORD_CHAR or kind == DIGIT_CHAR:
                small = c + 32 if 65 <= c <= 90 else c
                row[UPPER] += 65 <= c <= 90
                if not han:
                    if not inside:
                        inside, word = True, FNV_BASIS
                        row[LATIN] += 1
                    word = (word ^ np.uint64(small)) * FNV_PRIME
                if kind == DIGIT_CHAR:
                    row[DIGITS] += 1
                else:
                    row[LETTERS] += 1
                    for k in range(width):
                        byte = small if k == 0 else np.int64(out[min(i + k, end - 1)])
                        whole = (whole ^ np.uint64(byte)) * FNV_PRIME
                    if row[LETTERS] <= (4 if han else FIRST_LETTERS):
                        first = whole
            elif kind == END_CHAR:
                row[ENDS] += 1
            elif kind == COMMA_CHAR:
                row[COMMAS] += 1
            elif kind == MARK_CHAR:
                row[MARKS] += 1
            elif kind == BAR_CHAR:
                row[BARS] += 1
            if c == 10:
                row[LINES] += 1
            if c > 32:
                prior = kind if kind != MARK_CHAR else prior
            i += width
        if inside:
            row[STOPS] += STOP_WORD[word & np.uint64(0xFFFF)]
        row[TOKENS] = row[LATIN] + row[HAN]
        row[LAST_END] = prior == END_CHAR
        row[FIRST] = np.int32((first ^ first >> np.uint64(32)) & np.uint64(TEXTS - 1))
        row[WHOLE] = np.int32((whole ^ whole >> np.uint64(32)) & np.uint64(0x7FFFFFFF))
