"""Word lists, block lists of URLs, and what is left of personal data in a dataset."""

import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from openclaw_data import documents, rules, share, signals
from openclaw_data.audit.residue import residue
from openclaw_data.cli import app
from openclaw_data.documents import DataError
from openclaw_data.ingest import blocklists
from openclaw_data.kernels import terms as kernel
from openclaw_data.signals import lexicons
from tests import reference_terms

TERMS = ["ab", "abc", "a b", "赌", "赌场", "博彩", "x", "澳门赌场", "bet now", "a赌"]
CATEGORIES = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
TEXTS = st.lists(
    st.sampled_from(
        ["ab", "abc", "A", "B", "b", " ", "赌", "场", "博彩", "澳门", "x", "\n", "bet", "now", "é", "." * 300]
    ),
    max_size=20,
)


@settings(max_examples=200, deadline=None)
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
    started = time.process_time()
    kernel.count(offsets, data, *trie, 1)
    assert time.process_time() - started < 2


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
