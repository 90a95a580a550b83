"""Signals against their twins and on texts whose values are known."""

import numpy as np
import pyarrow as pa
import pytest
import reference_ngrams as twin
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data import documents, signals
from openclaw_data.kernels import ngrams
from openclaw_data.kernels.tokens import hash_spans
from openclaw_data.signals.tokens import tokenize

TEXTS = st.lists(
    st.text(st.one_of(st.sampled_from("ab 我们1.,'\n…-#"), st.characters(codec="utf-8")), max_size=60), max_size=4
)


def words_of(found):
    raw = bytes(found.data)
    spans = [(raw[a:b].decode(), int(a), int(b)) for a, b in zip(found.start, found.end, strict=True)]
    return [spans[a:b] for a, b in zip(found.doc_tokens[:-1], found.doc_tokens[1:], strict=True)]


@given(TEXTS)
def test_tokens_cover_every_letter_and_lines_are_what_python_splits(texts):
    found = tokenize(pa.array(["first", *texts]).slice(1))
    lines = [len(x.strip()) for t in texts for x in t.split("\n") if x.strip()]
    assert len(found.line_chars) == found.doc_lines[-1]
    if all(c.isprintable() or c == "\n" for t in texts for c in t):
        assert found.line_chars.tolist() == lines
    for text, tokens in zip(texts, words_of(found), strict=True):
        assert [c for c in text if c.isalpha()] == [c for t, _, _ in tokens for c in t if c.isalpha()]
    assert [len(t) for doc in words_of(found) for t, _, _ in doc] == found.chars.tolist()


@given(st.lists(st.text("ab 我们。", max_size=60), max_size=4))
def test_repeated_ngrams_equal_their_twin(texts):
    found = tokenize(pa.array(["first", *texts]).slice(1))
    got = ngrams.repeated_ngrams(found.doc_tokens, found.hash, found.chars, found.start, found.end)
    for row, doc in zip(got.tolist(), words_of(found), strict=True):
        tops = [twin.top(doc, n) for n in (2, 3, 4)]
        assert row == [*(t[0] for t in tops), *(t[1] for t in tops), *(twin.duplicate(doc, n) for n in range(5, 11))]


@given(st.lists(st.text("ab\n ", max_size=40), max_size=4))
def test_duplicate_lines_equal_their_twin(texts):
    found = tokenize(pa.array(["first", *texts]).slice(1))
    line_hash, _ = hash_spans(found.data, found.line_start, found.line_end)
    got = ngrams.duplicates(found.doc_lines, line_hash, found.line_chars)
    assert got.tolist() == [twin.duplicates([x.strip() for x in t.split("\n") if x.strip()]) for t in texts]


@given(TEXTS)
def test_every_signal_is_finite_and_every_fraction_stays_within_0_and_1(texts):
    made = signals.compute(documents.from_texts(texts), signals.SIGNALS)
    for name, column in made.items():
        values = column.to_numpy()
        assert len(values) == len(texts)
        assert column.null_count == 0
        assert np.isfinite(values).all(), name
        assert not name.endswith("_fraction") or ((values >= 0) & (values <= 1)).all(), name


CUTS = {
    "It's 3.14, don't...": ["It", "'s", "3.14", ",", "do", "n't", "..."],
    "Mr. Smith met J. R. in the U.S. office.End": [
        "Mr.", "Smith", "met", "J.", "R.", "in", "the", "U.S.", "office", ".", "End",
    ],
    "foo_bar(x) e-mail and/or -- I-75": ["foo_bar(x", ")", "e", "-", "mail", "and", "/", "or", "--", "I-75"],
    "see http://a.com/x-y. Then": ["see", "http://a.com/x-y", ".", "Then"],
    "我们在北京。GPT-4涨了3.5%！！": ["我们", "在", "北京", "。", "GPT", "-", "4", "涨", "了", "3.5%", "！", "！"],
    "他来到了网易杭研大厦写foo_bar": ["他", "来到", "了", "网易", "杭研", "大厦", "写", "foo", "_", "bar"],
}  # fmt: skip


@pytest.mark.parametrize("text", CUTS)
def test_tokens_follow_spacy_in_english_and_jieba_in_chinese(text):
    assert [t for t, _, _ in words_of(tokenize(pa.array([text])))[0]] == CUTS[text]


def test_an_unknown_signal_is_refused():
    with pytest.raises(documents.DataError, match="there is no such signal"):
        signals.compute(documents.from_texts(["a"]), ["wrds"])


def test_a_batch_measured_in_pieces_gives_what_the_whole_does(monkeypatch):
    batch = documents.from_texts(["one two\nthree", "", "中文的网页。" * 9, "four five " * 7, "六"])
    whole = signals.compute(batch, signals.SIGNALS)
    monkeypatch.setattr(signals, "PIECE_BYTES", 64)
    assert signals.compute(batch, signals.SIGNALS) == whole
    assert {
        name: len(array) for name, array in signals.compute(batch.slice(5), signals.SIGNALS).items()
    } == dict.fromkeys(whole, 0)
