"""Kernels of text signals against the dullest Python, and the segmenter against jieba."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import reference_text as twin
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data import documents, signals
from openclaw_data.kernels import characters as scanner
from openclaw_data.kernels import lexicon, raw_lines, spans
from openclaw_data.signals.raw_lines import stop_marks
from openclaw_data.signals.tokens import tokenize

ROOT = Path(__file__).parents[1]
STOPS = {chr(c) for c in np.flatnonzero(stop_marks())}
LINES = st.lists(st.text(st.sampled_from("ab 。.\n\n我　"), max_size=40), max_size=4)
WORDS = st.lists(st.lists(st.sampled_from(["ab", "CD", "cd", "我们", "。", "#", "1.5", "\n"]), max_size=20), max_size=4)


@given(LINES)
def test_raw_lines_equal_their_twin(texts):
    offsets, data = documents.text_buffers(pa.array(["first", *texts]).slice(1))
    parts = raw_lines.split(offsets, data, scanner.character_classes(), stop_marks())
    table = raw_lines.count(offsets, data, *parts)
    for row, text in zip(table.tolist(), texts, strict=True):
        found = dict(zip(raw_lines.COLUMNS, row, strict=True))
        want = twin.raw_lines(text, STOPS)
        if not text.strip("\n"):
            want |= {"paragraphs": 0, "duplicate_paragraphs": 0}
        assert {name: found[name] for name in want} == want


@given(WORDS)
def test_characters_and_entropy_equal_their_twins(pieces):
    texts = [" ".join(words) for words in pieces]
    found = tokenize(pa.array(["first", *texts]).slice(1))
    made = signals.compute(documents.from_texts(texts), ["unigram_entropy", "unique_word_fraction", "words"])
    for i, text in enumerate(texts):
        for name, value in twin.counts(text).items():
            assert found.counts[name][i] == value, name
        words = [w.lower() for w in text.split() if w not in "。#"]
        assert made["words"][i].as_py() == len(words)
        if words:
            assert made["unigram_entropy"][i].as_py() == pytest.approx(twin.entropy(words), abs=1e-5)
            assert made["unique_word_fraction"][i].as_py() == pytest.approx(len(set(words)) / len(words))


@given(st.lists(st.text(st.sampled_from("首页版权所有联系x "), max_size=12), max_size=5))
def test_phrases_in_lines_equal_their_twin(lines):
    phrases = [("首页", 0), ("版权", 1), ("版权所有", 2), ("联系", 31)]
    trie = lexicon.build([(phrase, kind, lexicon.ANY, 99) for phrase, kind in phrases])
    found = tokenize(pa.array(["\n".join(lines)]))
    bits = lexicon.mark_lines(found.data, found.line_start, found.line_end, found.line_chars, *trie)
    solid = [line for line in lines if line.strip()]
    for line, got in zip(solid, bits.tolist(), strict=True):
        # Of phrases that begin at one place the longest counts.
        want = twin.marked(line.replace("版权所有", "§"), phrases) | ({2} if "版权所有" in line else set())
        assert {k for k in range(32) if got >> k & 1} == want


def test_a_phrase_of_ascii_letters_is_a_word_of_its_own_and_covers_or_begins_a_line():
    trie = lexicon.build([("next", 0, lexicon.COVER, 50), ("posted by", 1, lexicon.START, 50)])
    found = tokenize(pa.array(["Next\nnextday\nthe next of many\n» Posted by me\nnot Posted by me"]))
    bits = lexicon.mark_lines(found.data, found.line_start, found.line_end, found.line_chars, *trie)
    assert bits.tolist() == [1, 0, 0, 2, 0]


def test_words_of_chinese_are_those_of_jieba():
    jieba = pytest.importorskip("jieba", reason="needs the extra jieba")
    paths = [*(ROOT / "tests" / "gold").glob("*/*.txt"), *(ROOT / "scripts" / "sample_prose").glob("zh*.txt")]
    runs = ["".join(c if "一" <= c <= "鿕" else " " for c in p.read_text("utf-8")).split() for p in sorted(paths)]
    lines = [run for rows in runs for run in rows]
    found = tokenize(pa.array(lines))
    raw = bytes(found.data)
    words = [raw[a:b].decode() for a, b in zip(found.start, found.end, strict=True)]
    expected = [jieba.lcut(line) for line in lines]
    got = [words[a:b] for a, b in zip(found.doc_tokens[:-1], found.doc_tokens[1:], strict=True)]
    differ = [(g, e) for g, e in zip(got, expected, strict=True) if g != e]
    assert len(lines) > 300
    assert differ == []


def test_many_marks_on_one_han_character_stay_within_their_room():
    found = tokenize(pa.array(["我" + "\u0301" * 5000, "你们\u00ad好"]))
    assert found.counts["chars"].tolist() == [5001, 4]
    assert found.end[-1] == found.offsets[-1]


@given(st.lists(st.text(st.sampled_from("aé的𠀀\n"), max_size=9), max_size=9))
def test_spans_are_told_apart_by_their_bytes_and_counted_in_characters(texts):
    offsets, data = documents.text_buffers(pa.array(["first", *texts]).slice(1))
    hashes, chars = spans.digests(data, offsets[:-1], offsets[1:])
    assert chars.tolist() == list(map(len, texts))
    assert len(set(hashes.tolist())) == len(set(texts))
    assert [texts.index(text) for text in texts] == [hashes.tolist().index(h) for h in hashes.tolist()]
