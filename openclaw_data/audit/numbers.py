"""Every number of the audit report, from `decisions/` and the manifest alone; rows are read some at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from openclaw_data import memory, rules, storage
from openclaw_data.audit import blocks, histograms, report, residue, thresholds
from openclaw_data.documents import DataError
from openclaw_data.signals import catalogue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLES = 3
"""Documents of each outcome and rule that the report shows."""
ROWS = 16_384
"""Rows of `decisions/` in memory, and a row group more."""
DOMAIN = "url_host_registered_domain"
_SCORES = ("language_score", "quality_score", "toxicity_score")
_LISTS = ("rights_signals", "risk_codes", "contaminated_by")
_KEYS = ("outcome", "source_id", "licence", "language", "language_script", "rights_status")
_SUMS = (
    pl.len().alias("documents"),
    pl.col("char_count").cast(pl.Int64).sum().alias("characters"),
    pl.col("token_count").cast(pl.Int64).sum().alias("tokens"),
)
_PLACE = ("part", "row")
_READ = (pl.col("error") == "") & (pl.col("skipped") == "")
_KEPT = pl.col("outcome") == "kept"


def _both() -> dict[str, Counter[str]]:
    return {"read": Counter(), "kept": Counter()}


class Tally:
    """What is counted over all parts of `decisions/`. It can be sent to another process."""

    def __init__(self, order: Mapping[str, int], rules_of: Mapping[str, Any], languages: Iterable[str]) -> None:
        self.order, self.languages = order, tuple(languages)
        keeps = {keep for rule in rules_of.values() for keep in rule["keep"].values()}
        self.drawn = {x.column for keep in keeps for x in thresholds.lines(keep)}
        self.measured = self.drawn | set(_SCORES) | {e.name for e in catalogue.entries() if e.kind == "signal"}
        self.shown = {name for keep in keeps for name in rules.expression(keep).meta.root_names()}
        self.columns: list[str] = []
        self.stages: Counter[tuple[int, str]] = Counter()
        self.by_rule: dict[str, Counter[str]] = defaultdict(Counter)
        self.by_rule_language: dict[str, Counter[str]] = defaultdict(Counter)
        self.kept: dict[str, dict[Any, Counter[str]]] = defaultdict(partial(defaultdict, Counter))
        self.read: dict[str, Counter[Any]] = defaultdict(Counter)
        self.lists: dict[str, dict[str, Counter[str]]] = defaultdict(_both)
        self.times: dict[str, tuple[datetime, datetime]] = {}
        self.months: Counter[str] = Counter()
        self.pii: dict[str, Counter[str]] = defaultdict(Counter)
        self.clusters: Counter[str] = Counter()
        self.judged: dict[str, histograms.Counter] = {}
        self.passed: dict[str, histograms.Counter] = {}
        self.samples = pl.DataFrame()
        self.searched: residue.Residue | None = None
        self._domains: list[pl.DataFrame] = []

    def wanted(self, columns: Iterable[str]) -> list[str]:
        """Those of the columns of `decisions/` that are counted or shown."""
        looked_at = {*self.measured, *self.shown, *_KEYS, *_LISTS, *blocks.SHOWN, DOMAIN, "text_sha256"}
        looked_at |= {"dropped_by", "error", "skipped", "token_count", "fetch_time"}
        return [name for name in columns if name in looked_at or name.startswith(("pii_", "dup_"))]

    def add(self, frame: pl.DataFrame) -> None:
        """Count rows of `decisions/`; `part` and `row` say where they are there."""
        self.columns, schema = frame.columns, frame.schema
        whole = {name for name, kind in schema.items() if kind.is_integer()}
        self._sums(frame)
        self._reasons(frame)
        self._kept(frame.filter(_KEPT), sorted(name for name in whole if name.startswith("pii_")))
        self._lists(frame)
        if "dup_cluster_id" in self.columns:
            self._clusters(frame)
        self._histograms(frame, {name: name in whole for name, kind in schema.items() if kind.is_numeric()})
        self._samples(frame)

    def _sums(self, frame: pl.DataFrame) -> None:
        keys = [name for name in _KEYS if name in self.columns]
        read = frame.group_by(*keys, read=_READ).agg(*_SUMS)
        for row in read.iter_rows(named=True):
            n, key = row["documents"], (row["language"], row["language_script"])
            self.stages[-1, row["outcome"]] += n
            self.read["source"][row["source_id"],] += n
            self.read["language"][key] += n
            if row["read"] and "rights_status" in row:
                self.lists["rights_status"]["read"][row["rights_status"]] += n
            if row["outcome"] != "kept":
                continue
            amount = {name: row[name] for name in ("documents", "characters", "tokens")}
            places: dict[str, Any] = {"all": (), "source": (row["source_id"],), "language": key}
            places |= {"licence": (row["licence"],)} if "licence" in row else {}
            for name, place in places.items():
                self.kept[name][place].update(amount)
            if "rights_status" in row:
                self.lists["rights_status"]["kept"][row["rights_status"]] += n

    def _reasons(self, frame: pl.DataFrame) -> None:
        """Who dropped what. Few combinations of reasons are those of many documents."""
        found = frame.filter(pl.col("outcome") == "dropped").group_by("dropped_by", "language").agg(*_SUMS)
        last = max(self.order.values(), default=0) + 1
        for reasons, language, documents, characters, tokens in found.rows():
            self.stages[min(self.order.get(r.partition(".")[0], last) for r in reasons), "dropped"] += documents
            only = documents if len(reasons) == 1 else 0
            for rule in reasons:
                self.by_rule[rule].update(documents=documents, only=only, characters=characters, tokens=tokens)
                self.by_rule_language[rule][language] += documents

    def _kept(self, kept: pl.DataFrame, masked: list[str]) -> None:
        """Times, domains and masked values of the kept documents."""
        known = kept.filter(pl.col("fetch_time") > EPOCH)
        self.clusters["unknown time"] += kept.height - known.height
        month, time = pl.col("fetch_time").dt.strftime("%Y-%m").alias("month"), pl.col("fetch_time")
        found = known.group_by("source_id", month).agg(pl.len(), time.min().alias("a"), time.max().alias("b"))
        for source, name, n, first, last in found.rows():
            self.months[name] += n
            before = self.times.get(source, (first, last))
            self.times[source] = min(before[0], first), max(before[1], last)
        items = [pl.col(name).cast(pl.Int64).sum() for name in masked]
        documents = [(pl.col(name) > 0).sum().alias(f"documents {name}") for name in masked]
        counted = kept.select(*items, *documents).row(0, named=True) if masked else {}
        for name in masked:
            self.pii[name].update(documents=counted[f"documents {name}"], items=counted[name])
        if DOMAIN in self.columns:
            self._domains.append(_alone(kept.group_by(DOMAIN).agg(*_SUMS)))
            if sum(map(len, self._domains[1:])) > max(ROWS, len(self._domains[0])):
                self._domains = [self.domains()]

    def domains(self) -> pl.DataFrame:
        """Documents, characters and tokens of each domain of the kept documents; the empty one: unknown."""
        empty = {DOMAIN: pl.String, "documents": pl.Int64, "characters": pl.Int64, "tokens": pl.Int64}
        found = [pl.DataFrame(schema=empty), *(frame.cast({"documents": pl.Int64}) for frame in self._domains)]
        return pl.concat(found).group_by(DOMAIN).sum()

    def _clusters(self, frame: pl.DataFrame) -> None:
        size = pl.col("dup_cluster_size")
        compared, heads, largest = frame.select(
            (pl.col("dup_cluster_id") >= 0).sum(),
            ((pl.col("dup_rank") == 0) & (size > 1)).sum().alias("clusters"),
            size.max().alias("largest"),
        ).row(0)
        self.clusters.update(compared=compared, clusters=heads)
        self.clusters["largest"] = max(self.clusters["largest"], largest or 0)

    def _lists(self, frame: pl.DataFrame) -> None:
        """Columns of lists, whose values are counted among the documents with a text and among the kept ones."""
        for name in (name for name in _LISTS if name in self.columns):
            some = frame.filter(_READ, pl.col(name).list.len() > 0)
            for values, kept, n in some.group_by(name, _KEPT.alias("kept")).len().rows():
                benchmarks = name == "contaminated_by"  # items, as benchmark/item: a document counts once a benchmark
                for value in {v.partition("/")[0] for v in values} if benchmarks else values:
                    self.lists[name]["read"][value] += n
                    self.lists[name]["kept"][value] += n * kept

    def _histograms(self, frame: pl.DataFrame, numeric: Mapping[str, bool]) -> None:
        """`numeric`: the columns of numbers, and whether they are whole ones."""
        spoken = frame["language"].replace_strict(
            self.languages, range(len(self.languages)), default=-1, return_dtype=pl.Int64
        )
        rows = np.flatnonzero(frame.select(_READ & (spoken >= 0)).to_series().to_numpy())
        groups = 2 * spoken.to_numpy()[rows] + (frame["outcome"] == "kept").to_numpy()[rows]
        for name in (name for name in numeric if name in self.measured):
            entry = catalogue.by_name().get(name)
            scale = histograms.scale_of(entry.unit if entry else "", name, whole=numeric[name])
            all_, passed = (group.setdefault(name, histograms.Counter(scale)) for group in (self.judged, self.passed))
            counts = histograms.counts(frame[name].to_numpy()[rows], scale, groups, 2 * len(self.languages))
            for i, language in enumerate(self.languages):
                all_.add(language, counts[2 * i] + counts[2 * i + 1])
                passed.add(language, counts[2 * i + 1])

    def _samples(self, frame: pl.DataFrame) -> None:
        """Keep those of each outcome and rule whose texts have the least digests. The rule of a kept one is ""."""
        keys = [name for name in ("text_sha256", "id") if name in self.columns]
        rule = pl.when(_KEPT).then(pl.lit([""], pl.List(pl.String))).otherwise("dropped_by").alias("rule")
        named = frame.select(*keys, rule, at=pl.int_range(pl.len())).explode("rule").drop_nulls("rule")
        least = named.sort(*keys, "at").group_by("rule", maintain_order=True).head(SAMPLES)
        shown = [name for name in self.columns if name in {*self.shown, *blocks.SHOWN, *keys, *_PLACE}]
        mine = _alone(frame.select(shown)[least["at"]]).with_columns(least["rule"])
        both = pl.concat([self.samples, mine], how="diagonal").sort(*keys, *_PLACE)
        self.samples = both.group_by("rule", maintain_order=True).head(SAMPLES)


def _alone(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows in memory of their own: strings of a selection are views, which keep all they were selected of."""
    return pl.DataFrame(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))


def rules_of(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`pack.rule` -> `keep`, `languages`, `source`: as the manifest says, else from packs that have not changed."""
    if manifest.get("rules"):
        return dict(manifest["rules"])
    found: dict[str, dict[str, Any]] = {}
    for name in manifest["recipe"]["filters"]:
        try:
            (pack,) = rules.load([name])
        except DataError:
            continue
        if manifest["packs"].get(pack.name) == pack.digest:
            for rule in pack.rules:
                facts = {"keep": rule.keep, "languages": list(pack.languages), "source": rule.source}
                found[f"{pack.name}.{rule.name}"] = facts
    return found


def count(dataset: str, manifest: Mapping[str, Any]) -> Tally:
    """Count the rows of a dataset for its audit report.

    Args:
        dataset: The folder or URL of the dataset.
        manifest: Of its `manifest.json` what is neither counted nor measured: the lists of files, languages, recipe
            and rules.

    Returns:
        The counts, the same for the same files.

    Raises:
        DataError: a decisions part is missing.
    """
    order = {stage: i for i, stage in enumerate(blocks.stages(manifest))}
    tally = Tally(order, rules_of(manifest), manifest["languages"])
    for frame in _frames(dataset, [file["path"] for file in manifest["decisions"]], tally):
        tally.add(frame)
    memory.give_back()
    if blocks.masks(manifest):
        tally.searched = residue.sampled(dataset, manifest)
    return tally


def measure(tally: Tally, manifest: Mapping[str, Any], work: str = "") -> report.Report:
    """The audit report of a dataset.

    Args:
        tally: What was counted.
        manifest: The content of its `manifest.json`.
        work: The work folder of the run, from which samples show how their texts begin; empty: no texts.
    """
    return blocks.assemble(tally, manifest, blocks.stages(manifest), rules_of(manifest), work)


def _some(metadata: Any) -> Iterator[list[int]]:
    """The row groups of a file, so many at a time as have `ROWS`: one by one they take nearly twice the time."""
    groups: list[int] = []
    rows = 0
    for group in range(metadata.num_row_groups):
        if rows >= ROWS:
            yield groups
            groups, rows = [], 0
        groups.append(group)
        rows += metadata.row_group(group).num_rows
    if groups:
        yield groups


def _frames(dataset: str, files: Iterable[str], tally: Tally) -> Iterator[pl.DataFrame]:
    """What is counted of the rows of `decisions/`, with their place: `ROWS` at a time, of small parts together."""
    pieces: list[pa.Table] = []
    for part, file in enumerate(files):
        path = storage.join(dataset, file)
        if not storage.exists(path):
            raise DataError(path, "is missing, though the manifest lists it.", "Fetch the dataset again.")
        opened = storage.open_parquet(path)
        columns, start = tally.wanted(opened.schema_arrow.names), 0
        for groups in _some(opened.metadata):
            piece = opened.read_row_groups(groups, columns)
            place = np.full(len(piece), part), np.arange(start, start + len(piece))
            for name, values in zip(_PLACE, place, strict=True):
                piece = piece.append_column(name, pa.array(values))
            if pieces and (piece.schema != pieces[0].schema or sum(map(len, pieces)) >= ROWS):
                yield pl.DataFrame(pa.concat_tables(pieces))
                pieces = []
            pieces.append(piece)
            start += len(piece)
    if pieces:
        yield pl.DataFrame(pa.concat_tables(pieces))
