"""The registry: a dataset's life, what each step needs, what a check finds, and that nothing hostile gets anywhere."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from openclaw_data import cli, recipe, share
from openclaw_data.dataset import request
from openclaw_data.errors import DataError
from openclaw_data.registry import (
    acts,
    check,
    checks,
    comment,
    contribute,
    history,
    layout,
    licence,
    life,
    overview,
    pages,
    records,
    state,
    tree,
    vocabulary,
    votes,
    words,
)
from openclaw_data.rights import optout
from tests.browser import Page, chromium

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import make_examples as examples  # noqa: E402

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


@pytest.fixture(scope="module")
def committed() -> Files:
    return files_of(REGISTRY)


@pytest.fixture(scope="module")
def small(committed: Files) -> Files:
    """The registry with one example, and of its old releases, which were taken down, no evidence."""
    old = tuple(f"{HARBOUR}/releases/{v}/{n}" for v in ("1.0.0", "1.1.0") for n in layout.EVIDENCE)
    rest = {p: b for p, b in committed.items() if not p.startswith("ex/example-lantern-en/") and p not in old}
    return Files({p: b for p, b in rest.items() if p != "takedowns/2026/TD-2026-0002.yaml"})


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
    assert {f.code for f in found.hints} == {"illegal_unknown", "waiting"}


def test_the_committed_examples_are_their_lives_lived_again(lives: list[Moment], committed: Files) -> None:
    assert {p: b for p, b in lives[-1].files.items() if p.startswith(("ex/", "takedowns/"))} == {
        p: b for p, b in committed.items() if p.startswith(("ex/", "takedowns/"))
    }


def test_each_example_goes_through_the_whole_life(lives: list[Moment]) -> None:
    for example in examples.EXAMPLES:
        seen, current = [], []
        for moment in (m for m in lives if m.step.poll in example.life):
            registry, _ = state.load(memory(moment.files), [example.id])
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
    before = Files({p: b for p, b in lives[0].files.items() if not p.startswith(("ex/", "takedowns/"))})
    for moment in (m for m in lives if m.step.poll in examples.EXAMPLES[0].life):
        changed = [p for p, b in moment.files.items() if before.get(p) != b]
        found = check.check(memory(moment.files), memory(before), today=moment.step.day, changed=changed)
        assert found.lints == (), moment.step
        before = moment.files


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
OTHER_KEY = "keys/example-ada.pub"
DAMAGE = {
    "an id that is not the folder's": ({MANIFEST: put("id", "example-other")}, "version"),
    "an unknown key": ({MANIFEST: put("licens", "MIT")}, "schema"),
    "a place that a person must fill": ({MANIFEST: put("contact", f"{records.MARK}: whom")}, "fill_in"),
    "a tag that is no code": ({MANIFEST: put("tags", ["wep"])}, "code"),
    "a location on this machine": ({MANIFEST: put("locations", 0, "url", "file:///etc/passwd")}, "url"),
    "a location by number": ({MANIFEST: put("locations", 0, "url", "https://127.0.0.1/x")}, "url"),
    "a location with a user": ({MANIFEST: put("locations", 0, "url", "https://a@example.org/")}, "url"),
    "a name that reads backwards": ({MANIFEST: put("name", "en", "abc\u202egpj")}, "hidden"),
    "no manifest.yaml": ({MANIFEST: None}, "no_manifest"),
    "no release.yaml": ({RELEASE: None}, "no_release"),
    "an unknown licence": ({RELEASE: put("licence", "CC-BY-9.0")}, "licence"),
    "a licence of one's own without its text": ({RELEASE: put("licence", "LicenseRef-mine")}, "licence"),
    "a source without a record": ({RELEASE: put("sources", 0, "record", "")}, "source_record"),
    "an open dataset without a licence": (
        {RELEASE: lambda c: c["sources"][0].update(origin="open-dataset", licence="")},
        "source_licence",
    ),
    "too much illegal content": ({RELEASE: put("illegal_content_rate", 0.06)}, "illegal"),
    "opt-outs not applied": ({RELEASE: put("optouts_applied_at", "2026-02-02")}, "optouts_late"),
    "an opt-out that stayed": (
        {"opt-outs/domains.txt": b"example.com.tw # 2026-02-01 x\nexample.cn # 2026-02-01 y\n"},
        "optout_kept",
    ),
    "an opt-out without a date": ({"opt-outs/domains.txt": b"example.net\n"}, "optout_list"),
    "an opt-out that is no domain": ({"opt-outs/domains.txt": b"http://x # 2026-02-01\n"}, "optout_list"),
    "a fact that the manifest does not say": ({RELEASE: put("counts", "kept", 54)}, "differs"),
    "a size that the manifest does not say": ({RELEASE: put("size_bytes", 1)}, "differs"),
    "a changed manifest.json": ({JSON: put("counts", "kept", 54)}, "hash"),
    "a shard outside the dataset": ({JSON: put("shards", 0, "path", "../../etc/passwd")}, "unsafe_path"),
    "a Croissant that loads a local file": (
        {CROISSANT: put("distribution", 0, "contentUrl", "file:///etc/passwd")},
        "unsafe_path",
    ),
    "a Croissant of another version": ({CROISSANT: put("version", "9.0.0")}, "differs"),
    "a report of other counts": ({REPORT: put("totals", "kept", 1)}, "differs"),
    "a report that is missing": ({REPORT: None}, "evidence_missing"),
    "evidence that is not listed": ({RELEASE: lambda c: c["evidence"].pop("model.sig")}, "evidence_unlisted"),
    "no signature": (
        {SIGNATURE: None, RELEASE: lambda c: c["evidence"].pop("model.sig")},
        "unsigned",
    ),
    "a signature by somebody else": ({MANIFEST: put("maintainers", ["example-ada"])}, "signature"),
    "a maintainer without a key": ({MANIFEST: put("maintainers", ["example-nobody"])}, "no_key"),
    "a signature of other files": ({CROISSANT: put("name", "en", "x")}, "not_signed_for"),
    "a signature that is none": ({SIGNATURE: b'{"dsseEnvelope": 7}'}, "signature"),
    "evidence under another name": ({RELEASE: put("evidence", "../../x", "0" * 64)}, "code"),
    "a takedown that is no major version": (
        {f"{HARBOUR}/releases/1.1.1/release.yaml": b"1.1.1"},
        "not_major",
    ),
    "a notice about nothing": ({"takedowns/2026/TD-2026-0001.yaml": put("dataset", "no-such")}, "notice"),
    "a notice about a release that is not there": (
        {"takedowns/2026/TD-2026-0001.yaml": put("affected", ["7.0.0"])},
        "notice",
    ),
    "a reason that is no code": ({"takedowns/2026/TD-2026-0001.yaml": put("code", "because")}, "code"),
    "a vote of one organisation": ({ACCEPT: put("votes", 1, "handle", "example-tao")}, "quorum"),
    "a vote by somebody unknown": ({ACCEPT: put("votes", 1, "handle", "example-nobody")}, "quorum"),
    "a vote by the publisher": ({ACCEPT: put("votes", 1, "handle", "example-lin")}, "quorum"),
    "six days": ({ACCEPT: put("closed", "2026-03-22")}, "quorum"),
    "a vote after the end": ({ACCEPT: put("votes", 1, "date", "2026-03-24")}, "vote_date"),
    "a day that is none": ({ACCEPT: put("votes", 1, "date", "2026-02-30")}, "schema"),
    "a vote against without a reason": ({RETIRE: put("votes", 1, "vote", -1)}, "vote_reason"),
    "a result without a day": ({ACCEPT: put("closed", "")}, "closed_half"),
    "other bytes than those voted on": ({ACCEPT: put("digest", "0" * 64)}, "decision_digest"),
    "a vote on nothing": ({ACCEPT: put("subject", "4.0.0")}, "decision_subject"),
    "a roadmap vote in a dataset": ({ACCEPT: put("action", "roadmap")}, "unknown_action"),
    "retired before it was deprecated": (
        {f"{HARBOUR}/decisions/2026-08-03-deprecate.yaml": None},
        "transition",
    ),
    "a file that belongs nowhere": ({f"{HARBOUR}/run.sh": b"#!/bin/sh"}, "stray"),
    "a folder of another id": ({"ab/example-x/manifest.yaml": b"x"}, "id"),
    "an id that looks the same": ({"EX/Example-Harbour_zh/manifest.yaml": b"x"}, "collision"),
    "a version that is none": ({f"{HARBOUR}/releases/latest/release.yaml": b"x"}, "version"),
    "a file name that cannot be seen": ({f"{HARBOUR}/a\u200bb.yaml": b"x"}, "name"),
    "ten thousand votes": (
        {f"{HARBOUR}/decisions/2026-01-{i % 31 + 1:02}-x{i}.yaml": b"x" for i in range(10_000)},
        "too_much",
    ),
    "a file that is no YAML": ({MANIFEST: b"a: [1, 2"}, "unreadable"),
    "a YAML bomb": ({MANIFEST: b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"}, "unreadable"),
    "a hundred megabytes": ({MANIFEST: b"a: " + b"x" * 1_000_000}, "unreadable"),
    "a pit of brackets": ({MANIFEST: b"[" * 60_000}, "unreadable"),
    "a pit of brackets in JSON": ({JSON: b"[" * 300_000 + b"]" * 300_000}, "unreadable"),
    "a hundred thousand values": ({JSON: b"[" + b"0," * 100_000 + b"0]"}, "unreadable"),
    "ten thousand shards that are none": ({JSON: b'{"shards": [' + b"{}," * 10_000 + b"{}]}"}, "schema"),
    "bytes that are no text": ({MANIFEST: b"\xff\xfe\x00"}, "unreadable"),
    "a number of 5,000 digits": ({MANIFEST: b"id: " + b"9" * 5_000}, "unreadable"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_it_is_found(what: str, small: Files) -> None:
    changes, code = DAMAGE[what]
    files = altered(small, changes)
    for path in (p for p, content in files.items() if content == b"1.1.1"):
        files[path] = contribute.dump(yaml.safe_load(small[RELEASE]) | {"version": "1.1.1"}).encode()
    begin = time.process_time()
    found = check.check(memory(files), today=TODAY)
    assert time.process_time() - begin < 2
    mine = next(f for f in found.lints if f.code == code)
    assert mine.file
    assert all((*mine.fact, *mine.remedy))
    assert mine.fact[0] != mine.fact[1] or code == "optout_list"


def test_a_size_above_the_bound_is_refused_before_a_byte_is_read() -> None:
    def never(path: str, limit: int) -> bytes:
        raise AssertionError(path)

    large = {MANIFEST: tree.Entry(100_000, "file"), JSON: tree.Entry(10**12, "file")}
    assert "unreadable" in codes(check.check(tree.Tree(large, never), today=TODAY))
    huge = {MANIFEST: tree.Entry(100_000_000, "file")}
    assert "too_much" in codes(check.check(tree.Tree(huge, never), today=TODAY))


EDITS = {
    "a release": ({RELEASE: put("size_bytes", 1)}, "frozen"),
    "its evidence": ({REPORT: put("totals", "kept", 1)}, "frozen"),
    "a key": ({"keys/example-lin.pub": b"x"}, "frozen"),
    "a notice": ({"takedowns/2026/TD-2026-0001.yaml": put("reason", "another")}, "frozen"),
    "a vote": ({ACCEPT: put("votes", 0, "handle", "example-noor")}, "votes_edited"),
    "a closed decision, opened again": ({ACCEPT: lambda c: c.update(closed="", result="")}, "votes_edited"),
    "a vote added to a closed decision": (
        {ACCEPT: lambda c: c["votes"].append(c["votes"][0] | {"handle": "example-noor", "date": "2026-03-21"})},
        "votes_edited",
    ),
    "a decision, removed": ({ACCEPT: None}, "removed"),
    "a release, removed": ({RELEASE: None}, "removed"),
    "evidence, removed": ({REPORT: None}, "removed"),
    "a contribution, removed": ({MANIFEST: None}, "removed"),
}


@pytest.mark.parametrize("what", EDITS)
def test_what_is_frozen_stays_as_it_is(what: str, small: Files) -> None:
    changes, code = EDITS[what]
    found = list(history.frozen(memory(small), state.load(memory(altered(small, changes)))[0]))
    assert [f.code for f in found] == [code]


def test_what_may_change_may_change(small: Files) -> None:
    opened = {
        ACCEPT: lambda c: c.update(closed="", result="", votes=c["votes"][:1]),
        "takedowns/2026/TD-2026-0001.yaml": put("fixed_in", ""),
        f"{HARBOUR}/releases/1.0.0/model.sig": b"x",
        MANIFEST: put("contact", "old@example.org"),
    }
    before = memory(altered(small, opened))
    assert list(history.frozen(before, state.load(memory(small))[0])) == []


@pytest.mark.parametrize(
    ("changed", "author", "expected"),
    [
        ([MANIFEST], "example-lin", set()),
        ([MANIFEST, "keys/example-lin.pub"], "example-lin", set()),
        ([MANIFEST], "example-wei", {"not_yours"}),
        ([MANIFEST, "../README.md"], "", {"own_folder"}),
        ([MANIFEST, "../../etc/passwd"], "", {"own_folder"}),
        ([MANIFEST, "ex/example-lantern-en/manifest.yaml"], "", {"own_folder"}),
        ([MANIFEST, "keys/example-ada.pub"], "", {"own_folder"}),
        ([MANIFEST, "MAINTAINERS.yaml"], "", {"own_folder"}),
        ([MANIFEST, "keys/example-lin.2.pub"], "example-ada", {"key_for_another", "not_yours"}),
        ([ACCEPT], "example-mia", {"vote_for_another", "not_today"}),
        (["../docs/x.md"], "example-x", set()),
    ],
)
def test_a_change_keeps_to_one_dataset_and_its_people(
    changed: list[str], author: str, expected: set[str], small: Files
) -> None:
    registry = state.load(memory(small))[0]
    found = list(history.change(registry, history.Change(memory({}), changed, author, TODAY)))
    assert {f.code for f in found} == expected
    if "vote_for_another" in expected:
        assert [f.fact[0] for f in found if "adds" in f.fact[0]] == ["example-mia adds a vote of example-wei."]


def test_nobody_makes_a_dataset_their_own(small: Files) -> None:
    files = altered(small, {MANIFEST: put("maintainers", ["example-lin", "thief"])})
    registry = state.load(memory(files))[0]
    for base, expected in ((memory(small), {"not_yours", "maintainers_changed"}), (memory({}), set())):
        found = history.change(registry, history.Change(base, [MANIFEST], "thief", TODAY))
        assert {f.code for f in found} == expected


def test_the_days_of_a_vote_are_days_in_public(small: Files) -> None:
    """A question that was asked, voted on and closed long before it is sent was not in public for its seven days."""
    registry = state.load(memory(small))[0]
    for base, today, expected in (
        (memory({}), TODAY, {"not_today"}),
        (memory(small), TODAY, set()),
        (memory(altered(small, {ACCEPT: lambda c: c.update(closed="", result="")})), "2026-03-24", set()),
        (memory(altered(small, {ACCEPT: lambda c: c.update(closed="", result="")})), "2026-03-27", {"not_today"}),
    ):
        found = history.change(registry, history.Change(base, [ACCEPT], "", today))
        assert {f.code for f in found} == expected


def test_changed_files_are_names_and_never_looked_up() -> None:
    names = ["manifests/ex/a/manifest.yaml", "manifests/../../etc/passwd", "/etc/passwd", "docs/x"]
    assert check.relative(names, Path("/x/manifests")) == [
        "ex/a/manifest.yaml",
        "../manifests/../../etc/passwd",
        "..//etc/passwd",
        "../docs/x",
    ]


def test_a_change_is_judged_by_who_could_vote_before_it(small: Files) -> None:
    """Nobody makes themselves a maintainer in the change that they vote for."""
    friend = b'  - {handle: friend, organisation: Friends, teams: [core, rights], since: "2026-01-01"}\n'
    changes = {
        "MAINTAINERS.yaml": small["MAINTAINERS.yaml"] + friend,
        ACCEPT: put("votes", 1, "handle", "friend"),
    }
    files = memory(altered(small, changes))
    assert "quorum" not in codes(check.check(files, today=TODAY))
    assert "quorum" in codes(check.check(files, memory(small), today=TODAY))


def test_only_what_changed_is_spoken_of(small: Files) -> None:
    files = memory(altered(small, {MANIFEST: put("tags", ["wep"]), "keys/x y.pub": b"", "opt-outs/z": b""}))
    found = check.check(files, memory(small), today=TODAY, changed=[ACCEPT])
    assert {f.file for f in found.lints} == {MANIFEST}
    assert check.check(files, memory(small), today=TODAY, changed=["../README.md"]).findings == ()


def test_an_open_question_says_what_it_still_needs(lives: list[Moment]) -> None:
    first = lives[0]
    found = check.check(memory(first.files), today="2026-03-17")
    waiting = next(f for f in found.hints if f.code == "waiting")
    assert "0 of 2 approvals are there; 1 of 7 days have passed" in waiting.fact[0]
    assert "赞成 0 票，需要 2 票" in waiting.fact[1]
    third = check.check(memory(lives[2].files), today="2026-04-01")
    assert "ready" in codes(third)


RULE = vocabulary.Rule("new-dataset", 2, 2, 7)


def tally(cast: list[tuple[str, int]], rule: vocabulary.Rule = RULE, on: str = "2026-03-10") -> list[str]:
    given = [{"handle": h, "vote": v, "date": "2026-03-02", "reason": "x"} for h, v in cast]
    said = records.Decision(
        format="openclaw-data-decision/1", action="accept", subject="1.0.0", by="x", opened="2026-03-01", votes=given
    )
    people = [("a", "One", ("core",)), ("b", "One", ("rights",)), ("c", "Two", ("core",)), ("d", "Own", ("core",))]
    maintainers = [
        records.Maintainer(handle=h, organisation=o, teams=t, since="2026-01-01", until=until)
        for (h, o, t), until in zip(people, ("", "", "", ""), strict=True)
    ]
    ballot = votes.count(said, maintainers, ("own",), "own ", on)
    return [p[0] for p in votes.missing(ballot, rule, said.opened, on)]


def test_votes_are_counted_as_governance_says() -> None:
    assert tally([("a", 1), ("c", 1)]) == []
    assert tally([("a", 1), ("c", 1)], on="2026-03-07") == ["6 of 7 days have passed"]
    assert tally([("a", 1), ("b", 1)]) == ["the approvals are of 1 organisation, not of 2"]
    assert tally([("a", 1), ("a", 1)]) == ["1 of 2 approvals are there"]
    assert tally([("a", 1), ("d", 1)]) == ["1 of 2 approvals are there"], "people of the publisher do not count"
    assert tally([("a", 1), ("c", 1), ("b", -1)]) == []
    strict = RULE._replace(share=0.7)
    assert tally([("a", 1), ("c", 1), ("b", -1)], strict) == ["2 of 3 binding votes are +1, 70% must be"]
    assert tally([("a", 1), ("c", 1), ("c", 0)]) == ["1 of 2 approvals are there"], "a later vote replaces the first"
    assert tally([("a", 1), ("c", 1)], RULE._replace(team="rights")) == ["nobody of the team rights has approved"]


def test_a_source_that_only_people_can_judge_needs_the_rights_team(small: Files) -> None:
    found = state.load(memory(small))[0].datasets["example-harbour-zh"]
    release = found.releases["1.0.0"]
    bought = release.sources[0].model_copy(update={"origin": "commercial"})
    changed = found._replace(releases={"1.0.0": release.model_copy(update={"sources": (bought,)})})
    assert life.needs(changed, found.decisions[ACCEPT], "").team == "rights"
    assert life.needs(found, found.decisions[ACCEPT], "").team == ""


def test_a_dataset_may_be_taken_down_from_any_state(small: Files) -> None:
    notice = request.Request(
        id="TD-2026-0009", date="2026-11-01", reason="x", dataset="example-harbour-zh", code="court-order"
    )
    said = yaml.safe_load(small[ACCEPT]) | {
        "action": "take-down",
        "subject": "TD-2026-0009",
        "digest": "",
        "opened": "2026-11-01",
        "closed": "2026-11-01",
        "votes": [{"handle": "example-mia", "vote": 1, "date": "2026-11-01", "reason": ""}],
    }
    path = f"{HARBOUR}/decisions/2026-11-01-take-down-td-2026-0009.yaml"
    files = small | {
        "takedowns/2026/TD-2026-0009.yaml": contribute.dump(notice.model_dump(mode="json")).encode(),
        path: contribute.dump(said).encode(),
    }
    registry = state.load(memory(files))[0]
    told = life.story(registry.datasets["example-harbour-zh"], registry.notices)
    assert told.state == "taken-down"
    assert set(told.releases.values()) == {"taken-down"}
    assert lints(files) == {"links_left"}
    assert lints(altered(files, {MANIFEST: put("locations", []), REPORT: None})) == set()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("MIT", ""),
        ("Apache-2.0 OR (MIT AND CC-BY-4.0)", ""),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", ""),
        ("LicenseRef-my-own", ""),
        ("mit", "write MIT"),
        ("MIT Apache-2.0", "AND or OR"),
        ("MIT AND", "ends too early"),
        ("(MIT", "ends too early"),
        ("MIT)", "parenthesis too many"),
        ("OR MIT", "without a licence"),
        ("MIT WITH Apache-2.0", "no exception"),
        ("free for all", "unknown"),
        ("MIT; rm -rf", "no SPDX"),
        ("(" * 1000, "too long"),
        ("", "ends too early"),
    ],
)
def test_licence_expressions(text: str, fault: str) -> None:
    found = licence.parse(text, vocabulary.codes("licences"))
    assert (fault in found.fault[0]) if fault else found.fault is None


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://huggingface.co/datasets/a/b", True),
        ("http://example.org/", False),
        ("file:///etc/passwd", False),
        ("https://localhost/x", False),
        ("https://10.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://user:pw@example.org/", False),
        ("https://example.org:22/", False),
        ("https://printer.local/", False),
        ("https://example.org/a b", False),
        ("https://example.org\\@evil.example", False),
        ("javascript:alert(1)", False),
    ],
)
def test_public_addresses(url: str, *, public: bool) -> None:
    assert checks.public_url(url) is public


@pytest.fixture
def written(small: Files, tmp_path: Path) -> Path:
    """The small registry on disk, within a clone."""
    root = tmp_path / "clone" / "manifests"
    for path, data in small.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def test_links_pipes_and_pits_are_told_and_not_entered(written: Path) -> None:
    folder = written / HARBOUR
    (written / MANIFEST).unlink()
    (written / MANIFEST).symlink_to("/etc/passwd")
    (folder / "decisions" / "2026-01-01-retire.yaml").symlink_to("/dev/zero")
    (folder / "releases" / "3.0.0").symlink_to("/")
    os.mkfifo(written / HARBOUR / "releases" / "2.0.0" / "x.yaml")
    (written / REPORT).unlink()
    os.mkfifo(written / REPORT)
    (folder / "/".join("abcdefghijklm")).mkdir(parents=True)
    found = check.check(tree.folder(written), today=TODAY)
    links = {f.file for f in found.lints if f.code == "link"}
    assert {MANIFEST, REPORT, f"{HARBOUR}/releases/3.0.0", f"{HARBOUR}/decisions/2026-01-01-retire.yaml"} <= links
    assert any(path.startswith(f"{HARBOUR}/a/b/c/") for path in links)


WATCHED = """
import sys
root, package, python = sys.argv[1:4]
opened = []
def hook(event, arguments):
    if event in ("open", "os.open", "os.listdir", "os.scandir", "subprocess.Popen", "os.system") or event.startswith(
        ("socket.", "urllib.")
    ):
        if not isinstance(arguments[0], int):
            opened.append((event, str(arguments[0])))
sys.path.insert(0, package)
from pathlib import Path
from openclaw_data.registry import check, comment, tree, vocabulary
from openclaw_data.dataset import signature
for name in ("licences", "tags", "hubs", "origins", "languages", "reasons", "states", "rules"):
    vocabulary.codes(name)
signature._cryptography()
comment.markdown(check.check(tree.folder(Path(package, "manifests")), today="2026-11-21"))
sys.addaudithook(hook)
found = check.check(tree.folder(Path(root)), today="2026-11-21")
text = comment.markdown(found)
for event, where in opened:
    if not where.startswith((root, python)):
        print(event, where)
print(len(opened), len(found.lints))
"""


def test_nothing_that_a_contribution_names_is_opened_or_fetched(written: Path, tmp_path: Path) -> None:
    """Every file that is opened lies in the registry; no name is resolved, nothing is started."""
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    evil = {
        MANIFEST: lambda c: c.update(
            homepage=str(secret),
            contact=f"file://{secret}",
            locations=[{"hub": "web", "url": u} for u in (f"file://{secret}", "https://evil.example.com/x", "../..")],
        ),
        RELEASE: lambda c: c.update(licence_evidence=f"file://{secret}", evidence={f"../../../../{secret}": "0" * 64}),
        CROISSANT: lambda c: [d.update(contentUrl=f"file://{secret}") for d in c["distribution"]],
        JSON: lambda c: [f.update(path=f"../../../../../../../../{secret}") for f in (*c["shards"], *c["files"])],
        ACCEPT: put("subject", "../../x"),
    }
    for path, data in altered(files_of(written), evil).items():
        (written / path).write_bytes(data)
    command = [sys.executable, "-c", WATCHED, str(written), str(ROOT), sys.base_prefix]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.stderr == ""
    said = ended.stdout.splitlines()
    opened, mended = map(int, said.pop().split())
    assert said == []
    assert opened > 10
    assert mended > 10


MANY = int(os.environ.get("EXAMPLES", "40"))
"""Examples of a fuzz test; EXAMPLES=5000 looks longer."""
TEXTS = st.text(max_size=200) | st.sampled_from(
    ["&a", "*a", "<<: 1", "!!python/object:x", "{", "- ", "a:\n b:\n", "? "]
)


@settings(max_examples=2 * MANY, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.sampled_from(["manifest.yaml", "release.yaml", "decisions", "takedowns", "MAINTAINERS"]),
    data=st.binary(max_size=300),
)
def test_any_bytes_in_place_of_a_record_are_a_finding(where: str, data: bytes, small: Files) -> None:
    path = next(p for p in small if where in p and p.endswith(".yaml"))
    found = state.load(memory({path: data}))[1]
    assert all(f.level == "lint" and f.file == path for f in found)
    check.check(memory(small | {path: data}), today=TODAY, changed=["MAINTAINERS.yaml"])


@settings(max_examples=MANY, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_place_of_a_member_is_a_finding_or_fits(data: st.DataObject, small: Files) -> None:
    path = data.draw(st.sampled_from([MANIFEST, RELEASE, ACCEPT, RETIRE, "takedowns/2026/TD-2026-0001.yaml"]))
    content = yaml.safe_load(small[path])
    places = contribute._leaves(content)
    where = data.draw(st.sampled_from(places))[0].split(".")
    values = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.lists(TEXTS, max_size=3)
    at = content
    for key in where[:-1]:
        at = at[int(key)] if isinstance(at, list) else at.get(key, at)
    if isinstance(at, dict) and where[-1] in at:
        at[where[-1]] = data.draw(values)
    light = {p: b for p, b in small.items() if layout.place(p).kind != "evidence"}
    found = check.check(memory(light | {path: contribute.dump(content).encode()}), today=TODAY)
    comment.markdown(found)


@settings(max_examples=MANY, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    ),
    path=st.sampled_from([JSON, CROISSANT, REPORT, SIGNATURE]),
)
def test_any_json_in_place_of_evidence_is_a_finding(value: object, path: str, small: Files) -> None:
    files = {p: b for p, b in small.items() if p in (MANIFEST, RELEASE, path, "keys/example-lin.pub")}
    assert "hash" in lints(files | {path: json.dumps(value).encode()})


def test_a_base_may_be_a_git_revision(written: Path) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(written.parent), *identity, *words], check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "x")
    base = check.base_of("HEAD", written)
    assert check.check(tree.folder(written), base, today=TODAY).lints == ()
    (written / ACCEPT).write_bytes((written / ACCEPT).read_bytes().replace(b"example-mia", b"example-noor"))
    (written / RELEASE).unlink()
    found = {f.code for f in history.frozen(base, state.load(tree.folder(written))[0])}
    assert found == {"votes_edited", "removed"}
    for ref in ("no-such-branch", "--output=/tmp/x"):
        with pytest.raises(DataError, match="git cannot read it"):
            check.base_of(ref, written)


def test_init_fills_in_nine_tenths_and_the_check_names_the_rest(releases: Path, tmp_path: Path) -> None:
    root = empty(tmp_path)
    made = contribute.init(str(releases / "example-lantern-en" / "1.0.0"), root)
    assert made.filled >= 9 * len(made.open_places)
    found = check.check(tree.folder(root), today=TODAY)
    assert {f.code for f in found.lints} == {"fill_in"}
    assert len(found.lints) == len(made.open_places)
    assert "where a request for removal is read" in found.lints[0].fact[0]
    with pytest.raises(DataError, match="a release never changes"):
        contribute.init(str(releases / "example-lantern-en" / "1.0.0"), root)


def test_the_rate_of_illegal_content_comes_from_the_spot_check(releases: Path, tmp_path: Path) -> None:
    from openclaw_data.dataset import manifest
    from openclaw_data.registry import facts

    loaded = manifest.read(str(releases / "example-lantern-en" / "1.0.0"))
    assert facts.illegal_rate(loaded) is None
    rest = {"population": 9, "drawn": 9, "reviewed": 9, "failed": 0, "least": 9, "low": 0, "high": 1, "required": 0.95}
    rows = [
        manifest.Check(key=k, source=s, verdict=v, rate=r, **rest)
        for k, s, v, r in (
            ("manual", "", "met", 0.98),
            ("source", "pages", "met", 0.96),
            ("source", "few", "too few", 0.5),
            ("technical", "", "met", 0.1),
        )
    ]
    reviewed = loaded.model_copy(update={"review": manifest.Review(checks=tuple(rows), samples=())})
    assert facts.illegal_rate(reviewed) == 0.04


def test_the_comment_says_everything_in_two_languages_and_nothing_in_markup(small: Files) -> None:
    bad = altered(small, {MANIFEST: put("tags", ["<script>alert(1)</script>"]), f"{HARBOUR}/@all|[x](y).md": b""})
    found = check.check(memory(bad), today=TODAY)
    text = comment.markdown(found)
    assert text.startswith(comment.MARK)
    assert "<script>" not in text
    assert "@all" not in text
    assert "不属于登记处" in text
    assert "Remove it; docs/registry.md" in text
    assert comment.markdown(check.check(memory(bad), today=TODAY)) == text


def test_every_sentence_has_the_same_values_in_both_languages() -> None:
    for code, (en, zh, remedy, remedy_zh) in {**words.LINTS, **words.HINTS}.items():
        fields = [set(re.findall(r"{(\w+)}", t)) for t in (en, zh, remedy, remedy_zh)]
        assert fields[0] == fields[1], code
        assert fields[2] == fields[3], code
    used = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "openclaw_data" / "registry").glob("*.py"))
    assert all(f'"{code}"' in used.replace(f'"{code}": (', "") for code in {**words.LINTS, **words.HINTS})


def test_the_schemas_are_the_committed_ones() -> None:
    for name in records.SCHEMAS:
        text = (REGISTRY / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
        assert json.loads(text) == records.schema(name), "run: python -m openclaw_data.registry.records"


def test_the_examples_fit_the_schemas(committed: Files) -> None:
    from jsonschema import Draft202012Validator

    kinds = {"manifest": "contribution", "release": "release", "decision": "decision", "notice": "notice"}
    for path, data in committed.items():
        if kind := kinds.get(layout.place(path).kind):
            Draft202012Validator(records.schema(f"registry-{kind}-1")).validate(yaml.safe_load(data))


def test_origins_and_recipes_have_one_vocabulary() -> None:
    origin = recipe.Source.model_json_schema()["properties"]["origin"]["enum"]
    assert set(vocabulary.codes("origins")) == set(origin)
    assert set(vocabulary.codes("rules")) > {"deprecate", "retire", "take-down", "roadmap", "governance"}


def test_the_opt_out_list_serves_recipes_and_takedowns(committed: Files) -> None:
    path = str(REGISTRY / state.OPTOUTS)
    registry, found = state.load(memory(committed), ())
    assert found == []
    assert optout.load([path]).domains == frozenset(registry.optouts)
    asked = request.from_optouts(path, TODAY)
    assert set(asked.domains) == set(registry.optouts)
    assert asked.id.startswith("OO-")
    notice = request.read(REGISTRY / "takedowns" / "2026" / "TD-2026-0001.yaml")
    assert notice.domains == ("example.tw",)


def test_an_installed_package_has_what_a_check_needs(
    small: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel carries schemas and vocabularies of manifests/ and none of its datasets."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    shared = re.findall(r'^"(manifests/?[\w-]*)" = "openclaw_data/_share/(\S+)"$', project, re.MULTILINE)
    assert sorted(shared) == [(f"manifests/{n}", f"manifests/{n}") for n in ("schemas", "vocabularies")]
    for source, target in shared:
        shutil.copytree(ROOT / source, tmp_path / "openclaw_data" / "_share" / target)
    monkeypatch.setattr(share, "_PACKAGE", tmp_path / "openclaw_data")
    vocabulary.codes.cache_clear()
    assert check.check(memory(small), today=TODAY).lints == ()
    vocabulary.codes.cache_clear()


def cli_run(*words: object) -> tuple[int, str]:
    """Status and output of a command."""
    ended = CliRunner().invoke(cli.app, [str(w) for w in words])
    if isinstance(ended.exception, DataError):
        return 2, str(ended.exception)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.output


def test_the_commands_lead_a_dataset_from_proposed_to_accepted(releases: Path, tmp_path: Path) -> None:
    root = empty(tmp_path)
    here = ("--registry", root)
    release = releases / "example-harbour-zh" / "1.0.0"
    status, said = cli_run("manifest", "init", release, *here, "--maintainer", "example-lin")
    assert (status, said.count("to fill in:")) == (0, 2)
    path = root / MANIFEST
    path.write_text(re.sub(r"FILL IN[^']*", "https://x.example.org/", path.read_text(encoding="utf-8")), "utf-8")
    asked = ("registry", "propose", "example-harbour-zh", "--action", "accept", "--subject", "1.0.0")
    status, said = cli_run(*asked, "--by", "example-lin", "--today", "2026-03-16", *here)
    assert said == f"Opened: {ACCEPT}\n"
    assert "is there already" in cli_run(*asked, "--by", "example-lin", "--today", "2026-03-16", *here)[1]
    for handle, day in (("example-wei", "2026-03-18"), ("example-mia", "2026-03-20")):
        vote = ("registry", "vote", ACCEPT, "--handle", handle, "--vote", "+1", "--today", day, *here)
        assert cli_run(*vote)[0] == 0
    assert "6 of 7 days have passed" in cli_run("registry", "accept", ACCEPT, "--today", "2026-03-22", *here)[1]
    assert cli_run("registry", "accept", ACCEPT, "--today", "2026-03-23", *here)[0] == 0
    assert "was closed on 2026-03-23" in cli_run("registry", "reject", ACCEPT, "--today", "2026-03-24", *here)[1]
    status, said = cli_run("registry", "list", "--json", *here)
    assert [(r["id"], r["state"], r["version"]) for r in json.loads(said)] == [
        ("example-harbour-zh", "accepted", "1.0.0")
    ]
    assert "example-harbour-zh" in cli_run("registry", "list", "--state", "accepted", *here)[1]
    status, said = cli_run("registry", "check", "--today", TODAY, "--output", tmp_path / "c.md", *here)
    assert (status, (tmp_path / "c.md").read_text(encoding="utf-8")) == (0, said)
    (root / MANIFEST).write_text("no: yes\n", encoding="utf-8")
    assert cli_run("registry", "check", "--json", *here)[0] == 1


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("accept", "ex/x/decisions/2026-01-01-accept-1.0.0.yaml"), "is not in this registry"),
        (("accept", "../../etc/passwd"), "is no decision"),
        (("vote", ACCEPT, "--handle", "example-wei", "--vote", "+2"), "is no vote"),
        (("vote", ACCEPT, "--handle", "Wei!", "--vote", "+1"), "is no handle"),
        (("vote", ACCEPT, "--handle", "example-wei", "--vote", "+1"), "was closed"),
        (("propose", "example-harbour-zh", "--action", "accept", "--by", "x"), "is retired"),
        (("propose", "example-harbour-zh", "--action", "burn", "--by", "x"), "cannot be asked"),
        (("propose", "", "--action", "roadmap", "--subject", "../x", "--by", "x"), "is no name of a decision"),
        (("propose", "no-such", "--action", "accept", "--by", "x"), "is not in this registry"),
        (("list", "--registry", "/nowhere"), "is no folder"),
        (("site", "/tmp/never", "--language", "fr"), "is not a language"),
        (("check", "--today", "2026-02-30"), "is no day"),
    ],
)
def test_a_bad_request_is_one_line(words: tuple[str, ...], fact: str) -> None:
    where = () if "--registry" in words else ("--registry", REGISTRY)
    status, said = cli_run("registry", *words, *where)
    assert status == 2
    assert fact in said


def test_roadmap_and_governance_are_voted_on_without_a_dataset(tmp_path: Path) -> None:
    root = empty(tmp_path)
    path = acts.propose(root, "", acts.Question("governance", "", "example-wei", "two votes are few"), "2026-05-01")
    for handle in ("example-wei", "example-mia"):
        acts.vote(root, path, records.Vote(handle=handle, vote=1, date="2026-05-02"))
    acts.vote(root, path, records.Vote(handle="example-tao", vote=-1, date="2026-05-02", reason="why?"))
    with pytest.raises(DataError, match="2 of 3 binding votes"):
        acts.close(root, path, result="accepted", today="2026-05-20")
    acts.vote(root, path, records.Vote(handle="example-tao", vote=0, date="2026-05-20"))
    with pytest.raises(DataError, match="needs a reason"):
        acts.vote(root, path, records.Vote(handle="example-tao", vote=-1, date="2026-05-20"))
    with pytest.raises(DataError, match="Votes are added in order"):
        acts.vote(root, path, records.Vote(handle="example-tao", vote=1, date="2026-05-19"))
    assert acts.close(root, path, result="accepted", today="2026-05-20").closed == "2026-05-20"
    assert check.check(tree.folder(root), today="2026-05-20").lints == ()


@pytest.fixture(scope="module")
def site(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a registry in which one example is in use and the other one just proposed, with hostile words."""
    root = empty(tmp_path_factory.mktemp("midway"))
    for example, until in zip(examples.EXAMPLES, ("deprecate", "accept"), strict=True):
        for step in examples.live(example, releases, root):
            if step.poll.action == until and step.done != "closed":
                break
    path = root / "ex" / "example-lantern-en" / "manifest.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["description"]["en"] = "</p><script>document.title = 'taken'</script><img src=https://evil.example/x.png>"
    content["organisation"] = '"><a href="javascript:alert(1)">'
    content["homepage"] = "javascript:alert(1)"
    path.write_text(contribute.dump(content), encoding="utf-8")
    out = tmp_path_factory.mktemp("site")
    assert pages.write(overview.read(root), out, "en", TODAY) == 3
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as opened:
        opened.open("about:blank")
        opened.requests()
        yield opened


@pytest.mark.parametrize("width", [1280, 390])
def test_the_site_works_from_its_folder_in_a_browser(width: int, site: Path, browser: Page) -> None:
    names = ("index.html", "datasets/example-harbour-zh.html", "datasets/example-lantern-en.html")
    for name in names:
        for language in ("en", "zh"):
            browser.open("about:blank")
            browser.open(f"file://{site}/{name}#{language}", width)
            assert browser.low_contrast() == []
            assert browser.overflow() <= 0
            assert browser.run("return document.documentElement.lang") == language
            shown = browser.run("return document.body.innerText")
            assert ("登记处" in shown or "所有版本" in shown) is (language == "zh")
            assert browser.run("return document.title") != "taken"
            assert browser.run("return document.images.length") == 0
    assert browser.console() == []
    assert [r for r in browser.requests() if not r.startswith(("file:", "data:", "about:"))] == []


def test_the_site_is_searched_and_read_with_the_keyboard_alone(site: Path, browser: Page) -> None:
    tab, right, enter = "\ue004", "\ue014", "\ue007"
    browser.open("about:blank")
    browser.open(f"file://{site}/index.html")
    rows = "return [...document.querySelectorAll('tbody tr')].filter(r => !r.hidden).map(r => r.dataset.state)"
    assert browser.run(rows) == ["accepted", "proposed"]
    browser.keys(tab, tab, *"chinese harbour")
    assert browser.run(rows) == ["accepted"]
    assert browser.run("return document.querySelector('.count').textContent") == "1 / 2"
    browser.keys(*" zzz")
    assert browser.run(rows) == []
    assert browser.run("return document.getElementById('none').hidden") is False
    browser.open("about:blank")
    browser.open(f"file://{site}/index.html")
    browser.keys(tab, right)
    assert browser.run("return document.documentElement.lang") == "zh"
    browser.keys(tab, *"提议", tab, tab)
    browser.run("document.querySelector('tbody tr:not([hidden]) a').focus()")
    browser.keys(enter)
    for _ in range(50):
        if browser.run("return location.pathname").endswith("example-lantern-en.html"):
            break
        time.sleep(0.05)
    assert browser.run("return location.hash") == "#zh"
    assert "表决中" in browser.run("return document.body.innerText")


def test_every_item_of_the_roadmap_carries_its_vote(committed: Files) -> None:
    text = (ROOT / "ROADMAP.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (r\d+) \|.*\| (\w+) \| \[\1\]\(manifests/(decisions/\S+\.yaml)\) \|$", text, re.MULTILINE)
    motions = state.load(memory(committed))[0].motions
    assert {(item, path) for item, _, path in rows} == {
        (m.subject, path) for path, m in motions.items() if m.action == "roadmap"
    }
    assert all(said == (motions[path].result or "open") for _, said, path in rows)


def test_governance_says_the_numbers_that_are_checked() -> None:
    text = (ROOT / "GOVERNANCE.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| (?!question|事项|-)([^|]+) \| (\d) \| (\d) \| (\d+) \|", text, re.MULTILINE)
    numbers = [tuple(map(int, row[1:])) for row in tables]
    assert numbers[: len(numbers) // 2] == numbers[len(numbers) // 2 :]
    rules = [vocabulary.rule(name) for name in vocabulary.codes("rules")]
    written = [(r.approvals, r.organisations, r.days) for r in rules]
    assert set(written) == set(numbers)
    assert len(numbers) == 2 * (len(rules) + 1), "a row a rule, and one for sources that only people can judge"


def test_the_forms_and_workflows_fit_what_is_there() -> None:
    forms = {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in (ROOT / ".github").rglob("*.yml")}
    assert set(forms) == {"config", "new-dataset", "takedown", "opt-out", "roadmap", "registry", "registry-comment"}
    for name in ("new-dataset", "takedown", "opt-out", "roadmap"):
        assert all(re.search("[一-龥]", str(part)) for part in forms[name]["body"])
    reasons = next(p for p in forms["takedown"]["body"] if p.get("id") == "reason")["attributes"]["options"]
    assert [r.split(" · ")[0] for r in reasons] == list(vocabulary.codes("reasons"))
    command = next(s["run"] for s in forms["registry"]["jobs"]["check"]["steps"] if s.get("name") == "check")
    options = set(re.findall(r"--(registry|base|changed|author|output)\b", command))
    assert options == {"registry", "base", "changed", "author", "output"}
    assert comment.MARK in (ROOT / ".github" / "workflows" / "registry-comment.yml").read_text(encoding="utf-8")
    assert forms["registry"]["permissions"] == {"contents": "read"}
