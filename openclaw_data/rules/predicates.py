"""SQL predicates over the columns of one document: what they may use, and how they are compiled and checked."""

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from openclaw_data import yaml_strict
from openclaw_data.rules.reading import File, hint

if TYPE_CHECKING:
    import polars as pl

COLUMNS = {
    "language": "",
    "language_script": "",
    "language_score": 0.0,
    "replacements": 0,
    "edits": 0,
    **dict.fromkeys(("pii_email", "pii_phone", "pii_id", "pii_ip", "pii_card", "pii_other"), 0),
    "truncated": "",
    "url": "",
    "url_category": "",
    "title": "",
    "text": "",
    "source_id": "",
    "crawl": "",
    "fetch_status": 0,
    "content_charset": "",
    "charset_source": "",
    "content_mime_detected": "",
    **dict.fromkeys(("page_canonical_url", "page_language", "page_published", "page_site"), ""),
    "licence": "",
    "licence_source": "",
    "rights_status": "",
    "rights_signals": [""],
    "icp": "",
}
"""Columns of a document, beside the signals, that a rule may use, each with an empty value of its type."""
FUNCTIONS = (
    "IN",
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "ABS",
    "ROUND",
    "SQRT",
    "LN",
    "LOG10",
    "LEAST",
    "GREATEST",
    "CHAR_LENGTH",
    "LOWER",
    "STARTS_WITH",
    "ENDS_WITH",
    "REGEXP_LIKE",
    "ARRAY_CONTAINS",
)
"""What may stand before a bracket in a predicate: five words of SQL, and functions of the columns of one row."""


@cache
def expression(predicate: str) -> "pl.Expr":
    """Compile a SQL predicate.

    Raises:
        ValueError: it is not SQL, or not a true-or-false expression of the columns of one row.
    """
    import polars as pl

    bare = re.sub(r"'[^']*'", "''", predicate)
    if found := re.search(r"(?i)\b(over|select|from|explode|unnest)\b", bare):
        raise ValueError(f"{found[0].upper()} is not allowed: a rule looks at the columns of one document")
    for name in re.findall(r"(?i)\b([a-z_][a-z0-9_]*)\s*\(", bare):
        if name.upper() not in FUNCTIONS:
            raise ValueError(f"{name.upper()} is not among the functions of one document: {', '.join(FUNCTIONS[5:])}")
    try:
        compiled = pl.sql_expr(predicate)
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise ValueError(f"it is not SQL: {str(error).splitlines()[0]}") from None
    if compiled.meta.has_multiple_outputs():
        raise ValueError("it is not one value a document")
    return compiled


def check(file: File, rule: str, predicate: Any, where: yaml_strict.Place) -> None:
    """Refuse a predicate that is not one true or false a document over known columns."""
    from openclaw_data import signals

    if not isinstance(predicate, str) or not predicate.strip():
        raise file.error(where, f"rule {rule!r} keeps {predicate!r}.", "Write a SQL predicate such as words >= 50.")
    try:
        columns = expression(predicate).meta.root_names()
    except ValueError as error:
        raise file.error(where, f"rule {rule!r}: {predicate!r} cannot be used: {error}.") from None
    known = [*signals.SIGNALS, *signals.OPTIONAL, *signals.ADDED, *COLUMNS]
    if not columns:
        raise file.error(where, f"rule {rule!r}: {predicate!r} looks at no column.", "Name a signal in it.")
    for column in columns:
        if column not in known:
            fact = f"rule {rule!r} names the signal {column!r}, which does not exist."
            raise file.error(where, fact, hint(column, known))
    try:
        verdict = _probe(columns).select(expression(predicate).alias("keep"))["keep"]
    except Exception as error:  # noqa: BLE001 - polars raises many types here, its panics among them
        raise file.error(where, f"rule {rule!r}: {predicate!r} cannot be used: {str(error).splitlines()[0]}.") from None
    if str(verdict.dtype) != "Boolean":
        raise file.error(where, f"rule {rule!r}: {predicate!r} is not true or false.", "Compare it with something.")
    if len(verdict) != _PROBE_ROWS or verdict.null_count():
        raise file.error(where, f"rule {rule!r}: {predicate!r} is not one true or false a document.")


_PROBE_ROWS = 3


def _probe(columns: Iterable[str]) -> "pl.DataFrame":
    """A few documents that have nothing, to find out what type a predicate has and whether it stays in its row."""
    import polars as pl

    return pl.DataFrame({c: [COLUMNS.get(c, 0.0)] * _PROBE_ROWS for c in columns})
