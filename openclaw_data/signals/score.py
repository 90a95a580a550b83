"""Measure texts in a notebook: every signal of a text, by name, without a run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openclaw_data import documents, signals
from openclaw_data.errors import DataError, hint
from openclaw_data.signals import language

if TYPE_CHECKING:
    import polars as pl

_LANGUAGE = ("language", "language_script", "language_score")


def score(
    texts: Sequence[str], names: Sequence[str] | None = None, urls: Sequence[str] | None = None
) -> "pl.DataFrame":
    """Measure texts as the pipeline does, after extraction and without edits.

    Args:
        texts: n texts.
        names: the columns wanted, signals or `language`, `language_script`, `language_score`; all of them by default.
            filters/README.md says what each means and in which unit.
        urls: n URLs, for the signals that look at them.

    Returns:
        n rows in the order of `texts`, one column a name. No nulls, no NaN.

    Raises:
        DataError: an unknown name, with the nearest known one; lengths that differ.
    """
    import polars as pl

    known = [*_LANGUAGE, *signals.SIGNALS]
    wanted = list(known if names is None else names)
    for name in wanted:
        if name not in known:
            raise DataError(f"signal {name!r}", "there is no such signal.", hint(name, known))
    batch = documents.from_texts(texts, urls=urls)
    batch = documents.append(batch, language.identify(batch))
    measured = signals.compute(batch, sorted({n for n in wanted if n not in _LANGUAGE}))
    batch = documents.append(batch, measured)
    return pl.DataFrame({name: pl.Series(name, batch.column(name)) for name in wanted})
