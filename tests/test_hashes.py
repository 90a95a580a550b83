"""Hashes for deduplication: equal to their twins, folded as documented, and MinHash as good as datasketch's."""

import numpy as np
import pyarrow as pa
import reference_hashes as naive
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_data.documents import text_buffers
from openclaw_data.kernels import hashes

GOLDEN_FOLDED, GOLDEN_SIGNATURE = 5799478813191715342, [1279180901, 3310401588]
CHARS = st.one_of(
    st.sampled_from("abC ÉЖß.,-'0９Ａ中文軟体體乾〇々ーカｶก กำ\u200b\u0301\ufeff\n\U00020000\U0001f600"),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.lists(st.text(CHARS, max_size=40), max_size=6)


def hashed(texts):
    return hashes.hash_texts(*text_buffers(pa.array(texts, pa.string())))


def same(*texts):
    return len(set(hashed(list(texts)).folded.tolist())) == 1


@settings(max_examples=60)
@given(TEXTS, st.integers(0, 3))
def test_hashes_of_texts_equal_their_twin_on_slices_too(texts, start):
    array = pa.array(["before", *texts, "after"], pa.string()).slice(start)
    found = hashes.hash_texts(*text_buffers(array))
    for row, text in enumerate(array.to_pylist()):
        folded, shingles, signature = naive.hash_text(text)
        assert (found.folded[row], found.shingles[row]) == (folded, shingles)
        assert found.signatures[row].tolist() == signature
    assert hashes.hash_bytes(*text_buffers(array)).tolist() == [naive.hash_bytes(t.encode()) for t in array.to_pylist()]


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=20), max_size=4))
def test_bytes_that_are_not_utf8_are_survived(items):
    found = hashes.hash_texts(*text_buffers(pa.array(items, pa.binary())))
    for row, item in enumerate(items):
        try:
            text = item.decode()
        except UnicodeDecodeError:
            continue
        assert found.folded[row] == naive.hash_text(text)[0]


def test_no_texts_give_no_rows():
    found = hashed([])
    assert found.folded.shape == (0,)
    assert found.signatures.shape == (0, 128)


def test_texts_that_differ_in_form_only_fold_to_the_same():
    assert same("Hello, World! 123", "hello world １２３", "ＨＥＬＬＯ　ＷＯＲＬＤ 123")
    assert same("臺灣的軟體，與網路。", "台湾的软体与网路")
    assert same("偽造 與 僞造", "伪造与伪造")
    assert same("café CAFÉ", "cafe\u0301 cafe")
    assert same("soft\u00adware", "software", "soft\u200bware")
    assert same("ЁЛКА", "елка")


def test_word_boundaries_and_order_count():
    assert not same("ab c", "a bc")
    assert not same("中国 文", "文 中国")
    assert not same("abc", "ab c")
    assert same("中 国", "中国")


def test_what_has_no_units_hashes_to_the_constant_of_the_empty_text():
    found = hashed(["", "?!… \n", "😀", "a"])
    assert found.folded[:3].tolist() == [hashes.EMPTY] * 3
    assert found.folded[3] != hashes.EMPTY
    assert found.shingles.tolist() == [0, 0, 0, 1]
    assert (found.signatures[:3] == 0xFFFFFFFF).all()


def test_shingles_are_five_characters_of_han_or_five_words():
    texts = ["一二三四五六", "one two three four five six", "用 Linux 的 一台 PC", "一二三四"]
    assert hashed(texts).shingles.tolist() == [2, 2, 2, 1]
    assert naive.shingle_set(texts[2]) == {
        (("用",), "linux", ("的",), ("一",), ("台",)),
        ("linux", ("的",), ("一",), ("台",), "pc"),
    }


def test_hashes_are_part_of_the_file_format_and_never_change():
    found = hashed(["公司 Company 的主页"])
    assert found.folded.tolist() == [naive.hash_text("公司 Company 的主页")[0]]
    assert found.folded.tolist() == [GOLDEN_FOLDED]
    assert found.signatures[0, :2].tolist() == GOLDEN_SIGNATURE


def test_jaccard_estimates_agree_with_datasketch_and_with_the_truth():
    words = [f"w{i}" for i in range(1200)]
    errors, theirs = [], []
    for start in range(0, 400, 10):
        one, two = " ".join(words[: 600 + start]), " ".join(words[start : 700 + start])
        sets = naive.shingle_set(one), naive.shingle_set(two)
        truth = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
        signatures = hashed([one, two]).signatures
        errors.append((signatures[0] == signatures[1]).mean() - truth)
        sketches = [MinHash(128), MinHash(128)]
        for sketch, shingles in zip(sketches, sets, strict=True):
            sketch.update_batch([" ".join(s).encode() for s in shingles])
        theirs.append(sketches[0].jaccard(sketches[1]) - truth)
    assert abs(np.mean(errors)) < 0.02
    assert np.std(errors) < 1.5 * np.std(theirs) + 0.005
    assert np.abs(np.array(errors) - np.array(theirs)).max() < 0.2


def test_band_keys_are_equal_exactly_where_the_band_is():
    values = np.arange(256, dtype=np.uint32).reshape(2, 128)
    values[1, 8:16] = values[0, 8:16]
    keys = hashes.band_keys(values, 16, 8)
    assert (keys[0] == keys[1]).tolist() == [False, True] + [False] * 14
    assert len(np.unique(hashes.band_keys(np.zeros((1, 128), np.uint32), 16, 8))) == 16


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(0, 2**32 - 1), min_size=128, max_size=128), max_size=3))
def test_band_keys_equal_their_twin(rows):
    keys = hashes.band_keys(np.array(rows, np.uint32).reshape(-1, 128), 14, 9)
    assert keys.tolist() == [naive.band_keys(row, 14, 9) for row in rows]


def test_equal_values_counts_agreeing_values():
    values = np.zeros((3, 128), np.uint32)
    values[2, :28] = 1
    assert hashes.equal_values(values, np.array([0, 0]), np.array([1, 2])).tolist() == [128, 100]


def test_folding_keeps_its_fixed_points():
    table = hashes.folding_table()
    folded = table & 0xFFFFFF
    changed = np.flatnonzero(folded != np.arange(len(table)))
    assert len(changed) > 5000
    assert (folded[folded[changed]] == folded[changed]).all()
