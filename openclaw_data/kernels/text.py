"""Counts per document over the token and line arrays of `kernels.tokens`."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels.characters import TABLE_SIZE, TERMINAL
from openclaw_data.kernels.word_marks import NUMBER, WORD

WORD_COUNTS = ("words", "word_chars", "tokens", "alphabetic")
"""Columns of `count_words`."""
LINE_COUNTS = ("lines", "line_chars", "longest", "bullets", "ellipses", "terminal", "short")
"""Columns of `count_lines`."""
SHORT_LINE = 30
"""Characters up to which a line is short (FineWeb)."""
_BULLETS = (0x2022, 0x2D)  # • and -, as Gopher
_ELLIPSIS, _DOT = 0x2026, 0x2E


@numba.njit(cache=True, nogil=True)
def count_words(doc_tokens: Any, kind: Any, chars: Any) -> Any:
    """Columns of `WORD_COUNTS`: words and their characters, all tokens, tokens with a letter.

    doc_tokens int64[n+1]; kind uint8[t], chars int32[t] -> int64[n, 4].
    """
    out = np.zeros((len(doc_tokens) - 1, 4), np.int64)
    for d in range(len(out)):
        words = characters = alphabetic = 0
        for t in range(doc_tokens[d], doc_tokens[d + 1]):
            if kind[t] in (WORD, NUMBER):
                words += 1
                characters += chars[t]
                alphabetic += kind[t] == WORD
        out[d, 0], out[d, 1], out[d, 2], out[d, 3] = words, characters, doc_tokens[d + 1] - doc_tokens[d], alphabetic
    return out


@numba.njit(cache=True, nogil=True)
def count_lines(
    doc_lines: Any, line_chars: Any, line_first: Any, line_last: Any, line_end: Any, data: Any, classes: Any
) -> Any:
    """Columns of `LINE_COUNTS`: bullets begin a line; ellipses and terminal punctuation end it.

    doc_lines int64[n+1]; line_chars int32[l], line_first uint32[l], line_last uint32[l], line_end int64[l]
    -> int64[n, 7].
    """
    out = np.zeros((len(doc_lines) - 1, 7), np.int64)
    for d in range(len(out)):
        for i in range(doc_lines[d], doc_lines[d + 1]):
            last, size = line_last[i], line_chars[i]
            out[d, 0] += 1
            out[d, 1] += size
            out[d, 2] = max(out[d, 2], size)
            out[d, 3] += line_first[i] in _BULLETS
            dots = last == _DOT and size >= 3 and data[line_end[i] - 2] == _DOT and data[line_end[i] - 3] == _DOT
            out[d, 4] += last == _ELLIPSIS or dots
            out[d, 5] += last < TABLE_SIZE and (classes[min(last, TABLE_SIZE - 1)] & TERMINAL) != 0
            out[d, 6] += size <= SHORT_LINE
    return out


@numba.njit(cache=True, nogil=True)
def count_newlines(offsets: Any, data: Any) -> Any:
    """Line feeds of each document, int64[n]."""
    out = np.zeros(len(offsets) - 1, np.int64)
    for d in range(len(out)):
        feeds = 0
        for i in range(offsets[d], offsets[d + 1]):
            feeds += data[i] == 10
        out[d] = feeds
    return out


@numba.njit(cache=True, nogil=True)
def distinct_listed(doc_tokens: Any, hashes: Any, listed: Any, table_bits: int) -> Any:
    """How many different words of a list each document holds, int64[n].

    listed uint64[w], w <= 64: hashes of the words; table_bits: a table of 2**table_bits slots is used.
    """
    mask = (1 << table_bits) - 1
    slots = np.full(mask + 1, -1, np.int64)
    for w in range(len(listed)):
        s = np.int64(listed[w] & np.uint64(mask))
        while slots[s] >= 0:
            s = (s + 1) & mask
        slots[s] = w
    out = np.zeros(len(doc_tokens) - 1, np.int64)
    for d in range(len(out)):
        seen = np.uint64(0)
        for t in range(doc_tokens[d], doc_tokens[d + 1]):
            s = np.int64(hashes[t] & np.uint64(mask))
            while slots[s] >= 0:
                if listed[slots[s]] == hashes[t]:
                    bit = np.uint64(1) << np.uint64(slots[s])
                    out[d] += (seen & bit) == 0
                    seen |= bit
                    break
                s = (s + 1) & mask
    return out
