"""Signals of phrases that show what a line is: footers, menus, bylines, calls to share, marks of pirated novels.

The phrases are data, `filters/words/line-marks.tsv`. Which lines they find is shared with the edit that removes them.
"""

import weakref
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data import share
from openclaw_data.errors import DataError
from openclaw_data.kernels import lexicon, shapes
from openclaw_data.kernels import marks as kernel
from openclaw_data.signals.text import ratio
from openclaw_data.signals.tokens import Tokens, tokens

KINDS = ("footer", "navigation", "byline", "share", "piracy", "translation", "generated", "placeholder")
"""What a line can be; bit k of a line's marks is kind k."""
BIT = {name: k for k, name in enumerate(KINDS)}
_WHERE = {"start": lexicon.START, "any": lexicon.ANY, "cover": lexicon.COVER}


class Marks(NamedTuple):
    """Lines with phrases of words/line-marks.tsv; fractions are of lines, 0 when there are none."""

    footer_lines: pa.Array  # int32: ICP numbers, copyright, "powered by", reprint notices
    navigation_lines: pa.Array  # int32: menus
    byline_lines: pa.Array  # int32: source, editor, date
    share_lines: pa.Array  # int32: scan, share, follow, download the app
    piracy_lines: pa.Array  # int32: marks of pirated novels
    translation_lines: pa.Array  # int32: says that a machine translated it
    generated_lines: pa.Array  # int32: says that a language model wrote it
    placeholder_lines: pa.Array  # int32: nothing here: loading, 404, no comments yet, lorem ipsum
    boilerplate_line_fraction: pa.Array  # float32: any of footer, navigation, share, placeholder
    boilerplate_char_fraction: pa.Array  # float32: the same of characters in lines
    chapter_lines: pa.Array  # int32: 第一章, 第12回, Chapter 3


def marks(batch: pa.RecordBatch) -> Marks:
    """Phrase signals of `text`."""
    found = tokens(batch)
    bits = line_marks(batch)
    counts = shapes.sum_bits(found.doc_lines, bits, found.line_chars, len(KINDS))[0]
    boiler = (bits & np.uint32(boilerplate())) != 0
    either = boiler.astype(np.uint32) | np.uint32(2)
    lines, chars = shapes.sum_bits(found.doc_lines, either, found.line_chars, 2)
    chapters = kernel.chapters(found.data, found.doc_lines, found.line_start, found.line_end)
    columns: list[Any] = [
        *(pa.array(counts[:, k].astype(np.int32)) for k in range(len(KINDS))),
        ratio(lines[:, 0], lines[:, 1]),
        ratio(chars[:, 0], chars[:, 1]),
        pa.array(chapters.astype(np.int32)),
    ]
    return Marks(*columns)


def boilerplate() -> int:
    """The bits of lines that say nothing of their page's subject."""
    return sum(1 << BIT[name] for name in ("footer", "navigation", "share", "placeholder"))


@cache
def phrases() -> lexicon.Trie:
    """The phrases of words/line-marks.tsv.

    Raises:
        DataError: a row is not kind, where, characters, phrase.
    """
    path = share.folder("filters") / "words" / "line-marks.tsv"
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith(("#", "kind\t")):
            continue
        try:
            kind, where, most, phrase = line.split("\t")
            rows.append((phrase, BIT[kind], _WHERE[where], int(most)))
        except (ValueError, KeyError):
            remedy = f"Write kind, where, characters, phrase; kinds are {', '.join(KINDS)}."
            raise DataError(f"{path}, line {number}", "this row cannot be read.", remedy) from None
    return lexicon.build(rows)


def mark(found: Tokens) -> Any:
    """Marks of every line of the tokens of a batch, uint32[l]."""
    return lexicon.mark_lines(found.data, found.line_start, found.line_end, found.line_chars, *phrases())


_last: tuple[Any, Any] | None = None


def line_marks(batch: pa.RecordBatch) -> Any:
    """`mark` for a batch, found once."""
    global _last  # noqa: PLW0603 - a memo of one entry, as in `tokens`
    if _last is None or _last[0]() is not batch:
        _last = (weakref.ref(batch), mark(tokens(batch)))
    return _last[1]
