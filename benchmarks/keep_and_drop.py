"""What a recipe's rules keep of documents that are labelled good or bad, per language and rule.

    python benchmarks/keep_and_drop.py ../shared/data/quality/quality_dev.parquet --recipe web [--by-source]

The file has columns text, lang, quality (good, bad), unit, source; rows whose unit is `document` are judged. Rules that
need more than a text (rights, URL lists) are left out.

`--by-source` says how far the thresholds of this project carry: one source (a repository) at a time is held out, the
threshold of each rule in `TUNED` is chosen anew on the others, and the one held out is judged. The choice is one for
all: the strictest candidate that keeps at least 97.5 % of the good documents of every other source of 20 and more.
"""

import argparse
import re
from collections import Counter

import polars as pl
import pyarrow as pa

from openclaw_data import documents, recipe, rules, signals
from openclaw_data.signals import language, mixed

NOT_TEXT = ("rights", "url")
BATCH = 500
KEPT, LEAST = 0.975, 20
TUNED = {
    "listing.digit_lines": ("digit_line_fraction", (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)),
    "listing.numbered_items": ("numbered_char_fraction", (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)),
    "zh-web.boilerplate": ("boilerplate_line_fraction", (0.05, 0.1, 0.15, 0.2, 0.3, 0.5)),
    "zh-web.stuffing": ("noun_run_fraction", (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
    "scraps.speakers": ("speaker_line_fraction", (0.2, 0.3, 0.4, 0.5, 0.6, 0.8)),
    "scraps.remarks": ("own_voice_fraction", (0.005, 0.01, 0.015, 0.02, 0.03)),
}
"""Rule -> the column whose upper limit was chosen on these documents, and the candidates, strictest first."""


def measure(texts: list[str], packs: list[rules.Pack]) -> pl.DataFrame:
    """The columns that the rules need, a row a text."""
    parts = []
    for start in range(0, len(texts), BATCH):
        batch = documents.from_texts(texts[start : start + BATCH])
        batch = documents.append(batch, language.identify(batch))
        measured = signals.compute(batch, sorted(rules.needed(packs) - set(batch.schema.names)))
        batch = documents.append(batch, {**measured, mixed.COLUMN: mixed.language_parts(batch, measured)})
        parts.append(pa.Table.from_batches([batch.select([*sorted(rules.needed(packs)), mixed.COLUMN])]))
    return pl.DataFrame(pl.from_arrow(pa.concat_tables(parts)))


def limited(packs: list[rules.Pack], limits: dict[str, float]) -> list[rules.Pack]:
    """The packs with the limits of some of the rules in `TUNED` replaced."""

    def changed(pack: rules.Pack, rule: rules.Rule) -> rules.Rule:
        name = f"{pack.name}.{rule.name}"
        if name not in limits:
            return rule
        column = TUNED[name][0]
        keep = {k: re.sub(rf"{column} <= [0-9.]+", f"{column} <= {limits[name]}", p) for k, p in rule.keep.items()}
        return rule._replace(keep=keep)

    return [pack._replace(rules=tuple(changed(pack, rule) for rule in pack.rules)) for pack in packs]


def choose(table: pl.DataFrame, packs: list[rules.Pack], name: str) -> float:
    """The strictest limit of a rule that keeps `KEPT` of the good documents of every source, else the widest."""
    good = table.filter(pl.col("quality") == "good")
    for limit in TUNED[name][1]:
        tried = limited(packs, {name: limit})
        pack, rule = next((p, r) for p in tried for r in p.rules if f"{p.name}.{r.name}" == name)
        kept = good.select("repository", kept=rules.kept_by(pack, rule, tried))
        shares = kept.group_by("repository").agg(pl.len(), pl.col("kept").mean()).filter(pl.col("len") >= LEAST)
        if (shares["kept"] >= KEPT).all():
            return limit
    return TUNED[name][1][-1]


def by_source(table: pl.DataFrame, packs: list[rules.Pack]) -> None:
    """Print what is kept of each source with the limits chosen on the others."""
    rows: list[tuple[str, str, int, int]] = []
    chosen: dict[str, Counter[float]] = {name: Counter() for name in TUNED}
    for (lang, repository), held in table.group_by("lang", "repository", maintain_order=True):
        others = table.filter(pl.col("repository") != repository)
        limits = {name: choose(others, packs, name) for name in TUNED}
        for name, limit in limits.items():
            chosen[name][limit] += 1
        verdicts = rules.judge(held, limited(packs, limits)).to_pylist()
        for quality in ("good", "bad"):
            kept = [not v for v, q in zip(verdicts, held["quality"], strict=True) if q == quality]
            if kept:
                rows.append((str(lang), quality, len(kept), sum(kept)))
                print(f"{lang} {quality:4s} {repository:45s} {len(kept):5d}  kept {sum(kept) / len(kept):6.1%}")
    for lang in ("en", "zh"):
        for quality in ("good", "bad"):
            n, kept = (sum(row[k] for row in rows if row[:2] == (lang, quality)) for k in (2, 3))
            print(f"{lang} {quality}, all sources held out in turn: {kept / max(1, n):.1%} kept")
    for name, limits in chosen.items():
        print(f"{name}: chosen {', '.join(f'{v} ({n} times)' for v, n in sorted(limits.items()))}")


def alone(table: pl.DataFrame, packs: list[rules.Pack]) -> None:
    """Print how many documents each rule alone drops, by source."""
    verdicts = rules.judge(table, packs).to_pylist()
    found: dict[str, Counter[str]] = {}
    for verdict, quality, repository in zip(verdicts, table["quality"], table["repository"], strict=True):
        if len(verdict) == 1:
            found.setdefault(verdict[0], Counter())[f"{quality} {repository}"] += 1
    for name, sources in sorted(found.items()):
        print(f"{name} alone drops {', '.join(f'{n} {source}' for source, n in sources.most_common())}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--recipe", default="web")
    parser.add_argument("--by-source", action="store_true")
    asked = parser.parse_args()
    packs = [p for p in recipe.resolve(recipe.load(asked.recipe)).packs if p.name not in NOT_TEXT]
    labelled = pl.read_parquet(asked.file).filter(
        pl.col("unit") == "document", pl.col("quality").is_in(["good", "bad"]), pl.col("lang").is_in(["en", "zh"])
    )
    repository = pl.col("source").str.extract(r"^(?:github:)?([^/]+/[^/@:]+)").fill_null(pl.col("source"))
    labels = labelled.select("lang", "quality", repository=repository)
    table = pl.concat([labels, measure(labelled["text"].to_list(), packs)], how="horizontal")
    for lang in ("en", "zh"):
        for quality in ("good", "bad"):
            rows = table.filter(pl.col("lang") == lang, pl.col("quality") == quality)
            verdicts = rules.judge(rows, packs).to_pylist()
            kept = sum(not v for v in verdicts) / max(1, len(verdicts))
            print(f"{lang} {quality}: {len(verdicts)} documents, {kept:.1%} kept, {1 - kept:.1%} dropped")
            for rule, n in Counter(r for v in verdicts for r in v).most_common(6):
                print(f"    {rule}: {n}")
    if asked.by_source:
        by_source(table, packs)
        alone(table, packs)


if __name__ == "__main__":
    main()
