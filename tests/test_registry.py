"""The registry: a dataset's life, what each step needs, what a check finds, and that nothing hostile gets anywhere."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from openclaw_data import cli, recipe, share
from openclaw_data.dataset import request
from openclaw_data.errors import DataError
from openclaw_data.registry import (
    acts,
    check,
    comment,
    contribute,
    layout,
    life,
    records,
    state,
    tree,
    vocabulary,
    votes,
    words,
)
from openclaw_data.rights import optout
from tests import registry_files
from tests.registry_files import (
    ACCEPT,
    HARBOUR,
    MANIFEST,
    REGISTRY,
    REPORT,
    ROOT,
    TODAY,
    Files,
    altered,
    codes,
    empty,
    examples,
    files_of,
    lints,
    memory,
    put,
)


@pytest.fixture(scope="module")
def committed() -> Files:
    return registry_files.committed()


@pytest.fixture(scope="module")
def small() -> Files:
    return registry_files.small()


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return examples.recorded(REGISTRY, tmp_path_factory.mktemp("releases"))


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
