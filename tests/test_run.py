"""A whole run on the bundled sample: what comes out, twice the same, on two workers the same, after a kill the same."""

import hashlib
import json
import logging
import os
import sys
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

import openclaw_data
from openclaw_data import recipe as recipes
from openclaw_data import share
from openclaw_data.documents import ERRORS, SKIPPED, DataError
from openclaw_data.flow import work
from openclaw_data.recipe.sections import Output
from tests.command import Command

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "sample_manifest.json"
VOLATILE = ("code", "environment", "seconds", "run_id", "recipe_digest", "models", "packs", "rules", "files", "digest")
"""What a manifest says of the machine and of files whose every change is welcome."""


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file under data/ and decisions/."""
    files = [p for part in ("data", "decisions") for p in sorted((folder / part).rglob("*")) if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def decisions(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(pq.read_table(p)) for p in sorted((folder / "decisions").glob("*.parquet"))])


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from openclaw_data.cli import main; main()", *words]


def test_the_sample_gives_the_counts_of_the_golden_manifest(curated: Path) -> None:
    found = json.loads((curated / "manifest.json").read_text(encoding="utf-8"))
    shown = {k: v for k, v in found.items() if k not in VOLATILE}
    for file in (*shown["shards"], *shown["decisions"]):
        del file["sha256"], file["size_bytes"]
    text = json.dumps(shown, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), (
        "if the change is meant: UPDATE_GOLDEN=1 pytest tests/test_run.py"
    )


def test_the_balance_closes_per_file_and_per_language(curated: Path) -> None:
    counts = json.loads((curated / "manifest.json").read_text(encoding="utf-8"))["counts"]
    for row in (counts, *counts["by_language"].values(), *counts["by_file"].values()):
        assert row["read"] == row["kept"] + row["dropped"] + row["errors"]
    table = decisions(curated)
    assert len(table) == counts["read"]
    assert set(table["outcome"].unique()) == {"kept", "dropped", "error"}


def test_every_decision_has_its_reason_and_no_kept_document_has_one(curated: Path) -> None:
    table = decisions(curated)
    reasons = pl.col("dropped_by").list.len()
    assert table.filter((pl.col("outcome") == "kept") & ((reasons > 0) | (pl.col("error") != ""))).is_empty()
    assert table.filter((pl.col("outcome") == "dropped") & (reasons == 0)).is_empty()
    assert set(table.filter(pl.col("outcome") == "error")["error"].unique()) <= set(ERRORS)
    ingest = table.explode("dropped_by").filter(pl.col("dropped_by").str.starts_with("ingest."))["dropped_by"].unique()
    assert {i.removeprefix("ingest.") for i in ingest} <= set(SKIPPED)
    assert {"ingest.http_status", "ingest.not_html", "ingest.empty_body", "dedup.exact", "dedup.near"} <= set(
        table.explode("dropped_by")["dropped_by"].drop_nulls().unique()
    )


def test_pages_that_were_written_to_be_good_are_kept(curated: Path) -> None:
    """A rule that starts to drop clean articles shows here before it shows in a crawl."""
    tags = json.loads((share.folder("pipelines") / "sample" / "expected.json").read_text(encoding="utf-8"))
    good = [name for name, record in tags.items() if "kept" in record["tags"]]
    outcomes = decisions(curated).filter(pl.col("id").is_in(good))["outcome"]
    assert len(outcomes) == len(good) > 100
    assert (outcomes == "kept").mean() >= 0.95


def test_no_column_of_the_dataset_holds_a_null_or_nan(curated: Path) -> None:
    for path in [*(curated / "data").rglob("*.parquet"), *(curated / "decisions").glob("*.parquet")]:
        table = pl.DataFrame(pq.read_table(path))
        assert sum(table.null_count().row(0)) == 0
        for name, kind in table.schema.items():
            assert not kind.is_float() or not table[name].is_nan().any()


def test_the_dataset_loads_in_duckdb_and_datasets(curated: Path, tmp_path: Path) -> None:
    import datasets
    import duckdb

    rows = duckdb.sql(f"SELECT language, count(*) FROM '{curated}/data/*/*.parquet' GROUP BY 1 ORDER BY 1").fetchall()
    counts = json.loads((curated / "manifest.json").read_text(encoding="utf-8"))["counts"]["by_language"]
    assert rows == [(lang, counts[lang]["kept"]) for lang in ("en", "zh")]
    loaded = datasets.load_dataset(str(curated), cache_dir=str(tmp_path))["train"]
    assert len(loaded) == sum(n for _, n in rows)


def test_two_worker_processes_give_the_same_bytes(curated: Path, tmp_path: Path) -> None:
    openclaw_data.run("sample", tmp_path / "out", workers=2)
    assert digests(tmp_path / "out") == digests(curated)


def test_a_run_that_is_complete_is_not_done_again(curated: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in curated.rglob("*.parquet")}
    openclaw_data.run("sample", curated)
    assert {p: p.stat().st_mtime_ns for p in curated.rglob("*.parquet")} == before


def test_the_order_in_which_files_are_named_does_not_matter(tmp_path: Path) -> None:
    pages = share.folder("pipelines") / "sample" / "pages.warc.gz"
    for name in ("b", "a"):
        (tmp_path / f"{name}.warc.gz").write_bytes(pages.read_bytes())
    paths = [tmp_path / "a.warc.gz", tmp_path / "b.warc.gz"]
    openclaw_data.run("web", tmp_path / "1", inputs={"cc": paths})
    openclaw_data.run("web", tmp_path / "2", inputs={"cc": paths[::-1]})
    assert digests(tmp_path / "1") == digests(tmp_path / "2")


def test_an_output_that_holds_something_else_is_refused_and_left_alone(curated: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        openclaw_data.run("sample", tmp_path)
    with pytest.raises(DataError, match="is not empty"):
        openclaw_data.run("sample", tmp_path, force=True)
    before = digests(curated)
    pages = share.folder("pipelines") / "sample" / "pages.warc.gz"
    with pytest.raises(DataError, match="holds the dataset of another run"):
        openclaw_data.run("web", curated, inputs={"cc": [pages]})
    assert digests(curated) == before
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_of_another_recipe_input_or_version_is_refused_with_the_difference(tmp_path: Path) -> None:
    def identity(recipe: str, sizes: list[int], **more: object) -> dict:
        asked = recipes.load(recipe).model_copy(update=more)
        inputs = [{"source_id": "cc", "name": f"{n}.warc.gz", "size_bytes": size} for n, size in enumerate(sizes)]
        return work.identity(recipes.resolve(asked), inputs)

    mine = identity("web", [10])
    work.open_folder(str(tmp_path / "work"), mine, [])
    work.open_folder(str(tmp_path / "work"), mine, [])
    others = {
        'languages lacks "en".': identity("web", [10], languages=("zh",)),
        "output.shard_bytes was 256000000, is 1000000.": identity("web", [10], output=Output(shard_bytes=1_000_000)),
        "input cc/0.warc.gz (bytes) was 10, is 11; input cc/1.warc.gz (bytes) is new.": identity("web", [11, 5]),
        "openclaw-data was 0.1.0, is 9.": {**mine, "version": "9"},
        "openclaw-data 0.1.0 has changed code.": {**mine, "code": "0"},
        "the content of rule packs, lists or indexes.": {**mine, "recipe_digest": "0"},
        "models: toxicity-zh is another.": {**mine, "models": {**mine["models"], "toxicity-zh": "0"}},
    }
    for difference, other in others.items():
        with pytest.raises(DataError) as told:
            work.open_folder(str(tmp_path / "work"), other, [])
        assert told.value.fact == f"holds the work of another run: {difference}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "web", "-i", "cc=/nowhere/*.warc.gz", "-o", "out"], "/nowhere/*.warc.gz"),
        (["run", "web", "-i", "cc=/nowhere/x.warc.gz", "-o", "out"], "/nowhere/x.warc.gz"),
        (["run", "web", "-i", "cc=empty.warc.gz", "-o", "out"], "empty.warc.gz"),
        (["run", "web", "-i", "cc=page.html", "-o", "out"], "page.html"),
        (["run", "web", "-i", "parquet=page.html", "-o", "out"], "page.html"),
        (["run", "wbe", "-i", "cc=page.html", "-o", "out"], "Did you mean 'web'?"),
        (["run", "web", "-i", "page.html", "-o", "out"], "is not of the form ID=PATH"),
        (["run", "web", "-i", "cc=page.html", "more.html", "-o", "out"], "'more.html': belongs to no option"),
        (["run", "web", "-o", "out"], "no source has any paths"),
        (["run", "bad-pack.yaml", "-o", "out"], "gopher-quality"),
        (["run", "bad-rule.yaml", "-o", "out"], "Did you mean 'words'?"),
        (["run", "empty.yaml", "-o", "out"], "empty.yaml, line 1: this must be a mapping"),
        (["run", "web", "-i", "cc=pipe", "-o", "out"], "is a pipe"),
        (["run", "sample", "-o", "page.html"], "page.html: is a file, where a folder is needed."),
        (["run", "sample", "-o", "page.html/out"], "goes through a file as if it were a folder."),
        (["run", "sample", "-o", "out", "--work", "out/work"], "is the output folder or in it."),
        (["run", "sample", "-o", "no://out"], "no:// is no storage that is known"),
        (["explain", "page.html", "--html", "page.html"], "page.html/run.json: goes through a file"),
        (["filters", "latin.yaml"], "latin.yaml: the file is not UTF-8 text"),
    ],
)
def test_bad_input_is_one_line_with_a_remedy_and_status_two(
    tmp_path: Path,
    words: list[str],
    message: str,
    cli: Command,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "empty.warc.gz").touch()
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "page.html").write_text("<html><body>hello</body></html>")
    source = "  - {id: cc, format: warc, paths: [page.html], origin: user, record: mine}\n"
    recipe = "name: x\nversion: 1.0.0\nsources:\n" + source + "filters: [PACK]\n"
    (tmp_path / "bad-pack.yaml").write_text(recipe.replace("PACK", "gopher-qualty"))
    (tmp_path / "bad-rule.yaml").write_text(recipe.replace("PACK", str(tmp_path / "mine.yaml")))
    rule = "  - {name: length, keep: wrods > 3, source: mine, keeps: [a b c d], drops: [a]}\n"
    (tmp_path / "mine.yaml").write_text("name: mine\nversion: 1.0.0\nsource: me\nrules:\n" + rule)
    monkeypatch.chdir(tmp_path)
    ended = cli(*words)
    assert ended.status == 2, ended.err
    assert message in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]  # outside of tests they would be seen
    assert not (tmp_path / "out").exists()
