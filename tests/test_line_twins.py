"""Kernels of lines against the dullest Python: shapes, C4's verdicts, chapters, particles, amounts."""

import numpy as np
import pyarrow as pa
import pytest
import reference_line_shapes as twin
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data import documents, signals
from openclaw_data.kernels import c4, marks, shapes
from openclaw_data.kernels.characters import character_classes
from openclaw_data.signals.raw_lines import stop_marks
from openclaw_data.signals.shapes import c4_lines
from openclaw_data.signals.tokens import tokenize

STOPS = {chr(c) for c in np.flatnonzero(stop_marks())}
PIECES = st.sampled_from(
    ["ab", "Cd", "EF", "我们", "页", "12", "3.", "、", "（", "）", "(", ")", "()", "==", "->", "#i", "$ ", ">>", "//",
     "{", "}", ";", "|", "\t", " ", ":", "。", "！", "①", "½", "▢ ", "- ", ". ", ",", "\ue000", "□", "…", "”", "?"]
)  # fmt: skip
LINES = st.lists(st.lists(PIECES, max_size=9).map("".join), max_size=5)
CITED = st.lists(
    st.lists(
        st.sampled_from(
            ["The", "river", " ", " ", ".", "...", "!", '"', "[1]", "[]", "[edit]", "[citation needed]", "[x]", "{",
             "JavaScript", "Lorem Ipsum", "use cookies", "a" * 1001]
        ),
        max_size=9,
    ).map("".join),
    max_size=5,
)  # fmt: skip


def solid(lines):
    return [line.strip() for line in lines if line.strip()]


def tokens_of(lines):
    return tokenize(pa.array(["first", "\n".join(lines)]).slice(1))


@given(LINES)
def test_shapes_of_lines_equal_their_twin(lines):
    found = tokens_of(lines)
    bits, counts = shapes.shape_lines(
        found.data, found.doc_lines, found.line_start, found.line_end, found.line_chars, found.line_last,
        character_classes(), stop_marks(), shapes.ASCII_TABLE,
    )  # fmt: skip
    asked = set(shapes.SHAPES) - {"speaker"}
    for line, got in zip(solid(lines), bits.tolist(), strict=True):
        assert {name for name in asked if got >> shapes.BIT[name] & 1} == twin.shapes(line, STOPS), line
    assert counts[0, 3] == sum(line.count("{") + line.count("}") for line in lines)


@given(CITED)
def test_what_c4_does_with_lines_equals_its_twin(lines):
    fate, sentences = c4_lines(tokens_of(lines))
    names = {c4.DROPPED: "dropped", c4.KEPT: "kept", c4.LOREM: "lorem", c4.BRACE: "brace"}
    assert [names[f] for f in fate.tolist()] == [twin.c4(line) for line in solid(lines)]
    assert all(n >= 1 for n, f in zip(sentences, fate, strict=True) if f == c4.KEPT)


@given(st.lists(st.text("第一两3章回节 hapterCV.", max_size=12), max_size=4))
def test_chapters_equal_their_twin(lines):
    found = tokens_of(lines)
    got = marks.chapters(found.data, found.doc_lines, found.line_start, found.line_end)
    assert got.tolist() == [sum(map(twin.chapter, solid(lines)))]


@given(
    st.lists(
        st.sampled_from(["搬家", "公司", "我", "国", "的", "吧", "之", "，", "。", "|", "a", "1", " "]), max_size=60
    )
)
def test_particles_and_rows_of_nouns_equal_their_twins(pieces):
    text = "".join(pieces)
    offsets, data = documents.text_buffers(pa.array(["first", text]).slice(1))
    tables = ["".join(map(chr, codes)) for codes in (marks.MODERN, marks.CLASSICAL, marks.VOICE)]
    got = marks.particles(offsets, data, character_classes(), marks.particle_kinds())
    assert got[0].tolist() == twin.particles(text, *tables, set("国國省市县縣区區校院党黨军軍司"))


@pytest.mark.parametrize(
    ("line", "speaks"),
    [
        ("Mayor: We go.", True),
        ("市长：我们走。", True),
        ("see http://x.org", False),
        ("《书》：好", False),
        (": x", False),
    ],
)
def test_a_speaker_is_a_name_and_a_colon(line, speaks):
    made = signals.compute(documents.from_texts([line]), ["speaker_line_fraction"])
    assert made["speaker_line_fraction"][0].as_py() == speaks


def test_addresses_and_markup_are_counted_by_character():
    text = "see https://example.org/a and <b>你好</b>[x](http://y.org) end"
    made = signals.compute(documents.from_texts([text]), ["urls", "url_char_fraction", "markup_char_fraction"])
    assert made["urls"][0].as_py() == 1
    assert made["url_char_fraction"][0].as_py() == pytest.approx(21 / len(text))
    assert made["markup_char_fraction"][0].as_py() == pytest.approx((3 + 4 + 15) / len(text))
