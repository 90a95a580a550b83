"""Write the audit of a dataset: `audit/report.json`, `audit/report.html`, `audit/domains.csv`."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from openclaw_data import storage
from openclaw_data.audit import blocks, numbers, page, report
from openclaw_data.documents import DataError

FOLDER = "audit"
FILES = ("report.json", "report.html", "domains.csv")
LANGUAGES = ("en", "zh")
LARGE = 1000
"""domains.csv holds the largest 10 % of the domains, or so many where these are more."""


def audit(
    dataset: str,
    manifest: Mapping[str, Any],
    tally: numbers.Tally | None = None,
    *,
    work: str = "",
    language: str = "en",
) -> report.Report:
    """Measure a dataset and write its report into its folder `audit/`.

    Args:
        dataset: The folder or URL of the dataset.
        manifest: The content of its manifest; what it says of the clock or of other files is not looked at.
        tally: What `numbers.count` says of it, where that is known already.
        work: The work folder of its run, from which samples take how their texts begin; empty: no texts.
        language: `en` or `zh`: what the page opens in.

    Returns:
        The report, as written; the same bytes for the same dataset.
    """
    if language not in LANGUAGES:
        raise DataError(f"--language {language}", "is not a language of the report.", "Write en or zh.")
    manifest = json.loads(json.dumps(manifest, sort_keys=True))  # the same order whether just made or read back
    tally = tally or numbers.count(dataset, manifest)
    found = numbers.measure(tally, manifest, work)
    storage.write_json(storage.join(dataset, FOLDER, "report.json"), found.model_dump(mode="json"), indent=1)
    _write(storage.join(dataset, FOLDER, "report.html"), page.render(found, language))
    _write(storage.join(dataset, FOLDER, "domains.csv"), domains_csv(blocks.ranked_domains(tally)))
    return found


def domains_csv(rows: pl.DataFrame) -> str:
    """The top of the domains as CSV; a name that a spreadsheet would take for a formula gets a quote before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["rank", "domain", "documents", "characters", "tokens"])
    for rank, (name, *sums) in enumerate(rows.head(max(LARGE, -(-len(rows) // 10))).rows(), 1):
        writer.writerow([rank, f"'{name}" if name[:1] in "=+-@\t\r" else name, *sums])
    return out.getvalue()


def _write(path: str, text: str) -> None:
    with storage.create(path) as name:
        Path(name).write_text(text, encoding="utf-8")
