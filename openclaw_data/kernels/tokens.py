"""One scan of UTF-8 text into flat arrays of tokens and lines, which all signals share.

**Tokens** are words, punctuation marks and symbols; white space is none. A word is a run of letters, digits and marks
that combine, and each mark is a token of its own. Where words end inside such a run depends on whether the text is
Chinese (a Han character to every ten letters of ASCII, as in pages full of code):

* In other texts as spaCy's English rules do, on which the field's thresholds were set: a mark between two characters of
  a word divides it if it is `-` or `,` between letters, `:`, `<`, `>`, `=` or `/` before a letter, an arithmetic sign
  between digits, or the full stop of a sentence (`end.Next`); all others join (`3.14`, `O'Neil`, `foo_bar`, `f(x`). A
  contraction is two words (`do` `n't`, `she` `'s`); a web address, an abbreviation with its full stop, a row of
  dots and a row of hyphens are one token each.
* In Chinese texts as jieba cuts: every mark divides, but for a decimal point and a percent sign behind digits.

A run of Han characters is first one token and is then cut into words (`kernels.segmenter`). Kana and the scripts of
South East Asia that write no spaces stay in runs.

**Lines** end at U+000A; lines of white space alone are not lines, but they separate paragraphs.
"""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import segmenter
from openclaw_data.kernels.characters import (
    DIGIT,
    HAN,
    KANA,
    LATIN,
    LETTER,
    MARK,
    OTHER,
    PUNCTUATION,
    SPACE,
    SYMBOL,
    UPPER,
    character_classes,
    classify,
    decode,
    read,
)
from openclaw_data.kernels.word_marks import (
    ALONE,
    HAN_RUN,
    JOINS,
    MARKS,
    NUMBER,
    ROWS,
    SIGN,
    SPLITS,
    STICKS,
    WORD,
    address_length,
    mark_in_words,
)

COUNTS = (
    "chars",
    "spaces",
    "letters",
    "digits",
    "han",
    "kana",
    "latin",
    "punctuation",
    "symbols",
    "upper",
    "hashes",
    "ellipses",
    "private",
)
"""Columns of the counts of `scan`. `ellipses`: rows of … or of three dots and more; `private`: private use."""

_LATIN, _UPPER, _HASHES, _ELLIPSES, _PRIVATE = range(9, 14)
"""Slots of a tally behind those of the classes of characters."""
_SLOTS = (0, SPACE, LETTER, DIGIT, HAN, KANA, _LATIN, PUNCTUATION, SYMBOL, _UPPER, _HASHES, _ELLIPSES, _PRIVATE)
"""The slot of each of `COUNTS` but the first."""
_FNV_BASIS, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_32 = np.uint64(32)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _mostly_han(data: Any, i: int, stop: int) -> bool:
    """Is there a Han character to every ten letters of ASCII, as in Chinese pages full of code?"""
    han = latin = 0
    for k in range(i, stop):
        b = data[k]
        han += 0xE4 <= b <= 0xE9
        latin += 97 <= b | 32 <= 122
    return han > 0 and 10 * han >= latin


@numba.njit(cache=True, nogil=True, inline="always")
def _joins_in_chinese(data: Any, i: int, code: int, stop: int, word_before: Any) -> Any:
    """In Chinese texts only a decimal point and a percent sign belong to the word or number before them."""
    if not word_before:
        return False
    if code == 0x2E:
        return i + 1 < stop and 48 <= data[i + 1] <= 57
    return code == 0x25 and data[i - 1] < 0x80


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count_ascii(data: Any, i: int, stop: int, classes: Any, tally: Any) -> None:
    """Add the characters of a stretch of ASCII to `tally`."""
    for k in range(i, stop):
        b = data[k]
        cls = classes[b] & 0xF
        tally[cls] += 1
        tally[_LATIN] += cls == LETTER
        tally[_UPPER] += 65 <= b <= 90
        tally[_HASHES] += b == 0x23


@numba.njit(cache=True, nogil=True, _nrt=False)
def _han_run(data: Any, i: int, stop: int, classes: Any, codes: Any, at: Any, n: int, tally: Any) -> Any:
    """Write the Han characters from `i` on, and the marks on them, to codes and at from index `n`, and a break.

    Returns (the byte behind them, the index behind the break).
    """
    begin = n
    marks = 0
    while i < stop:
        at[n] = i
        b = np.int64(data[i])
        point: Any = 0
        if b & 0xF0 == 0xE0 and i + 2 < stop:
            point = (b & 0xF) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
        if segmenter.FIRST <= point <= segmenter.LAST:  # the most frequent ones
            codes[n] = point - segmenter.FIRST
            i += 3
        else:
            point, width = decode(data, i, stop)
            cls = classify(classes, point) & 0xF
            if cls not in (HAN, MARK):
                break
            marks += cls == MARK
            codes[n] = segmenter.ALONE
            i += width
        n += 1
    codes[n], at[n] = segmenter.BREAK, i
    tally[HAN] += n - begin - marks
    tally[MARK] += marks
    return i, n + 1


@numba.njit(cache=True, nogil=True, _nrt=False)
def _put_words(start: Any, end: Any, kind: Any, first: int, t: int, codes: Any, at: Any, word: Any, n: int) -> int:
    """Put the words in the places of the Han runs among the tokens first to t; returns the index behind the last one.

    From the end to the beginning, so that no token is written over before it has been moved.
    """
    grown = t
    for i in range(n):
        grown += word[i] if codes[i] != segmenter.BREAK else -1
    o, i = grown, n - 1
    for k in range(t - 1, first - 1, -1):
        if kind[k] != HAN_RUN:
            o -= 1
            start[o], end[o], kind[o] = start[k], end[k], kind[k]
            continue
        finish = end[k]
        i -= 1
        while i >= 0 and codes[i] != segmenter.BREAK:
            if i == 0 or word[i - 1]:
                o -= 1
                start[o], end[o], kind[o] = at[i], finish, WORD
                finish = at[i]
            i -= 1
    return grown


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _letters(
    data: Any, i: int, stop: int, width: int, entry: int, classes: Any, may_be_address: Any, tally: Any
) -> Any:
    """Count what begins with the letter at `i`: a web address, a run of letters of ASCII, or one letter beyond it.

    width, entry: of that letter. Returns the byte behind it.
    """
    if may_be_address and data[i] | 32 in (0x68, 0x77):
        size = address_length(data, i, stop)
        if size:
            _count_ascii(data, i, i + size, classes, tally)
            return i + size
    if data[i] >= 0x80:
        tally[LETTER] += 1
        tally[_LATIN] += (entry & LATIN) != 0
        tally[_UPPER] += (entry & UPPER) != 0
        return i + width
    begin, capitals = i, 0
    while i < stop and 97 <= data[i] | 32 <= 122:
        capitals += data[i] < 97
        i += 1
    tally[LETTER] += i - begin
    tally[_LATIN] += i - begin
    tally[_UPPER] += capitals
    return i


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _count_mark(code: int, cls: int, run: int, tally: Any) -> None:
    """Count a mark, the `run`th of several that are the same, or a symbol; what is neither counts as a symbol."""
    tally[PUNCTUATION if cls == PUNCTUATION else SYMBOL] += 1
    tally[_HASHES] += code == 0x23
    tally[_ELLIPSES] += (code == 0x2E and run == 3) or (code == 0x2026 and run == 1)
    tally[_PRIVATE] += 0xE000 <= code <= 0xF8FF or (code >= 0xF0000 and code & 0xFFFE != 0xFFFE)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _scan_text(
    data: Any, i: int, stop: int, classes: Any, codes: Any, at: Any, start: Any, end: Any, kind: Any, t: int, tally: Any
) -> Any:
    """Write the tokens of one text to start, end, kind from index `t` and count its characters in `tally` int64[14].

    Runs of Han are one token each; their characters are written to codes and at (see `segmenter.Room`). One branch a
    class of characters; each goes on from the token that the others left open, so they are one loop.
    Returns (the index behind the last token, how many characters and breaks were written).
    """
    n = glued = np.int64(0)
    chinese = _mostly_han(data, i, stop)
    open_kind: Any = np.int64(0)  # kind of the token that may go on; 0 behind white space
    last_class: Any = np.int64(OTHER)
    run_code: Any = -1
    run = 0
    while i < stop:
        code, width, entry = read(data, i, stop, classes)
        cls = entry & 0xF
        if cls == SPACE:
            tally[SPACE] += 1
            open_kind = 0
            i += width
        elif cls == LETTER:
            new = open_kind not in (WORD, NUMBER) or last_class == KANA
            if new:
                start[t] = i
                t += 1
            kind[t - 1] = WORD
            open_kind, last_class = WORD, LETTER
            i = _letters(data, i, stop, width, entry, classes, new and not chinese, tally)
            end[t - 1] = i
        elif cls == HAN:
            start[t], kind[t] = i, HAN_RUN
            i, n = _han_run(data, i, stop, classes, codes, at, n, tally)
            end[t] = i
            t += 1
            open_kind = HAN_RUN
        elif cls in (DIGIT, KANA):
            tally[cls] += 1
            in_word = open_kind in (WORD, NUMBER)
            if not in_word or (cls == KANA) != (last_class == KANA):
                open_kind = NUMBER if cls == DIGIT else WORD
                start[t], kind[t] = i, open_kind
                t += 1
            last_class = cls
            i += width
            end[t - 1] = i
        elif cls == MARK:
            tally[MARK] += 1
            i += width
            if open_kind != 0:
                end[t - 1] = i
        else:
            run = (run + 1 if code == run_code and open_kind == MARKS else 1) if cls == PUNCTUATION else 0
            run_code = code if cls == PUNCTUATION else run_code
            _count_mark(code, cls, run, tally)
            how, back = ALONE, 0
            if not chinese:
                how, back, glued = mark_in_words(
                    data, i, width, code, stop, classes,
                    start[t - 1], end[t - 1], open_kind, last_class, run, glued,
                )  # fmt: skip
            elif cls == PUNCTUATION and _joins_in_chinese(data, i, code, stop, open_kind in (WORD, NUMBER)):
                how = JOINS
            if how == SPLITS:
                end[t - 1] -= back
                start[t], kind[t] = i - back, WORD
                t += 1
            elif how != JOINS:
                in_row = not chinese and run > 1 and code < 0x80 and ROWS[code]
                open_kind = NUMBER if how == STICKS else MARKS if cls == PUNCTUATION else SIGN
                last_class = DIGIT if how == STICKS else last_class
                if not in_row:
                    start[t], kind[t] = i, open_kind
                    t += 1
            i += width
            end[t - 1] = i
    return t, n


@numba.njit(cache=True, nogil=True)
def _grown(array: Any, used: int, size: int) -> Any:
    """A copy of the first `used` entries with room for `size`."""
    made = np.empty(size, array.dtype)
    made[:used] = array[:used]
    return made


@numba.njit(cache=True, nogil=True)
def _scan(offsets: Any, data: Any, classes: Any, tables: Any, space: Any) -> Any:
    """`scan`, with classes uint8[TABLE_SIZE], and tables and room for the longest text of `segmenter`."""
    n = len(offsets) - 1
    size = max(offsets[n] - offsets[0], 0)
    counts, doc_tokens = np.zeros((n, len(COUNTS)), np.int32), np.zeros(n + 1, np.int64)
    room = size // 3 + 1  # most texts have a token to four bytes; memory that is never touched costs time, too
    start, end, kind = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint8)
    tally = np.zeros(14, np.int64)
    t: Any = np.int64(0)
    for d in range(n):
        most = t + offsets[d + 1] - offsets[d] + 1
        if most > room:
            room = max(most, 2 * room)
            start, end, kind = _grown(start, t, room), _grown(end, t, room), _grown(kind, t, room)
        tally[:] = 0
        first = t
        t, n = _scan_text(
            data, offsets[d], offsets[d + 1], classes, space.codes, space.at, start, end, kind, t, tally
        )  # fmt: skip
        if n:
            segmenter.find_words(n, tables, space)
            t = _put_words(start, end, kind, first, t, space.codes, space.at, space.word, n)
        doc_tokens[d + 1] = t
        counts[d, 0] = tally[:9].sum()
        for k in range(1, len(COUNTS)):
            counts[d, k] = tally[_SLOTS[k]]
    return counts, doc_tokens, start[:t], end[:t], kind[:t]


def scan(offsets: Any, data: Any) -> Any:
    """Find tokens and count characters.

    offsets int64[n+1], data uint8[bytes] -> (counts int32[n, len(COUNTS)], doc_tokens int64[n+1], start int64[t],
    end int64[t], kind uint8[t]).
    """
    longest = int(np.diff(offsets).max(initial=0))
    # A Han character with its break has three bytes at the least, a mark on it two.
    space = segmenter.room(longest + 2)
    return _scan(offsets, data, character_classes(), segmenter.tables(), space)


@numba.njit(cache=True, nogil=True)
def hash_spans(data: Any, start: Any, end: Any) -> Any:
    """Hash and length in characters of each span of bytes: (uint64[t], int32[t])."""
    hashes, chars = np.empty(len(start), np.uint64), np.empty(len(start), np.int32)
    for t in range(len(start)):
        h = _FNV_BASIS
        c = 0
        for i in range(start[t], end[t]):
            b = data[i]
            h = (h ^ np.uint64(b)) * _FNV_PRIME
            c += (b & 0xC0) != 0x80
        h = (h ^ (h >> _32)) * _MIX
        hashes[t], chars[t] = h ^ (h >> _32), c
    return hashes, chars
