"""What a model says of texts: logits per window, summed up per document."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data.documents import text_buffers
from openclaw_data.kernels import linear
from openclaw_data.models.files import Linear


class Scores(NamedTuple):
    """Of n documents; a document without text has a mean and a maximum of minus 20 and no windows over the line."""

    mean: Any  # float64[n]: mean logit of its windows
    highest: Any  # float64[n]: the highest
    share: Any  # float64[n]: windows whose logit is over the model's line, 0-1


EMPTY = -20.0
"""The logit of nothing: a probability of 2e-9."""


class Folded(NamedTuple):
    """The characters of n texts as all models read them: `linear.fold`."""

    codes: Any  # uint32[c]
    starts: Any  # int64[n+1]


def fold(texts: pa.Array) -> Folded:
    """Fold an array of strings once, for any number of models."""
    return Folded(*linear.fold(*text_buffers(texts), linear.folding()))


def score(model: Linear, texts: Folded, rows: Any = slice(None)) -> Scores:
    """Score the texts of `rows`, row numbers; of all by default."""
    codes, first, last = texts.codes, texts.starts[:-1][rows], texts.starts[1:][rows]
    docs, begin, end = linear.windows(first, last, model.window, model.most)
    found = linear.logits(begin, end, codes, model.shape, model.weights, float(model.scale), float(model.bias))
    return summed(docs, found, float(model.line))


def summed(docs: Any, logits: Any, line: float) -> Scores:
    """Sum window logits up: docs int64[n+1], logits float64[w]."""
    count = np.diff(docs)
    mean, highest, share = (np.full(len(count), value) for value in (EMPTY, EMPTY, 0.0))
    rows = np.flatnonzero(count)
    if len(rows):
        first = docs[:-1][rows]
        mean[rows] = np.add.reduceat(logits, first) / count[rows]
        highest[rows] = np.maximum.reduceat(logits, first)
        share[rows] = np.add.reduceat((logits > line).astype(np.float64), first) / count[rows]
    return Scores(mean, highest, share)


def probability(logits: Any) -> Any:
    """The logistic function of float64[n], as float32[n] in 0-1."""
    return (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
