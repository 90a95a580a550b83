"""Checks of a change: what is frozen was not edited, votes were only added, and it keeps to one dataset."""

import hashlib
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from openclaw_data.dataset.request import Request
from openclaw_data.registry import layout, life, reading
from openclaw_data.registry.findings import Finding, finding
from openclaw_data.registry.records import Contribution, Decision
from openclaw_data.registry.state import Registry
from openclaw_data.registry.tree import LIST_BYTES, Tree

_FROZEN = ("release", "evidence", "key", "notice", "decision", "motion")
_KEPT = (*_FROZEN, "manifest")
_M = TypeVar("_M", bound=BaseModel)


def frozen(base: Tree, registry: Registry, paths: Collection[str] | None = None) -> Iterator[Finding]:
    """What was there before is still there, and unchanged where it must not change.

    Args:
        base: the files before.
        registry: the registry after.
        paths: the files to look at; all of `base` by default.
    """
    for path in base.entries if paths is None else (p for p in paths if p in base.entries):
        place = layout.place(path)
        if place.kind not in _KEPT:
            continue
        if path not in registry.tree.entries:
            if not (place.kind == "evidence" and _taken_down(registry, place)):
                yield finding("removed", path)
        elif place.kind in _FROZEN and not _same(base, registry.tree, path):
            yield from _edited(base, registry, path, place.kind)


def _taken_down(registry: Registry, place: layout.Place) -> bool:
    dataset = registry.datasets.get(place.id)
    return bool(dataset and life.story(dataset, registry.notices).releases.get(place.version) == "taken-down")


def _same(base: Tree, new: Tree, path: str) -> bool:
    """Whether a file is as it was; by git's own digest of it where the base is a revision."""
    old, now = base.entries[path], new.entries[path]
    if (old.size, old.kind) != (now.size, now.kind):
        return False
    try:
        data = new.read(path, LIST_BYTES)
        if old.blob:
            kind = hashlib.sha256 if len(old.blob) == 64 else hashlib.sha1
            return kind(b"blob %d\0" % len(data) + data).hexdigest() == old.blob
        return data == base.read(path, LIST_BYTES)
    except ValueError:
        return False


def _edited(base: Tree, registry: Registry, path: str, kind: str) -> Iterator[Finding]:
    """A decision may gain votes and be closed; a notice may learn which release mends it; nothing else changes."""
    if kind in ("decision", "motion"):
        before, after = (reading.yaml_record(t, path, Decision).value for t in (base, registry.tree))
        if before is None or (after is not None and not _continues(before, after)):
            yield finding("votes_edited", path)
    elif kind == "notice":
        old, new = (reading.yaml_record(t, path, Request).value for t in (base, registry.tree))
        filled = old is not None and new is not None and not old.fixed_in
        if not filled or old.model_copy(update={"fixed_in": new.fixed_in}) != new:
            yield finding("frozen", path)
    else:
        yield finding("frozen", path)


def _continues(before: Decision, after: Decision) -> bool:
    if before.closed or after.votes[: len(before.votes)] != before.votes:
        return False
    changes = {"votes": after.votes, "closed": after.closed, "result": after.result}
    return before.model_copy(update=changes) == after


class Change(NamedTuple):
    """A change of the registry: the files before it, those it touches, who sends it (empty: not asked), and the day.

    Files are relative to the registry; those outside it begin with `../`.
    """

    base: Tree | None
    changed: Collection[str]
    author: str
    today: str


def change(registry: Registry, made: Change) -> Iterator[Finding]:
    """A change keeps to one dataset, is sent by who may, speaks for nobody else, and is dated as it is sent."""
    places = {path: layout.place(path) for path in made.changed}
    ids = sorted({p.id for p in places.values() if p.id})
    yield from _cast(registry, made)
    if not ids:
        return
    dataset = registry.datasets.get(ids[0])
    folder = layout.root_of(ids[0])
    now = dataset.own if dataset else ()
    before = _before(made.base, f"{folder}/manifest.yaml", Contribution)
    handles = before.maintainers if before else now
    if before and set(now) != set(handles):
        said = {"before": ", ".join(handles), "now": ", ".join(now) or "–"}
        yield finding("maintainers_changed", f"{folder}/manifest.yaml", "maintainers", **said)
    for path, place in places.items():
        with_it = place.kind == "notice" or (place.kind == "key" and _owner(place) in now)
        if not path.startswith(f"{folder}/") and not with_it:
            yield finding("own_folder", path, folder=folder)
        if made.author and place.kind == "key" and _owner(place) != made.author:
            yield finding("key_for_another", path, author=made.author, handle=_owner(place))
    voter = any(m.handle == made.author and not m.until for m in registry.maintainers)
    others = [p for p, place in places.items() if place.kind not in ("decision", "notice")]
    if made.author and made.author not in handles and (others or not voter):
        yield finding("not_yours", folder, author=made.author, id=ids[0], handles=", ".join(handles) or "–")


def _owner(key: layout.Place) -> str:
    """The handle whose key a file of keys/ is."""
    return key.name.split(".")[0]


def _before(base: Tree | None, path: str, model: type[_M]) -> _M | None:
    if base is None or path not in base.entries:
        return None
    found: _M | None = reading.yaml_record(base, path, model).value
    return found


def _cast(registry: Registry, made: Change) -> Iterator[Finding]:
    """Votes are their sender's own; what is new in a decision is dated within two days of the change."""
    every = {p: d for dataset in registry.datasets.values() for p, d in dataset.decisions.items()} | registry.motions
    first, last = (date.fromisoformat(made.today) + timedelta(days=n) for n in (-2, 1))
    for path in (p for p in made.changed if p in every):
        new, old = every[path], _before(made.base, path, Decision)
        votes = new.votes[len(old.votes) if old else 0 :]
        days = [v.date for v in votes] + ([new.opened] if old is None else [])
        if new.closed and not (old and old.closed):
            days.append(new.closed)
        for day in days:
            if made.base is not None and not first <= date.fromisoformat(day) <= last:
                yield finding("not_today", path, date=day, today=made.today)
        for vote in votes:
            if made.author and vote.handle != made.author:
                yield finding("vote_for_another", path, "votes", author=made.author, handle=vote.handle)
