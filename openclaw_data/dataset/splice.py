"""Rows out of a Parquet file without coding the rest of its texts anew.

Pages of the column `text` that lose no row are copied as they are, the others are cut; the other columns, a tenth of
the bytes, are written by Arrow. Taking out a few rows then costs little more than copying the file. It works on what
this project writes: texts that are required, plain (no dictionary), zstd, in version 1 pages with an offset index;
`fits` says whether a file is so.
"""

import struct
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from openclaw_data.dataset import thrift
from openclaw_data.dataset.thrift import I32, I64, LIST, STRUCT, Struct

TEXT = "text"
_PLAIN, _RLE, _ZSTD, _DATA_PAGE = 0, 3, 6, 0


class Text(NamedTuple):
    """The pages of a row group's texts: bytes to write, and (size, rows, uncompressed size, bytes of text) of each."""

    parts: list[bytes]
    pages: list[tuple[int, int, int, int]]


def fits(opened: Any) -> bool:
    """Whether `copy_without` can cut this `pyarrow.parquet.ParquetFile`."""
    column = _column(opened)
    if opened.schema.column(column).max_definition_level:
        return False
    for group in range(opened.num_row_groups):
        chunk = opened.metadata.row_group(group).column(column)
        known = chunk.compression == "ZSTD" and chunk.has_offset_index and not chunk.has_dictionary_page
        if not known or set(chunk.encodings) - {"PLAIN", "RLE"}:
            return False
    return True


def copy_without(source: str, target: str, gone: npt.NDArray[np.bool_], settings: dict[str, Any]) -> tuple[int, int]:
    """Write the local file `source` to `target` without the rows `gone`.

    Args:
        source: a file that `fits`.
        target: a local path.
        gone: bool[rows].
        settings: of the `ParquetWriter` for the other columns.

    Returns:
        (rows, bytes of text)
    """
    opened = pq.ParquetFile(source)
    column = _column(opened)
    with open(source, "rb") as file:  # noqa: PTH123
        footer = _footer(file)
        texts = _cut_groups(file, footer, column, gone)
    _others(opened, target, gone, settings)
    _append(target, column, [t for t in texts if t.pages])
    pages = [page for text in texts for page in text.pages]
    return sum(p[1] for p in pages), sum(p[3] for p in pages)


def _column(opened: Any) -> int:
    return next(i for i in range(len(opened.schema)) if opened.schema.column(i).path == TEXT)


def _footer(file: Any) -> Struct:
    file.seek(-8, 2)
    size, magic = struct.unpack("<I4s", file.read(8))
    if magic != b"PAR1":
        raise ValueError("is no Parquet file")
    file.seek(-8 - size, 2)
    return thrift.read(file.read(size))[0]


def _cut_groups(file: Any, footer: Struct, column: int, gone: npt.NDArray[np.bool_]) -> list[Text]:
    texts, at = [], 0
    for group in footer[4][1][1]:
        chunk, rows = group[1][1][1][column], group[3][1]
        texts.append(_cut(file, chunk, gone[at : at + rows]))
        at += rows
    return texts


def _cut(file: Any, chunk: Struct, gone: npt.NDArray[np.bool_]) -> Text:
    """The pages of one chunk without the rows `gone`."""
    file.seek(chunk[4][1])
    locations = thrift.read(file.read(chunk[5][1]))[0][1][1][1]
    firsts = [p[3][1] for p in locations] + [len(gone)]
    start, size = locations[0][1][1], sum(p[2][1] for p in locations)
    file.seek(start)
    data = file.read(size)
    packer, unpacker = zstandard.ZstdCompressor(level=3), zstandard.ZstdDecompressor()
    text = Text([], [])
    for location, (first, stop) in zip(locations, pairwise(firsts), strict=True):
        begin = location[1][1] - start
        page = data[begin : begin + location[2][1]]
        head, end = thrift.read(page)  # with statistics: several kB
        if head[1][1] != _DATA_PAGE or head[5][1][2][1] != _PLAIN:
            raise ValueError("has text pages that are not plain")
        lost = gone[first:stop]
        rows, raw = stop - first, head[2][1]
        if lost.any():
            kept = _without(unpacker.decompress(page[end:], max_output_size=raw), lost)
            rows, raw = rows - int(lost.sum()), len(kept)
            if not rows:
                continue
            packed = packer.compress(kept)
            head = {1: head[1], 2: (I32, raw), 3: (I32, len(packed)), 5: (STRUCT, _counted(head[5][1], rows))}
            made = thrift.write(head)
            text.parts.append(made + packed)
            text.pages.append((len(made) + len(packed), rows, len(made) + raw, raw - 4 * rows))
        else:
            text.parts.append(page)
            text.pages.append((len(page), rows, end + raw, raw - 4 * rows))
    return text


def _counted(head: Struct, rows: int) -> Struct:
    """A data page's header with another count, without statistics."""
    return {k: v for k, v in head.items() if k != 5} | {1: (I32, rows)}


def _without(plain: bytes, lost: npt.NDArray[np.bool_]) -> bytes:
    """Plain texts (length, bytes, length, bytes, ...) without those of the rows `lost`."""
    parts, at = [], 0
    for drop in lost.tolist():
        end = at + 4 + int.from_bytes(plain[at : at + 4], "little")
        if not drop:
            parts.append(plain[at:end])
        at = end
    if at != len(plain):
        raise ValueError("has a text page that does not hold its rows")
    return b"".join(parts)


def _others(opened: Any, target: str, gone: npt.NDArray[np.bool_], settings: dict[str, Any]) -> None:
    """All columns, with empty texts."""
    from openclaw_data.dataset.shards import bare

    schema, at = bare(opened.schema_arrow), 0
    names = [n for n in schema.names if n != TEXT]
    with pq.ParquetWriter(target, schema, **settings) as writer:
        for group in range(opened.num_row_groups):
            table = opened.read_row_group(group, names, use_threads=False)
            lost = gone[at : at + len(table)]
            at += len(table)
            table = table.filter(pa.array(~lost)) if lost.any() else table
            if not len(table):
                continue
            place = schema.get_field_index(TEXT)
            table = table.add_column(place, schema.field(place), pa.array([""] * len(table), schema.field(place).type))
            writer.write_table(table.cast(schema), row_group_size=len(table))


def _append(target: str, column: int, texts: list[Text]) -> None:
    """Put the texts behind the other columns, and a footer that finds them."""
    with open(target, "r+b") as file:  # noqa: PTH123
        footer = _footer(file)
        file.seek(-8, 2)
        end = file.tell() - struct.unpack("<I", file.read(4))[0]
        file.seek(end)
        file.truncate()
        groups = footer[4][1][1] if texts else []
        for group, text in zip(groups, texts, strict=True):
            start = file.tell()
            file.writelines(text.parts)
            _point(group, column, text, start)
        for group, text in zip(groups, texts, strict=True):
            chunk = group[1][1][1][column]
            index = thrift.write(_offset_index(text, chunk[3][1][9][1]))
            chunk[4], chunk[5] = (I64, file.tell()), (I32, len(index))
            file.write(index)
        data = thrift.write(footer)
        file.write(data + struct.pack("<I", len(data)) + b"PAR1")


def _point(group: Struct, column: int, text: Text, start: int) -> None:
    """Let a row group's text chunk be the pages at `start`."""
    chunk = group[1][1][1][column]
    facts = {k: v for k, v in chunk[3][1].items() if k not in (10, 11, 12, 13, 16)}
    size, raw = sum(p[0] for p in text.pages), sum(p[2] for p in text.pages)
    before = facts[6][1], facts[7][1]
    facts |= {2: (LIST, (I32, [_PLAIN, _RLE])), 4: (I32, _ZSTD), 5: (I64, sum(p[1] for p in text.pages))}
    facts |= {6: (I64, raw), 7: (I64, size), 9: (I64, start)}
    group[1][1][1][column] = {2: chunk[2], 3: (STRUCT, facts)}
    group[2] = (I64, group[2][1] - before[0] + raw)
    if 6 in group:
        group[6] = (I64, group[6][1] - before[1] + size)


def _offset_index(text: Text, start: int) -> Struct:
    places, row = [], 0
    for size, rows, _, _ in text.pages:
        places.append({1: (I64, start), 2: (I32, size), 3: (I64, row)})
        start, row = start + size, row + rows
    return {1: (LIST, (STRUCT, places)), 2: (LIST, (I64, [p[3] for p in text.pages]))}
