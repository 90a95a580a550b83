"""Lines with the white space at their ends, as datatrove splits and compares them."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import eights, feeds
from openclaw_data.kernels.characters import SPACE, classify, decode
from openclaw_data.kernels.ngrams import duplicates
from openclaw_data.kernels.text import count_newlines

COLUMNS = (
    "lines", "duplicate_lines", "duplicate_line_chars", "paragraphs", "duplicate_paragraphs",
    "duplicate_paragraph_chars", "solid_lines", "stop_lines", "short_lines", "duplicate_solid_chars", "feeds",
)  # fmt: skip
"""Columns of `count`. Solid lines are those with more than white space."""
_PRIME = np.uint64(0x100000001B3)


@numba.njit(cache=True, nogil=True)
def split(offsets: Any, data: Any, classes: Any, stops: Any) -> Any:
    """Lines between rows of line feeds; empty ones only at either end of a text.

    offsets int64[n+1], data uint8[bytes], classes uint8[TABLE_SIZE], stops bool[TABLE_SIZE]: marks that end a line.
    Returns (docs int64[n+1], hash uint64[l], chars int32[l], solid bool[l], stop bool[l], gap bool[l]: two line feeds
    or more stand before it).
    """
    n = len(offsets) - 1
    bound = feeds.room(offsets, data)
    feed_at, chars_at = np.empty(bound, np.int64), np.empty(bound, np.int32)
    docs = np.zeros(n + 1, np.int64)
    hashes, chars = np.empty(bound, np.uint64), np.empty(bound, np.int32)
    solid, ends, gap = np.empty(bound, np.bool_), np.empty(bound, np.bool_), np.empty(bound, np.bool_)
    m = 0
    for d in range(n):
        i, stop = offsets[d], offsets[d + 1]
        pieces, before = feeds.find(data, i, stop, feed_at, chars_at), 0
        for k in range(pieces):
            begin, end = i, feed_at[k]
            i = end + 1
            if begin == end and 0 < k < pieces - 1:
                before += 1
                continue
            hashes[m], _ = eights.digest(data, begin, end)
            chars[m] = chars_at[k] - (chars_at[k - 1] + 1 if k else 0)
            solid[m], ends[m] = _ends(data, begin, end, chars[m], classes, stops)
            gap[m] = before > 1
            m, before = m + 1, 1
        docs[d + 1] = m
    return docs, hashes[:m], chars[:m], solid[:m], ends[:m], gap[:m]


@numba.njit(cache=True, nogil=True, _nrt=False)
def _ends(data: Any, begin: int, end: int, chars: int, classes: Any, stops: Any) -> Any:
    """Is a line more than white space, and does it end with a mark of `stops`? Two answers."""
    if begin == end:
        return False, stops[0]
    k = end - 1
    while k > begin and (data[k] & 0xC0) == 0x80:
        k -= 1
    last, _ = decode(data, k, end)
    solid = False
    if chars > 8:  # so many blanks are hardly ever outside of ASCII
        for byte in data[begin:end]:
            solid |= byte > 32
    else:
        while begin < end and not solid:
            code, width = decode(data, begin, end)
            solid = (classify(classes, code) & 0xF) != SPACE
            begin += width
    return solid, last < len(stops) and stops[last]


@numba.njit(cache=True, nogil=True)
def count(offsets: Any, data: Any, docs: Any, hashes: Any, chars: Any, solid: Any, ends: Any, gap: Any) -> Any:
    """Columns of `COLUMNS` for each document, int64[n, 11]; the arguments are those and the result of `split`.

    A line is short with 30 characters and fewer. Paragraphs are parted by two line feeds or more.
    """
    n = len(docs) - 1
    out, newlines = np.zeros((n, 11), np.int64), count_newlines(offsets, data)
    lines = duplicates(docs, hashes, chars)
    solid_chars = np.where(solid, chars, 0).astype(np.int32)
    some = duplicates(docs, hashes, solid_chars)
    paragraphs, keys, sizes = (
        np.zeros(n + 1, np.int64),
        np.empty(len(hashes), np.uint64),
        np.empty(len(hashes), np.int32),
    )
    p = 0
    for d in range(n):
        first, last = docs[d], docs[d + 1]
        while first < last and chars[first] == 0:
            first += 1
        while last > first and chars[last - 1] == 0:
            last -= 1
        for i in range(first, last):
            if i == first or gap[i]:
                keys[p], sizes[p] = hashes[i], chars[i]
                p += 1
            else:
                keys[p - 1] = keys[p - 1] * _PRIME + hashes[i]
                sizes[p - 1] += chars[i] + 1
        paragraphs[d + 1] = p
        for i in range(docs[d], docs[d + 1]):
            out[d, 6] += solid[i]
            out[d, 7] += solid[i] and ends[i]
            out[d, 8] += solid[i] and chars[i] <= 30
        out[d, 10] = newlines[d]
    twice = duplicates(paragraphs, keys[:p], sizes[:p])
    for d in range(n):
        out[d, 0], out[d, 1], out[d, 2] = docs[d + 1] - docs[d], lines[d, 0], lines[d, 1]
        out[d, 3], out[d, 4], out[d, 5] = paragraphs[d + 1] - paragraphs[d], twice[d, 0], twice[d, 1]
        out[d, 9] = some[d, 1]
    return out
