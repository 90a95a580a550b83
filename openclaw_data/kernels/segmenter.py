"""Chinese words as jieba 0.42 cuts them, at memory speed.

The most probable path through jieba's dictionary, then its hidden Markov model over what is left in single
characters. Dictionary and model are jieba's (MIT licence), committed as `segmenter.npz` by
`scripts/make_segmenter_tables.py`; a test compares the words with jieba's own.
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np

from openclaw_data.kernels.tokens import HAN_RUN, WORD, decode

FIRST, LAST = 0x4E00, 0x9FD5
"""The characters that jieba joins to words; all other Han characters stand alone."""
_SIZE = LAST - FIRST + 1
_MISSING = -3.14e100  # jieba's MIN_FLOAT
_B, _M, _E, _S = range(4)


class Tables(NamedTuple):
    """Jieba's dictionary as a trie whose nodes are in breadth-first order, and its model."""

    pairs: Any  # int64[slots, 2]: open-addressing table of the second level: key and node (see _entry), weight's bits
    pair_weights: Any  # float64[slots, 2]: the same memory; its second column is the weight
    seen: Any  # uint64[...]: a bit for each hashed pair, so that most pairs of characters need no look at the table
    children: Any  # int32[nodes+1]: the children of a node are nodes children[node]:children[node+1]
    code: Any  # uint16[nodes]: last character of a node, less FIRST
    weight: Any  # float64[nodes]: log of the word's probability, 1 where a node is no word
    unknown: float  # log of the probability of a character that the dictionary lacks
    start: Any  # float64[4]: of B, M, E and S
    step: Any  # float64[4, 4]
    emit: Any  # float64[_SIZE, 4]


@cache
def tables() -> Tables:
    """Read the tables; once a process, 0.2 s."""
    with np.load(Path(__file__).with_name("segmenter.npz")) as stored:
        text, lengths = stored["text"].astype(np.int64) - FIRST, stored["lengths"].astype(np.int64)
        total = np.log(float(stored["total"]))
        log = np.log(np.maximum(stored["frequency"], 1).astype(np.float64)) - total
        is_word = stored["frequency"] > 0
        emit = np.full((_SIZE, 4), _MISSING)
        emit[stored["emit_codes"].astype(np.int64) - FIRST] = stored["emit"].T
        start, step = stored["start"], stored["step"]
    codes, weights, parents = [np.arange(_SIZE)], [np.full(_SIZE, 1.0)], [np.full(_SIZE, -1)]
    begins = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    node = text[begins]  # of each word's prefix so far; the first level holds every character
    rows = np.arange(len(lengths))
    ones = (lengths == 1) & is_word
    weights[0][node[ones]] = log[ones]
    nodes = _SIZE
    for depth in range(2, int(lengths.max()) + 1):
        longer = lengths[rows] >= depth
        rows, node = rows[longer], node[longer]
        last = text[begins[rows] + depth - 1]
        new = np.concatenate([[True], (np.diff(node) != 0) | (np.diff(last) != 0)])
        codes.append(last[new])
        parents.append(node[new])
        node = nodes + np.cumsum(new) - 1
        level = np.full(int(new.sum()), 1.0)
        ends = (lengths[rows] == depth) & is_word[rows]
        level[node[ends] - nodes] = log[rows[ends]]
        weights.append(level)
        nodes += len(level)
    children = _SIZE + np.searchsorted(np.concatenate(parents)[_SIZE:], np.arange(nodes + 1))
    children, weight = children.astype(np.int32), np.concatenate(weights)
    second = np.arange(_SIZE, _SIZE + len(codes[1]))
    entries = (parents[1] << 15 | codes[1]) << 24 | (children[second + 1] > children[second]) << 23 | second
    table, seen = _pair_table(entries, weight[second])
    return Tables(
        table.view(np.int64), table, seen, children, np.concatenate(codes).astype(np.uint16), weight,
        -float(total), start, step, emit,
    )  # fmt: skip


_SLOTS = 1 << 18
_SEEN_BITS = 20
_HASH = np.uint64(0x9E3779B97F4A7C15)
_NODE, _PARENT = 0x7FFFFF, 0x800000


@numba.njit(cache=True, nogil=True)
def _pair_table(entries: Any, weights: Any) -> Any:
    """The table of pairs.

    entries int64[p]: first << 39 | second << 24 | has children << 23 | node; weights float64[p].
    Returns (float64[_SLOTS * 2, 2], uint64[...]); a free slot has the entry -1.
    """
    table, seen = np.empty((2 * _SLOTS, 2), np.float64), np.zeros(1 << (_SEEN_BITS - 6), np.uint64)
    entry_at = table.view(np.int64)
    entry_at[:, 0] = -1
    for p in range(len(entries)):
        mixed = np.uint64(entries[p] >> 24) * _HASH
        bit = mixed >> np.uint64(64 - _SEEN_BITS)
        seen[np.int64(bit >> np.uint64(6))] |= np.uint64(1) << (bit & np.uint64(63))
        s = np.int64(mixed >> np.uint64(45))
        while entry_at[s, 0] >= 0:
            s = (s + 1) & (2 * _SLOTS - 1)
        entry_at[s, 0], table[s, 1] = entries[p], weights[p]
    return table, seen


@numba.njit(cache=True, nogil=True, inline="always")
def _pair(pairs: Any, seen: Any, first: Any, second: Any) -> Any:
    """The slot of two characters, -1 where no word begins with them."""
    key = first << 15 | second
    mixed = np.uint64(key) * _HASH
    bit = mixed >> np.uint64(64 - _SEEN_BITS)
    if not (seen[np.int64(bit >> np.uint64(6))] >> (bit & np.uint64(63))) & np.uint64(1):
        return -1
    s = np.int64(mixed >> np.uint64(45))
    while pairs[s, 0] >= 0:
        if pairs[s, 0] >> 24 == key:
            return s
        s = (s + 1) & (2 * _SLOTS - 1)
    return -1


@numba.njit(cache=True, nogil=True, inline="always")
def _child(children: Any, code: Any, node: Any, wanted: Any) -> Any:
    """The child of `node`, below the second level, by the character `wanted`; -1 without one."""
    low, high = np.int64(children[node]), np.int64(children[node + 1])
    while low < high:
        middle = (low + high) >> 1
        if code[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < children[node + 1] and code[low] == wanted else -1


@numba.njit(cache=True, nogil=True)
def _model(codes: Any, a: int, b: int, start: Any, step: Any, emit: Any, back: Any, word: Any) -> None:
    """Cut the characters a to b by the hidden Markov model: word[i] is set where a word ends behind i."""
    now, new = np.empty(4), np.empty(4)
    for y in range(4):
        now[y] = start[y] + emit[codes[a], y]
    for i in range(a + 1, b):
        for y in range(4):
            # The states that may stand before, the later letter of the alphabet first: it wins a tie.
            first, second = (_S, _E) if y in (_B, _S) else (_M, _B)
            p, q = now[first] + step[first, y], now[second] + step[second, y]
            back[i, y] = first if p >= q else second
            new[y] = max(p, q) + emit[codes[i], y]
        for y in range(4):
            now[y] = new[y]
    state = _S if now[_S] >= now[_E] else _E
    for i in range(b - 1, a - 1, -1):
        word[i] = state in (_E, _S)
        if i > a:
            state = back[i, state]
    word[b - 1] = True


@numba.njit(cache=True, nogil=True)
def cut(
    doc_tokens: Any, start: Any, end: Any, kind: Any, data: Any,
    pairs: Any, pair_weights: Any, seen: Any, children: Any, code: Any, weight: Any, unknown: float,
    hmm_start: Any, hmm_step: Any, hmm_emit: Any,
) -> Any:  # fmt: skip
    """Replace each Han run by its words.

    doc_tokens int64[n+1]; start, end int64[t], kind uint8[t], data uint8[bytes]; the fields of `Tables`.
    Returns the first four with the words.
    """
    total = longest = 0
    for t in range(len(kind)):
        if kind[t] == HAN_RUN:
            size = (end[t] - start[t]) // 3 + 1
            longest = max(longest, size)
            total += size
        else:
            total += 1
    new_start, new_end = np.empty(total, np.int64), np.empty(total, np.int64)
    new_kind, new_docs = np.empty(total, np.uint8), np.zeros(len(doc_tokens), np.int64)
    codes, at = np.empty(longest, np.int64), np.empty(longest + 1, np.int64)
    best, step = np.empty(longest + 1), np.empty(longest, np.int32)
    back, word = np.empty((longest, 4), np.uint8), np.empty(longest, np.bool_)
    o = 0
    for d in range(len(doc_tokens) - 1):
        for t in range(doc_tokens[d], doc_tokens[d + 1]):
            if kind[t] != HAN_RUN:
                new_start[o], new_end[o], new_kind[o] = start[t], end[t], kind[t]
                o += 1
                continue
            n, i = 0, start[t]
            while i < end[t]:
                point, width = decode(data, i, end[t])
                codes[n] = point - FIRST if FIRST <= point <= LAST else -1
                at[n] = i
                i += width
                n += 1
            at[n] = end[t]
            best[n] = 0.0
            for i in range(n - 1, -1, -1):
                step[i] = 1
                if codes[i] < 0:
                    best[i] = unknown + best[i + 1]
                    continue
                alone = weight[codes[i]]
                found = alone <= 0.0
                most = (alone if found else unknown) + best[i + 1]
                slot = _pair(pairs, seen, codes[i], codes[i + 1]) if i + 1 < n and codes[i + 1] >= 0 else -1
                if slot < 0:
                    best[i] = most
                    continue
                j = i + 2
                if pair_weights[slot, 1] <= 0.0:
                    value = pair_weights[slot, 1] + best[j]
                    if value >= most or not found:
                        most, found = value, True
                        step[i] = 2
                node = pairs[slot, 0] & _NODE
                more = pairs[slot, 0] & _PARENT
                while more and j < n and codes[j] >= 0:
                    node = _child(children, code, node, codes[j])
                    if node < 0:
                        break
                    j += 1
                    if weight[node] <= 0.0:
                        value = weight[node] + best[j]
                        if value >= most or not found:
                            most, found = value, True
                            step[i] = j - i
                best[i] = most
            i = 0
            while i < n:
                if step[i] > 1:
                    j = i + step[i]
                    for k in range(i, j):
                        word[k] = k == j - 1
                    i = j
                    continue
                word[i] = True
                if codes[i] < 0:
                    i += 1
                    continue
                j = i
                while j < n and step[j] == 1 and codes[j] >= 0:
                    word[j] = True
                    j += 1
                if j - i > 1:
                    slot = _pair(pairs, seen, codes[i], codes[i + 1])
                    node = pairs[slot, 0] & _NODE if slot >= 0 else -1
                    k = i + 2
                    while k < j and node >= 0:
                        node = _child(children, code, node, codes[k])
                        k += 1
                    if node < 0 or weight[node] > 0.0:
                        _model(codes, i, j, hmm_start, hmm_step, hmm_emit, back, word)
                i = j
            a = 0
            for i in range(n):
                if word[i]:
                    new_start[o], new_end[o], new_kind[o] = at[a], at[i + 1], WORD
                    a = i + 1
                    o += 1
        new_docs[d + 1] = o
    return new_docs, new_start[:o], new_end[:o], new_kind[:o]
