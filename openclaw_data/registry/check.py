"""`registry check`: everything that can be wrong with a registry or with a change of it, as findings."""

from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from openclaw_data.registry import checks, decisions, history, layout, state, tree
from openclaw_data.registry.findings import Finding, finding
from openclaw_data.registry.state import Registry
from openclaw_data.registry.tree import Tree

_MOST_IDS = 20
"""Datasets that are read for one change, which should touch one."""
_WHOLE = ("MAINTAINERS.yaml", "opt-outs/domains.txt")


class Checked(NamedTuple):
    """The registry as it was read, the datasets that were looked at, and the findings, lints first."""

    registry: Registry
    ids: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def lints(self) -> tuple[Finding, ...]:
        """What must be mended."""
        return tuple(f for f in self.findings if f.level == "lint")

    @property
    def hints(self) -> tuple[Finding, ...]:
        """What reviewers should know."""
        return tuple(f for f in self.findings if f.level == "hint")


def check(
    files: Tree, base: Tree | None = None, *, today: str, changed: Collection[str] | None = None, author: str = ""
) -> Checked:
    """Check a registry. Nothing that a file names is opened or fetched.

    Args:
        files: the registry.
        base: the registry before the change; who may vote and what opted out is then taken from there.
        today: the day, YYYY-MM-DD, against which periods are held.
        changed: the files of a change, relative to the registry (see `relative`); everything by default.
        author: handle of who sends the change.
    """
    only = None if changed is None else sorted({p.id for p in map(layout.place, changed)} - {""})[:_MOST_IDS]
    registry, found = state.load(files, only)
    if base is not None and "MAINTAINERS.yaml" in base.entries:
        before, _ = state.load(base, ())
        registry = registry._replace(maintainers=before.maintainers)
    for dataset in registry.datasets.values():
        found += checks.dataset(registry, dataset, today)
    found += checks.lists(registry)
    found += checks.notices(registry)
    found += decisions.motions(registry, today)
    if changed is not None:
        found = [f for f in found if f.file in changed or _belongs(f.file, only or ())]
        found += history.change(registry, history.Change(base, changed, author, today))
        found += [finding("shared_files", p) for p in changed if p in _WHOLE]
    if base is not None:
        found += history.frozen(base, registry, changed)
    else:
        found.append(finding("no_base", "–"))
    unique = dict.fromkeys(found)
    ordered = sorted(unique, key=lambda f: (f.level != "lint", f.file, f.place, f.code))
    return Checked(registry, tuple(registry.datasets), tuple(ordered))


def _belongs(path: str, ids: Collection[str]) -> bool:
    return any(path.startswith(f"{layout.root_of(i)}/") for i in ids)


def relative(files: Sequence[str], registry: Path) -> list[str]:
    """Paths as `git diff --name-only` gives them, relative to the registry; what lies outside begins with `../`.

    Paths are compared as text: none is looked up.
    """
    root = PurePosixPath(registry.name)
    found = []
    for name in files:
        path = PurePosixPath(name)
        inside = root in path.parents and ".." not in path.parts
        found.append(str(path.relative_to(root)) if inside else f"../{name}")
    return found


def base_of(where: str, registry: Path) -> Tree:
    """The registry before a change: a folder, or a git revision of the registry's repository."""
    return tree.folder(Path(where)) if Path(where).is_dir() else tree.revision(registry, where)
