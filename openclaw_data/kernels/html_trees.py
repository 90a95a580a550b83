"""Compiled halves of the extraction model: tree inference, the second stage's columns, the choice of blocks.

A tree is not walked: of a row that goes right at a node, the leaves on the node's left are struck out, and the first
leaf left is the row's (Lucchese et al. 2015, QuickScorer). That needs no branches: `html_vectors.ROWS` rows pass a node
at once.
"""

from typing import Any, NamedTuple

import numba
import numpy as np

from openclaw_data.kernels import html_features
from openclaw_data.kernels.html_layout import B_ELEMENT, E_BLOCKS, E_BLOCKS_END, E_PARENT, E_SIGNATURE
from openclaw_data.kernels.html_vectors import LEAVES, ROWS, add_trees

SECOND_NAMES = (
    "p", "prev1", "prev2", "next1", "next2", "near3", "near8", "up0", "up1", "up2", "same", "page_mean", "page_max",
    "best_before", "best_after", "rank", "kept_share",
)  # fmt: skip
"""Columns that the second stage has before those of the first. Means weigh a block by its tokens."""


class Struck(NamedTuple):
    """Trees as masks of leaves, tree after tree."""

    column: Any  # int32[nodes]
    threshold: Any  # float32[nodes]
    masks: Any  # uint32[nodes]: the leaves that remain where a row goes right
    leaf: Any  # float32[trees, LEAVES]
    ends: Any  # int64[trees+1]: nodes of tree t are ends[t]:ends[t+1]


def struck(feature: Any, threshold: Any, left: Any, right: Any, leaf: Any, roots: Any, leaves: Any) -> Struck:
    """The trees of `extraction.model.Trees` as masks.

    Raises:
        ValueError: a tree has more than `LEAVES` leaves.
    """
    counts = np.diff(np.append(leaves, len(leaf)))
    if counts.max(initial=0) > LEAVES:
        raise ValueError(f"a tree has more than {LEAVES} leaves")
    table = np.zeros((len(leaves), LEAVES), np.float32)
    table[np.arange(LEAVES) < counts[:, None]] = leaf
    ends = np.append(roots, len(feature)).astype(np.int64)
    masks = np.empty(len(feature), np.uint32)
    _masks(left, right, ends, masks)
    return Struck(feature.astype(np.int32), threshold, masks, table, ends)


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


def predict(trees: Struck, x: Any) -> Any:
    """Probabilities float32[n] for x float32[n, features]."""
    out, columns = np.empty(len(x), np.float32), np.zeros((x.shape[1], ROWS), np.float32)
    for start in range(0, len(x), ROWS):
        part = x[start : start + ROWS]
        columns[:, : len(part)] = part.T
        predict_rows(trees, columns, np.empty(ROWS), out[start : start + ROWS])
    return out


@numba.njit(cache=True, nogil=True, _nrt=False)
def predict_rows(trees: Any, columns: Any, total: Any, out: Any) -> None:
    """The sum of leaves in the order of the trees, in float64, then the logistic function, for up to `ROWS` rows.

    columns float32[features, ROWS], of which len(out) rows are wanted; total float64[ROWS] is room to work in;
    out float32[...].
    """
    add_trees(columns, trees.column, trees.threshold, trees.masks, trees.ends, trees.leaf, total)
    for r in range(len(out)):
        out[r] = 1.0 / (1.0 + np.exp(-total[r]))


@numba.njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
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
            second_page(rows, inside, tokens[b0:b1], p[b0:b1], out[b0:b1], b0, e0, sums, groups, keys, of, slots)


@numba.njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def second_page(
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
    top = p[0]
    for b in range(n):
        top = max(top, p[b])
        group_mass[of[b]] += p[b] * (tokens[b] + 1.0)
        group_size[of[b]] += tokens[b] + 1.0
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


@numba.njit(cache=True, nogil=True, _nrt=False)
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
