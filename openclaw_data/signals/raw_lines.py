"""Signals of lines as datatrove takes them, white space and all: the values that its thresholds were set on.

They differ from `lines` and `duplicate_lines` only where lines begin or end with white space or consist of it, which
extracted pages never do and Markdown often does.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data import share
from openclaw_data.kernels import characters as scanner
from openclaw_data.kernels import raw_lines as kernel
from openclaw_data.signals.text import ratio
from openclaw_data.signals.tokens import tokens


class RawLines(NamedTuple):
    """Lines and paragraphs as they stand, lines of white space included."""

    raw_duplicate_line_fraction: pa.Array  # float32: of lines
    raw_duplicate_line_char_fraction: pa.Array  # float32: of characters
    raw_duplicate_paragraph_fraction: pa.Array  # float32: of paragraphs
    raw_duplicate_paragraph_char_fraction: pa.Array  # float32: of characters
    raw_stop_line_fraction: pa.Array  # float32: of lines with text, those that end with a mark of words/stop-marks.txt
    raw_short_line_fraction: pa.Array  # float32: of lines with text, those of 30 characters and fewer
    raw_duplicate_text_char_fraction: pa.Array  # float32: of characters but line feeds, those in lines with text again


def raw_lines(batch: pa.RecordBatch) -> RawLines:
    """Raw-line signals of `text`."""
    found = tokens(batch)
    parts = kernel.split(found.offsets, found.data, scanner.character_classes(), stop_marks())
    table = kernel.count(found.offsets, found.data, *parts)
    column = {name: table[:, k] for k, name in enumerate(kernel.COLUMNS)}
    chars = found.counts["chars"]
    return RawLines(
        ratio(column["duplicate_lines"], column["lines"]),
        ratio(column["duplicate_line_chars"], chars),
        ratio(column["duplicate_paragraphs"], column["paragraphs"]),
        ratio(column["duplicate_paragraph_chars"], chars),
        ratio(column["stop_lines"], column["solid_lines"]),
        ratio(column["short_lines"], column["solid_lines"]),
        ratio(column["duplicate_solid_chars"], chars - column["feeds"]),
    )


@cache
def stop_marks() -> Any:
    """Which characters words/stop-marks.txt lists, bool[TABLE_SIZE]."""
    table = np.zeros(scanner.TABLE_SIZE, np.bool_)
    rows = (share.folder("filters") / "words" / "stop-marks.txt").read_text("utf-8").splitlines()
    table[[ord(c) for row in rows if not row.startswith("#") for c in row if c != " "]] = True
    return table
