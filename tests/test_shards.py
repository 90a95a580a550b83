"""Shards are planned from counts alone and written in input order."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data.dataset import shards


def pieces(sizes: list[int]) -> list[shards.Piece]:
    return [shards.Piece(0, i, 1, size) for i, size in enumerate(sizes)]


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(1, 60))
def test_a_plan_holds_every_piece_once_and_in_order(sizes: list[int], shard_bytes: int) -> None:
    plan = shards.plan({"zh": pieces(sizes)}, shard_bytes)
    assert [p for s in plan for p in s.pieces] == pieces(sizes)
    for shard in plan[:-1]:
        assert sum(p.text_bytes for p in shard.pieces) >= shard_bytes
        assert sum(p.text_bytes for p in shard.pieces[:-1]) < shard_bytes


def test_names_say_how_many_there_are() -> None:
    plan = shards.plan({"zh": pieces([5, 5, 5]), "en": pieces([1])}, 10)
    assert [s.path for s in plan] == [
        "data/en/train-00000-of-00001.parquet",
        "data/zh/train-00000-of-00002.parquet",
        "data/zh/train-00001-of-00002.parquet",
    ]


def test_a_written_shard_reads_back_and_its_bytes_do_not_depend_on_how_the_rows_came(tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "b", "c"], "text": ["中文", "x", ""]})
    one, two = str(tmp_path / "1"), str(tmp_path / "2")
    assert shards.write(one, [table]) == (3, 7)
    assert shards.write(two, [table.slice(0, 1), table.slice(1)]) == (3, 7)
    assert Path(one).read_bytes() == Path(two).read_bytes()
    assert pq.read_table(one).to_pydict() == table.to_pydict()
