"""Names in the HTML scanner: where the name of a tag or an attribute ends, and which one it is.

A name of up to eight bytes, as most are, is one number, whose letters become small at once: a known name costs two
looks at memory and no loop.
"""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import eights
from openclaw_data.kernels.html_tables import (
    ATTRIBUTE_KEYS,
    ATTRIBUTE_NUMBERS,
    MIX,
    NAME_BYTE,
    SHORT,
    TAG,
    TAG_IDS,
    TAG_KEYS,
)
from openclaw_data.kernels.html_vectors import RUN, attribute_name_ends, lowest, tag_name_ends

FNV_BASIS, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
CUSTOM = TAG["custom-element"]
_FIRST = np.array([(1 << 8 * k) - 1 for k in range(SHORT + 1)], np.uint64)
"""The first k bytes of a word."""
_MIX, _LOW, _HIGH, _FROM_A, _BEHIND_Z = (
    np.uint64(n) for n in (MIX, 0x7F7F7F7F7F7F7F7F, 0x8080808080808080, 0x3F3F3F3F3F3F3F3F, 0x2525252525252525)
)
_NONE, _2, _32 = (np.uint64(n) for n in (0, 2, 32))


@numba.njit(cache=True, nogil=True, _nrt=False)
def lookup(keys: Any, key: Any) -> Any:
    """Slot of `key` in a hash table of `_hash_table`, -1 where it is not."""
    mask = np.uint64(len(keys) - 1)
    slot = key & mask
    while keys[slot]:
        if keys[slot] == key:
            return np.int64(slot)
        slot = (slot + np.uint64(1)) & mask
    return -1


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _key(data: Any, start: int, stop: int) -> Any:
    """`html_tables.name_key` of data[start:stop] in lower case."""
    length = stop - start
    if length > SHORT:
        h = FNV_BASIS
        for k in range(start, stop):
            h = (h ^ np.uint64(NAME_BYTE[data[k]])) * FNV_PRIME
        return h
    word = np.uint64(0)
    if start + SHORT <= len(data):
        word = eights.read(data, np.uint64(start)) & _FIRST[length]
    else:
        for k in range(length):
            word |= np.uint64(data[start + k]) << np.uint64(8 * k)
    seven = word & _LOW
    word |= ((seven + _FROM_A) & ~(seven + _BEHIND_Z) & ~word & _HIGH) >> _2  # A to Z
    h = word * _MIX
    return h ^ h >> _32


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def tag_name(data: Any, i: int, end: int) -> tuple[Any, int]:
    """The tag whose name starts at `i`: (number, position behind the name). A name with a dash is a custom element."""
    start = i
    ends = tag_name_ends(data, i) if i + RUN <= len(data) else _NONE
    if ends:
        i = min(i + lowest(ends), end)
    else:
        while i < end and NAME_BYTE[data[i]]:
            i += 1
    slot = lookup(TAG_KEYS, _key(data, start, i))
    if slot >= 0:
        return np.int64(TAG_IDS[slot]), i
    for k in range(start, i):
        if data[k] == 45:
            mathjax = data[start] | 32 == 109 and data[start + 1] | 32 == 106 and data[start + 2] | 32 == 120  # mjx-
            return 0 if mathjax else CUSTOM, i
    return 0, i


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def attribute_name(data: Any, i: int, end: int) -> tuple[Any, int]:
    """The attribute whose name starts at `i`: (its number in `html_tables.ATTRIBUTES` or -1, position behind it).

    A name may begin with `=`.
    """
    start, i = i, i + 1
    ends = attribute_name_ends(data, i) if i + RUN <= len(data) else _NONE
    if ends:
        i = min(i + lowest(ends), end)
    else:
        while i < end and data[i] != 61 and (NAME_BYTE[data[i]] or data[i] == 0):
            i += 1
    if i - start > SHORT:
        return -1, i
    slot = lookup(ATTRIBUTE_KEYS, _key(data, start, i))
    return ATTRIBUTE_NUMBERS[slot] if slot >= 0 else -1, i
