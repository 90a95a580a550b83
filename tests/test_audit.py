"""The audit report: numbers that agree with the decisions, a page that is safe, and looked at in a real browser."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import jinja2
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from markupsafe import Markup

from openclaw_data import share
from openclaw_data.audit import (
    annex,
    blocks,
    charts,
    compiled,
    compliance,
    histograms,
    page,
    report,
    residue,
    words,
    write,
)
from openclaw_data.dataset import manifest
from openclaw_data.documents import DataError
from openclaw_data.signals import risks
from tests.browser import Page, chromium
from tests.command import Command

SCHEMA = share.folder("manifests") / "schemas" / "audit-1.schema.json"


@pytest.fixture(scope="module")
def dataset(curated: Path) -> Path:
    return curated


@pytest.fixture(scope="module")
def found(dataset: Path) -> report.Report:
    return report.Report.model_validate_json((dataset / "audit" / "report.json").read_bytes())


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as opened:
        yield opened


def read(dataset: Path) -> dict:
    return json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))


def decisions(dataset: Path) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(pq.read_table(p)) for p in sorted((dataset / "decisions").glob("*.parquet"))])


def test_the_schema_is_the_committed_one() -> None:
    text = json.dumps(report.schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        SCHEMA.write_text(text, encoding="utf-8")
    assert text == SCHEMA.read_text(encoding="utf-8"), (
        "if the change is meant: UPDATE_GOLDEN=1 pytest tests/test_audit.py"
    )


def test_every_run_ends_with_a_report_whose_numbers_are_those_of_the_decisions(
    dataset: Path, found: report.Report
) -> None:
    table = decisions(dataset)
    kept = table.filter(pl.col("outcome") == "kept")
    assert found.totals.read == len(table)
    assert found.totals.kept_amount == report.Amount(
        documents=len(kept), characters=kept["char_count"].sum(), tokens=kept["token_count"].sum()
    )
    reasons = table.explode("dropped_by").drop_nulls("dropped_by").filter(pl.col("outcome") == "dropped")
    assert {r.rule: r.documents for r in found.rules if r.documents} == dict(
        reasons["dropped_by"].value_counts().rows()
    )
    single = table.filter(pl.col("dropped_by").list.len() == 1).explode("dropped_by")
    assert {r.rule: r.only for r in found.rules if r.only} == dict(single["dropped_by"].value_counts().rows())
    for by in (found.licences.values(), [s.kept for s in found.sources], [x.kept for x in found.languages]):
        assert sum(a.documents for a in by) == len(kept)
    assert sum(found.times.by_month.values()) + found.times.unknown == len(kept)
    assert (
        sum(d.amount.documents for d in found.domains.top)
        == kept.filter(pl.col("url_host_registered_domain") != "").height
    )


def test_the_funnel_ends_with_what_is_kept(found: report.Report) -> None:
    left = found.totals.read
    for stage in found.funnel:
        assert stage.entered == left
        left -= stage.dropped + stage.errors
    assert left == found.totals.kept


def test_histograms_count_every_judged_document_once(dataset: Path, found: report.Report) -> None:
    table = decisions(dataset).filter((pl.col("error") == "") & (pl.col("skipped") == ""))
    for signal in found.signals:
        for language, bins in signal.judged.items():
            mine = table.filter(pl.col("language") == language)
            assert sum(bins.counts) == len(mine)
            assert sum(signal.kept[language].counts) == (mine["outcome"] == "kept").sum()
    assert {"words", "char_count"} <= {s.name for s in found.signals}
    drawn = {(t.language, t.value) for s in found.signals if s.name == "char_count" for t in s.thresholds}
    assert drawn >= {("zh", 200.0), ("en", 150.0)}


@pytest.mark.parametrize("scale", [histograms.FRACTION, histograms.LOG, histograms.COUNT])
def test_a_value_lies_in_the_bin_that_its_position_is_in(scale: str) -> None:
    values = np.array([0, 0.004, 0.01, 0.29, 0.5, 0.999, 1, 1.5, 2, 50, 100, 99999, 1e5, 3e12], np.float32)
    bins = histograms.bin_of(values, scale)
    assert list(bins) == sorted(bins)
    for value, at in zip(values, bins, strict=True):
        place = histograms.position(float(value), scale)
        assert abs(place - at) <= 1.0001
    assert histograms.value_at(histograms.position(0.5, histograms.FRACTION), histograms.FRACTION) == 0.5


def test_what_the_dataset_does_not_have_is_said_to_be_not_measured(found: report.Report) -> None:
    silent = {m.block for m in found.not_measured}
    for block in ("pii", "risks", "contamination", "duplicates", "rights"):
        assert (getattr(found, block) is None) == (block in silent)
    assert "pii.residual" in silent
    assert found.pii is None or found.pii.searched
    assert found.risks is None or [*found.risks.covers] == [*risks.RISKS]
    assert all(m.reason and m.reason_zh and m.block.partition(".")[0] in words.WORDS for m in found.not_measured)


def test_an_audit_made_again_has_the_same_bytes(dataset: Path) -> None:
    files = {p: p.read_bytes() for p in (dataset / "audit").iterdir()}
    assert {p.name for p in files} == {"report.json", "report.html", "domains.csv"}
    write.audit(str(dataset), read(dataset))
    assert {p: p.read_bytes() for p in (dataset / "audit").iterdir()} == files


def test_texts_are_left_out_unless_the_work_folder_is_named(
    dataset: Path, found: report.Report, tmp_path: Path
) -> None:
    everyone = [*found.samples.kept, *(s for rows in found.samples.dropped.values() for s in rows)]
    assert everyone
    assert not any(s.text for s in everyone)
    copy = tmp_path / "out"
    shutil.copytree(dataset, copy)
    shown = write.audit(str(copy), read(copy), work=f"{dataset}.work", language="zh")
    assert all(s.text for s in shown.samples.kept)
    assert '<html lang="zh">' in (copy / "audit" / "report.html").read_text(encoding="utf-8")


def test_the_command_writes_the_report_and_refuses_what_is_no_dataset(
    dataset: Path, tmp_path: Path, cli: Command
) -> None:
    assert "Not measured:" in cli("audit", dataset).out
    ended = cli("audit", tmp_path)
    assert (ended.status, "holds no manifest.json" in ended.err) == (2, True)
    with pytest.raises(DataError, match="is not a language of the report"):
        write.audit(str(dataset), read(dataset), language="fr")


def test_a_dataset_is_whole_after_another_audit(dataset: Path, tmp_path: Path, cli: Command) -> None:
    copy = tmp_path / "out"
    shutil.copytree(dataset, copy)
    before = (copy / "manifest.json").read_bytes()
    for options, same in (([], True), (["--work", f"{dataset}.work"], False)):
        assert cli("audit", copy, *options).status == 0
        assert ((copy / "manifest.json").read_bytes() == before) == same
        assert cli("verify", copy).status == 0


def test_months_without_a_document_are_shown_and_long_spans_are_years() -> None:
    assert charts.months({"2024-11": 2, "2025-02": 1}) == {"2024-11": 2, "2024-12": 0, "2025-01": 0, "2025-02": 1}
    years = charts.months({"1996-05": 1, "1996-07": 2, "2025-01": 4})
    assert (len(years), years["1996"], years["2000"], years["2025"]) == (30, 3, 0, 4)
    assert charts.months({}) == {}


def test_what_masking_left_is_looked_for_in_documents_chosen_by_digest(dataset: Path) -> None:
    made = read(dataset)
    some = residue.sampled(str(dataset), made, 20)
    assert (some.documents, some) == (20, residue.sampled(str(dataset), made, 20))
    whole = residue.sampled(str(dataset), made, 10**6)
    assert whole == residue.residue(str(dataset))
    assert residue.sampled(str(dataset), {**made, "shards": []}).documents == 0


def test_the_long_tail_is_the_share_of_the_largest() -> None:
    assert blocks.curve([]) == ()
    points = blocks.curve([60, 30, 10])
    assert points[0] == (round(1 / 3, 6), 0.6)
    assert points[-1] == (1.0, 1.0)
    rows = pl.DataFrame({"domain": ["=cmd"], "documents": [1], "characters": [2], "tokens": [1]})
    assert "'=cmd" in write.domains_csv(rows)


def test_every_word_of_the_pages_is_there_in_both_languages() -> None:
    assert all(english and chinese for english, chinese in words.WORDS.values())
    assert all(any("\u4e00" <= c <= "\u9fff" for c in chinese) for _, chinese in words.WORDS.values())


def test_signals_are_described_in_both_languages(found: report.Report) -> None:
    made = page.render(found)
    for signal in found.signals:
        assert page.said(signal, "meaning") in made
        assert page.said(signal, "unit") in made
    characters = next(signal for signal in found.signals if signal.name == "char_count")
    assert page.said(characters, "meaning") == words.pair("Unicode code points of the text", "正文的 Unicode 码位数")
    assert page.said(characters, "unit") == words.pair("characters", "字符")
    stops = next(signal for signal in found.signals if signal.name == "stop_words_zh")
    assert "<code>words/stop-words-zh.txt</code> 中的" in page.said(stops, "meaning")
    brought = characters.model_copy(update={"name": "my_signal", "meaning": "`<mine>`"})
    assert page.said(brought, "meaning") == words.pair(*2 * [Markup("<code>&lt;mine&gt;</code>")])


HOSTILE = [
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "http://evil.example/\u202egnp.exe\x1b[31m\x00",
    "{{ 7 * 7 }}{% raw %}",
    "</style><style>body{display:none}",
    "&lt;b&gt;]]><!--",
]


def hostile(found: report.Report) -> report.Report:
    """The report with hostile texts wherever a text comes from outside."""
    data = found.model_dump(mode="json")
    evil = " ".join(HOSTILE)
    for key in ("name", "description"):
        data["identity"][key] = evil
    data["identity"]["publication"] = {evil: evil}
    for sample in (*data["samples"]["kept"], *(s for rows in data["samples"]["dropped"].values() for s in rows)):
        sample.update(id=evil, url=evil, text=evil, values={"words": 3, "title": evil})
    data["samples"]["with_texts"] = True
    for domain in data["domains"]["top"]:
        domain["domain"] = evil
    data["licences"][evil] = {"documents": 1, "characters": 1, "tokens": 1}
    data["sources"][0].update(record=evil, licence=evil, crawl=evil)
    data["rules"][0].update(rule=evil, keep={"default": evil})
    data["rights"]["signals"][evil] = [1, 1]
    data["signals"][0]["thresholds"] = [{"rule": evil, "language": "zh", "value": 3}]
    data["signals"][0]["meaning"] = evil
    data["reproducibility"]["recipe"] = {"name": evil}
    rates = {"rate": 0.9, "low": 0.8, "high": 0.95, "required": 0.96, "verdict": "not met"}
    counts = {"population": 9, "drawn": 9, "reviewed": 9, "failed": 1, "least": 9}
    sampled = {"kind": "manual", "seed": 7, "reviewers": 2, "both": 9, "same": 8, "kappa": 0.6, "unsure": 1}
    sampled |= {"failures": {evil: 1}, "detectors": {evil: 1}, "files": {evil: "0" * 64}}
    data["review"] = {"checks": [{"key": "source", "source": evil, **counts, **rates}], "samples": [sampled]}
    return report.Report.model_validate(data)


def test_nothing_from_outside_becomes_markup(found: report.Report) -> None:
    made = page.render(hostile(found))
    for text in ("<script", "<img", "</style><style>", "\x1b", "\u202e", "\x00"):
        assert text not in made.replace("<style>\n:root", "", 1)
    assert "{{ 7 * 7 }}" in made
    assert "49" not in made.split("{{ 7 * 7 }}")[0][-20:]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("evil", [False, True])
def test_the_page_is_quiet_fits_and_can_be_read(
    browser: Page, found: report.Report, tmp_path: Path, width: int, *, evil: bool
) -> None:
    file = tmp_path / "report.html"
    file.write_text(page.render(hostile(found) if evil else found), encoding="utf-8")
    browser.open("about:blank")
    browser.console(), browser.requests()
    browser.open(file.as_uri(), width)
    assert browser.requests() == [file.as_uri()]
    assert browser.overflow() <= 0
    for language in ("en", "zh"):
        browser.run(f"document.getElementById('show-{language}').click()")
        assert browser.low_contrast() == []
        other = {"en": "zh", "zh": "en"}[language]
        assert browser.run(f"return [...document.querySelectorAll('.{other}')].every(e => !e.getClientRects().length)")
        assert browser.run(f"return document.querySelector('h1 .{language}').getClientRects().length") > 0
    assert browser.console() == []
    assert browser.run("return document.title").startswith("sample" if not evil else "<script>")


def test_the_page_can_be_used_with_the_keyboard_alone(browser: Page, dataset: Path) -> None:
    browser.open((dataset / "audit" / "report.html").as_uri())
    tab, right, enter = "\ue004", "\ue014", "\ue007"
    browser.keys(tab)
    assert browser.run("return document.activeElement.id") == "show-en"
    browser.keys(right)
    assert browser.run("return document.getElementById('show-zh').checked")
    assert browser.run("return document.querySelector('h1 .zh').getClientRects().length") > 0
    browser.keys(tab, tab, enter)
    assert browser.run("return location.hash") == "#totals"
    assert browser.run("return [...document.querySelectorAll('.wide')].every(e => e.tabIndex === 0)")
    browser.run("document.querySelector('summary').focus()")
    browser.keys(enter)
    assert browser.run("return document.querySelector('details').open")


def test_every_chart_has_a_name_and_stays_inside_its_frame(browser: Page, dataset: Path) -> None:
    browser.open((dataset / "audit" / "report.html").as_uri())
    outside = browser.run(
        """return [...document.querySelectorAll('svg')].flatMap(svg => { const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text, path, line')].filter(e => { const b = e.getBoundingClientRect();
          return b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1
            || b.bottom > box.bottom + 1; })
          .map(e => svg.getAttribute('aria-label') + ': ' + e.outerHTML); })"""
    )
    assert outside == []
    unnamed = browser.run(
        """return [...document.querySelectorAll('svg, nav, .wide')].filter(e => !e.getAttribute('aria-label')
        && !document.getElementById(e.getAttribute('aria-labelledby'))?.textContent).map(e => e.outerHTML)"""
    )
    assert unnamed == []


def test_an_empty_chart_is_still_a_chart() -> None:
    empty = report.Histogram(name="x", unit="", meaning="", source="", scale="log", judged={}, kept={}, thresholds=())
    assert charts.histogram(empty, "zh", "x").startswith("<svg")
    assert charts.columns({}, "x").startswith("<svg")
    assert charts.curve((), "x").startswith("<svg")


@pytest.mark.parametrize("key", compliance.TEMPLATES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_template_is_filled_where_data_exist_and_says_so_where_not(
    dataset: Path, found: report.Report, key: str, language: str, cli: Command
) -> None:
    shown = cli("audit", dataset, "--template", key, "--language", language).out
    assert shown == compliance.markdown(compliance.fill(key, found), found, language)
    assert compliance.MISSING[0 if language == "en" else 1] in shown
    assert f"{found.totals.kept_amount.documents:,}" in shown or key == "gb-t-45654"
    rows = [line for line in shown.splitlines() if line.startswith("| ")]
    assert all(line.count(" | ") == 4 for line in rows[1:])


def test_the_templates_have_every_item(found: report.Report) -> None:
    filled = {key: compliance.fill(key, found).rows for key in compliance.TEMPLATES}
    assert [row.number for row in filled["ab-2013"]] == [str(n) for n in range(1, 13)]
    assert [row.number[2:] for row in filled["gb-t-45654"] if row.number.startswith("A ")] == list(risks.RISKS)
    assert {*risks.RISKS} == {*annex.RISKS_ZH}
    assert {*risks.DETECTORS} == {*annex.DETECTED_ZH}
    for row in (row for rows in filled.values() for row in rows):
        assert not re.search("read|kept|tokens|documents|unknown", row.answer[1]), row
    numbers = {row.number for row in filled["eu-ai-act"]}
    assert numbers >= {"1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3"}
    verdicts = {row.verdict for rows in filled.values() for row in rows}
    assert verdicts <= {*compliance.VERDICTS}


def test_what_was_not_measured_is_never_a_pass(found: report.Report) -> None:
    bare = found.model_copy(update={"risks": None, "pii": None, "rights": None, "review": None})
    rows = compliance.fill("gb-t-45654", bare).rows
    assert not [row for row in rows if row.verdict == "pass"]
    assert all(row.answer[0] == "not measured" for row in rows if row.number.startswith("A "))
    numbers = {"population": 9000, "drawn": 4000, "least": 4000, "rate": 0.97, "low": 0.964, "high": 0.975}
    for reviewed, verdict, shown in ((4000, "met", "pass"), (4000, "not met", "fail"), (90, "too few", "not measured")):
        given = {**numbers, "reviewed": reviewed, "failed": 120, "verdict": verdict, "required": 0.96}
        check = manifest.Check(key="manual", source="", **given)
        held = bare.model_copy(update={"review": manifest.Review(checks=(check,), samples=())})
        rows = {row.number: row.verdict for row in compliance.fill("gb-t-45654", held).rows}
        assert rows["9.2 a"] == shown
        assert rows["9.2 b"] == rows["5.1 a"] == rows["8.1"] == "not measured"


def test_a_filled_template_is_a_quiet_page_too(browser: Page, found: report.Report, tmp_path: Path) -> None:
    for key in compliance.TEMPLATES:
        file = tmp_path / f"{key}.html"
        file.write_text(page.disclosure(compliance.fill(key, hostile(found)), hostile(found), "zh"), encoding="utf-8")
        browser.open("about:blank")
        browser.console(), browser.requests()
        browser.open(file.as_uri(), 390)
        assert browser.requests() == [file.as_uri()]
        assert browser.overflow() <= 0
        assert browser.low_contrast() == []
        assert browser.console() == []
        assert "<script" not in compliance.markdown(compliance.fill(key, hostile(found)), hostile(found), "en")


def test_a_template_is_compiled_once_for_all_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "FOLDER", tmp_path / "cache")
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    (tmp_path / "page.j2").write_text("{{ 1 }}")

    def environment() -> jinja2.Environment:
        kept = compiled.Compiled(tmp_path / "page.j2")
        return jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path), bytecode_cache=kept, autoescape=True)

    assert environment().get_template("page.j2").render() == "1"
    with monkeypatch.context() as patched:
        patched.delattr(jinja2.Environment, "compile")
        assert environment().get_template("page.j2").render() == "1"
    (tmp_path / "page.j2").write_text("{{ 2 }}")
    assert environment().get_template("page.j2").render() == "2"
