"""Rows cut out of Parquet without coding the other texts anew: every reader must see the rows that are left."""

import hashlib
from pathlib import Path

import duckdb
import hypothesis.strategies as st
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings

from openclaw_data.dataset import shards, splice, thrift

SMALL_PAGES = {"use_content_defined_chunking": False, "data_page_size": 2000, "write_batch_size": 8}


def table(n: int, seed: int = 7) -> pa.Table:
    rng = np.random.default_rng(seed)
    words = np.array(["中文", "网页", "the", "of", "词", "naïve", "🙂", ""])
    texts = [f"<{i:04}>" + " ".join(words[rng.integers(0, 8, rng.integers(0, 120))]) for i in range(n)]
    lists = [["a"] * int(k) for k in rng.integers(0, 3, n)]
    fields = [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("url_host_registered_domain", pa.string(), nullable=False),
        pa.field("rights_signals", pa.list_(pa.string()), nullable=False),
        pa.field("char_count", pa.int32(), nullable=False),
    ]
    names = [[f"{kind}-{i:04}" for i in range(n)] for kind in ("id", "site")]
    columns = [names[0], texts, names[1], lists, [len(t) for t in texts]]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, fields, strict=True)], schema=pa.schema(fields))


def write(path: Path, rows: pa.Table, group: int, **more) -> None:
    words = {**shards.settings(rows.schema), **more}
    with pq.ParquetWriter(path, rows.schema, **words) as writer:
        for at in range(0, len(rows), group):
            writer.write_table(rows.slice(at, group), row_group_size=group)


def cut(folder: Path, rows: pa.Table, gone: np.ndarray, group: int, **more) -> Path:
    source, target = folder / "a.parquet", folder / "b.parquet"
    write(source, rows, group, **more)
    assert splice.fits(pq.ParquetFile(source))
    found = splice.copy_without(str(source), str(target), gone, shards.settings(rows.schema))
    left = rows.filter(pa.array(~gone))
    assert found[:2] == (len(left), sum(len(t.encode()) for t in left["text"].to_pylist()))
    assert found[2:] == (hashlib.sha256(target.read_bytes()).hexdigest(), target.stat().st_size)
    return target


def contents(path: Path) -> bytes:
    """All bytes of a file, and all its pages decompressed; every byte belongs to a page, an index or the footer."""
    data = path.read_bytes()
    size = int.from_bytes(data[-8:-4], "little")
    footer, held = thrift.read(data[-8 - size : -8])[0], [data]
    known = 4 + size + 8
    for group in footer[4][1][1]:
        for chunk in group[1][1][1]:
            facts = chunk[3][1]
            at = min(facts[k][1] for k in (9, 11) if k in facts)
            stop = at + facts[7][1]
            known += facts[7][1] + sum(chunk[k][1] for k in (5, 7) if k in chunk)
            while at < stop:
                head, end = thrift.read(data, at)
                at = end + head[3][1]
                held.append(zstandard.ZstdDecompressor().decompress(data[end:at], max_output_size=head[2][1]))
    assert known == len(data)
    return b"\n".join(held)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    n=st.integers(1, 300),
    share=st.sampled_from([0.0, 0.01, 0.2, 0.9, 1.0]),
    group=st.integers(1, 200),
    seed=st.integers(0, 1000),
    pages=st.sampled_from([{}, SMALL_PAGES, SMALL_PAGES | {"write_statistics": True}]),
)
def test_what_is_left_is_what_a_filter_leaves_and_no_byte_of_what_is_gone(
    tmp_path: Path, n: int, share: float, group: int, seed: int, pages: dict
) -> None:
    rows = table(n, seed)
    gone = np.random.default_rng(seed).random(n) < share
    target = cut(tmp_path, rows, gone, group, **pages)
    assert pq.read_table(target).cast(rows.schema).equals(rows.filter(pa.array(~gone)))
    held = contents(target)
    for mark in ("<{:04}>", "id-{:04}", "site-{:04}"):
        assert [i for i in range(n) if mark.format(i).encode() in held] == np.flatnonzero(~gone).tolist()


def test_long_texts_make_long_page_headers(tmp_path: Path) -> None:
    """Statistics in a page's header hold whole texts, up to 4 kB each."""
    rng = np.random.default_rng(7)
    rows = table(600)
    texts = [rng.integers(97, 123, rng.integers(2500, 4000), dtype=np.uint8).tobytes().decode() for _ in range(600)]
    rows = rows.set_column(1, rows.schema.field("text"), pa.array(texts))
    gone = rng.random(600) < 0.05
    target = cut(tmp_path, rows, gone, 250, data_page_size=50_000, write_statistics=True)
    assert pq.read_table(target).cast(rows.schema).equals(rows.filter(pa.array(~gone)))
    assert pl.read_parquet(target)["text"].to_list() == rows.filter(pa.array(~gone))["text"].to_pylist()


def test_every_reader_sees_the_rows_also_from_the_middle(tmp_path: Path) -> None:
    rows = table(3000)
    gone = np.zeros(3000, bool)
    gone[[0, 17, 18, 19, 1500, 2999]] = True
    gone[200:900] = True
    target = cut(tmp_path, rows, gone, 1000, **SMALL_PAGES)
    left = rows.filter(pa.array(~gone))
    wanted = pl.DataFrame(left)
    assert pl.read_parquet(target).equals(wanted)
    assert pl.scan_parquet(target).slice(1100, 7).collect().equals(wanted.slice(1100, 7))
    said = duckdb.sql(f"SELECT count(*), sum(strlen(text)), max(text) FROM '{target}'").fetchall()
    assert said == [(len(left), sum(len(t.encode()) for t in left["text"].to_pylist()), wanted["text"].max())]
    found = duckdb.sql(f"SELECT text FROM '{target}' WHERE id = 'id-1499'").fetchall()
    assert found == [(rows["text"][1499].as_py(),)]
    batches = list(pq.ParquetFile(target).iter_batches(97))
    assert pa.Table.from_batches(batches).cast(rows.schema).equals(left)


def test_pages_without_a_lost_row_are_the_same_bytes(tmp_path: Path) -> None:
    rows = table(2000)
    gone = np.zeros(2000, bool)
    gone[1000] = True
    target = cut(tmp_path, rows, gone, 2000, **SMALL_PAGES)
    source = (tmp_path / "a.parquet").read_bytes()
    begin = pq.read_metadata(target).row_group(0).column(1).data_page_offset
    assert target.read_bytes()[begin : begin + 3000] in source


def test_cutting_twice_gives_the_same_bytes_and_a_cut_file_can_be_cut_again(tmp_path: Path) -> None:
    rows = table(500)
    gone = np.arange(500) % 50 == 3
    first = cut(tmp_path, rows, gone, 200, **SMALL_PAGES).read_bytes()
    assert cut(tmp_path, rows, gone, 200, **SMALL_PAGES).read_bytes() == first
    left = rows.filter(pa.array(~gone))
    more = np.arange(len(left)) % 7 == 0
    assert splice.fits(pq.ParquetFile(tmp_path / "b.parquet"))
    words = shards.settings(rows.schema)
    splice.copy_without(str(tmp_path / "b.parquet"), str(tmp_path / "c.parquet"), more, words)
    assert pq.read_table(tmp_path / "c.parquet").cast(rows.schema).equals(left.filter(pa.array(~more)))


@pytest.mark.parametrize("columns", [["rights_signals", "char_count"], ["char_count"], ["id"]])
def test_columns_can_be_put_in_place_of_others(tmp_path: Path, columns: list[str]) -> None:
    rows, source, target = table(900), tmp_path / "a.parquet", tmp_path / "b.parquet"
    write(source, rows, 400)
    new = rows.set_column(0, rows.schema.field("id"), pa.array([f"other-{i}" for i in range(900)]))
    new = new.set_column(3, rows.schema.field("rights_signals"), pa.array([["x", "y"], []] * 450))
    new = new.set_column(4, rows.schema.field("char_count"), pa.array(range(900), pa.int32()))
    wanted = pa.table([(new if n in columns else rows).column(n) for n in rows.schema.names], schema=rows.schema)
    pieces = (new.select(columns).slice(at, 400) for at in range(0, 900, 400))
    splice.copy_with(str(source), str(target), pieces, shards.DECISIONS)
    assert pq.read_table(target).cast(rows.schema).equals(wanted)
    assert pl.read_parquet(target).equals(pl.DataFrame(wanted))
    assert pl.scan_parquet(target).slice(450, 9).collect().equals(pl.DataFrame(wanted).slice(450, 9))
    assert (
        duckdb.sql(f"SELECT * FROM '{target}' WHERE char_count = 17").fetchall()
        == duckdb.sql("SELECT * FROM wanted WHERE char_count = 17").fetchall()
    )
    group = pq.read_metadata(target).row_group(2)
    assert group.total_byte_size == sum(group.column(i).total_uncompressed_size for i in range(5))
    again = tmp_path / "c.parquet"
    splice.copy_with(str(target), str(again), (rows.select(columns).slice(at, 400) for at in (0, 400, 800)), {})
    assert pq.read_table(again).cast(rows.schema).equals(rows)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "b.parquet", "c.parquet"]


@pytest.mark.parametrize(
    "other",
    [{"use_dictionary": True}, {"compression": "snappy", "compression_level": None}, {"write_page_index": False}],
)
def test_a_file_of_another_make_does_not_fit(tmp_path: Path, other: dict) -> None:
    write(tmp_path / "a.parquet", table(100), 50, **other)
    assert not splice.fits(pq.ParquetFile(tmp_path / "a.parquet"))


def test_metadata_is_written_as_it_was_read(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", table(300), 100)
    data = (tmp_path / "a.parquet").read_bytes()
    size = int.from_bytes(data[-8:-4], "little")
    footer = data[-8 - size : -8]
    read, end = thrift.read(footer)
    assert end == len(footer)
    assert thrift.write(read) == footer
