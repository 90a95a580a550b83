"""Checks of a change: what is frozen was not edited, votes were only added, and it keeps to one dataset."""

import hashlib
from collections.abc import Collection, Iterator

from openclaw_data.dataset.request import Request
from openclaw_data.registry import layout, life, reading
from openclaw_data.registry.findings import Finding, finding
from openclaw_data.registry.records import Decision
from openclaw_data.registry.state import Registry
from openclaw_data.registry.tree import LIST_BYTES, Tree

_FROZEN = ("release", "evidence", "key", "notice", "decision", "motion")
_KEPT = (*_FROZEN, "manifest")


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


def change(base: Tree | None, registry: Registry, changed: Collection[str], author: str) -> Iterator[Finding]:
    """A change keeps to one dataset, and its author may make it.

    Args:
        base: the files before, if known.
        registry: the registry after.
        changed: files that were changed, relative to the registry; those outside it begin with `../`.
        author: handle of who sends it; empty: not asked.
    """
    places = {path: layout.place(path) for path in changed}
    ids = sorted({p.id for p in places.values() if p.id})
    if not ids:
        return
    own = ids[0]
    folder = layout.root_of(own)
    dataset = registry.datasets.get(own)
    handles = dataset.own if dataset else ()
    for path, place in places.items():
        with_it = place.kind == "notice" or (place.kind == "key" and place.name.split(".")[0] in handles)
        if place.id != own and not with_it:
            yield finding("own_folder", path, folder=folder)
    if not author:
        return
    voter = any(m.handle == author and not m.until for m in registry.maintainers)
    others = [p for p, place in places.items() if place.kind not in ("decision", "notice")]
    if author not in handles and (others or not voter):
        yield finding("not_yours", folder, author=author, id=own, handles=", ".join(handles) or "–")
    for path, decision in dataset.decisions.items() if dataset else ():
        old = reading.yaml_record(base, path, Decision).value if base and path in base.entries else None
        for vote in decision.votes[len(old.votes) if old else 0 :]:
            if path in changed and vote.handle != author:
                yield finding("vote_for_another", path, "votes", author=author, handle=vote.handle)
