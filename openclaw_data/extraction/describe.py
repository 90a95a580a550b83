"""Who wrote a page and when, what it calls itself and where it lives: provenance from the statements of its head."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urljoin

from openclaw_data.extraction.metadata import Head, some_heads

MOST_NODES = 500
"""How many objects of a page's JSON-LD are looked at."""
MOST_CHARS = 200
"""Authors and site names are cut here."""
MOST_URL_CHARS = 2_000
"""A longer canonical URL counts as absent: cut, it would be another."""
_AUTHORS = ("author", "article:author", "dc.creator", "byl", "parsely-author")
_DATES = (
    "article:published_time", "og:published_time", "datepublished", "publishdate", "pubdate", "dc.date.issued",
    "dc.date", "dcterms.created", "date", "parsely-pub-date", "sailthru.date",
)  # fmt: skip
_OTHERS = ("og:url", "content-language", "og:site_name", "application-name", "canonical", "published", "dt-published")
_LINKED = ('"author"', '"datePublished"', '"publisher"')
_DATE = re.compile(
    r"((?:19|20)\d\d)[-/.年](\d\d?)[-/.月](\d\d?)日?"
    r"(?:[T ]{1,3}(\d\d?):(\d\d)(?::(\d\d))?(?:[.,]\d{1,9})? ?(?:(Z)|([+-])(\d\d):?(\d\d))?)?(?![\d:]| ?[aApP]\.?[mM])"
)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,6}")
_ADDRESS = re.compile(r"https?://[^/?#@\s\\\[\]<>]+(?:[/?#]\S*)?", re.IGNORECASE)


class Description(NamedTuple):
    """What a page states of itself; "" where it does not. No control characters; one line each.

    `canonical_url`: absolute, http or https, resolved against the page's own URL, never fetched. `language`: of
    `<html lang>` or `content-language`, as written. `author`: names, without e-mail addresses. `published`: ISO 8601,
    a date or a time to the second with the stated offset, if any. `site`: what the site calls itself.
    """

    canonical_url: str = ""
    language: str = ""
    author: str = ""
    published: str = ""
    site: str = ""


NOTHING = Description()


def stated(scan: Any, urls: Sequence[str]) -> list[Description]:
    """The descriptions of the pages of a `kernels.html.Scan`, which are from `urls`."""
    from openclaw_data.kernels import html_statements

    wanted = html_statements.chosen(scan.data, scan.marks, _words())
    return [describe(head, url) for head, url in zip(some_heads(scan, wanted), urls, strict=True)]


@cache
def _words() -> Any:
    from openclaw_data.kernels import html_statements

    return html_statements.table((*_AUTHORS, *_DATES, *_OTHERS))


def describe(head: Head, url: str = "") -> Description:
    """Canonical URL, language, author, date and site name of the page at `url`.

    JSON-LD before Open Graph and other `<meta>` for author and date; the first of several that says something.
    """
    meta: dict[str, str] = {}
    for name, value in head.meta:
        if value:
            meta.setdefault(name, value)
    author, published, publisher = _linked(head.json_ld) if head.json_ld else ("", "", "")
    canonical = next((href for rel, href, _ in head.links if href and "canonical" in rel.split()), "")
    if meta and not author:
        author = next(filter(None, (_person(meta[k]) for k in _AUTHORS if k in meta)), "")
    if not published:
        dates = [meta[k] for k in _DATES if k in meta] if meta else []
        published = next(filter(None, map(_date, (*dates, *head.times))), "")
    language = _LANGUAGE.match(head.lang) or _LANGUAGE.match(meta.get("content-language", ""))
    return Description(
        _address(canonical, head.base, url) or _address(meta.get("og:url", ""), "", url),
        language[0] if language else "",
        author,
        published,
        _line(meta.get("og:site_name") or meta.get("application-name", "")) or publisher,
    )


def _linked(scripts: list[str]) -> tuple[str, str, str]:
    """Author, date and publisher of JSON-LD scripts: for each the first node that names one."""
    author = published = publisher = ""
    for node in _nodes(scripts):
        author = author or _person(_name(node.get("author")))
        published = published or _date(node.get("datePublished"))
        publisher = publisher or _name(node.get("publisher"))
    return author, published, publisher


def _nodes(scripts: list[str]) -> Iterator[dict[str, Any]]:
    """Objects of JSON-LD scripts, outer ones first; what is not JSON is passed over."""
    found: list[Any] = []
    for script in scripts:
        if any(key in script for key in _LINKED):
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


def _name(value: Any, depth: int = 4) -> str:
    """The name of a JSON-LD person or organisation, or of the first few of a list."""
    if depth == 0:
        return ""
    if isinstance(value, list):
        return _line(", ".join(filter(None, (_name(v, depth - 1) for v in value[:5]))))
    if isinstance(value, dict):
        return _name(value.get("name"), depth - 1)
    return _line(html.unescape(value[: 4 * MOST_CHARS])) if isinstance(value, str) else ""


def _person(text: str) -> str:
    """A name without the addresses in it; a URL is none."""
    text = _line(text)
    if "@" in text:
        text = " ".join(word for word in text.split() if "@" not in word)
    return "" if text.lower().startswith(("http:", "https:", "//", "www.")) else text


def _date(value: Any) -> str:
    """A date in a common notation as ISO 8601, "" for anything else and for days that are none."""
    if not isinstance(value, str):
        return ""
    text = value.strip()[:60]
    match = _DATE.match(text)
    try:
        if match is None:
            comma = text[:3].isalpha() and "," in text[:10]
            return _iso(parsedate_to_datetime(text)) if comma else ""
        year, month, day, hour, minute, second, utc, sign, hours, minutes = match.groups()
        if hour is None:
            return datetime(int(year), int(month), int(day)).date().isoformat()  # noqa: DTZ001  (a day has no zone)
        zone = timezone(timedelta()) if utc else None
        if sign:
            zone = timezone(timedelta(minutes=int(sign + "1") * (60 * int(hours) + int(minutes))))
        when = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=zone)
        return _iso(when)
    except (ValueError, OverflowError, TypeError, IndexError):
        return ""


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z") if 1900 <= when.year < 2100 else ""


def _address(href: str, base: str, url: str) -> str:
    """An http or https address, made absolute; "" for anything else."""
    if not href:
        return ""
    if not _ADDRESS.fullmatch(href):
        try:
            href = urljoin(urljoin(url, base), href)
        except ValueError:
            return ""
    fits = len(href) <= MOST_URL_CHARS and _ADDRESS.fullmatch(href) and not _UNSEEN.search(href)
    return href if fits else ""


def _line(text: str) -> str:
    if not text:
        return ""
    return " ".join(_UNSEEN.sub(" ", text[: 4 * MOST_CHARS]).split())[:MOST_CHARS].rstrip()
