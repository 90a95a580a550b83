"""Verdicts: which rules each document of a batch fails, and which columns that takes."""

import fnmatch
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from openclaw_data.errors import DataError
from openclaw_data.rules.packs import DEFAULT, Excuse, Pack, Rule
from openclaw_data.rules.predicates import expression

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

PARTS, ROW = "language_parts", "_row"


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

    Where there is a column `language_parts` (`signals.mixed`), rules that are bound to a language judge the parts of
    a document in two languages instead of the whole, and it fails what one of its parts fails.

    Args:
        batch: rows with every column of `needed(packs)`, and `language_parts` perhaps.
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
    frame = batch if isinstance(batch, pl.DataFrame) else _frame(batch, {*columns, PARTS})
    _refuse_gaps(frame, columns)
    rules = [(pack, rule) for pack in packs for rule in pack.rules]
    if not rules or not frame.height:
        return pa.array([[] for _ in range(frame.height)], pa.list_(pa.string()))
    names = [f"{pack.name}.{rule.name}" for pack, rule in rules]
    kept = _keeping(packs)
    failing = _failing(frame, kept)
    bound = np.flatnonzero([by_part(pack, rule) for pack, rule in rules])
    parts = parts_of(frame)
    if len(bound) and parts.height:
        _refuse_gaps(parts, columns)
        rows = parts[ROW].to_numpy()
        failing[np.ix_(np.unique(rows), bound)] = False
        np.logical_or.at(failing, np.ix_(rows, bound), _failing(parts, [kept[k] for k in bound]))
    offsets = np.concatenate(([0], np.cumsum(np.count_nonzero(failing, axis=1)))).astype(np.int32)
    failed = pa.array(names, pa.string()).take(pa.array(np.nonzero(failing)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets), failed)


def by_part(pack: Pack, rule: Rule) -> bool:
    """Whether a rule is bound to a language: its limits differ by language, or its pack is for one language.

    Such a rule judges, of a document in two languages, the paragraphs in each; `of: document` says otherwise.
    """
    single = len({key.partition("-")[0] for key in pack.languages}) == 1
    return not rule.whole and (single or set(rule.keep) != {DEFAULT})


def parts_of(frame: "pl.DataFrame") -> "pl.DataFrame":
    """The parts of the documents in two languages: rows like those of `frame`, with the values of the part.

    `ROW` says which row each is of.
    """
    import numpy as np
    import polars as pl

    found = np.flatnonzero(frame[PARTS].list.len().to_numpy()) if PARTS in frame.columns else ()
    if not len(found):
        return frame.clear().with_row_index(ROW)
    rows = frame[found].insert_column(0, pl.Series(ROW, found, pl.UInt32)).explode(PARTS)
    kind = rows.schema[PARTS]
    fields = [f.name for f in kind.fields if f.name in frame.columns] if isinstance(kind, pl.Struct) else []
    return rows.with_columns(pl.col(PARTS).struct.field(name) for name in fields)


def _failing(frame: "pl.DataFrame", kept: "Sequence[pl.Expr]") -> Any:
    """Which rows fail which rules: bool[rows, rules]."""
    return ~frame.select(kept).to_numpy()


def _keeping(packs: Sequence[Pack]) -> "list[pl.Expr]":
    """What is true of the documents that a rule keeps, for each rule; for the same tuple of packs it is made once."""
    last = _made.get(id(packs))
    if last is not None and last[0] is packs:
        return last[1]
    rules = [(pack, rule) for pack in packs for rule in pack.rules]
    kept = [kept_by(pack, rule, packs).fill_null(value=True).alias(f"{pack.name}.{rule.name}") for pack, rule in rules]
    if isinstance(packs, tuple):  # a list may change
        _made.clear()
        _made[id(packs)] = packs, kept
    return kept


_made: "dict[int, tuple[Sequence[Pack], list[pl.Expr]]]" = {}
"""The packs of the last verdict, held so that nothing else takes their `id`, and their expressions."""


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
