"""How many characters of each class a text has: scripts, digits, punctuation, damage; one pass over its bytes.

The class of a code point comes from a committed table (`script_tables.npz`, made by
`scripts/make_script_tables.py` from Unicode's data, OpenCC's dictionaries (Apache-2.0) and the national character
sets), so that results do not change with the Python that runs them.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
import numpy as np

HAN = ("han", "han_chinese", "hans", "hans_jis", "hant", "hant_jis", "han_jpan", "han_yue")
"""Han characters by what they prove.

* `hans`, `hans_jis`: forms that only Simplified text has; `_jis` if Japanese commonly has them too (国; JIS X 0208, 1)
* `hant`, `hant_jis`: forms that only Traditional text has; `_jis` likewise (東)
* `han_jpan`: forms that only Japanese has (発, 駅, 込)
* `han_yue`: characters of written Cantonese (嘅, 咗, 佢)
* `han_chinese`: forms that both Chinese scripts have and Japanese has not (你)
* `han`: all others, which prove nothing
"""

LETTERS = (
    "hiragana", "katakana", "hangul", "bopomofo", "latin", "cyrillic", "arabic", "thai", "greek", "hebrew",
    "devanagari", "bengali", "gurmukhi", "gujarati", "oriya", "tamil", "telugu", "kannada", "malayalam", "sinhala",
    "lao", "tibetan", "myanmar", "georgian", "armenian", "ethiopic", "khmer", "mongolian", "syriac", "thaana",
    "other_letter",
)  # fmt: skip
"""Letters and the marks that belong to them, by script."""

CLASSES = (*HAN, *LETTERS, "mark", "digit", "punctuation", "symbol", "space", "control", "replacement", "private")
"""All classes, in the order of the columns of `count_classes`. `replacement`: U+FFFD, lone surrogates and bytes
that are not UTF-8. `private`: private use. `control`: controls, format characters and unassigned code points."""

COLUMN = {name: column for column, name in enumerate(CLASSES)}
REPLACEMENT = COLUMN["replacement"]


@lru_cache(maxsize=1)
def tables() -> tuple[Any, Any]:
    """The class table in two stages: (pages uint16[0x1100], blocks uint8[256 * blocks]).

    The class of code point `c` is `blocks[pages[c >> 8] * 256 + (c & 255)]`.
    """
    with np.load(Path(__file__).with_name("script_tables.npz")) as stored:
        if tuple(stored["names"]) != CLASSES:
            raise ValueError("script_tables.npz was made for other classes. Run scripts/make_script_tables.py again.")
        return stored["pages"], stored["blocks"]


def count_classes(offsets: Any, data: Any) -> Any:
    """Characters of each class in each text.

    Args:
        offsets: int64[n+1], where the texts begin and end in `data`.
        data: uint8[...], UTF-8. Bytes that are not UTF-8 count as one `replacement` each.

    Returns:
        int32[n, len(CLASSES)], columns in the order of `CLASSES`.
    """
    pages, blocks = tables()
    return _count(offsets, data, pages, blocks, len(CLASSES))


@numba.njit(cache=True, nogil=True)
def _count(offsets: Any, data: Any, pages: Any, blocks: Any, classes: int) -> Any:
    """Offsets int64[n+1], data uint8[bytes], pages uint16[0x1100], blocks uint8[...] -> int32[n, classes]."""
    n = offsets.shape[0] - 1
    counts = np.zeros((n, classes), np.int32)
    ascii_class = blocks[np.int64(pages[0]) * 256 : np.int64(pages[0]) * 256 + 128]
    even, odd = np.zeros(128, np.int32), np.zeros(128, np.int32)  # two, so that equal neighbours do not wait
    for row in range(n):
        i, end = offsets[row], offsets[row + 1]
        out = counts[row]
        even[:] = 0
        odd[:] = 0
        while i < end:
            b = data[i]
            if b < 0x80:
                if i + 1 < end and data[i + 1] < 0x80:
                    even[b] += 1
                    odd[data[i + 1]] += 1
                    i += 2
                else:
                    even[b] += 1
                    i += 1
                continue
            need = 1 if b < 0xE0 else 2 if b < 0xF0 else 3
            code = np.int64(b & (0x3F >> need))
            if b < 0xC2 or b > 0xF4 or i + need >= end:
                out[REPLACEMENT] += 1
                i += 1
                continue
            good = True
            for k in range(need):
                c = data[i + 1 + k]
                good = good and (c & 0xC0) == 0x80
                code = (code << 6) | (c & 0x3F)
            if good and code < 0x110000:
                out[blocks[(np.int64(pages[code >> 8]) << 8) | (code & 255)]] += 1
                i += need + 1
            else:
                out[REPLACEMENT] += 1
                i += 1
        for b in range(128):
            out[ascii_class[b]] += even[b] + odd[b]
    return counts
