"""The mass balance: every record that was read is kept, dropped by a named rule, or an error. Exactly.

Three independent counts are held against each other: what the readers yielded (markers), what `decisions/` says, and
what lies in `data/`, the last two read back from the written files.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import polars as pl

from openclaw_data import storage
from openclaw_data.dataset.manifest import Counts, Outcomes
from openclaw_data.documents import DataError

_KEY = ["source_id", "warc_filename", "language"]


def count(dataset: str, decisions: Iterable[str], shards: Iterable[str], read: Mapping[str, int]) -> Counts:
    """Count the written files and check that they balance with `read` (records by `source_id/name`).

    Raises:
        DataError: the balance does not close; names the file, the language and both numbers.
    """
    rows, reasons, errors = _decisions(dataset, decisions)
    kept = _sum(dataset, shards)
    for key in sorted({(s, f, lang) for s, f, lang, o in rows if o == "kept"} | set(kept)):
        if rows[*key, "kept"] != kept[key]:
            facts = f"{rows[*key, 'kept']} kept in decisions/, but {kept[key]} rows in data/."
            raise _unbalanced(f"{key[0]}/{key[1]}, {key[2]}", facts)
    by_file = _outcomes(rows, lambda k: f"{k[0]}/{k[1]}")
    for name in sorted({*by_file, *read}):
        found = by_file.get(name, Outcomes()).read
        if found != read.get(name, 0):
            raise _unbalanced(name, f"{read.get(name, 0)} records read, but {found} in decisions/.")
    total = _outcomes(rows, lambda _: "all").get("all", Outcomes())
    by_language = _outcomes(rows, lambda k: k[2])
    return Counts(**total.model_dump(), by_language=by_language, by_file=by_file, by_rule=reasons, by_error=errors)


def _sum(dataset: str, shards: Iterable[str]) -> Counter[tuple[str, ...]]:
    """Rows by `_KEY`."""
    found: Counter[tuple[str, ...]] = Counter()
    for file in shards:
        _add(found, pl.DataFrame(storage.open_parquet(storage.join(dataset, file), _KEY).read(_KEY)), _KEY)
    return found


def _decisions(
    dataset: str, files: Iterable[str]
) -> tuple[Counter[tuple[str, ...]], dict[str, dict[str, int]], dict[str, int]]:
    """Rows by `_KEY` and outcome; dropped ones by rule and language; unreadable ones by error."""
    found: Counter[tuple[str, ...]] = Counter()
    reasons: dict[str, Counter[str]] = {}
    errors: Counter[str] = Counter()
    key = [*_KEY, "outcome"]
    for file in files:
        opened = storage.open_parquet(storage.join(dataset, file), key)
        table = pl.DataFrame(opened.read([*key, "dropped_by", "error"]))
        _add(found, table, key)
        dropped = table.select("language", "dropped_by").explode("dropped_by").drop_nulls()
        for rule, language, n in dropped.group_by("dropped_by", "language").len().rows():
            reasons.setdefault(rule, Counter())[language] += n
        for error, n in table.filter(pl.col("error") != "").group_by("error").len().rows():
            errors[error] += n
    return found, {r: dict(sorted(reasons[r].items())) for r in sorted(reasons)}, dict(sorted(errors.items()))


def _add(found: Counter[tuple[str, ...]], table: pl.DataFrame, by: list[str]) -> None:
    for *key, n in table.group_by(by).len().rows():
        found[tuple(key)] += n


def _outcomes(rows: Counter[tuple[str, ...]], name) -> dict[str, Outcomes]:  # type: ignore[no-untyped-def] # noqa: ANN001
    totals: dict[str, Counter[str]] = {}
    for key, n in rows.items():
        totals.setdefault(name(key), Counter())[key[-1]] += n
    return {
        k: Outcomes(read=t.total(), kept=t["kept"], dropped=t["dropped"], errors=t["error"])
        for k, t in sorted(totals.items())
    }


def _unbalanced(where: str, facts: str) -> DataError:
    return DataError(
        f"balance, {where}",
        facts,
        "Nothing was published; this is a defect of openclaw-data: please report it with the work folder's run.json.",
    )
