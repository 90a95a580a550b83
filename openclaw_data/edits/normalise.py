"""Unicode normalisation that changes how a text is encoded, never what it says.

* NFC. It also unifies compatibility ideographs (U+F900-FAFF, U+2F800-2FA1F).
* Full-width ASCII letters and digits become half-width, U+3000 and U+00A0 a space, Kangxi radicals Han characters.
  Full-width punctuation stays: it is how Chinese is written. So do ①, ㎡ and … (never NFKC).
* Removed: NUL and other control characters, soft hyphens, zero-width spaces, byte order marks, direction marks, and
  zero-width joiners and non-joiners beside Latin, Greek, Cyrillic, Han or kana (elsewhere they spell and join emoji).
* Every line end (CR LF, CR, U+000B, U+000C, U+0085, U+2028, U+2029) becomes U+000A.
"""

import re
import unicodedata
from functools import cache, partial
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data import documents
from openclaw_data.kernels.characters import TABLE_SIZE, decode

_PASSES = 4  # one suffices but for hostile texts, where a removal brings together what composes
_DELETED = [
    *(c for c in range(0x20) if c not in (9, 10, 11, 12, 13)),
    *(c for c in range(0x7F, 0xA0) if c != 0x85),
    *(0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
]
_MIXED = ((0x300, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xF900, 0x20000), (0x2F800, 0x2FA20))
"""All but Han characters and Hangul syllables, which stay, and private ones: the rest is half as many to look at."""
_JOINERS = re.compile(
    "(?:(?<=[\0-\u05ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff])|^)[\u200c\u200d]+"
    "|[\u200c\u200d]+(?:(?=[\0-\u05ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff])|$)"
)


@cache
def replacements() -> dict[str, str]:
    """Character -> what it becomes, for all that is replaced by itself alone."""
    table = {chr(c): "" for c in _DELETED}
    table |= {chr(c): chr(c - 0xFEE0) for c in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
    table |= dict.fromkeys(("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"), "\n")
    table |= {"\u3000": " ", "\xa0": " "}
    radicals = {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in (0x2E9F, 0x2EF3, *range(0x2F00, 0x2FD6))}
    return table | radicals


@cache
def _pattern() -> re.Pattern[str]:
    singles = "".join(re.escape(c) for c in replacements() if len(c) == 1)
    return re.compile(f"\r\n|[{singles}]")


@cache
def suspects() -> Any:
    """Which characters may make a text change, bool[TABLE_SIZE]: a text without any is left as it is."""
    table = np.zeros(TABLE_SIZE, np.bool_)
    table[[ord(c) for c in replacements() if len(c) == 1]] = True
    table[[0x200C, 0x200D]] = True
    for first, stop in _MIXED:
        characters = [*map(chr, range(first, stop))]
        table[first:stop] |= np.fromiter(map(unicodedata.combining, characters), np.uint8) > 0
        table[first:stop] |= np.array([*map(unicodedata.category, characters)]) == "Mc"
        normal = map(partial(unicodedata.is_normalized, "NFC"), characters)
        table[first:stop] |= ~np.fromiter(normal, np.bool_)
    table[0x1161:0x1200] = True
    table.flags.writeable = False
    return table


@cache
def steps() -> Any:
    """By a character's first byte: its bytes where none that begins so is suspect, else 0. uint8[256]."""
    table = np.zeros(256, np.uint8)
    bits = ((0x00, 0x80, 0, 1), (0xC2, 0xE0, 6, 2), (0xE0, 0xF0, 12, 3), (0xF0, 0xF5, 18, 4))
    for first, stop, shift, width in bits:
        for byte in range(first, stop):
            low = (byte & (0x7F if width == 1 else 0x7F >> width)) << shift
            high = low + (1 << shift)
            table[byte] = width if high <= TABLE_SIZE and not suspects()[low:high].any() else 0
    return table


@numba.njit(cache=True, nogil=True)
def _find(offsets: Any, data: Any, table: Any, steps: Any) -> Any:
    """Which documents hold a character of the table: offsets int64[n+1], data uint8[bytes], `steps` -> bool[n]."""
    out = np.zeros(len(offsets) - 1, np.bool_)
    for d in range(len(out)):
        i, stop = offsets[d], offsets[d + 1]
        while i < stop:
            step = np.int64(steps[data[i]])
            if step == 0:
                code, step = decode(data, i, stop)
                if code >= len(table) or table[code]:
                    out[d] = True
                    break
            i += step
    return out


def normalise(texts: pa.Array) -> tuple[pa.Array, Any]:
    """Normalise an array of strings; doing it again changes nothing.

    Returns:
        The texts, and by how many characters each became shorter, int32[n].
    """
    offsets, data = documents.text_buffers(texts)
    suspected = _find(offsets, data, suspects(), steps())
    removed = np.zeros(len(texts), np.int32)
    if not suspected.any():
        return texts, removed
    before = texts.filter(pa.array(suspected)).to_pylist()
    after = [normalise_text(text) for text in before]
    removed[suspected] = [max(0, len(b) - len(a)) for b, a in zip(before, after, strict=True)]
    return pc.replace_with_mask(texts, pa.array(suspected), pa.array(after, texts.type)), removed


def normalise_text(text: str) -> str:
    """Normalise one text."""
    table = replacements()
    for _ in range(_PASSES):
        after = _pattern().sub(lambda match: table[match[0]], text)
        after = unicodedata.normalize("NFC", _JOINERS.sub("", after))
        if after == text:
            break
        text = after
    return text
