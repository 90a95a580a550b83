"""One document, from its raw bytes to its row; and the same text again from the same bytes."""

import gzip
import json
import random
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

import openclaw_data
from openclaw_data import recipe, share
from openclaw_data.dataset import manifest
from openclaw_data.documents import DataError
from openclaw_data.flow import trace
from tests.command import Command

SAMPLE = share.folder("pipelines") / "sample"


@pytest.fixture(scope="module")
def made(curated: Path) -> Path:
    return curated


def decisions(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(pq.read_table(p)) for p in sorted((folder / "decisions").glob("*.parquet"))])


def test_every_record_of_the_sample_is_made_again_with_every_column(made: Path) -> None:
    table = decisions(made)
    again = trace.replay(str(made), None, [str(SAMPLE)])
    assert [r.id for r in again] == table["id"].to_list()
    assert [r for r in again if not r.same or r.differing] == []
    assert {"gb18030", "utf-8"} <= set(table["content_charset"])


def test_a_kept_document_is_traced_to_its_shard_and_row(made: Path) -> None:
    one = decisions(made).filter((pl.col("outcome") == "kept") & (pl.col("language") == "zh")).row(0, named=True)
    (told,) = trace.trace(str(made), one["id"])
    row = pq.read_table(made / told["data"]["file"]).slice(told["data"]["row"], 1).to_pylist()[0]
    assert (row["id"], row["text_sha256"]) == (one["id"], told["text"]["text_sha256"])
    assert told["raw"]["warc_record_offset"] == one["warc_record_offset"]
    assert told["source"]["licence"] == "Apache-2.0"
    assert told["page"] == {name: one[name] for name in one if name.startswith("page_")}
    assert told["page"]["page_language"] == "zh-CN"
    judged = {r["rule"]: r for r in told["rules"]}
    assert set(judged) == set(manifest.read(str(made)).rules)
    assert all(r["held"] is not False for r in told["rules"])
    words = judged["gopher-quality.words"]
    assert "words" in words["keep"]
    assert words["values"] == {"words": one["words"]}


def test_a_dropped_document_names_its_rules_with_value_and_threshold(made: Path) -> None:
    table = decisions(made)
    for one in table.filter(pl.col("outcome") == "dropped").iter_rows(named=True):
        (told,) = trace.trace(str(made), one["id"])
        failed = {r["rule"] for r in told["rules"] if r["held"] is False}
        if not one["skipped"]:
            assert failed == {r for r in one["dropped_by"] if r in manifest.read(str(made)).rules}
        assert told["data"] is None
        for rule in told["rules"]:
            assert rule["held"] is not False or rule["values"]


def test_a_duplicate_names_the_document_that_stayed(made: Path) -> None:
    table = decisions(made)
    one = table.filter(pl.col("dup_rank") > 0).row(0, named=True)
    (told,) = trace.trace(str(made), one["id"])
    stays = table.filter(pl.col("id") == told["duplicates"]["stays"]).row(0, named=True)
    assert (stays["dup_cluster_id"], stays["dup_rank"]) == (one["dup_cluster_id"], 0)


def test_an_author_is_in_no_file_of_a_dataset(made: Path) -> None:
    for path in (*(made / "decisions").glob("*.parquet"), *(made / "data").rglob("*.parquet")):
        assert "page_author" not in pq.read_schema(path).names


def test_an_unknown_id_is_an_error(made: Path) -> None:
    with pytest.raises(DataError, match="no record with the id 'nobody' was read"):
        trace.trace(str(made), "nobody")
    with pytest.raises(DataError, match="no record with the id 'nobody' was read"):
        trace.replay(str(made), ["nobody"], [str(SAMPLE)])


def test_replay_reads_parquet_plain_warc_and_one_member_for_many_records(made: Path, tmp_path: Path) -> None:
    pages = gzip.decompress((SAMPLE / "pages.warc.gz").read_bytes())
    (tmp_path / "plain.warc").write_bytes(pages)
    (tmp_path / "joined.warc.gz").write_bytes(gzip.compress(pages, mtime=0))
    texts = pl.DataFrame(pq.read_table(next((made / "data" / "zh").glob("*.parquet")))).select("text", "url")
    pq.write_table(texts.to_arrow(), tmp_path / "rows.parquet", row_group_size=7)
    cc, _, rows = recipe.load("web").sources
    rows = rows.model_copy(update={"fields": {"text": "text", "url": "url"}})
    web = recipe.load("web").model_copy(update={"sources": (cc, rows)})
    inputs = {
        "cc": [str(tmp_path / "plain.warc"), str(tmp_path / "joined.warc.gz")],
        "parquet": [str(tmp_path / "rows.parquet")],
    }
    openclaw_data.run(web, tmp_path / "out", inputs=inputs)
    table = decisions(tmp_path / "out")
    ids = random.Random(7).sample(sorted(set(table["id"])), 60)
    again = trace.replay(str(tmp_path / "out"), ids, [str(p) for paths in inputs.values() for p in paths])
    assert len(again) >= 60
    assert {table.filter(pl.col("id") == r.id)["source_id"][0] for r in again} == {"cc", "parquet"}
    assert [r for r in again if not r.same or r.differing] == []


def test_replay_tells_when_the_raw_bytes_are_others(made: Path, tmp_path: Path) -> None:
    one = decisions(made).filter((pl.col("source_id") == "extra") & (pl.col("text_sha256") != "")).row(0, named=True)
    lines = (SAMPLE / "extra.jsonl").read_text(encoding="utf-8")
    (tmp_path / "extra.jsonl").write_text(lines.replace("。", "！").replace(".", "!"), encoding="utf-8")
    (tmp_path / "short").mkdir()
    (tmp_path / "short" / "extra.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="Give the file of the run") as caught:
        trace.replay(str(made), [one["id"]], [str(tmp_path / "short")])
    assert "bytes, it had" in str(caught.value)
    (again,) = trace.replay(str(made), [one["id"]], [str(tmp_path)])
    assert not again.same
    with pytest.raises(DataError, match="is not there"):
        trace.replay(str(made), [one["id"]], [str(SAMPLE / "pages.warc.gz")])


def test_replay_refuses_a_pack_of_another_version(made: Path) -> None:
    loaded = manifest.read(str(made))
    other = loaded.model_copy(update={"packs": {**loaded.packs, "length": "0" * 64}})
    with pytest.raises(DataError, match="was made with another version of 'length'"):
        trace.bind(other)


def test_the_command_prints_no_control_characters_and_proves_the_text(made: Path, cli: Command) -> None:
    one = decisions(made).filter(pl.col("outcome") == "kept")["id"][0]
    shown = cli("trace", made, one, "--replay", "-i", SAMPLE).out
    assert "replay     reproduced" in shown
    assert all(c.isprintable() or c == "\n" for c in shown)
    told = json.loads(cli("trace", made, one, "--json").out)
    assert told[0]["outcome"] == "kept"


@pytest.mark.slow
def test_500_random_documents_of_real_pages_are_made_again(shared_data: Path, tmp_path: Path) -> None:
    """A part of the real pages, WET, JSON lines and Parquet; docs/provenance.md has the figures for all of them."""
    source = recipe.load("web").sources
    gold = source[1].model_copy(update={"id": "gold", "fields": {"id": "id", "html": "html", "url": "url"}})
    parquet = source[2].model_copy(update={"fields": {"text": "text"}})
    asked = recipe.load("web").model_copy(update={"sources": (source[0], gold, parquet)})
    inputs = {
        "cc": [shared_data / "pages-00002.warc.gz", shared_data / "sample.warc.wet.gz"],
        "gold": [shared_data / "extraction" / "gold.jsonl.gz"],
        "parquet": [shared_data / "quality" / "quality_dev.parquet"],
    }
    openclaw_data.run(asked, tmp_path / "out", inputs=inputs)
    ids = random.Random(7).sample(sorted(set(decisions(tmp_path / "out")["id"])), 500)
    again = trace.replay(str(tmp_path / "out"), ids, [str(p) for paths in inputs.values() for p in paths])
    assert sum(r.same for r in again) == len(again) >= 500
    assert [r for r in again if r.differing] == []
