"""Train linear models and measure them on what they have not seen.

Everything depends on the content alone: the order of training on hashes of the windows, the folds on hashes of the
folded texts. Each class weighs the same. Where sources differ in size, a source of n examples weighs as sqrt(n), so
that the largest does not decide alone.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data.documents import text_buffers
from openclaw_data.kernels import hashes, linear, tokens
from openclaw_data.models import scoring
from openclaw_data.models.files import Linear

FOLDS = 5
CLEAN_OVER_LINE = 0.02
"""The share of clean training texts, each held out, that lie over the line of a window."""


class Settings(NamedTuple):
    """What is fitted: the grams (see `kernels.linear`), the windows, and the steps of AdaGrad."""

    bits: int
    first: int
    last: int
    words: int
    window: int
    most: int
    rate: float
    decay: float
    epochs: int
    repetition: float = 0.0


SETTINGS = {
    ("toxicity", "zh"): Settings(20, 1, 4, 0, 100, 1 << 30, 0.3, 1e-5, 4),
    ("toxicity", "en"): Settings(20, 4, 5, 2, 200, 1 << 30, 0.1, 1e-5, 6),
    ("topic", "zh"): Settings(14, 1, 3, 0, 100, 1 << 30, 0.3, 1e-5, 4),
    ("topic", "en"): Settings(14, 3, 4, 1, 200, 1 << 30, 0.1, 1e-5, 4),
    ("quality", "zh"): Settings(18, 1, 2, 0, 300, 12, 0.1, 1e-5, 2, repetition=2.0),
    ("quality", "en"): Settings(18, 1, 3, 0, 600, 12, 0.1, 1e-5, 2, repetition=4.0),
}
"""Measured in cross-validation. Toxicity is in the words, quality in the style: short grams carry over to sources that
were not seen, long ones learn their topics by heart."""


class Examples(NamedTuple):
    """n texts with their label (1: toxic, or good), the source they come from, and their repetition."""

    texts: pa.Array  # large_string[n]
    labels: Any  # uint8[n]
    sources: Any  # object[n]
    repetition: Any  # float64[n]: `duplicate_5_gram_char_fraction`, 0-1


class _Grams(NamedTuple):
    docs: Any
    first: Any
    slots: Any
    order_key: Any


def settings(task: str, language: str) -> Settings:
    """What to fit; a language without settings of its own is taken for one with spaces."""
    return SETTINGS.get((task, language), SETTINGS[(task, "en")])


def out_of_fold(examples: Examples, asked: Settings, groups: Any) -> Any:
    """The logit of each document by a model that saw none of its group: groups int64[n] -> float64[n]."""
    found = _grams(examples.texts, asked)
    out = np.zeros(len(groups))
    for group in np.unique(groups):
        rows = groups != group
        weights, scale, bias = _fit(found, examples, asked, rows)
        out[~rows] = _logits(found, weights, scale, bias)[~rows]
    return out - asked.repetition * examples.repetition


def folds(texts: pa.Array) -> Any:
    """Which of `FOLDS` folds each text is in, int64[n]: texts that fold to the same are in the same."""
    return hashes.hash_texts(*text_buffers(texts)).folded % FOLDS


def fit(examples: Examples, asked: Settings, of: tuple[str, str], scale: tuple[float, float, float]) -> Linear:
    """Fit a model on all examples.

    Args:
        examples: what to learn from.
        asked: what to fit.
        of: task and language.
        scale: what the logit is multiplied by, what is then added to it, and the logit of the line of a window.
    """
    factor, shift, line = scale
    found = _grams(examples.texts, asked)
    weights, unit, bias = _fit(found, examples, asked, np.ones(len(examples.labels), bool))
    return Linear(
        *of, asked.bits, asked.first, asked.last, asked.words, asked.window, asked.most,
        unit * factor, bias * factor + shift, line, asked.repetition * factor, weights, "", "",
    )  # fmt: skip


def macro_f1(labels: Any, positive: Any) -> float:
    """Mean of the F1 of both classes; labels uint8[n], positive bool[n]."""
    scores = []
    for value in (0, 1):
        hits = np.sum((labels == value) & (positive == value))
        scores.append(2 * hits / max(np.sum(labels == value) + np.sum(positive == value), 1))
    return float(np.mean(scores))


def best_cut(labels: Any, logits: Any) -> float:
    """The logit that cuts best by macro-F1: of 101 quantiles, the middle of the best ones."""
    cuts = np.unique(np.quantile(logits, np.linspace(0, 1, 101)))
    values = np.array([macro_f1(labels, logits > cut) for cut in cuts])
    return float(np.median(cuts[values >= values.max() - 1e-9]))


def crossed_f1(labels: Any, logits: Any, groups: Any) -> float:
    """Macro-F1 where each fold is cut where the other folds are cut best."""
    positive = np.zeros(len(labels), bool)
    for group in np.unique(groups):
        rows = groups == group
        positive[rows] = logits[rows] > best_cut(labels[~rows], logits[~rows])
    return macro_f1(labels, positive)


def auc(labels: Any, logits: Any) -> float:
    """Area under the ROC curve, ties counted half; 0.5 where a class is missing."""
    positives = int(np.sum(labels == 1))
    negatives = len(labels) - positives
    if not positives or not negatives:
        return 0.5
    _, where, count = np.unique(logits, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[where]
    return float((ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def auc_like_length(labels: Any, logits: Any, chars: Any) -> float:
    """AUC over pairs of documents whose lengths are in the same power of two: length alone cannot win."""
    bucket = np.log2(np.maximum(chars, 1)).astype(np.int64)
    won = pairs = 0.0
    for value in np.unique(bucket):
        rows = bucket == value
        count = float(np.sum(labels[rows] == 1)) * float(np.sum(labels[rows] == 0))
        won, pairs = won + count * auc(labels[rows], logits[rows]), pairs + count
    return won / pairs if pairs else 0.5


def calibration(labels: Any, logits: Any, weights: Any) -> tuple[float, float]:
    """Slope and shift that turn logits into log odds of label 1 (Platt), by Newton's method; weights float64[n]."""
    features = np.stack([logits, np.ones(len(logits))], axis=1)
    line = np.array([1.0, 0.0])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(features @ line, -30, 30)))
        slope = features.T @ (weights * (chance - labels)) + 1e-6 * line
        curve = (features * (weights * chance * (1 - chance))[:, None]).T @ features + 1e-6 * np.eye(2)
        line = line - np.linalg.solve(curve, slope)
    return float(line[0]), float(line[1])


def balanced(labels: Any, sources: Any, rows: Any) -> Any:
    """Weights of the examples `rows` (bool[n]), 0 for the rest: classes alike, sources of n as sqrt(n); mean 1."""
    out = np.zeros(len(labels), np.float64)
    for value in (0, 1):
        mine = rows & (labels == value)
        for source in np.unique(sources[mine]):
            part = mine & (sources == source)
            out[part] = 1 / np.sqrt(np.sum(part))
        out[mine] /= max(out[mine].sum(), 1e-12)
    return out * np.sum(rows) / 2


def _grams(texts: pa.Array, asked: Settings) -> _Grams:
    offsets, data = text_buffers(texts)
    codes, starts = linear.fold(offsets, data, linear.folding())
    docs, begin, end = linear.windows(starts[:-1], starts[1:], asked.window, asked.most)
    shape = np.array([asked.bits, asked.first, asked.last, asked.words], np.int64)
    first, slots = linear.grams(begin, end, codes, shape)
    bytes_ = offsets[0] + np.flatnonzero((data[offsets[0] : offsets[-1]] & 0xC0) != 0x80)  # where characters begin
    bytes_ = np.append(bytes_, offsets[-1])
    return _Grams(docs, first, slots, tokens.hash_spans(data, bytes_[begin], bytes_[end])[0])


def _fit(found: _Grams, examples: Examples, asked: Settings, rows: Any) -> tuple[Any, float, float]:
    """Weights int8[2**bits], the value of one step of them, bias."""
    count = np.diff(found.docs)
    owner = np.repeat(np.arange(len(count)), count)
    importance = (balanced(examples.labels, examples.sources, rows) / np.maximum(count, 1))[owner]
    used = np.flatnonzero(importance > 0)
    importance = np.minimum(importance / importance[used].mean(), 20).astype(np.float32)
    order = []
    for epoch in range(asked.epochs):
        keys = found.order_key[used] * np.uint64(0x9E3779B97F4A7C15 + 2 * epoch)
        order.append(used[np.argsort(keys, kind="stable")])
    weights, bias = linear.train(
        found.first,
        found.slots,
        examples.labels[owner],
        importance,
        np.concatenate(order),
        asked.bits,
        asked.rate,
        asked.decay,
    )
    solid = np.abs(weights[weights != 0])
    unit = float(np.quantile(solid, 0.9999)) / 127 if len(solid) else 1.0
    return np.clip(np.rint(weights / unit), -127, 127).astype(np.int8), unit, float(bias)


def _logits(found: _Grams, weights: Any, scale: float, bias: float) -> Any:
    total = np.concatenate([[0], np.cumsum(weights[found.slots].astype(np.int64))])
    sums = total[found.first[1:]] - total[found.first[:-1]]
    logits = bias + scale * sums / np.sqrt(np.maximum(np.diff(found.first), 1))
    return scoring.summed(found.docs, logits, 0.0).mean
