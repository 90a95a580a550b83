"""A registry as one value: datasets with their releases and decisions, notices, maintainers, keys, opt-outs."""

import re
from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

from openclaw_data.dataset.request import Request
from openclaw_data.errors import DataError
from openclaw_data.registry import layout, reading, records
from openclaw_data.registry.findings import Finding, finding
from openclaw_data.registry.tree import LIST_BYTES, Tree
from openclaw_data.rights import optout

OPTOUTS = "opt-outs/domains.txt"
_DATED = re.compile(r"\s*(\d{4}-\d\d-\d\d)\b")
_KEY_BYTES = 4000
_MOST_FILES, _MOST_YAML = 1500, 2_000_000
"""Of one dataset: files, and bytes in its YAML files; more is not read."""
_MODELS: dict[str, Any] = {
    "manifest": records.Contribution,
    "release": records.Release,
    "decision": records.Decision,
    "motion": records.Decision,
    "notice": Request,
}


class Dataset(NamedTuple):
    """A dataset of the registry. Keys: version, path of the decision, (version, name of the evidence)."""

    id: str
    contribution: records.Contribution | None = None
    releases: dict[str, records.Release] = {}  # noqa: RUF012 - never changed
    decisions: dict[str, records.Decision] = {}  # noqa: RUF012
    evidence: frozenset[tuple[str, str]] = frozenset()

    @property
    def own(self) -> tuple[str, ...]:
        """Its maintainers."""
        return self.contribution.maintainers if self.contribution else ()


class Registry(NamedTuple):
    """What was read. `lines`: path -> line of each member. `optouts`: domain -> date."""

    tree: Tree
    datasets: dict[str, Dataset]
    notices: dict[str, Request]
    motions: dict[str, records.Decision]
    maintainers: tuple[records.Maintainer, ...]
    keys: dict[str, list[bytes]]
    optouts: dict[str, str]
    lines: dict[str, Any]


def load(tree: Tree, only: Collection[str] | None = None) -> tuple[Registry, list[Finding]]:
    """Read a registry.

    Args:
        tree: its files.
        only: ids of the datasets to read; all by default. Of the others the names are looked at.
    """
    crowded = _crowded(tree)
    found = [finding("too_much", layout.root_of(i)) for i in sorted(crowded) if only is None or i in only]
    parts: dict[str, dict[str, Any]] = {}
    notices: dict[str, Request] = {}
    motions: dict[str, records.Decision] = {}
    lines: dict[str, Any] = {}
    for path in tree.entries:
        place = layout.place(path)
        if place.id and (only is None or place.id in only):
            parts.setdefault(place.id, {"releases": {}, "decisions": {}, "evidence": set()})
            if place.kind == "evidence":
                parts[place.id]["evidence"].add((place.version, place.name))
        wanted = place.kind in _MODELS and (not place.id or only is None or place.id in only)
        if not wanted or place.id in crowded or tree.entries[path].kind != "file":
            continue
        record = reading.yaml_record(tree, path, _MODELS[place.kind])
        found += record.findings
        lines[path] = record.lines
        if record.value is None:
            continue
        if place.kind == "manifest":
            parts[place.id]["contribution"] = record.value
        elif place.kind == "release":
            parts[place.id]["releases"][place.version] = record.value
        elif place.kind == "decision":
            parts[place.id]["decisions"][path] = record.value
        elif place.kind == "motion":
            motions[path] = record.value
        else:
            notices[place.name] = record.value
    datasets = {i: Dataset(i, **{**p, "evidence": frozenset(p["evidence"])}) for i, p in sorted(parts.items())}
    maintainers, more = _maintainers(tree, lines)
    optouts, wrong = _optouts(tree)
    registry = Registry(tree, datasets, notices, motions, maintainers, _keys(tree), optouts, lines)
    return registry, [*found, *more, *wrong]


def _crowded(tree: Tree) -> set[str]:
    """Ids of datasets that have more than any dataset needs."""
    files: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for path, entry in tree.entries.items():
        first, _, rest = path.partition("/")
        if len(first) == 2 and rest:
            name = rest.split("/", 1)[0]
            files[name] += 1
            size[name] += entry.size if path.endswith(".yaml") else 0
    return {i for i in files if files[i] > _MOST_FILES or size[i] > _MOST_YAML}


def _maintainers(tree: Tree, lines: dict[str, Any]) -> tuple[tuple[records.Maintainer, ...], list[Finding]]:
    path = "MAINTAINERS.yaml"
    if path not in tree.entries:
        return (), []
    record = reading.yaml_record(tree, path, records.Maintainers)
    lines[path] = record.lines
    return (record.value.maintainers if record.value else ()), record.findings


def _keys(tree: Tree) -> dict[str, list[bytes]]:
    """Public keys by handle: keys/<handle>.pub, and keys/<handle>.<anything>.pub after a change of keys."""
    keys: dict[str, list[bytes]] = {}
    for path in tree.entries:
        place = layout.place(path)
        if place.kind == "key":
            try:
                keys.setdefault(place.name.split(".")[0], []).append(tree.read(path, _KEY_BYTES))
            except ValueError:
                continue  # told by the check of the tree
    return keys


def _optouts(tree: Tree) -> tuple[dict[str, str], list[Finding]]:
    """The opt-out list, in the form that `rights.optout` of a recipe takes, with a date behind every domain."""
    if OPTOUTS not in tree.entries:
        return {}, []
    try:
        rows = tree.read(OPTOUTS, LIST_BYTES).decode("utf-8-sig").splitlines()
    except ValueError as error:
        return {}, [finding("unreadable", OPTOUTS, why=error)]
    domains: dict[str, str] = {}
    found = []
    for number, row in enumerate(rows, 1):
        name, _, rest = row.partition("#")
        if not name.strip():
            continue
        dated = _DATED.match(rest)
        try:
            (domain,) = optout.parse([name], "")
        except DataError as error:
            found.append(finding("optout_list", OPTOUTS, f"line {number}", fact=error.fact))
            continue
        if dated:
            domains[domain] = dated[1]
        else:
            fact = (f"{domain} has no date.", f"{domain} 没有日期。")
            found.append(finding("optout_list", OPTOUTS, f"line {number}", fact=fact))
    return domains, found
