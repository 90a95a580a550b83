"""Characters of UTF-8: decoding one, and its class and properties."""

import unicodedata
from functools import cache
from typing import Any

import numba
import numpy as np

OTHER, SPACE, LETTER, DIGIT, MARK, HAN, KANA, PUNCTUATION, SYMBOL = range(9)
"""Classes of characters: the low four bits of an entry of `character_classes`."""
LATIN, UPPER, TERMINAL = 0x10, 0x20, 0x40
"""Properties of characters: bits of an entry of `character_classes`."""
TABLE_SIZE = 0x33480  # past the last Han extension; what lies above is variation selectors and unassigned
ENDS = ".!?…。！？；．｡‼‽⁇⁈⁉؟۔।॥։።‥⋯﹒﹖﹗;！？" + "”’」』）»\"'"
"""Characters that end a sentence or close a quotation: FineWeb's and C4's, with the Chinese ones both leave out."""


@cache
def character_classes() -> Any:
    """Class and properties of every character below `TABLE_SIZE`, uint8[TABLE_SIZE]; built once a process."""
    table = np.zeros(TABLE_SIZE, np.uint8)
    by_category = {"Z": SPACE, "L": LETTER, "N": DIGIT, "M": MARK, "P": PUNCTUATION, "S": SYMBOL}
    ranges: list[tuple[int, int, int]] = [
        (0x2E80, 0x2FDF, HAN), (0x3005, 0x3007, HAN), (0x3021, 0x3029, HAN), (0x3038, 0x303B, HAN),
        (0x3400, 0x4DBF, HAN), (0x4E00, 0x9FFF, HAN), (0xF900, 0xFAFF, HAN), (0x20000, TABLE_SIZE - 1, HAN),
        (0x3041, 0x3096, KANA), (0x3099, 0x309F, KANA), (0x30A1, 0x30FA, KANA), (0x30FC, 0x30FF, KANA),
        (0x31F0, 0x31FF, KANA), (0xFF66, 0xFF9F, KANA), (0xFE00, 0xFE0F, MARK),
    ]  # fmt: skip
    for code in range(0x20000):
        category = unicodedata.category(chr(code))
        table[code] = MARK if category == "Cf" else by_category.get(category[0], OTHER)
        if category == "Lu":
            table[code] |= UPPER
    for first, last, kind in ranges:
        table[first : last + 1] = kind
    for first, last in (
        (0x41, 0x5A),
        (0x61, 0x7A),
        (0xC0, 0x24F),
        (0x1E00, 0x1EFF),
        (0xFF21, 0xFF3A),
        (0xFF41, 0xFF5A),
    ):
        letters = (table[first : last + 1] & 0xF) == LETTER
        table[first : last + 1] |= letters.astype(np.uint8) * np.uint8(LATIN)
    table[[9, 10, 11, 12, 13, 0x85]] = SPACE
    table[[ord(c) for c in ENDS]] |= TERMINAL
    table.flags.writeable = False
    return table


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def decode(data: Any, i: int, end: int) -> Any:
    """Code point and bytes of the character at `i`; a byte that is not UTF-8 is U+FFFD. Never reads at `end`."""
    b = np.int64(data[i])
    if b < 0x80:
        return b, 1
    if 0xC2 <= b < 0xE0 and i + 1 < end:
        return (b & 0x1F) << 6 | (data[i + 1] & 0x3F), 2
    if 0xE0 <= b < 0xF0 and i + 2 < end:
        return (b & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | (data[i + 2] & 0x3F), 3
    if 0xF0 <= b < 0xF5 and i + 3 < end:
        c = (b & 0x07) << 18 | np.int64(data[i + 1] & 0x3F) << 12 | np.int64(data[i + 2] & 0x3F) << 6
        return c | (data[i + 3] & 0x3F), 4
    return 0xFFFD, 1


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def classify(classes: Any, code: int) -> Any:
    """Entry of `character_classes` for any code point."""
    if code < TABLE_SIZE:
        return np.int64(classes[code])
    return MARK if 0xE0000 <= code <= 0xE0FFF else OTHER


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def read(data: Any, i: int, end: int, classes: Any) -> Any:
    """The character at `i`: (code point, bytes, entry of `character_classes`), ASCII by the shortest way."""
    b = np.int64(data[i])
    if b < 0x80:
        code, width, entry = b, 1, np.int64(classes[b])
    else:
        code, width = decode(data, i, end)
        entry = classify(classes, code)
    return code, width, entry


WANTED, JOINED = 1, 2
"""Bits of a table for `places`."""


@numba.njit(cache=True, nogil=True, _nrt=False)
def places(data: Any, i: Any, end: int, table: Any, out: Any) -> int:
    """Write where the characters begin that are looked for, and return how many they are.

    data uint8[bytes] of valid UTF-8, table uint8[65536] by the lower 16 bits of the code point: `WANTED`, and `JOINED`
    for characters of words: of these only the first of several counts; out int32[at least the text's bytes]: from `i`
    on. There is no branch but for the character's length, so it costs the same whatever is looked for.
    """
    begin: Any = i
    found: Any = 0
    before = np.int64(0)
    while i < end:
        out[found] = i - begin
        b = np.int64(data[i])
        if b < 0x80:
            code = b
            i += 1
        elif b < 0xE0:
            code = (b & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F)
            i += 2
        elif b < 0xF0:
            code = (b & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
            i += 3
        else:
            low = np.int64(data[i + 1] & 0x0F) << 12 | np.int64(data[i + 2] & 0x3F) << 6
            code = low | np.int64(data[i + 3] & 0x3F)
            i += 4
        entry = np.int64(table[code])
        found += (entry & WANTED) & ~((entry & before) >> 1)
        before = entry
    return found
