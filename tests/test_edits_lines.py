"""Edits that remove lines remove those and nothing else, count what they remove, and change nothing the second time."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data import documents, edits

PIECES = st.sampled_from(
    ["首页",
     "责任编辑：王", "今天下午学校举行了运动会。", "版权所有", "\n", "\n\n", " ",
     "[1]", "[edit]", "[", "]", "12", "{",
     "The river rose. ", "Read more", "lorem ipsum here.", "javascript", "京ICP备12345678号", "…", "浣犲ソ", "Ã©", "a"]
)  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4)


@given(TEXTS, st.sampled_from(sorted(edits.EDITS)))
def test_an_edit_counts_what_it_removes_and_a_second_time_changes_nothing(texts, name):
    batch = documents.from_texts(["first", *texts]).slice(1)
    once = edits.apply(batch, [name])
    twice = edits.apply(once, [name])
    assert twice.column("text").to_pylist() == once.column("text").to_pylist()
    assert twice.column("edits").to_pylist() == once.column("edits").to_pylist()
    for before, after, removed in zip(
        texts, once.column("text").to_pylist(), once.column("edits").to_pylist(), strict=True
    ):
        assert removed == max(0, len(before) - len(after))


def edited(text, name):
    return edits.apply(documents.from_texts([text]), [name]).column("text")[0].as_py()


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("boilerplate",
         "首页 | 关于我们\n责任编辑：王某\n春天来了。\n责任编辑：李某说了话。\n夏天也来了。\n版权所有 某某中学",
         "春天来了。\n责任编辑：李某说了话。\n夏天也来了。"),
        ("boilerplate", "春天来了。\n\n扫一扫，关注公众号\n\n夏天也来了。", "春天来了。\n\n\n夏天也来了。"),
        ("citations", "A fact.[1] Another[[2]3] one[edit].", "A fact. Another one."),
        ("c4_lines", "Home\nThe river rose high.[2]\nToo short.\nEnable javascript to see it.", "The river rose high."),
        ("c4_lines", "It has { a bracket.\nHome", "It has { a bracket."),
        ("chinese_c4_lines", "网站首页\n今天下午举行了运动会。\n好。", "今天下午举行了运动会。"),
        ("mojibake", "CafÃ©\n好", "Café\n好"),
    ],
)  # fmt: skip
def test_an_edit_removes_what_it_says(name, before, after):
    assert edited(before, name) == after


def test_mojibake_of_chinese_is_read_again():
    text = "今天下午学校举行了运动会，大家都很高兴。"
    damaged = text.encode().decode("cp1252", "replace")
    assert edited(text.encode().decode("latin-1"), "mojibake") == text
    assert "�" not in damaged or edited(damaged, "mojibake") == damaged


def test_edits_keep_the_type_of_the_column():
    assert edits.apply(documents.from_texts(["首页", ""]), ["boilerplate"]).column("text").type == pa.string()
