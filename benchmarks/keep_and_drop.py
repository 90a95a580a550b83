"""What a recipe's rules keep of documents that are labelled good or bad, per language and rule.

    python benchmarks/keep_and_drop.py ../shared/data/quality/quality_dev.parquet --recipe web

The file has columns text, lang, quality (good, bad), unit; rows whose unit is `document` are judged. Rules that need
more than a text (rights, URL lists) are left out.
"""

import argparse
from collections import Counter

import polars as pl

from openclaw_data import documents, recipe, rules, signals
from openclaw_data.signals import language

NOT_TEXT = ("rights", "url")
BATCH = 500


def judge(texts: list[str], packs: list[rules.Pack]) -> list[list[str]]:
    """The failing rules of each text."""
    found: list[list[str]] = []
    for start in range(0, len(texts), BATCH):
        batch = documents.from_texts(texts[start : start + BATCH])
        batch = documents.append(batch, language.identify(batch))
        names = sorted(rules.needed(packs) - set(batch.schema.names))
        batch = documents.append(batch, signals.compute(batch, names))
        found += rules.judge(batch, packs).to_pylist()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--recipe", default="web")
    asked = parser.parse_args()
    packs = [p for p in recipe.resolve(recipe.load(asked.recipe)).packs if p.name not in NOT_TEXT]
    table = pl.read_parquet(asked.file).filter(unit="document")
    for lang in ("en", "zh"):
        for quality in ("good", "bad"):
            rows = table.filter((pl.col("lang") == lang) & (pl.col("quality") == quality))
            verdicts = judge(rows["text"].to_list(), packs)
            kept = sum(not v for v in verdicts) / max(1, len(verdicts))
            print(f"{lang} {quality}: {len(verdicts)} documents, {kept:.1%} kept, {1 - kept:.1%} dropped")
            for rule, n in Counter(r for v in verdicts for r in v).most_common(6):
                print(f"    {rule}: {n}")


if __name__ == "__main__":
    main()
