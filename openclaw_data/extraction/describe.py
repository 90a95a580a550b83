"""Who wrote a page and when, what it calls itself and where it lives: provenance from the statements of its head."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from openclaw_data.extraction.metadata import Head

_DATE = re.compile(
    r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ]\d\d:\d\d(?::\d\d)?[.\d]*(?:Z|[+-]\d\d:?\d\d)?)?"
)
MOST_NODES = 500
"""How many objects of a page's JSON-LD are looked at."""
_DATES = (
    "article:published_time", "og:published_time", "datepublished", "publishdate", "pubdate", "dc.date.issued",
    "dc.date", "dcterms.created", "date", "parsely-pub-date", "sailthru.date",
)  # fmt: skip


class Description(NamedTuple):
    """What a page states of itself; "" where it does not.

    `published`: as written, if it begins with an ISO 8601 date, cut to date and time. `language`: of `<html lang>` or
    `content-language`, as written.
    """

    title: str
    canonical: str
    language: str
    author: str
    published: str
    site: str


def describe(head: Head) -> Description:
    """Title, canonical URL, language, author, date and site name: JSON-LD first, then Open Graph and other `<meta>`."""
    meta = dict(reversed(head.meta))
    linked = {"author": "", "published": "", "site": ""}
    for node in _nodes(head.json_ld):
        linked["author"] = linked["author"] or _name(node.get("author"))
        linked["published"] = linked["published"] or _date(node.get("datePublished"))
        linked["site"] = linked["site"] or _name(node.get("publisher"))
    canonical = next((href for rel, href, _ in head.links if "canonical" in rel.split()), "")
    author = next(
        (meta[k] for k in ("author", "article:author", "dc.creator", "byl", "parsely-author") if meta.get(k)), ""
    )
    dates = [*(meta.get(k, "") for k in _DATES), *head.times]
    return Description(
        _line(head.title or meta.get("og:title", "")),
        _line(canonical or meta.get("og:url", "")),
        _line(head.lang or meta.get("content-language", "")),
        _line(linked["author"] or ("" if author.startswith("http") else author)),
        linked["published"] or next(filter(None, map(_date, dates)), ""),
        _line(meta.get("og:site_name", "") or meta.get("application-name", "") or linked["site"]),
    )


def _nodes(scripts: list[str]) -> Iterator[dict[str, Any]]:
    """Objects of JSON-LD scripts, outer ones first; what is not JSON is passed over."""
    found: list[Any] = []
    for script in scripts:
        try:
            found.append(json.loads(script))
        except (ValueError, RecursionError):
            continue
    seen = 0
    while found and seen < MOST_NODES:
        node = found.pop(0)
        seen += 1
        if isinstance(node, dict):
            yield node
            found.extend(
                v for k, v in node.items() if k in ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement")
            )
        elif isinstance(node, list):
            found.extend(node[:MOST_NODES])


def _name(value: Any) -> str:
    """The name of a JSON-LD person or organisation, or of the first few of a list."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_name, value[:5])))
    if isinstance(value, dict):
        return _name(value.get("name"))
    return _line(value) if isinstance(value, str) and not value.startswith("http") else ""


def _date(value: Any) -> str:
    match = _DATE.match(value.strip()) if isinstance(value, str) else None
    return match[0] if match else ""


def _line(text: str) -> str:
    return " ".join(text.split())[:500]
