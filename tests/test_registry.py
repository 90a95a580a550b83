"""The registry: a dataset's life, what each step needs, what a check finds, and that nothing hostile gets anywhere."""

import shutil
import sys
from pathlib import Path

import pytest

from openclaw_data.errors import DataError
from openclaw_data.registry import (
    acts,
    check,
    life,
    state,
    tree,
)

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import make_examples as examples  # noqa: E402

REGISTRY = ROOT / "manifests"
TODAY = "2026-11-21"
HARBOUR = "ex/example-harbour-zh"
RELEASE = f"{HARBOUR}/releases/2.0.0/release.yaml"
ACCEPT = f"{HARBOUR}/decisions/2026-03-16-accept-1.0.0.yaml"
Files = dict[str, bytes]


def files_of(root: Path) -> Files:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def memory(files: Files) -> tree.Tree:
    """A registry that is nowhere on disk."""
    return tree.Tree({p: tree.Entry(len(b), "file") for p, b in files.items()}, lambda path, _: files[path])


def codes(found: check.Checked) -> set[str]:
    return {f.code for f in found.findings}


def lints(files: Files, **words: object) -> set[str]:
    return {f.code for f in check.check(memory(files), today=TODAY, **words).lints}


@pytest.fixture(scope="module")
def committed() -> Files:
    return files_of(REGISTRY)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return examples.recorded(REGISTRY, tmp_path_factory.mktemp("releases"))


def empty(root: Path) -> Path:
    """A registry with maintainers, keys and opt-outs, and no dataset."""
    for name in ("keys", "opt-outs", "schemas", "vocabularies"):
        shutil.copytree(REGISTRY / name, root / name)
    for name in ("MAINTAINERS.yaml", "README.md"):
        shutil.copy(REGISTRY / name, root / name)
    return root


class Moment:
    """The registry after a step, and what was said when the step was tried too early."""

    def __init__(self, step: examples.Step, files: Files, refused: str) -> None:
        self.step, self.files, self.refused = step, files, refused


@pytest.fixture(scope="module")
def lives(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Moment]:
    """Both examples lived again from nothing; before every vote it is tried to close the question as accepted."""
    root = empty(tmp_path_factory.mktemp("registry"))
    moments = []
    for example in examples.EXAMPLES:
        for step in examples.live(example, releases, root):
            refused = ""
            if step.done != "closed" and step.open_votes:
                with pytest.raises(DataError) as caught:
                    acts.close(root, step.path, result="accepted", today=step.poll.closed)
                refused = str(caught.value)
            moments.append(Moment(step, files_of(root), refused))
    return moments


def test_the_committed_registry_has_nothing_to_mend(committed: Files) -> None:
    found = check.check(memory(committed), memory(committed), today=TODAY)
    assert found.lints == ()
    assert {f.code for f in found.hints} == {"illegal_unknown"}


def test_the_committed_examples_are_their_lives_lived_again(lives: list[Moment], committed: Files) -> None:
    assert {p: b for p, b in lives[-1].files.items() if p.startswith(("ex/", "takedowns/"))} == {
        p: b for p, b in committed.items() if p.startswith(("ex/", "takedowns/"))
    }


def test_each_example_goes_through_the_whole_life(lives: list[Moment]) -> None:
    for example in examples.EXAMPLES:
        seen, current = [], []
        for moment in lives:
            registry, _ = state.load(memory(moment.files), [example.id])
            if example.id in registry.datasets:
                told = life.story(registry.datasets[example.id], registry.notices)
                seen.append(told.state)
                current.append(told.current)
        assert list(dict.fromkeys(seen)) == ["proposed", "accepted", "deprecated", "retired"]
        assert list(dict.fromkeys(current)) == ["", "1.0.0", "1.1.0", "2.0.0"]
        registry, _ = state.load(memory(lives[-1].files), [example.id])
        told = life.story(registry.datasets[example.id], registry.notices)
        assert told.releases == {"1.0.0": "taken-down", "1.1.0": "taken-down", "2.0.0": "accepted"}


def test_no_step_is_taken_without_its_votes(lives: list[Moment]) -> None:
    tried = [m for m in lives if m.refused]
    assert len({m.step.path for m in tried}) == sum(len(e.life) for e in examples.EXAMPLES)
    assert all("approvals are there" in m.refused for m in tried)


def test_every_step_leaves_a_registry_with_nothing_to_mend(lives: list[Moment]) -> None:
    before: Files = {}
    for moment in (m for m in lives if m.step.done in ("proposed", "closed")):
        changed = [p for p, b in moment.files.items() if before.get(p) != b]
        found = check.check(memory(moment.files), memory(before), today=moment.step.day, changed=changed)
        assert [f for f in found.lints if f.code != "own_folder"] == [], moment.step
        before = moment.files
