"""Which marks of a scan may say who wrote a page, when, in which language and where it lives: most say nothing of it.

A real page has about 20 `<meta>` and `<link>`; reading them all in Python takes half as long as the scan itself.
"""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.html_layout import BASE, HTML, JSON_LD, LINK, META, TIME
from openclaw_data.kernels.html_names import FNV_BASIS, FNV_PRIME, lookup
from openclaw_data.kernels.html_tables import fnv

MOST_BYTES = 8_000
"""How far a tag is read."""
_FOLDED = np.arange(256, dtype=np.uint8)
"""Bytes with letters in lower case; 0 for those between words."""
_FOLDED[ord("A") : ord("Z") + 1] += 32
_FOLDED[list(b" \t\n\f\r\"'/<=>")] = 0


def table(words: Any) -> Any:
    """A hash table of lower-case ASCII words for `chosen`: uint64[2^k], 0 where a slot is free."""
    size = 1 << (2 * len(words)).bit_length()
    keys = np.zeros(size, np.uint64)
    for word in words:
        key = fnv(word.encode())
        slot = key & (size - 1)
        while keys[slot]:
            slot = (slot + 1) & (size - 1)
        keys[slot] = key
    keys.flags.writeable = False
    return keys


@numba.njit(cache=True, nogil=True)
def chosen(data: Any, marks: Any, keys: Any) -> Any:
    """Which marks int32[m, 3] to read: bool[m].

    `<html>`, `<base>` and JSON-LD always; of `<meta>`, `<link>` and `<time>` those in which a word of `keys` stands
    between white space, quotes, `=`, `/`, `<` and `>`, in upper or lower case.
    """
    found = np.zeros(len(marks), np.bool_)
    for m in range(len(marks)):
        kind = marks[m, 0]
        if kind in (HTML, BASE, JSON_LD):
            found[m] = True
        elif kind in (META, LINK, TIME):
            end = min(np.int64(marks[m, 2]), np.int64(marks[m, 1]) + MOST_BYTES)
            h = FNV_BASIS
            for i in range(np.int64(marks[m, 1]), end):
                c = _FOLDED[data[i]]
                if c:
                    h = (h ^ np.uint64(c)) * FNV_PRIME
                elif h != FNV_BASIS:
                    if lookup(keys, h) >= 0:
                        found[m] = True
                        break
                    h = FNV_BASIS
    return found
