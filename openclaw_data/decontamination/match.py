"""Find benchmark items in texts, and cut them out.

`find` looks for the grams of an index in one pass. Where one is found, the item it belongs to is looked at: which of
its grams and pieces stand in the neighbourhood, in whatever order, and whether they are enough of the item.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data import documents
from openclaw_data.decontamination.index import Index
from openclaw_data.kernels import contamination as kernel
from openclaw_data.kernels.hashes import folding_table

COVERAGE = 0.5
EVIDENCE = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("part", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("coverage", pa.float32(), nullable=False),
    ]
)
"""One row an item found at one place. `start`, `end`: characters of the text. `coverage`: of the item, 0-1."""
_TRIES = 64
"""Places at which an item is looked at in one document without success before it is given up."""
_SLACK = 16  # characters: option labels
_BYTES = 8  # of text a character of the stream may take on average, white space and marks included


class _Run(NamedTuple):
    """A stretch of an item found in a text: places in the item, in the text's stream, in the text's bytes."""

    start: int
    end: int
    at: int
    byte: int
    last_byte: int


class _Document(NamedTuple):
    """The bytes of a text: those of `data` from `start` on."""

    data: Any
    start: int


class _Found(NamedTuple):
    item: int
    byte: int
    last_byte: int
    coverage: float


def find(texts: pa.Array, index: Index, coverage: float = COVERAGE) -> pa.RecordBatch:
    """Find the items of an index in texts.

    Args:
        texts: Strings.
        index: From `index.load`.
        coverage: How much of an item must be there, 0-1 of its words and Han characters; at least one gram, or the
            whole item where it is shorter. A whole stem of a gram or more is enough without its options.

    Returns:
        A batch of `EVIDENCE`, in the order of the texts and of the places in them.
    """
    offsets, data = documents.text_buffers(texts)
    hits = kernel.find(offsets, data, folding_table(), index.powers, index.table)
    rows = []
    bounds = np.flatnonzero(np.diff(hits[0], prepend=-1, append=-1))
    for first, last in itertools.pairwise(bounds):
        row = int(hits[0, first])
        start, end = int(offsets[row]), int(offsets[row + 1])
        text = data[start:end]
        found = sorted(
            {*_items(hits[1:, first:last], index, _Document(data[:end], start), coverage)}, key=lambda f: (f[1], f[0])
        )
        is_character = np.append(0, np.cumsum((text & 0xC0) != 0x80, dtype=np.int64))
        for item, byte, last_byte, share in found:
            span = int(is_character[byte - start]), int(is_character[last_byte - start]) + 1
            rows.append({**dict(zip(EVIDENCE.names, (row, *index.names[item], *span, share), strict=True))})
    return pa.RecordBatch.from_pylist(rows, schema=EVIDENCE)


def _items(hits: Any, index: Index, document: _Document, coverage: float) -> Iterator[_Found]:
    """The items that enough of is found, from the hits of one document."""
    grams, at, byte, last_byte = hits
    counts = index.gram_items[grams + 1] - index.gram_items[grams]
    which = np.repeat(np.arange(len(grams)), counts)
    posting = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + index.gram_items[grams][which]
    owner, place = index.items[posting], index.places[posting]
    order = np.lexsort((at[which], at[which] - place, owner))
    owner, place, which = owner[order], place[order], which[order]
    lengths = index.table.lengths[grams[which]]
    diagonal = at[which] - place
    for first, last in _groups(owner):
        item = int(owner[first])
        runs: list[_Run] = []
        for a, b in _groups(diagonal[first:last]):
            mine = slice(first + a, first + b)
            runs += _runs(place[mine], lengths[mine], at[which[mine]], byte[which[mine]], last_byte[which[mine]])
        yield from _judge(item, sorted(runs, key=lambda r: (r.at, r.start)), index, document, coverage)


def _groups(values: Any) -> Iterator[tuple[int, int]]:
    """The stretches of equal values."""
    bounds = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    return zip(bounds.tolist(), [*bounds[1:].tolist(), len(values)], strict=True)


def _runs(place: Any, lengths: Any, at: Any, byte: Any, last_byte: Any) -> Iterator[_Run]:
    """Join grams of one diagonal, in order, that overlap or touch."""
    ends = np.maximum.accumulate(place + lengths)
    furthest = np.maximum.accumulate(last_byte)
    new = np.append(True, place[1:] > ends[:-1])
    firsts = np.flatnonzero(new)
    lasts = np.append(firsts[1:], len(place)) - 1
    for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True):
        yield _Run(int(place[a]), int(ends[b]), int(at[a]), int(byte[a]), int(furthest[b]))


def _judge(item: int, runs: list[_Run], index: Index, document: _Document, coverage: float) -> Iterator[_Found]:
    """Each place where enough of an item stands together."""
    weights = index.weights[item]
    total = int(weights.sum())
    needed = max(coverage * total, min(total, index.gram_weight))
    pieces = index.pieces[item]
    reach = len(weights) * 5 // 4 + _SLACK
    sums = np.append(0, np.cumsum(weights))
    i = tries = 0
    while i < len(runs) and tries < _TRIES:
        near = [r for r in runs[i : i + 4 * _TRIES] if r.at < runs[i].at + reach]
        covered = np.zeros(len(weights), bool)
        for run in near:
            covered[run.start : run.end] = True
        byte, last_byte = near[0].byte, max(r.last_byte for r in near)
        matched = int(weights[covered].sum())
        missing = [p for p in pieces if not covered[p[0] : p[0] + p[1]].all()]
        possible = matched + sum(int(sums[p[0] + p[1]] - sums[p[0]]) for p in missing)
        if matched < needed <= possible:
            tries += 1
            for place, chars, begin, end in _search(missing, near[0], len(weights), index, document):
                covered[place : place + chars] = True
                byte, last_byte = min(byte, begin), max(last_byte, end)
            matched = int(weights[covered].sum())
        if total and (matched >= needed or _whole_stem(pieces, covered, sums, index.gram_weight)):
            yield _Found(item, byte, last_byte, matched / total)
            i += 1
            while i < len(runs) and runs[i].byte <= last_byte:
                i += 1
        else:
            i += 1


def _whole_stem(pieces: Any, covered: Any, sums: Any, gram: int) -> bool:
    """Whether the stem is there as a whole and is a gram or more."""
    if not len(pieces):
        return False
    start, end = int(pieces[0][0]), int(pieces[0][0] + pieces[0][1])
    return bool(sums[end] - sums[start] >= gram and covered[start:end].all())


def _search(
    missing: Sequence[Any], near: _Run, length: int, index: Index, document: _Document
) -> Iterator[tuple[int, int, int, int]]:
    """Look for short pieces beside what was found: (place in the item, characters, first byte, last byte).

    Options may stand before what was found only where that is not the stem, which is first.
    """
    reach = length * 5 // 4 + _SLACK
    before = 0 if near.start == 0 else reach
    begin = max(document.start, near.byte - _BYTES * before)
    end = min(len(document.data), near.byte + _BYTES * reach)
    stream = kernel.stream(document.data, begin, end, folding_table())
    here = int(np.searchsorted(stream.places, near.byte))
    low, high = max(0, here - before), min(len(stream.places), here + reach)
    for place, chars, hashed in missing:
        if not 0 < chars <= min(high - low, len(index.powers) - 1):
            continue
        prefix = stream.prefix[low : high + 1]
        found = np.flatnonzero(
            prefix[chars:] - prefix[:-chars] * index.powers[chars] == np.int64(hashed).view(np.uint64)
        )
        if len(found):
            after = found[found >= here - low]
            at = low + int(after[0] if len(after) else found[-1])
            yield int(place), int(chars), int(stream.places[at]), int(stream.places[at + chars - 1])


def contaminated_by(rows: int, evidence: pa.RecordBatch) -> pa.Array:
    """The items found in each of n texts, as `benchmark/item`, sorted: list<string>[n]."""
    found: list[set[str]] = [set() for _ in range(rows)]
    columns = (evidence.column(n).to_pylist() for n in ("row", "benchmark", "item"))
    for row, benchmark, item in zip(*columns, strict=True):
        found[row].add(item if item.startswith(f"{benchmark}/") else f"{benchmark}/{item}")
    return pa.array([sorted(f) for f in found], pa.list_(pa.string()))


def cut(texts: pa.Array, evidence: pa.RecordBatch, margin: int) -> tuple[pa.Array, Any]:
    """Replace what was found, with `margin` characters on both sides, by an empty line.

    Returns:
        The texts, and by how many characters each became shorter, int32[n].
    """
    removed = np.zeros(len(texts), np.int32)
    spans: dict[int, list[tuple[int, int]]] = {}
    for row, start, end in zip(*(evidence.column(n).to_pylist() for n in ("row", "start", "end")), strict=True):
        spans.setdefault(row, []).append((max(0, start - margin), end + margin))
    if not spans:
        return texts, removed
    values = texts.to_pylist()
    for row, found in spans.items():
        text, kept, at = values[row], [], 0
        for start, end in sorted(found):
            if start > at:
                kept.append(text[at:start].strip())
            at = max(at, end)
        kept.append(text[at:].strip())
        values[row] = "\n\n".join(k for k in kept if k)
        removed[row] = len(text) - len(values[row])
    return pa.array(values, texts.type), removed
