"""Every number of the audit report, from `decisions/` and the manifest alone; parts are read one at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from openclaw_data import rules, storage
from openclaw_data.audit import blocks, histograms, report, residue, thresholds
from openclaw_data.documents import DataError
from openclaw_data.signals import catalogue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLES = 3
"""Documents of each outcome and rule that the report shows."""
_SCORES = ("language_score", "quality_score", "toxicity_score")


class Tally:
    """What is counted over all parts of `decisions/`."""

    def __init__(self, order: Mapping[str, int], rules_of: Mapping[str, Any], languages: Iterable[str]) -> None:
        self.order, self.languages = order, tuple(languages)
        self.drawn = {
            x.column for rule in rules_of.values() for k in rule["keep"].values() for x in thresholds.lines(k)
        }
        self.measured = self.drawn | set(_SCORES) | {e.name for e in catalogue.entries() if e.kind == "signal"}
        self.columns: list[str] = []
        self.stages: Counter[tuple[int, str]] = Counter()
        self.by_rule: dict[str, Counter[str]] = defaultdict(Counter)
        self.by_rule_language: dict[str, Counter[str]] = defaultdict(Counter)
        self.kept: dict[str, dict[Any, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        self.read: dict[str, Counter[Any]] = defaultdict(Counter)
        self.lists: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: {"read": Counter(), "kept": Counter()})
        self.times: dict[str, list[datetime]] = defaultdict(list)
        self.months: Counter[str] = Counter()
        self.pii: dict[str, Counter[str]] = defaultdict(Counter)
        self.clusters: Counter[str] = Counter()
        self.judged: dict[str, histograms.Counter] = {}
        self.passed: dict[str, histograms.Counter] = {}
        self.samples: dict[str, pl.DataFrame] = {}
        self.searched: residue.Residue | None = None

    def add(self, part: int, frame: pl.DataFrame) -> None:
        """Count one part of `decisions/`."""
        self.columns = frame.columns
        frame = frame.with_columns(part=pl.lit(part)).with_row_index("row")
        kept = frame.filter(pl.col("outcome") == "kept")
        self._funnel(frame)
        self._sums(frame, kept)
        self._lists(frame, kept)
        self._histograms(frame)
        self._samples(frame)

    def _funnel(self, frame: pl.DataFrame) -> None:
        for outcome, n in frame.group_by("outcome").len().rows():
            self.stages[-1, outcome] += n
        dropped = frame.filter(pl.col("outcome") == "dropped")
        reasons = dropped.select(
            "row", "language", "char_count", "token_count", only=pl.col("dropped_by").list.len() == 1, rule="dropped_by"
        ).explode("rule")
        last = max(self.order.values(), default=0) + 1
        stage = (
            pl.col("rule").str.split(".").list.first().replace_strict(self.order, default=last, return_dtype=pl.Int64)
        )
        first = reasons.group_by("row").agg(stage.min().alias("stage")).group_by("stage").len()
        for number, n in first.rows():
            self.stages[number, "dropped"] += n
        sums = reasons.group_by("rule", "language").agg(
            pl.len().alias("documents"),
            pl.col("only").sum(),
            pl.col("char_count").cast(pl.Int64).sum().alias("characters"),
            pl.col("token_count").cast(pl.Int64).sum().alias("tokens"),
        )
        for rule, language, documents, only, characters, tokens in sums.rows():
            self.by_rule[rule].update(documents=documents, only=only, characters=characters, tokens=tokens)
            self.by_rule_language[rule][language] += documents

    def _sums(self, frame: pl.DataFrame, kept: pl.DataFrame) -> None:
        sums = (
            pl.len().alias("documents"),
            pl.col("char_count").cast(pl.Int64).sum().alias("characters"),
            pl.col("token_count").cast(pl.Int64).sum().alias("tokens"),
        )
        keys = {"all": [], "source": ["source_id"], "domain": ["url_host_registered_domain"], "licence": ["licence"]}
        keys["language"] = ["language", "language_script"]
        for name, by in keys.items():
            if not set(by) <= set(frame.columns):
                continue
            grouped = kept.group_by(by).agg(*sums).rows() if by else [tuple(kept.select(*sums).row(0))]
            for *key, documents, characters, tokens in grouped:
                self.kept[name][tuple(key)].update(documents=documents, characters=characters, tokens=tokens)
            if name in ("source", "language"):
                for *key, n in frame.group_by(by).len().rows():
                    self.read[name][tuple(key)] += n
        known = kept.filter(pl.col("fetch_time") > EPOCH)
        self.clusters["unknown time"] += kept.height - known.height
        for month, n in known.group_by(pl.col("fetch_time").dt.strftime("%Y-%m").alias("m")).len().rows():
            self.months[month] += n
        ends = known.group_by("source_id").agg(
            pl.col("fetch_time").min().alias("a"), pl.col("fetch_time").max().alias("b")
        )
        for source, first, final in ends.rows():
            self.times[source] += [first, final]
        for name in (c for c in frame.columns if c.startswith("pii_") and frame.schema[c].is_integer()):
            self.pii[name].update(documents=int((kept[name] > 0).sum()), items=int(kept[name].cast(pl.Int64).sum()))
        if "dup_cluster_id" in frame.columns:
            heads = frame.filter((pl.col("dup_rank") == 0) & (pl.col("dup_cluster_size") > 1))
            self.clusters["compared"] += int((frame["dup_cluster_id"] >= 0).sum())
            self.clusters["clusters"] += heads.height
            largest = int(frame["dup_cluster_size"].max() or 0)  # type: ignore[arg-type]
            self.clusters["largest"] = max(self.clusters["largest"], largest)

    def _lists(self, frame: pl.DataFrame, kept: pl.DataFrame) -> None:
        """Columns whose values are counted among the documents with a text and among the kept ones."""
        if "contaminated_by" in frame.columns:  # items, as benchmark/item: a document counts once a benchmark
            benchmark = pl.element().str.split("/").list.first()
            frame, kept = (
                f.with_columns(pl.col("contaminated_by").list.eval(benchmark).list.unique()) for f in (frame, kept)
            )
        read = frame.filter((pl.col("error") == "") & (pl.col("skipped") == ""))
        for name in ("rights_status", "rights_signals", "risk_codes", "contaminated_by"):
            if name in frame.columns:
                for where, rows in (("read", read), ("kept", kept)):
                    values = rows.select(pl.col(name).explode() if rows.schema[name] == pl.List else pl.col(name))
                    for value, n in values.drop_nulls().group_by(name).len().rows():
                        self.lists[name][where][str(value)] += n

    def _histograms(self, frame: pl.DataFrame) -> None:
        judged = frame.filter((pl.col("error") == "") & (pl.col("skipped") == ""))
        names = [n for n in frame.columns if n in self.measured and frame.schema[n].is_numeric()]
        kept = (judged["outcome"] == "kept").to_numpy()
        speaks = {x: (judged["language"] == x).to_numpy() for x in self.languages}
        for name in names:
            entry = catalogue.by_name().get(name)
            scale = histograms.scale_of(entry.unit if entry else "", name, whole=judged.schema[name].is_integer())
            bins = histograms.bin_of(judged[name].to_numpy(), scale)
            all_, passed = (group.setdefault(name, histograms.Counter(scale)) for group in (self.judged, self.passed))
            for language, mask in speaks.items():
                all_.add(language, bins[mask])
                passed.add(language, bins[mask & kept])

    def _samples(self, frame: pl.DataFrame) -> None:
        keys = [c for c in ("text_sha256", "id", "part", "row") if c in frame.columns]
        groups = {"": frame.filter(pl.col("outcome") == "kept")}
        reasons = frame.explode("dropped_by").drop_nulls("dropped_by")
        groups |= {str(rule): rows for (rule,), rows in reasons.group_by(["dropped_by"])}
        for name, rows in groups.items():
            mine = rows.sort(keys).head(SAMPLES).drop("dropped_by")
            before = self.samples.get(name)
            self.samples[name] = (pl.concat([before, mine]) if before is not None else mine).sort(keys).head(SAMPLES)


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


def measure(dataset: str, manifest: Mapping[str, Any], work: str = "") -> tuple[report.Report, Tally]:
    """Count a dataset for its audit report.

    Args:
        dataset: The folder or URL of the dataset.
        manifest: The content of its `manifest.json`.
        work: The work folder of the run, from which samples show how their texts begin; empty: no texts.

    Returns:
        The report, the same for the same files; and the counts it was made from.

    Raises:
        DataError: a decisions part is missing.
    """
    listed = rules_of(manifest)
    stages = blocks.stages(manifest)
    tally = Tally({s: i for i, s in enumerate(stages)}, listed, manifest["languages"])
    for part, file in enumerate(manifest["decisions"]):
        path = storage.join(dataset, file["path"])
        if not storage.exists(path):
            raise DataError(path, "is missing, though the manifest lists it.", "Fetch the dataset again.")
        tally.add(part, pl.DataFrame(storage.open_parquet(path).read()))
    if blocks.masks(manifest):
        tally.searched = residue.sampled(dataset, manifest)
    return blocks.assemble(tally, manifest, stages, listed, work), tally
