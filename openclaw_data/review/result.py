"""From decisions to the numbers that GB/T 45654 asks for: pass rates with their intervals, agreement, verdicts.

A document passes when everyone who decided on it passed it; "unsure" is no decision. Of a technical check every
document that no detector flags passes, and a flagged one fails until people have passed it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from openclaw_data import storage
from openclaw_data.dataset import manifest as manifests
from openclaw_data.documents import DataError
from openclaw_data.review import drawing, sample
from openclaw_data.review.decisions import Decision, Decisions

REQUIRED = {"manual": 0.96, "technical": 0.98, "source": 0.95}
"""The share that must pass (GB/T 45654-2025 9.2 a, 9.2 b, 5.1 a)."""
MANUAL = 4000
"""Documents that people must look at, or all where there are fewer."""
TENTH = 0.1
"""The share of a dataset that a technical check must look at."""
SOURCE = 400
"""Documents of a source below which its rate is told, but nothing follows from it."""
_Z = 1.959963984540054


def wilson(passed: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): (low, high); (0, 1) where nothing was looked at."""
    if not n:
        return 0.0, 1.0
    p, z = passed / n, _Z * _Z / n
    middle, half = p + z / 2, _Z * math.sqrt(p * (1 - p) / n + z / (4 * n))
    return max(0.0, (middle - half) / (1 + z)), min(1.0, (middle + half) / (1 + z))


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two reviewers' verdicts on the same documents; None where chance alone would agree."""
    n = len(pairs)
    if not n:
        return None
    first, second = (Counter(p[i] for p in pairs) for i in (0, 1))
    chance = sum(first[v] * second[v] for v in first) / n**2
    agreed = sum(a == b for a, b in pairs) / n
    return None if chance == 1 else round((agreed - chance) / (1 - chance), 6)


def pairs(made: Sequence[dict[int, Decision]]) -> list[tuple[str, str]]:
    """The verdicts of two reviewers on the documents that both decided on."""
    first, second = (*made, {}, {})[:2]
    both = ((first[n].verdict, second[n].verdict) for n in sorted(first.keys() & second.keys()))
    return [pair for pair in both if "unsure" not in pair]


def outcome(made: Iterable[dict[int, Decision]]) -> dict[int, bool]:
    """Document -> whether it passes, of those that somebody decided on."""
    found: dict[int, bool] = {}
    for decisions in made:
        for number, decision in decisions.items():
            if decision.verdict != "unsure":
                found[number] = found.get(number, True) and decision.verdict == "pass"
    return found


class Looked(NamedTuple):
    """How many documents there are, were drawn, were decided on, and fail."""

    population: int
    drawn: int
    reviewed: int
    failed: int


def check(key: str, looked: Looked, least: int, source: str = "") -> manifests.Check:
    """A rate against what is required of it; nothing follows from fewer than `least` documents."""
    passed = looked.reviewed - looked.failed
    low, high = wilson(passed, looked.reviewed)
    rate = passed / looked.reviewed if looked.reviewed else 0.0
    required = REQUIRED[key]
    verdict = "too few" if looked.reviewed < least else "met" if rate >= required else "not met"
    rates = {"rate": round(rate, 6), "low": round(low, 6), "high": round(high, 6), "required": required}
    return manifests.Check(key=key, source=source, verdict=verdict, least=least, **looked._asdict(), **rates)


def checks(drawn: sample.Sample, passes: dict[int, bool], *, sources_apart: bool = False) -> list[manifests.Check]:
    """The checks that a sample answers; that of the whole dataset leaves the sources to a sample of their own."""
    header = drawn.header
    population, n = sum(header.population.values()), sum(header.drawn.values())
    if header.kind == "technical":
        failed = sum(not passes.get(i, False) for i in range(len(drawn.items)))
        return [check("technical", Looked(population, n, n, failed), math.ceil(TENTH * population))]
    looked = Counter(drawn.items[i].source for i in passes)
    failed_of = Counter(drawn.items[i].source for i, passed in passes.items() if not passed)
    found = []
    if header.kind == "manual":
        all_of = Looked(population, n, len(passes), failed_of.total())
        found = [check("manual", all_of, min(MANUAL, population))]
    if header.kind == "source" or not sources_apart:
        for name in (s for s in header.population if header.drawn[s]):
            of_source = Looked(header.population[name], header.drawn[name], looked[name], failed_of[name])
            found.append(check("source", of_source, min(SOURCE, of_source.population), name))
    return found


def review(dataset: str, paths: Sequence[str | Path]) -> manifests.Review:
    """What the decisions on samples of a dataset amount to; no names of reviewers are in it.

    Raises:
        DataError: a sample is of another dataset, two are of one kind, or nobody decided anything.
    """
    loaded = manifests.read(dataset)
    found: dict[str, tuple[sample.Sample, Decisions]] = {}
    for path in paths:
        drawn = sample.read(path)
        kind = drawn.header.kind
        if drawn.header.content != drawing.content(loaded):
            raise DataError(str(path), f"was not drawn from what {dataset} holds.", "Draw a new sample.")
        if kind in found:
            raise DataError(str(path), f"is a second sample of kind {kind!r}.", "Give one of each kind.")
        found[kind] = drawn, Decisions(drawn)
        if kind != "technical" and not any(found[kind][1].of(name) for name in found[kind][1].reviewers):
            raise DataError(str(path), "nobody has decided anything yet.", f"Run: openclaw-data review serve {path}")
    rows = [
        c
        for drawn, decided in found.values()
        for c in checks(drawn, outcome(_made(decided)), sources_apart="source" in found)
    ]
    return manifests.Review(
        checks=tuple(sorted(rows, key=lambda c: (list(REQUIRED).index(c.key), c.source))),
        samples=tuple(_described(*found[kind]) for kind in sorted(found)),
        lexicons=tuple(words for drawn, _ in found.values() for words in drawn.header.lexicons),
    )


def _made(decided: Decisions) -> list[dict[int, Decision]]:
    return [decided.of(name) for name in decided.reviewers]


def _described(drawn: sample.Sample, decided: Decisions) -> manifests.Sampled:
    made = _made(decided)
    both = pairs(made)
    reasons = Counter(
        risk
        for n in range(len(drawn.items))
        for risk in {m[n].risk or "none" for m in made if n in m and m[n].verdict == "fail"}
    )
    files = {Path(drawn.path).name: drawn.sha256}
    if decided.path.exists():
        files[decided.path.name] = storage.sha256(str(decided.path))
    return manifests.Sampled(
        kind=drawn.header.kind,
        seed=drawn.header.seed,
        reviewers=sum(bool(m) for m in made),
        both=len(both),
        same=sum(a == b for a, b in both),
        kappa=kappa(both),
        unsure=len({n for m in made for n, d in m.items() if d.verdict == "unsure"} - outcome(made).keys()),
        failures=dict(sorted(reasons.items())),
        detectors=drawn.header.detectors,
        files=files,
    )
