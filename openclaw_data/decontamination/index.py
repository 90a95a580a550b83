"""The benchmark index: built once from files the user has, one Parquet file of hashes and item ids.

An item is cut into **units**, a word or a Han character each. A **gram** is as many units as fill the weight of 13
words or 20 Han characters (a mix counts in proportion), from any unit on; an item that is shorter is one gram as a
whole. Where an item has options its stem and options are also known as pieces, so that they are found in any order.

The index holds, per item: the weight of each character, the pieces (place, hash), and the grams (place, anchor,
hash). `load` joins one index or several to the tables that `match` uses. There, what more than `COMMON` items share
("which of the following is true", a prompt's preamble) identifies none of them: it neither finds an item nor counts
towards it.
"""

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import storage
from openclaw_data.decontamination import items
from openclaw_data.errors import DataError
from openclaw_data.kernels import contamination as kernel
from openclaw_data.kernels.hashes import folding_table

FORMAT = "openclaw-data-benchmark-index/1"
WORDS = 13
HAN_CHARS = 20
COMMON = 16
WHOLE, STEM, OPTION, SHORT_STEM = range(4)
"""Kinds of gram. A stem and, where an item has no stem to find it by, an option or a very short stem are grams."""
_SHORTEST_STEM = 12  # width: three Han characters
_LONGEST_ITEM = 65_535  # characters

SCHEMA = pa.schema(
    [
        pa.field("benchmark", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("part", pa.string(), nullable=False),
        pa.field("weights", pa.list_(pa.int32()), nullable=False),
        *(pa.field(f"piece_{n}", pa.list_(pa.int32()), nullable=False) for n in ("start", "chars")),
        pa.field("piece_hash", pa.list_(pa.int64()), nullable=False),
        *(pa.field(f"gram_{n}", pa.list_(pa.int32()), nullable=False) for n in ("kind", "short", "start", "chars")),
        *(pa.field(f"gram_{n}", pa.list_(pa.int64()), nullable=False) for n in ("anchor", "hash")),
    ]
)
"""One row an item: `weights` of the characters of its stream (0 for what does not count), its pieces, its grams."""


class Built(NamedTuple):
    """What `build` made: the rows, and the items that hold too little to be told from any text."""

    table: pa.Table
    too_short: list[str]


class Index(NamedTuple):
    """One index or several, ready for `match.find`. Items are numbered in the order of the files."""

    names: list[tuple[str, str, str]]
    """(benchmark, item, part) of each item."""
    table: kernel.Table
    powers: npt.NDArray[np.uint64]
    gram_items: npt.NDArray[np.int64]
    """int64[g+1]: the places of each gram in `items` and `places`."""
    items: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    """int64[p]: where in its item a gram begins, in characters of the stream."""
    weights: list[npt.NDArray[np.int32]]
    pieces: list[npt.NDArray[np.int64]]
    """int64[k, 3] an item: start, characters, hash; the stem first. No rows for an item that is all stem."""
    gram_weight: int


def build(found: Iterable[items.Item], words: int = WORDS, han_chars: int = HAN_CHARS) -> Built:
    """Hash items.

    Raises:
        DataError: `words` or `han_chars` is not at least 1.
    """
    if words < 1 or han_chars < 1:
        raise DataError("benchmark-index", f"a gram of {words} words or {han_chars} characters.", "Both are 1 or more.")
    rows, too_short = [], []
    for item in found:
        row = _row(item, words, han_chars)
        if row is not None:
            rows.append(row)
        elif item.part == "question":
            too_short.append(f"{item.benchmark}/{item.item}")
    settings = {"format": FORMAT, "words": str(words), "han_chars": str(han_chars)}
    return Built(pa.Table.from_pylist(rows, schema=SCHEMA.with_metadata(settings)), too_short)


def write(path: str, table: pa.Table) -> None:
    """Write an index; the same items give the same bytes."""
    with storage.create(path) as name:
        pq.write_table(table, name, compression="zstd", write_statistics=False)


def _row(item: items.Item, words: int, han_chars: int) -> dict[str, Any] | None:
    """The row of an item; None where it is too short, or an answer of less than two grams, as "C" or "42"."""
    data = np.frombuffer(item.text.encode("utf-8", "replace"), np.uint8)
    stream = kernel.stream(data, 0, len(data), folding_table())
    n = len(stream.places)
    wide = stream.widths[stream.units + 1] - stream.widths[stream.units] == kernel.WIDE
    unit_weights = np.where(wide, words, han_chars)
    sums = np.append(0, np.cumsum(unit_weights))
    gram = words * han_chars
    if n > _LONGEST_ITEM or (item.part == "answer" and sums[-1] < 2 * gram):
        return None
    pieces = _pieces(item, stream)
    kind, short, start, chars = _grams(stream, sums, pieces, gram).T
    if not len(kind):
        return None
    weights = np.zeros(n, np.int32)
    for a, b in pieces:
        inside = (stream.units >= a) & (stream.units < b)
        weights[stream.units[inside]] = unit_weights[inside]
    if len(pieces) == 1:
        pieces = []
    at, to = np.array(pieces, np.int64).reshape(-1, 2).T
    wanted = np.where(short > 0, kernel.SHORT, kernel.ANCHOR)
    anchors = np.searchsorted(stream.widths, stream.widths[start] + wanted)
    return {
        **item._asdict(),
        "weights": weights,
        "piece_start": at,
        "piece_chars": to - at,
        "piece_hash": _hashes(stream, at, to),
        "gram_kind": kind,
        "gram_short": short,
        "gram_start": start,
        "gram_chars": chars,
        "gram_anchor": _hashes(stream, start, anchors),
        "gram_hash": _hashes(stream, start, start + chars),
    }


def _hashes(stream: kernel.Stream, starts: Any, ends: Any) -> Any:
    """The hashes of stretches of a stream: int64[k]."""
    powers = kernel.powers(int((ends - starts).max(initial=1)))
    return (stream.prefix[ends] - stream.prefix[starts] * powers[ends - starts]).view(np.int64)


def _pieces(item: items.Item, stream: kernel.Stream) -> list[tuple[int, int]]:
    """The pieces of an item as places in its stream; those without a character are left out, but not the stem."""
    at = [len(item.text[: p[0]].encode("utf-8", "replace")) for p in item.pieces]
    to = [len(item.text[: p[1]].encode("utf-8", "replace")) for p in item.pieces]
    starts, ends = np.searchsorted(stream.places, at), np.searchsorted(stream.places, to)
    found = [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
    return [p for i, p in enumerate(found) if i == 0 or p[0] < p[1]]


def _grams(stream: kernel.Stream, sums: Any, pieces: list[tuple[int, int]], gram: int) -> Any:
    """What an item is found by: kind, short, start, characters: int64[k, 4]."""
    n, widths = len(stream.places), stream.widths
    places = np.append(stream.units, n)
    last = np.searchsorted(sums, sums[:-1] + gram)
    wide_enough = np.searchsorted(widths, widths[stream.units] + kernel.ANCHOR)
    full = (last < len(places)) & (wide_enough <= n)
    starts = stream.units[full]
    ends = np.maximum(places[last[full]], wide_enough[full])
    rows = [(WHOLE, 0, a, b - a) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    if not rows and widths[n] >= kernel.SHORT:
        rows.append((WHOLE, int(widths[n] < kernel.ANCHOR), 0, n))
    for i, (a, b) in enumerate(pieces if rows and len(pieces) > 1 else []):
        weight = sums[np.searchsorted(stream.units, b)] - sums[np.searchsorted(stream.units, a)]
        if weight < gram and widths[b] - widths[a] >= kernel.ANCHOR:
            rows.append((OPTION if i else STEM, 0, a, b - a))
        elif i == 0 and weight < gram and widths[b] - widths[a] >= _SHORTEST_STEM:
            rows.append((SHORT_STEM, 1, a, b - a))
    return np.array(rows, np.int64).reshape(-1, 4)


@functools.lru_cache(maxsize=2)
def load(paths: Sequence[str]) -> Index:
    """Read one index or several and build the look-up tables; `paths` is a tuple.

    Raises:
        DataError: a file is no index, or two were built with different grams.
    """
    tables = [_read(path) for path in paths]
    settings = {tuple(sorted(t.schema.metadata.items())) for t in tables}
    if len(settings) > 1:
        raise DataError(", ".join(paths), "were built with different grams.", "Build them with the same options.")
    table = pa.concat_tables(tables).combine_chunks()
    metadata = tables[0].schema.metadata
    return _tables(table, int(metadata[b"words"]) * int(metadata[b"han_chars"]))


def _read(path: str) -> pa.Table:
    try:
        table = storage.open_parquet(path).read()
    except FileNotFoundError:
        raise DataError(path, "there is no such index.", "Make one: openclaw-data benchmark-index FILES.") from None
    except pa.ArrowInvalid:
        raise DataError(path, "is no benchmark index.", "Make one: openclaw-data benchmark-index FILES.") from None
    found = (table.schema.metadata or {}).get(b"format", b"").decode()
    if found != FORMAT:
        raise DataError(path, f"is no benchmark index of format {FORMAT}.", "Build it anew.")
    return table


def _tables(table: pa.Table, gram: int) -> Index:
    def flat(name: str) -> Any:
        values = table.column(name)
        return pa.concat_arrays([c.flatten() for c in values.chunks]).to_numpy() if values.num_chunks else np.zeros(0)

    counts = np.diff(_offsets(table, "gram_kind"))
    owner = np.repeat(np.arange(table.num_rows), counts)
    kind, short, start, chars = (flat(f"gram_{n}").astype(np.int64) for n in ("kind", "short", "start", "chars"))
    hashes = flat("gram_hash").astype(np.int64).view(np.uint64)
    keys = kernel.anchor_keys(flat("gram_anchor").astype(np.int64).view(np.uint64), short > 0)
    order = np.lexsort((start, owner, hashes, chars, keys))
    owner, kind, short, start, chars, hashes, keys = (
        a[order] for a in (owner, kind, short, start, chars, hashes, keys)
    )
    new = np.ones(len(owner), bool)
    new[1:] = (keys[1:] != keys[:-1]) | (chars[1:] != chars[:-1]) | (hashes[1:] != hashes[:-1])
    gram_of = np.cumsum(new) - 1
    pairs = np.unique(np.stack([gram_of, owner]), axis=1)
    common = (np.bincount(pairs[0], minlength=1) > COMMON)[gram_of] if len(owner) else np.zeros(0, bool)
    weights = _weights(table, owner, kind, start, chars, common)
    use = ~common & _useful(table.num_rows, owner, kind, common)
    owner, short, start, chars, hashes, keys, gram_of = (
        a[use] for a in (owner, short, start, chars, hashes, keys, gram_of)
    )
    _, at = np.unique(gram_of, return_index=True)
    longest = int(chars.max()) if len(chars) else 0
    return Index(
        names=list(zip(*(table.column(n).to_pylist() for n in ("benchmark", "item", "part")), strict=True)),
        table=kernel.table(keys[at], short[at] > 0, chars[at], hashes[at]),
        powers=kernel.powers(max(longest, kernel.ANCHOR)),
        gram_items=np.append(at, len(owner)).astype(np.int64),
        items=owner,
        places=start,
        weights=weights,
        pieces=_piece_table(table, flat),
        gram_weight=gram,
    )


def _offsets(table: pa.Table, name: str) -> Any:
    lengths = [len(v) for v in table.column(name)]
    return np.append(0, np.cumsum(lengths, dtype=np.int64))


def _useful(n: int, owner: Any, kind: Any, common: Any) -> Any:
    """Stems and options that are needed: an option only where no stem finds the item, a short stem as the last."""
    has = [np.zeros(n, bool) for _ in range(4)]
    for k in (STEM, OPTION):
        has[k][owner[(kind == k) & ~common]] = True
    return (
        (kind == WHOLE)
        | (kind == STEM)
        | ((kind == OPTION) & ~has[STEM][owner])
        | ((kind == SHORT_STEM) & ~has[STEM][owner] & ~has[OPTION][owner])
    )


def _weights(  # noqa: PLR0913 - columns of one table
    table: pa.Table, owner: Any, kind: Any, start: Any, chars: Any, common: Any
) -> list[Any]:
    """The weights of each item's characters; 0 where nothing but common grams cover them."""
    weights = [np.array(w.as_py(), np.int32) for w in table.column("weights")]
    grams = kind == WHOLE
    for item in np.unique(owner[grams & common]):
        mine = grams & (owner == item)
        shared, own = (_cover(len(weights[item]), start[mine & c], chars[mine & c]) for c in (common, ~common))
        weights[item][shared & ~own] = 0
    return weights


def _cover(n: int, starts: Any, lengths: Any) -> Any:
    """Which of n places the stretches cover: bool[n]."""
    steps = np.zeros(n + 1, np.int64)
    np.add.at(steps, starts, 1)
    np.add.at(steps, starts + lengths, -1)
    return np.cumsum(steps[:-1]) > 0


def _piece_table(table: pa.Table, flat: Any) -> list[Any]:
    offsets = _offsets(table, "piece_start")
    columns = [flat(f"piece_{n}").astype(np.int64) for n in ("start", "chars", "hash")]
    every = np.stack(columns, axis=1) if len(columns[0]) else np.zeros((0, 3), np.int64)
    return [every[a:b] for a, b in itertools.pairwise(offsets)]
