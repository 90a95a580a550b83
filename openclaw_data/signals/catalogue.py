"""What there is to measure, with unit, meaning and source: read from filters/README.md, where people read it, too."""

import re
from functools import cache
from typing import NamedTuple

from openclaw_data import share, signals

_ROW = re.compile(r"\| `([a-z0-9_]+)` \| (.*?) \| (.*) \| (.*?) \|")
_HEAD = re.compile(r"\| (signal|column) \| unit \| meaning \| source \|")


class Entry(NamedTuple):
    """One column that a rule may use. `function`: what makes it (`module:function`); empty for a document's column."""

    name: str
    kind: str
    group: str
    unit: str
    meaning: str
    source: str
    function: str


@cache
def entries() -> tuple[Entry, ...]:
    """Every signal and column of filters/README.md, in its order."""
    found: list[Entry] = []
    kind = group = ""
    for line in (share.folder("filters") / "README.md").read_text("utf-8").splitlines():
        if line.startswith("#"):
            group, kind = line.lstrip("# ").strip(), ""
        elif head := _HEAD.fullmatch(line.strip()):
            kind = head[1]
        elif kind and (row := _ROW.fullmatch(line.strip())):
            name, unit, meaning, source = (cell.strip().replace("\\|", "|") for cell in row.groups())
            function = signals.SIGNALS.get(name) or signals.OPTIONAL.get(name, "")
            found.append(Entry(name, kind, group, unit, meaning, source, function))
    return tuple(found)


@cache
def by_name() -> dict[str, Entry]:
    """Name -> entry; a signal before a column of the same name."""
    return {e.name: e for e in sorted(entries(), key=lambda e: e.kind == "signal")}
