"""The committed registry in memory, and ways to damage it, for the tests of the registry."""

import functools
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from openclaw_data.registry import (
    check,
    contribute,
    layout,
    tree,
)

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import make_examples as examples  # noqa: E402

__all__ = ["examples"]

REGISTRY = ROOT / "manifests"
TODAY = "2026-11-21"
HARBOUR = "ex/example-harbour-zh"
RELEASE = f"{HARBOUR}/releases/2.0.0/release.yaml"
ACCEPT = f"{HARBOUR}/decisions/2026-03-16-accept-1.0.0.yaml"


class Files(dict[str, bytes]):
    """Paths and contents; short when hypothesis shows it."""

    def __repr__(self) -> str:
        return f"<{len(self)} files>"


def files_of(root: Path) -> Files:
    return Files({p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()})


def memory(files: Files) -> tree.Tree:
    """A registry that is nowhere on disk."""
    return tree.Tree({p: tree.Entry(len(b), "file") for p, b in files.items()}, lambda path, _: files[path])


def codes(found: check.Checked) -> set[str]:
    return {f.code for f in found.findings}


def lints(files: Files, **words: object) -> set[str]:
    return {f.code for f in check.check(memory(files), today=TODAY, **words).lints}


@functools.cache
def committed() -> Files:
    """The registry of the project."""
    return files_of(REGISTRY)


@functools.cache
def small() -> Files:
    """The registry with one example, and of its old releases, which were taken down, no evidence."""
    old = tuple(f"{HARBOUR}/releases/{v}/{n}" for v in ("1.0.0", "1.1.0") for n in layout.EVIDENCE)
    rest = {p: b for p, b in committed().items() if not p.startswith("ex/example-lantern-en/") and p not in old}
    return Files({p: b for p, b in rest.items() if p != "takedowns/2026/TD-2026-0002.yaml"})


def empty(root: Path) -> Path:
    """A registry with maintainers, keys and opt-outs, and no dataset."""
    for name in ("keys", "opt-outs", "schemas", "vocabularies"):
        shutil.copytree(REGISTRY / name, root / name)
    for name in ("MAINTAINERS.yaml", "README.md"):
        shutil.copy(REGISTRY / name, root / name)
    return root


def altered(files: Files, changes: dict[str, object]) -> Files:
    """The files with some replaced (bytes), removed (None) or edited as YAML (a function that changes the mapping)."""
    new = dict(files)
    for path, change in changes.items():
        if change is None:
            del new[path]
        elif callable(change):
            content = yaml.safe_load(new[path]) if path.endswith(".yaml") else json.loads(new[path])
            change(content)
            text = contribute.dump(content) if path.endswith(".yaml") else json.dumps(content)
            new[path] = text.encode()
        else:
            new[path] = change
    return new


def put(*where: object) -> Callable[[object], None]:
    """A function that sets the last of `where` at the path of the others."""

    def change(content: object) -> None:
        *path, value = where
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = value

    return change


MANIFEST = f"{HARBOUR}/manifest.yaml"
JSON = f"{HARBOUR}/releases/2.0.0/manifest.json"
CROISSANT = f"{HARBOUR}/releases/2.0.0/croissant.json"
REPORT = f"{HARBOUR}/releases/2.0.0/audit/report.json"
SIGNATURE = f"{HARBOUR}/releases/2.0.0/model.sig"
RETIRE = f"{HARBOUR}/decisions/2026-10-05-retire.yaml"
