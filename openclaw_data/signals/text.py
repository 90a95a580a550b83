"""Signals of characters, words and lines."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data import documents, share
from openclaw_data.kernels import spans
from openclaw_data.kernels import text as kernel
from openclaw_data.kernels.characters import character_classes
from openclaw_data.signals.tokens import tokens


class Characters(NamedTuple):
    """Sizes, and shares of the characters that are not white space (0 when there are none)."""

    char_count: pa.Array  # int32: code points
    byte_count: pa.Array  # int32: bytes in UTF-8
    han_fraction: pa.Array  # float32: Han characters (ChineseWebText asks for 0.3)
    kana_fraction: pa.Array  # float32: hiragana and katakana
    latin_fraction: pa.Array  # float32: Latin letters
    digit_fraction: pa.Array  # float32: digits and other numbers
    punctuation_fraction: pa.Array  # float32: Unicode category P
    symbol_fraction: pa.Array  # float32: category S, private use, unassigned, control


class Words(NamedTuple):
    """Word counts of Gopher (Rae et al. 2021, arXiv:2112.11446, app. A1.1).

    The denominators are datatrove's: "tokens" are words, punctuation and symbols. Chinese is cut along jieba's
    dictionary.
    """

    words: pa.Array  # int32: tokens with a letter or a digit
    mean_word_chars: pa.Array  # float32: characters a word, 0 when there are none
    alphabetic_token_fraction: pa.Array  # float32: tokens with a letter, Han included
    hash_token_ratio: pa.Array  # float32: # signs a token
    ellipsis_token_ratio: pa.Array  # float32: ellipses (runs of … or of three dots and more) a token


class StopWords(NamedTuple):
    """How many different stop words of filters/words/ a text holds; case counts."""

    stop_words_en: pa.Array  # int32: of Gopher's eight
    stop_words_zh: pa.Array  # int32: of FineWeb-2's list for cmn_Hani, Simplified and Traditional


class Lines(NamedTuple):
    """Line counts of Gopher, C4 and FineWeb.

    Lines of white space alone do not count, and white space at either end of a line is ignored. Fractions are of
    lines and 0 when there are none.
    """

    lines: pa.Array  # int32
    mean_line_chars: pa.Array  # float32: characters
    max_line_chars: pa.Array  # int32: characters
    bullet_line_fraction: pa.Array  # float32: begin with • or -
    ellipsis_line_fraction: pa.Array  # float32: end with … or ...
    terminal_line_fraction: pa.Array  # float32: end with a sentence's end or a closing quotation mark, Chinese too
    short_line_fraction: pa.Array  # float32: of 30 characters and fewer
    newline_token_ratio: pa.Array  # float32: line feeds a token (word, punctuation or symbol)


def characters(batch: pa.RecordBatch) -> Characters:
    """Character signals of `text`."""
    found = tokens(batch)
    counts = found.counts
    solid = counts["chars"] - counts["spaces"]
    names = ("han", "kana", "latin", "digits", "punctuation", "symbols")
    return Characters(_int(counts["chars"]), _int(np.diff(found.offsets)), *(ratio(counts[n], solid) for n in names))


def words(batch: pa.RecordBatch) -> Words:
    """Word signals of `text`."""
    found = tokens(batch)
    count, chars, total, alphabetic = kernel.count_words(found.doc_tokens, found.kind, found.chars).T
    return Words(
        _int(count),
        ratio(chars, count),
        ratio(alphabetic, total),
        ratio(found.counts["hashes"], total),
        ratio(found.counts["ellipses"], total),
    )


def stop_words(batch: pa.RecordBatch) -> StopWords:
    """Stop-word signals of `text`."""
    found = tokens(batch)
    counts = [kernel.distinct_listed(found.doc_tokens, found.hash, listed(f"stop-words-{n}"), 8) for n in ("en", "zh")]
    return StopWords(*map(_int, counts))


def lines(batch: pa.RecordBatch) -> Lines:
    """Line signals of `text`."""
    found = tokens(batch)
    table = kernel.count_lines(
        found.doc_lines,
        found.line_chars,
        found.line_first,
        found.line_last,
        found.line_end,
        found.data,
        character_classes(),
    )
    count, chars, longest, bullets, ellipses, terminal, short = table.T
    newlines = kernel.count_newlines(found.offsets, found.data)
    return Lines(
        _int(count),
        ratio(chars, count),
        _int(longest),
        ratio(bullets, count),
        ratio(ellipses, count),
        ratio(terminal, count),
        ratio(short, count),
        ratio(newlines, np.diff(found.doc_tokens)),
    )


@cache
def listed(name: str) -> Any:
    """Hashes of the words of filters/words/NAME.txt, uint64[w]; blank lines and those that begin with # are none."""
    rows = (share.folder("filters") / "words" / f"{name}.txt").read_text("utf-8").splitlines()
    unique = dict.fromkeys(row.strip() for row in rows if row.strip() and not row.startswith("#"))
    offsets, data = documents.text_buffers(pa.array(list(unique), pa.large_string()))
    return spans.digests(data, offsets[:-1], offsets[1:])[0]


def ratio(part: Any, whole: Any) -> pa.Array:
    """Divide: part / whole as float32, 0 where the whole is 0."""
    return pa.array(np.divide(part, np.maximum(whole, 1)).astype(np.float32) * (whole > 0), pa.float32())


def _int(values: Any) -> pa.Array:
    return pa.array(values.astype(np.int32))
