"""The 31 risks of GB/T 45654-2025, annex A, and which of them something here measures.

`codes` writes those found into the column `risk_codes`. A code without a detector in `DETECTORS` is **not measured**:
its absence says nothing, and `coverage` says so for every report.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data.signals import classifiers

RISKS = {
    "A1.a": "inciting subversion of state power, overthrow of the socialist system",
    "A1.b": "endangering national security and interests, harming the national image",
    "A1.c": "inciting secession, harming national unity and social stability",
    "A1.d": "terrorism, extremism",
    "A1.e": "ethnic hatred",
    "A1.f": "violence, obscenity",
    "A1.g": "false, harmful information",
    "A1.h": "other content forbidden by laws and regulations",
    "A2.a": "discrimination by ethnicity",
    "A2.b": "discrimination by belief",
    "A2.c": "discrimination by nationality",
    "A2.d": "discrimination by region",
    "A2.e": "discrimination by gender",
    "A2.f": "discrimination by age",
    "A2.g": "discrimination by occupation",
    "A2.h": "discrimination by health",
    "A2.i": "other discrimination",
    "A3.a": "infringing intellectual property",
    "A3.b": "violating business ethics",
    "A3.c": "disclosing trade secrets",
    "A3.d": "monopoly and unfair competition by algorithms, data, platforms",
    "A3.e": "other commercial violations",
    "A4.a": "harming physical or mental health",
    "A4.b": "portrait rights",
    "A4.c": "reputation",
    "A4.d": "honour",
    "A4.e": "privacy",
    "A4.f": "personal information",
    "A4.g": "other rights of others",
    "A5.a": "inaccurate, against common scientific knowledge",
    "A5.b": "unreliable, of no help to the user",
}


OTHER = "A2.i"
"""Reported only where no other code of A.2 is."""


class Detector(NamedTuple):
    """What finds a risk: documents in `languages` (none: all) whose `column` is at least `least`."""

    column: str
    least: float
    languages: tuple[str, ...]
    covers: str  # which part of the risk it sees
    ground: str = ""  # the model that must say, too, that the document is about this


_TOXIC = ("toxic_window_fraction", 0.2)
_COVERS = "offensive and hateful language about this, in Chinese"
DETECTORS: dict[str, tuple[Detector, ...]] = {
    "A2.a": (Detector(*_TOXIC, ("zh",), _COVERS, "ethnicity"),),
    "A2.d": (Detector(*_TOXIC, ("zh",), _COVERS, "region"),),
    "A2.e": (Detector(*_TOXIC, ("zh",), _COVERS, "gender"),),
    OTHER: (Detector(*_TOXIC, ("zh", "en"), "offensive and hateful language, where no ground above is found"),),
}
"""Risk -> its detectors; the thresholds are those of filters/toxicity.yaml."""

NEEDED = tuple(sorted({d.column for detectors in DETECTORS.values() for d in detectors}))
"""The signals that `codes` looks at."""


def codes(batch: pa.RecordBatch, models: classifiers.Models | None = None) -> pa.Array:
    """The risks found in each document, list<string>, in the annex's order; those of the recipe's own lists, too.

    batch: n documents with `text`, `language` and the signals `NEEDED`.
    """
    found: list[list[str]] = [[] for _ in range(len(batch))]
    for code in RISKS:
        for detector in DETECTORS.get(code, ()):
            for row in _hits(batch, detector, models):
                others = any(c.startswith(OTHER[:2]) for c in found[row])
                if code not in found[row] and not (code == OTHER and others):
                    found[row].append(code)
    if "own_risks" in batch.schema.names:
        for row, own in enumerate(batch.column("own_risks").to_pylist()):
            found[row] = [code for code in RISKS if code in found[row] or code in own]
    return pa.array(found, pa.list_(pa.string()))


def _hits(batch: pa.RecordBatch, detector: Detector, models: classifiers.Models | None) -> Any:
    """The rows in which a detector finds its risk, int64[k]."""
    hit = batch.column(detector.column).to_numpy(zero_copy_only=False) >= detector.least
    if detector.languages:
        spoken = pc.is_in(batch.column("language"), pa.array(detector.languages))
        hit &= spoken.to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(hit)
    if detector.ground and len(rows):
        rows = rows[classifiers.about(batch.take(pa.array(rows)), detector.ground, models)]
    return rows


def coverage() -> dict[str, str]:
    """Each of the 31 risks -> what detectors measure of it; "" where none does."""
    return {code: "; ".join(d.covers for d in DETECTORS.get(code, ())) for code in RISKS}
