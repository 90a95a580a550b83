"""Compiled halves of the extraction model: tree inference, the second stage's columns, the choice of blocks.

A tree is not walked: of a row that goes right at a node, the leaves on the node's left are struck out, and the first
leaf left is the row's (Lucchese et al. 2015, QuickScorer). That needs no branches: `ROWS` rows pass a node at once.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from openclaw_data.kernels import html_features
from openclaw_data.kernels.html_layout import B_ELEMENT, E_BLOCKS, E_BLOCKS_END, E_PARENT, E_SIGNATURE

ROWS = 64
"""Rows that go through the trees together: their columns fit the first cache."""
MOST_LEAVES = 32
"""Of a tree: a leaf is a bit of a word."""


def predict(
    x: Any, feature: Any, threshold: Any, left: Any, right: Any, leaf: Any, roots: Any, leaves: Any, out: Any,
    before: Any = None,
) -> None:  # fmt: skip
    """Sum of leaves in the order of the trees, in float64, then the logistic function.

    x float32[n, features]; the trees as in `extraction.model.Trees`; out float32[n]. `before` float32[n, more] holds
    columns that come before those of `x`.
    """
    if np.diff(np.append(leaves, len(leaf))).max(initial=0) > MOST_LEAVES:
        raise ValueError(f"a tree has more than {MOST_LEAVES} leaves")
    used, column = np.unique(feature, return_inverse=True)
    ends = np.append(roots, len(feature)).astype(np.int32)
    masks = np.empty(len(feature), np.uint32)
    _masks(left, right, ends, masks)
    before = np.empty((len(x), 0), np.float32) if before is None else before
    _predict(x, before, used.astype(np.int64), column.astype(np.int32), threshold, masks, leaf, ends, leaves, out)


@intrinsic
def _lowest(context: Any, word: Any) -> Any:
    """Index of the lowest bit that is set."""

    def generate(_: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.zext(builder.cttz(values[0], ir.Constant(ir.IntType(1), 1)), ir.IntType(64))

    return types.int64(types.uint32), generate


@numba.njit(cache=True, nogil=True, _nrt=False)
def _masks(left: Any, right: Any, ends: Any, masks: Any) -> None:
    """For every node, the leaves that remain where a row goes right: all but those on its left."""
    for t in range(len(ends) - 1):
        root = ends[t]
        for k in range(ends[t + 1] - 1, root - 1, -1):  # children come after their parents
            masks[k] = 0
            for child in (left[k], right[k]):
                masks[k] |= masks[root + child] if child >= 0 else np.uint32(1) << np.uint32(~child)
        for k in range(root, ends[t + 1]):
            child = left[k]
            masks[k] = ~(masks[root + child] if child >= 0 else np.uint32(1) << np.uint32(~child))


@numba.njit(cache=True, nogil=True)
def _predict(
    x: Any, before: Any, used: Any, column: Any, threshold: Any, masks: Any, leaf: Any, ends: Any, leaves: Any, out: Any
) -> None:
    """`predict` with trees as masks. used int64[u]: the columns that are needed; column int32[nodes]: which of them."""
    columns, open_leaves = np.zeros((len(used), ROWS), np.float32), np.empty(ROWS, np.uint32)
    total = np.empty(ROWS)
    split = np.searchsorted(used, before.shape[1])
    for start in range(0, len(x), ROWS):
        rows = min(ROWS, len(x) - start)
        for r in range(rows):
            for u in range(split):
                columns[u, r] = before[start + r, used[u]]
            row = x[start + r]
            for u in range(split, len(used)):
                columns[u, r] = row[used[u] - before.shape[1]]
        total[:] = 0
        for t in range(len(ends) - 1):
            open_leaves[:] = 0xFFFFFFFF
            for k in range(ends[t], ends[t + 1]):
                values, most, mask = columns[column[k]], threshold[k], masks[k]
                for r in range(ROWS):
                    open_leaves[r] &= mask if values[r] > most else np.uint32(0xFFFFFFFF)
            own = leaf[leaves[t] :]
            for r in range(ROWS):
                total[r] += own[_lowest(open_leaves[r])]
        for r in range(rows):
            out[start + r] = 1.0 / (1.0 + np.exp(-total[r]))


@numba.njit(cache=True, nogil=True)
def _mean(mass: Any, size: Any, low: int, high: int, without: int) -> float:
    """Weighted mean of p over blocks `low` to `high` but one; -1 where there is no other."""
    m, s = mass[high] - mass[low], size[high] - size[low]
    if low <= without < high:
        m -= mass[without + 1] - mass[without]
        s -= size[without + 1] - size[without]
    return m / s if s > 0.5 else -1.0


@numba.njit(cache=True, nogil=True)
def second(page_blocks: Any, page_elements: Any, blocks: Any, elements: Any, tokens: Any, p: Any, out: Any) -> None:
    """Columns `SECOND_NAMES` of all pages: out float32[b, ...] from tokens float32[b] and p float32[b]."""
    most = 0
    for k in range(len(page_blocks) - 1):
        most = max(most, page_blocks[k + 1] - page_blocks[k])
    sums, groups = np.zeros((most + 1, 2)), np.zeros((most + 1, 2))
    keys, of, slots = np.empty(most, np.int64), np.empty(most, np.int32), np.empty(4 * most + 8, np.int32)
    for k in range(len(page_blocks) - 1):
        b0, b1, e0 = page_blocks[k], page_blocks[k + 1], page_elements[k]
        if b0 < b1:
            rows, inside = blocks[b0:b1], elements[e0 : page_elements[k + 1]]
            _second_page(rows, inside, tokens[b0:b1], p[b0:b1], out[b0:b1], b0, e0, sums, groups, keys, of, slots)


@numba.njit(cache=True, nogil=True)
def _second_page(
    blocks: Any, elements: Any, tokens: Any, p: Any, out: Any, b0: int, e0: int, sums: Any, groups: Any, keys: Any,
    of: Any, slots: Any,
) -> None:  # fmt: skip
    """One page's rows of `second`; the last five arrays are room to work in."""
    n = len(blocks)
    mass, size = sums[:, 0], sums[:, 1]
    for b in range(n):
        weight = tokens[b] + 1.0
        mass[b + 1], size[b + 1] = mass[b] + p[b] * weight, size[b] + weight
        e = blocks[b, B_ELEMENT] - e0
        parent = max(elements[e, E_PARENT] - e0, 0)
        keys[b] = np.int64(elements[e, E_SIGNATURE]) << 31 | np.int64(elements[parent, E_SIGNATURE])
    groups[: html_features.group(keys[:n], slots, of)] = 0
    group_mass, group_size = groups[:, 0], groups[:, 1]
    for b in range(n):
        group_mass[of[b]] += p[b] * (tokens[b] + 1.0)
        group_size[of[b]] += tokens[b] + 1.0
    top = p.max()
    best = np.float32(0)
    for b in range(n):
        row = out[b]
        row[0] = p[b]
        row[1] = p[b - 1] if b >= 1 else -1
        row[2] = p[b - 2] if b >= 2 else -1
        row[3] = p[b + 1] if b + 1 < n else -1
        row[4] = p[b + 2] if b + 2 < n else -1
        f = 5
        for width in (3, 8):
            low, high = max(b - width, 0), min(b + width + 1, n)
            row[f] = _mean(mass, size, low, high, b)
            f += 1
        e = blocks[b, B_ELEMENT] - e0
        for _ in range(3):
            row[f] = _mean(mass, size, elements[e, E_BLOCKS] - b0, elements[e, E_BLOCKS_END] - b0, b)
            f += 1
            e = max(elements[e, E_PARENT] - e0, 0)
        own = tokens[b] + 1.0
        g = of[b]
        row[f] = (group_mass[g] - p[b] * own) / (group_size[g] - own) if group_size[g] > own + 0.5 else -1
        row[f + 1], row[f + 2] = mass[n] / size[n], top
        row[f + 3] = best
        best = max(best, p[b])
        row[f + 5] = p[b] / max(top, np.float32(1e-6))
        row[f + 6] = mass[b] / max(mass[n], 1e-9)
    best = np.float32(0)
    for b in range(n - 1, -1, -1):
        out[b, 14] = best
        best = max(best, p[b])


@numba.njit(cache=True, nogil=True)
def choose(page_blocks: Any, p: Any, tokens: Any, keep: Any) -> None:
    """Of every page, the blocks of highest `p` float32[b], up to where the expected F1 is best: keep bool[b]."""
    for k in range(len(page_blocks) - 1):
        expected = 0.0
        for i in range(page_blocks[k], page_blocks[k + 1]):
            expected += p[i] * tokens[i]
        order = np.argsort(-p[page_blocks[k] : page_blocks[k + 1]], kind="mergesort") + page_blocks[k]
        gain, size, best, last = 0.0, 0.0, 0.0, -1
        for i in range(len(order)):
            b = order[i]
            gain += p[b] * tokens[b]
            size += tokens[b]
            f = 2 * gain / (size + expected) if size + expected > 0 else 0.0
            if f > best:
                best, last = f, i
        for b in order[: last + 1]:
            keep[b] = True


OTHER_TOKENS = 40
"""So much other kept text makes a page one that can do without what is marked."""


@numba.njit(cache=True, nogil=True)
def drop(page_blocks: Any, marked: Any, tokens: Any, share: float, keep: Any) -> None:
    """Take what is `marked` bool[b] out of `keep`, where other text is `share` of a page's kept text or more."""
    for k in range(len(page_blocks) - 1):
        all_kept = rest = 0.0
        for b in range(page_blocks[k], page_blocks[k + 1]):
            if keep[b]:
                all_kept += tokens[b]
                rest += 0.0 if marked[b] else tokens[b]
        if rest >= OTHER_TOKENS and rest >= share * all_kept:
            for b in range(page_blocks[k], page_blocks[k + 1]):
                keep[b] = keep[b] and not marked[b]
