"""What `estimate` says before a run, beside what the run took."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

import openclaw_data
from openclaw_data import ingest, share
from openclaw_data.flow import estimate
from openclaw_data.flow.run import prepare
from openclaw_data.flow.work import Engine

ROOT = Path(__file__).parents[1]
PAGES = share.folder("pipelines") / "sample" / "pages.warc.gz"


def test_an_estimate_is_near_and_the_report_of_the_run_shows_both(tmp_path, cli):
    openclaw_data.run("web", tmp_path / "before", inputs={"cc": [PAGES]})  # compiles what has to be: no part of either
    out = tmp_path / "out"
    said = json.loads(cli("estimate", "web", "-i", f"cc={PAGES}", "-o", out, "--seconds", 2, "--json").out)
    assert said == json.loads((tmp_path / "out.work" / "estimate.json").read_text())
    made = openclaw_data.run("web", out, inputs={"cc": [PAGES]}, quiet=False)
    assert set(made.estimate) == {"documents", "cpu_seconds", "peak_worker_bytes", "output_bytes", "wall_seconds"}
    for key in ("documents", "output_bytes"):
        assert 0.7 < made.estimate[key].estimated / made.estimate[key].actual < 1.4, key
    took = made.estimate["cpu_seconds"]
    assert took.actual / 4 < took.estimated < 4 * took.actual + 2  # fixed costs decide over so small a run
    report = json.loads((out / "audit" / "report.json").read_text())
    assert report["estimate"]["documents"] == [said["documents"], made.counts.read]
    assert "Estimate and actual" in (out / "audit" / "report.html").read_text()
    from rich.console import Console

    from openclaw_data.dataset import summary

    console = Console(width=300, record=True)
    summary.show(made, str(out), console)
    shown = console.export_text()
    assert "Estimate and actual: " in shown
    assert f"documents {said['documents']:,} and {made.counts.read:,}, " in shown


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "parquet", "wet.gz"])
def test_records_are_counted_from_the_beginning_of_each_format(tmp_path, form):
    table = pl.DataFrame({"text": [f"Number {n} of many lines of text. " * (n % 7 + 1) for n in range(20_000)]})
    path = tmp_path / f"given.{form}"
    lines = table.write_ndjson().encode()
    if form == "parquet":
        table.write_parquet(path, row_group_size=700)
    elif form == "wet.gz":
        path.write_bytes(b"".join(gzip.compress(_conversion(t.encode()), 1) for t in table["text"]))
    else:
        path.write_bytes(gzip.compress(lines) if form.endswith("gz") else lines)
    name = {"wet.gz": "warc", "jsonl.gz": "jsonl"}.get(form, form)
    [split] = ingest.plan([ingest.Source("s", name, [str(path)], {} if name == "warc" else {"text": "text"})])
    seen = estimate._sample(split, 10_000_000)
    assert seen.records < 20_000
    assert seen.records / seen.units * (split.stop - split.start) == pytest.approx(20_000, rel=0.1)


def _conversion(text):
    head = f"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
    return head.encode() + text + b"\r\n\r\n"


def test_whoever_is_free_takes_the_next_split():
    assert estimate._longest([3.0, 1.0, 1.0, 1.0], 1) == 6.0
    assert estimate._longest([3.0, 1.0, 1.0, 1.0], 2) == 3.0
    assert estimate._longest([3.0, 1.0, 1.0, 1.0], 8) == 3.0


def test_a_folder_that_holds_something_else_gets_no_estimate(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    job, identity, splits = prepare("web", tmp_path / "out", tmp_path, {"cc": [PAGES]}, Engine())
    found = estimate.Estimate(job.run_id, 1, 1, 1.0, 1, 1, 1, 1, {})
    with pytest.raises(openclaw_data.documents.DataError, match="not a work folder"):
        estimate.store(found, job.work)
    assert identity["run_id"] == job.run_id
    assert len(splits) == 1
