"""Packs bring signals along: functions of their own and filters of datatrove."""

import pytest

from openclaw_data import documents, rules, signals

PACK = """
name: mine
version: 0.1.0
source: a test
{brings}
rules:
  - name: one
    keep: {keep}
    source: a test
    keeps: [a]
    drops: [b]
"""


def write(tmp_path, brings, keep):
    path = tmp_path / "mine.yaml"
    path.write_text(PACK.format(brings=brings, keep=keep))
    return str(path)


@pytest.fixture(autouse=True)
def _own_columns(monkeypatch):
    monkeypatch.setattr(signals, "ADDED", {})


def judge(pack, texts):
    batch = documents.from_texts(texts)
    batch = documents.append(batch, signals.compute(batch, sorted(rules.needed(pack) - set(batch.schema.names))))
    return [v != [] for v in rules.judge(batch, pack).to_pylist()]


def test_a_function_of_your_own_is_a_signal(tmp_path):
    pack = rules.load([write(tmp_path, "signals: ['own_signals:shouts']", "shouts <= 1")])
    assert judge(pack, ["calm", "loud!!!"]) == [False, True]


@pytest.mark.parametrize("name", ["own_signals:nothing", "own_signals:absent", "no_such_module:f"])
def test_a_function_that_is_no_signal_is_refused_with_file_and_line(tmp_path, name):
    with pytest.raises(documents.DataError, match=r"mine.yaml, line 5.*it is no signal"):
        rules.load([write(tmp_path, f"signals: ['{name}']", "shouts <= 1")])


@pytest.mark.filterwarnings("ignore")
def test_a_filter_of_datatrove_is_a_signal(tmp_path):
    pytest.importorskip("datatrove", reason="needs the extra datatrove")
    brings = "datatrove: {dt_lines: {filter: C4ParagraphFilter}}"
    pack = rules.load([write(tmp_path, brings, "dt_lines = 1")])
    assert judge(pack, ["short", "\n".join(["a" * 200] * 3)]) == [True, False]


@pytest.mark.filterwarnings("ignore")
def test_an_unknown_filter_of_datatrove_is_refused(tmp_path):
    pytest.importorskip("datatrove", reason="needs the extra datatrove")
    with pytest.raises(documents.DataError, match="datatrove has no such filter"):
        rules.load([write(tmp_path, "datatrove: {dt_x: {filter: NoFilter}}", "dt_x = 1")])
