"""Hashes and lengths of spans of bytes."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import eights


@numba.njit(cache=True, nogil=True)
def digests(data: Any, start: Any, end: Any) -> Any:
    """A hash and the characters of each span of UTF-8.

    data uint8[bytes], start and end int64[n] -> (uint64[n], int32[n]). Hashes are for comparing within a process.
    """
    hashes, chars = np.empty(len(start), np.uint64), np.empty(len(start), np.int32)
    for n in range(len(start)):
        hashes[n], continued = eights.digest(data, start[n], end[n])
        chars[n] = end[n] - start[n] - np.int64(continued)
    return hashes, chars
