"""What a line looks like: code, a table row, an item of a list, a number, capitals; one pass over the lines' bytes."""

from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.characters import HAN, KANA, LATIN, LETTER, decode
from openclaw_data.kernels.word_marks import address_length

SHAPES = (
    "code",
    "table",
    "numbered",
    "digits",
    "upper",
    "brace",
    "chinese",
    "latin",
    "stop",
    "enumerator",
    "speaker",
    "sentence",
    "quantity",
)
"""Bits of `shape_lines`, in this order.

* code: without Han and with a sign of a programming or command language (`;` or `{` at the end, `==`, `->`, `()`, a
  prompt, indented calls), or signs of code are at least a sixth of it
* table: at least two cells, divided by `|` or by tabs
* numbered: an item with its number: `1、`, `2.`, `(3)`, `④`, then text
* digits: a date, a time, a page number: digits and no letter
* upper: at least two letters with case, more than half of them capital
* brace: has `{` or `}`
* chinese, latin: which letters it is made of, a Han character weighing three
* stop: ends with one of FineWeb's marks
* enumerator: nothing but the number of an item
* speaker: begins with a name of at most 30 characters and a colon, as a line of a dialogue
* quantity: begins with an amount, behind a bullet perhaps, and goes on with letters: `1/2 cup sugar`, `¼ tsp salt`
* sentence: ends with 。！？…” or ：, has 5 to 500 characters, none of private use, no □, ■ or � (Chinese C4)
"""
BIT = {name: k for k, name in enumerate(SHAPES)}
COUNTS = ("urls", "url_chars", "markup_chars", "braces")
"""Columns of the counts."""
_CODE, _TABLE, _NUMBERED, _DIGITS, _UPPER, _BRACE, _CHINESE, _LATIN, _STOP, _ENUMERATOR, _SPEAKER, _SENTENCE = (
    np.uint32(1 << k) for k in range(12)
)
_QUANTITY = np.uint32(1 << 12)
_SIGNS = b"{}()[]<>=;_/\\|$#*&^~+@`%"


_ADDRESS, _SECOND, _MARKUP = 1, 2, 4
"""What may begin or end at a character of ASCII: an address, a pair of signs, markup. A bit each."""
_PART = 60_000
"""Characters that are counted in lanes of 16 bits at once."""


def _ascii_table() -> Any:
    """What each character of ASCII counts as, uint64[128, 3], so that one addition counts it everywhere.

    Lanes of 16 bits: small letters, capitals, digits, signs; what is more than a space, tabs, bars, braces. Then what
    it may begin or end, and in the second byte what it lets begin or end behind it.
    """
    table = np.zeros((128, 3), np.uint64)
    solid = "".join(map(chr, range(33, 128)))
    lanes = (ascii_lowercase, ascii_uppercase, digits, _SIGNS.decode()), (solid, "\t", "|", "{}")
    events = ((_ADDRESS, "hw"), (_SECOND, "=+&|>)"), (_MARKUP, "<]["))
    for code, c in enumerate(map(chr, range(128))):
        for column, four in enumerate(lanes):
            table[code, column] = sum(1 << 16 * k for k, held in enumerate(four) if c in held)
        behind = _MARKUP | _ADDRESS * (not c.isalpha()) | _SECOND * (c in "=+&|-(")
        table[code, 2] = sum(bit for bit, found in events if c in found) | behind << 8
    return table


ASCII_TABLE = _ascii_table()


@numba.njit(cache=True, nogil=True, _nrt=False)
def _number_length(data: Any, i: int, stop: int) -> int:
    """Bytes of an item's number at `i` (`12、`, `3.`, `(4)`, `（五）`, `⑥`), 0 where there is none."""
    j = i
    code, width = decode(data, j, stop)
    if 0x2460 <= code <= 0x2473:
        return width
    bracket = code in (0x28, 0xFF08)
    if bracket:
        j += width
    digits = 0
    while j < stop and 48 <= data[j] <= 57 and digits < 4:
        j += 1
        digits += 1
    if digits in (0, 4) or j >= stop:
        return 0
    code, width = decode(data, j, stop)
    if code in (0x29, 0xFF09):
        return j + width - i
    if bracket or code not in (0x2E, 0x3001, 0xFF0E, 0xFF0C, 0x2C, 0xFF1A, 0x3002):
        return 0
    after = data[j + width] if j + width < stop else np.uint8(32)
    if code in (0x2E, 0x2C) and 48 <= after <= 57:  # 3.14
        return 0
    return j + width - i


@numba.njit(cache=True, nogil=True, _nrt=False)
def _markup_length(data: Any, i: int, stop: int) -> int:
    """Bytes of markup at `i`: an HTML tag, the address of a Markdown link, a `[!directive]`; 0 where there is none."""
    b, after = data[i], data[i + 1]
    if b == 0x3C and (97 <= (after | 32) <= 122 or after in (0x2F, 0x21)):
        close = 0x3E
    elif b == 0x5D and after == 0x28:
        close = 0x29
    elif b == 0x5B and after == 0x21:
        close = 0x5D
    else:
        return 0
    for j in range(i + 2, min(stop, i + 400)):
        if data[j] == close:
            return j + 1 - i
    return 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def _speaks(data: Any, i: int, stop: int) -> bool:
    """Does a name and a colon stand at `i`? Letters, digits, spaces, #, ', - and brackets make a name."""
    begin = i
    while i < min(stop, begin + 31):
        b = data[i]
        if b == 0x3A:
            return i > begin and i + 1 < stop and data[i + 1] == 32
        if b == 0xEF and i + 2 < stop and data[i + 1] == 0xBC and data[i + 2] == 0x9A:  # ：
            return i > begin
        if b < 0x80 and not (97 <= b | 32 <= 122 or 48 <= b <= 57 or b in (32, 0x23, 0x27, 0x2D, 0x28, 0x29)):
            return False
        if b == 0xE3 and i + 1 < stop and data[i + 1] == 0x80:  # 、。《》「」
            return False
        if b == 0xEF and i + 1 < stop and data[i + 1] == 0xBC:  # ，！（
            return False
        i += 1
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def _amount(data: Any, i: int, stop: int) -> bool:
    """Does an amount stand at `i`: a digit or a fraction such as ½, perhaps behind one sign and a space?"""
    code, width = decode(data, i, stop)
    if i + width < stop and data[i + width] == 32 and not 48 <= code <= 57:
        i += width + 1
        if i >= stop:
            return False
        code, _ = decode(data, i, stop)
    return 48 <= code <= 57 or 0xBC <= code <= 0xBE or 0x2150 <= code <= 0x215E


@numba.njit(cache=True, nogil=True, _nrt=False)
def _is_code(data: Any, i: int, stop: int, strong: int, signs: int, solid: int) -> Any:
    """Is a line without Han program text or a command? By its end, its beginning, or many signs of code."""
    first, last = np.int64(data[i]), np.int64(data[stop - 1])
    second = np.int64(data[i + 1]) if i + 1 < stop else 32
    prompt = (first == 0x24 and second == 32) or (first == 0x3E and second == 0x3E)
    comment = first == 0x2F and second in (0x2F, 0x2A)
    include = first == 0x23 and 97 <= second <= 122
    return last in (0x3B, 0x7B, 0x7D) or strong > 0 or prompt or comment or include or 6 * signs >= solid


@numba.njit(cache=True, nogil=True, inline="always")
def _joins_signs(b: Any, before: Any) -> Any:
    """Is it the second of two signs that programs write: == ++ && || :: -> => ()?"""
    twice = b in (0x3D, 0x2B, 0x26, 0x7C, 0x3A) and before == b
    return twice or (b == 0x3E and before in (0x2D, 0x3D)) or (b == 0x29 and before == 0x28)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _event(data: Any, i: int, stop: int, skip: Any, before: int, counts: Any) -> Any:
    """What begins or ends at `i`: (is it the second of two signs that programs write, where markup or an address ends).

    Up to `skip` the bytes are such already. Adds to its document's counts int64[4].
    """
    b = data[i]
    if b in (0x68, 0x77):
        size = address_length(data, i, stop) if i >= skip else 0
        counts[0] += size > 0
        counts[1] += size
        return 0, max(skip, i + size)
    if b in (0x3C, 0x5D, 0x5B) and i >= skip and i + 1 < stop:
        size = _markup_length(data, i, stop)
        for k in range(i, i + size):
            counts[2] += (data[k] & 0xC0) != 0x80
        skip = max(skip, i + size)
    return int(_joins_signs(b, before)), skip


_TALLY = 13
_HAN, _LETTERS, _LATINS, _OTHERS, _STRONG, _LANES = 0, 1, 2, 3, 4, 5
"""Slots of a line's tally. Letters and Latin letters: beyond ASCII; others: characters beyond ASCII. Then the lanes."""


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count(data: Any, i: Any, stop: int, classes: Any, table: Any, counts: Any, tally: Any) -> bool:
    """Count the characters of the line of bytes i to stop in `tally` int64[13]; is there a damaged one?"""
    skip: Any = i
    before: Any = np.int64(0)
    han = letters = latins = others = strong = 0
    damaged = False
    tally[:] = 0
    while i < stop:
        part = min(stop, i + _PART)
        first, second = np.uint64(0), np.uint64(0)
        while i < part:
            b = np.int64(data[i])
            if b < 0x80:
                first += table[b, 0]
                second += table[b, 1]
                if table[b, 2] & (table[before, 2] >> np.uint64(8)) & np.uint64(7):
                    pair, skip = _event(data, i, stop, skip, before, counts)
                    strong += pair
                before = b
                i += 1
                continue
            before = 0
            others += 1
            if (0xE5 <= b <= 0xE9 or (b == 0xE4 and i + 1 < stop and data[i + 1] >= 0xB8)) and i + 2 < stop:
                han += 1
                i += 3
                continue
            code, width = decode(data, i, stop)
            entry = np.int64(classes[code]) if code < len(classes) else 0
            damaged |= 0xE000 <= code <= 0xF8FF or code in (0xFFFD, 0x25A0, 0x25A1)
            han += entry & 0xF in (HAN, KANA)
            if entry & 0xF == LETTER:
                letters += 1
                latins += (entry & LATIN) != 0
            i += width
        for k in range(4):
            tally[_LANES + k] += (first >> np.uint64(16 * k)) & np.uint64(0xFFFF)
            tally[_LANES + 4 + k] += (second >> np.uint64(16 * k)) & np.uint64(0xFFFF)
    tally[_HAN], tally[_LETTERS], tally[_LATINS], tally[_OTHERS], tally[_STRONG] = han, letters, latins, others, strong
    return damaged


@numba.njit(cache=True, nogil=True, _nrt=False)
def _shape(data: Any, begin: int, stop: int, tally: Any) -> Any:
    """Shape of the line of bytes begin to stop by its counts, and by what stands at its beginning."""
    lower, upper, figures, sign, solid, tabs, bars, braces = tally[_LANES:]
    solid += tally[_OTHERS]
    han, strong = tally[_HAN], tally[_STRONG]
    latin = tally[_LATINS] + upper + lower
    letters = tally[_LETTERS] + upper + lower + han
    shape: Any = np.uint32(0)
    if han == 0 and bars < 2 and (_is_code(data, begin, stop, strong, sign, solid) if latin else braces > 0):
        shape |= _CODE
    if bars >= 2 or tabs >= 2:
        shape |= _TABLE
    if _number_length(data, begin, stop):
        shape |= _NUMBERED if letters else _ENUMERATOR
    elif letters and _amount(data, begin, stop):
        shape |= _QUANTITY
    if figures and not letters:
        shape |= _DIGITS
    if upper + lower >= 2 and upper > lower:
        shape |= _UPPER
    if braces:
        shape |= _BRACE
    if letters:
        shape |= _CHINESE if 3 * han >= latin else _LATIN
    if _speaks(data, begin, stop):
        shape |= _SPEAKER
    return shape


@numba.njit(cache=True, nogil=True, inline="always")
def _ending(end: Any, chars: int, damaged: Any, stops: Any) -> Any:
    """Shape of a line by its last character."""
    shape: Any = np.uint32(0)
    if end in (0x3002, 0xFF01, 0xFF1F, 0x2026, 0x201D, 0xFF1A) and not damaged and 5 <= chars <= 500:
        shape |= _SENTENCE
    if end < len(stops) and stops[end]:
        shape |= _STOP
    return shape


@numba.njit(cache=True, nogil=True)
def shape_lines(
    data: Any, doc_lines: Any, line_start: Any, line_end: Any, line_chars: Any, line_last: Any,
    classes: Any, stops: Any, table: Any,
) -> Any:  # fmt: skip
    """Shapes of lines and counts of documents.

    data uint8[bytes], doc_lines int64[n+1], line_start and line_end int64[l], line_chars int32[l],
    line_last uint32[l]; classes uint8[TABLE_SIZE]; stops bool[TABLE_SIZE]: FineWeb's terminal marks; table:
    `ASCII_TABLE`. Returns (shapes uint32[l], counts int64[n, 4]: `COUNTS`).
    """
    shapes, counts = np.zeros(len(line_start), np.uint32), np.zeros((len(doc_lines) - 1, 4), np.int64)
    tally = np.empty(_TALLY, np.int64)
    for d in range(len(doc_lines) - 1):
        for n in range(doc_lines[d], doc_lines[d + 1]):
            damaged = _count(data, line_start[n], line_end[n], classes, table, counts[d], tally)
            counts[d, 3] += tally[_TALLY - 1]
            shapes[n] = _shape(data, line_start[n], line_end[n], tally)
            shapes[n] |= _ending(np.int64(line_last[n]), line_chars[n], damaged, stops)
    return shapes, counts


@numba.njit(cache=True, nogil=True)
def sum_bits(doc_lines: Any, bits: Any, weights: Any, width: int) -> Any:
    """Lines and weight of the lines with each bit.

    doc_lines int64[n+1], bits uint32[l], weights int32[l] -> (lines int64[n, width], weight int64[n, width]).
    """
    n = len(doc_lines) - 1
    lines, weight = np.zeros((n, width), np.int64), np.zeros((n, width), np.int64)
    for d in range(n):
        for i in range(doc_lines[d], doc_lines[d + 1]):
            left, k = bits[i], 0
            while left:
                if left & np.uint32(1):
                    lines[d, k] += 1
                    weight[d, k] += weights[i]
                left >>= np.uint32(1)
                k += 1
    return lines, weight
