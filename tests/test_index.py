"""Fingerprint indexes: written with a dataset, compared against, merged, made to forget."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_deduplicate import PROSE, curate, digests, fate, recipe, write

from openclaw_data.dedup import fingerprints, index
from openclaw_data.documents import DataError, from_texts
from tests.command import Command

HAN = [chr(0x4E00 + i) for i in range(3000)]


def prose(seed: int, n: int = 300) -> str:
    import random

    return "".join(random.Random(seed).choices(HAN, k=n))


def prints(texts: list[str]) -> pa.Table:
    return pa.Table.from_batches([fingerprints.fingerprint(from_texts(texts))])


def make(folder: Path, texts: dict[str, str]) -> index.Index:
    """An index of one part."""
    table = index.rows_of(pa.array(list(texts)), prints(list(texts.values())))
    facts = index.write_part(str(folder / "part-00000.parquet"), table)
    listed = {"format": index.FORMAT, "files": [{"path": "part-00000.parquet", **facts}]}
    (folder / "index.json").write_text(json.dumps(listed))
    return index.open_index(str(folder))


def ids_of(found: index.Index) -> list[str]:
    return [i for batch in index.batches(found) for i in batch.column("id").to_pylist()]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of four documents, one of them a duplicate."""
    folder = tmp_path_factory.mktemp("published")
    rows = [{"id": f"p{i}", "text": prose(i), "url": f"http://a.cn/{i}"} for i in range(3)]
    rows.append({"id": "twice", "text": prose(1), "url": ""})
    curate(folder / "out", recipe(folder, "{}"), {"first": [write(folder / "1.jsonl", rows)]})
    return folder / "out"


def test_a_dataset_leaves_an_index_of_what_it_keeps_sorted_by_hash(published: Path) -> None:
    found = index.open_index(str(published))
    assert sorted(ids_of(found)) == ["p0", "p1", "p2"]
    file = pq.ParquetFile(published / "fingerprints" / "part-00000.parquet")
    hashes = file.read().column("exact_hash").to_numpy()
    assert (hashes[1:] > hashes[:-1]).all()
    range_ = file.metadata.row_group(0).column(1).statistics
    assert (range_.min, range_.max) == (hashes[0], hashes[-1])
    assert not file.metadata.row_group(0).column(4).is_stats_set
    assert file.schema_arrow.equals(index.INDEX)


def test_a_run_against_an_index_drops_what_it_holds_and_its_near_duplicates(published: Path, tmp_path: Path) -> None:
    rows = [
        {"id": "same", "text": prose(0), "url": ""},
        {"id": "near", "text": prose(1)[:290], "url": ""},
        {"id": "new", "text": prose(9), "url": ""},
        {"id": "new twice", "text": prose(9)[:295], "url": ""},
        {"id": "short", "text": PROSE[:5], "url": ""},
    ]
    inputs = {"first": [write(tmp_path / "1.jsonl", rows[:3]), write(tmp_path / "2.jsonl", rows[3:])]}
    asked = recipe(tmp_path, f"{{against: [{published}]}}")
    table = curate(tmp_path / "out", asked, inputs)
    known = {"same": ["dedup.known"], "near": ["dedup.known"]}
    assert fate(table) == {**known, "new": [], "new twice": ["dedup.near"], "short": []}
    assert dict(zip(table["id"], table["dup_cluster_size"], strict=True))["near"] == 1
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["indexes"] == {"out": index.open_index(str(published)).digest}
    assert manifest["recipe"]["dedup"]["against"] == ["out"]
    small = recipe(tmp_path, f"{{against: [{published}], memory: 3kB}}")
    curate(tmp_path / "small", small, inputs)
    assert digests(tmp_path / "small") == digests(tmp_path / "out")


def test_known_tells_new_exact_and_near_apart(tmp_path: Path) -> None:
    held = make(tmp_path, {"a": prose(1), "b": prose(2), "c": "短", "e": "…"})
    mine = [prose(1), prose(2)[:290], prose(3), "短！", "长", "", prose(1)[:150] + prose(5, 150)]
    assert index.known(prints(mine), held).tolist() == [1, 2, 0, 1, 0, 0, 0]
    assert index.known(prints([]), held).tolist() == []


def test_an_index_forgets_ids_and_only_then_takes_their_documents_for_new(tmp_path: Path) -> None:
    held = make(tmp_path, {f"d{i}": prose(i) for i in range(5)})
    assert index.forget(held, ["d1", "d3", "no such"], held.folder) == 2
    after = index.open_index(held.folder)
    assert sorted(ids_of(after)) == ["d0", "d2", "d4"]
    assert after.digest != held.digest
    assert index.known(prints([prose(1), prose(2)]), after).tolist() == [0, 1]


def test_a_merged_index_is_sorted_through_all_parts_and_holds_each_document_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PART_ROWS", 10)
    monkeypatch.setattr(index, "ROW_GROUP", 4)
    for name in "ab":
        (tmp_path / name).mkdir()
    one = make(tmp_path / "a", {f"d{i}": prose(i, 50) for i in range(20)})
    two = make(tmp_path / "b", {f"d{i}": prose(i, 50) for i in range(15, 40)})
    merged = index.merge([one, two], str(tmp_path / "m"))
    again = index.merge([two, one], str(tmp_path / "n"))
    assert len(merged.files) == 5
    assert sorted(ids_of(merged)) == sorted(f"d{i}" for i in range(40))
    hashes = np.concatenate([b.column("exact_hash").to_numpy() for b in index.batches(merged)])
    assert (hashes[1:] > hashes[:-1]).all()
    assert merged.digest == again.digest
    with pytest.raises(DataError, match="is not empty"):
        index.merge([one], str(tmp_path / "m"))


def test_what_is_no_index_is_named_with_a_remedy(tmp_path: Path, published: Path) -> None:
    with pytest.raises(DataError, match="holds no index"):
        index.open_index(str(tmp_path))
    with pytest.raises(DataError, match="is a dataset"):
        index.forget(index.open_index(str(published)), ["p0"], str(published))
    with pytest.raises(DataError, match="holds no index"):
        curate(tmp_path / "out", recipe(tmp_path, f"{{against: [{tmp_path}]}}"), {"first": [tmp_path / "x.jsonl"]})


def test_the_commands_check_a_file_and_forget_and_merge(published: Path, tmp_path: Path, cli: Command) -> None:
    def command(*words: object) -> str:
        ended = cli(*words)
        assert ended.status == 0, ended.err
        return ended.out

    rows = [{"id": str(i), "text": t} for i, t in enumerate([prose(0), prose(2)[:290], prose(7), prose(7), ""])]
    mine = write(tmp_path / "mine.jsonl", rows)
    shown = json.loads(command("dedup-check", str(mine), "--against", str(published), "--json"))
    counts = {"known_exact": 1, "known_near": 1, "repeated_in_file": 1, "new": 1, "unusable": 1}
    assert shown == {"documents": 4, **counts}
    assert "new                 1 (25.0%)" in command("dedup-check", str(mine), "--against", str(published))
    assert "3 documents in 1 parts" in command("index", "merge", str(published), "-o", str(tmp_path / "m"))
    assert "1 of 2 ids" in command("index", "forget", str(tmp_path / "m"), "--ids", "p0,p9")
    pl.DataFrame(rows[:1]).write_parquet(tmp_path / "mine.parquet")
    answer = command("dedup-check", str(tmp_path / "mine.parquet"), "--against", str(tmp_path / "m"), "--json")
    assert json.loads(answer)["new"] == 1
