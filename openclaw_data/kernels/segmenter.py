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
_NONE, _FLOOR = -np.inf, -1e300
"""The log of the probability of what is no word, and less than that of any path."""
_SLOT_BITS, _SEEN_BITS, _DEEPER_BITS = 19, 20, 21
_HASH = np.uint64(0x9E3779B97F4A7C15)
_NODE, _PARENT, _VALUE = 0x7FFFF, 0x80000, 0x1FFF
"""An entry of the table of pairs: first << 48 | second << 33 | number of its weight << 20 | has children << 19 | node.
Eight bytes a pair: the table is read all over, and what it takes of the cache is what words cost."""


class Tables(NamedTuple):
    """Jieba's dictionary as a trie whose nodes are in breadth-first order, and its model."""

    pairs: Any  # int64[slots]: open-addressing table of the second level: see `_NODE`; -1 where free
    values: Any  # float64[...]: the weights that pairs have
    seen: Any  # uint64[...]: a bit for each hashed pair, so that most pairs of characters need no look at the table
    deeper: Any  # uint64[...]: the same for each node below the second level: its parent and its character
    children: Any  # int32[nodes+1]: the children of a node are nodes children[node]:children[node+1]
    code: Any  # uint16[nodes]: last character of a node, less FIRST
    weight: Any  # float64[nodes]: log of the word's probability, minus infinity where a node is no word
    alone: Any  # float64[_SIZE + 2]: the same of BREAK, ALONE and the first level
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
    codes, weights, parents = [np.arange(_SIZE)], [np.full(_SIZE, _NONE)], [np.full(_SIZE, -1)]
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
        level = np.full(int(new.sum()), _NONE)
        ends = (lengths[rows] == depth) & is_word[rows]
        level[node[ends] - nodes] = log[rows[ends]]
        weights.append(level)
        nodes += len(level)
    children = _SIZE + np.searchsorted(np.concatenate(parents)[_SIZE:], np.arange(nodes + 1))
    children, weight = children.astype(np.int32), np.concatenate(weights)
    second = np.arange(_SIZE, _SIZE + len(codes[1]))
    keys, more = parents[1] << 15 | codes[1], children[second + 1] > children[second]
    values, value_of = np.unique(weight[second], return_inverse=True)
    entries = keys << 33 | value_of << 20 | more << 19 | second
    deeper = np.concatenate(parents[2:]) << 15 | np.concatenate(codes[2:])
    return Tables(
        _pair_table(entries), values, _bits(keys, _SEEN_BITS), _bits(deeper, _DEEPER_BITS), children,
        np.concatenate(codes).astype(np.uint16), weight, np.concatenate(([_NONE] * 2, weights[0])), -float(total),
        start, step, emit,
    )  # fmt: skip


def _bits(keys: Any, bits: int) -> Any:
    """A set of hashed keys: a bit for each of 2**bits hashes, uint64[2**bits / 64]."""
    found = np.zeros(1 << bits, np.bool_)
    found[keys.astype(np.uint64) * _HASH >> np.uint64(64 - bits)] = True
    return np.packbits(found, bitorder="little").view(np.uint64)


@numba.njit(cache=True, nogil=True)
def _pair_table(entries: Any) -> Any:
    """The table of pairs, int64[2**_SLOT_BITS]; a free slot is -1."""
    table = np.full(1 << _SLOT_BITS, np.int64(-1))
    for entry in entries:
        s = np.int64(np.uint64(entry >> 33) * _HASH >> np.uint64(64 - _SLOT_BITS))
        while table[s] >= 0:
            s = (s + 1) & (len(table) - 1)
        table[s] = entry
    return table


@numba.njit(cache=True, nogil=True, inline="always")
def _holds(bits: Any, width: int, key: Any) -> Any:
    """May `key` be in a set of hashed keys of 2**width bits? 1 or 0."""
    bit = np.uint64(key) * _HASH >> np.uint64(64 - width)
    return np.int64(bits[bit >> np.uint64(6)] >> (bit & np.uint64(63)) & np.uint64(1))


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
    places: Any  # int32[m]: those that may begin a word of two characters or more
    nodes: Any  # int32[m]: the node of each with the next one, and `_PARENT`; 0 where no word begins so
    pair: Any  # float64[m]: the weight of each with the next one
    best: Any  # float64[m]: log of the probability of the best path from each to its run's end
    step: Any  # uint8[m]: characters of the word that begins at each on that path
    back: Any  # uint8[m, 4]: the state before, of each state of the model
    word: Any  # bool[m]: a word ends behind it


def room(m: int) -> Room:
    """Room for `m` characters and breaks."""
    codes, places, nodes = np.empty(m, np.int32), np.empty(m, np.int32), np.empty(m, np.int32)
    at, pair, best = np.empty(m, np.int64), np.empty(m, np.float64), np.empty(m, np.float64)
    step, back, word = np.empty(m, np.uint8), np.empty((m, 4), np.uint8), np.empty(m, np.bool_)
    return Room(codes, at, places, nodes, pair, best, step, back, word)


@numba.njit(cache=True, nogil=True, _nrt=False)
def find_words(n: int, tables: Tables, space: Room) -> None:
    """Cut the first `n` characters and breaks of `space.codes`: fill `space.word`."""
    _find_pairs(space.codes, n, tables, space.places, space.nodes, space.pair)
    _find_paths(space.codes, n, tables, space.nodes, space.pair, space.best, space.step)
    _mark_words(space.codes, n, tables, space.nodes, space.step, space.back, space.word)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _find_pairs(codes: Any, n: int, tables: Any, places: Any, nodes: Any, pair: Any) -> None:
    """Fill `nodes` and `pair`. No look-up waits for the one before: first all bits without a branch, then the table."""
    pairs, values, seen = tables.pairs, tables.values, tables.seen
    found = 0
    for i in range(n - 1):
        first, second = np.int64(codes[i]), np.int64(codes[i + 1])
        nodes[i], pair[i] = 0, _NONE
        places[found] = i
        found += _holds(seen, _SEEN_BITS, first << 15 | second) & np.int64((first | second) >= 0)
    nodes[n - 1], pair[n - 1] = 0, _NONE
    for place in places[:found]:
        k = np.int64(place)
        key = np.int64(codes[k]) << 15 | np.int64(codes[k + 1])
        s = np.uint64(key) * _HASH >> np.uint64(64 - _SLOT_BITS)
        entry = pairs[s]
        while entry >= 0 and entry >> 33 != key:
            s = (s + np.uint64(1)) & np.uint64(len(pairs) - 1)
            entry = pairs[s]
        if entry >= 0:
            nodes[k], pair[k] = entry & (_NODE | _PARENT), values[entry >> 20 & _VALUE]


@numba.njit(cache=True, nogil=True, _nrt=False)
def _find_paths(codes: Any, n: int, tables: Any, nodes: Any, pair: Any, best: Any, step: Any) -> None:
    """Fill `best` and `step`, each run from its end; of paths alike, that with the longer first word wins."""
    deeper, children, code, weight = tables.deeper, tables.children, tables.code, tables.weight
    alone, unknown = tables.alone, tables.unknown
    best[n] = best[n + 1] = 0.0
    for i in range(n - 1, -1, -1):
        most = max(alone[np.uint64(codes[i] - BREAK)] + best[i + 1], _FLOOR)
        value = pair[i] + best[i + 2]
        longer = value >= most
        most, steps = value if longer else most, np.int64(1 + longer)
        if nodes[i] & _PARENT:
            node: Any = np.int64(nodes[i]) & _NODE
            j = i + 2
            while codes[j] >= 0 and _holds(deeper, _DEEPER_BITS, node << 15 | np.int64(codes[j])):
                node = _child(children, code, node, codes[j])
                if node < 0:
                    break
                j += 1
                value = weight[node] + best[j]
                if value >= most:
                    most, steps = value, np.int64(j - i)
        step[i] = steps
        most = most if most > _FLOOR else unknown + best[i + 1]
        best[i] = most if codes[i] != BREAK else 0.0


@numba.njit(cache=True, nogil=True, _nrt=False)
def _mark_words(codes: Any, n: int, tables: Any, nodes: Any, step: Any, back: Any, word: Any) -> None:
    """Set `word`: along the path, and by the model where the path is single characters."""
    children, code, weight = tables.children, tables.code, tables.weight
    start, move, emit = tables.start, tables.step, tables.emit
    word[:n] = False
    i = np.int64(0)
    while i < n:
        j: Any = i + step[i]
        if step[i] == 1:
            while codes[i] >= 0 and codes[j] >= 0 and step[j] == 1:
                j += 1
            if j - i > 1 and not _is_word(codes, i, j, nodes[i], children, code, weight):
                _model(codes, i, j, start, move, emit, back, word)
            else:
                for k in range(i, j):
                    word[k] = True
        word[j - 1] = True
        i = j


@numba.njit(cache=True, nogil=True, _nrt=False)
def _is_word(codes: Any, i: int, j: int, node: Any, children: Any, code: Any, weight: Any) -> bool:
    """Are the characters i to j, two or more, a word of the dictionary? `node`: that of the first two, or 0."""
    if node == 0:
        return False
    node = np.int64(node & _NODE)
    for k in range(i + 2, j):
        node = _child(children, code, node, codes[k])
        if node < 0:
            return False
    return weight[node] > _NONE


@numba.njit(cache=True, nogil=True, _nrt=False)
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
