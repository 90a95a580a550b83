"""Find known sequences of characters in texts, whatever their case, width, script variant, punctuation and spacing.

A text is read as its **stream**: its letters, digits and characters, folded by `kernels.hashes.folding_table`, with
nothing between them. So a line break in the middle of a word or the other apostrophe hides nothing. `prefix` holds
the polynomial hash of the stream up to each character (mod 2**64): any stretch of it has its hash in one step.

What is looked for is a **gram**: a stretch of the stream, known by its length and hash. Each is found by its
**anchor**, its first characters up to a fixed width, because the stream cannot know where a gram ends. A Han, kana
or similar character is `WIDE` wide and any other is 1: an anchor of `ANCHOR` is 6 Han characters or 24 letters.
Few sequences that are shorter than that are found by a second anchor, `SHORT`. Only where a word or wide character
begins is anything looked up.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from openclaw_data.kernels.hashes import decode

WIDE = 4
ANCHOR = 24
SHORT = 8
MOST_HITS = 1 << 20
"""In one document: a page that holds a whole benchmark has fewer."""
_ROOM = 1 << 16

BASE = np.uint64(0x9FB21C651E98DF25)
_POINT = np.uint64(0xD6E8FEB86659FD93)
_SALTS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC4CEB9FE1A85EC53))
_SALT_1, _SALT_2 = _SALTS
_1, _6, _29, _32, _63 = np.uint64(1), np.uint64(6), np.uint64(29), np.uint64(32), np.uint64(63)


class Stream(NamedTuple):
    """The stream of one text, n characters in u units (words and wide characters)."""

    prefix: npt.NDArray[np.uint64]
    """uint64[n+1]: hash of the first i characters."""
    widths: npt.NDArray[np.int64]
    """int64[n+1]: width of the first i characters."""
    places: npt.NDArray[np.int64]
    """int64[n]: where each character begins in the bytes."""
    units: npt.NDArray[np.int64]
    """int64[u]: the characters with which a unit begins."""


class Table(NamedTuple):
    """Grams by anchor. `find` takes these arrays in this order."""

    anchors: npt.NDArray[np.uint64]
    """uint64[a], ascending: keys of anchors, see `anchor_keys`."""
    starts: npt.NDArray[np.int64]
    """int64[a+1]: the grams of each anchor."""
    lengths: npt.NDArray[np.int64]
    """int64[g]: characters of each gram."""
    hashes: npt.NDArray[np.uint64]
    """uint64[g]: hash of each gram."""
    first: npt.NDArray[np.int64]
    """int64[2**k + 1]: the first anchor whose key begins with each k bits."""
    bits: npt.NDArray[np.uint64]
    """uint64[2**k / 64]: which k leading bits of an `ANCHOR` key occur at all; most positions of a text end here."""
    short_bits: npt.NDArray[np.uint64]
    """The same of `SHORT` keys, empty where there are none: they are few, so this stays in the nearest cache."""


def table(anchors: Any, short: Any, lengths: Any, hashes: Any) -> Table:
    """Build the look-up from grams sorted by the key of their anchor: uint64[g], bool[g], int64[g], uint64[g]."""
    unique, starts = np.unique(anchors, return_index=True)
    starts = np.append(starts, len(anchors)).astype(np.int64)
    k = max(6, len(unique).bit_length())
    first = np.searchsorted(unique >> np.uint64(64 - k), np.arange((1 << k) + 1, dtype=np.uint64)).astype(np.int64)
    few = _bits(anchors[short]) if short.any() else np.zeros(0, np.uint64)
    return Table(unique, starts, lengths.astype(np.int64), hashes, first, _bits(anchors[~short]), few)


def _bits(keys: Any) -> Any:
    """`Table.bits` of keys uint64[n]: 16 places or more a key, so that few other keys find theirs set."""
    k = max(6, len(keys).bit_length() + 4)
    places = keys >> np.uint64(64 - k)
    bits = np.zeros(1 << (k - 6), np.uint64)
    np.bitwise_or.at(bits, (places >> _6).astype(np.int64), _1 << (places & _63))
    return bits


def anchor_keys(hashes: Any, short: Any) -> Any:
    """The keys under which anchors with these hashes stand: uint64[n], bool[n] -> uint64[n]."""
    keys = (hashes ^ np.where(short, _SALT_2, _SALT_1)) * BASE
    return keys ^ (keys >> _29)


def powers(n: int) -> npt.NDArray[np.uint64]:
    """BASE to the power of 0 to n: uint64[n+1]."""
    return np.cumprod(np.append(_1, np.full(n, BASE, np.uint64)), dtype=np.uint64)


def stream(data: Any, start: int, end: int, folding: Any) -> Stream:
    """The stream of `data[start:end]`, UTF-8; a byte that is not UTF-8 separates."""
    room = _room(end - start)
    _, count, begun, _ = _fill(data, start, end, folding, room, 0, 0, False)  # noqa: FBT003
    return Stream(room.prefix[: count + 1], room.widths[: count + 1], room.places[:count], room.units[:begun])


@numba.njit(cache=True, nogil=True)
def _room(size: int) -> Stream:
    """Room for the stream of `size` characters, of which nothing is written yet."""
    return Stream(
        np.zeros(size + 1, np.uint64), np.zeros(size + 1, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    )


@numba.njit(cache=True, nogil=True, _nrt=False)
def _fill(
    data: Any,
    at: int,
    end: int,
    folding: Any,
    held: Stream,
    count: int,
    begun: int,
    in_word: bool,  # noqa: FBT001 - numba knows no keyword-only arguments
) -> Any:
    """Append the stream of `data[at:end]` to the `count` characters and `begun` units held, until there is no room.

    in_word: whether the byte before `at` is of a word. Returns (at, count, begun, in_word).
    """
    prefix, widths, places, units = held
    room = len(places)
    hashed, width = prefix[count], widths[count]
    while at < end and count < room:
        first = data[at]
        if first < 0x80:
            point, length = np.int64(first), 1
        else:
            point, length = decode(data, at, end)
        entry = np.int64(folding[point])
        kind = entry >> 24
        if kind == 1 or kind == 2:  # noqa: PLR1714 - a set of numbers is slow in numba
            value = (np.uint64(entry & 0xFFFFFF) + _1) * _POINT
            hashed = hashed * BASE + (value ^ (value >> _32))
            if kind == 2 or not in_word:
                units[begun] = count
                begun += 1
            in_word = kind == 1
            width += 1 if in_word else WIDE
            places[count] = at
            count += 1
            prefix[count] = hashed
            widths[count] = width
        elif kind == 0:
            in_word = False
        at += length
    return at, count, begun, in_word


@numba.njit(cache=True, nogil=True)
def find(offsets: Any, data: Any, folding: Any, powers: Any, table: Table) -> Any:
    """Find the grams of a table in texts.

    `offsets` int64[n+1] and `data` uint8[bytes] hold the texts, UTF-8; `folding` is `hashes.folding_table()`; `powers`
    go up to the longest gram or anchor.

    Returns:
        int64[5, hits]: document, gram, position in the stream, first byte, first byte of the last character; in the
        order of the texts. At most about `MOST_HITS` a document.
    """
    reach = len(powers)
    held = _room(max(_ROOM, 4 * reach))
    likely, keys = np.empty(len(held.units), np.int64), np.empty(len(held.units), np.uint64)
    hits, found = np.empty((5, 1024), np.int64), 0
    for row in range(len(offsets) - 1):
        at, end, count, begun, base, in_word = offsets[row], offsets[row + 1], 0, 0, 0, False
        held.prefix[0], held.widths[0] = np.uint64(0), 0
        most = found + MOST_HITS
        while found < most:
            at, count, begun, in_word = _fill(data, at, end, folding, held, count, begun, in_word)
            limit = count if at >= end else count - reach
            for level in range(2 if len(table.short_bits) else 1):
                wanted, salt = (ANCHOR, _SALT_1) if level == 0 else (SHORT, _SALT_2)
                bits = table.bits if level == 0 else table.short_bits
                n = _sift(held, count, begun, limit, powers, wanted, salt, bits, likely, keys)
                hits, found = _compare(held, count, powers, table, likely[:n], keys[:n], row, base, hits, found)
            if at >= end:
                break
            begun = _shift(held, limit, count, begun)
            count -= limit
            base += limit
    return hits[:, :found].copy()


@numba.njit(cache=True, nogil=True, _nrt=False)
def _sift(
    held: Stream, count: int, begun: int, limit: int, powers: Any, wanted: int, salt: Any, bits: Any, likely: Any,
    keys: Any,
) -> int:  # fmt: skip
    """Write to `likely` int64[...] where, before `limit`, an anchor may stand, to `keys` uint64[...] its key.

    wanted: width of the anchors; salt of their keys; bits that their keys begin with. Returns how many there are.
    """
    prefix, widths, units = held.prefix, held.widths, held.units
    shift = _leading(64 * len(bits))
    stop = found = 0
    for u in range(begun):
        i = units[u]
        if i >= limit or widths[count] - widths[i] < wanted:
            break
        stop = max(stop, i + wanted // WIDE)
        while widths[stop] - widths[i] < wanted:
            stop += 1
        key = ((prefix[stop] - prefix[i] * powers[stop - i]) ^ salt) * BASE
        key ^= key >> _29
        bit = key >> shift
        if (bits[bit >> _6] >> (bit & _63)) & _1:
            likely[found], keys[found] = i, key
            found += 1
    return found


@numba.njit(cache=True, nogil=True)
def _compare(
    held: Stream, count: int, powers: Any, table: Table, likely: Any, keys: Any, row: int, base: int, hits: Any,
    found: int,
) -> Any:  # fmt: skip
    """Add the grams that stand at the places `likely`, below anchors with these `keys`, to those found.

    row: the document; base: position in the stream of the first character held. Returns (hits, how many there are).
    """
    prefix, _, places, _ = held
    anchors, starts, lengths, hashes, first, _, _ = table
    shift = _leading(len(first) - 1)
    for k in range(len(likely)):
        i, bucket = likely[k], keys[k] >> shift
        for a in range(first[bucket], first[bucket + _1]):
            if anchors[a] != keys[k]:
                continue
            for g in range(starts[a], starts[a + 1]):
                n = lengths[g]
                if i + n > count or prefix[i + n] - prefix[i] * powers[n] != hashes[g]:
                    continue
                if found == hits.shape[1]:
                    hits = _grown(hits)
                hits[0, found], hits[1, found], hits[2, found] = row, g, base + i
                hits[3, found], hits[4, found] = places[i], places[i + n - 1]
                found += 1
    return hits, found


@numba.njit(cache=True, nogil=True, _nrt=False)
def _leading(size: int) -> Any:
    """By how much to shift 64 bits so that as many remain as number `size` places, a power of two."""
    shift = np.uint64(64)
    while (1 << (64 - np.int64(shift))) < size:
        shift -= _1
    return shift


@numba.njit(cache=True, nogil=True)
def _grown(hits: Any) -> Any:
    """A copy of hits int64[5, m] with room for twice as many."""
    more = np.empty((hits.shape[0], 2 * hits.shape[1]), np.int64)
    more[:, : hits.shape[1]] = hits
    return more


@numba.njit(cache=True, nogil=True, _nrt=False)
def _shift(held: Stream, limit: int, count: int, begun: int) -> int:
    """Move the stream from `limit` on to the front of the arrays; how many units begin in it."""
    prefix, widths, places, units = held
    for i in range(count - limit):
        prefix[i], widths[i], places[i] = prefix[i + limit], widths[i + limit], places[i + limit]
    prefix[count - limit], widths[count - limit] = prefix[count], widths[count]
    kept = 0
    for u in range(begun):
        if units[u] >= limit:
            units[kept] = units[u] - limit
            kept += 1
    return kept
