"""Word lists, block lists of URLs, and what is left of personal data in a dataset."""

import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import openclaw_data
from openclaw_data import documents, extraction, recipe, rules, share, signals
from openclaw_data.audit import compliance, report
from openclaw_data.audit.residue import residue
from openclaw_data.cli import app
from openclaw_data.documents import DataError
from openclaw_data.flow import annotate
from openclaw_data.ingest import blocklists
from openclaw_data.kernels import terms as kernel
from openclaw_data.signals import lexicons
from tests import reference_terms
from tests.timing import within

TERMS = ["ab", "abc", "a b", "赌", "赌场", "博彩", "x", "澳门赌场", "bet now", "a赌"]
CATEGORIES = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
TEXTS = st.lists(
    st.sampled_from(
        ["ab", "abc", "A", "B", "b", " ", "赌", "场", "博彩", "澳门", "x", "\n", "bet", "now", "é", "." * 300]
    ),
    max_size=20,
)


@settings(max_examples=200)
@given(st.lists(TEXTS.map("".join), max_size=4), st.integers(0, 1))
def test_the_walk_counts_what_plain_python_counts(texts: list[str], sliced: int) -> None:
    array = pa.array(["赌场 ab", *texts])[1:] if sliced else pa.array(texts, pa.string())
    offsets, data = documents.text_buffers(array)
    found = kernel.count(offsets, data, *kernel.build(TERMS, CATEGORIES), 2)
    assert [list(map(tuple, row)) for row in found.tolist()] == reference_terms.count(texts, TERMS, CATEGORIES, 2)


def test_a_text_that_always_almost_matches_takes_linear_time() -> None:
    trie = kernel.build(["ab" * 50 + "c"], [0])
    offsets, data = documents.text_buffers(pa.array(["ab " * 10 + "赌" + "ab" * 500_000]))
    kernel.count(offsets[:1], data, *trie, 1)
    with within(2):
        kernel.count(offsets, data, *trie, 1)


def test_titles_and_first_lines_count_as_head() -> None:
    batch = documents.from_texts(["一\n二\n博彩\n时时彩", "无"], titles=["百家乐平台", ""])
    found = signals.compute(batch, ["gambling_terms", "gambling_head_terms", "gambling_char_fraction"])
    assert found["gambling_terms"].to_pylist() == [2, 0]
    assert found["gambling_head_terms"].to_pylist() == [2, 0]
    assert found["gambling_char_fraction"].to_pylist() == [np.float32(0.5), 0]


def test_no_bundled_list_has_a_term_twice_or_in_another_list() -> None:
    lists = [lexicons.read(share.folder("filters") / "lexicons" / f"{name}.tsv") for name in lexicons.CATEGORIES]
    every = [term for found in lists for term in found.terms]
    assert len(every) == len(set(every))
    assert all(found.header["licence"] == "Apache-2.0" for found in lists)


HEADER = "".join(f"# {key}: x\n" for key in lexicons.HEADER)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"word\n", "header line '# owner"),
        (HEADER.encode(), "has 0 terms"),
        ((HEADER + "a" * 200).encode(), "200 bytes"),
        ((HEADER + "word\tzh\tA9.z\n").encode(), "'A9.z' does not exist"),
    ],
)
def test_a_bad_word_list_is_one_clear_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "words.tsv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        lexicons.read(tmp_path / "words.tsv")


def test_coverage_counts_terms_by_risk_and_says_what_is_not_measured(tmp_path: Path) -> None:
    rows = [f"词{risk}{i}\tzh\t{risk}" for risk in lexicons.risk_names()[:17] for i in range(250)]
    (tmp_path / "words.tsv").write_text(HEADER + "\n".join(rows), encoding="utf-8")
    shown = CliRunner().invoke(app, ["lexicon", "check", str(tmp_path / "words.tsv")]).output
    assert "4,250 terms of 10,000" in shown
    assert "A1.a      250 terms, 200 asked for: enough" in shown
    assert "A3.a        0 terms, no number asked for: not measured" in shown
    assert "Not complete." in shown
    assert len(lexicons.risk_names()) == 31


def test_advertisements_are_spam_and_sentences_about_them_are_not() -> None:
    lines = (Path(__file__).parent / "spam_pages.tsv").read_text("utf-8").splitlines()
    kinds, texts = zip(*(line.split("\t") for line in lines), strict=True)
    packs = rules.load(["spam"])
    batch = documents.from_texts(list(texts))
    batch = documents.append(batch, signals.compute(batch, sorted(rules.needed(packs))))
    judged = rules.judge(batch, packs).to_pylist()
    assert all(bool(found) == (kind != "clean") for kind, found in zip(kinds, judged, strict=True))


LINKED = """<html><title>河边的学校</title><div class=menu><a href=/a>澳门赌场</a><a href=/b>六合彩</a></div><article>
<p>今天下午学校举行了春季运动会，全校师生都来到操场，为运动员们加油助威，家长也来了。</p><p>比赛分为三组，第一组是短跑，
第二组是跳远，第三组是接力，老师们当裁判，奖品是铅笔和本子，大家都很高兴。</p></article>
<div style="display:none"><a href=/c>百家乐 和别的字</a></div></html>"""
RULE = """
name: links
version: 1.0.0
source: a test
rules:
  - name: menu
    keep: gambling_anchor_terms < 3 OR gambling_anchor_char_fraction < 0.5
    source: a test
    keeps: ["今天下午学校举行了春季运动会。"]
    drops: [{text: "今天下午学校举行了春季运动会。", columns: {link_text: "澳门赌场"}}]
"""


@pytest.mark.parametrize("engine", ["openclaw", "resiliparse"])
def test_terms_in_links_of_the_page_are_signals_for_rules_with_every_engine(engine: str, tmp_path: Path) -> None:
    (tmp_path / "links.yaml").write_text(RULE, encoding="utf-8")
    packs = rules.load(["links"], tmp_path)
    rows = [
        {"payload": LINKED.encode()},
        {"payload": LINKED.replace("href", "name").encode()},
        {"text": "澳门赌场 六合彩"},
    ]
    batch = extraction.pages(documents.build(documents.RAW, rows), engine=engine)
    assert "赌场" not in batch.column("text")[0].as_py()
    found = signals.compute(batch, ["gambling_anchor_char_fraction", "gambling_anchor_terms", "seo_anchor_terms"])
    assert found["gambling_anchor_terms"].to_pylist() == [3, 0, 0]
    assert found["gambling_anchor_char_fraction"].to_pylist() == pytest.approx([10 / 15, 0, 0])
    assert found["seo_anchor_terms"].to_pylist() == [0, 0, 0]
    assert rules.judge(documents.append(batch, found), packs).to_pylist() == [["links.menu"], [], []]


def test_a_term_does_not_run_over_two_links_and_link_text_is_in_no_part() -> None:
    page = LINKED.replace("澳门赌场", "澳门赌</a><a href=/d>场")
    raw = documents.build(documents.RAW, [{"payload": page.encode()}])
    found = signals.compute(extraction.pages(raw), ["gambling_anchor_terms"])
    assert found["gambling_anchor_terms"].to_pylist() == [2]
    assert "link_text" not in annotate.annotate(raw, recipe.resolve(recipe.load("web"))).schema.names


OWN = HEADER.replace("category: x", "category: own") + "甲词\tzh\tA1.f\n乙词\tzh\tA1.f\n丙词\tzh\n"
SPEC = """
name: mine
version: 1.0.0
sources: [{{id: a, format: jsonl, paths: [a.jsonl], origin: user, record: x}}]
filters: [own-lists]
lexicons: [{{path: words.tsv, sha256: {digest}}}]
"""


def written(folder: Path, content: str | bytes = OWN, digest: str | None = None) -> str:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / "words.tsv").write_bytes(raw)
    text = SPEC.format(digest=digest or hashlib.sha256(raw).hexdigest())
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return str(folder / "mine.yaml")


def test_own_word_lists_of_a_recipe_make_signals_risks_and_verdicts(tmp_path: Path) -> None:
    resolved = recipe.resolve(recipe.load(written(tmp_path)))
    texts = ["甲词乙词" + "字" * 96, "甲词" + "字" * 98, "字\n字\n字\n甲词丙词" + "字" * 300, "字\n" * 4 + "甲词乙词"]
    raw = documents.from_texts(texts, titles=["", "甲词、丙词", "", "甲词"])
    found = signals.compute(raw, ["own_terms", "own_head_terms", "own_risks"], resolved.classifiers)
    assert found["own_terms"].to_pylist() == [2, 1, 2, 2]
    assert found["own_head_terms"].to_pylist() == [2, 3, 0, 1]
    assert found["own_risks"].to_pylist() == [["A1.f"], ["A1.f"], [], ["A1.f"]]
    batch = documents.append(raw, signals.compute(raw, sorted(rules.needed(resolved.packs)), resolved.classifiers))
    verdict = rules.judge(batch, resolved.packs).to_pylist()
    assert verdict == [["own-lists.share", "own-lists.head"], ["own-lists.head"], [], ["own-lists.share"]]
    assert resolved.models["lexicons-words.tsv"] == hashlib.sha256(OWN.encode()).hexdigest()
    assert resolved.models["lexicon-porn"]
    changed = recipe.resolve(recipe.load(written(tmp_path, OWN + "丁词\n")))
    assert changed.digest != resolved.digest


def test_the_audit_counts_a_risk_that_only_an_own_list_sees(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": text} for n, text in enumerate(["甲词乙词" + "字" * 96, "一二三四五六" * 20])]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = openclaw_data.run(written(tmp_path, OWN.replace("A1.f", "A1.a")), tmp_path / "out")
    assert [(w.name, w.terms, w.complete, w.risks) for w in made.lexicons] == [("words.tsv", 3, False, {"A1.a": 2})]
    found = report.Report.model_validate_json((tmp_path / "out" / "audit" / "report.json").read_bytes())
    assert found.risks.codes["A1.a"] == (1, 0)
    assert found.risks.covers["A1.a"] == "2 terms of words.tsv"
    assert not any("A1.a" in m.reason for m in found.not_measured)
    assert any("A1.b" in m.reason for m in found.not_measured)
    told = {row.number: row for row in compliance.fill("gb-t-45654", found).rows}
    assert told["A A1.a"].answer[0].startswith("1 read, 0 kept. Seen: ")
    assert told["8.1"].verdict == "fail"
    assert told["8.1"].answer[0] == "words.tsv: 3 terms"


@pytest.mark.parametrize(
    ("content", "digest", "message"),
    [
        (OWN, "b" * 64, "words.tsv: the word list's sha256 must be b{64} and is [0-9a-f]{64} .*Fetch the file again"),
        (b"\x1f\x8b\xff\x00", None, "words.tsv: is not UTF-8"),
        ("甲词\n", None, "header line '# owner"),
        (HEADER, None, "has 0 terms"),
    ],
)
def test_an_own_word_list_that_is_not_the_one_meant_is_refused(
    tmp_path: Path, content: str | bytes, digest: str | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        recipe.resolve(recipe.load(written(tmp_path, content, digest)))


def test_a_missing_own_list_names_its_digest_and_a_rule_without_list_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, digest="a" * 64)
    (tmp_path / "words.tsv").unlink()
    with pytest.raises(DataError, match=r"no such word list; its sha256 must be a{64}"):
        recipe.resolve(recipe.load(path))
    (tmp_path / "mine.yaml").write_text(SPEC.format(digest="a" * 64).partition("lexicons")[0], encoding="utf-8")
    with pytest.raises(DataError, match="'own_char_fraction', and no word list is given"):
        recipe.resolve(recipe.load(path))
    (tmp_path / "mine.yaml").write_text(SPEC.format(digest="a" * 64).replace("path:", "file:"), encoding="utf-8")
    with pytest.raises(DataError, match=r"line 6: unknown key 'lexicons.0.file'"):
        recipe.load(path)


def test_good_documents_are_not_called_spam_and_spam_is(shared_data: Path) -> None:
    good = pl.read_parquet(shared_data / "quality" / "quality_dev.parquet").filter(
        (pl.col("quality") == "good") & (pl.col("unit") == "document")
    )
    packs = rules.load(["spam"])
    batch = documents.from_texts(good["text"].to_list())
    batch = documents.append(batch, signals.compute(batch, sorted(rules.needed(packs))))
    dropped = sum(bool(v) for v in rules.judge(batch, packs).to_pylist())
    assert dropped <= 0.003 * len(good)


def lists(folder: Path) -> tuple[str, ...]:
    for category, name, lines in (
        ("gambling", "domains", "Bet.example\n# comment\n\n1.2.3.4\n"),
        ("porn", "urls", "host.example/adult/\nxxxtube\n"),
    ):
        (folder / category).mkdir(exist_ok=True)
        (folder / category / name).write_text(lines, encoding="utf-8")
    return (str(folder),)


@pytest.mark.parametrize(
    ("url", "category"),
    [
        ("http://bet.example/", "gambling"),
        ("https://www.BET.example:8080/x", "gambling"),
        ("http://1.2.3.4/x", "gambling"),
        ("http://alphabet.example/", ""),
        ("http://bet.example.com/", ""),
        ("http://host.example/adult/7.html?q=1", "porn"),
        ("http://host.example/adulthood/", ""),
        ("http://a.example/x/XXXTube-7.html", "porn"),
        ("http://a.example/x/xxxtubes", ""),
        ("", ""),
        ("no url", ""),
        ("http://[::1/", ""),
        ("http://" + "a." * 5000 + "example/", ""),
    ],
)
def test_a_url_is_found_by_host_suffix_path_or_word(tmp_path: Path, url: str, category: str) -> None:
    assert blocklists.url_category(pa.array([url]), lists(tmp_path)).to_pylist() == [category]


def test_a_bad_block_list_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no lists"):
        blocklists.load((str(tmp_path),))
    (tmp_path / "porn").mkdir()
    (tmp_path / "porn" / "domains").write_bytes(b"x" * 100_000)
    with pytest.raises(DataError, match="a line of more than"):
        blocklists.load((str(tmp_path), ""))


def test_the_residue_of_a_dataset_is_counted_by_document(tmp_path: Path) -> None:
    (tmp_path / "data" / "zh").mkdir(parents=True)
    texts = ["电话<PHONE>", "电话13812345678、13912345678", "客服400-810-8888", "无"]
    table = pa.table({"text": texts, "title": ["", "a1@qq.com", "", ""]})
    pq.write_table(table, tmp_path / "data" / "zh" / "train-00000-of-00001.parquet")
    found = residue(str(tmp_path))
    assert (found.documents, found.holding, found.values) == (4, {"EMAIL": 1, "PHONE": 1}, {"EMAIL": 1, "PHONE": 2})
    assert found.per_million("PHONE") == 250_000
    shown = CliRunner().invoke(app, ["audit-pii", str(tmp_path)]).output
    assert "2 values in        1 documents,  250,000.0 a million" in shown
    with pytest.raises(DataError, match="no shards"):
        residue(str(tmp_path / "absent"))
