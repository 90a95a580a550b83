"""A quick look for documents in two languages: words in Chinese lines, and in those of an alphabet.

It only spares the others a closer look (`signals.mixed`), so it counts roughly: a Han character is a lead byte from E4
to E9, any other beyond ASCII is a letter, and 8 Han characters are 5 words, as in jieba's cut of prose.
"""

from typing import Any

import numba
import numpy as np

HAN_PER_WORD = 1.6


@numba.njit(cache=True, nogil=True)
def count(offsets: Any, data: Any, least: int) -> Any:
    """Count by document; one with fewer than `least` Han characters is not looked at, and has zeros.

    offsets int64[n+1], data uint8[bytes] of UTF-8 -> int64[n, 3]: Han characters in Chinese lines; words, and numbers
    and signs, in the lines of an alphabet that have more words than these.
    """
    n = len(offsets) - 1
    out = np.zeros((n, 3), np.int64)
    for d in range(n):
        total = 0
        for i in range(offsets[d], offsets[d + 1]):
            total += 0xE4 <= data[i] <= 0xE9
        if total < least:
            continue
        han = letters = words = signs = 0
        before = 0  # 1 in a word, 2 in a number
        for i in range(offsets[d], offsets[d + 1] + 1):
            b: Any = data[i] if i < offsets[d + 1] else np.uint8(10)
            if 97 <= b | 32 <= 122 or b >= 0xC0:
                if 0xE4 <= b <= 0xE9:
                    han += 1
                    before = 0
                    continue
                letters += 1
                words += before != 1
                before = 1
            elif b == 10:
                if han and 3 * han >= letters:
                    out[d, 0] += han
                elif words > signs:
                    out[d, 1] += words
                    out[d, 2] += signs
                han = letters = words = signs = 0
                before = 0
            elif 48 <= b <= 57:
                signs += before == 0
                if before == 0:
                    before = 2
            elif b < 0x80:
                signs += b > 32
                before = 0
    return out
