"""Two datasets side by side: documents that entered or left, by rule and by source, and the rules that changed."""

from collections import Counter
from typing import Any, NamedTuple

import polars as pl

from openclaw_data import storage
from openclaw_data.dataset import manifest

ABSENT = "not read"
"""The reason where the other dataset never read the document."""


class Diff(NamedTuple):
    """What differs from A to B.

    `entered`, `left`: documents kept in one of them only, by reason and by source; the reasons of `entered` are why A
    did not have them, those of `left` why B does not. `changed`: kept in both, with another text. `rules`: pack.rule ->
    (in A, in B), "" where absent. `settings`: recipe key -> the two values.
    """

    a: str
    b: str
    kept_a: int
    kept_b: int
    entered: int
    left: int
    changed: int
    entered_by_rule: dict[str, int]
    left_by_rule: dict[str, int]
    entered_by_source: dict[str, int]
    left_by_source: dict[str, int]
    rules: dict[str, tuple[str, str]]
    settings: dict[str, tuple[str, str]]
    entered_ids: tuple[str, ...]
    left_ids: tuple[str, ...]


def diff(a: str, b: str, examples: int = 5) -> Diff:
    """Compare two datasets by document id. `examples`: ids to name for each direction.

    Raises:
        DataError: one of them has no manifest.
    """
    one, two = manifest.read(a), manifest.read(b)
    rows_a, rows_b = _decisions(a, one), _decisions(b, two)
    kept_a, kept_b = (r.filter(pl.col("outcome") == "kept") for r in (rows_a, rows_b))
    left, entered = kept_a.join(kept_b, on="id", how="anti"), kept_b.join(kept_a, on="id", how="anti")
    both = kept_a.join(kept_b, on="id", how="inner", suffix="_b")
    return Diff(
        a=f"{one.name} {one.version}",
        b=f"{two.name} {two.version}",
        kept_a=len(kept_a),
        kept_b=len(kept_b),
        entered=len(entered),
        left=len(left),
        changed=int((both["text_sha256"] != both["text_sha256_b"]).sum()),
        entered_by_rule=_reasons(entered, rows_a),
        left_by_rule=_reasons(left, rows_b),
        entered_by_source=_counted(entered["source_id"].to_list()),
        left_by_source=_counted(left["source_id"].to_list()),
        rules=_two(_rules(one), _rules(two)),
        settings=_two(_flat(one.recipe), _flat(two.recipe)),
        entered_ids=tuple(entered["id"].sort()[:examples]),
        left_ids=tuple(left["id"].sort()[:examples]),
    )


def _decisions(dataset: str, found: manifest.Manifest) -> pl.DataFrame:
    columns = ["id", "outcome", "dropped_by", "error", "source_id", "text_sha256"]
    paths = [storage.join(dataset, d.path) for d in found.decisions]
    return pl.concat([pl.DataFrame(storage.open_parquet(p).read(columns)) for p in paths]).unique(
        "id", keep="first", maintain_order=True
    )


def _reasons(documents: pl.DataFrame, other: pl.DataFrame) -> dict[str, int]:
    """Why the other dataset does not have these documents."""
    found: Counter[str] = Counter()
    joined = documents.select("id").join(other, on="id", how="left")
    for reasons, error in joined.select("dropped_by", "error").rows():
        found.update(reasons or ([f"error.{error}"] if error else [ABSENT]))
    return dict(found.most_common())


def _counted(values: list[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _rules(found: manifest.Manifest) -> dict[str, str]:
    """Every predicate in words: `zh: words >= 50; en: words >= 60`."""
    texts = {}
    for name, rule in found.rules.items():
        limited = f" (only {', '.join(rule.languages)})" if rule.languages else ""
        spared = "".join(f"; unless {excuse.when}" for excuse in rule.excuses.values())
        texts[name] = "; ".join(f"{k}: {v}" if k != "default" else v for k, v in rule.keep.items()) + limited + spared
    return texts


def _flat(value: Any, where: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        return {k: v for key in value for k, v in _flat(value[key], f"{where}.{key}" if where else key).items()}
    if isinstance(value, list) and any(isinstance(v, dict) for v in value):
        return {k: v for i, item in enumerate(value) for k, v in _flat(item, f"{where}.{i}").items()}
    return {where: str(value)}


def _two(a: dict[str, str], b: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {k: (a.get(k, ""), b.get(k, "")) for k in sorted({*a, *b}) if a.get(k, "") != b.get(k, "")}
