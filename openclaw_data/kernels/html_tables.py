"""What the HTML scanner knows of the language: tags, entities, classes of bytes.

The tables are built on import, in 5 ms, as constants of the compiled scanner: passed as arguments, they would cost more
than the scan. Entities and long names are hashed with FNV-1a (64 bits), hash tables use open addressing.
"""

import html.entities
from collections.abc import Callable
from typing import Any

import numpy as np

BLOCK, VOID, RAW, DROP, CLOSES_P, BARRIER, TITLE_TEXT, FORM = 1, 2, 4, 8, 16, 32, 64, 128
"""What a tag does. BLOCK: cuts blocks and gets an element record. VOID: has no content. RAW: its content is no markup.
DROP: its content is no text of the page. CLOSES_P: ends an open `<p>`. BARRIER: end tags inside do not close what is
outside. TITLE_TEXT: raw, but with entities. FORM: the content is a control."""

IN_LINK, IN_HIDDEN, IN_PRE, IN_HEADING, IN_LIST, IN_TABLE, IN_QUOTE, IN_FIGURE = 1, 2, 4, 8, 16, 32, 64, 128
IN_CODE, IN_NAV, IN_HEADER, IN_FOOTER, IN_ASIDE, IN_FORM, IN_ARTICLE, IN_MAIN = (1 << k for k in range(8, 16))
IN_SKIP, IN_COMMENT, IN_MATH, IN_HEAD, IN_CELL, IN_EMPHASIS, IN_BODY = (1 << k for k in range(16, 23))
"""Where text stands: bits of `flags`, handed down from an open tag to all inside it."""

_P = "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form header "
_P += "hgroup hr main menu nav ol p pre section summary table ul h1 h2 h3 h4 h5 h6 listing xmp plaintext li dd dt"
_BLOCK = _P + " body caption frameset head html legend optgroup option tbody td tfoot th thead tr button select video "
_BLOCK += "audio canvas noscript template iframe noframes custom-element object textarea"
_VOID = "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr"
_RAW = "script style xmp iframe noembed noframes plaintext title textarea"
_DROP = "script style iframe noembed noframes noscript template svg rp rt rtc textarea video audio canvas object"
_BARRIER = "table td th caption html template button object"
_INLINE = "a abbr acronym annotation annotation-xml b bdi bdo big cite code data datalist del dfn em font i ins kbd "
_INLINE += "label map mark math meter nobr output picture progress q ruby rb rp rt rtc s samp script semantics small "
_INLINE += "span strike strong style sub sup svg time title tt u var noembed slot"
TAGS = ["", *sorted(set(f"{_BLOCK} {_VOID} {_RAW} {_DROP} {_INLINE}".split()))]
"""Tag names by number; 0 is any other inline tag."""
TAG: dict[str, Any] = {name: np.int64(k) for k, name in enumerate(TAGS)}
"""Tag numbers by name. Not Python's numbers: for each constant of those numba compiles a callee anew."""
DASH, LESS, GREATER, X = (np.uint8(c) for c in b"-<>x")
"""Bytes that are searched for; numpy's numbers for the same reason."""

_FLAGS = {
    "a": IN_LINK, "pre": IN_PRE, "listing": IN_PRE, "xmp": IN_PRE, "plaintext": IN_PRE, "li": IN_LIST, "dd": IN_LIST,
    "dt": IN_LIST, "td": IN_TABLE | IN_CELL, "th": IN_TABLE | IN_CELL, "caption": IN_TABLE, "blockquote": IN_QUOTE,
    "figure": IN_FIGURE, "figcaption": IN_FIGURE, "code": IN_CODE, "samp": IN_CODE, "kbd": IN_CODE, "nav": IN_NAV,
    "header": IN_HEADER, "footer": IN_FOOTER, "aside": IN_ASIDE, "form": IN_FORM, "button": IN_FORM,
    "select": IN_FORM, "option": IN_FORM, "article": IN_ARTICLE, "main": IN_MAIN, "math": IN_MATH, "head": IN_HEAD,
    "b": IN_EMPHASIS, "strong": IN_EMPHASIS, "label": 0, "body": IN_BODY,
    **{f"h{k}": IN_HEADING for k in range(1, 7)},
}  # fmt: skip

BYTE_TEXT, BYTE_SPACE, BYTE_TAG, BYTE_ENTITY, BYTE_ODD, BYTE_DROP = range(6)
"""Classes of bytes in text. ODD: leads a character that may be white space or nothing (U+00A0, U+00AD, U+200B, U+FEFF,
U+3000). DROP: a control character."""

WORDS = 1 << 14
"""Class and id words are known by a hash of this many values."""
_COMMENT_WORDS = "comment comments commentlist commentarea commentbox disqus pinglun respond replies livefyre cmt cmts "
_COMMENT_WORDS += "commenter"


SHORT, MIX = 8, 0x9E3779B97F4A7C15
"""Bytes of a name that is mixed as one number, and the factor."""


def fnv(name: bytes) -> int:
    """FNV-1a, 64 bits."""
    h = 0xCBF29CE484222325
    for b in name:
        h = (h ^ b) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


def word_bucket(word: bytes) -> int:
    """The number a class or id word is known by."""
    h = fnv(word)
    return (h ^ h >> 32) & (WORDS - 1)


def name_key(name: bytes) -> int:
    """The key of a tag's or an attribute's name in lower case: up to eight bytes are mixed as one number."""
    if len(name) > SHORT:
        return fnv(name)
    h = int.from_bytes(name, "little") * MIX & 0xFFFFFFFFFFFFFFFF
    return h ^ h >> 32


def _hash_table(names: list[bytes], size: int, key_of: Callable[[bytes], int] = fnv) -> tuple[Any, list[int]]:
    """Keys uint64[size] and the slot of each name; 0 marks a free slot."""
    keys, slots = np.zeros(size, np.uint64), []
    for name in names:
        key = key_of(name)
        slot = key & (size - 1)
        while keys[slot]:
            slot = (slot + 1) & (size - 1)
        keys[slot] = key
        slots.append(slot)
    return keys, slots


def _byte_classes() -> tuple[Any, Any, Any]:
    kinds = np.zeros(256, np.uint8)
    kinds[:32] = BYTE_DROP
    kinds[127] = BYTE_DROP
    kinds[[9, 10, 12, 13, 32]] = BYTE_SPACE
    kinds[ord("<")], kinds[ord("&")] = BYTE_TAG, BYTE_ENTITY
    kinds[[0xC2, 0xE2, 0xE3, 0xEF]] = BYTE_ODD
    name, word = np.arange(256, dtype=np.uint8), np.zeros(256, np.uint8)
    name[65:91] += 32
    name[[0, 9, 10, 12, 13, 32, ord("/"), ord(">")]] = 0
    word[97:123] = np.arange(97, 123)
    word[65:91] = np.arange(97, 123)
    word[128:] = np.arange(128, 256)
    return kinds, name, word


def _tag_table() -> tuple[Any, Any, Any, Any]:
    keys, slots = _hash_table([t.encode() for t in TAGS[1:]], 1024, name_key)
    ids, props, flags = np.zeros(1024, np.int32), np.zeros(len(TAGS), np.int32), np.zeros(len(TAGS), np.int32)
    ids[slots] = np.arange(1, len(TAGS))
    kinds = (
        (BLOCK, _BLOCK),
        (VOID, _VOID),
        (RAW, _RAW),
        (DROP, _DROP),
        (CLOSES_P, _P),
        (BARRIER, _BARRIER),
        (TITLE_TEXT, "title textarea"),
        (FORM, "button select option"),
    )
    for bit, names in kinds:
        for name in names.split():
            props[TAG[name]] |= bit
    for name, bits in _FLAGS.items():
        flags[TAG[name]] = bits
    return keys, ids, props, flags


def _entity_table() -> tuple[Any, Any, Any]:
    known = {k.rstrip(";"): v for k, v in html.entities.html5.items()}
    names = sorted(known)
    keys, slots = _hash_table([n.encode() for n in names], 8192)
    at, blob = np.zeros((8192, 3), np.int32), bytearray()
    for name, slot in zip(names, slots, strict=True):
        start = len(blob)
        blob += known[name].encode()
        at[slot] = start, len(blob), name in html.entities.html5
    return keys, at, np.frombuffer(bytes(blob), np.uint8)


BYTE_KIND, NAME_BYTE, WORD_BYTE = _byte_classes()
"""uint8[256] each: class of a byte in text; lower-case byte of a tag name (0: end), of a class word."""
ATTRIBUTES = "class id style href type role itemprop encoding rel datetime alt src hidden".split()
"""Attributes that are remembered, in the order of their registers."""
ATTRIBUTE_KEYS, _slots = _hash_table([a.encode() for a in ATTRIBUTES], 64, name_key)
ATTRIBUTE_NUMBERS = np.zeros(64, np.int64)
ATTRIBUTE_NUMBERS[_slots] = np.arange(len(ATTRIBUTES))
"""uint64[64], int64[64]: a key's number in `ATTRIBUTES`."""
TAG_KEYS, TAG_IDS, PROPS, FLAGS = _tag_table()
"""uint64[1024], int32[1024]; by tag number: what it does, where its text stands."""
ENTITY_KEYS, ENTITY_AT, ENTITY_TEXT = _entity_table()
"""uint64[8192]; int32[8192, 3]: start and end in ENTITY_TEXT, 1 where no semicolon is needed; uint8[...]."""
WINDOWS = np.array([ord(bytes([b]).decode("cp1252", "ignore") or chr(b)) for b in range(128, 160)], np.int32)
"""What the character references 128 to 159 mean."""
COMMENT_WORD = np.zeros(WORDS, np.bool_)
COMMENT_WORD[[word_bucket(w.encode()) for w in _COMMENT_WORDS.split()]] = True
DISPLAY_NONE, LD_JSON, MATH_TEX, MODE_DISPLAY, LICEN, TEX, MATHML, KATEX_HTML, MATHJAX = (
    np.frombuffer(n.encode(), np.uint8)
    for n in "display:none ld+json math/tex mode=display licen tex mathml katex-html mathjax".split()
)
