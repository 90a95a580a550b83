"""What the model says of every block of a scan: features, first stage, what is around, second stage, page by page.

The matrix of features is never whole: a few pages at a time go through all steps while their rows are in the cache.
"""

from typing import Any, NamedTuple

import numba
import numpy as np

from openclaw_data.kernels import html_blocks as text
from openclaw_data.kernels import html_containers, html_features, html_trees
from openclaw_data.kernels.html_features import rows_of_page
from openclaw_data.kernels.html_layout import B_FLAGS
from openclaw_data.kernels.html_tables import IN_PRE
from openclaw_data.kernels.html_titles import note as note_title
from openclaw_data.kernels.html_vectors import ROWS, transpose

BEFORE = len(html_trees.SECOND_NAMES)
GROUP = 256
"""So many blocks at least go through the trees together, if there are: few of `html_vectors.ROWS` are empty."""


class Room(NamedTuple):
    """What the rows of a group of pages are worked out in."""

    stats: Any  # int32[rows, html_blocks.COLUMNS]
    matrix: Any  # float32[rows + ROWS + 1, html_features.WIDTH]
    around: Any  # float32[rows, BEFORE]
    columns: Any  # float32[columns of the second stage and 15 more, ROWS]
    total: Any  # float64[ROWS]
    p: Any  # float32[rows]
    facts: Any  # float32[elements of a page, html_containers.FACTS]
    title: Any  # bool[4096]
    slots: Any  # int32[2^k]: the hash table of `html_features.group`
    groups: Any  # float32[blocks of a page + 1, 6]
    sums: Any  # float64[blocks of a page + 1, 4]
    group_of: Any  # int32[2, blocks of a page]
    keys: Any  # int64[blocks of a page]
    mass: Any  # float64[2, blocks of a page + 1, 2]


def _room(scan: Any) -> Room:
    """Room for the largest page of a scan and a group begun before it."""
    most, elements = int(np.diff(scan.page_blocks).max()), int(np.diff(scan.page_elements).max())
    rows = most + GROUP
    return Room(
        np.empty((rows, text.COLUMNS), np.int32), np.empty((rows + ROWS + 1, html_features.WIDTH), np.float32),
        np.empty((rows, BEFORE), np.float32), np.zeros((BEFORE + html_features.WIDTH + 15, ROWS), np.float32),
        np.empty(ROWS), np.empty(rows, np.float32),
        np.empty((elements, html_containers.FACTS), np.float32), np.empty(1 << 12, np.bool_),
        np.empty(1 << max(4 * most, 8).bit_length(), np.int32), np.empty((most + 1, 6), np.float32),
        np.zeros((most + 1, 4), np.float64), np.empty((2, most), np.int32), np.empty(most, np.int64),
        np.zeros((2, most + 1, 2)),
    )  # fmt: skip


def judge(
    scan: Any, words: Any, beginnings: Any, first: html_trees.Struck, second: html_trees.Struck, wanted: Any
) -> tuple[Any, Any]:
    """Probabilities of main text float32[b], and the columns `wanted` int64[k] of the features: float32[k, b].

    words float32[WORDS], beginnings float32[TEXTS]: learned scores. Line numbers of code have probability 0.
    """
    p, seen = np.empty(len(scan.blocks), np.float32), np.empty((len(wanted), len(scan.blocks)), np.float32)
    if len(p):
        _judge(
            scan.data, scan.titles, scan.page_blocks, scan.page_elements, scan.out, scan.blocks, scan.elements,
            scan.words, words, beginnings, first, second, _room(scan), wanted, p, seen,
        )  # fmt: skip
    return p, seen


@numba.njit(cache=True, nogil=True, _nrt=False)
def _judge(
    data: Any, titles: Any, page_blocks: Any, page_elements: Any, out: Any, blocks: Any, elements: Any, bag: Any,
    words: Any, beginnings: Any, first: Any, second: Any, room: Any, wanted: Any, p: Any, seen: Any,
) -> None:  # fmt: skip
    """`judge`, a group of pages at a time."""
    page = 0
    while page < len(page_blocks) - 1:
        start, last = page_blocks[page], page + 1
        while last < len(page_blocks) - 1 and page_blocks[last] - start < GROUP:
            last += 1
        n = page_blocks[last] - start
        for k in range(page, last):
            _features(
                k, start, data, titles, page_blocks, page_elements, out, blocks, elements, bag, words, beginnings, room
            )
        _stage(n, first, False, room, room.p)
        for k in range(page, last):
            _around(k, start, page_blocks, page_elements, blocks, elements, room)
        _stage(n, second, True, room, p[start : start + n])
        for r in range(n):
            stats = room.stats[r]
            if blocks[start + r, B_FLAGS] & IN_PRE and stats[text.LETTERS] == 0:
                if stats[text.LATIN] > 1 and stats[text.LINES] + 1 >= stats[text.LATIN]:
                    p[start + r] = 0
            for c in range(len(wanted)):
                seen[c, start + r] = room.matrix[r, wanted[c]]
        page = last


@numba.njit(cache=True, nogil=True, _nrt=False)
def _features(
    page: int, start: int, data: Any, titles: Any, page_blocks: Any, page_elements: Any, out: Any, blocks: Any,
    elements: Any, bag: Any, words: Any, beginnings: Any, room: Any,
) -> None:  # fmt: skip
    """Rows of one page in `room`, whose row 0 is block `start`."""
    a, b, e, e_end = page_blocks[page], page_blocks[page + 1], page_elements[page], page_elements[page + 1]
    if a == b:
        return
    stats, x = room.stats[a - start : b - start], room.matrix[a - start : b - start]
    text.measure(out, blocks[a:b], stats)
    x[:] = 0
    title_words = note_title(data, titles[page, 0], titles[page, 1], room.title)
    rows_of_page(
        out, blocks[a:b], elements[e:e_end], bag, stats, room.facts[: e_end - e], a, e, words, beginnings, room.title,
        title_words, room.slots, room.groups, room.sums, room.group_of, room.keys, x,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, _nrt=False)
def _stage(n: int, trees: Any, second: bool, room: Any, p: Any) -> None:
    """One stage over the first n rows of `room`, to p float32[n]; the second has the columns `around`, too."""
    for start in range(0, n, ROWS):
        end = min(start + ROWS, n)
        transpose(room.matrix[start:], end - start, room.columns[BEFORE:])
        if second:
            for r in range(start, end):
                for c in range(BEFORE):
                    room.columns[c, r - start] = room.around[r, c]
        columns = room.columns if second else room.columns[BEFORE:]
        html_trees.predict_rows(trees, columns, room.total, p[start:end])


@numba.njit(cache=True, nogil=True, _nrt=False)
def _around(page: int, start: int, page_blocks: Any, page_elements: Any, blocks: Any, elements: Any, room: Any) -> None:
    """What the first stage says around the blocks of one page, in `room`, whose row 0 is block `start`."""
    a, b, e = page_blocks[page], page_blocks[page + 1], page_elements[page]
    if a < b:
        rows = slice(a - start, b - start)
        html_trees.second_page(
            blocks[a:b], elements[e : page_elements[page + 1]], room.matrix[rows, 0], room.p[rows], room.around[rows],
            a, e, room.mass[0], room.mass[1], room.keys, room.group_of[0], room.slots,
        )  # fmt: skip
