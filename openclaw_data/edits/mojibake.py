"""Read text again that was decoded with the wrong encoding, where that can be undone without loss."""

import re
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from openclaw_data.signals.mojibake import pattern

_WRONG_AND_RIGHT = (("cp1252", "utf-8"), ("latin-1", "utf-8"), ("gb18030", "utf-8"), ("latin-1", "gb18030"))
"""The encoding a line was read with, and the one it should have been read with."""


@cache
def _damage() -> re.Pattern[str]:
    return re.compile(pattern())


def mojibake(texts: pa.Array) -> tuple[pa.Array, Any]:
    """Repair lines of mojibake (`浣犲ソ`, `ä½ å¥½`); a line that cannot be read again in full stays as it is.

    A repaired line shows no sign of a wrong decoding, so that doing it again changes nothing.
    """
    import polars as pl

    column = pl.Series("text", texts)
    rows = np.flatnonzero(column.str.contains(pattern()).to_numpy())
    removed = np.zeros(len(texts), np.int32)
    if not len(rows):
        return texts, removed
    values = texts.to_pylist()
    for i in rows:
        after = repair(values[i])
        removed[i] = max(0, len(values[i]) - len(after))
        values[i] = after
    return pa.array(values, texts.type), removed


def repair(text: str) -> str:
    """Repair the lines of one text."""
    return "\n".join(_line(line) if _damage().search(line) else line for line in text.split("\n"))


def _line(line: str) -> str:
    for wrong, right in _WRONG_AND_RIGHT:
        try:
            read = line.encode(wrong).decode(right)
        except UnicodeError:
            continue
        if read != line and not _damage().search(read) and read.isprintable():
            return read
    return line
