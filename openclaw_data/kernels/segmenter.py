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

FIRST, LAST = 0x4E00, 0x9FD5
"""The characters that jieba joins to words; all other Han characters stand alone."""
_SIZE = LAST - FIRST + 1
_MISSING = -3.14e100  # jieba's MIN_FLOAT
_B, _M, _E, _S = range(4)
ALONE, BREAK = -1, -2
"""What stands for a character that jieba does not join, and behind the last of a run."""


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
    key = np.int64(first) << 15 | np.int64(second)
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


class Room(NamedTuple):
    """Where a document's Han characters are cut: all its runs, a `BREAK` behind each; made once a batch."""

    codes: Any  # int32[m]: characters less FIRST, ALONE or BREAK
    at: Any  # int64[m]: first byte of each; for a BREAK the byte behind the run
    slots: Any  # int32[m]: where each stands in the table of pairs with the next one, -1 where no word begins so
    best: Any  # float64[m]: log of the probability of the best path from each to its run's end
    step: Any  # int32[m]: characters of the word that begins at each on that path
    back: Any  # uint8[m, 4]: the state before, of each state of the model
    word: Any  # bool[m]: a word ends behind it


def room(m: int) -> Room:
    """Room for `m` characters and breaks."""
    codes, slots, step = np.empty(m, np.int32), np.empty(m, np.int32), np.empty(m, np.int32)
    at, best = np.empty(m, np.int64), np.empty(m, np.float64)
    return Room(codes, at, slots, best, step, np.empty((m, 4), np.uint8), np.empty(m, np.bool_))


@numba.njit(cache=True, nogil=True)
def find_words(n: int, tables: Tables, space: Room) -> None:
    """Cut the first `n` characters and breaks of `space.codes`: fill `space.word`."""
    _find_paths(space.codes, n, tables, space.slots, space.best, space.step)
    _mark_words(space.codes, n, tables, space.slots, space.step, space.back, space.word)


@numba.njit(cache=True, nogil=True)
def _find_paths(codes: Any, n: int, tables: Any, slots: Any, best: Any, step: Any) -> None:
    """Fill `slots`, `best` and `step`, each run from its end."""
    pairs, pair_weights, seen, children = tables.pairs, tables.pair_weights, tables.seen, tables.children
    code, weight, unknown = tables.code, tables.weight, tables.unknown
    for i in range(n - 1, -1, -1):
        step[i] = 1
        if codes[i] < 0:
            best[i] = unknown + best[i + 1] if codes[i] == ALONE else 0.0
            continue
        alone = weight[codes[i]]
        found = alone <= 0.0
        most = (alone if found else unknown) + best[i + 1]
        slot = _pair(pairs, seen, codes[i], codes[i + 1]) if codes[i + 1] >= 0 else -1
        slots[i] = slot
        if slot >= 0:
            j = i + 2
            if pair_weights[slot, 1] <= 0.0:
                value = pair_weights[slot, 1] + best[j]
                if value >= most or not found:
                    most, found = value, True
                    step[i] = 2
            node = pairs[slot, 0] & _NODE
            more = pairs[slot, 0] & _PARENT
            while more and codes[j] >= 0:
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


@numba.njit(cache=True, nogil=True)
def _mark_words(codes: Any, n: int, tables: Any, slots: Any, step: Any, back: Any, word: Any) -> None:
    """Set `word`: along the path, and by the model where the path is single characters."""
    pairs, children, code, weight = tables.pairs, tables.children, tables.code, tables.weight
    start, move, emit = tables.start, tables.step, tables.emit
    i = 0
    while i < n:
        j = i + step[i]
        if step[i] > 1:
            for k in range(i, j - 1):
                word[k] = False
            word[j - 1] = True
        else:
            while codes[i] >= 0 and codes[j] >= 0 and step[j] == 1:
                j += 1
            if j - i > 1 and not _is_word(codes, i, j, slots[i], pairs, children, code, weight):
                _model(codes, i, j, start, move, emit, back, word)
            else:
                for k in range(i, j):
                    word[k] = True
        i = j


@numba.njit(cache=True, nogil=True)
def _is_word(codes: Any, i: int, j: int, slot: int, pairs: Any, children: Any, code: Any, weight: Any) -> bool:
    """Are the characters i to j, two or more, a word of the dictionary? `slot`: that of the first two."""
    if slot < 0:
        return False
    node = pairs[slot, 0] & _NODE
    for k in range(i + 2, j):
        node = _child(children, code, node, codes[k])
        if node < 0:
            return False
    return weight[node] <= 0.0


@numba.njit(cache=True, nogil=True)
def _model(codes: Any, a: int, b: int, start: Any, move: Any, emit: Any, back: Any, word: Any) -> None:
    """Cut the characters a to b by the hidden Markov model: word[i] is set where a word ends behind i."""
    c = codes[a]
    to_b, to_m = start[_B] + emit[c, _B], start[_M] + emit[c, _M]
    to_e, to_s = start[_E] + emit[c, _E], start[_S] + emit[c, _S]
    for i in range(a + 1, b):
        # Of the two states that may stand before, the later letter of the alphabet is named first: it wins a tie.
        c = codes[i]
        s_b, e_b = to_s + move[_S, _B], to_e + move[_E, _B]
        m_m, b_m = to_m + move[_M, _M], to_b + move[_B, _M]
        m_e, b_e = to_m + move[_M, _E], to_b + move[_B, _E]
        s_s, e_s = to_s + move[_S, _S], to_e + move[_E, _S]
        back[i, _B] = _S if s_b >= e_b else _E
        back[i, _M] = _M if m_m >= b_m else _B
        back[i, _E] = _M if m_e >= b_e else _B
        back[i, _S] = _S if s_s >= e_s else _E
        to_b, to_m = max(s_b, e_b) + emit[c, _B], max(m_m, b_m) + emit[c, _M]
        to_e, to_s = max(m_e, b_e) + emit[c, _E], max(s_s, e_s) + emit[c, _S]
    state = _S if to_s >= to_e else _E
    for i in range(b - 1, a - 1, -1):
        word[i] = state in (_E, _S)
        if i > a:
            state = back[i, state]
    word[b - 1] = True
