"""Signals of the models: toxicity, quality, perplexity. A document in a language without a model scores 0 in them.

Which model reads which language is in `Models`: task -> language -> file and digest. By default it is those of
`filters/models/`; a recipe's key `models` replaces or adds some. There is no default for perplexity.
"""

import weakref
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data import documents
from openclaw_data.errors import DataError
from openclaw_data.models import fasttext, files, scoring
from openclaw_data.models.files import Choice
from openclaw_data.signals import lexicons

Models = Mapping[str, Mapping[str, Choice]]
_REPEATED = "duplicate_5_gram_char_fraction"
TOXIC = 0.5
"""The probability from which a fastText model's verdict on a document counts as a window over the line."""


class Toxicity(NamedTuple):
    """What the toxicity model of a document's language says, by windows of 100 (zh) or 200 (en) characters."""

    toxicity_score: pa.Array  # float32: the logistic function of the mean logit of its windows, 0-1
    toxicity_max: pa.Array  # float32: the same of the highest
    toxic_window_fraction: pa.Array  # float32: windows over the line that 2 % of clean short texts reach, 0-1


class Quality(NamedTuple):
    """What the quality model of a document's language says."""

    quality_score: pa.Array  # float32: probability of a good source where good and bad ones are as frequent, 0-1


class Perplexity(NamedTuple):
    """What the KenLM model of a document's language says."""

    perplexity: pa.Array  # float32: CCNet's, 1 to 1e9; 0 for a text without tokens, or in a language without a model


@cache
def defaults() -> Models:
    """The models of `filters/models/`."""
    found = {task: {language: files.bundled(task, language) for language in files.BUNDLED} for task in files.TASKS}
    return {**found, **{ground: {"zh": files.bundled(ground, "zh")} for ground in files.GROUNDS}}


def merged(models: Models) -> Models:
    """The default models, with those given in their places."""
    found = {task: {**languages, **models.get(task, {})} for task, languages in defaults().items()}
    return {**found, **{task: languages for task, languages in models.items() if languages and task not in found}}


def digests(models: Models) -> dict[str, str]:
    """`task-language` -> sha256 of every model that is used, each file read and verified.

    Raises:
        DataError: a file that is missing, damaged or of no known format.
    """
    found = {}
    for task, languages in models.items():
        for language, choice in languages.items():
            _load(task, choice)
            found[f"{task}-{language}"] = choice.sha256
            if choice.tokenizer:
                found[f"{task}-{language}-tokenizer"] = choice.tokenizer_sha256
    return found


def _load(task: str, choice: Choice) -> None:
    """Load a model, which verifies it."""
    if task == "lexicons":
        lexicons.read(choice.path, choice.sha256)
        return
    if task == "perplexity":
        from openclaw_data.models import perplexity as measure

        measure.load(choice)
        measure.tokenised(choice, ["a"])
        return
    kind = files.kind(choice)
    if kind == "onnx":
        from openclaw_data.models import transformer

        transformer.load(choice)
    elif kind == "fasttext":
        fasttext.load(choice)
    else:
        files.read(choice)


def toxicity(batch: pa.RecordBatch, models: Models | None = None) -> Toxicity:
    """Toxicity of `text`, by the model of `language`."""

    def measured(choice: Choice, rows: Any) -> Any:
        if files.kind_of(choice) == "fasttext":
            chance = fasttext.score(choice, _texts(batch, rows))
            return np.stack([chance, chance, chance >= TOXIC])
        found = scoring.score(files.read(choice), _folded(batch), rows)
        return np.stack([scoring.probability(found.mean), scoring.probability(found.highest), found.share])

    return Toxicity(*_by_language(batch, (models or defaults())["toxicity"], 3, measured))


def quality(batch: pa.RecordBatch, models: Models | None = None) -> Quality:
    """Quality of `text`, by the model of `language`; measures `duplicate_5_gram_char_fraction` if need be."""

    def measured(choice: Choice, rows: Any) -> Any:
        if files.kind_of(choice) == "onnx":
            from openclaw_data.models import transformer

            return transformer.score(choice, _texts(batch, rows))[None]
        if files.kind_of(choice) == "fasttext":
            return fasttext.score(choice, _texts(batch, rows))[None]
        model = files.read(choice)
        logits = scoring.score(model, _folded(batch), rows).mean
        if model.repetition:
            logits = logits - model.repetition * _repetition(batch, rows)
        return scoring.probability(logits)[None]

    return Quality(*_by_language(batch, (models or defaults())["quality"], 1, measured))


def perplexity(batch: pa.RecordBatch, models: Models | None = None) -> Perplexity:
    """Perplexity of `text`, by the model of `language`.

    Raises:
        DataError: there is no model of perplexity.
    """
    chosen = (models or {}).get("perplexity", {})
    if not chosen:
        fact = "no model of perplexity is given, and none comes along."
        raise DataError("signal 'perplexity'", fact, "Name one under `models: perplexity:` in the recipe.")
    from openclaw_data.models import perplexity as measure

    return Perplexity(*_by_language(batch, chosen, 1, lambda c, rows: measure.score(c, _texts(batch, rows))[None]))


def own_lists(batch: pa.RecordBatch, models: Models | None = None) -> lexicons.Own:
    """Terms of the recipe's own word lists.

    Raises:
        DataError: there is none.
    """
    lists = (models or {}).get("lexicons", {})
    if not lists:
        fact = "no word list of your own is given."
        raise DataError("signal 'own_terms'", fact, "Name one under `lexicons:` in the recipe.")
    return lexicons.own(batch, lists)


def about(batch: pa.RecordBatch, ground: str, models: Models | None = None) -> Any:
    """Which documents the model of their language says are about `ground`: bool[n]; False without a model."""

    def measured(choice: Choice, rows: Any) -> Any:
        return scoring.probability(scoring.score(files.read(choice), _folded(batch), rows).mean)[None]

    return _by_language(batch, (models or defaults())[ground], 1, measured)[0].to_numpy() > TOXIC


def _repetition(batch: pa.RecordBatch, rows: Any) -> Any:
    if _REPEATED in batch.schema.names:
        return batch.column(_REPEATED).to_numpy(zero_copy_only=False)[rows]
    from openclaw_data.signals import repetition

    return repetition.ngrams(batch).duplicate_5_gram_char_fraction.to_numpy(zero_copy_only=False)[rows]


def _texts(batch: pa.RecordBatch, rows: Any) -> pa.Array:
    return batch.column("text").take(pa.array(rows))


_last: tuple[Any, scoring.Folded] | None = None


def _folded(batch: pa.RecordBatch) -> scoring.Folded:
    """The texts of a batch, folded once for all tasks and languages."""
    global _last  # noqa: PLW0603 - a memo of one entry, as in `tokens`
    if _last is None or _last[0]() is not batch:
        _last = (weakref.ref(batch), scoring.fold(batch.column("text")))
    return _last[1]


def _by_language(
    batch: pa.RecordBatch,
    choices: Mapping[str, Choice],
    columns: int,
    measured: Callable[[Choice, Any], Any],
) -> list[pa.Array]:
    """Measure the rows, int64[k], of each language by its model: float32 arrays; a document without text scores 0."""
    out = np.zeros((columns, len(batch)), np.float32)
    if "language" not in batch.schema.names:
        from openclaw_data.signals import language as identification

        batch = documents.append(batch, identification.identify(batch))
    filled = pc.greater(pc.binary_length(batch.column("text")), 0)
    for language, choice in choices.items():
        wanted = pc.and_(pc.equal(batch.column("language"), language), filled)
        rows = np.flatnonzero(wanted.to_numpy(zero_copy_only=False))
        if len(rows):
            out[:, rows] = measured(choice, rows)
    return [pa.array(row) for row in out]
