"""What a path in the registry stands for: every file has one place, and what has none does not belong there."""

import re
from typing import NamedTuple

ID = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
"""An identifier; `_` is no letter of it, so that `a-b` and `a_b` cannot both be there."""
VERSION = re.compile(r"(?:0|[1-9]\d{0,5})\.(?:0|[1-9]\d{0,5})\.(?:0|[1-9]\d{0,5})")
HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,37}[a-z0-9])?")
EVIDENCE = ("manifest.json", "croissant.json", "audit/report.json", "provenance.dsse.json", "model.sig")
"""What a release carries beside release.yaml, by the names the dataset has for them."""
WHOLE = ("README.md", "MAINTAINERS.yaml", "opt-outs/domains.txt")
"""Files that the registry has once."""
_PATTERNS = {
    "manifest": r"[^/]+/(?P<id>[^/]+)/manifest\.yaml",
    "release": r"[^/]+/(?P<id>[^/]+)/releases/(?P<version>[^/]+)/release\.yaml",
    "evidence": r"[^/]+/(?P<id>[^/]+)/releases/(?P<version>[^/]+)/(?P<name>"
    + "|".join(re.escape(e) for e in EVIDENCE)
    + ")",
    "decision": r"[^/]+/(?P<id>[^/]+)/decisions/(?P<name>\d{4}-\d\d-\d\d-[a-z0-9][a-z0-9.-]*)\.yaml",
}
_OWN = {
    "motion": r"decisions/(?P<name>\d{4}-\d\d-\d\d-[a-z0-9][a-z0-9.-]*)\.yaml",
    "key": r"keys/(?P<name>[^/]+)\.pub",
    "notice": r"takedowns/(?P<version>\d{4})/(?P<name>TD-\d{4}-\d{4,6})\.yaml",
    "schema": r"schemas/[a-z0-9-]+\.schema\.json",
    "vocabulary": r"vocabularies/[a-z-]+\.yaml",
}
_COMPILED = {kind: re.compile(pattern) for kind, pattern in {**_OWN, **_PATTERNS}.items()}


class Place(NamedTuple):
    """What a file is.

    `kind`: `manifest`, `release`, `evidence`, `decision` of the dataset `id`; `motion`, `key`, `notice`, `schema`,
    `vocabulary`, `whole` of the registry; `stray` where it belongs nowhere.
    """

    kind: str
    id: str = ""
    version: str = ""
    name: str = ""


def place(path: str) -> Place:
    """What the file at a path (relative to the registry's root) is."""
    if path in WHOLE:
        return Place("whole", name=path)
    for kind, pattern in _COMPILED.items():
        if found := pattern.fullmatch(path):
            return Place(kind, **found.groupdict())
    return Place("stray")


def root_of(dataset: str) -> str:
    """The folder of a dataset."""
    return f"{dataset[:2]}/{dataset}"


def release_of(dataset: str, version: str) -> str:
    """The folder of a release."""
    return f"{root_of(dataset)}/releases/{version}"


def folded(name: str) -> str:
    """Names that people take for one another fold to the same: case, `-`, `_` and `.` make no difference."""
    return re.sub(r"[-_.]", "", name.casefold())


def order(version: str) -> tuple[int, ...]:
    """A key that sorts versions by their numbers."""
    return tuple(int(n) for n in version.split(".")) if VERSION.fullmatch(version) else ()
