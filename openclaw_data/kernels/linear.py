"""Linear models over hashed n-grams, scored and trained straight over Arrow buffers.

Texts are folded, character by character (`folding`: width, case, diacritics, Traditional to Simplified; every digit is
0), and cut into **windows** of about the same number of characters. Of a run of one character `RUN` count; white space
is one space, and one stands at either end of a window. The **grams** of a window are its character n-grams for n in
`first..last`, across words, and the n-grams of its words for n up to `words` (0: none); each is hashed to one of
2**bits weights. A window's logit is

    bias + sum of the weights of its grams / sqrt(number of grams)

which is a linear model over gram counts whose norm is about that of unit vectors, without a table of counts. Weights
are int8, so sums are exact integers and do not depend on the order of addition.
"""

from functools import cache
from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import hashes

FOLDED = 0x10000
"""Characters from here up are not folded: rare Han, emoji."""
WORD_BIT, CODE = 0x200000, 0x1FFFFF
"""An entry of `folding`: whether the character belongs to words, and its folded code point."""

RUN = 3
"""Of a run of one character this many count: a ruler of dashes is no text."""

_SPACE, _WORD = 32, 1
_BASE, _SPREAD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_WORD_SEED, _32, _1, _0 = np.uint64(0xA0761D6478BD642F), np.uint64(32), np.uint64(1), np.uint64(0)
_TOGETHER = 2048
"""Characters of windows that are hashed at a time, so that all arrays stay in the nearest cache."""


@cache
def folding() -> Any:
    """Of each character of the BMP its folded code point, with `WORD_BIT` where it is part of a word: uint32[65536]."""
    entries = hashes.folding_table()[:FOLDED]
    table, kinds = (entries & 0xFFFFFF).astype(np.uint32), entries >> 24
    table[0xFF01:0xFF5F][kinds[0xFF01:0xFF5F] == 0] -= 0xFEE0  # full-width punctuation
    digits = [c for c in range(FOLDED) if chr(c).isdigit() and table[c] < 0x80]
    spaces = [c for c in range(FOLDED) if chr(c).isspace() or c < _SPACE]
    table[digits], table[spaces] = ord("0"), _SPACE
    table[(kinds == _WORD)] |= WORD_BIT
    table[spaces] = _SPACE
    table.flags.writeable = False
    return table


@numba.njit(cache=True, nogil=True)
def fold(offsets: Any, data: Any, table: Any) -> Any:
    """Fold documents once, for all windows and models.

    offsets int64[n+1], data uint8[bytes], table `folding()` -> (codes uint32[c]: an entry of `table` a character;
    starts int64[n+1]: the characters of document i are starts[i]:starts[i+1]).
    """
    codes, starts = np.empty(offsets[-1] - offsets[0], np.uint32), np.zeros(len(offsets), np.int64)
    n = 0
    for d in range(len(offsets) - 1):
        i, end = offsets[d], offsets[d + 1]
        while i < end:
            b = np.int64(data[i])
            if b < 0x80:
                codes[n] = table[b]
                i += 1
            elif 0xE0 <= b < 0xF0 and i + 2 < end:
                low = np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
                codes[n] = table[(b & 0x0F) << 12 | low]
                i += 3
            elif b < 0xE0 and i + 1 < end:
                codes[n] = table[(b & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F)]
                i += 2
            elif b >= 0xF0 and i + 3 < end:  # outside the BMP nothing is folded
                low = np.int64(data[i + 2] & 0x3F) << 6 | np.int64(data[i + 3] & 0x3F)
                codes[n] = (b & 0x07) << 18 | np.int64(data[i + 1] & 0x3F) << 12 | low
                i += 4
            else:
                codes[n] = 0xFFFD
                i += 1
            n += 1
        starts[d + 1] = n
    return codes[:n], starts


@numba.njit(cache=True, nogil=True, _nrt=False)
def _grams(codes: Any, begin: int, end: int, shape: Any, out: Any) -> int:
    """Write the slots of the grams of the characters begin:end to `out` uint32[...] and return how many they are.

    shape int64[4]: bits, first, last (at most 5), words (at most 2).
    """
    first, last, words = shape[1], shape[2], shape[3]
    down = np.uint64(64 - shape[0])
    h1 = h2 = h3 = h4 = h5 = word = before = np.uint64(0)
    n = filled = run = 0
    for i in range(begin - 1, end + 1):  # a space before the first character and one behind the last
        entry = codes[i] if begin <= i < end else np.uint32(_SPACE)
        c = np.uint64(entry & CODE) + _1
        run = run + 1 if c == h1 else 1
        if words:
            if entry & WORD_BIT:
                if run > RUN:
                    continue
                word = (word ^ c) * _BASE
                word ^= word >> _32
            elif word:
                out[n] = ((word ^ _WORD_SEED) * _SPREAD) >> down
                n += 1
                if words > 1 and before:
                    out[n] = (((before * _BASE + word) ^ _WORD_SEED) * _SPREAD) >> down
                    n += 1
                before, word = word, np.uint64(0)
        if run > (1 if c == _SPACE + 1 else RUN):
            continue
        h5, h4, h3, h2, h1 = h4 * _BASE + c, h3 * _BASE + c, h2 * _BASE + c, h1 * _BASE + c, c
        filled += 1
        if first <= 1 <= last:
            out[n] = (h1 * _SPREAD) >> down
            n += 1
        if first <= 2 <= last and filled >= 2:
            out[n] = ((h2 ^ (h2 >> _32)) * _SPREAD) >> down
            n += 1
        if first <= 3 <= last and filled >= 3:
            out[n] = ((h3 ^ (h3 >> _32)) * _SPREAD) >> down
            n += 1
        if first <= 4 <= last and filled >= 4:
            out[n] = ((h4 ^ (h4 >> _32)) * _SPREAD) >> down
            n += 1
        if first <= 5 <= last and filled >= 5:
            out[n] = ((h5 ^ (h5 >> _32)) * _SPREAD) >> down
            n += 1
    return n


@numba.njit(cache=True, nogil=True)
def windows(first: Any, last: Any, size: int, most: int) -> Any:
    """Cut documents into windows of about `size` characters, at most `most` each, spread over the whole document.

    first, last int64[n]: the characters of each document are first:last, of those of `fold` -> (docs int64[n+1], begin
    int64[w], end int64[w]): the windows of document i are docs[i]:docs[i+1], their characters begin:end. A document of
    c characters has round(c / size) windows of equal size, one at the least; of more than `most` every k-th is taken.
    A document of no characters has none.
    """
    docs = np.zeros(len(first) + 1, np.int64)
    for d in range(len(first)):
        chars = last[d] - first[d]
        docs[d + 1] = docs[d] + (min(max((chars + size // 2) // size, 1), most) if chars else 0)
    begin, end = np.empty(docs[-1], np.int64), np.empty(docs[-1], np.int64)
    for d in range(len(first)):
        chars, taken = last[d] - first[d], docs[d + 1] - docs[d]
        count = max((chars + size // 2) // size, 1)
        for k in range(taken):
            which = k * count // taken
            begin[docs[d] + k] = first[d] + which * chars // count
            end[docs[d] + k] = first[d] + (which + 1) * chars // count
    return docs, begin, end


@numba.njit(cache=True, nogil=True, _nrt=False)
def _keep(codes: Any, begin: int, end: int, out: Any, n: int) -> int:
    """Write the characters begin:end that count, and a space at either end, to `out` from `n` on; returns the end."""
    out[n] = last = np.uint32(_SPACE)
    n, run = n + 1, 1
    for i in range(begin, end + 1):
        entry = codes[i] if i < end else np.uint32(_SPACE)
        c = entry & np.uint32(CODE)
        run = run + 1 if c == last else 1
        last = c
        out[n] = entry
        n += run <= (1 if c == _SPACE else RUN)
    return n


@numba.njit(cache=True, nogil=True, _nrt=False)
def _slots(kept: Any, m: int, shape: Any, hashed: Any, slots: Any) -> None:
    """Write the slots of the n-grams that begin at each of m characters to slots[n - 1]; uses hashed uint64[m]."""
    down = np.uint64(64 - shape[0])
    hashed[:m] = _0
    for n in range(1, shape[2] + 1):
        behind, out = kept[n - 1 : m + n - 1], slots[n - 1]
        for i in range(m):
            h = hashed[i] * _BASE + (np.uint64(behind[i] & np.uint32(CODE)) + _1)
            hashed[i] = h
            out[i] = ((h if n == 1 else h ^ (h >> _32)) * _SPREAD) >> down


@numba.njit(cache=True, nogil=True, _nrt=False)
def _sum_words(kept: Any, begin: int, end: int, shape: Any, weights: Any) -> Any:
    """(sum of the weights of the words begin:end and, where the shape asks for them, their pairs; how many)."""
    down = np.uint64(64 - shape[0])
    total = grams = np.int64(0)
    word = before = _0
    for i in range(begin, end):
        entry = kept[i]
        if entry & np.uint32(WORD_BIT):
            word = (word ^ (np.uint64(entry & np.uint32(CODE)) + _1)) * _BASE
            word ^= word >> _32
        elif word:
            total += weights[((word ^ _WORD_SEED) * _SPREAD) >> down]
            grams += 1
            if shape[3] > 1 and before:
                total += weights[(((before * _BASE + word) ^ _WORD_SEED) * _SPREAD) >> down]
                grams += 1
            before, word = word, _0
    return total, grams


@numba.njit(cache=True, nogil=True, _nrt=False)
def _sum(kept: Any, slots: Any, begin: int, end: int, shape: Any, weights: Any) -> Any:
    """(sum of the weights of all grams of the characters begin:end of `kept`, how many they are)."""
    total = grams = np.int64(0)
    for n in range(shape[1], min(shape[2], end - begin) + 1):
        grams += end - begin - n + 1
        for i in range(begin, end - n + 1):
            total += weights[slots[n - 1, i]]
    if shape[3]:
        more, words = _sum_words(kept, begin, end, shape, weights)
        return total + more, grams + words
    return total, grams


@numba.njit(cache=True, nogil=True)
def logits(begin: Any, end: Any, codes: Any, shape: Any, weights: Any, scale: float, bias: float) -> Any:
    """The logit of each window: begin int64[w], end int64[w], weights int8[2**bits] -> float64[w].

    The grams are those of `grams`, of several windows at a time: loops over some thousand characters become vector
    code, which those over a window of a hundred are too short for.
    """
    out, longest = np.empty(len(begin), np.float64), 0
    for w in range(len(begin)):
        longest = max(longest, end[w] - begin[w])
    size = longest + 2 + _TOGETHER
    kept, hashed = np.zeros(size + 5, np.uint32), np.empty(size, np.uint64)
    slots, at = np.empty((5, size), np.uint32), np.zeros(size, np.int64)
    w = 0
    while w < len(begin):
        m: Any = np.int64(0)
        count = 0
        while w + count < len(begin) and m + end[w + count] - begin[w + count] + 2 <= size and count + 1 < size:
            m = _keep(codes, begin[w + count], end[w + count], kept, m)
            count += 1
            at[count] = m
        _slots(kept, m, shape, hashed, slots)
        for k in range(count):
            total, grams = _sum(kept, slots, at[k], at[k + 1], shape, weights)
            out[w + k] = bias + scale * total / np.sqrt(np.float64(max(grams, 1)))
        w += count
    return out


@numba.njit(cache=True, nogil=True)
def grams(begin: Any, end: Any, codes: Any, shape: Any) -> Any:
    """The slots of the grams of each window: (first int64[w+1], slots uint32[g])."""
    size = 0
    for w in range(len(begin)):
        size += (end[w] - begin[w] + 2) * (shape[2] - shape[1] + 1 + shape[3])
    slots, first = np.empty(size + 8, np.uint32), np.zeros(len(begin) + 1, np.int64)
    for w in range(len(begin)):
        n = _grams(codes, begin[w], end[w], shape, slots[first[w] :])
        first[w + 1] = first[w] + n
    return first, slots[: first[len(begin)]].copy()


@numba.njit(cache=True, nogil=True)
def train(
    first: Any, slots: Any, labels: Any, importance: Any, order: Any, bits: int, rate: float, decay: float
) -> Any:
    """Fit a logistic regression by AdaGrad, one example after the other in the order given, which may repeat.

    first int64[w+1], slots uint32[g]: the grams of each window; labels uint8[w]; importance float32[w]: weight of each
    example; order int64[steps]; rate: the first step's size; decay: L2 shrinkage of a weight at each of its steps.

    Returns (weights float32[2**bits], bias).
    """
    weights, seen = np.zeros(1 << bits, np.float32), np.full(1 << bits, np.float32(1e-8), np.float32)
    bias, bias_seen = 0.0, 1e-8
    for step in range(len(order)):
        w = order[step]
        a, b = first[w], first[w + 1]
        if a == b:
            continue
        unit = 1.0 / np.sqrt(b - a)
        total = 0.0
        for k in range(a, b):
            total += weights[slots[k]]
        error = importance[w] * (1.0 / (1.0 + np.exp(-(bias + unit * total))) - labels[w])
        bias_seen += error * error
        bias -= rate * error / np.sqrt(bias_seen)
        for k in range(a, b):
            s = slots[k]
            slope = error * unit + decay * weights[s]
            seen[s] += slope * slope
            weights[s] -= rate * slope / np.sqrt(seen[s])
    return weights, bias
