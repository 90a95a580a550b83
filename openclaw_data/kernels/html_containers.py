"""What the features know of a page's elements: their text and words, and which of them holds the main text.

The best container is the element with the most dense text in it and close below it. All else is seen from there: how
far away an element stands, and what the names of the elements say that are on its side only.
"""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import html_blocks as text
from openclaw_data.kernels.html_layout import (
    B_ELEMENT,
    B_END,
    B_FLAGS,
    B_LINK_BYTES,
    B_START,
    E_PARENT,
    E_TAG,
    E_WORDS,
    E_WORDS_END,
)
from openclaw_data.kernels.html_tables import IN_COMMENT, IN_HIDDEN, TAG, TAGS, WORDS, word_bucket

(
    TOK, LINK, DENSE, N, UP_A, LEVEL_A, UP_B, LEVEL_B, WORD, WSUM, WMIN, WMAX, SCORE, BELOW_MIN, BELOW_MAX, BELOW_SUM,
    FOOT, APART,
) = range(18)  # fmt: skip
FACTS = 18
"""Facts of an element: tokens, link tokens, dense tokens and blocks inside; steps up to what also holds the best
container and down to that one, for two of them; word score, own and with all around it (sum, least, greatest); dense
tokens in it and close below; word scores (least, greatest, sum) of the elements up to below what also holds the best
container; whether it is in the page's foot; whether it is in what is named for other than main text."""

APART_TAG = np.zeros(len(TAGS), np.bool_)
APART_TAG[[TAG[name] for name in ("footer", "nav", "aside", "dialog", "form")]] = True
_APART_WORDS = "footer comment comments reviews cookie cookies consent privacy modal popup overlay dialog sidebar "
_APART_WORDS += "newsletter"
APART_WORD = np.zeros(WORDS, np.bool_)
APART_WORD[[word_bucket(word.encode()) for word in _APART_WORDS.split()]] = True
"""Tags, and class and id words, of what has sentences but is not what a page is about."""
APART_WEIGHT = np.float32(0.25)
"""Their dense text counts so much in the search for the best container: on a page that has no other it still wins."""
_FOOTER, _FOOTER_WORD = TAG["footer"], word_bucket(b"footer")


@numba.njit(cache=True, nogil=True, _nrt=False, inline="always")
def share(a: float, b: float) -> float:
    """`a` of `b`; 0 of nothing."""
    return a / b if b > 0 else 0.0


@numba.njit(cache=True, nogil=True, _nrt=False)
def _names(elements: Any, bag: Any, words: Any, facts: Any, e0: int) -> None:
    """What the tags and the class and id words of elements say, and of those around them; FOOT of the element alone."""
    for e in range(len(elements)):
        up, tag = elements[e, E_PARENT] - e0, elements[e, E_TAG]
        own, apart, foot = np.float32(0), APART_TAG[tag], tag == _FOOTER
        for k in range(elements[e, E_WORDS], elements[e, E_WORDS_END]):
            own += words[bag[k]]
            apart |= APART_WORD[bag[k]]
            foot |= bag[k] == _FOOTER_WORD
        facts[e, WORD] = facts[e, WSUM] = facts[e, WMIN] = facts[e, WMAX] = own
        facts[e, APART], facts[e, FOOT] = apart, foot
        if up >= 0:
            facts[e, WSUM] += facts[up, WSUM] * np.float32(0.7)
            facts[e, WMIN], facts[e, WMAX] = min(own, facts[up, WMIN]), max(own, facts[up, WMAX])
            facts[e, APART] = max(facts[e, APART], facts[up, APART])


@numba.njit(cache=True, nogil=True, _nrt=False)
def measure(
    blocks: Any, elements: Any, bag: Any, words: Any, stats: Any, facts: Any, sums: Any, e0: int
) -> None:  # fmt: skip
    """Facts of a page's elements, and running sums over its blocks: tokens, link tokens, dense tokens, Han."""
    n, m = len(blocks), len(elements)
    facts[:] = 0
    _names(elements, bag, words, facts, e0)
    for b in range(n):
        e = blocks[b, B_ELEMENT] - e0
        tokens = float(stats[b, text.TOKENS])
        density = share(blocks[b, B_LINK_BYTES], blocks[b, B_END] - blocks[b, B_START])
        marks = stats[b, text.ENDS] + stats[b, text.COMMAS]
        dense = (
            tokens * (1 - density)
            if (tokens >= 10 and density < 0.4 and marks) or (tokens >= 25 and density < 0.3)
            else 0.0
        )
        sums[b + 1, 0], sums[b + 1, 1] = sums[b, 0] + tokens, sums[b, 1] + tokens * density
        sums[b + 1, 2], sums[b + 1, 3] = sums[b, 2] + dense, sums[b, 3] + stats[b, text.HAN]
        facts[e, TOK] += tokens
        facts[e, LINK] += tokens * density
        facts[e, DENSE] += dense
        facts[e, N] += 1
        if dense > 0:
            if facts[e, APART] > 0 or blocks[b, B_FLAGS] & (IN_COMMENT | IN_HIDDEN):
                dense *= APART_WEIGHT
            facts[e, SCORE] += dense
            up = elements[e, E_PARENT] - e0
            if up >= 0:
                facts[up, SCORE] += dense
                up = elements[up, E_PARENT] - e0
                if up >= 0:
                    facts[up, SCORE] += dense * 0.5
    for e in range(m - 1, 0, -1):
        up = elements[e, E_PARENT] - e0
        for k in range(4):
            facts[up, k] += facts[e, k]


@numba.njit(cache=True, nogil=True, _nrt=False)
def container(elements: Any, facts: Any, e0: int, best: int, up: int, level: int) -> None:
    """For every element: steps up to the nearest that holds `best`, and steps from `best` up to that one."""
    for e in range(len(elements)):
        facts[e, level] = -1
    e, k = best, 0
    while e >= 0:
        facts[e, up], facts[e, level] = 0, k
        e = elements[e, E_PARENT] - e0
        k += 1
    for e in range(1, len(elements)):
        if facts[e, level] < 0:
            parent = elements[e, E_PARENT] - e0
            facts[e, up], facts[e, level] = facts[parent, up] + 1, facts[parent, level]


@numba.njit(cache=True, nogil=True, _nrt=False)
def below(elements: Any, facts: Any, e0: int) -> None:
    """What the names say of every element and those around it, up to below what also holds the best container."""
    for e in range(1, len(elements)):
        if facts[e, UP_A] > 0:
            up, own = elements[e, E_PARENT] - e0, facts[e, WORD]
            facts[e, BELOW_MIN] = min(own, facts[up, BELOW_MIN])
            facts[e, BELOW_MAX] = max(own, facts[up, BELOW_MAX])
            facts[e, BELOW_SUM] = own + facts[up, BELOW_SUM]
    for e in range(len(elements)):
        if facts[e, UP_A] == 0 or facts[e, LEVEL_A] == 0:
            facts[e, FOOT] = 0
        else:
            facts[e, FOOT] = max(facts[e, FOOT], facts[elements[e, E_PARENT] - e0, FOOT])
