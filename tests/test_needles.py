"""The search for needles against its twin."""

import numpy as np
import pyarrow as pa
import pytest
import reference_needles
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_data.documents import text_buffers
from openclaw_data.kernels import needles

LETTERS = [b"a", b"A", b"b", b"-", b"`", b"@", b"\x00", b"\xff", b"\x80", b" "]
"""Few, so that needles occur; with bytes that differ from others in the bit of the case alone."""
SHORT = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=7).map(b"".join)
DOCUMENTS = st.lists(st.lists(st.sampled_from(LETTERS), max_size=30).map(b"".join), max_size=6)


def occurring(documents: list[bytes], folded: list[bytes], exact: list[bytes]) -> list[int]:
    buffers = text_buffers(pa.array(documents, pa.binary()))
    return needles.occurring(np.arange(len(documents)), *buffers, *needles.build(folded, exact)).tolist()


@given(DOCUMENTS, st.lists(SHORT, max_size=4), st.lists(SHORT, max_size=4), st.integers(0, 700))
@settings(max_examples=150)
def test_needles_are_found_as_by_one_test_each(
    documents: list[bytes], folded: list[bytes], exact: list[bytes], padding: int
) -> None:
    if folded or exact:
        padded = [b"b" * padding + document for document in documents]
        assert occurring(padded, folded, exact) == reference_needles.occurring(padded, folded, exact)


def test_a_needle_is_found_at_every_place_of_a_long_document_and_not_in_its_neighbours() -> None:
    for place in range(0, 1100, 3):
        text = bytearray(b"." * 1103)
        text[place : place + 3] = b"ICP"
        assert occurring([b"IC", bytes(text), b"P"], [b"license"], [b"ICP", b"ICP."]) == [
            0,
            0b110 if place < 1100 else 0b010,
            0,
        ]


def test_rows_are_chosen_and_a_slice_is_read_in_place() -> None:
    texts = pa.array([b"xx License", b"", b"license", b"none", b"LICENSE"], pa.binary()).slice(1)
    built = needles.build([b"license"])
    assert needles.occurring(np.array([3, 0, 1]), *text_buffers(texts), *built).tolist() == [1, 0, 1]
    assert needles.occurring(np.zeros(0, np.int64), *text_buffers(texts[:0]), *built).tolist() == []


def test_needles_that_share_bytes_share_a_key() -> None:
    built = needles.build([], [p.encode() for p in ("禁止转载", "不得转载", "请勿转载")])
    assert len(built.keys) == 1


@pytest.mark.parametrize("wrong", [[], [b""], [b"x"] * 65])
def test_no_needle_an_empty_one_and_too_many_are_refused(wrong: list[bytes]) -> None:
    with pytest.raises(ValueError, match="1 to 64 needles"):
        needles.build(wrong)
