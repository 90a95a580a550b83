"""Normalisation says the same in cleaner Unicode."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data import documents, edits
from openclaw_data.edits.normalise import normalise, normalise_text, steps, suspects
from openclaw_data.kernels.characters import TABLE_SIZE

ODD = (
    "aé北，1\u0301\u200b\u200c\u200d\u3000ＡＢ１！\ufeff\u00ad\r\n\x00\u2028ｶ゛か\u3099"
    "⼀\uf900\U0002f800👩‍👩한\u1112\u1161\u11ab①…\u0958"
)


def test_every_character_that_may_change_is_looked_at() -> None:
    suspected = [chr(code) for code in np.flatnonzero(suspects())]
    assert not any(steps()[character.encode()[0]] for character in suspected)
    assert set(suspected) >= {
        character
        for character in map(chr, (*range(0x80, 0xD800), *range(0xE000, TABLE_SIZE)))
        if unicodedata.combining(character) or not unicodedata.is_normalized("NFC", character)
    }
    assert steps()[b"a"[0]] == 1
    assert steps()["中".encode()[0]] == 3


@given(st.lists(st.text(st.sampled_from("a中é\u3000\u0301 \n")), max_size=5))
def test_an_array_is_normalised_like_each_of_its_texts(texts: list[str]) -> None:
    made, removed = normalise(pa.array(["\u3000", *texts], pa.string()).slice(1))
    assert made.to_pylist() == [normalise_text(text) for text in texts]
    assert removed.tolist() == [max(0, len(a) - len(normalise_text(a))) for a in texts]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("（第１季度）：ＡＢＣ，！", "（第1季度）：ABC，！"),
        ("①㎡…………“好”", "①㎡…………“好”"),
        ("北\u3000京\u200b\ufeff", "北 京"),
        ("⼀⼈\uf900", "一人豈"),
        ("e\u0301", "é"),
        ("a\r\nb\rc\u2028d\x00", "a\nb\nc\nd"),
        ("👩\u200d👧 北\u200d京 می\u200cخواهم", "👩\u200d👧 北京 می\u200cخواهم"),
    ],
)
def test_normalise_folds_encoding_and_keeps_chinese_punctuation(before, after):
    assert normalise_text(before) == after


@given(st.text(st.one_of(st.sampled_from(ODD), st.characters(codec="utf-8")), max_size=40))
def test_normalise_is_idempotent_and_the_prescan_misses_nothing(text):
    once = edits.apply(documents.from_texts([text]), ["normalise"])
    after = once.column("text")[0].as_py()
    assert after == normalise_text(text)
    assert normalise_text(after) == after
    again = edits.apply(once, ["normalise"])
    assert again.column("text") == once.column("text")
    assert again.column("edits") == once.column("edits")


def test_edits_add_up_and_work_on_slices():
    batch = documents.from_texts(["skip\x00", "a\x00\x00b", "clean"]).slice(1)
    batch = edits.apply(batch, ["normalise", "normalise"])
    assert batch.column("text").to_pylist() == ["ab", "clean"]
    assert batch.column("edits").to_pylist() == [2, 0]
    assert edits.apply(batch, []).column("edits").to_pylist() == [2, 0]


def test_an_unknown_edit_is_refused():
    with pytest.raises(documents.DataError, match="There are: normalise"):
        edits.apply(documents.from_texts(["a"]), ["nfkc"])
