"""From counts to the blocks of the report: what is there becomes a block, what is not is named as not measured."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from openclaw_data import rules, storage
from openclaw_data.audit import report, thresholds
from openclaw_data.dataset.manifest import WordList
from openclaw_data.signals import catalogue, risks

if TYPE_CHECKING:
    from openclaw_data.audit.numbers import Tally

TOP = 100
"""Domains that the report names; domains.csv has the rest of the top."""
LAST = ("decontaminate", "dedup")
TEXT_CHARS = 240
SHOWN = ("id", "url", "language", "source_id", "char_count")
"""What is shown of every sample."""


def stages(manifest: Mapping[str, Any]) -> list[str]:
    """The steps of the funnel in order: a reason `x.y` belongs to step x."""
    packs = [PurePosixPath(name).stem for name in manifest["recipe"]["filters"]]
    return ["ingest", "recipe", *packs, *LAST]


def assemble(
    tally: "Tally", manifest: Mapping[str, Any], order: list[str], listed: Mapping[str, Any], work: str
) -> report.Report:
    """The report from what was counted."""
    signals = histograms_of(tally, listed)
    found: dict[str, Any] = {
        "rights": _rights(tally, manifest),
        "pii": _pii(tally, manifest),
        "risks": _risks(tally, signals, manifest),
        "duplicates": _duplicates(tally, manifest),
        "contamination": _contamination(tally, manifest),
    }
    body = manifest["recipe"]
    return report.Report(
        identity=report.Identity(
            **{k: manifest[k] for k in ("name", "version", "description", "run_id", "recipe_digest")},
            languages=tuple(manifest["languages"]),
            publication={k: v for k, v in (body.get("publication") or {}).items() if v},
        ),
        totals=_totals(tally, manifest),
        funnel=_funnel(tally, manifest, order),
        rules=_rules(tally, listed),
        errors=manifest["counts"]["by_error"],
        sources=_sources(tally, manifest),
        domains=domains(tally),
        languages=_languages(tally),
        times=_times(tally),
        licences={k: amount(v) for (k,), v in _largest(tally.kept["licence"])},
        signals=signals,
        review=manifest.get("review"),
        estimate={k: (v["estimated"], v["actual"]) for k, v in manifest.get("estimate", {}).items()},
        samples=_samples(tally, listed, work),
        reproducibility=report.Reproducibility(
            **{k: manifest[k] for k in ("code", "environment", "packs", "models")},
            recipe=body,
            shards=len(manifest["shards"]),
            shard_bytes=sum(s["size_bytes"] for s in manifest["shards"]),
        ),
        not_measured=_missing(found, tally, manifest),
        **found,
    )


def amount(counts: Mapping[str, int]) -> report.Amount:
    """Documents, characters and tokens of a counter."""
    return report.Amount(**{k: int(counts.get(k, 0)) for k in ("documents", "characters", "tokens")})


def curve(sizes: Sequence[int] | npt.NDArray[np.int64], points: int = 40) -> tuple[tuple[float, float], ...]:
    """The long tail: share of domains, the largest first, -> share of characters, at `points` places."""
    values = np.sort(np.asarray(sizes, np.float64))[::-1]
    if not len(values) or not values.sum():
        return ()
    shares = np.cumsum(values) / values.sum()
    places = np.unique(np.ceil(np.geomspace(1, len(values), points)).astype(np.int64))
    return tuple((round(float(p / len(values)), 6), round(float(shares[p - 1]), 6)) for p in places)


def domains(tally: "Tally") -> report.Domains:
    """Domains by characters; an unknown domain is none."""
    rows = ranked_domains(tally)
    characters = rows["characters"].to_numpy()
    whole = max(1, int(characters.sum()))
    tenth = -(-len(rows) // 10)
    return report.Domains(
        domains=len(rows),
        top=tuple(_domain(*row) for row in rows.head(TOP).rows()),
        top_tenth_domains=tenth,
        top_tenth_share=round(int(characters[:tenth].sum()) / whole, 6),
        top_1000_share=round(int(characters[:1000].sum()) / whole, 6),
        curve=curve(characters),
    )


def _domain(name: str, documents: int, characters: int, tokens: int) -> report.Domain:
    return report.Domain(domain=name, amount=report.Amount(documents=documents, characters=characters, tokens=tokens))


def ranked_domains(tally: "Tally") -> pl.DataFrame:
    """Every known domain with its documents, characters and tokens, the largest by characters first."""
    rows = tally.domains()
    name = rows.columns[0]
    return rows.filter(pl.col(name) != "").sort("characters", name, descending=[True, False])


def _totals(tally: "Tally", manifest: Mapping[str, Any]) -> report.Totals:
    counts = manifest["counts"]
    return report.Totals(
        **{k: counts[k] for k in ("read", "kept", "dropped", "errors")},
        kept_amount=amount(tally.kept["all"][()]),
        read_bytes=sum(i["size_bytes"] for i in manifest["inputs"]),
        text_bytes=sum(s["text_bytes"] for s in manifest["shards"]),
    )


def _funnel(tally: "Tally", manifest: Mapping[str, Any], order: list[str]) -> tuple[report.Stage, ...]:
    left = manifest["counts"]["read"]
    found = []
    for number, name in enumerate([*order, "other"]):
        dropped = tally.stages[number, "dropped"]
        errors = tally.stages[-1, "error"] if not number else 0
        if name not in (*LAST, "other") or dropped:
            found.append(report.Stage(name=name, entered=left, dropped=dropped, errors=errors))
        left -= dropped + errors
    return tuple(found)


def _rules(tally: "Tally", listed: Mapping[str, Any]) -> tuple[report.RuleCount, ...]:
    """Every rule of the recipe, those that dropped nothing included, and every other reason."""
    rows = []
    for name in sorted({*tally.by_rule, *listed}, key=lambda r: (-tally.by_rule[r]["documents"], r)):
        counts, rule = tally.by_rule[name], listed.get(name, {})
        numbers = {k: int(counts[k]) for k in ("documents", "only", "characters", "tokens")}
        by_language = dict(sorted(tally.by_rule_language[name].items()))
        keep, source = rule.get("keep", {}), rule.get("source", "")
        rows.append(report.RuleCount(rule=name, keep=keep, source=source, by_language=by_language, **numbers))
    return tuple(rows)


def _sources(tally: "Tally", manifest: Mapping[str, Any]) -> tuple[report.SourceRow, ...]:
    rows = []
    for source in manifest["sources"]:
        files = [i for i in manifest["inputs"] if i["source_id"] == source["id"]]
        times = tally.times.get(source["id"], ())
        rows.append(
            report.SourceRow(
                **{k: source[k] for k in ("id", "origin", "licence", "record", "crawl")},
                files=len(files),
                read_bytes=sum(i["size_bytes"] for i in files),
                read=tally.read["source"][source["id"],],
                kept=amount(tally.kept["source"][source["id"],]),
                fetched_first=min(times).strftime("%Y-%m-%d") if times else "",
                fetched_last=max(times).strftime("%Y-%m-%d") if times else "",
            )
        )
    return tuple(rows)


def _languages(tally: "Tally") -> tuple[report.LanguageRow, ...]:
    read, kept = tally.read["language"], tally.kept["language"]
    order = sorted(read, key=lambda k: (-kept[k]["documents"] if k in kept else 0, -read[k], k))
    empty: Counter[str] = Counter()
    return tuple(
        report.LanguageRow(language=k[0], script=k[1], read=read[k], kept=amount(kept.get(k, empty))) for k in order
    )


def _times(tally: "Tally") -> report.Times:
    times = [time for ends in tally.times.values() for time in ends]
    first, last = (t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in (min(times), max(times))) if times else ("", "")
    return report.Times(
        first=first, last=last, unknown=tally.clusters["unknown time"], by_month=dict(sorted(tally.months.items()))
    )


def _both(tally: "Tally", column: str) -> dict[str, tuple[int, int]]:
    """Value -> documents read and kept."""
    read, kept = tally.lists[column]["read"], tally.lists[column]["kept"]
    return {value: (read[value], kept[value]) for value in sorted(read, key=lambda v: (-read[v], v))}


def _rights(tally: "Tally", manifest: Mapping[str, Any]) -> report.Rights | None:
    if "rights_status" not in tally.columns:
        return None
    lists = manifest.get("optouts") or {}
    return report.Rights(status=_both(tally, "rights_status"), signals=_both(tally, "rights_signals"), optouts=lists)


def masks(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The edits of the recipe that mask personal data."""
    return tuple(str(e) for e in manifest["recipe"].get("edits", ()) if "pii" in str(e))


def _pii(tally: "Tally", manifest: Mapping[str, Any]) -> report.Pii | None:
    searched = tally.searched
    if not tally.pii or searched is None:
        return None
    masked = {name: (counts["documents"], counts["items"]) for name, counts in sorted(tally.pii.items())}
    residual = {kind: (n, searched.values[kind]) for kind, n in searched.holding.items()}
    return report.Pii(masked=masked, searched=searched.documents, residual=residual, edits=masks(manifest))


def _risks(tally: "Tally", signals: Iterable[report.Histogram], manifest: Mapping[str, Any]) -> report.Risks | None:
    if "toxicity_score" not in tally.judged and "risk_codes" not in tally.columns:
        return None
    scores = [h for h in signals if h.name == "toxicity_score"]
    own = tuple(WordList(**words) for words in manifest.get("lexicons", ()))
    covers = _seen(own) if "risk_codes" in tally.columns else {}
    return report.Risks(
        toxicity=scores[0] if scores else None, codes=_both(tally, "risk_codes"), covers=covers, lexicons=own
    )


def _seen(own: Sequence[WordList]) -> dict[str, str]:
    """Each risk -> what is seen of it by detectors and by the recipe's own lists; "" where nothing is."""
    listed = {code: [f"{w.risks[code]:,} terms of {w.name}" for w in own if code in w.risks] for code in risks.RISKS}
    return {code: "; ".join(filter(None, [what, *listed[code]])) for code, what in risks.coverage().items()}


def _duplicates(tally: "Tally", manifest: Mapping[str, Any]) -> report.Duplicates | None:
    if not manifest["recipe"].get("dedup"):
        return None
    dropped = {r: int(c["documents"]) for r, c in sorted(tally.by_rule.items()) if r.startswith("dedup.") and c}
    numbers = {k: tally.clusters[k] for k in ("compared", "clusters", "largest")}
    return report.Duplicates(dropped=dropped, settings=manifest["recipe"]["dedup"], **numbers)


def _contamination(tally: "Tally", manifest: Mapping[str, Any]) -> report.Contamination | None:
    asked = manifest["recipe"].get("decontaminate")
    if not asked:
        return None
    return report.Contamination(benchmarks=_both(tally, "contaminated_by"), settings=dict(asked))


def histograms_of(tally: "Tally", listed: Mapping[str, Any]) -> tuple[report.Histogram, ...]:
    """Every signal with its lines; those that a rule draws a line through come first."""
    entries = catalogue.by_name()
    drawn = lines_of(listed, tally.languages)
    order = {name: i for i, name in enumerate(entries)}
    found = []
    for name in sorted(tally.judged, key=lambda n: (n not in drawn, order.get(n, 0), n)):
        entry = entries.get(name)
        words = {k: getattr(entry, k) if entry else "" for k in ("unit", "meaning", "source")}
        counts = tally.judged[name], tally.passed[name]
        judged, kept = (c.bins() for c in counts)
        lines, scale = tuple(drawn.get(name, ())), counts[0].scale
        found.append(report.Histogram(name=name, scale=scale, judged=judged, kept=kept, thresholds=lines, **words))
    return tuple(found)


def lines_of(listed: Mapping[str, Any], languages: Iterable[str]) -> dict[str, list[report.Threshold]]:
    """Signal -> the lines that the rules draw through it, for each language that they judge."""
    found: dict[str, list[report.Threshold]] = {}
    for name, rule in sorted(listed.items()):
        for language in languages:
            only = rule.get("languages") or ()
            if only and language not in {x.partition("-")[0] for x in only}:
                continue
            key = rules.matches(rule["keep"], language, "")
            for line in thresholds.lines(rule["keep"][key]) if key else ():
                one = report.Threshold(rule=name, language=language, value=line.value)
                found.setdefault(line.column, []).append(one)
    return found


def _samples(tally: "Tally", listed: Mapping[str, Any], work: str) -> report.Samples:
    texts = _texts(work, tally) if work else {}
    frames = tally.samples.partition_by("rule", as_dict=True) if len(tally.samples) else {}
    made = {name: _sample_rows(frame, listed.get(name, {}), texts) for (name,), frame in sorted(frames.items())}
    return report.Samples(with_texts=bool(work), kept=made.pop("", ()), dropped=made)


def _sample_rows(
    frame: pl.DataFrame, rule: Mapping[str, Any], texts: Mapping[tuple[int, int], str]
) -> tuple[report.Sample, ...]:
    looked_at = {x for keep in rule.get("keep", {}).values() for x in rules.expression(keep).meta.root_names()}
    columns = sorted(c for c in looked_at if c in frame.columns and c not in SHOWN)
    return tuple(
        report.Sample(
            **{k: row[k] for k in SHOWN},
            values={c: round(row[c], 4) if isinstance(row[c], float) else row[c] for c in columns},
            text=texts.get((row["part"], row["row"]), ""),
        )
        for row in frame.select(*SHOWN, *columns, "part", "row").iter_rows(named=True)
    )


def _texts(work: str, tally: "Tally") -> dict[tuple[int, int], str]:
    """The beginnings of the samples' texts, from the annotated parts, whose rows are those of `decisions/`."""
    wanted = set(tally.samples.select("part", "row").rows()) if len(tally.samples) else set()
    found: dict[tuple[int, int], str] = {}
    for part in sorted({p for p, _ in wanted}):
        file = storage.open_parquet(storage.join(work, "annotated", f"part-{part:05d}.parquet"))
        start = 0
        for group in range(file.num_row_groups):
            length = file.metadata.row_group(group).num_rows
            inside = [row for p, row in wanted if p == part and start <= row < start + length]
            if inside:
                column = file.read_row_group(group, ["text"]).column("text")
                for row in inside:
                    found[part, row] = " ".join(column[row - start].as_py()[: 4 * TEXT_CHARS].split())[:TEXT_CHARS]
            start += length
    return found


def _missing(found: Mapping[str, Any], tally: "Tally", manifest: Mapping[str, Any]) -> tuple[report.Missing, ...]:
    """What is not measured, and why, in English and Chinese."""
    reasons = {
        "rights": ("decisions/ has no column rights_status", "decisions/ 中没有 rights_status 列"),
        "pii": ("the recipe masks no personal data", "配方没有遮盖个人信息"),
        "risks": (
            "decisions/ has neither toxicity_score nor risk_codes",
            "decisions/ 中既没有 toxicity_score，也没有 risk_codes",
        ),
        "duplicates": ("the recipe switches deduplication off", "配方关闭了去重"),
        "contamination": ("the recipe names no benchmarks", "配方没有列出评测集"),
    }
    reasons = {block: reason for block, reason in reasons.items() if found[block] is None}
    reasons["pii.residual"] = (
        "the same search found it again; no sample was checked by people",
        "由同一套检索再次查找得出；没有经人工核对的样本",
    )
    reasons |= _unchecked(manifest)
    if found["risks"] is not None and "risk_codes" not in tally.columns:
        reasons["risks.codes"] = "no detector of risk codes ran", "没有运行任何风险检测"
    elif found["risks"] is not None:
        blind = [code for code, what in found["risks"].covers.items() if not what]
        if blind:
            reasons["risks.codes"] = (
                f"no detector covers {', '.join(blind)}",
                f"以下各类没有检测手段：{'、'.join(blind)}",
            )
    if not rules_known(manifest, tally):
        reasons["thresholds"] = (
            "the packs changed since the run, and the manifest has no rules",
            "运行之后规则包有改动，而清单中没有记录规则",
        )
    return tuple(report.Missing(block=k, reason=en, reason_zh=zh) for k, (en, zh) in reasons.items())


def _unchecked(manifest: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The spot checks that say nothing, and why."""
    rows = (manifest.get("review") or {}).get("checks", ())
    found = {}
    for key in ("manual", "technical", "source"):
        verdicts = {row["verdict"] for row in rows if row["key"] == key}
        if not verdicts:
            found[f"review.{key}"] = "not held: openclaw-data review", "尚未进行：openclaw-data review"
        elif "too few" in verdicts:
            found[f"review.{key}"] = "too few documents: openclaw-data review", "文档太少：openclaw-data review"
    return found


def rules_known(manifest: Mapping[str, Any], tally: "Tally") -> bool:
    """Whether the predicates of the run are known."""
    return bool(tally.drawn) or not manifest["recipe"]["filters"]


def _largest(counters: Mapping[Any, Mapping[str, int]]) -> list[tuple[Any, Mapping[str, int]]]:
    return sorted(counters.items(), key=lambda item: (-item[1].get("documents", 0), str(item[0])))
