"""Checks of datasets, notices and names in the registry. Each is pure: what was read in, findings out."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from openclaw_data.errors import hint
from openclaw_data.registry import decisions, evidence, layout, licence, life, reading, vocabulary
from openclaw_data.registry.findings import Finding, finding
from openclaw_data.registry.life import Story
from openclaw_data.registry.records import NOT_MEASURED, Release
from openclaw_data.registry.state import Dataset, Registry
from openclaw_data.yaml_strict import Positions

MOST_ILLEGAL = 0.05
"""GB/T 45654-2025, 5.1: a source with more illegal content is not used."""
GRACE = timedelta(days=30)
"""How long an opt-out may wait before a new release must respect it."""
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)
_URL = re.compile(r"https://([^/?#\s@\\]{1,253})(?:[/?#][^\s\\]{0,1500})?")
_LOCAL = (".local", ".localhost", ".internal", ".lan", ".home.arpa")


def public_url(text: str) -> bool:
    """Whether a text is an https:// address of a named public host: no user, no port, no number, no local name."""
    found = _URL.fullmatch(text)
    return bool(found and _HOST.fullmatch(found[1]) and not found[1].lower().endswith(_LOCAL))


class Case(NamedTuple):
    """A dataset to check, with its registry, its life, and the day."""

    registry: Registry
    dataset: Dataset
    told: Story
    today: str


def dataset(registry: Registry, found: Dataset, today: str) -> Iterator[Finding]:
    """All findings about one dataset, as of a day."""
    told = life.story(found, registry.notices)
    case = Case(registry, found, told, today)
    yield from contribution(case)
    for version in found.releases:
        yield from releases(case, version)
    for step in told.steps:
        yield from decisions.check(registry, found, step, today)
    versions = {layout.place(p).version for p in registry.tree.entries if layout.place(p).id == found.id} - {""}
    for version in sorted(versions - set(found.releases)):
        path = f"{layout.release_of(found.id, version)}/release.yaml"
        if path not in registry.tree.entries:
            yield finding("no_release", path)


def contribution(case: Case) -> Iterator[Finding]:
    """manifest.yaml: codes, addresses, nothing left over after a takedown."""
    registry, found, told, _ = case
    path = f"{layout.root_of(found.id)}/manifest.yaml"
    said = found.contribution
    if said is None:
        if path not in registry.tree.entries:
            yield finding("no_manifest", path)
        return
    lines = registry.lines[path]
    if said.id != found.id:
        yield finding("version", path, reading.line(lines, "id"), said=said.id, folder=found.id)
    for i, tag in enumerate(said.tags):
        yield from _code(path, reading.line(lines, "tags", i), tag, "tags")
    for i, place in enumerate(said.locations):
        yield from _code(path, reading.line(lines, "locations", i, "hub"), place.hub, "hubs")
        if not public_url(place.url):
            yield finding("url", path, reading.line(lines, "locations", i, "url"), value=place.url)
    if said.homepage and not public_url(said.homepage):
        yield finding("url", path, reading.line(lines, "homepage"), value=said.homepage)
    if told.state == "taken-down" and said.locations:
        yield finding("links_left", path, reading.line(lines, "locations"))
    if told.state in ("proposed", "accepted") and not said.locations:
        yield finding("no_location", path)


def releases(case: Case, version: str) -> Iterator[Finding]:
    """release.yaml: names, licence, sources, rate of illegal content, opt-outs, takedowns, evidence."""
    registry, found, told, _ = case
    release = found.releases[version]
    path = f"{layout.release_of(found.id, version)}/release.yaml"
    lines = registry.lines[path]
    state = told.releases[version]
    for name, said, wanted in (("dataset", release.dataset, found.id), ("version", release.version, version)):
        if said != wanted:
            yield finding("version", path, reading.line(lines, name), said=said, folder=wanted)
    for i, language in enumerate(release.languages):
        yield from _code(path, reading.line(lines, "languages", i), language, "languages")
    yield from licences(path, reading.line(lines, "licence"), release)
    yield from sources(path, lines, release)
    place = reading.line(lines, "illegal_content_rate")
    if release.illegal_content_rate == NOT_MEASURED:
        yield from [finding("illegal_unknown", path, place)] if state in ("proposed", "accepted") else []
    elif float(release.illegal_content_rate) > MOST_ILLEGAL:
        yield finding("illegal", path, place, rate=f"{float(release.illegal_content_rate):.2%}")
    yield from optouts(case, path, release)
    yield from takedowns(case, path, release)
    yield from evidence.check(registry, found, version, gone=state == "taken-down")
    if version not in {s.decision.subject for s in told.steps if s.decision.action == "accept"}:
        yield finding("undecided", path, id=found.id, version=version)


def sources(path: str, lines: Positions, release: Release) -> Iterator[Finding]:
    """Every source has a record of the kind its origin asks for, and a licence."""
    for i, source in enumerate(release.sources):
        where = reading.line(lines, "sources", i)
        yield from _code(path, where, source.origin, "origins")
        wanted = vocabulary.codes("origins").get(source.origin, {})
        if len(source.record.strip()) < 3:
            kind = wanted.get("record", "a record"), wanted.get("record_zh", "记录")
            yield finding("source_record", path, where, id=source.id, origin=source.origin, wanted=kind)
        if not source.licence:
            code = "source_licence" if source.origin == "open-dataset" else "no_licence"
            yield finding(code, path, where, id=source.id)


def licences(path: str, place: str, release: Release) -> Iterator[Finding]:
    """The licence is an SPDX expression, or a reference with evidence; what it forbids is said."""
    known = vocabulary.codes("licences")
    found = licence.parse(release.licence, known)
    if found.fault:
        yield finding("licence", path, place, value=release.licence, why=found.fault)
    if found.references and not release.licence_evidence:
        why = ("is not on the SPDX list, and licence_evidence is empty", "不在 SPDX 列表中，而 licence_evidence 为空")
        yield finding("licence", path, place, value=", ".join(found.references), why=why)
    if release.licence_evidence and not public_url(release.licence_evidence):
        yield finding("url", path, place, value=release.licence_evidence)
    forbidden = {"commercial": ("commercial use", "商业使用"), "changes": ("changes", "演绎")}
    for name in found.licences:
        for what in known.get(name, {}).get("restricts", ()):
            yield finding("restricts", path, place, value=name, what=forbidden[what])


def optouts(case: Case, path: str, release: Release) -> Iterator[Finding]:
    """A release respects every opt-out that was a month old when it was proposed; the current one, soon, all."""
    registry, _, told, today = case
    steps = [s for s in told.steps if s.decision.action == "accept" and s.decision.subject == release.version]
    opened = steps[0].decision.opened if steps else today
    place = reading.line(registry.lines[path], "optouts_applied_at")
    applied = release.optouts_applied_at
    if (due := _newest(registry, opened)) > applied:
        yield finding("optouts_late", path, place, said=applied or "–", newest=due)
    elif told.state == "accepted" and told.current == release.version and (due := _newest(registry, today)) > applied:
        yield finding("optouts_due", path, place, said=applied or "–", newest=due)


def _newest(registry: Registry, day: str) -> str:
    """The date of the newest entry of the opt-out list that was there a month before a day; empty for none."""
    bound = (date.fromisoformat(day) - GRACE).isoformat()
    return max((d for d in registry.optouts.values() if d <= bound), default="")


def takedowns(case: Case, path: str, release: Release) -> Iterator[Finding]:
    """What was taken down since the last release raises the major version, and a notice is about this dataset."""
    registry, found, *_ = case
    earlier = [v for v in found.releases if layout.order(v) < layout.order(release.version)]
    before = max(earlier, key=layout.order, default="")
    known = {t.id for t in found.releases[before].takedowns} if before else set()
    place = reading.line(registry.lines[path], "takedowns")
    for done in release.takedowns:
        notice = registry.notices.get(done.id)
        if notice is not None and notice.dataset != found.id:
            why = (f"is about {notice.dataset}", f"针对的是 {notice.dataset}")
            yield finding("notice", path, place, notice=done.id, why=why)
        if before and done.id not in known and layout.order(release.version)[0] <= layout.order(before)[0]:
            yield finding("not_major", path, place, notice=done.id, before=before)


def _code(path: str, place: str, value: str, name: str) -> Iterator[Finding]:
    known = vocabulary.codes(name)
    if value not in known:
        near = (hint(value, known), f"可用的代码见 manifests/vocabularies/{name}.yaml。")
        yield finding("code", path, place, value=value, vocabulary=name, near=near)


def notices(registry: Registry) -> Iterator[Finding]:
    """Takedown notices: the dataset is there, the reason is a code, the releases exist."""
    for name, notice in registry.notices.items():
        path = f"takedowns/{name[3:7]}/{name}.yaml"
        if notice.id != name:
            yield finding("version", path, "id", said=notice.id, folder=name)
        yield from _code(path, "code", notice.code, "reasons")
        found = registry.datasets.get(notice.dataset)
        folder = layout.root_of(notice.dataset) + "/"
        if found is None and not any(p.startswith(folder) for p in registry.tree.entries):
            why = (f"names no dataset of the registry, but {notice.dataset!r}", f"所写数据集 {notice.dataset!r} 不存在")
            yield finding("notice", path, "dataset", notice=name, why=why)
        elif found is not None:
            for version in (*notice.affected, *filter(None, [notice.fixed_in])):
                if version not in found.releases:
                    why = (f"names the release {version}, which is not there", f"所写版本 {version} 不存在")
                    yield finding("notice", path, "affected", notice=name, why=why)


def lists(registry: Registry) -> Iterator[Finding]:
    """Every file has a place, is a regular file, and no two datasets have names that look the same."""
    ids: dict[str, str] = {}
    for path, entry in registry.tree.entries.items():
        place = layout.place(path)
        if not path.isprintable():
            yield finding("name", path)
        if entry.kind != "file":
            yield finding("link", path)
        elif place.kind == "stray":
            yield finding("stray", path)
        if not place.id:
            continue
        ids.setdefault(place.id, path)
        if not path.startswith(f"{layout.root_of(place.id)}/") or not layout.ID.fullmatch(place.id):
            yield finding("id", path, id=place.id, folder=path.split("/", 1)[0])
        if place.version and not layout.VERSION.fullmatch(place.version):
            yield finding("version", path, said=place.version, folder="X.Y.Z")
    yield from _alike(ids)


def _alike(ids: dict[str, str]) -> Iterator[Finding]:
    """Both of two ids that fold to the same; `ids` has a file of each."""
    folded: dict[str, list[str]] = {}
    for name in ids:
        folded.setdefault(layout.folded(name), []).append(name)
    for names in folded.values():
        for name in names if len(names) > 1 else ():
            other = ", ".join(n for n in names if n != name)
            yield finding("collision", ids[name], id=name, other=other)
