"""Where a rule draws its lines: the numbers that a predicate compares columns with."""

import re
from typing import NamedTuple

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_BETWEEN = re.compile(rf"(?i)\b({_NAME})\s+(?:NOT\s+)?BETWEEN\s+({_NUMBER})\s+AND\s+({_NUMBER})")
_AFTER = re.compile(rf"\b({_NAME})\s*(?:<=|>=|<>|!=|<|>|=)\s*({_NUMBER})(?![\w.])")
_BEFORE = re.compile(rf"(?<![\w.])({_NUMBER})\s*(?:<=|>=|<>|!=|<|>|=)\s*({_NAME})\b(?!\s*\()")


class Line(NamedTuple):
    """A column and a number it is compared with."""

    column: str
    value: float


def lines(predicate: str) -> tuple[Line, ...]:
    """The lines that a SQL predicate draws, each once, in the order of the text; none inside quoted texts.

    Only a column that stands bare beside a number counts: `words >= 50` and `words BETWEEN 50 AND 100000` do,
    `ABS(words - 50) < 3` does not, because no point of the column's own axis decides it.
    """
    bare = re.sub(r"'[^']*'", "''", predicate)
    found: list[tuple[int, Line]] = []
    for match in _BETWEEN.finditer(bare):
        found += [(match.start(), Line(match[1], float(match[2]))), (match.start(3), Line(match[1], float(match[3])))]
    found += [(m.start(), Line(m[1], float(m[2]))) for m in _AFTER.finditer(bare)]
    found += [(m.start(), Line(m[2], float(m[1]))) for m in _BEFORE.finditer(bare)]
    return tuple(dict.fromkeys(line for _, line in sorted(found)))
