"""The lines of texts that are more than white space. A line ends at U+000A; blank ones separate paragraphs."""

from typing import Any, NamedTuple

import numba
import numpy as np

from openclaw_data.kernels import feeds
from openclaw_data.kernels.characters import SPACE, classify, decode


class Lines(NamedTuple):
    """The l lines of n texts. Byte positions count from the start of `data`."""

    doc_lines: Any  # int64[n+1]: lines of document i are doc_lines[i]:doc_lines[i+1]
    line_start: Any  # int64[l]: first byte that is not white space
    line_end: Any  # int64[l]: byte after the last that is not
    line_chars: Any  # int32[l]: characters between the two
    line_first: Any  # uint32[l]: first character's code point
    line_last: Any  # uint32[l]: last character's code point
    line_opens: Any  # bool[l]: the line opens a paragraph


@numba.njit(cache=True, nogil=True)
def find(offsets: Any, data: Any, classes: Any) -> Any:
    """Find the lines that are more than white space.

    offsets int64[n+1], data uint8[bytes], classes uint8[TABLE_SIZE] -> the fields of `Lines`.
    """
    n, bound = len(offsets) - 1, feeds.room(offsets, data)
    feed_at, chars_at = np.empty(bound, np.int64), np.empty(bound, np.int32)
    docs = np.zeros(n + 1, np.int64)
    start, end, chars = np.empty(bound, np.int64), np.empty(bound, np.int64), np.empty(bound, np.int32)
    first, last, opens = np.empty(bound, np.uint32), np.empty(bound, np.uint32), np.empty(bound, np.bool_)
    m = 0
    for d in range(n):
        i, stop = offsets[d], offsets[d + 1]
        after_blank = True
        for k in range(feeds.find(data, i, stop, feed_at, chars_at)):
            feed = feed_at[k]
            a, code, before = _first_solid(data, i, feed, classes)
            if a < feed:
                b, final, behind = _last_solid(data, a, feed, classes)
                size = chars_at[k] - (chars_at[k - 1] + 1 if k else 0) - before - behind
                start[m], end[m], chars[m], first[m], last[m], opens[m] = a, b, size, code, final, after_blank
                m += 1
            after_blank = a >= feed
            i = feed + 1
        docs[d + 1] = m
    return docs, start[:m], end[:m], chars[:m], first[:m], last[:m], opens[:m]


@numba.njit(cache=True, nogil=True, _nrt=False)
def _first_solid(data: Any, i: int, stop: int, classes: Any) -> Any:
    """Where the first character that is not white space begins, its code point, and how many stand before it."""
    before = 0
    while i < stop:
        code, width = decode(data, i, stop)
        if classify(classes, code) & 0xF != SPACE:
            return i, code, before
        i += width
        before += 1
    return stop, 0, before


@numba.njit(cache=True, nogil=True, _nrt=False)
def _last_solid(data: Any, begin: int, i: int, classes: Any) -> Any:
    """Where the last character that is not white space ends, its code point, and how many stand behind it.

    There is one at `begin` or behind it.
    """
    behind = 0
    while True:
        k = i - 1
        while k > begin and (data[k] & 0xC0) == 0x80:
            k -= 1
        code, _ = decode(data, k, i)
        if classify(classes, code) & 0xF != SPACE:
            return i, code, behind
        i = k
        behind += 1
