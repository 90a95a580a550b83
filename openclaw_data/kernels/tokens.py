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
)
"""Columns of `Scan.counts`. `ellipses`: rows of … or of three dots and more."""

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


_PARTED_BY = np.zeros(128, np.uint8)  # 1: before letters; 2: between letters; 3: between digits
_PARTED_BY[[0x3A, 0x3C, 0x3D, 0x3E, 0x2F]] = 1  # : < = > /
_PARTED_BY[[0x2C, 0x7E]] = 2  # , ~
_PARTED_BY[[0x2A, 0x2B, 0x5E]] = 3  # * + ^
_PARTED_BY[0x2D] = 4  # - between letters and between digits
_STICKS = np.zeros(128, np.bool_)
_STICKS[[0x2F, 0x2E, 0x2D, 0x40, 0x5C, 0x7C, 0x5E, 0x7E]] = True  # / . - @ \ | ^ ~ belong to the word behind them
_STAYS = np.zeros(128, np.bool_)
_STAYS[[0x2F, 0x2D, 0x40, 0x5C, 0x7C, 0x5E, 0x3D]] = True  # / - @ \ | ^ = belong to the word before them
_ROWS = np.zeros(128, np.bool_)
_ROWS[[0x2E, 0x2D, 0x27, 0x60]] = True  # . - ' ` in a row are one token


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def _mostly_han(data: Any, i: int, stop: int) -> bool:
    """Is there a Han character to every ten letters of ASCII, as in Chinese pages full of code?"""
    han = latin = 0
    for k in range(i, stop):
        b = data[k]
        han += 0xE4 <= b <= 0xE9
        latin += 97 <= b | 32 <= 122
    return han > 0 and 10 * han >= latin


@numba.njit(cache=True, nogil=True)
def scan(offsets: Any, data: Any, classes: Any) -> Any:
    """Find tokens and lines and count characters.

    offsets int64[n+1], data uint8[bytes], classes uint8[TABLE_SIZE] -> the fields of `Scan`, Han runs uncut.
    """
    n = len(offsets) - 1
    size = max(offsets[n] - offsets[0], 0)
    counts = np.zeros((n, 12), np.int32)
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
        chinese = _mostly_han(data, i, stop)
        open_kind, last_class, run_code, run = 0, OTHER, -1, 0
        line_open, opens, blank, chars, glued = False, True, True, 0, 0
        total = spaces = letters = digits = han = kana = latin = punctuation = symbols = upper = hashes = ellipses = 0
        while i < stop:
            b = np.int64(data[i])
            if b < 0x80:
                code, width, entry = b, 1, np.int64(classes[b])
            else:
                code, width = decode(data, i, stop)
                entry = classify(classes, code)
            cls = entry & 0xF
            if cls == SPACE:
                total += 1
                spaces += 1
                open_kind = 0
                if code == 10:
                    opens = opens or blank
                    blank, line_open = True, False
                elif line_open:
                    chars += 1
                i += width
                continue
            begin: Any = i
            some: Any = 1  # the characters from here to i, after the branches below, are handled at once
            last_code: Any = code
            if cls == LETTER:
                if open_kind in (WORD, NUMBER) and last_class != KANA:
                    kind[t - 1] = WORD
                else:
                    start[t], kind[t] = i, WORD
                    t += 1
                    if not chinese and b < 0x80 and b | 32 in (0x68, 0x77):
                        length = address_length(data, i, stop)
                        for k in range(i + 1, i + length):
                            c = data[k]
                            cc = classes[c] & 0xF
                            letters += cc == LETTER
                            latin += cc == LETTER
                            upper += 65 <= c <= 90
                            digits += cc == DIGIT
                            punctuation += cc == PUNCTUATION
                            symbols += cc == SYMBOL
                            hashes += c == 0x23
                            last_code = np.int64(c)
                        if length:
                            some = length
                            width = length
                open_kind, last_class = WORD, LETTER
                letters += 1
                latin += (entry & LATIN) != 0
                upper += (entry & UPPER) != 0
                i += width
                if some == 1 and b < 0x80:
                    while i < stop and 97 <= data[i] | 32 <= 122:
                        upper += data[i] < 97
                        i += 1
                    some = i - begin
                    letters += some - 1
                    latin += some - 1
                    last_code = np.int64(data[i - 1])
                end[t - 1] = i
            elif cls == HAN:
                if open_kind != HAN_RUN:
                    start[t], kind[t] = i, HAN_RUN
                    t += 1
                open_kind = HAN_RUN
                i += width
                while i + 2 < stop and (0xE5 <= data[i] <= 0xE9 or (data[i] == 0xE4 and data[i + 1] >= 0xB8)):
                    i += 3
                    some += 1
                if some > 1:
                    last_code, _ = decode(data, i - 3, stop)
                han += some
                end[t - 1] = i
            elif cls == DIGIT:
                digits += 1
                if open_kind not in (WORD, NUMBER) or last_class == KANA:
                    start[t], kind[t] = i, NUMBER
                    t += 1
                    open_kind = NUMBER
                last_class = DIGIT
                i += width
                end[t - 1] = i
            elif cls == KANA:
                kana += 1
                if open_kind != WORD or last_class != KANA:
                    start[t], kind[t] = i, WORD
                    t += 1
                open_kind, last_class = WORD, KANA
                i += width
                end[t - 1] = i
            elif cls == MARK:
                i += width
                if open_kind != 0:
                    end[t - 1] = i
            else:
                joined = split = stick = False
                back = -1
                if cls == PUNCTUATION:
                    punctuation += 1
                    hashes += code == 0x23
                    run = run + 1 if code == run_code and open_kind == MARKS else 1
                    run_code = code  # type: ignore[assignment]
                    ellipses += (code == 0x2E and run == 3) or (code == 0x2026 and run == 1)
                    if chinese:
                        joined = (
                            code == 0x2E and open_kind in (WORD, NUMBER) and i + 1 < stop and 48 <= data[i + 1] <= 57
                        )
                    elif code in (0x27, 0x2019) and open_kind == WORD and last_class == LETTER and i + width < stop:
                        back = _contraction(data, i, width, stop)
                        split = back >= 0 and end[t - 1] - back > start[t - 1]
                    if chinese and code == 0x25 and open_kind in (WORD, NUMBER) and data[i - 1] < 0x80:
                        joined = True
                else:
                    symbols += 1
                    run = 0
                if not chinese and not split:
                    word_before = open_kind in (WORD, NUMBER)
                    marks, same, after = 1, True, SPACE
                    if i < glued:
                        joined = True
                    elif code < 0x80 or code in (0xB7, 0x2019):
                        marks, same, after = _marks_ahead(data, i + width, stop, classes)
                        marks += 1
                        same = same and (marks == 1 or data[i + width] == code)
                        if word_before and after in (LETTER, DIGIT):
                            if marks == 1:
                                after_code, _ = decode(data, i + width, stop)
                                capital = (classify(classes, after_code) & UPPER) != 0 and 97 <= data[i - 1] <= 122
                                joined = _joins(code, last_class, after, capital)
                            else:
                                joined = not (same and code in (0x2E, 0x2D))
                                glued = i + marks if joined else glued
                        elif word_before and code < 0x80:
                            joined = _STAYS[code] or (
                                code == 0x2E and marks == 1 and _abbreviated(data, start[t - 1], end[t - 1])
                            )
                        elif not word_before and marks == 1 and after in (LETTER, DIGIT) and code < 0x80:
                            stick = _STICKS[code] and run < 2
                if split:
                    end[t - 1] -= back
                    start[t], kind[t] = i - back, WORD
                    t += 1
                    end[t - 1] = i + width
                elif joined:
                    end[t - 1] = i + width
                else:
                    token_kind = MARKS if cls == PUNCTUATION else SIGN
                    row = not chinese and run > 1 and cls == PUNCTUATION and code < 0x80 and _ROWS[code]
                    if stick:
                        token_kind = NUMBER
                        last_class = DIGIT
                    if not row:
                        start[t], kind[t] = i, token_kind
                        t += 1
                    open_kind = token_kind
                    end[t - 1] = i + width
                i += width
            total += some
            if line_open:
                chars += some
            else:
                blank, line_open, chars = False, True, some
                line_start[lines], line_first[lines], line_opens[lines] = begin, code, opens
                opens = False
                lines += 1
            line_end[lines - 1], line_last[lines - 1], line_chars[lines - 1] = i, last_code, chars
        doc_tokens[d + 1], doc_lines[d + 1] = t, lines
        row_counts = (
            total, spaces, letters, digits, han, kana, latin, punctuation, symbols, upper, hashes, ellipses,
        )  # fmt: skip
        for k in range(12):
            counts[d, k] = row_counts[k]
    return (
        counts, doc_tokens, start[:t].copy(), end[:t].copy(), kind[:t].copy(),
        doc_lines, line_start[:lines], line_end[:lines], line_chars[:lines],
        line_first[:lines], line_last[:lines], line_opens[:lines],
    )  # fmt: skip


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
