"""What there is to measure, with unit, meaning and source: read from filters/README.md, where people read it, too."""

import re
from functools import cache
from typing import NamedTuple

from openclaw_data import share, signals
from openclaw_data.documents import DataError

PAGES = {"en": "README.md", "zh": "README.zh.md"}
"""Language -> the page of `filters/` that says it in this language."""
_ROW = re.compile(r"\| `([a-z0-9_]+)` \| (.*?) \| (.*) \| (.*?) \|")
_HEADS = {
    "| signal | unit | meaning | source |": "signal",
    "| 指标 | 单位 | 含义 | 出处 |": "signal",
    "| column | unit | meaning | source |": "column",
    "| 列 | 单位 | 含义 | 出处 |": "column",
}


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
def entries(language: str = "en") -> tuple[Entry, ...]:
    """Every signal and column of filters/README.md in its order, said in a language of `PAGES`."""
    if language not in PAGES:
        raise DataError(f"--language {language}", "is not a language of the signals' descriptions.", "Write en or zh.")
    found: list[Entry] = []
    kind = group = ""
    for line in (share.folder("filters") / PAGES[language]).read_text("utf-8").splitlines():
        if line.startswith("#"):
            group, kind = line.lstrip("# ").strip(), ""
        elif line.strip() in _HEADS:
            kind = _HEADS[line.strip()]
        elif kind and (row := _ROW.fullmatch(line.strip())):
            name, unit, meaning, source = (cell.strip().replace("\\|", "|") for cell in row.groups())
            function = signals.SIGNALS.get(name) or signals.OPTIONAL.get(name, "")
            found.append(Entry(name, kind, group, unit, meaning, source, function))
    return tuple(found)


@cache
def by_name(language: str = "en") -> dict[str, Entry]:
    """Name -> entry; a signal before a column of the same name."""
    return {e.name: e for e in sorted(entries(language), key=lambda e: e.kind == "signal")}
