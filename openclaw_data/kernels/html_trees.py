"""Compiled halves of the extraction model: tree inference, the second stage's columns, the choice of blocks."""

from typing import Any

import numba
import numpy as np

from openclaw_data.kernels import html_features
from openclaw_data.kernels.html import E_BLOCKS, E_BLOCKS_END, E_PARENT, E_SIGNATURE
from openclaw_data.kernels.html_text import B_ELEMENT

CHECK, SURE = 16, 4.0
"""After so many trees each, a block whose log odds are beyond SURE is decided: most are links of menus."""


@numba.njit(cache=True, nogil=True)
def _mean(mass: Any, size: Any, low: int, high: int, without: int) -> float:
    """Weighted mean of p over blocks `low` to `high` but one; -1 where there is no other."""
    m, s = mass[high] - mass[low], size[high] - size[low]
    if low <= without < high:
        m -= mass[without + 1] - mass[without]
        s -= size[without + 1] - size[without]
    return m / s if s > 0.5 else -1.0


@numba.njit(cache=True, nogil=True)
def predict(
    x: Any, feature: Any, threshold: Any, left: Any, right: Any, leaf: Any, roots: Any, leaves: Any, out: Any
) -> None:
    """Sum of leaves in the order of the trees, in float64, then the logistic function. Sure blocks need few trees."""
    for i in range(len(x)):
        row, total = x[i], 0.0
        for t in range(len(roots)):
            if t % CHECK == 0 and abs(total) > SURE:
                break
            root, k = roots[t], 0
            while k >= 0:
                node = root + k
                k = left[node] if row[feature[node]] <= threshold[node] else right[node]
            total += leaf[leaves[t] + ~k]
        out[i] = 1.0 / (1.0 + np.exp(-total))


@numba.njit(cache=True, nogil=True)
def second(blocks: Any, elements: Any, tokens: Any, p: Any, out: Any, b0: int, e0: int) -> None:
    """One page's columns `SECOND_NAMES`."""
    n = len(blocks)
    mass, size = np.zeros(n + 1), np.zeros(n + 1)
    for b in range(n):
        weight = tokens[b] + 1.0
        mass[b + 1], size[b + 1] = mass[b] + p[b] * weight, size[b] + weight
    keys = np.empty(n, np.int64)
    for b in range(n):
        e = blocks[b, B_ELEMENT] - e0
        parent = max(elements[e, E_PARENT] - e0, 0)
        keys[b] = np.int64(elements[e, E_SIGNATURE]) << 31 | np.int64(elements[parent, E_SIGNATURE])
    of, slots = np.empty(n, np.int32), np.empty(4 * n + 8, np.int32)
    count = html_features.group(keys, slots, of)
    group_mass, group_size = np.zeros(count), np.zeros(count)
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
def choose(page_blocks: Any, order: Any, p: Any, tokens: Any, keep: Any) -> None:
    """Of every page, the blocks in `order` up to where the expected F1 is best."""
    for k in range(len(page_blocks) - 1):
        expected = 0.0
        for i in range(page_blocks[k], page_blocks[k + 1]):
            expected += p[i] * tokens[i]
        gain, size, best, last = 0.0, 0.0, 0.0, -1
        for i in range(page_blocks[k], page_blocks[k + 1]):
            b = order[i]
            gain += p[b] * tokens[b]
            size += tokens[b]
            f = 2 * gain / (size + expected) if size + expected > 0 else 0.0
            if f > best:
                best, last = f, i
        for i in range(page_blocks[k], last + 1):
            keep[order[i]] = True


OTHER_TOKENS, OTHER_SHARE = 40, 0.05
"""So much kept text outside of comments makes a page one with comments, and not a page of comments."""


@numba.njit(cache=True, nogil=True)
def drop_comments(page_blocks: Any, commented: Any, tokens: Any, keep: Any) -> None:
    """Take what stands in elements named for comments out of `keep`, where a page has other text."""
    for k in range(len(page_blocks) - 1):
        all_kept = rest = 0.0
        for b in range(page_blocks[k], page_blocks[k + 1]):
            if keep[b]:
                all_kept += tokens[b]
                rest += 0.0 if commented[b] else tokens[b]
        if rest >= OTHER_TOKENS and rest >= OTHER_SHARE * all_kept:
            for b in range(page_blocks[k], page_blocks[k + 1]):
                keep[b] = keep[b] and not commented[b]
