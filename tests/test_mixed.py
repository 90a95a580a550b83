"""Documents in two languages: each language's paragraphs are judged by its own rules, and one language as ever."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import openclaw_data
from openclaw_data import documents, recipe, rules, signals
from openclaw_data.explain import parts as work_parts
from openclaw_data.explain import questions, samples
from openclaw_data.explain.effects import verdicts
from openclaw_data.flow import trace
from openclaw_data.flow.refilter import refilter
from openclaw_data.kernels import halves
from openclaw_data.signals import language, mixed
from tests import reference_halves
from tests.test_run import digests

FOLDER = Path(__file__).parent
TEXTS = {path.stem: path.read_text("utf-8") for path in sorted((FOLDER / "mixed").glob("*.txt"))}
ONE = [path.read_text("utf-8") for path in sorted((FOLDER / "gold").glob("*/*.txt"))]
PACKS = [pack for pack in recipe.resolve(recipe.load("web")).packs if pack.name not in ("rights", "url")]


def measured(texts: list[str], packs: list[rules.Pack] = PACKS) -> pa.RecordBatch:
    """The columns that packs need, and the parts."""
    batch = documents.from_texts(texts)
    batch = documents.append(batch, language.identify(batch))
    found = signals.compute(batch, sorted(rules.needed(packs) - set(batch.schema.names)))
    return documents.append(batch, {**found, mixed.COLUMN: mixed.language_parts(batch, found)})


def as_one(batch: pa.RecordBatch) -> list[list[str]]:
    """The verdicts as if every document were in one language."""
    found: list[list[str]] = rules.judge(batch.drop_columns([mixed.COLUMN]), PACKS).to_pylist()
    return found


def parts(batch: pa.RecordBatch, row: int = 0) -> dict[str, dict[str, object]]:
    return {part["language"]: part for part in batch.column(mixed.COLUMN)[row].as_py()}


@pytest.mark.parametrize("name", ["abstract", "product", "song"])
def test_good_paragraphs_in_both_languages_are_kept(name: str) -> None:
    batch = measured([TEXTS[name]])
    assert set(parts(batch)) == {"zh", "en"}
    assert rules.judge(batch, PACKS).to_pylist() == [[]]


def test_each_part_has_the_values_that_its_paragraphs_have_alone() -> None:
    chinese, english = TEXTS["product"].strip().split("\n")
    batch = measured([TEXTS["product"], chinese, english])
    found = parts(batch)
    for row, name in ((1, "zh"), (2, "en")):
        alone = {c: batch.column(c)[row].as_py() for c in found[name] if c != "share"}
        assert {c: found[name][c] for c in alone} == alone
    assert found["zh"]["share"] + found["en"]["share"] == pytest.approx(1)


def test_interleaved_lines_go_to_their_language_with_the_lines_that_have_none() -> None:
    chinese, english = "河水在夜里涨了起来，到了早上。" * 8, "The river rose at night. " * 9 + "It did."
    lines = ["2024", chinese, english, "***", "", "低处的田野", "x == y;"]
    batch = documents.from_texts(["\n".join(lines), "", "只有中文", "English alone"])
    rows, texts = mixed.halves(batch)
    assert rows.to_pylist() == [0, 0]
    assert texts.to_pylist() == [f"2024\n{chinese}\n低处的田野\nx == y;", f"{english}\n***"]


def test_bad_english_in_a_chinese_document_is_dropped_by_the_rules_for_english_with_its_own_value() -> None:
    batch = measured([TEXTS["spam_in_english"]])
    assert batch.column("language")[0].as_py() == "zh"
    (failed,) = rules.judge(batch, PACKS).to_pylist()
    assert "gopher-quality.stop_words" in failed
    found = parts(batch)
    assert found["en"]["stop_words_en"] < 2 <= found["zh"]["stop_words_zh"]
    assert as_one(batch) == [["spam.seo"]]


def test_bad_chinese_in_an_english_document_is_dropped_by_the_rules_for_chinese() -> None:
    batch = measured([TEXTS["spam_in_chinese"]])
    assert batch.column("language")[0].as_py() == "en"
    (failed,) = rules.judge(batch, PACKS).to_pylist()
    assert {"zh-web.stuffing", "zh-web.function_words"} <= set(failed)
    assert parts(batch)["en"]["noun_run_fraction"] == 0
    assert as_one(batch) == [[]]


def test_a_manual_full_of_commands_is_in_one_language() -> None:
    batch = measured([TEXTS["commands"]])
    assert parts(batch) == {}
    assert rules.judge(batch, PACKS).to_pylist() == as_one(batch) == [[]]


def test_documents_in_one_language_are_judged_as_they_are_without_parts_and_without_neighbours() -> None:
    texts = [*ONE, TEXTS["product"].split("\n")[1], *TEXTS.values()]
    batch = measured(texts)
    single = [i for i in range(len(ONE) + 1) if not parts(batch, i)]
    assert single == list(range(len(ONE) + 1))
    together, alone = rules.judge(batch, PACKS).to_pylist(), as_one(batch)
    assert [together[i] for i in single] == [alone[i] for i in single]
    order = np.random.default_rng(7).permutation(len(texts))
    turned = measured([texts[i] for i in order])
    assert rules.judge(turned, PACKS).to_pylist() == [together[i] for i in order]
    assert turned.column(mixed.COLUMN).to_pylist() == [batch.column(mixed.COLUMN)[i].as_py() for i in order.tolist()]


SOME = ["今天下午学校举行了运动会。" * 9, "The river rose, and we saw it. " * 9]
PAIR = st.tuples(st.integers(0, 1), st.integers(0, 2))
LINES = st.sampled_from([*SOME, "今天", "today", "2024", "", "a == b;", "\u3000", "x"])


@settings(max_examples=60)
@given(st.lists(st.lists(LINES, max_size=12).map(lambda lines: "\n".join([*lines, *SOME, *lines])), max_size=3))
def test_every_line_with_text_is_in_exactly_one_half(texts: list[str]) -> None:
    rows, found = mixed.halves(documents.from_texts(texts))
    for k, row in enumerate(rows.to_pylist()[::2]):
        both = [line for half in found[2 * k : 2 * k + 2].to_pylist() for line in half.split("\n")]
        assert sorted(line for line in both if line.strip()) == sorted(x for x in texts[row].split("\n") if x.strip())


@settings(max_examples=200)
@given(st.lists(st.text(st.sampled_from("aé Z09.中。\n\t-"), max_size=30), max_size=4), PAIR)
def test_the_quick_look_counts_what_plain_python_counts(texts: list[str], pair: tuple[int, int]) -> None:
    sliced, least = pair
    array = pa.array(["x", *texts][: len(texts) + 1]).slice(sliced)
    found = halves.count(*documents.text_buffers(array), least)
    assert found.tolist() == [reference_halves.count(text, least) for text in array.to_pylist()]


def test_rules_are_bound_by_their_limits_or_by_their_pack_unless_they_say_otherwise() -> None:
    found = {f"{p.name}.{r.name}" for p in rules.load(rules.available()) for r in p.rules if rules.by_part(p, r)}
    assert {"gopher-quality.stop_words", "gopher-repetition.top_2_gram", "zh-web.stuffing"} <= found
    assert not found & {"gopher-quality.words", "length.chars", "c4.sentences", "listing.digit_lines", "spam.seo"}
    assert rules.PARTS == mixed.COLUMN


def test_a_part_is_judged_by_its_script_and_excused_by_its_own_values(tmp_path: Path) -> None:
    pack = {
        "name": "mine", "version": "1.0.0", "source": "a test",
        "rules": [{"name": "long", "keep": {"zh-Hant": "words > 1000", "en": "words > 1000"}, "source": "a test",
                   "keeps": ["a"], "drops": ["b"]}],
        "excuses": [{"name": "some", "when": "stop_words_en >= 2", "rules": ["mine.*"], "source": "a test",
                     "excuses": ["a"], "judges": ["b"]}],
    }  # fmt: skip
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(pack), encoding="utf-8")
    packs = rules.load(["mine"], tmp_path)
    assert rules.judge(measured([TEXTS["abstract"], TEXTS["spam_in_english"]], packs), packs).to_pylist() == [
        [], ["mine.long"],
    ]  # fmt: skip
    pack["rules"][0]["of"] = "paragraphs"
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(pack), encoding="utf-8")
    with pytest.raises(documents.DataError, match=r"a rule is not of 'paragraphs'\. Write document, or leave it out"):
        rules.load(["mine"], tmp_path)


RECIPE = """
name: mine
version: 1.0.0
sources: [{{id: a, format: jsonl, paths: [{path}], origin: user, record: a test}}]
filters: {filters}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of the mixed texts and two in one language."""
    folder = tmp_path_factory.mktemp("mixed")
    rows = [{"id": name, "text": text} for name, text in TEXTS.items()]
    rows += [{"id": f"one-{i}", "text": text} for i, text in enumerate(ONE[:2])]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for name, filters in (
        ("first", "[length, gopher-quality, code-and-tables, zh-web]"),
        ("second", "[length, gopher-quality]"),
    ):
        (folder / f"{name}.yaml").write_text(
            RECIPE.format(path=folder / "rows.jsonl", filters=filters), encoding="utf-8"
        )
    openclaw_data.run(str(folder / "first.yaml"), folder / "out")
    return folder


def test_decisions_hold_the_parts_and_every_record_has_an_outcome(made: Path) -> None:
    table = pl.DataFrame(pq.read_table(made / "out/decisions/part-00000.parquet"))
    assert table.height == len(TEXTS) + 2
    assert set(table["outcome"]) == {"kept", "dropped"}
    bad = table.filter(pl.col("id") == "spam_in_english").row(0, named=True)
    assert bad["dropped_by"] == ["gopher-quality.stop_words"]
    assert {part["language"]: part["stop_words_en"] for part in bad[mixed.COLUMN]}["en"] < 2
    again = trace.replay(str(made / "out"), None, [str(made / "rows.jsonl")])
    assert [r for r in again if not r.same or r.differing] == []


def test_explain_takes_the_distance_to_a_limit_from_the_part_that_is_nearest(made: Path) -> None:
    work = work_parts.open_work(str(made / "out.work"))
    question = questions.ask(work.packs, work_parts.columns(work), "gopher-quality.stop_words")
    ((_, frame),) = work_parts.frames(work, [*work_parts.BASE, *sorted(rules.needed(work.packs))])
    distances = dict(zip(frame["id"], samples._distance(frame, question), strict=True))
    for row in frame.iter_rows(named=True):
        judged = row[mixed.COLUMN] or [row]
        counts = [one[f"stop_words_{one['language']}"] for one in judged]
        assert distances[row["id"]] == min(abs(count - 2) / 2 for count in counts), row["id"]


def test_trace_shows_which_part_was_measured_against_which_limit(made: Path) -> None:
    (told,) = trace.trace(str(made / "out"), "spam_in_english")
    (rule,) = [r for r in told["rules"] if r["rule"] == "gopher-quality.stop_words"]
    assert rule["held"] is False
    english = next(p for p in rule["parts"] if p["part"].startswith("en, "))
    chinese = next(p for p in rule["parts"] if p["part"].startswith("zh, "))
    assert (english["keep"], english["held"]) == ("stop_words_en >= 2", False)
    assert english["values"]["stop_words_en"] < 2
    assert (chinese["keep"], chinese["held"]) == ("stop_words_zh >= 2", True)
    (whole,) = [r for r in told["rules"] if r["rule"] == "gopher-quality.words"]
    assert "parts" not in whole
    (one,) = trace.trace(str(made / "out"), "one-0")
    assert not any("parts" in rule for rule in one["rules"])


def test_explain_shows_the_values_of_the_parts(made: Path) -> None:
    work = work_parts.open_work(str(made / "out.work"))
    question = questions.ask(work.packs, work_parts.columns(work), "gopher-quality.stop_words")
    sides = samples.Sides(20)
    for number, frame in work_parts.frames(work, [*work_parts.BASE, *sorted(rules.needed(work.packs))]):
        sides.offer(number, verdicts(frame, question), question)
    _, dropped = sides.finish(work)
    shown = {s.id: s.values for s in dropped}
    assert shown["spam_in_english"]["stop_words_en in en"] < 2 <= shown["spam_in_english"]["stop_words_zh in zh"]


def test_other_rules_over_the_same_parts_give_the_bytes_of_a_full_run(made: Path, tmp_path: Path) -> None:
    openclaw_data.run(str(made / "second.yaml"), tmp_path / "full")
    refilter(made / "out.work", str(made / "second.yaml"), tmp_path / "again")
    assert digests(tmp_path / "again") == digests(tmp_path / "full")
