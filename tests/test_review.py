"""The spot check: what is drawn, what is decided, what follows."""

import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data.audit import report
from openclaw_data.dataset import manifest
from openclaw_data.dataset.verify import verify
from openclaw_data.documents import DataError
from openclaw_data.review import decisions, drawing, result, sample, server, technical
from tests.command import Command

PROGRAM = [sys.executable, "-c", "from openclaw_data.cli import main; main()", "review"]


@pytest.fixture(scope="module")
def dataset(curated: Path) -> Path:
    return curated


@pytest.fixture
def drawn(dataset: Path, tmp_path: Path) -> sample.Sample:
    drawing.write(str(tmp_path / "manual.jsonl"), str(dataset), 8, 7)
    return sample.read(tmp_path / "manual.jsonl")


def rows(dataset: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(p) for p in sorted((dataset / "data").rglob("*.parquet"))])


def test_a_draw_is_of_the_seed_and_the_documents_alone_and_a_larger_one_begins_the_same(
    dataset: Path, tmp_path: Path
) -> None:
    for name, n, seed in (("a", 20, 7), ("b", 20, 7), ("more", 40, 7), ("other", 20, 8)):
        drawing.write(str(tmp_path / name), str(dataset), n, seed)
    a, b, more, other = (sample.read(tmp_path / name) for name in ("a", "b", "more", "other"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert a.sha256 == b.sha256
    assert more.items[:20] == a.items
    assert {i.id for i in other.items} != {i.id for i in a.items}
    table = {row["id"]: row for row in rows(dataset).to_dicts()}
    assert all(table[i.id]["text"] == i.text and table[i.id]["text_sha256"] == i.text_sha256 for i in a.items)
    assert a.header.population == dict.fromkeys(a.header.population, 0) | dict(
        rows(dataset)["source_id"].value_counts().rows()
    )


def test_the_order_of_the_shards_does_not_change_who_is_drawn(dataset: Path) -> None:
    loaded = manifest.read(str(dataset))
    turned = loaded.model_copy(update={"shards": loaded.shards[::-1]})
    for one in (loaded, turned):
        found = drawing.population(str(dataset), one, 7)
        taken = drawing.draw(found, 30)
        assert len(set(taken.tolist())) == 30
        assert sorted(found.keys[taken]) == sorted(found.keys)[:30]
        batches = list(drawing.batches(str(dataset), one, found.starts, taken))
        assert sum(len(b) for _, b in batches) == 30


def test_each_source_gives_as_many_as_asked_or_all(dataset: Path, tmp_path: Path) -> None:
    header = drawing.write(str(tmp_path / "s"), str(dataset), 15, 7, per_source=True)
    assert header.kind == "source"
    assert header.drawn == {s: min(15, n) for s, n in header.population.items()}


def test_the_technical_check_lists_what_lists_and_classifiers_flag(dataset: Path, tmp_path: Path) -> None:
    text = rows(dataset).filter(pl.col("language") == "en")["text"][0]
    word = max(text.split(), key=len).strip(".,").lower()
    head = "\n".join(f"# {k}: x" for k in ("owner", "category", "version", "source", "licence"))
    (tmp_path / "own.tsv").write_text(f"{head}\n{word}\ten\tA1.f\n", encoding="utf-8")
    header = technical.write(str(tmp_path / "t"), str(dataset), 1.0, 7, [str(tmp_path / "own.tsv")])
    found = sample.read(tmp_path / "t")
    assert header.detectors["lexicon:own.tsv"] >= 1
    assert sum(header.drawn.values()) == len(rows(dataset))
    assert header.items == len(found.items) < len(rows(dataset))
    assert text[:100] in {i.text[:100] for i in found.items if any(f.detail.startswith(word) for f in i.flags)}
    assert header.lexicons[0].terms == 1
    assert not header.lexicons[0].complete
    tenth = technical.write(str(tmp_path / "u"), str(dataset), 0.1, 7)
    assert sum(tenth.drawn.values()) == -(-len(rows(dataset)) // 10)
    with pytest.raises(DataError, match="no share"):
        technical.write(str(tmp_path / "v"), str(dataset), 10, 7)


def test_spam_and_hate_are_flagged_with_the_numbers_that_say_so() -> None:
    texts = ["成人视频 国产自拍 日韩无码 制服丝袜 人妻熟女 三级片 在线av 激情小说", "今天下午学校举行了春季运动会。"]
    import pyarrow as pa

    n = len(texts)
    batch = pa.RecordBatch.from_pydict(
        {"text": texts, "title": [""] * n, "language": ["zh"] * n, "language_script": ["Hans"] * n}
    )
    first, second = technical.flags_of(batch, [])
    assert [f.by for f in first] == ["spam.porn"]
    assert "porn_terms" in first[0].detail
    assert second == ()


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_holds_the_rate_and_narrows(a: int, b: int) -> None:
    passed, n = min(a, b), max(a, b)
    low, high = result.wilson(passed, n)
    assert 0 <= low <= high <= 1
    if n:
        assert low - 1e-9 <= passed / n <= high + 1e-9
        wider = result.wilson(passed * 10, n * 10)
        assert wider[1] - wider[0] <= high - low + 1e-12


def test_the_interval_and_kappa_are_those_of_the_books() -> None:
    assert [round(x, 4) for x in result.wilson(3840, 4000)] == [0.9535, 0.9656]
    assert [round(x, 4) for x in result.wilson(8, 10)] == [0.4902, 0.9433]
    table = [("p", "p")] * 20 + [("p", "f")] * 5 + [("f", "p")] * 10 + [("f", "f")] * 15
    assert result.kappa(table) == 0.4
    assert result.kappa([("p", "p")] * 9) is None
    assert result.kappa([]) is None


def decide(path: Path, plan: dict[str, dict[int, tuple[str, str]]]) -> None:
    made = decisions.Decisions(sample.read(path)).open()
    for who, verdicts in plan.items():
        for number, (verdict, risk) in verdicts.items():
            made.decide(who, number, verdict, risk)
    made.close()


def test_the_result_is_in_manifest_and_report_and_the_dataset_stays_whole(
    dataset: Path, tmp_path: Path, cli: Command
) -> None:
    out = tmp_path / "out"
    shutil.copytree(dataset, out)
    folder = tmp_path / "out.review"
    n = len(rows(out))
    drawing.write(str(folder / "manual.jsonl"), str(out), 4000, 7)
    technical.write(str(folder / "technical.jsonl"), str(out), 0.1, 7)
    anna = dict.fromkeys(range(n), ("pass", "")) | {0: ("fail", "A1.f"), 1: ("unsure", "")}
    bo = dict.fromkeys(range(10), ("pass", ""))
    decide(folder / "manual.jsonl", {"Anna": anna, "博": bo})
    ended = cli("review", "result", out)
    assert ended.status == 0, ended.err
    loaded = manifest.read(str(out))
    assert loaded.review is not None
    manual = loaded.review.checks[0]
    assert {c.key for c in loaded.review.checks} == {"manual", "technical", "source"}
    assert (manual.key, manual.reviewed, manual.failed, manual.verdict) == ("manual", n, 1, "met")
    assert manual.rate == round((n - 1) / n, 6)
    held = next(s for s in loaded.review.samples if s.kind == "manual")
    assert (held.reviewers, held.both, held.same, held.failures, held.unsure) == (2, 9, 8, {"A1.f": 1}, 0)
    assert held.kappa == 0
    assert "Anna" not in (out / "manifest.json").read_text(encoding="utf-8")
    found = report.Report.model_validate_json((out / "audit" / "report.json").read_bytes())
    assert found.review == loaded.review
    assert not [m for m in found.not_measured if m.block == "review.manual"]
    assert verify(str(out)).problems == ()
    assert "A1.f" in (out / "audit" / "report.html").read_text(encoding="utf-8")


def test_too_few_documents_give_no_verdict_and_too_many_failures_a_bad_one(dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    drawing.write(str(path), str(dataset), 4000, 7)
    decide(path, {"a": dict.fromkeys(range(5), ("pass", ""))})
    found = result.review(str(dataset), [path])
    assert {c.verdict for c in found.checks if c.reviewed < c.least} == {"too few"}
    decide(path, {"b": dict.fromkeys(range(len(rows(dataset))), ("fail", ""))})
    found = result.review(str(dataset), [path])
    assert found.checks[0].verdict == "not met"
    assert found.checks[0].rate == 0  # who passed alone is overruled by who failed


def test_what_is_flagged_fails_until_people_pass_it(dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    technical.write(str(path), str(dataset), 1.0, 7)
    header = sample.read(path).header
    item = drawing.item({**rows(dataset).row(0, named=True)}, (sample.Flag(by="x"),))
    sample.write(path, header.model_copy(update={"items": 2}), [item, item])
    assert result.review(str(dataset), [path]).checks[0].failed == 2
    decide(path, {"a": {0: ("pass", ""), 1: ("fail", "A1.f")}})
    assert result.review(str(dataset), [path]).checks[0].failed == 1


def test_a_sample_of_another_dataset_or_a_cut_one_is_refused(
    dataset: Path, drawn: sample.Sample, tmp_path: Path
) -> None:
    other = drawn.header.model_copy(update={"content": "0" * 64})
    sample.write(tmp_path / "other", other, drawn.items)
    with pytest.raises(DataError, match="was not drawn from"):
        result.review(str(dataset), [tmp_path / "other"])
    with pytest.raises(DataError, match="nobody has decided"):
        result.review(str(dataset), [drawn.path])
    text = Path(drawn.path).read_text(encoding="utf-8")
    for broken, match in ((text[: len(text) // 2], "line|of 8 documents"), ("", "line 1"), ("[]\n", "line 1")):
        (tmp_path / "broken").write_text(broken, encoding="utf-8")
        with pytest.raises(DataError, match=match):
            sample.read(tmp_path / "broken")
    with pytest.raises(DataError, match="cannot be read"):
        sample.read(tmp_path / "nothing")


def test_decisions_outlive_a_crash_and_can_be_taken_back(drawn: sample.Sample) -> None:
    made = decisions.Decisions(drawn).open()
    made.decide("a", 0, "pass")
    made.decide("a", 1, "fail", "A2.d")
    made.decide("a", 0, "unsure")
    with pytest.raises(DataError, match="another `review serve`"):
        decisions.Decisions(drawn).open()
    assert made.undo("a") == 0
    assert made.of("a")[0].verdict == "pass"
    made.close()
    with made.path.open("ab") as file:
        file.write(b'{"item": 3, "reviewer": "a", "ver')  # a crash in the middle of a line
    again = decisions.Decisions(drawn).open()
    assert again.damaged == 1
    assert {n: d.verdict for n, d in again.of("a").items()} == {0: "pass", 1: "fail"}
    again.decide("b", 2, "pass")
    again.close()
    assert decisions.Decisions(drawn).of("b") == {2: decisions.Decision(verdict="pass")}
    assert (again.undo("nobody"), again.reviewers) == (-1, ["a", "b"])
    for bad in ((99, "pass", ""), (0, "yes", ""), (0, "fail", "Z9"), (0, "pass", "A1.a"), (-1, "pass", "")):
        with pytest.raises(ValueError, match="no such"):
            again.decide("a", *bad)
    text = again.path.read_text(encoding="utf-8").replace(drawn.sha256, "0" * 64)
    again.path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="belongs to another sample"):
        decisions.Decisions(drawn)


def test_names_are_asked_for_and_at_most_two(drawn: sample.Sample) -> None:
    made = decisions.Decisions(drawn)
    for names in ([], ["a", "b", "c"], ["a\x1b"], ["x" * 99], [" "]):
        with pytest.raises(DataError):
            server.reviewers(made, names)
    assert server.reviewers(made, ["a  b", "a b"]) == ["a b"]


def test_the_commands_draw_serve_and_refuse(dataset: Path, tmp_path: Path, cli: Command) -> None:
    path = tmp_path / "m.jsonl"
    command = ["review", "sample", dataset, "--n", 5, "-o", path]
    assert f"5 of {len(rows(dataset)):,} documents" in cli(*command).out
    with subprocess.Popen(
        [*PROGRAM, "serve", str(path), "--reviewer", "Anna"], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Open http://127.0.0.1:")
        running.terminate()
        assert "Saved:" in running.stdout.read()
    assert running.returncode == 0
    ended = cli(*command)
    assert (ended.status, "was reviewed already" in ended.err) == (2, True)
