"""Signals of how much a text says: entropy, different words, sentences, capitals."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data.kernels import diversity as kernel
from openclaw_data.signals.text import ratio
from openclaw_data.signals.tokens import tokens


class Diversity(NamedTuple):
    """Words counted by kind, and sentences."""

    unigram_entropy: pa.Array  # float32: nats, of the distribution of words, case folded
    unique_word_fraction: pa.Array  # float32: different words, of all words
    redundancy: pa.Array  # float32: 3-grams of tokens that occurred before, of all
    sentences: pa.Array  # int32: ends with . ! ? 。！？… or with its line
    mean_sentence_words: pa.Array  # float32: words a sentence
    all_caps_word_fraction: pa.Array  # float32: words of two letters and more in capitals


def diversity(batch: pa.RecordBatch) -> Diversity:
    """Diversity signals of `text`."""
    found = tokens(batch)
    table, entropy = kernel.diversity(
        found.doc_tokens, found.kind, found.start, found.end, found.hash, found.data,
        found.doc_lines, found.line_end,
    )  # fmt: skip
    words, unique, trigrams, repeated, sentences, caps = table.T
    return Diversity(
        pa.array(entropy.astype(np.float32)),
        ratio(unique, words),
        ratio(repeated, trigrams),
        pa.array(sentences.astype(np.int32)),
        ratio(words, sentences),
        ratio(caps, words),
    )
