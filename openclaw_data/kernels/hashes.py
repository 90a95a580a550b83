"""Hashes for deduplication, computed in one pass over Arrow buffers.

A document is hashed on a folded copy that exists nowhere as a string: each character is replaced by its folded form
(width, compatibility form, Traditional to Simplified, lower case, Latin/Greek/Cyrillic diacritics; `folding.tsv`)
and punctuation, symbols and white space only separate. What remains is a sequence of **units**: a character of a
script written without spaces (Han, kana, Thai, ...) is one unit, a run of other letters and digits is one unit. A
**shingle** is `SHINGLE` = 5 consecutive units, so Han text gives character 5-grams, Latin text word 5-grams, and
mixed text both and those that cross from one to the other. A document of 1 to 4 units is one shingle; a document
without units has none.

A trade-off: words and characters weigh the same, so a Latin name in Chinese text counts as one character. In
return a short Han run between two words, common in technical Chinese, still yields shingles.
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

SHINGLE = 5
PERMUTATIONS = 128
EMPTY = 0
"""The folded hash of a document without units. Such documents are nobody's duplicates."""

_WORD, _CHARACTER, _IGNORED = 1, 2, 3  # kinds in the folding table; 0 separates
_KINDS = {"w": _WORD, "c": _CHARACTER, ".": _IGNORED}

_U0 = np.uint64(0)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_WORD_SEED = np.uint64(0x9E3779B97F4A7C15)
_CHARACTER_SEED = np.uint64(0xD6E8FEB86659FD93)
_BYTE_PRIME = np.uint64(0x100000001B3)  # FNV-1a, 64 bits
_BYTE_BASIS = np.uint64(0xCBF29CE484222325)
_ORDER = np.uint64(0x9FB21C651E98DF25)  # odd: multiplying by it loses nothing
_33, _32, _59, _5 = np.uint64(33), np.uint64(32), np.uint64(59), np.uint64(5)


class Hashes(NamedTuple):
    """What `hash_texts` makes of n documents."""

    folded: npt.NDArray[np.int64]
    """int64[n]: of the unit sequence, in order; equal for texts that fold to the same; `EMPTY` where there are none."""
    shingles: npt.NDArray[np.int32]
    """int32[n]: shingles, repeated ones counted; 0 where there are no units."""
    signatures: npt.NDArray[np.uint32]
    """uint32[n, 128]: MinHash of the shingle set; all ones where there are no shingles."""


@cache
def folding_table() -> npt.NDArray[np.uint32]:
    """uint32[0x110000]: of each code point its folded code point, with its kind in bits 24 and up."""
    table = np.arange(0x110000, dtype=np.uint32)
    lines = (Path(__file__).parent / "folding.tsv").read_text("utf-8").splitlines()
    kinds = np.zeros(len(table), np.uint32)
    for line in lines:
        match line.split("\t"):
            case "k", first, last, kind:
                kinds[int(first, 16) : int(last, 16) + 1] = _KINDS[kind]
            case "f", point, folded:
                table[int(point, 16)] = int(folded, 16)
    table |= kinds[table] << np.uint32(24)
    table.setflags(write=False)
    return table


@cache
def permutations() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Multipliers and addends, uint64[128] each, of the hash functions `x -> (a * x + b) >> 32`.

    With `x` below 2**32 and 64-bit `a` and `b` this family is strongly universal (Dietzfelbinger 1996), which
    datasketch buys with a division by 2**61 - 1. The constants are SplitMix64 from seed 1: part of the file format.
    """
    mask, state, values = (1 << 64) - 1, 1, []
    for _ in range(2 * PERMUTATIONS):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        values.append(z ^ (z >> 31))
    return np.array(values[:PERMUTATIONS], np.uint64), np.array(values[PERMUTATIONS:], np.uint64)


def hash_texts(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> Hashes:
    """Hash the folded copy of each text.

    Args:
        offsets: int64[n+1], where each text begins and ends in `data`.
        data: uint8[bytes], UTF-8. A byte that is not UTF-8 counts as a separator.
    """
    multipliers, addends = permutations()
    folded, shingles, signatures = _hash_texts(offsets, data, folding_table(), multipliers, addends)
    return Hashes(folded.view(np.int64), shingles, signatures)


def hash_bytes(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """FNV-1a of each item's bytes, mixed: int64[n]."""
    hashed: npt.NDArray[np.uint64] = _hash_bytes(offsets, data)
    return hashed.view(np.int64)


def band_keys(signatures: npt.NDArray[np.uint32], bands: int, rows: int) -> npt.NDArray[np.int64]:
    """Hash the values of each band, with the band's number: int64[n, bands] from uint32[n, 128]."""
    keys: npt.NDArray[np.uint64] = _band_keys(signatures, bands, rows)
    return keys.view(np.int64)


@numba.njit(cache=True, nogil=True)
def equal_values(signatures: Any, left: Any, right: Any) -> Any:
    """Count the values in which pairs of rows of uint32[n, k] agree: int32[m] for row numbers int64[m] and int64[m]."""
    out = np.zeros(len(left), np.int32)
    for i in range(len(left)):
        a, b = signatures[left[i]], signatures[right[i]]
        equal = np.int32(0)
        for j in range(signatures.shape[1]):
            equal += np.int32(a[j] == b[j])
        out[i] = equal
    return out


@numba.njit(cache=True, nogil=True)
def maybe_shared(keys: Any) -> Any:
    """Which values of `keys`, int64[n], may come more than once: bool[n]. All that do, and one in nine of the others.

    Counts up to two in a table of 8 to 16 places a key, where two values may meet.
    """
    bits = 4
    while (1 << bits) < 8 * len(keys):
        bits += 1
    counts = np.zeros(1 << bits, np.uint8)
    shift = np.uint64(64 - bits)
    found = np.zeros(len(keys), np.bool_)
    for key in keys:
        place = np.int64(mix(np.uint64(key)) >> shift)
        counts[place] = min(2, counts[place] + 1)
    for i in range(len(keys)):
        found[i] = counts[np.int64(mix(np.uint64(keys[i])) >> shift)] > 1
    return found


@numba.njit(cache=True, nogil=True)
def _band_keys(signatures: Any, bands: int, rows: int) -> Any:
    """`band_keys`, as uint64[n, bands]."""
    n = len(signatures)
    out = np.empty((n, bands), np.uint64)
    for row in range(n):
        for band in range(bands):
            h = np.uint64(band + 1) * _WORD_SEED
            for i in range(band * rows, band * rows + rows):
                h = (h ^ np.uint64(signatures[row, i])) * _ORDER
                h ^= h >> _32
            out[row, band] = mix(h)
    return out


@numba.njit(cache=True, nogil=True, _nrt=False)
def mix(h: Any) -> Any:
    """Finalizer of MurmurHash3: a bijection on 64 bits in which every input bit reaches every output bit."""
    h = (h ^ (h >> _33)) * _MIX_1
    h = (h ^ (h >> _33)) * _MIX_2
    return h ^ (h >> _33)


@numba.njit(cache=True, nogil=True, _nrt=False)
def decode(data: Any, at: int, end: int) -> Any:
    """One code point of UTF-8 at `at`: (code point, bytes used). A damaged sequence is U+FFFD, one byte."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, 1
    length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if first < 0xC2 or first > 0xF4 or at + length > end:
        return np.int64(0xFFFD), 1
    point = first & (0x7F >> length)
    for i in range(1, length):
        byte = np.int64(data[at + i])
        if byte & 0xC0 != 0x80:
            return np.int64(0xFFFD), 1
        point = (point << 6) | (byte & 0x3F)
    return (point, length) if point < 0x110000 else (np.int64(0xFFFD), 1)


@numba.njit(cache=True, nogil=True, _nrt=False)
def units(data: Any, start: int, end: int, table: Any, out: Any) -> int:
    """Write the hash of each unit of `data[start:end]` to `out` uint64[(end-start)//2 + 1]; how many there are.

    A unit takes two bytes or more, its separator included, except the last.
    """
    count, at = 0, start
    word, in_word = _WORD_SEED, False
    while at < end:
        point, length = decode(data, at, end)
        at += length
        entry = np.int64(table[point])
        kind = entry >> 24
        if kind == _WORD:
            word = (word ^ np.uint64(entry & 0xFFFFFF)) * _ORDER
            word ^= word >> _32
            in_word = True
            continue
        if kind == _IGNORED:
            continue
        if in_word:
            out[count] = mix(word)
            count += 1
            word, in_word = _WORD_SEED, False
        if kind == _CHARACTER:
            out[count] = mix(_CHARACTER_SEED ^ np.uint64(entry & 0xFFFFFF))
            count += 1
    if in_word:
        out[count] = mix(word)
        count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _hash_texts(offsets: Any, data: Any, table: Any, multipliers: Any, addends: Any) -> Any:
    """The fields of `Hashes`, folded as uint64[n]; table: `folding_table`; the rest: `permutations`."""
    n = len(offsets) - 1
    folded, shingles = np.zeros(n, np.uint64), np.zeros(n, np.int32)
    signatures = np.full((n, PERMUTATIONS), np.uint32(0xFFFFFFFF), np.uint32)
    longest = np.int64(0)
    for row in range(n):
        longest = max(longest, offsets[row + 1] - offsets[row])
    hashed, four = np.empty(longest // 2 + 1, np.uint64), np.empty(4, np.uint64)
    for row in range(n):
        count = units(data, offsets[row], offsets[row + 1], table, hashed)
        if count:
            shingles[row] = max(count - SHINGLE + 1, 1)
            folded[row] = _sign(hashed, count, multipliers, addends, four, signatures[row])
    return folded, shingles, signatures


@numba.njit(cache=True, nogil=True, _nrt=False)
def _sign(hashed: Any, count: int, multipliers: Any, addends: Any, four: Any, signature: Any) -> Any:
    """Lower the minima of a text by its shingles, made of `count` units; the hash of them all. Uses four uint64[4]."""
    whole = np.uint64(count)
    for i in range(count):
        whole = (((whole << _5) | (whole >> _59)) ^ hashed[i]) * _ORDER
    whole = mix(whole)
    if count < SHINGLE:
        _lower(signature, whole, multipliers, addends)
    held = 0
    for i in range(count - SHINGLE + 1):
        shingle = _U0
        for k in range(SHINGLE):
            shingle = shingle * _ORDER + hashed[i + k]
        four[held] = mix(shingle)
        held += 1
        if held == 4:
            _lower_by_four(signature, four, multipliers, addends)
            held = 0
    for i in range(held):
        _lower(signature, four[i], multipliers, addends)
    return max(whole, np.uint64(1))


@numba.njit(cache=True, nogil=True, _nrt=False)
def _lower(signature: Any, shingle: Any, multipliers: Any, addends: Any) -> None:
    """Lower each of the 128 minima to the value of this shingle, where that is smaller."""
    x = shingle >> _32
    for j in range(PERMUTATIONS):
        value = np.uint32((multipliers[j] * x + addends[j]) >> _32)
        signature[j] = min(signature[j], value)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _lower_by_four(signature: Any, shingles: Any, multipliers: Any, addends: Any) -> None:
    """`_lower` for four shingles: the minima and constants are loaded once, which more than halves the time."""
    x0, x1, x2, x3 = shingles[0] >> _32, shingles[1] >> _32, shingles[2] >> _32, shingles[3] >> _32
    for j in range(PERMUTATIONS):
        a, b = multipliers[j], addends[j]
        left = min(np.uint32((a * x0 + b) >> _32), np.uint32((a * x1 + b) >> _32))
        right = min(np.uint32((a * x2 + b) >> _32), np.uint32((a * x3 + b) >> _32))
        signature[j] = min(signature[j], left, right)


@numba.njit(cache=True, nogil=True)
def _hash_bytes(offsets: Any, data: Any) -> Any:
    """`hash_bytes`, as uint64[n]."""
    n = len(offsets) - 1
    out = np.empty(n, np.uint64)
    for row in range(n):
        h = _BYTE_BASIS
        for i in range(offsets[row], offsets[row + 1]):
            h = (h ^ np.uint64(data[i])) * _BYTE_PRIME
        out[row] = mix(h)
    return out
