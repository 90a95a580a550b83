"""Parts of the HTML scanner that read one piece of markup: a tag's attributes, an entity, a comment, raw text."""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from openclaw_data.kernels.html_names import FNV_BASIS, FNV_PRIME, attribute_name, lookup
from openclaw_data.kernels.html_tables import (
    DASH,
    ENTITY_AT,
    ENTITY_KEYS,
    ENTITY_TEXT,
    GREATER,
    LESS,
    WINDOWS,
    WORD_BYTE,
    WORDS,
)
from openclaw_data.kernels.html_vectors import RUN, equal_bytes, lowest

CLASS, ID, STYLE, HREF, TYPE, ROLE, ITEMPROP, ENCODING, REL, DATETIME, ALT, SRC, HIDDEN, SELF_CLOSING = range(32, 60, 2)
"""Attributes that are remembered: registers of the value's start, with its end behind it; -1 where
there is none. HIDDEN and SELF_CLOSING have no value."""
REGISTERS = 60

_32 = np.uint64(32)
ENTITY_BYTES = 40
"""Where the search for the end of an entity's name stops; the longest name has 31 letters."""


@numba.njit(cache=True, nogil=True, _nrt=False, inline="always")
def is_space(c: int) -> bool:
    """White space of HTML's syntax."""
    return c == 32 or (9 <= c <= 13 and c != 11)


@intrinsic
def _memchr(context: Any, data: Any, i: Any, byte: Any, size: Any) -> Any:
    """The C library's search for a byte in `size` bytes from data[i] on: how far on it is, below 0 where it is not."""

    def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = target.make_array(signature.args[0])(target, builder, values[0])
        start = builder.gep(array.data, [values[1]])
        kind = ir.FunctionType(ir.IntType(8).as_pointer(), [ir.IntType(8).as_pointer(), ir.IntType(32), ir.IntType(64)])
        search = cgutils.get_or_insert_function(builder.module, kind, "memchr")
        found = builder.call(search, [start, builder.trunc(values[2], ir.IntType(32)), values[3]])
        from_start = builder.sub(builder.ptrtoint(found, ir.IntType(64)), builder.ptrtoint(start, ir.IntType(64)))
        return builder.select(cgutils.is_null(builder, found), ir.Constant(ir.IntType(64), -1), from_start)

    return types.int64(data, types.int64, types.int64, types.int64), generate


@numba.njit(cache=True, nogil=True, _nrt=False)
def find(data: Any, i: int, end: int, byte: int) -> int:
    """Position of the next `byte` from `i` on; `end` where there is none."""
    if i + RUN <= len(data):  # a call takes as long as looking at these few, in which most is found
        here = equal_bytes(data, i, byte)
        if here:
            return min(i + lowest(here), end)
        i += RUN
    ahead = _memchr(data, i, byte, end - i) if i < end else -1
    return i + ahead if ahead >= 0 else end


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def read_tag(data: Any, i: int, end: int, s: Any) -> int:
    """Attributes of a tag, from behind its name to behind its `>`.

    A quote opens a value only after `=`, and `>` inside such a value does not end the tag (HTML Standard, 13.2.5.32 to
    .40). The registers `s` take the first value of each known attribute.

    Returns:
        The position behind `>`; `end` + 1 where the page ends in the tag.
    """
    s[CLASS:REGISTERS] = -1
    while i < end:
        c = data[i]
        if c == 62:  # >
            return i + 1
        if is_space(c):
            i += 1
            continue
        if c == 47:  # /
            i += 1
            if i < end and data[i] == 62:
                s[SELF_CLOSING] = 1
            continue
        number, i = attribute_name(data, i, end)
        if i >= end:
            return end + 1
        while i < end and is_space(data[i]):
            i += 1
        start = stop = i
        if i < end and data[i] == 61:
            i += 1
            while i < end and is_space(data[i]):
                i += 1
            if i >= end:
                return end + 1
            quote = data[i]
            if quote in (34, 39):
                start = i + 1
                stop = find(data, start, end, quote)
                i = stop + 1
            else:
                start = i
                while i < end and data[i] != 62 and not is_space(data[i]):
                    i += 1
                stop = i
        slot = CLASS + 2 * number
        if number >= 0 and s[slot] < 0:
            s[slot], s[slot + 1] = start, stop
    return end + 1


@numba.njit(cache=True, nogil=True, _nrt=False)
def contains(data: Any, start: int, end: int, needle: Any) -> bool:
    """Whether the lower-case ASCII `needle` uint8[n] is in data[start:end], upper case and spaces ignored."""
    i = start
    while i < end:
        k, j = 0, i
        while j < end and k < len(needle):
            c = data[j]
            if c != 32:
                if (c + 32 if 65 <= c <= 90 else c) != needle[k]:
                    break
                k += 1
            j += 1
        if k == len(needle):
            return True
        i += 1
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def read_words(data: Any, start: int, end: int, out: Any, n: int, most: int) -> int:
    """Words of an attribute's value to `out` int32[...] from `n` on, up to index `most`; returns the new `n`.

    A word is a run of letters, cut where a capital follows a small letter; one letter is no word.
    """
    i, end = start, min(end, start + 400)
    while i < end and n < most:
        h, length, last_small = FNV_BASIS, 0, False
        while i < end:
            c = data[i]
            w = WORD_BYTE[c]
            capital = 65 <= c <= 90
            if w == 0 or (capital and last_small):
                break
            h = (h ^ np.uint64(w)) * FNV_PRIME
            last_small = not capital
            length += 1
            i += 1
        if length > 1:
            out[n] = np.int32((h ^ h >> _32) & np.uint64(WORDS - 1))
            n += 1
        if length == 0:
            i += 1
    return n


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def signature(data: Any, start: int, end: int, tag: int) -> Any:
    """31-bit hash of a tag and its class attribute without digits: blocks of one template share it."""
    h = (FNV_BASIS ^ np.uint64(tag)) * FNV_PRIME
    for i in range(start, min(end, start + 400)):
        c = data[i]
        if not 48 <= c <= 57:
            h = (h ^ np.uint64(c)) * FNV_PRIME
    return np.int64((h ^ h >> _32) & np.uint64(0x7FFFFFFF))


@numba.njit(cache=True, nogil=True, _nrt=False)
def comment_end(data: Any, i: int, end: int) -> int:
    """Position behind the comment that starts with `<!--` at `i`; `end` where it is not closed."""
    i += 4
    if i < end and data[i] == 62:  # <!-->
        return i + 1
    if i + 1 < end and data[i] == 45 and data[i + 1] == 62:  # <!--->
        return i + 2
    i = find(data, i, end, DASH)
    while i + 2 < end:
        if data[i + 1] == 45:
            if data[i + 2] == 62:
                return i + 3
            if data[i + 2] == 33 and i + 3 < end and data[i + 3] == 62:  # --!>
                return i + 4
        i = find(data, i + 1, end, DASH)
    return end


@numba.njit(cache=True, nogil=True, _nrt=False)
def _names(data: Any, i: int, end: int, name_start: int, name_end: int) -> bool:
    """Whether data[i:] is the tag name data[name_start:name_end] in any case, ended by a space, `/` or `>`."""
    length = name_end - name_start
    if i + length >= end:
        return False
    for k in range(length):
        a, b = data[i + k], data[name_start + k]
        if (a | 32) != (b | 32):
            return False
    c = data[i + length]
    return is_space(c) or c == 47 or c == 62


@numba.njit(cache=True, nogil=True, _nrt=False)
def raw_end(data: Any, i: int, end: int, name_start: int, name_end: int, script: bool) -> int:
    """Where the raw text from `i` ends: at `</name`, or at `end`.

    In a script, `<!--` followed by `<script` hides one `</script>` (HTML Standard, 13.2.5.20 to .31).
    """
    commented = doubled = False
    while i < end:
        if not commented:
            i = find(data, i, end, LESS)
            if i == end:
                break
        c = data[i]
        if c == 60 and i + 1 < end:
            if data[i + 1] == 47:
                if _names(data, i + 2, end, name_start, name_end):
                    if not doubled:
                        return i
                    doubled = False
            elif script:
                if data[i + 1] == 33 and i + 3 < end and data[i + 2] == 45 and data[i + 3] == 45:
                    commented = True
                    i += 2  # `<!-->` ends what it began
                elif commented and _names(data, i + 1, end, name_start, name_end):
                    doubled = True
        elif commented and c == 45 and i + 2 < end and data[i + 1] == 45 and data[i + 2] == 62:
            commented = doubled = False
        i += 1
    return end


@numba.njit(cache=True, nogil=True, _nrt=False)
def _put(code: int, out: Any, o: int) -> int:
    """Write a code point as UTF-8; returns the number of bytes."""
    if code < 0x80:
        out[o] = code
        return 1
    if code < 0x800:
        out[o], out[o + 1] = 0xC0 | code >> 6, 0x80 | code & 63
        return 2
    if code < 0x10000:
        out[o], out[o + 1], out[o + 2] = 0xE0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63
        return 3
    out[o], out[o + 1] = 0xF0 | code >> 18, 0x80 | code >> 12 & 63
    out[o + 2], out[o + 3] = 0x80 | code >> 6 & 63, 0x80 | code & 63
    return 4


@numba.njit(cache=True, nogil=True, _nrt=False)
def _number(data: Any, i: int, end: int, base: int) -> tuple[int, Any]:
    """The digits at `i`: (position behind them, value, held below 2^21; -1 where there are none)."""
    value: Any = -1
    while i < end:
        c = np.int64(data[i])
        if 48 <= c <= 57:
            digit = c - 48
        elif base == 16 and 97 <= (c | 32) <= 102:
            digit = (c | 32) - 87
        else:
            break
        value = min(max(value, 0) * base + digit, 0x1FFFFF)
        i += 1
    return i, value


@numba.njit(cache=True, nogil=True, _nrt=False)
def read_entity(data: Any, i: int, end: int, out: Any, o: int) -> tuple[int, int]:
    """Decode the character reference whose `&` is at `i` (HTML Standard, 13.2.5.72 to .80).

    The text goes to `out` at `o`.

    Returns:
        (position behind it, bytes written); (`i` + 1, 0) where it is just an ampersand.
    """
    if i + 1 < end and data[i + 1] == 35:  # &#
        sixteen = i + 2 < end and (data[i + 2] | 32) == 120
        start = i + 3 if sixteen else i + 2
        stop, code = _number(data, start, end, 16 if sixteen else 10)
        if code < 0:
            return i + 1, 0
        if stop < end and data[stop] == 59:
            stop += 1
        if 128 <= code < 160:
            code = WINDOWS[code - 128]
        if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
            code = 0xFFFD
        return stop, _put(code, out, o)
    h, j, best, best_end = FNV_BASIS, i + 1, -1, i + 1
    last = min(end, i + ENTITY_BYTES)
    while j < last:
        c = data[j]
        if not (48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122):
            break
        h = (h ^ np.uint64(c)) * FNV_PRIME
        j += 1
        if j - i <= 7:  # the longest name that needs no semicolon has 6 letters
            slot = lookup(ENTITY_KEYS, h)
            if slot >= 0 and ENTITY_AT[slot, 2]:
                best, best_end = slot, j
    if j < end and j > i + 1 and data[j] == 59:
        slot = lookup(ENTITY_KEYS, h)
        if slot >= 0:
            best, best_end = slot, j + 1
    if best < 0:
        return i + 1, 0
    start, stop = ENTITY_AT[best, 0], ENTITY_AT[best, 1]
    for k in range(stop - start):
        out[o + k] = ENTITY_TEXT[start + k]
    return best_end, stop - start


@numba.njit(cache=True, nogil=True, _nrt=False)
def past(data: Any, i: int, end: int) -> int:
    """Position behind the next `>` from `i` on; `end` where there is none."""
    return min(find(data, i, end, GREATER) + 1, end)
