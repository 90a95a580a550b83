"""Signals of repetition: Gopher's (Rae et al. 2021, arXiv:2112.11446, table A1), bounded for every script."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data.kernels import ngrams as kernel
from openclaw_data.kernels import spans
from openclaw_data.signals.text import ratio
from openclaw_data.signals.tokens import tokens


class DuplicateLines(NamedTuple):
    """Lines and paragraphs that occurred before in the same document; paragraphs stand between blank lines."""

    duplicate_line_fraction: pa.Array  # float32: of lines
    duplicate_line_char_fraction: pa.Array  # float32: of characters
    duplicate_paragraph_fraction: pa.Array  # float32: of paragraphs
    duplicate_paragraph_char_fraction: pa.Array  # float32: of characters


class Ngrams(NamedTuple):
    """Repeated n-grams of tokens (words, punctuation, symbols).

    `top_*_char_fraction`: of the document's characters, those that the most frequent n-gram covers, each counted once,
    gaps between its tokens included: 0-1 in every script; 0 if it occurs once.
    `top_*_joined_ratio`: datatrove's measure, occurrences x length of the tokens joined with spaces, over the
    characters: what FineWeb-2's thresholds were tuned on. In scripts without spaces it is 1.25 to 1.75 times as much,
    and overlaps make it exceed 1.
    `duplicate_*_char_fraction`: of the document's characters, those in n-grams that occurred before, each counted
    once: 0-1.
    """

    top_2_gram_char_fraction: pa.Array  # float32
    top_3_gram_char_fraction: pa.Array  # float32
    top_4_gram_char_fraction: pa.Array  # float32
    top_2_gram_joined_ratio: pa.Array  # float32
    top_3_gram_joined_ratio: pa.Array  # float32
    top_4_gram_joined_ratio: pa.Array  # float32
    duplicate_5_gram_char_fraction: pa.Array  # float32
    duplicate_6_gram_char_fraction: pa.Array  # float32
    duplicate_7_gram_char_fraction: pa.Array  # float32
    duplicate_8_gram_char_fraction: pa.Array  # float32
    duplicate_9_gram_char_fraction: pa.Array  # float32
    duplicate_10_gram_char_fraction: pa.Array  # float32


def duplicate_lines(batch: pa.RecordBatch) -> DuplicateLines:
    """Repeated lines and paragraphs of `text`."""
    found = tokens(batch)
    chars = found.counts["chars"]
    line_hash, _ = spans.digests(found.data, found.line_start, found.line_end)
    lines = kernel.duplicates(found.doc_lines, line_hash, found.line_chars)
    docs, hashes, sizes = kernel.paragraphs(found.doc_lines, found.line_opens, line_hash, found.line_chars)
    paragraphs = kernel.duplicates(docs, hashes, sizes)
    return DuplicateLines(
        ratio(lines[:, 0], np.diff(found.doc_lines)),
        ratio(lines[:, 1], chars),
        ratio(paragraphs[:, 0], np.diff(docs)),
        ratio(paragraphs[:, 1], chars),
    )


def ngrams(batch: pa.RecordBatch) -> Ngrams:
    """Repeated n-grams of `text`."""
    found = tokens(batch)
    table = kernel.repeated_ngrams(found.doc_tokens, found.hash, found.chars, found.start, found.end)
    return Ngrams(*(ratio(table[:, k], found.counts["chars"]) for k in range(table.shape[1])))
