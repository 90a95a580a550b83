"""What every rule of a run drops: all in all, and by it only."""

from typing import NamedTuple

import polars as pl

from openclaw_data.explain import parts
from openclaw_data.explain.effects import MEASURES


class RuleShare(NamedTuple):
    """Documents, characters and tokens that fail a rule, and that fail no other one, by language."""

    failing: dict[str, dict[str, int]]
    only: dict[str, dict[str, int]]


class Overview(NamedTuple):
    """`judged`: language -> documents that have a text, to which shares refer; `kept`: those in the dataset."""

    judged: dict[str, dict[str, int]]
    kept: dict[str, dict[str, int]]
    by_rule: dict[str, RuleShare]


def overview(work: parts.Work) -> Overview:
    """Count every rule of a run, the rules of deduplication included, from the parts."""
    found = Overview({}, {}, {})
    for _, plain in parts.frames(work, parts.BASE):
        frame = plain.filter(pl.col("error") == "")
        _add(found.judged, frame.filter(pl.col("skipped") == ""))
        _add(found.kept, frame.filter(pl.col("reasons").list.len() == 0))
        exploded = frame.with_columns(only=pl.col("reasons").list.len() == 1).explode("reasons").drop_nulls("reasons")
        for (rule,), rows in exploded.group_by(["reasons"]):
            share = found.by_rule.setdefault(str(rule), RuleShare({}, {}))
            _add(share.failing, rows)
            _add(share.only, rows.filter("only"))
    order = sorted(found.by_rule, key=lambda r: (-total(found.by_rule[r].failing), r))
    return found._replace(by_rule={rule: found.by_rule[rule] for rule in order})


def _add(into: dict[str, dict[str, int]], rows: pl.DataFrame) -> None:
    sums = rows.group_by("language").agg(
        pl.len().alias("documents"),
        pl.col("char_count").cast(pl.Int64).sum().alias("characters"),
        pl.col("token_count").cast(pl.Int64).sum().alias("tokens"),
    )
    for row in sums.sort("language").iter_rows(named=True):
        mine = into.setdefault(row["language"], dict.fromkeys(MEASURES, 0))
        for measure in MEASURES:
            mine[measure] += row[measure]


def total(by_language: dict[str, dict[str, int]], measure: str = "documents") -> int:
    """The sum over all languages."""
    return sum(row[measure] for row in by_language.values())
