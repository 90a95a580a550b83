"""The published rows: which columns they have, how they are cut into shards, how a shard is written.

Shard sizes are planned from counts per row group, so the plan is small for any corpus, and rows keep the input order:
the bytes of a shard depend on the recipe and the input alone.
"""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openclaw_data import storage
from openclaw_data.dataset.manifest import Column

DATA_COLUMNS = [
    "id", "text", "title", "url", "url_host_registered_domain", "source_id", "crawl", "fetch_time", "fetch_status",
    "content_mime_detected", "content_charset", "content_digest", "warc_filename", "warc_record_offset",
    "warc_record_length", "text_sha256", "language", "language_script", "language_score", "char_count", "token_count",
    "quality_score", "toxicity_score", "risk_codes",
    "dup_cluster_id", "dup_cluster_size", "licence", "licence_source",
    "rights_status", "rights_signals", "icp", "contaminated_by", "edits",
    "pii_email", "pii_phone", "pii_id", "pii_ip", "pii_card", "pii_other", "run_id",
]  # fmt: skip
"""The columns of `data/`, in order. Names follow the Common Crawl index where it has them."""

PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "write_page_index": True,
    "use_content_defined_chunking": {"min_chunk_size": 64 << 10, "max_chunk_size": 256 << 10},
    "store_schema": True,
}
UNIQUE = ("id", "text", "title", "url", "content_digest", "text_sha256")
"""Columns whose values differ from row to row."""
DECISIONS: dict[str, Any] = {"compression": "zstd", "compression_level": 3, "write_page_index": True}
"""How a part of decisions/ is written."""
ROW_GROUP_BYTES = 50_000_000
"""Memory of a row group, which a shard's writer and most readers hold whole. Hub viewers bear 100-300 MB."""


def settings(schema: pa.Schema) -> dict[str, Any]:
    """How a shard is written: pages of about 128 kB, of which `splice` codes only those anew that lose a row.

    They cost 5 % more bytes than pages of 1 MB. What differs from row to row has no dictionary.
    """
    names = {f.name: f"{f.name}.list.element" if pa.types.is_list(f.type) else f.name for f in schema}
    shared = [path for name, path in names.items() if name not in UNIQUE]
    measured = [path for name, path in names.items() if name != "text"]  # a page's least and largest text help nobody
    return {**PARQUET, "use_dictionary": shared, "write_statistics": measured}


class Piece(NamedTuple):
    """The kept rows of one language in one row group of one decisions part."""

    part: int
    row_group: int
    rows: int
    text_bytes: int


class Shard(NamedTuple):
    """A file of `data/`: its path under the dataset, and the pieces it is made of, in input order."""

    path: str
    language: str
    pieces: tuple[Piece, ...]


def plan(pieces: dict[str, list[Piece]], shard_bytes: int) -> list[Shard]:
    """Cut each language's pieces into shards, each closed by the piece that fills it to `shard_bytes` of text."""
    shards = []
    for language in sorted(pieces):
        groups: list[list[Piece]] = [[]]
        size = 0
        for piece in pieces[language]:
            if size >= shard_bytes:
                groups.append([])
                size = 0
            groups[-1].append(piece)
            size += piece.text_bytes
        for i, group in enumerate(groups):
            name = f"data/{language}/train-{i:05d}-of-{len(groups):05d}.parquet"
            shards.append(Shard(name, language, tuple(group)))
    return shards


def write(path: str, tables: Iterable[pa.Table]) -> tuple[int, int]:
    """Write the tables as one Parquet file in row groups of at most `ROW_GROUP_BYTES`.

    Returns:
        (rows, bytes of text)
    """
    rows = text_bytes = 0
    with contextlib.ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        for pieces in _row_groups(tables):
            table = _joined(pieces)
            writer = writer or stack.enter_context(pq.ParquetWriter(path, table.schema, **settings(table.schema)))
            writer.write_table(table, row_group_size=max(1, len(table)))
            rows += len(table)
            text_bytes += _text_bytes(table)
            del table  # before the next row group comes
    if writer is None:
        raise AssertionError("a shard without rows is never planned")
    return rows, text_bytes


def bare(schema: pa.Schema) -> pa.Schema:
    """A schema without the field numbers and list names that reading Parquet adds, to be written as it was."""

    def plain(kind: pa.DataType) -> pa.DataType:
        return pa.list_(plain(kind.value_type)) if pa.types.is_list(kind) else kind

    return pa.schema([pa.field(f.name, plain(f.type), f.nullable) for f in schema])


class Written(NamedTuple):
    """What a shard holds."""

    rows: int
    text_bytes: int


def copy_without(source: str, target: str, gone: npt.NDArray[np.bool_]) -> Written:
    """Write `source` to `target` without the rows `gone`, row group by row group, with the settings of `write`."""
    opened = storage.open_parquet(source)
    at = rows = text_bytes = 0
    schema = bare(opened.schema_arrow)
    with pq.ParquetWriter(target, schema, **settings(schema)) as writer:
        for group in range(opened.num_row_groups):
            table = opened.read_row_group(group, use_threads=False).cast(schema)
            keep = ~gone[at : at + len(table)]
            at += len(table)
            table = table if keep.all() else table.filter(pa.array(keep))
            if table.num_rows:
                writer.write_table(table, row_group_size=table.num_rows)
            rows += table.num_rows
            text_bytes += _text_bytes(table)
    return Written(rows, text_bytes)


def columns(dataset: str, paths: Iterable[str]) -> tuple[Column, ...]:
    """The columns of the shards, from the first of them; none where there are no shards."""
    first = next(iter(paths), None)
    schema = [] if first is None else storage.open_parquet(storage.join(dataset, first)).schema_arrow
    return tuple(Column(name=field.name, type=str(field.type)) for field in schema)


def _text_bytes(table: pa.Table) -> int:
    return pc.sum(pc.binary_length(table.column("text")).cast(pa.int64())).as_py() or 0


def _row_groups(tables: Iterable[pa.Table]) -> Iterator[list[pa.Table]]:
    """The tables that fill a row group, in a list that is to be emptied."""
    waiting: list[pa.Table] = []
    size = 0
    for table in tables:
        waiting.append(table)
        size += table.nbytes
        if size >= ROW_GROUP_BYTES:
            yield waiting
            size = 0
    if waiting:
        yield waiting


def _joined(pieces: list[pa.Table]) -> pa.Table:
    """One table of all pieces, which are given up.

    The texts, nearly all of it, stay in pieces: their pages depend on the values alone. Where a dictionary is given up
    depends on the pieces, too.
    """
    table = pa.concat_tables(pieces)
    pieces.clear()
    for i, name in enumerate(table.column_names):
        if name != "text":
            table = table.set_column(i, table.field(i), table.column(i).combine_chunks())  # one column twice at most
    return table
