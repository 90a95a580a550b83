"""Different words, their entropy, repeated 3-grams, sentences and capitals of each document."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.ngrams import mask_for, most_items, slot_of
from openclaw_data.kernels.word_marks import MARKS, SIGN, WORD

_BASE = np.uint64(0x9E3779B97F4A7C15)
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
    n, size = len(doc_tokens) - 1, mask_for(most_items(doc_tokens)) + 1
    keys, count = np.empty(size, np.uint64), np.empty(size, np.int64)
    out, entropy = np.zeros((n, 6), np.int64), np.zeros(n)
    for d in range(n):
        a, b, row = doc_tokens[d], doc_tokens[d + 1], out[d]
        mask, ends = mask_for(b - a), line_end[doc_lines[d] : doc_lines[d + 1]]
        row[0], row[1], row[4], row[5] = _count(a, b, kind, start, end, hashes, data, ends, keys, count, mask)
        entropy[d] = _entropy(keys, count, mask, row[0])
        row[2], row[3] = max(b - a - 2, 0), _repeated_trigrams(a, b, hashes, keys, mask)
    return out, entropy


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count(
    a: int, b: int, kind: Any, start: Any, end: Any, hashes: Any, data: Any, line_end: Any, keys: Any, count: Any,
    mask: int,
) -> tuple[int, int, int, int]:  # fmt: skip
    """(words among a document's tokens a to b, different ones, sentences, words in capitals).

    line_end int64[l]: where the document's lines end. Fills keys uint64[mask + 1] and count int64[mask + 1] with the
    different words and how often each occurs; a free slot has the key 0.
    """
    keys[: mask + 1] = _ZERO
    words = different = sentences = capitals = line = 0
    pending = False  # words since the last end of a sentence
    for t in range(a, b):
        while line < len(line_end) and line_end[line] <= start[t]:
            sentences += pending
            pending = False
            line += 1
        if kind[t] in (MARKS, SIGN):
            if kind[t] == MARKS and _ends_sentence(data, start[t]):
                sentences += pending
                pending = False
            continue
        pending = True
        words += 1
        h: Any = hashes[t]
        if kind[t] == WORD and data[start[t]] < 0x80:
            h, in_capitals = _fold(data, start[t], end[t])
            capitals += in_capitals
        h |= _ONE
        s = slot_of(keys, mask, h)
        if keys[s] == _ZERO:
            keys[s], count[s] = h, 0
            different += 1
        count[s] += 1
    return words, different, sentences + pending, capitals


@numba.njit(cache=True, nogil=True, _nrt=False)
def _fold(data: Any, i: int, stop: int) -> tuple[Any, bool]:
    """(hash of a word with ASCII letters in lower case; whether it has two capitals or more, and nothing else)."""
    h, upper, lower = _FNV_BASIS, 0, 0
    for k in range(i, stop):
        c = data[k]
        if 65 <= c <= 90:
            upper += 1
            c += 32
        else:
            lower += c > 57
        h = (h ^ np.uint64(c)) * _FNV_PRIME
    return h, upper >= 2 and lower == 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def _entropy(keys: Any, count: Any, mask: int, words: int) -> float:
    """Entropy of a distribution of words, in nats; 0 where there are none."""
    if words == 0:
        return 0.0
    total = 0.0
    for slot in range(mask + 1):
        if keys[slot] != _ZERO:
            total += count[slot] * np.log(np.float64(count[slot]))
    return max(0.0, np.log(np.float64(words)) - total / words)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _repeated_trigrams(a: int, b: int, hashes: Any, keys: Any, mask: int) -> int:
    """How many 3-grams of the tokens a to b occurred before; keys uint64[mask + 1] is room to work in."""
    keys[: mask + 1] = _ZERO
    repeated = 0
    for t in range(a, b - 2):
        key: Any = (hashes[t] * _BASE + hashes[t + 1]) * _BASE + hashes[t + 2]
        key |= _ONE
        s = slot_of(keys, mask, key)
        repeated += keys[s] == key
        keys[s] = key
    return repeated


@numba.njit(cache=True, nogil=True, _nrt=False)
def _ends_sentence(data: Any, i: int) -> bool:
    """Is the mark at `i` one of . ! ? 。 … ！ ？?"""
    c = data[i]
    if c in (0xE3, 0xE2, 0xEF):
        x, y = data[i + 1], data[i + 2]
        return (
            (c == 0xE3 and x == 0x80 and y == 0x82)
            or (c == 0xE2 and x == 0x80 and y == 0xA6)
            or (c == 0xEF and x == 0xBC and y in (0x81, 0x9F))
        )
    return c in (0x2E, 0x21, 0x3F)
