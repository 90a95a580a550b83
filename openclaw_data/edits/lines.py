"""Edits that remove lines: boilerplate, and what C4 and Chinese C4 leave out; and citation marks.

The ICP number and the reprint notice of a page are read before the edits (`rights`), so that a removed footer is not
lost to the record.
"""

from typing import Any

import numba
import numpy as np
import pyarrow as pa

from openclaw_data import documents
from openclaw_data.kernels import c4, shapes
from openclaw_data.kernels import characters as scanner
from openclaw_data.signals import marks
from openclaw_data.signals.raw_lines import stop_marks
from openclaw_data.signals.shapes import c4_lines as judge_c4
from openclaw_data.signals.tokens import Tokens, tokenize

_WORDS = (b"[edit", b"[citation needed")
_EDIT, _NEEDED = (np.frombuffer(word, np.uint8) for word in _WORDS)


def boilerplate(texts: pa.Array) -> tuple[pa.Array, Any]:
    """Remove footers, menus, calls to share and notes that nothing is there; bylines only above and below the text.

    What the lines are is decided by filters/words/line-marks.tsv. Doing it again changes nothing.
    """
    found = tokenize(texts)
    bits = marks.mark(found)
    strong = (bits & np.uint32(marks.boilerplate())) != 0
    weak = (bits & np.uint32(1 << marks.BIT["byline"])) != 0
    return _without(texts, found, ~(strong | _edges(found.doc_lines, strong | weak)))


def c4_lines(texts: pa.Array) -> tuple[pa.Array, Any]:
    """Remove citation marks and the lines that C4 removes.

    Lines that make C4 drop the whole document, with `lorem ipsum` or {, stay, so that the pack `c4` still sees them.
    """
    stripped, removed = citations(texts)
    found = tokenize(stripped)
    after, more = _without(stripped, found, judge_c4(found)[0] != c4.DROPPED)
    return after, removed + more


def chinese_c4_lines(texts: pa.Array) -> tuple[pa.Array, Any]:
    """Keep the lines that Chinese C4 keeps: they end with 。！？…” or ：, have 5 to 500 characters, none damaged."""
    found = tokenize(texts)
    bits, _ = shapes.shape_lines(
        found.data, found.doc_lines, found.line_start, found.line_end, found.line_chars, found.line_last,
        scanner.character_classes(), stop_marks(), shapes.ASCII_TABLE,
    )  # fmt: skip
    return _without(texts, found, (bits & np.uint32(1 << shapes.BIT["sentence"])) != 0)


def citations(texts: pa.Array) -> tuple[pa.Array, Any]:
    """Remove `[12]`, `[]`, `[edit]` and `[citation needed]`, as C4 does."""
    offsets, data = documents.text_buffers(texts)
    new_offsets, new = _strip_citations(offsets, data, _EDIT, _NEEDED)
    removed = (np.diff(offsets) - np.diff(new_offsets)).astype(np.int32)
    return _texts(new_offsets, new, texts.type), removed


@numba.njit(cache=True, nogil=True)
def _strip_citations(offsets: Any, data: Any, edit: Any, needed: Any) -> Any:
    """Offsets int64[n+1], data uint8[bytes] -> the same without citation marks, found as their ] is read."""
    out, new = np.empty(max(offsets[-1] - offsets[0], 0), np.uint8), np.zeros(len(offsets), np.int64)
    o = 0
    for d in range(len(offsets) - 1):
        begin = o
        for i in range(offsets[d], offsets[d + 1]):
            if data[i] == 0x5D:
                k = o
                while k > begin and 48 <= out[k - 1] <= 57 and o - k < 18:
                    k -= 1
                if k > begin and out[k - 1] == 0x5B:
                    o = k - 1
                    continue
                if _ends(out, begin, o, edit):
                    o -= len(edit)
                    continue
                if _ends(out, begin, o, needed):
                    o -= len(needed)
                    continue
            out[o] = data[i]
            o += 1
        new[d + 1] = o
    return new, out[:o]


@numba.njit(cache=True, nogil=True, _nrt=False)
def _ends(out: Any, begin: int, end: int, word: Any) -> bool:
    if end - begin < len(word):
        return False
    for k in range(len(word)):  # noqa: SIM110 - numba has no all()
        if out[end - len(word) + k] != word[k]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _edges(doc_lines: Any, marked: Any) -> Any:
    """The marked lines at the beginning and the end of each document, without a gap: doc_lines int64[n+1], bool[l]."""
    out = np.zeros(len(marked), np.bool_)
    for d in range(len(doc_lines) - 1):
        i = doc_lines[d]
        while i < doc_lines[d + 1] and marked[i]:
            out[i] = True
            i += 1
        i = doc_lines[d + 1] - 1
        while i >= doc_lines[d] and marked[i]:
            out[i] = True
            i -= 1
    return out


def _without(texts: pa.Array, found: Tokens, keep: Any) -> tuple[pa.Array, Any]:
    """The texts without the lines that are not kept; texts of which all lines are kept stay as they are."""
    if keep.all():
        return texts, np.zeros(len(texts), np.int32)
    offsets, data = _keep_lines(found.offsets, found.data, found.doc_lines, found.line_start, found.line_end, keep)
    made = _texts(offsets, data, texts.type)
    before = np.asarray(found.counts["chars"], np.int64)
    after = pa.compute.utf8_length(made).to_numpy(zero_copy_only=False)
    return made, np.maximum(before - after, 0).astype(np.int32)


@numba.njit(cache=True, nogil=True)
def _keep_lines(  # noqa: PLR0913 - a kernel takes buffers
    offsets: Any, data: Any, doc_lines: Any, line_start: Any, line_end: Any, keep: Any
) -> Any:
    """Copy documents without the lines that `keep` (bool[l]) denies: the whole line with its line feed goes."""
    out, new = np.empty(max(offsets[-1] - offsets[0], 0), np.uint8), np.zeros(len(offsets), np.int64)
    o = 0
    for d in range(len(offsets) - 1):
        begin, position = o, offsets[d]
        for n in range(doc_lines[d], doc_lines[d + 1]):
            if keep[n]:
                continue
            a, b = line_start[n], line_end[n]
            while a > position and data[a - 1] != 10:
                a -= 1
            while b < offsets[d + 1] and data[b] != 10:
                b += 1
            b += b < offsets[d + 1]
            for i in range(position, a):
                out[o] = data[i]
                o += 1
            position = max(b, position)
        for i in range(position, offsets[d + 1]):
            out[o] = data[i]
            o += 1
        if position > offsets[d]:  # the last line may have gone: no white space is left behind it
            while o > begin and out[o - 1] in (10, 32):
                o -= 1
        new[d + 1] = o
    return new, out[:o]


def _texts(offsets: Any, data: Any, kind: pa.DataType) -> pa.Array:
    buffers = [None, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(np.ascontiguousarray(data))]
    made = pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)
    return made.cast(kind)
