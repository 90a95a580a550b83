"""Different words, their entropy, repeated 3-grams, sentences and capitals of each document."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.word_marks import MARKS, SIGN, WORD

_BASE, _MIX, _33 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xFF51AFD7ED558CCD), np.uint64(33)
_FNV_BASIS, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_ZERO, _ONE = np.uint64(0), np.uint64(1)


@numba.njit(cache=True, nogil=True)
def diversity(
    doc_tokens: Any, kind: Any, start: Any, end: Any, hashes: Any, data: Any, doc_lines: Any, line_end: Any
) -> Any:
    """Words, different words (case folded), 3-grams, 3-grams that occurred before, sentences, words in capitals.

    doc_tokens int64[n+1]; kind uint8[t], start and end int64[t], hashes uint64[t]; data uint8[bytes];
    doc_lines int64[n+1], line_end int64[l]. A sentence ends at a row of end marks and at the end of a line that has
    words since. Returns (int64[n, 6], entropy of the words float64[n], in nats).
    """
    n = len(doc_tokens) - 1
    most = 0
    for d in range(n):
        most = max(most, doc_tokens[d + 1] - doc_tokens[d])
    size = 16
    while size < 2 * most:
        size *= 2
    keys, count = np.empty(size, np.uint64), np.empty(size, np.int64)
    out, entropy = np.zeros((n, 6), np.int64), np.zeros(n)
    for d in range(n):
        a, b = doc_tokens[d], doc_tokens[d + 1]
        size = 16
        while size < 2 * (b - a):
            size *= 2
        mask = size - 1
        keys[:size] = _ZERO
        line, pending = doc_lines[d], False
        for t in range(a, b):
            while line < doc_lines[d + 1] and line_end[line] <= start[t]:
                out[d, 4] += pending
                pending = False
                line += 1
            k = kind[t]
            if k == MARKS:
                c = data[start[t]]
                stop = c in (0x2E, 0x21, 0x3F)
                if c in (0xE3, 0xEF, 0xE2):
                    x, y = data[start[t] + 1], data[start[t] + 2]
                    stop = (c == 0xE3 and x == 0x80 and y == 0x82) or (c == 0xE2 and x == 0x80 and y == 0xA6)
                    stop = stop or (c == 0xEF and x == 0xBC and y in (0x81, 0x9F))
                if stop:
                    out[d, 4] += pending
                    pending = False
            if k in (MARKS, SIGN):
                continue
            pending = True
            out[d, 0] += 1
            h: Any = _FNV_BASIS
            upper = lower = 0
            if k == WORD and data[start[t]] < 0x80:
                for i in range(start[t], end[t]):
                    c = data[i]
                    if 65 <= c <= 90:
                        upper += 1
                        c += 32
                    else:
                        lower += c > 57
                    h = (h ^ np.uint64(c)) * _FNV_PRIME
                out[d, 5] += upper >= 2 and lower == 0
            else:
                h = hashes[t]
            h |= _ONE
            s = np.int64((h * _MIX) >> _33) & mask
            while keys[s] != _ZERO and keys[s] != h:
                s = (s + 1) & mask
            if keys[s] == _ZERO:
                keys[s], count[s] = h, 0
                out[d, 1] += 1
            count[s] += 1
        out[d, 4] += pending
        if out[d, 0]:
            total = 0.0
            for slot in range(size):
                if keys[slot] != _ZERO:
                    total += count[slot] * np.log(np.float64(count[slot]))
            entropy[d] = max(0.0, np.log(np.float64(out[d, 0])) - total / out[d, 0])
        keys[:size] = _ZERO
        for t in range(a, b - 2):
            key: Any = (hashes[t] * _BASE + hashes[t + 1]) * _BASE + hashes[t + 2]
            key |= _ONE
            s = np.int64((key * _MIX) >> _33) & mask
            while keys[s] != _ZERO and keys[s] != key:
                s = (s + 1) & mask
            out[d, 2] += 1
            out[d, 3] += keys[s] == key
            keys[s] = key
    return out, entropy
