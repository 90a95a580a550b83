"""Documents on both sides of a line: those that one rule alone decides, changed ones first, then the nearest."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import polars as pl

from openclaw_data import rules
from openclaw_data.audit import thresholds
from openclaw_data.explain import parts
from openclaw_data.explain.questions import Question

CHARS = 240
"""How much of a text a sample shows."""


class Sample(NamedTuple):
    """One document. `change`: gained, lost or same. `values`: what the predicate looks at."""

    id: str
    url: str
    language: str
    change: str
    values: dict[str, Any]
    char_count: int
    text: str


class Sides:
    """The best candidates of both sides over all parts; memory for `count` a side and no more."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._sides: dict[bool, pl.DataFrame] = {}
        self._columns: list[str] = []
        self._by_part = False

    def offer(self, part: int, frame: pl.DataFrame, question: Question) -> None:
        """Look at a part's rows, with `alone`, `before`, `after` and `fails`."""
        if not self._count:
            return
        self._columns = sorted(rules.needed([question.line])) if question.line else []
        self._by_part = question.line is not None and any(rules.by_part(question.line, r) for r in question.line.rules)
        language, _, script = question.language.partition("-")
        candidates = frame.filter(pl.col("alone") & (pl.col("skipped") == ""))
        candidates = candidates.filter((pl.col("language") == language) | (not language))
        candidates = candidates.filter((pl.col("language_script") == script) | (not script))
        side = ~pl.col("fails" if question.keep else "failed")
        candidates = candidates.with_columns(
            part=pl.lit(part, pl.Int64),
            side=side,
            change=pl.when(pl.col("after") == pl.col("before"))
            .then(pl.lit("same"))
            .when("after")
            .then(pl.lit("gained"))
            .otherwise(pl.lit("lost")),
            distance=_distance(candidates, question),
        )
        for kept in (True, False):
            mine = candidates.filter(pl.col("side") == kept)
            both = pl.concat([self._sides[kept], mine]) if kept in self._sides else mine
            order = [pl.col("change") == "same", "distance", "text_sha256", "part", "row"]
            self._sides[kept] = both.sort(order).head(self._count)

    def finish(self, work: parts.Work) -> tuple[list[Sample], list[Sample]]:
        """The samples of the kept side and of the dropped side, with the beginnings of their texts."""
        found = [self._sides.get(kept) for kept in (True, False)]
        frames = [pl.DataFrame() if f is None else f for f in found]
        texts = parts.texts(work, ((r["part"], r["row"]) for f in frames for r in f.iter_rows(named=True)))
        kept, dropped = ([self._sample(r, texts) for r in f.iter_rows(named=True)] for f in frames)
        return kept, dropped

    def _sample(self, row: dict[str, Any], texts: dict[tuple[int, int], str]) -> Sample:
        text = " ".join(texts[row["part"], row["row"]][: 4 * CHARS].split())[:CHARS]
        shown = [c for c in self._columns if c not in ("language", "language_script", "text", "title")]
        values = {c: row[c] for c in shown}
        for part in row[rules.PARTS] if self._by_part else ():
            values |= {f"{c} in {part['language']}": part[c] for c in shown if c in part}
        return Sample(row["id"], row["url"], row["language"], row["change"], values, row["char_count"], text)


def _distance(frame: pl.DataFrame, question: Question) -> pl.Series:
    """How far each document is from the nearest line of the predicate that judges it, relative to the line.

    Where a document in two languages is judged by its parts, the nearest of the parts that are judged counts.

    float64[rows]; 0 where no line is known, so that those come in the order of their texts' digests.
    """
    if question.line is None:
        return pl.Series("distance", [0.0] * frame.height, pl.Float64)
    distance = _from_lines(frame, question.line).alias("distance")
    halves = rules.parts_of(frame) if rules.by_part(question.line, question.line.rules[0]) else frame.clear()
    if not halves.height:
        return distance
    halves = halves.with_columns(distance=_from_lines(halves, question.line))
    if question.line.languages:
        halves = halves.filter(pl.any_horizontal(_is(key) for key in question.line.languages))
    nearest_part = halves.group_by(rules.ROW).agg(pl.col("distance").min())
    return distance.scatter(nearest_part[rules.ROW], nearest_part["distance"])


def _from_lines(frame: pl.DataFrame, pack: rules.Pack) -> pl.Series:
    """The distance of each row's own values: float64[rows]."""
    rule = pack.rules[0]
    distance = pl.lit(0.0)
    for language, script in frame.select("language", "language_script").unique(maintain_order=True).rows():
        key = rules.matches(rule.keep, language, script)
        lines = thresholds.lines(rule.keep[key]) if key else ()
        if lines:
            distance = pl.when(_is(f"{language}-{script}")).then(nearest(lines)).otherwise(distance)
    return frame.with_columns(distance=distance.cast(pl.Float64))["distance"]


def _is(key: str) -> pl.Expr:
    """Whether a row is in a language (`zh`), or in a language and script (`zh-Hant`)."""
    language, _, script = key.partition("-")
    return (pl.col("language") == language) & ((pl.col("language_script") == script) | (not script))


def nearest(lines: Iterable[thresholds.Line]) -> pl.Expr:
    """The smallest relative distance from any of the lines."""
    return pl.min_horizontal(
        (pl.col(line.column).cast(pl.Float64) - line.value).abs() / max(abs(line.value), 1e-9) for line in lines
    )
