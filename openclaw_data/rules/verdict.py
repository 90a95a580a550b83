"""Verdicts: which rules each document of a batch fails, and which columns that takes."""

import fnmatch
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from openclaw_data.errors import DataError
from openclaw_data.rules.packs import DEFAULT, Excuse, Pack, Rule
from openclaw_data.rules.predicates import expression

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


def needed(packs: Iterable[Pack]) -> set[str]:
    """The columns that the rules use, signals and columns of the document.

    `language` and `language_script` are among them where a rule or a pack differs by language.
    """
    columns: set[str] = set()
    for pack in packs:
        for excuse in pack.excuses:
            columns.update(expression(excuse.when).meta.root_names())
            if pack.languages:
                columns.update(("language", "language_script"))
        for rule in pack.rules:
            for predicate in rule.keep.values():
                columns.update(expression(predicate).meta.root_names())
            if pack.languages or set(rule.keep) != {DEFAULT}:
                columns.update(("language", "language_script"))
    return columns


def languages_asking(packs: Iterable[Pack], column: str, among: Iterable[str]) -> set[str]:
    """In which of the languages `among` a document's verdict may depend on a column."""
    found: set[str] = set()
    for pack in packs:
        spoken = {key.partition("-")[0] for key in pack.languages} or set(among)
        for rule in pack.rules:
            for key, predicate in rule.keep.items():
                if column in expression(predicate).meta.root_names():
                    found |= spoken if key == DEFAULT else {key.partition("-")[0]} & spoken
        if any(column in expression(excuse.when).meta.root_names() for excuse in pack.excuses):
            found |= spoken
    return found & set(among)


def judge(batch: "pa.RecordBatch | pl.DataFrame", packs: Sequence[Pack]) -> "pa.Array":
    """All rules that each document fails, as `pack.rule`, in the order of the packs; an empty list means kept.

    Args:
        batch: rows with every column of `needed(packs)`.
        packs: the rules, evaluated in one pass.

    Returns:
        list<string>, one list a row.

    Raises:
        DataError: a column is missing, or holds a null or NaN; names column and row.
    """
    import numpy as np
    import polars as pl
    import pyarrow as pa

    columns = needed(packs)
    frame = batch if isinstance(batch, pl.DataFrame) else _frame(batch, columns)
    _refuse_gaps(frame, columns)
    rules = [(pack, rule) for pack in packs for rule in pack.rules]
    if not rules or not frame.height:
        return pa.array([[] for _ in range(frame.height)], pa.list_(pa.string()))
    names = [f"{pack.name}.{rule.name}" for pack, rule in rules]
    kept = [
        kept_by(pack, rule, packs).fill_null(value=True).alias(name)
        for (pack, rule), name in zip(rules, names, strict=True)
    ]
    failing = ~frame.select(kept).to_numpy()  # bool[rows, rules]
    offsets = np.concatenate(([0], np.cumsum(np.count_nonzero(failing, axis=1)))).astype(np.int32)
    failed = pa.array(names, pa.string()).take(pa.array(np.nonzero(failing)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets), failed)


def matches(languages: Iterable[str], language: str, script: str) -> str | None:
    """The most exact of the keys `languages` that fits a document, or None."""
    keys = set(languages)
    return next((key for key in (f"{language}-{script}", language, DEFAULT) if key in keys), None)


def kept_by(pack: Pack, rule: Rule, packs: Sequence[Pack]) -> "pl.Expr":
    """True for a document that the rule keeps or that an excuse in `packs` spares it."""
    kept = _kept(pack, rule)
    for other, excuse in excuses_of(pack, rule, packs):
        kept |= _spoken(other) & expression(excuse.when)
    return kept


def excuses_of(pack: Pack, rule: Rule, packs: Sequence[Pack]) -> list[tuple[Pack, Excuse]]:
    """The excuses in `packs` that may spare a document this rule, each with its pack."""
    name = f"{pack.name}.{rule.name}"
    return [(p, e) for p in packs for e in p.excuses if any(fnmatch.fnmatchcase(name, x) for x in e.rules)]


def _speaks(key: str) -> "pl.Expr":
    import polars as pl

    language, _, script = key.partition("-")
    return (pl.col("language") == language) & ((pl.col("language_script") == script) if script else pl.lit(value=True))


def _spoken(pack: Pack) -> "pl.Expr":
    """True for a document in one of the pack's languages."""
    import polars as pl

    return pl.any_horizontal([_speaks(key) for key in pack.languages]) if pack.languages else pl.lit(value=True)


def _kept(pack: Pack, rule: Rule) -> "pl.Expr":
    import polars as pl

    keys = sorted((k for k in rule.keep if k != DEFAULT), key=len, reverse=True)
    kept = expression(rule.keep[DEFAULT]) if DEFAULT in rule.keep else pl.lit(value=True)
    if keys:
        kept = pl.coalesce([*(pl.when(_speaks(key)).then(expression(rule.keep[key])) for key in keys), kept])
    if pack.languages:
        kept = ~_spoken(pack) | kept
    return kept


def _frame(batch: "pa.RecordBatch", columns: set[str]) -> "pl.DataFrame":
    import polars as pl

    names = [name for name in batch.schema.names if name in columns]
    if not names:
        return pl.DataFrame({"": pl.repeat(0, len(batch), dtype=pl.UInt8, eager=True)})
    return pl.DataFrame({name: pl.Series(name, batch.column(name)) for name in names})


def _refuse_gaps(frame: "pl.DataFrame", columns: set[str]) -> None:
    import numpy as np

    for name in sorted(columns):
        if name not in frame.columns:
            raise DataError(f"column {name!r}", "a rule needs it and the batch does not have it.", "Compute it first.")
        column = frame[name]
        if not column.null_count() and not (column.dtype.is_float() and np.isnan(column.to_numpy()).any()):
            continue
        gaps = column.is_null() | column.is_nan() if column.dtype.is_float() else column.is_null()
        row = gaps.to_list().index(True)
        what = "null" if column[row] is None else "NaN"
        raise DataError(f"column {name!r}, row {row}", f"the value is {what}.", "Drop the row or give it a value.")
