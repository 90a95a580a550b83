"""What a question changes: documents, characters and tokens gained or lost, by language and by domain.

The unit is a document after the rules and before deduplication, because other survivors have other duplicates; how
many of the gained ones are exact copies, and how many of the lost ones have a duplicate that would take their place,
is counted beside it. `refilter` gives the dataset itself.
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from openclaw_data import rules, storage
from openclaw_data.explain import parts, samples
from openclaw_data.explain.questions import Question, probe
from openclaw_data.flow import work as folder

COUNTED = ("before", "after", "gained", "lost", "failing", "only")
"""Documents that pass all rules before and after; that come in or fall out; that fail the rule, and no other one."""
MEASURES = ("documents", "characters", "tokens")
Amounts = dict[str, dict[str, int]]
"""One of `COUNTED` -> one of `MEASURES` -> number."""


class Effect(NamedTuple):
    """The answer.

    `copies`: gained documents that are exact copies of one that stays; `replaced`: lost documents whose cluster holds
    another one that stays.
    """

    question: Question
    total: Amounts
    by_language: dict[str, Amounts]
    by_domain: dict[str, Amounts]
    copies: int
    replaced: int
    kept_samples: list[samples.Sample]
    dropped_samples: list[samples.Sample]


class _Tables(NamedTuple):
    total: Amounts
    by_language: dict[str, Amounts]
    by_domain: dict[str, Amounts]


class _Clusters(NamedTuple):
    kept_hashes: list[npt.NDArray[np.int64]]
    gained_hashes: list[npt.NDArray[np.int64]]
    lost: list[npt.NDArray[np.int64]]
    staying: list[npt.NDArray[np.int64]]


def effect(work: parts.Work, question: Question, count: int = 20) -> Effect:
    """Answer a question from the parts alone.

    Args:
        work: the work folder.
        question: what is changed.
        count: samples on each side of the line.

    Raises:
        DataError: the predicate cannot be evaluated.
    """
    needed = rules.needed(pack for pack in (question.pack, question.line) if pack)
    tables = _Tables(amounts(), defaultdict(amounts), defaultdict(amounts))
    clusters = _Clusters([], [], [], [])
    sides = samples.Sides(count)
    for number, plain in parts.frames(work, [*parts.BASE, *sorted(needed)]):
        if question.keep:
            probe(question.keep, plain)
        frame = verdicts(plain, question)
        _count(frame, tables)
        _clusters(work, number, frame, clusters)
        sides.offer(number, frame, question)
    asked = question.language.partition("-")[0]
    copies = _joined(clusters.gained_hashes)
    kept, dropped = sides.finish(work)
    return Effect(
        question,
        tables.total,
        {k: v for k, v in _by_size(tables.by_language).items() if not asked or k == asked},
        _by_size(tables.by_domain),
        int(np.isin(copies, _joined(clusters.kept_hashes)).sum()),
        len(np.intersect1d(_joined(clusters.lost), _joined(clusters.staying))),
        kept,
        dropped,
    )


def verdicts(frame: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Add `fails` (the rule as asked), `alone` (no other reason), `before` and `after`."""
    if question.pack is None:
        fails = pl.Series("fails", np.zeros(frame.height, np.bool_))
    else:
        fails = pl.Series("fails", pl.Series(rules.judge(frame, [question.pack])).list.len() > 0)
    fine = pl.col("error") == ""
    frame = frame.with_columns(fails)
    if not question.rule.startswith("dedup."):
        frame = frame.with_columns(reasons=pl.col("dropped_by"))
    others = pl.col("reasons").list.eval(pl.element().filter(pl.element() != question.rule))
    return frame.with_columns(
        failed=pl.col("reasons").list.contains(question.rule),
        alone=(others.list.len() == 0) & fine,
        before=(pl.col("reasons").list.len() == 0) & fine,
    ).with_columns(after=pl.col("alone") & ~pl.col("fails"))


def _count(frame: pl.DataFrame, tables: _Tables) -> None:
    """Add a part's documents to the tables."""
    gained, lost = pl.col("after") & ~pl.col("before"), pl.col("before") & ~pl.col("after")
    masks = {"before": pl.col("before"), "after": pl.col("after"), "gained": gained, "lost": lost}
    masks |= {"failing": pl.col("failed"), "only": pl.col("failed") & pl.col("alone")}
    measures = {"documents": pl.lit(1), "characters": pl.col("char_count"), "tokens": pl.col("token_count")}
    wanted = [
        pl.when(mask).then(value).otherwise(0).cast(pl.Int64).sum().alias(f"{name} {measure}")
        for name, mask in masks.items()
        for measure, value in measures.items()
    ]
    table = frame.group_by("language", "url_host_registered_domain").agg(wanted)
    for row in table.iter_rows(named=True):
        language, domain = row.pop("language"), row.pop("url_host_registered_domain")
        touched = any(row[f"{name} documents"] for name in ("gained", "lost", "failing"))
        into = [tables.total, tables.by_language[language], *([tables.by_domain[domain]] if touched else [])]
        for name, n in row.items():
            counted, measure = name.split(" ")
            for found in into:
                found[counted][measure] += n


def _clusters(work: parts.Work, number: int, frame: pl.DataFrame, found: _Clusters) -> None:
    """Collect what tells copies and replacements."""
    hashes = _hashes(work, number, frame.height)
    before, after = frame["before"].to_numpy(), frame["after"].to_numpy()
    found.kept_hashes.append(hashes[before & after & (hashes != 0)])
    found.gained_hashes.append(hashes[after & ~before & (hashes != 0)])
    cluster, rank = frame["dup_cluster_id"].to_numpy(), frame["dup_rank"].to_numpy()
    found.lost.append(cluster[before & ~after & (rank == 0) & (cluster >= 0)])
    found.staying.append(cluster[after & (rank > 0)])


def _hashes(work: parts.Work, number: int, rows: int) -> npt.NDArray[np.int64]:
    """The folded texts' hashes of a part: int64[rows]; zeros where there are no fingerprints."""
    import pyarrow as pa

    path = folder.path(work.path, "fingerprints", number, "arrow")
    if not storage.exists(path):
        return np.zeros(rows, np.int64)
    with storage.open_input(path) as file:
        values: npt.NDArray[np.int64] = pa.ipc.open_file(file).read_all().column("exact_hash").to_numpy()
    return values


def _joined(arrays: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *arrays])


def amounts() -> Amounts:
    """Nothing of anything."""
    return {name: dict.fromkeys(MEASURES, 0) for name in COUNTED}


def _by_size(found: dict[str, Amounts]) -> dict[str, Amounts]:
    """The languages or domains in which anything changes or fails, the most changed first."""

    def size(item: tuple[str, Amounts]) -> tuple[int, int, str]:
        name, a = item
        return -a["gained"]["documents"] - a["lost"]["documents"], -a["failing"]["documents"], name

    return {k: v for k, v in sorted(found.items(), key=size) if size((k, v))[:2] != (0, 0)}
