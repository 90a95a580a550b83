"""Where words end at a mark in texts that are not Chinese, by the rules that spaCy's tokenizer has for English."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.characters import DIGIT, LETTER, PUNCTUATION, SPACE, SYMBOL, UPPER, classify, decode

WORD, NUMBER, MARKS, SIGN, HAN_RUN = 1, 2, 3, 4, 5
"""Kinds of tokens: word with a letter; word without one; punctuation; symbol or unassigned; Han not yet cut."""
ALONE, JOINS, SPLITS, STICKS = range(4)
"""What a mark does: a token of its own; part of the word before; parts a contraction; begins a word."""

_PARTED_BY = np.zeros(128, np.uint8)  # 1: before letters; 2: between letters; 3: between digits
_PARTED_BY[[0x3A, 0x3C, 0x3D, 0x3E, 0x2F]] = 1  # : < = > /
_PARTED_BY[[0x2C, 0x7E]] = 2  # , ~
_PARTED_BY[[0x2A, 0x2B, 0x5E]] = 3  # * + ^
_PARTED_BY[0x2D] = 4  # - between letters and between digits
_STICKS = np.zeros(128, np.bool_)
_STICKS[[0x2F, 0x2E, 0x2D, 0x40, 0x5C, 0x7C, 0x5E, 0x7E]] = True  # / . - @ \ | ^ ~ belong to the word behind them
_STAYS = np.zeros(128, np.bool_)
_STAYS[[0x2F, 0x2D, 0x40, 0x5C, 0x7C, 0x5E, 0x3D]] = True  # / - @ \ | ^ = belong to the word before them
ROWS = np.zeros(128, np.bool_)
ROWS[[0x2E, 0x2D, 0x27, 0x60]] = True  # . - ' ` in a row are one token


@numba.njit(cache=True, nogil=True, _nrt=False)
def _joins(code: int, before: int, after: int, upper: Any) -> Any:
    """Does a mark between two word characters of these classes belong to the word, in a text that is not Chinese?

    `upper`: a capital follows a small letter.
    """
    if code == 0x2E:
        return not upper
    if code >= 128:
        return code in (0xB7, 0x2019)
    how = _PARTED_BY[code]
    letters, digits = before == LETTER and after == LETTER, before == DIGIT and after == DIGIT
    return not (
        (how == 1 and after == LETTER)
        or (how == 2 and letters)
        or (how == 3 and digits)
        or (how == 4 and (letters or digits))
    )


@numba.njit(cache=True, nogil=True, _nrt=False)
def _marks_ahead(data: Any, i: int, stop: int, classes: Any) -> Any:
    """How many marks of ASCII stand at `i`, are they all the same, and the class of what follows (SPACE at the end)."""
    n, same = 0, True
    while i < stop and n < 12:
        b = data[i]
        if b >= 0x80:
            code, _ = decode(data, i, stop)
            return n, same, classify(classes, code) & 0xF
        cls = classes[b] & 0xF
        if cls not in (PUNCTUATION, SYMBOL):
            return n, same, np.int64(cls)
        same = same and (n == 0 or b == data[i - 1])
        i += 1
        n += 1
    return n, same, SPACE


@numba.njit(cache=True, nogil=True, _nrt=False)
def _abbreviated(data: Any, start: int, end: int) -> bool:
    """Is the word an initial, or one of the titles and terms that are written with a full stop?"""
    size = end - start
    if size == 0 or not 97 <= data[end - 1] | 32 <= 122:
        return False
    if size == 1 or not 97 <= data[end - 2] | 32 <= 122:
        return size <= 8
    if size > 4:
        return False
    word = 0
    for i in range(start, end):
        word = word << 8 | (data[i] | 32)
    return (
        word in (0x6D72, 0x6D73, 0x6472, 0x6A72, 0x7372, 0x7374, 0x7673, 0x636F, 0x6D74)  # mr ms dr jr sr st vs co mt
        or word in (0x6D7273, 0x696E63, 0x6C7464, 0x67656E, 0x676F76, 0x73656E, 0x726570, 0x726576, 0x617665)
        or word in (0x6A616E, 0x666562, 0x617072, 0x617567, 0x736570, 0x6F6374, 0x6E6F76, 0x646563)  # months
        or word in (0x636F7270, 0x70726F66, 0x62726F73, 0x73657074)  # corp prof bros sept
    )


@numba.njit(cache=True, nogil=True, _nrt=False)
def _contraction(data: Any, i: int, width: int, stop: int) -> int:
    """Bytes before the apostrophe at `i` that belong to the second word (`'s`: 0, `n't`: 1), -1 if there is none."""
    j = i + width
    size = 0
    while j + size < stop and size < 4 and 97 <= data[j + size] | 32 <= 122:
        size += 1
    a = data[j] | 32
    if size == 1 and a == 0x74:
        return 1 if data[i - 1] | 32 == 0x6E else -1
    if size == 1:
        return 0 if a in (0x73, 0x6D, 0x64) else -1
    if size == 2:
        b = data[j + 1] | 32
        return 0 if (a, b) in ((0x72, 0x65), (0x6C, 0x6C), (0x76, 0x65)) else -1
    return -1


@numba.njit(cache=True, nogil=True, _nrt=False)
def address_length(data: Any, i: int, stop: int) -> int:
    """Bytes of a web address that begins at `i` with http://, https:// or www., 0 where none does."""
    if i + 5 >= stop:
        return 0
    if data[i] | 32 == 0x77:
        if not (data[i + 1] | 32 == 0x77 and data[i + 2] | 32 == 0x77 and data[i + 3] == 0x2E):
            return 0
    else:
        if not (data[i + 1] | 32 == 0x74 and data[i + 2] | 32 == 0x74 and data[i + 3] | 32 == 0x70):
            return 0
        j = i + 4 + (data[i + 4] | 32 == 0x73)
        if not (j + 2 < stop and data[j] == 0x3A and data[j + 1] == 0x2F and data[j + 2] == 0x2F):
            return 0
    j = i
    while j < stop and 0x21 <= data[j] < 0x7F and data[j] not in (0x22, 0x27, 0x3C, 0x3E, 0x28, 0x29, 0x5D, 0x60):
        j += 1
    while j > i and data[j - 1] in (0x2E, 0x2C, 0x3A, 0x3B, 0x21, 0x3F):
        j -= 1
    return j - i


@numba.njit(cache=True, nogil=True, _nrt=False)
def mark_in_words(
    data: Any, i: int, width: int, code: int, stop: int, classes: Any,
    begin: int, finish: int, open_kind: int, last_class: int, run: int, glued: int,
) -> Any:  # fmt: skip
    """What the mark at `i` does in a text that is not Chinese.

    begin, finish: bytes of the token before; run: marks like this one so far; glued: marks before this byte join.
    Returns (ALONE, JOINS, SPLITS or STICKS; bytes before the mark that a contraction's second word takes; glued).
    """
    word_before = open_kind in (WORD, NUMBER)
    if code in (0x27, 0x2019) and open_kind == WORD and last_class == LETTER and i + width < stop:
        back = _contraction(data, i, width, stop)
        if back >= 0 and finish - back > begin:
            return SPLITS, back, glued
    if i < glued:
        return JOINS, 0, glued
    if code >= 0x80 and code not in (0xB7, 0x2019):
        return ALONE, 0, glued
    more, same, after = _marks_ahead(data, i + width, stop, classes)
    if word_before and after in (LETTER, DIGIT):
        if more:
            joined = not (same and data[i + width] == code and code in (0x2E, 0x2D))
            glued = i + more + 1 if joined else glued
        else:
            after_code, _ = decode(data, i + width, stop)
            capital = (classify(classes, after_code) & UPPER) != 0 and 97 <= data[i - 1] <= 122
            joined = _joins(code, last_class, after, capital)
        return (JOINS if joined else ALONE), 0, glued
    if code >= 0x80:
        return ALONE, 0, glued
    if word_before:
        joined = _STAYS[code] or (code == 0x2E and more == 0 and _abbreviated(data, begin, finish))
        return (JOINS if joined else ALONE), 0, glued
    sticks = more == 0 and after in (LETTER, DIGIT) and _STICKS[code] and run < 2
    return (STICKS if sticks else ALONE), 0, glued
