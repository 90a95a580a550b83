"""Graphs over index arrays: pairs of equal keys, and connected components by union-find."""

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def components(left: Any, right: Any, n: int) -> Any:
    """Label each of n nodes with the smallest node of its component.

    Union by smaller index with path halving: the root of a component is its smallest node, whatever the order of
    the edges.

    Args:
        left: int64[m], one end of each edge, in 0..n-1.
        right: int64[m], the other end.
        n: number of nodes.

    Returns:
        int64[n].
    """
    parent = np.arange(n)
    for i in range(len(left)):
        a, b = left[i], right[i]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    for node in range(n):  # a parent is never larger than its child, so it is final when the child is reached
        parent[node] = parent[parent[node]]
    return parent


ALL_PAIRS = 8
"""Groups of up to this many members are paired completely: 28 pairs."""


@numba.njit(cache=True, nogil=True)
def pair_groups(keys: Any, docs: Any) -> Any:
    """Pair documents of the same key, with a number of pairs linear in the documents.

    A group of up to `ALL_PAIRS` documents is paired completely. In a larger one each document is paired with the first,
    the second, and those 1, 2 and 4 places before it.

    Args:
        keys: int64[n], sorted.
        docs: int64[n], sorted within a key.

    Returns:
        int64[m, 2], smaller document first. At most `5 n` pairs. A pair may come more than once.
    """
    n, total = len(keys), 0
    for write in (False, True):
        out = np.empty((total if write else 0, 2), np.int64)
        total, start = 0, 0
        while start < n:
            end = start + 1
            while end < n and keys[end] == keys[start]:
                end += 1
            whole = end - start <= ALL_PAIRS
            for i in range(start + 1, end):
                for j in range(start, i if whole else start + 2):
                    if j < i:
                        if write:
                            out[total, 0], out[total, 1] = docs[j], docs[i]
                        total += 1
                for back in (1, 2, 4):
                    if not whole and i - back >= start + 2:
                        if write:
                            out[total, 0], out[total, 1] = docs[i - back], docs[i]
                        total += 1
            start = end
    return out
