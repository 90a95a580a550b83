"""One scan of UTF-8 text into flat arrays of tokens and lines, which all signals share.

**Tokens** follow Unicode's word boundaries (UAX 29) in spirit: a run of letters, digits and marks is a word, joined
over `'`, `.`, `:` and `·` between letters
and over `,`, `.` and `'` between digits; a run of one repeated punctuation mark or
symbol is one token; white space is none. A run of Han characters is first one token and is then cut into words by
a segmenter (`han_runs`, `cut_runs`). Kana and the scripts of South East Asia that write no spaces stay in runs.

**Lines** end at U+000A; lines of white space alone are not lines, but they separate paragraphs.
"""

import unicodedata
from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np

OTHER, SPACE, LETTER, DIGIT, MARK, HAN, KANA, PUNCTUATION, SYMBOL = range(9)
"""Classes of characters: the low four bits of an entry of `character_classes`."""
LATIN, UPPER, TERMINAL = 0x10, 0x20, 0x40
"""Properties of characters: bits of an entry of `character_classes`."""
WORD, NUMBER, MARKS, SIGN, HAN_RUN = 1, 2, 3, 4, 5
"""Kinds of tokens: word with a letter; word without one; punctuation; symbol or unassigned; Han not yet cut."""
TABLE_SIZE = 0x33480  # past the last Han extension; what lies above is variation selectors and unassigned
ENDS = ".!?…。！？；．｡‼‽⁇⁈⁉؟۔।॥։።‥⋯﹒﹖﹗;！？" + "”’」』）»\"'"
"""Characters that end a sentence or close a quotation: FineWeb's and C4's, with the Chinese ones both leave out."""
COUNTS = ("chars", "spaces", "letters", "digits", "han", "kana", "latin", "punctuation", "symbols", "upper", "hashes")
"""Columns of `Scan.counts`."""

_FNV_BASIS, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_32 = np.uint64(32)


class Scan(NamedTuple):
    """Flat arrays over a batch. Byte positions count from the start of `data`."""

    counts: Any  # int32[n, len(COUNTS)]: characters of each class
    doc_tokens: Any  # int64[n+1]: tokens of document i are doc_tokens[i]:doc_tokens[i+1]
    start: Any  # int64[t]: first byte
    end: Any  # int64[t]: byte after the last
    kind: Any  # uint8[t]
    doc_lines: Any  # int64[n+1]: the same for lines
    line_start: Any  # int64[l]: first byte that is not white space
    line_end: Any  # int64[l]: byte after the last that is not
    line_chars: Any  # int32[l]: characters between the two
    line_first: Any  # uint32[l]: first character's code point
    line_last: Any  # uint32[l]: last character's code point
    line_opens: Any  # bool[l]: the line opens a paragraph


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


@numba.njit(cache=True, nogil=True, inline="always")
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


@numba.njit(cache=True, nogil=True, inline="always")
def classify(classes: Any, code: int) -> Any:
    """Entry of `character_classes` for any code point."""
    if code < TABLE_SIZE:
        return np.int64(classes[code])
    return MARK if 0xE0000 <= code <= 0xE0FFF else OTHER


@numba.njit(cache=True, nogil=True)
def _joins(code: int, before: int, after: int) -> bool:
    """Does a punctuation mark between two word characters of these classes belong to the word?"""
    if code == 0x5F:  # _
        return True
    if before == LETTER and after == LETTER:
        return code in (0x27, 0x2E, 0x3A, 0xB7, 0x2019)  # ' . : · ’
    return before == DIGIT and after == DIGIT and code in (0x27, 0x2C, 0x2E, 0x2019)  # ' , . ’


@numba.njit(cache=True, nogil=True)
def scan(offsets: Any, data: Any, classes: Any) -> Any:
    """Find tokens and lines and count characters.

    offsets int64[n+1], data uint8[bytes], classes uint8[TABLE_SIZE] -> the fields of `Scan`, Han runs uncut.
    """
    n = len(offsets) - 1
    size = max(offsets[n] - offsets[0], 0)
    counts = np.zeros((n, 11), np.int32)
    doc_tokens, doc_lines = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    start, end, kind = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.uint8)
    bound = 1
    for i in range(offsets[0], offsets[n]):
        bound += data[i] == 10
    bound += n
    line_start, line_end = np.empty(bound, np.int64), np.empty(bound, np.int64)
    line_chars, line_opens = np.empty(bound, np.int32), np.empty(bound, np.bool_)
    line_first, line_last = np.empty(bound, np.uint32), np.empty(bound, np.uint32)
    t = lines = 0
    for d in range(n):
        i, stop = offsets[d], offsets[d + 1]
        open_kind, open_code, last_class = 0, -1, OTHER
        line_open, opens, chars, chars_to_last = False, True, 0, 0
        total = spaces = letters = digits = han = kana = latin = punctuation = symbols = upper = hashes = 0
        blank = True  # nothing but white space since the last line feed
        while i < stop:
            code, width = decode(data, i, stop)
            entry = classify(classes, code)
            cls = entry & 0xF
            total += 1
            # Lines
            if code == 10:
                opens = opens or blank
                blank, line_open = True, False
            elif line_open:
                chars += 1
                if cls != SPACE:
                    chars_to_last = chars
                    line_end[lines - 1], line_last[lines - 1], line_chars[lines - 1] = i + width, code, chars_to_last
            elif cls != SPACE:
                blank, line_open, chars = False, True, 1
                line_start[lines], line_end[lines], line_chars[lines] = i, i + width, 1
                line_first[lines], line_last[lines], line_opens[lines] = code, code, opens
                opens = False
                lines += 1
            # Tokens
            if cls == LETTER:
                letters += 1
                latin += (entry & LATIN) != 0
                upper += (entry & UPPER) != 0
                if open_kind in (WORD, NUMBER) and last_class != KANA:
                    kind[t - 1] = WORD
                else:
                    start[t], kind[t] = i, WORD
                    t += 1
                open_kind, last_class = WORD, LETTER
                end[t - 1] = i + width
            elif cls == SPACE:
                spaces += 1
                open_kind = 0
            elif cls == HAN:
                han += 1
                if open_kind != HAN_RUN:
                    start[t], kind[t] = i, HAN_RUN
                    t += 1
                open_kind = HAN_RUN
                end[t - 1] = i + width
            elif cls == DIGIT:
                digits += 1
                if open_kind not in (WORD, NUMBER) or last_class == KANA:
                    start[t], kind[t] = i, NUMBER
                    t += 1
                    open_kind = NUMBER
                last_class = DIGIT
                end[t - 1] = i + width
            elif cls == KANA:
                kana += 1
                if open_kind != WORD or last_class != KANA:
                    start[t], kind[t] = i, WORD
                    t += 1
                open_kind, last_class = WORD, KANA
                end[t - 1] = i + width
            elif cls == MARK:
                if open_kind != 0:
                    end[t - 1] = i + width
            else:
                joined = False
                if cls == PUNCTUATION:
                    punctuation += 1
                    hashes += code == 0x23
                    if open_kind in (WORD, NUMBER) and last_class in (LETTER, DIGIT) and i + width < stop:
                        after, _ = decode(data, i + width, stop)
                        after_class = classify(classes, after) & 0xF
                        joined = after_class in (LETTER, DIGIT) and _joins(code, last_class, after_class)
                else:
                    symbols += 1
                if joined:
                    end[t - 1] = i + width
                else:
                    token_kind = MARKS if cls == PUNCTUATION else SIGN
                    if open_kind != token_kind or open_code != code:
                        start[t], kind[t] = i, token_kind
                        t += 1
                    open_kind, open_code = token_kind, code
                    end[t - 1] = i + width
            i += width
        doc_tokens[d + 1], doc_lines[d + 1] = t, lines
        row = (total, spaces, letters, digits, han, kana, latin, punctuation, symbols, upper, hashes)
        for k in range(11):
            counts[d, k] = row[k]
    return (
        counts, doc_tokens, start[:t].copy(), end[:t].copy(), kind[:t].copy(),
        doc_lines, line_start[:lines], line_end[:lines], line_chars[:lines],
        line_first[:lines], line_last[:lines], line_opens[:lines],
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def han_runs(data: Any, start: Any, end: Any, kind: Any) -> Any:
    """All Han runs one after the other, each followed by a line feed, uint8[...]: what a segmenter is given."""
    size = 0
    for t in range(len(kind)):
        if kind[t] == HAN_RUN:
            size += end[t] - start[t] + 1
    out = np.empty(size, np.uint8)
    p = 0
    for t in range(len(kind)):
        if kind[t] == HAN_RUN:
            for i in range(start[t], end[t]):
                out[p] = data[i]
                p += 1
            out[p] = 10
            p += 1
    return out


@numba.njit(cache=True, nogil=True)
def cut_runs(doc_tokens: Any, start: Any, end: Any, kind: Any, word_offsets: Any) -> Any:
    """Replace each Han run by its words.

    word_offsets int64[w+1]: the segmenter's words over the text of `han_runs`, line feeds being words.
    Returns (doc_tokens int64[n+1], start int64[t], end int64[t], kind uint8[t]).
    """
    runs = 0
    for t in range(len(kind)):
        runs += kind[t] == HAN_RUN
    total = len(kind) - 2 * runs + max(len(word_offsets) - 1, 0)
    new_start, new_end = np.empty(total, np.int64), np.empty(total, np.int64)
    new_kind, new_docs = np.empty(total, np.uint8), np.zeros(len(doc_tokens), np.int64)
    o = w = 0
    for d in range(len(doc_tokens) - 1):
        for t in range(doc_tokens[d], doc_tokens[d + 1]):
            if kind[t] != HAN_RUN:
                new_start[o], new_end[o], new_kind[o] = start[t], end[t], kind[t]
                o += 1
                continue
            i = start[t]
            while i < end[t]:
                size = word_offsets[w + 1] - word_offsets[w]
                new_start[o], new_end[o], new_kind[o] = i, i + size, WORD
                i += size
                w += 1
                o += 1
            w += 1  # the line feed
        new_docs[d + 1] = o
    return new_docs, new_start, new_end, new_kind


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
