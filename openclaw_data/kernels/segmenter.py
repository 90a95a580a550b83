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

from openclaw_data.kernels.characters import decode
from openclaw_data.kernels.word_marks import HAN_RUN, WORD

FIRST, LAST = 0x4E00, 0x9FD5
"""The characters that jieba joins to words; all other Han characters stand alone."""
_SIZE = LAST - FIRST + 1
_MISSING = -3.14e100  # jieba's MIN_FLOAT
_B, _M, _E, _S = range(4)
_ALONE, _BREAK = -1, -2
"""What stands for a character that jieba does not join, and behind each run."""


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
def _pair(pairs: Any, first: Any, second: Any) -> Any:
    """The slot of two characters, -1 where no word begins with them."""
    key = np.int64(first) << 15 | np.int64(second)
    s = np.int64((np.uint64(key) * _HASH) >> np.uint64(45))
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
def _code_points(data: Any, i: int, stop: int, codes: Any, at: Any, n: int) -> int:
    """Write the characters of a Han run, and where each begins, from index `n`; a `_BREAK` follows them.

    A character that jieba does not join is `_ALONE`. Returns the index behind the break.
    """
    while i < stop:
        point, width = decode(data, i, stop)
        codes[n] = point - FIRST if FIRST <= point <= LAST else _ALONE
        at[n] = i
        i += width
        n += 1
    codes[n], at[n] = _BREAK, stop
    return n + 1


@numba.njit(cache=True, nogil=True)
def _find_pairs(codes: Any, n: int, pairs: Any, seen: Any, slots: Any) -> None:
    """slots[i]: where the characters i and i + 1 stand in the table of pairs, -1 where no word begins with them.

    Two loops, because the second one's reads do not wait for each other.
    """
    found = 0
    for i in range(n - 1):
        slots[i] = -1
        if codes[i] >= 0 and codes[i + 1] >= 0:
            bit = (np.uint64(codes[i] << 15 | codes[i + 1]) * _HASH) >> np.uint64(64 - _SEEN_BITS)
            slots[found] = i
            found += np.int64((seen[np.int64(bit >> np.uint64(6))] >> (bit & np.uint64(63))) & np.uint64(1))
    slots[found] = -1
    for k in range(found - 1, -1, -1):  # downwards, because slots[k] with k <= i is read before slots[i] is written
        i = np.int64(slots[k])
        slots[k] = -1
        slots[i] = _pair(pairs, codes[i], codes[i + 1])


@numba.njit(cache=True, nogil=True)
def _best_paths(
    codes: Any, n: int, slots: Any, pairs: Any, pair_weights: Any, children: Any, code: Any, weight: Any,
    unknown: float, best: Any, step: Any,
) -> None:  # fmt: skip
    """step[i]: characters of the word that begins at i on the most probable path to the end of its run."""
    for i in range(n - 1, -1, -1):
        step[i] = 1
        if codes[i] < 0:
            best[i] = unknown + best[i + 1] if codes[i] == _ALONE else 0.0
            continue
        alone = weight[codes[i]]
        found = alone <= 0.0
        most = (alone if found else unknown) + best[i + 1]
        slot = slots[i]
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


@numba.njit(cache=True, nogil=True, inline="always")
def _is_word(codes: Any, i: int, j: int, slot: Any, pairs: Any, children: Any, code: Any, weight: Any) -> Any:
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
def _mark_words(
    codes: Any, n: int, step: Any, slots: Any, pairs: Any, children: Any, code: Any, weight: Any,
    start: Any, move: Any, emit: Any, back: Any, word: Any,
) -> None:  # fmt: skip
    """word[i] is set where a word ends behind i: along the path, and by the model where it is single characters."""
    i = 0
    while i < n:
        j = i + step[i]
        if step[i] > 1:
            word[i : j - 1] = False
            word[j - 1] = True
        else:
            while codes[i] >= 0 and step[j] == 1 and codes[j] >= 0:
                j += 1
            if j - i > 1 and not _is_word(codes, i, j, slots[i], pairs, children, code, weight):
                _model(codes, i, j, start, move, emit, back, word)
            else:
                word[i:j] = True
        i = j


@numba.njit(cache=True, nogil=True)
def _model(codes: Any, a: int, b: int, start: Any, move: Any, emit: Any, back: Any, word: Any) -> None:
    """Cut the characters a to b by the hidden Markov model: word[i] is set where a word ends behind i."""
    c = codes[a]
    to_b, to_m, to_e, to_s = start[_B] + emit[c, _B], start[_M] + emit[c, _M], start[_E] + emit[c, _E], start[_S] + emit[c, _S]
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


@numba.njit(cache=True, nogil=True)
def _sizes(doc_tokens: Any, start: Any, end: Any, kind: Any) -> Any:
    """The most words that the Han runs can be, with all other tokens; and a document's most characters and breaks."""
    total, longest = 0, 0
    for d in range(len(doc_tokens) - 1):
        chars = 0
        for t in range(doc_tokens[d], doc_tokens[d + 1]):
            size = (end[t] - start[t]) // 2 + 2 if kind[t] == HAN_RUN else 0  # marks that combine have two bytes
            chars += size
            total += max(size - 1, 1)
        longest = max(longest, chars)
    return total, longest


@numba.njit(cache=True, nogil=True)
def cut(
    doc_tokens: Any, start: Any, end: Any, kind: Any, data: Any,
    pairs: Any, pair_weights: Any, seen: Any, children: Any, code: Any, weight: Any, unknown: float,
    hmm_start: Any, hmm_step: Any, hmm_emit: Any,
) -> Any:  # fmt: skip
    """Replace each Han run by its words; all runs of a document are cut at once.

    doc_tokens int64[n+1]; start, end int64[t], kind uint8[t], data uint8[bytes]; the fields of `Tables`.
    Returns the first four with the words.
    """
    total, longest = _sizes(doc_tokens, start, end, kind)
    new_start, new_end = np.empty(total, np.int64), np.empty(total, np.int64)
    new_kind, new_docs = np.empty(total, np.uint8), np.zeros(len(doc_tokens), np.int64)
    codes, at, slots = np.empty(longest, np.int32), np.empty(longest, np.int64), np.empty(longest + 1, np.int32)
    best, step = np.zeros(longest + 1), np.empty(longest, np.int32)
    back, word = np.empty((longest, 4), np.uint8), np.empty(longest, np.bool_)
    o = 0
    for d in range(len(doc_tokens) - 1):
        n = 0
        for t in range(doc_tokens[d], doc_tokens[d + 1]):
            if kind[t] == HAN_RUN:
                n = _code_points(data, start[t], end[t], codes, at, n)
        _find_pairs(codes, n, pairs, seen, slots)
        _best_paths(codes, n, slots, pairs, pair_weights, children, code, weight, unknown, best, step)
        _mark_words(codes, n, step, slots, pairs, children, code, weight, hmm_start, hmm_step, hmm_emit, back, word)
        i = 0
        for t in range(doc_tokens[d], doc_tokens[d + 1]):
            new_start[o], new_kind[o] = start[t], kind[t]
            if kind[t] == HAN_RUN:
                new_kind[o] = WORD
                while codes[i] != _BREAK:
                    i += 1
                    if word[i - 1] and codes[i] != _BREAK:
                        new_end[o] = at[i]
                        o += 1
                        new_start[o], new_kind[o] = at[i], WORD
                i += 1
            new_end[o] = end[t]
            o += 1
        new_docs[d + 1] = o
    return new_docs, new_start[:o], new_end[:o], new_kind[:o]
