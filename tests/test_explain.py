"""Questions about a run are answered from its parts, and the answers are what a full run would show."""

import json
import re
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from openclaw_data import recipe, rules, share, signals
from openclaw_data.audit import thresholds
from openclaw_data.documents import DataError
from openclaw_data.explain import effects, overview, page, parts, questions, tables
from openclaw_data.signals import catalogue
from tests.browser import chromium
from tests.command import Command

WORDS = "gopher-quality.words"


@pytest.fixture(scope="module")
def work(curated: Path) -> parts.Work:
    """The parts of a run over the bundled sample."""
    return parts.open_work(f"{curated}.work")


def ask(work: parts.Work, rule: str = "", keep: str = "", language: str = "", count: int = 3) -> effects.Effect:
    return effects.effect(work, questions.ask(work.packs, parts.columns(work), rule, keep, language), count)


def annotated(work: parts.Work) -> pl.DataFrame:
    files = sorted((Path(work.path) / "annotated").glob("*.parquet"))
    return pl.concat([pl.DataFrame(pq.read_table(file)) for file in files])


def passing(work: parts.Work, packs: list[rules.Pack]) -> pl.DataFrame:
    """The dullest way to find what passes: judge every row with all rules."""
    table = annotated(work)
    verdict = pl.Series(rules.judge(table, packs)).list.len() == 0
    return table.filter(
        verdict & (pl.col("error") == "") & (pl.col("skipped") == "") & pl.col("language").is_in(["zh", "en"])
    )


@pytest.mark.parametrize(
    ("rule", "keep", "language"),
    [
        (WORDS, "words BETWEEN 30 AND 100000", "zh"),
        (WORDS, "words >= 90", ""),
        ("length.chars", "", ""),
        ("length.chars", "", "zh"),
        ("gopher-quality.stop_words", "", ""),
        ("", "char_count > 400", ""),
        ("", "char_count > 400 AND words < 300", "en"),
    ],
)
def test_gains_and_losses_are_those_of_judging_everything_anew(
    work: parts.Work, rule: str, keep: str, language: str
) -> None:
    answer = ask(work, rule, keep, language)
    changed = list(work.packs)
    if rule:
        name = rule.partition(".")[0]
        at = [p.name for p in changed].index(name)
        (new,) = answer.question.pack.rules
        changed[at] = changed[at]._replace(rules=tuple(new if r.name == new.name else r for r in changed[at].rules))
    else:
        changed.append(answer.question.pack)
    before, after = passing(work, list(work.packs)), passing(work, changed)
    gained = after.join(before, on=["id", "warc_filename", "warc_record_offset"], how="anti")
    lost = before.join(after, on=["id", "warc_filename", "warc_record_offset"], how="anti")
    for name, table in (("before", before), ("after", after), ("gained", gained), ("lost", lost)):
        assert answer.total[name]["documents"] == len(table), name
        assert answer.total[name]["characters"] == table["char_count"].sum(), name
        assert answer.total[name]["tokens"] == table["token_count"].sum(), name
    for by in (answer.by_language, answer.by_domain):
        for name in ("gained", "lost"):
            assert sum(row[name]["documents"] for row in by.values()) == answer.total[name]["documents"]


def test_samples_lie_on_both_sides_changed_ones_first_and_the_nearest_before_the_far(work: parts.Work) -> None:
    answer = ask(work, "", "char_count > 400", "", 5)
    assert [len(answer.kept_samples), len(answer.dropped_samples)] == [5, 5]
    assert all(s.values["char_count"] > 400 for s in answer.kept_samples)
    assert all(s.values["char_count"] <= 400 and s.change == "lost" for s in answer.dropped_samples)
    distances = [400 - s.values["char_count"] for s in answer.dropped_samples]
    assert distances == sorted(distances)
    texts = annotated(work)
    for sample in (*answer.kept_samples, *answer.dropped_samples):
        text = texts.filter((pl.col("id") == sample.id) & (pl.col("url") == sample.url))["text"][0]
        assert " ".join(text.split()).startswith(sample.text)
    assert ask(work, "", "char_count > 400", "", 5) == answer
    only_zh = ask(work, WORDS, "words >= 30", "zh", 5)
    assert {s.language for s in (*only_zh.kept_samples, *only_zh.dropped_samples)} == {"zh"}


def test_the_overview_agrees_with_the_decisions_of_the_run(work: parts.Work) -> None:
    found = overview.overview(work)
    files = sorted((Path(work.path.removesuffix(".work")) / "decisions").glob("*.parquet"))
    table = pl.concat([pl.DataFrame(pq.read_table(file)) for file in files])
    reasons = table.explode("dropped_by").drop_nulls("dropped_by")
    counts = dict(reasons.group_by("dropped_by").len().rows())
    alone = dict(
        table.filter(pl.col("dropped_by").list.len() == 1).explode("dropped_by").group_by("dropped_by").len().rows()
    )
    assert {r: overview.total(s.failing) for r, s in found.by_rule.items()} == counts
    assert {r: overview.total(s.only) for r, s in found.by_rule.items() if s.only} == alone
    assert overview.total(found.kept) == (table["outcome"] == "kept").sum()


def test_copies_among_the_gained_and_followers_of_the_lost_are_counted(work: parts.Work) -> None:
    table = annotated(work)
    followers = pl.concat([f for _, f in parts.frames(work, parts.BASE)]).filter(pl.col("dup_rank") > 0)
    leaders = followers["dup_cluster_id"].unique()
    first = pl.concat([f.with_columns(part=pl.lit(n)) for n, f in parts.frames(work, parts.BASE)])
    one = first.filter((pl.col("dup_cluster_id") == leaders[0]) & (pl.col("dup_rank") == 0))
    answer = ask(work, "", f"url != '{one['url'][0]}'")
    assert answer.total["lost"]["documents"] >= 1
    assert answer.replaced == 1
    assert len(table) == len(first)


@pytest.mark.parametrize(
    ("rule", "keep", "message"),
    [
        ("gopher-quality.wrods", "", "Did you mean 'gopher-quality.words'?"),
        (WORDS, "wrods > 3", "Did you mean 'words'?"),
        (WORDS, "words > 3 AND", "it is not SQL"),
        (WORDS, "words + 1", "is not one true or false a document"),
        (WORDS, "language > 3", "cannot be used"),
        (WORDS, "sum(words) > 3", "SUM is not among the functions"),
        ("dedup.near", "words > 3", "has no predicate"),
        ("ingest.http_status", "", "the run has no such rule"),
        ("", "", "nothing is asked"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(work: parts.Work, rule: str, keep: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        ask(work, rule, keep)
    assert message in str(caught.value)


def test_text_from_the_web_cannot_steer_the_terminal() -> None:
    assert tables.visible("a\x1b[31m\u202eb\n中文") == "a\\u001b[31m\\u202eb\\u000a中文"


def test_the_commands_print_tables_and_json(work: parts.Work, cli: Command) -> None:
    shown = cli("explain", work.path, "--rule", WORDS, "--keep", "words >= 90", "--samples", "2").out
    assert "words >= 90" in shown
    assert "Dropped side of the line" in shown
    answer = json.loads(cli("explain", work.path, "--rule", WORDS, "--keep", "words >= 90", "--json").out)
    assert answer["total"]["lost"]["documents"] > 0
    assert "gopher-quality.stop_words" in cli("explain", work.path).out
    failing = json.loads(cli("explain", work.path, "--json").out)["by_rule"]["dedup.near"]["failing"]
    assert sum(found["documents"] for found in failing.values()) > 0


def test_every_signal_and_column_is_listed_with_unit_meaning_and_source(cli: Command) -> None:
    entries = {e.name: e for e in catalogue.entries() if e.kind == "signal"}
    assert {*entries} == {*signals.SIGNALS, *signals.OPTIONAL}
    assert {e.name for e in catalogue.entries() if e.kind == "column"} >= {*rules.COLUMNS}
    assert all(e.unit and e.meaning and e.source for e in catalogue.entries())
    listed = json.loads(cli("signals", "--json").out)
    assert {e["name"] for e in listed} >= {*signals.SIGNALS}


def test_the_chinese_page_of_the_filters_says_what_the_english_one_says(cli: Command) -> None:
    english, chinese = ((share.folder("filters") / page).read_text("utf-8") for page in catalogue.PAGES.values())
    cells = [
        [re.findall(r"`[^`]+`", row) for row in text.splitlines() if row[:3] == "| `"] for text in (english, chinese)
    ]
    assert [row[0] for row in cells[0]] == [row[0] for row in cells[1]]  # packs, signals, columns, edits; their order
    lost = [(a[0], {*a} - {*b}) for a, b in zip(*cells, strict=True)]
    assert not [row for row in lost if row[1]]  # every code, key and file that the English row names
    for a, b in zip(catalogue.entries(), catalogue.entries("zh"), strict=True):
        assert (a.name, a.kind, a.function) == (b.name, b.kind, b.function)
        assert re.search("[\u4e00-\u9fff]", b.meaning), b.name
        assert all((b.unit, b.source, b.group)), b.name
        assert {*re.findall(r"\d+", b.meaning)} <= {*re.findall(r"\d+", a.meaning)}, b.name
    listed = json.loads(cli("signals", "han_fraction", "--json", "--language", "zh").out)
    assert [e["meaning"] for e in listed] == ["非空白字符中汉字的占比"]
    with pytest.raises(DataError, match="Write en or zh"):
        catalogue.entries("fr")


def test_every_pack_is_listed_with_its_rules(cli: Command) -> None:
    listed = json.loads(cli("filters", "--json").out)
    assert [p["name"] for p in listed] == rules.available()
    for pack, found in zip(listed, rules.load(rules.available()), strict=True):
        assert [r["keep"] for r in pack["rules"]] == [r.keep for r in found.rules]
    assert "char_count > 200" in cli("filters", "length").out


@pytest.mark.parametrize(
    ("predicate", "lines"),
    [
        ("words >= 50", [("words", 50)]),
        ("words BETWEEN 50 AND 100000", [("words", 50), ("words", 100000)]),
        ("not (words between 50 and 60) or 0.5 < han_fraction", [("words", 50), ("words", 60), ("han_fraction", 0.5)]),
        ("truncated = ''", []),
        ("url = 'words > 3' AND words = 1e3", [("words", 1000)]),
        ("ABS(words - 50) < 3", []),
        ("top_2_gram_char_fraction <= .2 OR words < 20.5", [("top_2_gram_char_fraction", 0.2), ("words", 20.5)]),
    ],
)
def test_the_lines_of_a_predicate_are_found(predicate: str, lines: list[tuple[str, float]]) -> None:
    assert [tuple(line) for line in thresholds.lines(predicate)] == lines


def test_every_numeric_rule_of_the_project_has_a_line() -> None:
    for pack in rules.load(rules.available()):
        for rule in pack.rules:
            for predicate in rule.keep.values():
                names = set(rules.expression(predicate).meta.root_names())
                if names <= set(signals.SIGNALS):
                    assert thresholds.lines(predicate), f"{pack.name}.{rule.name}: {predicate}"


def test_packs_that_changed_since_the_run_are_noticed(work: parts.Work, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "work"
    shutil.copytree(work.path, copy)
    facts = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    assert not parts.open_work(str(copy)).changed
    (copy / "run.json").write_text(json.dumps({**facts, "recipe_digest": "0"}), encoding="utf-8")
    assert parts.open_work(str(copy)).changed
    assert recipe.available()
    assert share.folder("filters").is_dir()


def test_the_page_shows_every_rule_every_signal_and_both_sides_in_a_real_browser(
    work: parts.Work, tmp_path: Path
) -> None:
    file = tmp_path / "explain.html"
    page.write(work, str(file), 2)
    made = file.read_text(encoding="utf-8")
    found = overview.overview(work)
    with chromium() as browser:
        for width in (1280, 390):
            browser.open("about:blank")
            browser.console(), browser.requests()
            browser.open(file.as_uri(), width)
            assert browser.requests() == [file.as_uri()]
            assert browser.overflow() <= 0
            for language in ("zh", "en"):
                browser.run(f"document.getElementById('show-{language}').click()")
                assert browser.low_contrast() == []
            assert browser.console() == []
        listed = browser.run("return [...document.querySelectorAll('#rules ~ .wide')][0].innerText")
        for rule in found.by_rule:
            assert rule in listed.replace("\u200b", "")
        figures = browser.run("return [...document.querySelectorAll('figcaption')].map(e => e.innerText)")
        assert any(f.startswith("words · zh") for f in figures)
        limits = "return [...document.querySelectorAll('line.limit title')].map(e => e.textContent)"
        assert "length.chars: 200" in browser.run(limits)
        opened = browser.run("const d = document.querySelector('details'); d.open = true; return d.innerText")
        assert "kept side" in opened
    assert "length" in made


def test_the_page_numbers_are_those_of_the_audit_of_the_same_run(work: parts.Work) -> None:
    from openclaw_data.audit import blocks, numbers

    listed = {
        f"{p.name}.{r.name}": {"keep": r.keep, "languages": list(p.languages)} for p in work.packs for r in p.rules
    }
    tally = numbers.Tally({}, listed, work.resolved.recipe.languages)
    for number, frame in parts.decisions(work):
        tally.add(frame.with_columns(part=number).with_row_index("row"))
    report = json.loads((Path(work.path.removesuffix(".work")) / "audit" / "report.json").read_text(encoding="utf-8"))
    assert [h.model_dump(mode="json") for h in blocks.histograms_of(tally, listed)] == report["signals"]
