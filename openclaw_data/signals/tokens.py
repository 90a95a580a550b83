"""The tokens of a batch, found once and shared by all signals."""

import weakref
from typing import Any, NamedTuple

import pyarrow as pa

from openclaw_data import documents
from openclaw_data.kernels import solid_lines, spans
from openclaw_data.kernels import tokens as kernel
from openclaw_data.kernels.characters import character_classes


class Tokens(NamedTuple):
    """Flat arrays over a batch of n documents; see `kernels.tokens` for what tokens and lines are.

    Byte positions count from the start of `data`, the batch's shared text buffer.
    """

    data: Any  # uint8[bytes]
    offsets: Any  # int64[n+1]: bytes of document i are offsets[i]:offsets[i+1]
    counts: dict[str, Any]  # class of character -> int32[n]; the keys are kernels.tokens.COUNTS
    doc_tokens: Any  # int64[n+1]: tokens of document i are doc_tokens[i]:doc_tokens[i+1]
    start: Any  # int64[t]: first byte
    end: Any  # int64[t]: byte after the last
    kind: Any  # uint8[t]: kernels.tokens.WORD, NUMBER, MARKS or SIGN
    chars: Any  # int32[t]
    hash: Any  # uint64[t]: of the bytes
    doc_lines: Any  # int64[n+1]: lines of document i are doc_lines[i]:doc_lines[i+1]
    line_start: Any  # int64[l]: first byte that is not white space
    line_end: Any  # int64[l]: byte after the last that is not white space
    line_chars: Any  # int32[l]: without white space at either end
    line_first: Any  # uint32[l]: first code point
    line_last: Any  # uint32[l]: last code point
    line_opens: Any  # bool[l]: opens a paragraph


_last: tuple[Any, Tokens] | None = None


def tokens(batch: pa.RecordBatch) -> Tokens:
    """The tokens of the column `text`; asked again for the same batch object, the same arrays."""
    global _last  # noqa: PLW0603 - a memo of one entry, so that signals need no knowledge of each other
    found = _last
    if found is not None and found[0]() is batch:
        return found[1]
    made = tokenize(batch.column("text"))
    _last = (weakref.ref(batch), made)
    return made


def tokenize(texts: pa.Array) -> Tokens:
    """The tokens of an array of strings.

    Han runs are cut into words as jieba cuts them, unknown names included (`kernels.segmenter`).
    """
    offsets, data = documents.text_buffers(texts)
    table, doc_tokens, start, end, kind = kernel.scan(offsets, data)
    counts = {name: table[:, k] for k, name in enumerate(kernel.COUNTS)}
    hashes, chars = spans.digests(data, start, end)
    lines = solid_lines.Lines(*solid_lines.find(offsets, data, character_classes()))
    return Tokens(data, offsets, counts, doc_tokens, start, end, kind, chars, hashes, *lines)
