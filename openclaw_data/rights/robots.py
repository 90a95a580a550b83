"""robots.txt as RFC 9309 reads it: what a site's file allows the crawlers that collect for AI training.

Parsing and matching take time in proportion to their input, whatever it holds: patterns are searched for piece by
piece, never compiled to regular expressions, and lines, rules and bytes are bounded.
"""

import functools
import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from openclaw_data.documents import DataError

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "openclaw-data-robots/1"
AGENTS = (
    "AI2Bot", "Amazonbot", "anthropic-ai", "Applebot-Extended", "Bytespider", "CCBot", "ClaudeBot", "cohere-ai",
    "cohere-training-data-crawler", "Google-Extended", "GPTBot", "Meta-ExternalAgent", "PanguBot",
)  # fmt: skip
"""Product tokens of crawlers, and of uses of crawled pages, that collect for training; their operators name them so."""
MAX_BYTES, MAX_RULES, MAX_PATTERN = 500 << 10, 1_000, 2_000
"""Of a file (RFC 9309, 2.5, asks for at least as many), of an agent, and characters of a pattern; the rest is cut."""
_MAX_URL = 8192
_TOKEN = re.compile(r"[A-Za-z0-9_-]+|\*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Rule(NamedTuple):
    """A line of a group: the normalised pattern, and whether it allows what it fits."""

    pattern: str
    allow: bool


class Index(NamedTuple):
    """An index file. `origins`: sorted, Arrow string[n]; `rules`: JSON, Arrow string[n]."""

    agents: tuple[str, ...]
    origins: Any
    rules: Any


def parse(body: bytes) -> dict[str, list[Rule]] | None:
    """The rules of each group by product token in lower case (`*`: any other); None for what is no robots.txt."""
    groups: dict[str, list[Rule]] = {}
    open_: list[str] = []
    begun = False
    for line in body[:MAX_BYTES].decode("utf-8-sig", "replace").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            if begun:
                open_, begun = [], False
            if named := _TOKEN.match(value):
                open_.append(named[0].lower())
                groups.setdefault(open_[-1], [])
        elif key in ("allow", "disallow"):
            begun = True
            if value and len(value) <= MAX_PATTERN:  # an empty pattern fits nothing
                rule = Rule(normal(value), key == "allow")
                for token in dict.fromkeys(open_):
                    if len(groups[token]) < MAX_RULES:
                        groups[token].append(rule)
    return groups or None


def normal(path: str) -> str:
    """A path or pattern as it is compared: other than ASCII as %XX of its UTF-8, %XX of what needs none undone."""
    if not path.isascii():
        path = "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace")) for c in path)
    return _ESCAPE.sub(_decoded, path) if "%" in path else path


def _decoded(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()


def allowed(rules: Sequence[Rule], path: str) -> bool:
    """Whether rules, in the order of `ranked`, allow a path that is `normal`: the longest pattern that fits decides."""
    return next((rule.allow for rule in rules if fits(rule.pattern, path)), True)


def ranked(rules: Iterable[Rule]) -> list[Rule]:
    """The longest pattern first; of two that are as long, the one that allows."""
    return sorted(set(rules), key=lambda r: (-len(r.pattern), not r.allow, r.pattern))


def fits(pattern: str, path: str) -> bool:
    """Whether a pattern fits the beginning of a path; `*` stands for any characters, `$` at its end for the end."""
    anchored = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if not pieces:
        return not anchored or len(path) == len(first)
    at = len(first)
    for piece in pieces[:-1] if anchored else pieces:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return not anchored or (path.endswith(pieces[-1]) and len(path) - len(pieces[-1]) >= at)


def reduced(groups: Mapping[str, list[Rule]], agents: Sequence[str]) -> str:
    """What an index keeps of a file: each agent's rules, as JSON; empty where all of them may have everything."""
    found = [ranked(groups.get(agent.lower(), groups.get("*", []))) for agent in agents]
    if not any(not rule.allow for rules in found for rule in rules):
        return ""
    kept: list[list[Rule]] = []
    numbers = []
    for rules in found:
        if rules not in kept:
            kept.append(rules)
        numbers.append(kept.index(rules))
    return json.dumps([numbers, [[[r.pattern, int(r.allow)] for r in rules] for rules in kept]], ensure_ascii=False)


def place(url: str) -> tuple[str, str]:
    """(origin, path with query, as it is compared) of a URL; two empty strings for what is none of the web."""
    try:
        parts = urlsplit(url[:_MAX_URL])
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "", ""
    if parts.scheme not in ("http", "https") or not host:
        return "", ""
    usual = port in (None, {"http": 80, "https": 443}[parts.scheme])
    asked = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    origin = f"{parts.scheme}://{host}" + ("" if usual else f":{port}")
    return origin, normal(asked.replace("*", "%2A").replace("$", "%24"))


def load(path: str) -> Index:
    """Open an index of `robots-index`; a local one stays on the disk.

    Raises:
        DataError: there is none, or it is something else.
    """
    import pyarrow as pa

    from openclaw_data import storage

    try:
        source = pa.memory_map(path) if storage.is_local(path) else pa.py_buffer(storage.open_input(path).read())
        table = pa.ipc.open_file(source).read_all()
        facts = json.loads(table.schema.metadata[b"openclaw-data"])
        known = facts["format"] == FORMAT
    except (OSError, pa.ArrowInvalid, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise DataError(path, "is no index of robots.txt.", "Make one: openclaw-data robots-index FILES.")
    return Index(tuple(facts["agents"]), table.column("origin"), table.column("rules"))


def signals(url: str, indexes: Sequence[Index]) -> tuple[str, bool]:
    """(signal, whether the page is reserved): the first index that knows the site decides; "" where none does.

    `robots.txt:disallow=CCBot,GPTBot` names the agents that may not have the page; `robots.txt:allow` says that all
    may.
    """
    origin, path = place(url)
    for index in indexes:
        at = _find(index, origin) if origin else -1
        if at >= 0:
            numbers, kept = _opened(index.rules[at].as_py())
            free = [allowed(rules, path) for rules in kept]
            barred = [a for a, n in zip(index.agents, numbers, strict=False) if not free[n]]
            return (f"robots.txt:disallow={','.join(barred)}", True) if barred else ("robots.txt:allow", False)
    return "", False


def _find(index: Index, origin: str) -> int:
    at = bisect_left(range(len(index.origins)), origin, key=lambda i: index.origins[i].as_py())
    return at if at < len(index.origins) and index.origins[at].as_py() == origin else -1


@functools.lru_cache(maxsize=256)
def _opened(rules: str) -> tuple[list[int], list[list[Rule]]]:
    if not rules:
        return [], []
    numbers, kept = json.loads(rules)
    return numbers, [[Rule(pattern, bool(allow)) for pattern, allow in rows] for rows in kept]


def add(columns: "Mapping[str, pa.Array]", urls: "pa.Array", indexes: Sequence[Index]) -> "dict[str, pa.Array]":
    """The rights columns of a batch with what robots.txt says: a page that an agent may not have is `reserved`."""
    if not indexes:
        return dict(columns)
    import pyarrow as pa

    said = [signals(url, indexes) for url in urls.to_pylist()]
    before = zip(*(columns[name].to_pylist() for name in ("rights_status", "rights_signals")), strict=True)
    status, listed = [], []
    for (signal, barred), (decided, found) in zip(said, before, strict=True):
        status.append("reserved" if barred else decided)
        listed.append([*found, signal] if signal else found)
    made = {"rights_status": pa.array(status, pa.string()), "rights_signals": pa.array(listed, pa.list_(pa.string()))}
    return {**columns, **made}
