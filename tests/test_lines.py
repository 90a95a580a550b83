"""Boilerplate lines: the kernel against its twin, counting, cutting, and the whole pipeline."""

import hashlib
import itertools

import polars as pl
import pyarrow as pa
import pytest
import reference_lines as naive
from hypothesis import given, settings
from hypothesis import strategies as st
from test_deduplicate import curate, fate, recipe, write

from openclaw_data.dedup import lines
from openclaw_data.documents import text_buffers
from openclaw_data.kernels.lines import hash_lines

TEXTS = st.lists(st.text(alphabet="aB 1２\n臺台。é 한", max_size=30) | st.text(max_size=20), max_size=6)


@settings(max_examples=100)
@given(TEXTS, st.integers(0, 3))
def test_lines_equal_their_twin_on_slices_too(texts, skip):
    array = pa.array(texts, pa.string()).slice(skip)
    offsets, data = text_buffers(array)
    found = hash_lines(offsets, data)
    expected = [naive.lines(text) for text in texts[skip:]]
    assert found.offsets.tolist() == [0, *itertools.accumulate(len(x) for x in expected)]
    flat = [line for each in expected for line in each]
    spans = [data[a:b].tobytes().decode() for a, b in zip(found.begins, found.ends, strict=True)]
    assert list(zip(found.hashes.tolist(), spans, found.chars.tolist(), strict=True)) == flat


def test_a_line_is_the_same_whatever_its_width_script_case_digits_and_punctuation():
    same = "閱讀 12 次，Share！\n阅读12次 share\n閱讀９9次 ＳＨＡＲＥ\n阅读次 share\n——\n"
    offsets, data = text_buffers(pa.array([same]))
    hashes = hash_lines(offsets, data).hashes.tolist()
    assert hashes[1] == hashes[2] != hashes[3]
    assert hashes[4:] == [0, 0]


def test_a_line_counts_once_a_document_and_apart_for_each_host():
    found = lines.keyed(pa.array(["a\na\nb", "a", "a"]), ["x", "x", "y"])
    keys, counts = lines.document_counts(found)
    assert sorted(counts.tolist()) == [1, 1, 2]
    twice, total = lines.add_counts([(keys, counts), (keys, counts)])
    assert twice.tolist() == keys.tolist()
    assert total.tolist() == (2 * counts).tolist()


def test_common_keys_come_back_to_the_parts_that_have_them():
    keyed = [lines.keyed(pa.array(texts), ["h"] * len(texts)) for texts in (["m\nx", "m\ny"], ["m", "z"])]
    packed = [lines.pack_counts(p, *lines.document_counts(k), 1, range(1))[0] for p, k in enumerate(keyed)]
    back = dict(lines.common_keys(packed[::-1], 2))
    assert list(back) == [0, 1]
    assert back[0] == back[1] == keyed[0].keys[:1].tobytes()
    assert not dict(lines.common_keys(packed, 3))


def test_cutting_removes_boilerplate_and_leaves_one_blank_line():
    texts = pa.array(["menu\n\nOne.\n\nmenu\n\nTwo.\nmenu", "Nothing\n\n\nhere.", ""])
    found = lines.keyed(texts, ["h"] * 3)
    assert lines.cut(texts, found, found.keys[:1]).to_pylist() == ["One.\n\nTwo.", "Nothing\n\n\nhere.", ""]
    assert lines.fractions(found, found.keys[:1]).tolist() == pytest.approx([12 / 20, 0, 0])
    assert lines.fractions(found, found.keys[:0]).tolist() == [0, 0, 0]


STORIES = [
    "清晨的市场里，卖豆腐的老人已经摆好了摊子，热气从木桶里慢慢升起。",
    "船长把航海日志合上，望着远处的灯塔，海面平静得像一块旧玻璃。",
    "图书馆的管理员每天下午四点喂猫，三只猫分别叫作句号、逗号和顿号。",
    "The mechanic listened to the engine for a while and then asked for a cup of tea.",
    "Nobody in the village remembered who had built the bridge or why it was painted green.",
]
MENU = "首页 新闻 论坛 关于我们 联系方式 网站地图"


def pages(folder):
    rows = [
        {"id": str(i), "text": f"{MENU}\n{story}\n阅读 1{i} 次", "url": f"http://www.a.cn/{i}"}
        for i, story in enumerate(STORIES)
    ]
    rows += [{"id": "menu", "text": f"{MENU}\n阅读 99 次", "url": "http://b.a.cn/m"}]
    rows += [{"id": "far", "text": f"{MENU}\n{STORIES[0]}朋友们说这样的早晨最难忘。", "url": "http://c.cn/1"}]
    half = len(rows) // 2
    return {"first": [write(folder / "1.jsonl", rows[:half]), write(folder / "2.jsonl", rows[half:])]}


def test_lines_of_many_pages_of_a_host_are_boilerplate_in_the_pipeline(tmp_path):
    asked = recipe(tmp_path, "{minhash: null, lines: {max_documents: 3, max_fraction: 0.6}}")
    table = curate(tmp_path / "out", asked, pages(tmp_path))
    share = dict(zip(table["id"], table["dup_line_fraction"], strict=True))
    assert share["far"] == 0
    assert share["menu"] == 1
    assert all(0.2 < share[str(i)] < 0.6 for i in range(5))
    assert {k: v for k, v in fate(table).items() if v} == {"menu": ["dedup.lines"]}


@pytest.mark.parametrize("memory", ["2GB", "1kB"])
def test_removed_lines_leave_digest_lengths_and_edits_of_the_new_text(tmp_path, memory):
    asked = recipe(tmp_path, f"{{minhash: null, lines: {{max_documents: 3, remove: true}}, memory: {memory}}}")
    table = curate(tmp_path / "out", asked, pages(tmp_path))
    assert fate(table)["menu"] == ["dedup.lines"]
    data = pl.concat([pl.read_parquet(p) for p in sorted((tmp_path / "out" / "data").rglob("*.parquet"))])
    data = data.sort("id")
    assert data.filter(pl.col("id") != "far")["text"].to_list() == STORIES
    for row in data.iter_rows(named=True):
        assert row["text_sha256"] == hashlib.sha256(row["text"].encode()).hexdigest()
        assert row["char_count"] == len(row["text"])
        assert (row["edits"] > 0) == (row["id"] != "far")
        decided = table.row(by_predicate=pl.col("id") == row["id"], named=True)
        assert all(decided[name] == row[name] for name in ("text_sha256", "char_count", "token_count", "edits"))
