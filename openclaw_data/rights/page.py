"""Rights in a page's markup: meta elements, licence links, JSON-LD, RSL.

No parse: only tags around one of `NEEDLES` are looked at, so that pages that say nothing, most of them, cost next to
nothing. Bounded by `MAX_BYTES` and `MAX_HITS`.
"""

import json
import re
from collections.abc import Collection, Iterator
from html import unescape
from typing import Any

from openclaw_data.rights import headers, licences
from openclaw_data.rights.evidence import Evidence

NEEDLES = (b"license", b"tdm-", b"noai", b"noimageai", b"creativecommons.org/", b"rsl+xml")
"""In lower case: a page without any of them says nothing."""
MAX_BYTES = 1 << 20
"""Of a longer page the first and the last half of this are looked at: heads and feet carry the statements."""
MAX_HITS = 32
MAX_SCRIPT = 1 << 18
_TAG_BYTES = 2048
_ATTRIBUTE = re.compile(
    rb"""([a-zA-Z][a-zA-Z:-]{0,30})\s{0,9}=\s{0,9}(?:"([^"]{0,1500})"|'([^']{0,1500})'|([^\s>"']+))"""
)
_NAME = re.compile(rb"<([a-z]{1,10})(?=[\s/>])")
_META = ("meta",)
_DC_LICENCE = frozenset(
    ["dc.rights", "dc.rights.license", "dcterms.license", "dcterms.rights", "dc.license", "copyright"]
)
_ROBOTS_NAMES = frozenset(["robots", "ccbot", "gptbot", "claudebot", "google-extended", "bytespider", "googlebot"])
_MEDIA = frozenset(["ImageObject", "VideoObject", "AudioObject", "MediaObject", "SoftwareSourceCode", "Dataset"])
_RSL_TERM = re.compile(rb"<(permits|prohibits)\b[^>]{0,200}>([^<]{0,500})</", re.IGNORECASE)
_RSL_TRAINING = frozenset(["all", "ai-all", "ai-train", "train-ai"])


def readable(payload: bytes, charset: str) -> bytes:
    """The page with its markup in ASCII bytes, cut to `MAX_BYTES` around its middle."""
    if _is_utf16(charset):
        payload = payload[: 2 * MAX_BYTES].decode(charset, "ignore").encode()
    half = MAX_BYTES // 2
    return payload if len(payload) <= MAX_BYTES else payload[:half] + b"\n" + payload[-half:]


def _is_utf16(charset: str) -> bool:
    return charset.lower().replace("_", "-").startswith("utf-16")


def is_whole(sizes: Any, charset: str) -> Any:
    """Whether `readable` is the payload itself: bool[n] for payloads of `sizes` int64[n] bytes."""
    return (sizes <= MAX_BYTES) & (not _is_utf16(charset))


def read(page: bytes, named: Collection[bytes] | None = None) -> Evidence:
    """The evidence in the markup of a page (see `readable`). `named`: the `NEEDLES` in it, where that is known."""
    if named is not None and not any(needle in named for needle in NEEDLES):
        return Evidence()
    low = page.lower()
    if named is None:
        named = [needle for needle in NEEDLES if needle in low]
    found = Evidence()
    if b"license" in named:
        for attributes in _tags(page, low, ("a", "link"), b"license"):
            found = found.joined(_licence(attributes))
    if b"tdm-" in named:
        for attributes in _tags(page, low, _META, b"tdm-"):
            found = found.joined(_tdm(attributes))
    if b"noai" in named or b"noimageai" in named:
        for attributes in _tags(page, low, _META, b"noai", b"noimageai"):
            if attributes.get("name", "").lower() in _ROBOTS_NAMES:
                found = found.joined(headers.robots(attributes.get("content", ""), "meta"))
    if b"creativecommons.org/" in named:
        for attributes in _tags(page, low, _META, b"creativecommons.org/"):
            if (attributes.get("name") or attributes.get("property", "")).lower() in _DC_LICENCE:
                found = found.joined(headers.licence_link(attributes.get("content", ""), "", "cc-meta"))
        if b"ld+json" in low:
            found = found.joined(_json_ld(page, low))
    if b"rsl+xml" in named:
        found = found.joined(_rsl(page, low))
    return found


def _tags(page: bytes, low: bytes, names: Collection[str], *needles: bytes) -> Iterator[dict[str, str]]:
    """The attributes of the tags of these names that hold one of `needles`, outside comments and scripts."""
    seen = set()
    for needle in needles:
        at = -1
        for _ in range(MAX_HITS):
            at = low.find(needle, at + 1)
            if at < 0:
                break
            start = page.rfind(b"<", max(0, at - _TAG_BYTES), at)
            if start < 0 or start in seen or page.find(b">", start, at) >= 0:
                continue
            seen.add(start)
            name = _NAME.match(low, start)
            if name and name[1].decode() in names and not _inside(low, start):
                end = page.find(b">", at, at + _TAG_BYTES)
                if end > 0:
                    yield _attributes(page[name.end() : end])


def _attributes(tag: bytes) -> dict[str, str]:
    """First value by lower-case name, character references undone."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(tag):
        value = match[2] or match[3] or match[4] or b""
        found.setdefault(match[1].decode().lower(), unescape(value.decode("utf-8", "replace")).replace("\0", ""))
    return found


def _inside(low: bytes, at: int) -> bool:
    """Whether a place lies in a comment or a script."""
    for begin, end in ((b"<!--", b"-->"), (b"<script", b"</script"), (b"<style", b"</style")):
        start = low.rfind(begin, 0, at)
        if start >= 0 and low.find(end, start, at) < 0:
            return True
    return False


def _licence(attributes: dict[str, str]) -> Evidence:
    relation = {part for key in ("rel", "property", "itemprop") for part in attributes.get(key, "").lower().split()}
    if relation & {"license", "cc:license", "dct:license"}:
        return headers.licence_link(attributes.get("href", ""), attributes.get("type", ""), "cc-rel")
    return Evidence()


def _tdm(attributes: dict[str, str]) -> Evidence:
    name = (attributes.get("name") or attributes.get("property", "")).lower()
    if name == "tdm-reservation":
        return headers.tdm(attributes.get("content", ""), "meta")
    return headers.policy(attributes.get("content", "")) if name == "tdm-policy" else Evidence()


def _scripts(page: bytes, low: bytes, kind: bytes) -> Iterator[bytes]:
    """The contents of `<script type=kind>` elements."""
    at = -1
    for _ in range(MAX_HITS):
        at = low.find(kind, at + 1)
        if at < 0:
            return
        start = low.rfind(b"<", max(0, at - _TAG_BYTES), at)
        begin = low.find(b">", at, at + _TAG_BYTES)
        if start < 0 or begin < 0 or not low.startswith(b"<script", start):
            continue
        end = low.find(b"</script", begin, begin + MAX_SCRIPT)
        if end > 0:
            yield page[begin + 1 : end]


def _json_ld(page: bytes, low: bytes) -> Evidence:
    """`license` of the page's own nodes; that of a picture in it says nothing about the text."""
    found = Evidence()
    for script in _scripts(page, low, b"ld+json"):
        try:
            data = json.loads(script.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            continue
        for node in _nodes(data):
            kinds = node.get("@type")
            named = {kinds} if isinstance(kinds, str) else {k for k in kinds or () if isinstance(k, str)}
            if not named & _MEDIA:
                found = found.joined(_node_licence(node.get("license")))
    return found


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    """The nodes at the top and in `@graph`."""
    for node in (data if isinstance(data, list) else [data])[:MAX_HITS]:
        if isinstance(node, dict):
            yield node
            graph = node.get("@graph")
            yield from (n for n in (graph if isinstance(graph, list) else [])[:MAX_HITS] if isinstance(n, dict))


def _node_licence(value: Any) -> Evidence:
    for item in (value if isinstance(value, list) else [value])[:4]:
        address = item.get("@id") or item.get("url") if isinstance(item, dict) else item
        if isinstance(address, str) and (spdx := licences.spdx(address)):
            return Evidence((f"cc:{spdx}@cc-jsonld",), ((spdx, "cc-jsonld"),))
    return Evidence()


def _rsl(page: bytes, low: bytes) -> Evidence:
    """Inline RSL: training must be among what it permits, and not among what it prohibits."""
    found = Evidence()
    for script in _scripts(page, low, b"rsl+xml"):
        terms: dict[str, set[str]] = {"permits": set(), "prohibits": set()}
        for match in list(_RSL_TERM.finditer(script))[:MAX_HITS]:
            words = match[2].decode("ascii", "ignore").lower().replace(",", " ").split()
            terms[match[1].decode().lower()].update(words)
        permitted = bool(terms["permits"] & _RSL_TRAINING) and not terms["prohibits"] & _RSL_TRAINING
        signal = f"rsl:inline={'train' if permitted else 'no-train'}"
        found = found.joined(Evidence((signal,), reserved=not permitted, allowed=permitted))
    return found
