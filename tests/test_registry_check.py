"""What a check of the registry finds: damage of every kind, edits of what is frozen, changes by the wrong people."""

from pathlib import Path

import pytest
import yaml

from openclaw_data.registry import (
    check,
    checks,
    contribute,
    history,
    licence,
    records,
    state,
    vocabulary,
)
from tests import registry_files
from tests.registry_files import (
    ACCEPT,
    CROISSANT,
    HARBOUR,
    JSON,
    MANIFEST,
    RELEASE,
    REPORT,
    RETIRE,
    SIGNATURE,
    TODAY,
    Files,
    altered,
    codes,
    memory,
    put,
)
from tests.timing import within


@pytest.fixture(scope="module")
def small() -> Files:
    return registry_files.small()


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
    with within(10):
        found = check.check(memory(files), today=TODAY)
    mine = next(f for f in found.lints if f.code == code)
    assert mine.file
    assert all((*mine.fact, *mine.remedy))
    assert mine.fact[0] != mine.fact[1] or code == "optout_list"


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


@pytest.mark.parametrize("name", ["EX/Example-Harbour_zh", "ex/example-harbourzh", "zz/zz-Example.harbour-zh"])
def test_the_newcomer_is_told_of_a_name_that_looks_the_same(name: str, small: Files) -> None:
    path = f"{name}/manifest.yaml"
    found = check.check(memory(Files(small | {path: b"x"})), memory(small), today=TODAY, changed=[path])
    assert any(f.code == "collision" and f.file == path for f in found.lints) is not name.startswith("zz")
