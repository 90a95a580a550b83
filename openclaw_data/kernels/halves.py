"""A quick look for documents in two languages: words in Chinese lines, and in those of an alphabet.

It only spares the others a closer look (`signals.mixed`), so it counts roughly: a Han character is a lead byte from E4
to E9, any other beyond ASCII is a letter, and 8 Han characters are 5 words, as in jieba's cut of prose.
"""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import feeds

HAN_PER_WORD = 1.6


@numba.njit(cache=True, nogil=True)
def count(offsets: Any, data: Any, least: int) -> Any:
    """Count by document; one with fewer than `least` Han characters is not looked at, and has zeros.

    offsets int64[n+1], data uint8[bytes] of UTF-8 -> int64[n, 3]: Han characters in Chinese lines; words, and numbers
    and signs, in the lines of an alphabet that have more words than these.
    """
    n = len(offsets) - 1
    out, bound = np.zeros((n, 3), np.int64), feeds.room(offsets, data)
    feed_at, chars_at = np.empty(bound, np.int64), np.empty(bound, np.int32)
    for d in range(n):
        i = offsets[d]
        if _count_han(data[i : offsets[d + 1]])[0] < least:
            continue
        for k in range(feeds.find(data, i, offsets[d + 1], feed_at, chars_at)):
            line = data[i : feed_at[k]]
            han, letters = _count_han(line)
            if han and 3 * han >= letters:
                out[d, 0] += han
            else:
                words, signs = _count_words(line)
                if words > signs:
                    out[d, 1] += words
                    out[d, 2] += signs
            i = feed_at[k] + 1
    return out


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count_han(line: Any) -> Any:
    """(Han characters, other letters) of a line."""
    han = letters = 0
    for b in line:
        han += (b >= 0xE4) & (b <= 0xE9)
        letters += ((b | 32) >= 97) & ((b | 32) <= 122) | (b >= 0xC0)
    return han, letters - han


@numba.njit(cache=True, nogil=True, _nrt=False)
def _count_words(line: Any) -> Any:
    """(words, numbers and signs) of a line."""
    words = signs = 0
    before = 0  # 1 in a word, 2 in a number
    for b in line:
        if 0xE4 <= b <= 0xE9:
            before = 0
        elif 97 <= b | 32 <= 122 or b >= 0xC0:
            words += before != 1
            before = 1
        elif 48 <= b <= 57:
            signs += before == 0
            if before == 0:
                before = 2
        elif b < 0x80:
            signs += b > 32
            before = 0
    return words, signs
