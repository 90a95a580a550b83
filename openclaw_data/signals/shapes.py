"""Signals of what lines look like: code, tables, lists, menus; and C4's view of them."""

import weakref
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data.kernels import c4 as c4_kernel
from openclaw_data.kernels import characters as scanner
from openclaw_data.kernels import shapes as kernel
from openclaw_data.signals.raw_lines import stop_marks
from openclaw_data.signals.text import ratio
from openclaw_data.signals.tokens import tokens


class Shapes(NamedTuple):
    """Shapes of lines (see `kernels.shapes.SHAPES`); fractions are of lines unless the name says characters."""

    code_line_fraction: pa.Array  # float32: program text and commands
    table_line_fraction: pa.Array  # float32: rows of a table, cells parted by | or tabs
    numbered_line_fraction: pa.Array  # float32: items with their number and text (`1、…`, `2. …`, `④…`)
    numbered_char_fraction: pa.Array  # float32: of the characters in lines, those in such items
    digit_line_fraction: pa.Array  # float32: digits without a letter: dates, page numbers, bare item numbers
    upper_line_fraction: pa.Array  # float32: more capitals than small letters
    brace_line_fraction: pa.Array  # float32: with { or }
    stop_line_fraction: pa.Array  # float32: end with a mark of words/stop-marks.txt, quotation marks left out
    speaker_line_fraction: pa.Array  # float32: begin with a name and a colon
    chinese_share: pa.Array  # float32: of the characters in lines with letters, those in Chinese lines
    latin_share: pa.Array  # float32: the same of lines in Latin letters
    quantity_line_fraction: pa.Array  # float32: begin with an amount (`1/2 cup`, `¼ tsp`), list numbers left out
    markup_char_fraction: pa.Array  # float32: of all characters, those in HTML tags and Markdown addresses
    url_char_fraction: pa.Array  # float32: of all characters, those in web addresses
    urls: pa.Array  # int32: web addresses
    chinese_c4_lines: pa.Array  # int32: lines that Chinese C4 keeps
    curly_brace_ratio: pa.Array  # float32: { and } a character


class C4(NamedTuple):
    """C4's document rules after its line rules (see `kernels.c4.judge_lines`)."""

    c4_lines: pa.Array  # int32: lines that C4 keeps
    c4_sentences: pa.Array  # int32: sentences in them
    c4_lorem_ipsum: pa.Array  # int32: 1 where `lorem ipsum` drops the document
    c4_curly_bracket: pa.Array  # int32: 1 where { drops it


def shapes(batch: pa.RecordBatch) -> Shapes:
    """Shape signals of `text`."""
    found = tokens(batch)
    bits, counts = _shapes(batch)
    lines, chars = kernel.sum_bits(found.doc_lines, bits, found.line_chars, len(kernel.SHAPES))
    total, all_chars = np.diff(found.doc_lines), found.counts["chars"]
    in_lines = kernel.sum_bits(found.doc_lines, np.ones(len(bits), np.uint32), found.line_chars, 1)[1][:, 0]
    at = kernel.BIT
    spoken = chars[:, at["chinese"]] + chars[:, at["latin"]]
    columns: list[Any] = [
        *(ratio(lines[:, at[name]], total) for name in ("code", "table", "numbered")),
        ratio(chars[:, at["numbered"]], in_lines),
        *(ratio(lines[:, at[name]], total) for name in ("digits", "upper", "brace", "stop", "speaker")),
        ratio(chars[:, at["chinese"]], spoken),
        ratio(chars[:, at["latin"]], spoken),
        ratio(lines[:, at["quantity"]], total),
        ratio(counts[:, 2], all_chars),
        ratio(counts[:, 1], all_chars),
        pa.array(counts[:, 0].astype(np.int32)),
        pa.array(lines[:, at["sentence"]].astype(np.int32)),
        ratio(counts[:, 3], all_chars),
    ]
    return Shapes(*columns)


def c4(batch: pa.RecordBatch) -> C4:
    """C4 signals of `text`."""
    found = tokens(batch)
    table = c4_kernel.sum_lines(found.doc_lines, *c4_lines(found))
    columns = (table[:, 1], table[:, 0], table[:, 2] == c4_kernel.LOREM, table[:, 2] == c4_kernel.BRACE)
    return C4(*(pa.array(c.astype(np.int32)) for c in columns))


def c4_lines(found: Any) -> Any:
    """`kernels.c4.judge_lines` for the `Tokens` of a batch."""
    return c4_kernel.judge_lines(
        found.data, found.doc_lines, found.line_start, found.line_end, found.doc_tokens, found.start, found.kind,
        found.chars, c4_kernel.ROWS, c4_kernel.FIRST,
    )  # fmt: skip


_last: tuple[Any, Any] | None = None


def shape_lines(data: Any, lines: Any) -> Any:
    """`kernels.shapes.shape_lines` for a buffer and its lines: `Tokens` or `kernels.solid_lines.Lines`."""
    return kernel.shape_lines(
        data, lines.doc_lines, lines.line_start, lines.line_end, lines.line_chars, lines.line_last,
        scanner.character_classes(), stop_marks(), kernel.ASCII_TABLE,
    )  # fmt: skip


def _shapes(batch: pa.RecordBatch) -> Any:
    """(shapes uint32[l], counts int64[n, 4]) of a batch, found once."""
    global _last  # noqa: PLW0603 - a memo of one entry, as in `tokens`
    if _last is not None and _last[0]() is batch:
        return _last[1]
    found = tokens(batch)
    made = shape_lines(found.data, found)
    _last = (weakref.ref(batch), made)
    return made
