"""Opt-out lists: domains whose owners do not want their pages used, applied to old crawls as well."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from openclaw_data import storage
from openclaw_data.documents import DataError
from openclaw_data.rights.robots import Index
from openclaw_data.rights.robots import load as open_index

Domains = frozenset[str]
_MAX_BYTES = 1 << 28


class Lists(NamedTuple):
    """Domains of all lists together, the sha256 of each file by its base name, and the indexes of robots.txt."""

    domains: Domains
    digests: dict[str, str]
    robots: tuple[Index, ...] = ()


def load(paths: Iterable[str], indexes: Iterable[str] = ()) -> Lists:
    """Read lists: one domain a line, `#` begins a comment; a domain stands for all hosts below it. Open `indexes`.

    Raises:
        DataError: a file is missing, too long or not UTF-8, a line is no domain, two files have one name, or an index
            of robots.txt is none.
    """
    domains: set[str] = set()
    digests: dict[str, str] = {}
    for path in paths:
        name = path.rsplit("/", 1)[-1]
        if name in digests:
            raise DataError(path, f"another opt-out list is named {name!r}, too.", "Rename one.")
        data = _bytes(path)
        digests[name] = hashlib.sha256(data).hexdigest()
        try:
            lines = data.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise DataError(path, f"is not UTF-8 at byte {error.start}.", "Save it as UTF-8.") from None
        for number, line in enumerate(lines, 1):
            if text := line.partition("#")[0].strip():
                domains.add(_domain(text, f"{path}, line {number}"))
    opened = []
    for path in indexes:
        name = path.rsplit("/", 1)[-1]
        if name in digests:
            raise DataError(path, f"another file of rights is named {name!r}, too.", "Rename one.")
        opened.append(open_index(path))
        digests[name] = storage.sha256(path)
    return Lists(frozenset(domains), digests, tuple(opened))


def parse(names: Iterable[str], place: str) -> Domains:
    """Domains from names as people write them; `place` names the list in errors.

    Raises:
        DataError: a name is no domain.
    """
    return frozenset(_domain(name.strip(), place) for name in names)


def match(url: str, domains: Domains) -> str:
    """The listed domain that the URL's host is or lies below, "" for none."""
    try:
        labels = (urlsplit(url[:8192]).hostname or "").rstrip(".").split(".")
    except ValueError:
        return ""
    return next((d for i in range(min(len(labels), 32)) if (d := ".".join(labels[i:])) in domains), "")


def _bytes(path: str) -> bytes:
    try:
        with storage.open_input(path) as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise DataError(path, f"the opt-out list cannot be read: {error}.", "Check the path.") from None
    if len(data) > _MAX_BYTES:
        raise DataError(path, f"the opt-out list has more than {_MAX_BYTES} bytes.", "Split it.")
    return data


def _domain(text: str, place: str) -> str:
    name = text.lower().removeprefix("*.").strip(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            name = ""
    if not name or any(c in name for c in "/:@ \t?*") or "." not in name:
        raise DataError(place, f"{text[:80]!r} is no domain.", "Write one domain a line, such as example.com.")
    return name
