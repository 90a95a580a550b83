"""Counting characters by class: the kernel against its twin, and the table against what is known of it."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_scripts import class_of
from reference_scripts import count_classes as naive

from openclaw_data.documents import text_buffers
from openclaw_data.kernels.scripts import CLASSES, COLUMN, count_classes

TEXT = st.text(st.characters(codec="utf-8"), max_size=40) | st.text("aé中國国発の한🙂 \n\ufffd\ue000嘅", max_size=40)


def fast(texts: pa.Array) -> list[list[int]]:
    return count_classes(*text_buffers(texts)).tolist()


@settings(max_examples=200)
@given(st.lists(TEXT, max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_kernel_equals_its_twin_on_slices_too(texts, skip, take):
    array = pa.array(texts, pa.string())
    assert fast(array) == naive(texts)
    assert fast(array.slice(skip, take)) == naive(texts[skip : skip + take])


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=30), min_size=1, max_size=4))
def test_bytes_that_are_not_utf8_are_counted_and_harm_nobody(blobs):
    counts = count_classes(*text_buffers(pa.array(blobs, pa.binary())))
    assert counts.shape == (len(blobs), len(CLASSES))
    for blob, row in zip(blobs, counts, strict=True):
        assert (row >= 0).all()
        assert row.sum() <= len(blob)
        assert (row.sum() == 0) == (blob == b"")


def test_truncated_character_at_the_end_does_not_read_into_the_next_text():
    counts = count_classes(np.array([0, 2, 3]), np.frombuffer("中".encode(), np.uint8))
    assert counts[:, COLUMN["replacement"]].tolist() == [2, 1]


def test_no_texts_give_no_rows():
    assert count_classes(*text_buffers(pa.array([], pa.string()))).shape == (0, len(CLASSES))


@pytest.mark.parametrize(
    ("characters", "name"),
    [
        ("这们说还为", "hans"),
        ("国会来学点", "hans_jis"),
        ("們說國會號", "hant"),
        ("東車長門語", "hant_jis"),
        ("発駅込沢総", "han_jpan"),
        ("嘅咗喺冇哋", "han_yue"),
        ("你她吗"[:2], "han_chinese"),
        ("日本山人々〇", "han"),
        ("のあゞ", "hiragana"),
        ("カーｶ", "katakana"),
        ("한글", "hangul"),
        ("ㄅㄆ", "bopomofo"),
        ("aZéＡ", "latin"),
        ("Яж", "cyrillic"),
        ("09９٣", "digit"),
        ("。，!「", "punctuation"),
        ("+$🙂", "symbol"),
        (" \n\t\u3000\xa0", "space"),
        ("\x01\u200b", "control"),
        ("\ufffd", "replacement"),
        ("\ue000\U000f0000", "private"),
    ],
)
def test_characters_have_the_class_that_a_reader_expects(characters, name):
    assert {c: class_of(c) for c in characters} == dict.fromkeys(characters, name)


@pytest.mark.parametrize("character", "后里干台於面发余云制只系征范谷几丑".replace("发", ""))
def test_characters_that_both_chinese_scripts_use_prove_neither(character):
    assert class_of(character) in {"han", "han_chinese"}


def test_one_sided_characters_agree_with_the_national_character_sets():
    for code in range(0x4E00, 0xA000):
        name, character = class_of(chr(code)), chr(code)
        if name.startswith("hans"):
            with pytest.raises(UnicodeEncodeError):
                character.encode("big5")
        if name.startswith("hant"):
            with pytest.raises(UnicodeEncodeError):
                character.encode("gb2312")
        assert unicodedata.name(character).startswith("CJK UNIFIED")
