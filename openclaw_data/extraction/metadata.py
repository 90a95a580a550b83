"""What a page says about itself outside of its text: `<meta>`, `<link>`, JSON-LD, the title, the language.

All of it comes from the one scan of the page (`kernels.html`), bounded in number and length.
"""

import html
import itertools
import re
from functools import cache
from typing import Any, NamedTuple

MOST_ENTRIES = 200
"""How many `<meta>`, and how many `<link>` and `<a rel=license>`, are read; real pages have about 20."""
MOST_CHARS = 2_000
"""Names and values are cut here."""
MOST_JSON_CHARS = 100_000
"""JSON-LD scripts are left out from the one on with which a page has more."""
_PUBLISHED = {"published", "dt-published"}
_ATTRIBUTE = re.compile(r"([^\s\"'>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")


class Head(NamedTuple):
    """Statements of a page, in page order, entities decoded.

    `meta`: (name, property or http-equiv in lower case; content). `links`: (rel in lower case, href, type) of `<link>`
    and of `<a rel=license>`. `json_ld`: contents of `<script type="application/ld+json">`, unparsed. `title`: of
    `<title>`, as written. `lang`: of `<html>`. `times`: `datetime` of each `<time>` that is marked as that of
    publication, by `pubdate`, `itemprop=datePublished` or the class `published` or `dt-published`. `base`:
    of `<base href>`.
    """

    meta: list[tuple[str, str]]
    links: list[tuple[str, str, str]]
    json_ld: list[str]
    title: str = ""
    lang: str = ""
    times: tuple[str, ...] = ()
    base: str = ""


def head(page: str) -> Head:
    """Scan one page for its statements; of a batch that is scanned anyway, take `heads`."""
    import numpy as np

    from openclaw_data.kernels.html import scan

    data = np.frombuffer(page.encode("utf-8", "replace"), np.uint8)
    return heads(scan(np.array([0, len(data)]), data))[0]


def heads(scanned: Any) -> list[Head]:
    """The statements of every page of a `kernels.html.Scan`."""
    return [head_of(scanned, i) for i in range(len(scanned.offsets) - 1)]


def head_of(scanned: Any, page: int) -> Head:
    """The statements of one page of a scan."""
    marks = scanned.marks[scanned.page_marks[page] : scanned.page_marks[page + 1]]
    return _head(_kinds(), memoryview(scanned.data), marks.tolist())._replace(title=_title(scanned, page))


def some_heads(scanned: Any, wanted: Any) -> list[Head]:
    """The statements of every page of a scan in the marks of `wanted` bool[m] alone, without the title."""
    import numpy as np

    rows = np.flatnonzero(wanted)
    marks, data, kinds = scanned.marks[rows].tolist(), memoryview(scanned.data), _kinds()
    bounds = np.searchsorted(rows, scanned.page_marks[: len(scanned.offsets)]).tolist()
    return [_head(kinds, data, marks[a:b]) for a, b in itertools.pairwise(bounds)]


class _Kinds(NamedTuple):
    """The kinds of marks, at hand without an import a page."""

    json_ld: int
    meta: int
    link: int
    licence: int
    html: int
    base: int
    time: int


@cache
def _kinds() -> _Kinds:
    from openclaw_data.kernels.html_layout import BASE, HTML, JSON_LD, LICENCE, LINK, META, TIME

    return _Kinds(JSON_LD, META, LINK, LICENCE, HTML, BASE, TIME)


def _head(kinds: _Kinds, data: memoryview, marks: list[list[int]]) -> Head:
    meta: list[tuple[str, str]] = []
    links: list[tuple[str, str, str]] = []
    json_ld: list[str] = []
    lang, base, times = "", "", list[str]()
    json_left = MOST_JSON_CHARS
    for kind, first, last in marks:
        if kind == kinds.json_ld:
            json_left -= last - first
            if json_left >= 0 and len(json_ld) < MOST_ENTRIES:
                json_ld.append(_source(data, first, last).strip())
            continue
        entry = attributes(_source(data, first, min(last, first + 4 * MOST_CHARS)))
        if kind == kinds.html:
            lang = lang or (entry.get("lang") or entry.get("xml:lang") or "").strip()
        elif kind == kinds.meta and len(meta) < MOST_ENTRIES:
            name = entry.get("name") or entry.get("property") or entry.get("http-equiv") or entry.get("itemprop") or ""
            if name:
                meta.append((name.strip().lower(), entry.get("content", "").strip()))
        elif kind in (kinds.link, kinds.licence) and len(links) < MOST_ENTRIES:
            rel, href = entry.get("rel", "").strip().lower(), entry.get("href", "").strip()
            links.append((rel, href, entry.get("type", "").strip().lower()))
        elif kind == kinds.base:
            base = base or entry.get("href", "").strip()
        elif kind == kinds.time and len(times) < MOST_ENTRIES and _is_publication(entry):
            times.append(entry.get("datetime", "").strip())
    return Head(meta, links, json_ld, "", lang[:100], tuple(times), base)


def _is_publication(time: dict[str, str]) -> bool:
    named = time.get("itemprop", "").lower().split()
    return "pubdate" in time or "datepublished" in named or bool(_PUBLISHED & {*time.get("class", "").lower().split()})


def _title(scanned: Any, page: int) -> str:
    start, end = scanned.titles[page]
    title = _source(memoryview(scanned.data), start, min(end, start + 4 * MOST_CHARS)) if start >= 0 else ""
    return html.unescape(title)[:MOST_CHARS]


def attributes(tag: str) -> dict[str, str]:
    """Attributes of a start tag as written, the first of each name: names in lower case, values decoded and cut."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(tag)[1:]:  # the first is the tag's own name, behind <
        value = (double or single or bare)[:MOST_CHARS]
        found.setdefault(name.lower()[:100], html.unescape(value) if "&" in value else value)
    return found


def _source(data: memoryview, start: int, end: int) -> str:
    return str(data[start:end], "utf-8", "replace")
