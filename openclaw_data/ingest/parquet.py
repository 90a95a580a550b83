"""Parquet: row groups read in bounded batches; a row group that cannot be read costs what is left of it."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data.documents import DataError
from openclaw_data.ingest.fields import BadField, Fields, to_row
from openclaw_data.ingest.rows import Options, Row, clean, made_id

ROWS_AT_ONCE = 128
_FAILURES = (pa.ArrowException, OSError, ValueError)


class Groups(NamedTuple):
    """`sizes`: compressed bytes of each row group."""

    sizes: list[int]


def inspect(file: BinaryIO, fields: Fields, given: frozenset[str], path: str) -> Groups:
    """Check that a file is Parquet and has the columns of `given` (those that the recipe maps, and text).

    Raises:
        DataError: it is not, or a column is missing.
    """
    try:
        opened = pq.ParquetFile(file)
        schema, meta = opened.schema_arrow, opened.metadata
    except _FAILURES as error:
        raise DataError(path, f"its Parquet footer cannot be read: {_line(error)}.", "Fetch the file again.") from error
    for column in sorted(given):
        if not any(_has(schema, name) for name in fields[column]):
            wanted = " or ".join(f"'{name}'" for name in fields[column])
            raise DataError(
                path, f"has no column {wanted} for '{column}'; it has {', '.join(schema.names[:20])}.",
                f"Map it in the recipe: fields: {{{column}: NAME}}, or leave '{column}' out.",
            )  # fmt: skip
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    return Groups([sum(g.column(c).total_compressed_size for c in range(g.num_columns)) for g in groups])


def _has(schema: pa.Schema, path: str) -> bool:
    return bool(_column(schema, path))


def _column(schema: pa.Schema, path: str) -> str:
    """The column to read for a name or dotted path: the name itself, or the struct that the path goes into."""
    if path in schema.names:
        return path
    first, _, rest = path.partition(".")
    if not rest or first not in schema.names:
        return ""
    kind = schema.field(first).type
    for part in rest.split("."):
        if not pa.types.is_struct(kind) or kind.get_field_index(part) < 0:
            return ""
        kind = kind.field(part).type
    return first


def rows(file: BinaryIO, fields: Fields, groups: range, options: Options) -> Iterator[Row]:
    """The rows of some row groups as rows of `documents.RAW`, in file order.

    `warc_record_offset` is the row's number in the file, `warc_record_length` is 0.
    """
    opened = pq.ParquetFile(file, pre_buffer=False)
    schema, meta = opened.schema_arrow, opened.metadata
    columns = sorted({c for paths in fields.values() for p in paths if (c := _column(schema, p))})
    source_id, crawl, name, max_page_bytes, _ = options
    place = {"source_id": source_id, "crawl": crawl, "warc_filename": name}
    for group in groups:
        first = sum(meta.row_group(i).num_rows for i in range(group))
        done = 0
        try:
            for batch in opened.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=columns, use_threads=False):
                for item in batch.to_pylist():
                    row = _row(item, fields, max_page_bytes)
                    row |= {**place, "warc_record_offset": first + done}
                    row["id"] = row.get("id") or made_id(source_id, name, first + done)
                    done += 1
                    yield row
        except _FAILURES as error:
            if isinstance(error, OSError) and (type(error) is not OSError or error.errno is not None):
                raise  # the storage failed, not the file: a retry may read it
            left = meta.row_group(group).num_rows - done
            row = {
                "error": "parquet",
                "error_detail": clean(f"row group {group}, {left} rows lost: {_line(error)}")[:500],
            }
            yield {**place, **row, "warc_record_offset": first + done, "id": made_id(source_id, name, first + done, 1)}


def _row(item: dict[str, object], fields: Fields, max_page_bytes: int) -> Row:
    try:
        return to_row(item, fields, max_page_bytes)
    except BadField as error:
        return {"error": "field", "error_detail": clean(str(error))[:500]}


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
