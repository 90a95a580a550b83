"""What the model sees of a block: one row of a matrix, from its text, the elements around it, its neighbours, its page.

All in one pass over the blocks and two over the elements of a page. Counts stay counts and shares are 0 to 1: the
model's trees do not mind scales. Nothing names a site: class and id words and beginnings of texts come in as scores
that were learned over many sites.
"""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import html_blocks as text
from openclaw_data.kernels import html_containers as about
from openclaw_data.kernels.html_containers import share
from openclaw_data.kernels.html_layout import (
    B_BREAKS,
    B_ELEMENT,
    B_END,
    B_FLAGS,
    B_IMAGES,
    B_LINK_BYTES,
    B_LINKS,
    B_START,
    E_BLOCKS,
    E_BLOCKS_END,
    E_DEPTH,
    E_PARENT,
    E_SIGNATURE,
    E_TAG,
)
from openclaw_data.kernels.html_tables import (
    IN_ARTICLE,
    IN_ASIDE,
    IN_CODE,
    IN_COMMENT,
    IN_EMPHASIS,
    IN_FIGURE,
    IN_FOOTER,
    IN_FORM,
    IN_HEADER,
    IN_HEADING,
    IN_HIDDEN,
    IN_LIST,
    IN_MAIN,
    IN_NAV,
    IN_PRE,
    IN_QUOTE,
    IN_TABLE,
    TAG,
    TAGS,
)
from openclaw_data.kernels.html_titles import note, words_of

_PLACES = (
    IN_HEADING, IN_LIST, IN_TABLE, IN_QUOTE, IN_FIGURE, IN_CODE, IN_PRE, IN_NAV, IN_HEADER, IN_FOOTER, IN_ASIDE,
    IN_FORM, IN_ARTICLE, IN_MAIN, IN_COMMENT, IN_HIDDEN, IN_EMPHASIS,
)  # fmt: skip
PLACES = np.array(_PLACES, np.int32)
_KINDS = "p li td th h1 h2 h3 h4 div pre dd dt blockquote figcaption section article tr ul ol main header footer "
_KINDS += "aside nav button option custom-element"
KIND = np.zeros(len(TAGS), np.float32)
for _k, _name in enumerate(_KINDS.split()):
    KIND[TAG[_name]] = _k + 1

OWN = (
    "tokens chars link_density links han digits upper marks ends ends_share commas_share stops_share bars last_end "
    "word_chars breaks lines images dense kind"
).split()
IN = (
    "heading list table quote figure code pre nav header footer aside form article main comment hidden emphasis".split()
)
POSITION = "depth index index_share from_end tokens_before dense_before".split()
PAGE = [f"page_{n}" for n in "tokens blocks link_density dense_share han dense_blocks dense".split()]
AROUND = [f"up{k}_{n}" for k in range(4) for n in "tokens link_density dense_share of_page_dense blocks".split()]
CONTAINERS = [f"{c}_{n}" for c in "ab" for n in "up level distance share".split()]
SAME = [f"same_{n}" for n in "count tokens link_density dense_share of_page_dense ends position".split()]
LEARNED = "words words_up1 words_up2 words_sum words_min words_max beginning".split()
NAMED = "below_min below_max below_sum foot apart".split()
BESIDE = [f"{s}_{n}" for s in "prev1 prev2 next1 next2".split() for n in "tokens link_density last_end same".split()]
WINDOWS = [f"window{w}_{n}" for w in (2, 5, 10) for n in "tokens link_density dense_share".split()]
REST = "repeats "
REST += (
    "title_share title_cover heading_before h1_seen dense_next dense_prev dense_next_tokens prev_heading next_beginning"
)
NAMES = [*OWN, *IN, *POSITION, *PAGE, *AROUND, *CONTAINERS, *SAME, *LEARNED, *NAMED, *BESIDE, *WINDOWS, *REST.split()]
WIDTH = len(NAMES)
"""Columns of the matrix, and how many."""

_G_COUNT, _G_TOK, _G_LINK, _G_DENSE, _G_ENDS, _G_SEEN = range(6)
_H1, _H6 = TAG["h1"], TAG["h6"]
FAR = 50.0
"""Distances are cut here."""


def features(scan: Any, words: Any, beginnings: Any) -> tuple[Any, Any]:
    """Matrix float32[b, len(NAMES)] and text facts int32[b, html_blocks.COLUMNS] of all blocks of a scan.

    words float32[WORDS], beginnings float32[TEXTS]: learned scores, above 0 for main text.
    """
    blocks, most = len(scan.blocks), int(np.diff(scan.page_blocks).max(initial=0))
    stats = np.empty((blocks, text.COLUMNS), np.int32)
    text.measure(scan.out, scan.blocks, stats)
    matrix = np.zeros((blocks, len(NAMES)), np.float32)
    facts = np.zeros((len(scan.elements), about.FACTS), np.float32)
    slots = np.empty(1 << max(2 * most, 4).bit_length(), np.int32)
    groups, sums = np.zeros((most + 1, 6), np.float32), np.zeros((most + 1, 4), np.float64)
    group_of, keys = np.empty((2, most), np.int32), np.empty(most, np.int64)
    title = np.zeros(1 << 12, np.bool_)
    _pages(
        scan.data, scan.titles, scan.page_blocks, scan.page_elements, scan.out, scan.blocks, scan.elements, scan.words,
        stats, facts, words, beginnings, title, slots, groups, sums, group_of, keys, matrix,
    )  # fmt: skip
    return matrix, stats


@numba.njit(cache=True, nogil=True, _nrt=False)
def group(keys: Any, slots: Any, of: Any) -> int:
    """Number equal keys: int64[n] -> `of` int32[n]; returns the number of groups. `slots` has room for two each."""
    n = len(keys)
    size = 4
    while size < 2 * n:
        size *= 2
    slots[:size] = -1
    groups = 0
    for i in range(n):
        slot = (keys[i] * 0x9E3779B97F4A7 >> 7) & (size - 1)
        while slots[slot] >= 0 and keys[slots[slot]] != keys[i]:
            slot = (slot + 1) & (size - 1)
        if slots[slot] < 0:
            slots[slot] = i
            of[i] = groups
            groups += 1
        else:
            of[i] = of[slots[slot]]
    return groups


@numba.njit(cache=True, nogil=True, _nrt=False)
def _pages(
    data: Any, titles: Any, page_blocks: Any, page_elements: Any, out: Any, blocks: Any, elements: Any, bag: Any,
    stats: Any, facts: Any, words: Any, beginnings: Any, title: Any, slots: Any, groups: Any, sums: Any, group_of: Any,
    keys: Any, matrix: Any,
) -> None:  # fmt: skip
    """Rows of all pages."""
    for p in range(len(page_blocks) - 1):
        b0, b1, e0, e1 = page_blocks[p], page_blocks[p + 1], page_elements[p], page_elements[p + 1]
        if b0 < b1:
            title_words = note(data, titles[p, 0], titles[p, 1], title)
            rows_of_page(
                out, blocks[b0:b1], elements[e0:e1], bag, stats[b0:b1], facts[e0:e1], b0, e0, words, beginnings, title,
                title_words, slots, groups, sums, group_of, keys, matrix[b0:b1],
            )  # fmt: skip


@numba.njit(cache=True, nogil=True, _nrt=False)
def rows_of_page(
    out: Any, blocks: Any, elements: Any, bag: Any, stats: Any, facts: Any, b0: int, e0: int, words: Any,
    beginnings: Any, title: Any, title_words: int, slots: Any, groups: Any, sums: Any, group_of: Any, keys: Any,
    matrix: Any,
) -> None:  # fmt: skip
    """Rows of one page's blocks."""
    n = len(blocks)
    sums[0] = 0
    about.measure(blocks, elements, bag, words, stats, facts, sums, e0)
    a, b_best = _best(facts, sums[n, 2])
    about.container(elements, facts, e0, a, about.UP_A, about.LEVEL_A)
    about.container(elements, facts, e0, b_best, about.UP_B, about.LEVEL_B)
    about.below(elements, facts, e0)
    dense_blocks = _looks(blocks, elements, stats, sums, e0, slots, groups, group_of[0], keys)
    heading, seen, dense_prev = FAR, 0.0, FAR
    for b in range(n):
        row = matrix[b]
        _own(blocks[b], stats[b], row, sums[b + 1, 2] - sums[b, 2])
        e = blocks[b, B_ELEMENT] - e0
        tag = elements[e, E_TAG]
        row[19] = KIND[tag]
        f = _places(blocks[b, B_FLAGS], elements[e, E_DEPTH], b, n, sums, dense_blocks, row, 20)
        f = _around(elements, facts, e, e0, sums[n, 2], row, f)
        f = _distances(elements, facts, e, a, about.UP_A, b + b0, sums[n, 2], row, f)
        f = _distances(elements, facts, e, b_best, about.UP_B, b + b0, sums[n, 2], row, f)
        f = _same(groups[group_of[0, b]], sums[n, 2], row, f)
        f = _names(elements, facts, e, e0, a, beginnings[stats[b, text.FIRST]], row, f)
        f = _beside(blocks, stats, sums, group_of[0], b, n, row, f)
        f = _windows(sums, b, n, row, f) + 1
        if title_words and 0 < stats[b, text.TOKENS] <= 60:
            hits = words_of(out, blocks[b, B_START], blocks[b, B_END], title)
            row[f], row[f + 1] = share(hits, stats[b, text.TOKENS]), min(share(hits, title_words), 1.0)
        row[f + 2], row[f + 3], row[f + 5] = heading, seen, dense_prev
        row[f + 7] = matrix[b - 1, 20] if b else 0.0
        row[f + 8] = beginnings[stats[b + 1, text.FIRST]] if b + 1 < n else 0.0
        heading, dense_prev = min(heading + 1, FAR), min(dense_prev + 1, FAR)
        if _H1 <= tag <= _H6:
            heading = 1.0
            seen = 1.0 if tag == _H1 else seen
        if sums[b + 1, 2] > sums[b, 2]:
            dense_prev = 1.0
    _backwards(stats, sums, keys, slots, group_of[1], groups, matrix)


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _best(facts: Any, dense_total: float) -> tuple[int, int]:
    """Two containers of the main text: that of the highest score, and the innermost that holds most dense text."""
    a = b_best = 0
    for e in range(len(facts)):
        quality = facts[e, about.SCORE] * (1 - share(facts[e, about.LINK], facts[e, about.TOK]))
        if quality > facts[a, about.SCORE] * (1 - share(facts[a, about.LINK], facts[a, about.TOK])):
            a = e
        if facts[e, about.DENSE] >= 0.6 * dense_total and dense_total > 0:
            b_best = e
    return a, b_best


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _looks(
    blocks: Any, elements: Any, stats: Any, sums: Any, e0: int, slots: Any, groups: Any, of: Any, keys: Any
) -> int:
    """Group the blocks that look alike and sum up what is in each group; returns the number of dense blocks."""
    n = len(blocks)
    for b in range(n):
        e = blocks[b, B_ELEMENT] - e0
        parent = max(elements[e, E_PARENT] - e0, 0)
        keys[b] = np.int64(elements[e, E_SIGNATURE]) << 31 | np.int64(elements[parent, E_SIGNATURE])
    groups[: group(keys[:n], slots, of)] = 0
    dense_blocks = 0
    for b in range(n):
        g = groups[of[b]]
        g[_G_COUNT] += 1
        for k in range(3):
            g[_G_TOK + k] += sums[b + 1, k] - sums[b, k]
        g[_G_ENDS] += stats[b, text.LAST_END]
        dense_blocks += sums[b + 1, 2] > sums[b, 2]
    return dense_blocks


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _places(flags: int, depth: int, b: int, n: int, sums: Any, dense_blocks: int, row: Any, f: int) -> int:
    """Columns `IN`, `POSITION` and `PAGE`."""
    for k in range(len(PLACES)):
        row[f + k] = (flags & PLACES[k]) != 0
    f += len(PLACES)
    total, dense_total = sums[n, 0], sums[n, 2]
    row[f], row[f + 1], row[f + 2], row[f + 3] = depth, b, b / n, n - b
    row[f + 4], row[f + 5] = share(sums[b, 0], total), share(sums[b, 2], dense_total)
    f += 6
    row[f], row[f + 1], row[f + 2] = total, n, share(sums[n, 1], total)
    row[f + 3], row[f + 4], row[f + 5] = share(dense_total, total), share(sums[n, 3], total), dense_blocks
    row[f + 6] = dense_total
    return f + 7


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _same(g: Any, dense_total: float, row: Any, f: int) -> int:
    """Columns `SAME`: the blocks that look like this one."""
    row[f], row[f + 1], row[f + 2] = g[_G_COUNT], g[_G_TOK] / g[_G_COUNT], share(g[_G_LINK], g[_G_TOK])
    row[f + 3], row[f + 4] = share(g[_G_DENSE], g[_G_TOK]), share(g[_G_DENSE], dense_total)
    row[f + 5], row[f + 6] = g[_G_ENDS] / g[_G_COUNT], g[_G_SEEN] / g[_G_COUNT]
    g[_G_SEEN] += 1
    return f + 7


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _names(elements: Any, facts: Any, e: int, e0: int, a: int, beginning: float, row: Any, f: int) -> int:
    """Columns `LEARNED` and `NAMED`."""
    parent = max(elements[e, E_PARENT] - e0, 0)
    grand = max(elements[parent, E_PARENT] - e0, 0)
    row[f], row[f + 1], row[f + 2] = facts[e, about.WORD], facts[parent, about.WORD], facts[grand, about.WORD]
    row[f + 3], row[f + 4], row[f + 5] = facts[e, about.WSUM], facts[e, about.WMIN], facts[e, about.WMAX]
    row[f + 6] = beginning
    f += 7
    for k in range(about.BELOW_MIN, about.FOOT + 1):
        row[f] = facts[e, k]
        f += 1
    row[f] = facts[e, about.APART] > facts[a, about.APART]
    return f + 1


@numba.njit(cache=True, nogil=True, _nrt=False, forceinline=True)
def _windows(sums: Any, b: int, n: int, row: Any, f: int) -> int:
    """Columns `WINDOWS`: the blocks that are near."""
    for width in (2, 5, 10):
        low, high = max(b - width, 0), min(b + width + 1, n)
        tokens = sums[high, 0] - sums[low, 0]
        row[f], row[f + 1] = tokens, share(sums[high, 1] - sums[low, 1], tokens)
        row[f + 2] = share(sums[high, 2] - sums[low, 2], tokens)
        f += 3
    return f


@numba.njit(cache=True, nogil=True, _nrt=False)
def _own(block: Any, stats: Any, row: Any, dense: float) -> None:
    """Columns `OWN` but the last."""
    tokens, chars = stats[text.TOKENS], stats[text.CHARS]
    row[0], row[1] = tokens, chars
    row[2], row[3] = share(block[B_LINK_BYTES], block[B_END] - block[B_START]), block[B_LINKS]
    row[4], row[5], row[6] = (
        share(stats[text.HAN], tokens),
        share(stats[text.DIGITS], chars),
        share(stats[text.UPPER], chars),
    )
    row[7], row[8], row[9] = share(stats[text.MARKS], tokens), stats[text.ENDS], share(stats[text.ENDS], tokens)
    row[10], row[11] = share(stats[text.COMMAS], tokens), share(stats[text.STOPS], tokens)
    row[12], row[13] = stats[text.BARS], stats[text.LAST_END]
    row[14] = share(chars - stats[text.HAN], stats[text.LATIN])
    row[15], row[16], row[17], row[18] = block[B_BREAKS], stats[text.LINES], block[B_IMAGES], dense


@numba.njit(cache=True, nogil=True, _nrt=False)
def _around(elements: Any, facts: Any, e: int, e0: int, dense_total: float, row: Any, f: int) -> int:
    """Columns `AROUND`: the element and three above it."""
    for _ in range(4):
        tokens = facts[e, about.TOK]
        row[f], row[f + 1] = tokens, share(facts[e, about.LINK], tokens)
        row[f + 2] = share(facts[e, about.DENSE], tokens)
        row[f + 3], row[f + 4] = share(facts[e, about.DENSE], dense_total), facts[e, about.N]
        f += 5
        e = max(elements[e, E_PARENT] - e0, 0)
    return f


@numba.njit(cache=True, nogil=True, _nrt=False)
def _distances(
    elements: Any, facts: Any, e: int, best: int, up: int, b: int, dense_total: float, row: Any, f: int
) -> int:
    """Columns of one container: steps up, steps down, blocks away (below 0: before it), its share of dense text."""
    row[f], row[f + 1] = facts[e, up], facts[e, up + 1]
    first, last = elements[best, E_BLOCKS], elements[best, E_BLOCKS_END]
    row[f + 2] = max(b - first, -FAR) if b < first else min(b - last + 1, FAR) if b >= last else 0.0
    row[f + 3] = share(facts[best, about.DENSE], dense_total)
    return f + 4


@numba.njit(cache=True, nogil=True, _nrt=False)
def _beside(blocks: Any, stats: Any, sums: Any, group: Any, b: int, n: int, row: Any, f: int) -> int:
    """Columns `BESIDE`: two blocks before and two after."""
    for step in (-1, -2, 1, 2):
        k = b + step
        if 0 <= k < n:
            tokens = sums[k + 1, 0] - sums[k, 0]
            row[f], row[f + 1] = tokens, share(blocks[k, B_LINK_BYTES], blocks[k, B_END] - blocks[k, B_START])
            row[f + 2], row[f + 3] = stats[k, text.LAST_END], group[k] == group[b]
        else:
            row[f : f + 4] = -1
        f += 4
    return f


@numba.njit(cache=True, nogil=True, _nrt=False)
def _backwards(stats: Any, sums: Any, keys: Any, slots: Any, of: Any, groups: Any, matrix: Any) -> None:
    """Columns that need what follows: repeats of the same text, the next dense block."""
    n = len(stats)
    f = matrix.shape[1] - 10
    for b in range(n):
        keys[b] = stats[b, text.WHOLE]
    count = group(keys[:n], slots, of)
    groups[:count] = 0
    for b in range(n):
        groups[of[b], 0] += 1
    distance, tokens = FAR, np.float64(0)
    for b in range(n - 1, -1, -1):
        matrix[b, f] = groups[of[b], 0]
        matrix[b, f + 5], matrix[b, f + 7] = distance, tokens
        distance = min(distance + 1, FAR)
        if sums[b + 1, 2] > sums[b, 2]:
            distance, tokens = 1.0, sums[b + 1, 0] - sums[b, 0]
