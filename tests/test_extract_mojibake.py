"""Texts that were decoded with the wrong encoding before we saw them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_data import documents
from openclaw_data.signals.mojibake import _shares, _sieve, mojibake

ZH = "这是一个关于语言模型的数据集，我们在这里讨论如何清洗网页文本。"


def fractions(*texts):
    found = mojibake(documents.from_texts(texts))
    return found.mojibake_fraction.to_pylist(), found.replacement_fraction.to_pylist()


@pytest.mark.parametrize(
    ("text", "least"),
    [
        (ZH.encode("gbk").decode("utf-8", "replace").encode().decode("gbk", "replace"), 0.7),
        (ZH.encode().decode("gbk", "replace"), 0.6),
        (ZH.encode().decode("gb18030", "replace"), 0.5),
        (ZH.encode().decode("latin-1"), 0.9),
        (ZH.encode().decode("cp1252", "ignore"), 0.9),
        (ZH.encode("gbk").decode("latin-1"), 0.8),
        ("浣犲ソ", 1.0),
        ("锟斤拷锟斤拷", 1.0),
        ("烫烫烫烫屯屯屯", 1.0),
        ("cafÃ©", 0.4),
        ("it’s “quoted”".encode().decode("cp1252", "ignore"), 0.3),
    ],
)
def test_wrong_decodings_are_seen(text, least):
    assert fractions(text)[0][0] >= least


@pytest.mark.parametrize(
    "text",
    [
        "",
        ZH,
        "新聞報導說，這個城市的經濟在過去的一年裡有了很大的發展。",
        "压力得到纾解。烫手的山芋，屯门。",
        "«é»  é “a” NÃO Âge café, naïve – über, œuvre; ¿qué? §1 … · · · ·",
        "この都市の経済は過去一年間で大きく発展しました。",
        "Привет, мир! Ελλάδα 한국어",
    ],
)
def test_real_text_is_not_mojibake(text):
    assert fractions(text) == ([0.0], [0.0])


def test_replacement_characters_are_a_share_of_all():
    assert fractions("ab\ufffd\ufffd", "", "abc")[1] == [0.5, 0.0, 0.0]


_MARKS = [chr(c) for c in np.flatnonzero(_sieve())]
_DAMAGED = [t.encode().decode(e, "replace") for t in ("你好，世界。", "déjà “vu”", "привет") for e in ("gbk", "cp1252")]
_PIECES = st.one_of(st.sampled_from(_MARKS), st.sampled_from("ÃÂâ€äåÐÑ烫锟斤拷中文a? \n😀"), st.sampled_from(_DAMAGED))


@settings(deadline=None)
@given(st.lists(st.lists(_PIECES, max_size=12).map("".join), min_size=1, max_size=6))
def test_what_the_sieve_lets_pass_by_the_expression_does_not_find_either(texts):
    batch = documents.from_texts(texts)
    wrong, replaced = _shares(batch.column("text"))
    assert fractions(*texts) == (wrong.tolist(), replaced.tolist())


def test_slices_and_empty_batches_work_and_columns_are_float32():
    batch = documents.from_texts(["x", "浣犲ソ", "\ufffd"])
    whole, part = mojibake(batch), mojibake(batch.slice(1))
    assert part.mojibake_fraction.equals(whole.mojibake_fraction.slice(1))
    assert part.replacement_fraction.equals(whole.replacement_fraction.slice(1))
    assert [str(array.type) for array in mojibake(batch.slice(0, 0))] == ["float", "float"]


def test_good_real_pages_hardly_ever_look_wrong(shared_data):
    import polars as pl

    good = pl.read_parquet(shared_data / "quality" / "quality_dev.parquet").filter(quality="good")["text"].to_list()
    found = fractions(*good)[0]
    assert sum(value > 0.01 for value in found) == 0
    assert sum(value > 0 for value in found) < len(good) / 200
