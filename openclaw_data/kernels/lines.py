"""Hashes of lines, in one pass over Arrow buffers, on the folded copy that `kernels.hashes` describes.

Digits count as 0 here, as in CCNet (Wenzek et al. 2020): a line with a date or a counter is the same line tomorrow.
"""

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from openclaw_data.kernels.hashes import folding_table, mix, units

_SEED = np.uint64(0xA0761D6478BD642F)
_ORDER = np.uint64(0x9FB21C651E98DF25)
_5, _59 = np.uint64(5), np.uint64(59)
_FEED = np.uint8(10)


class Lines(NamedTuple):
    """The m lines of n texts. A text of k line feeds has k + 1 lines; an empty one has none."""

    offsets: npt.NDArray[np.int64]
    """int64[n+1]: where the lines of each text begin and end in the arrays below."""
    hashes: npt.NDArray[np.int64]
    """int64[m]: of the folded line, in order; 0 for a line without a letter or digit."""
    begins: npt.NDArray[np.int64]
    """int64[m]: first byte of the line in `data`."""
    ends: npt.NDArray[np.int64]
    """int64[m]: the byte after it, its line feed left out."""
    chars: npt.NDArray[np.int32]
    """int32[m]: Unicode code points in the line."""


@cache
def line_table() -> npt.NDArray[np.uint32]:
    """The folding table with all digits folded to 0: uint32[0x110000]."""
    table = folding_table().copy()
    point = table & np.uint32(0xFFFFFF)
    table[(point >= ord("0")) & (point <= ord("9"))] += np.uint32(ord("0")) - point[(point >= 48) & (point <= 57)]
    table.setflags(write=False)
    return table


def hash_lines(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> Lines:
    """Cut texts into lines and hash each.

    Args:
        offsets: int64[n+1], where each text begins and ends in `data`.
        data: uint8[bytes], UTF-8.
    """
    line_offsets, hashes, begins, ends, chars = _hash_lines(offsets, data, line_table())
    return Lines(line_offsets, hashes.view(np.int64), begins, ends, chars)


@numba.njit(cache=True, nogil=True)
def _hash_lines(offsets: Any, data: Any, table: Any) -> Any:
    """The fields of `Lines`, hashes as uint64[m]; table: `line_table`."""
    n = len(offsets) - 1
    line_offsets = np.zeros(n + 1, np.int64)
    for row in range(n):
        lines = 1 if offsets[row + 1] > offsets[row] else 0
        for i in range(offsets[row], offsets[row + 1]):
            lines += data[i] == _FEED
        line_offsets[row + 1] = line_offsets[row] + lines
    total = line_offsets[n]
    hashes, begins, ends = np.zeros(total, np.uint64), np.zeros(total, np.int64), np.zeros(total, np.int64)
    chars = np.zeros(total, np.int32)
    longest, at = np.int64(0), 0
    for row in range(n):
        if offsets[row + 1] == offsets[row]:
            continue
        begins[at] = offsets[row]
        for i in range(offsets[row], offsets[row + 1]):
            if data[i] == _FEED:
                ends[at] = i
                longest = max(longest, i - begins[at])
                at += 1
                begins[at] = i + 1
            elif data[i] & 0xC0 != 0x80:
                chars[at] += 1
        ends[at] = offsets[row + 1]
        longest = max(longest, ends[at] - begins[at])
        at += 1
    hashed = np.empty(longest // 2 + 1, np.uint64)
    for line in range(total):
        count = units(data, begins[line], ends[line], table, hashed)
        if count == 0:
            continue
        whole = _SEED ^ np.uint64(count)
        for i in range(count):
            whole = (((whole << _5) | (whole >> _59)) ^ hashed[i]) * _ORDER
        hashes[line] = max(mix(whole), np.uint64(1))
    return line_offsets, hashes, begins, ends, chars
