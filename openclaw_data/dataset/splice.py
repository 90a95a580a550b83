"""Changes to a Parquet file that leave most of its bytes as they are.

`copy_without` takes rows out: pages of the column `text` that lose no row are copied as they are, the others are cut;
the other columns, a tenth of the bytes, are written by Arrow. It works on what this project writes: texts that are
required, plain (no dictionary), zstd, in version 1 pages with an offset index; `fits` says whether a file is so.
`copy_with` puts other values into a few columns: the file is copied, and the new columns are written behind it.
"""

import os
import struct
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from openclaw_data.dataset import thrift
from openclaw_data.dataset.thrift import I32, I64, LIST, STRUCT, Struct

TEXT = "text"
_BLOCK = 1 << 20
_LEVEL = 1
"""Of the pages that are coded anew: they are few, and it takes half the time of level 3."""
_PLAIN, _RLE, _ZSTD, _DATA_PAGE = 0, 3, 6, 0


class Span(NamedTuple):
    """Bytes of the source that are copied as they are."""

    start: int
    size: int


class Text(NamedTuple):
    """The pages of a row group's texts: what to write; (size, rows, bytes of text) of each; their size uncompressed."""

    parts: list[bytes | Span]
    pages: list[tuple[int, int, int]]
    raw: int


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
        texts = _cut_groups(file, _footer(file), column, gone)
        _others(opened, target, gone, settings)
        _append(file, target, column, [t for t in texts if t.pages])
    pages = [page for text in texts for page in text.pages]
    return sum(p[1] for p in pages), sum(p[2] for p in pages)


def copy_with(source: str, target: str, tables: Iterable[pa.Table], settings: dict[str, Any]) -> None:
    """Write the local file `source` to `target` with other values in some columns.

    What the columns held stays in the file as bytes that nothing points to: not for what must be forgotten.

    Args:
        source: a Parquet file.
        target: a local path.
        tables: the new columns, of the source's names and types, a table a row group.
        settings: of the `ParquetWriter` for the new columns.
    """
    aside = f"{target}.columns"
    try:
        _write(aside, tables, settings)
        with open(source, "rb") as file, open(aside, "rb") as new, open(target, "wb", buffering=0) as out:  # noqa: PTH123
            footer, added = _footer(file), _footer(new)
            start, extra = _end(file), _end(new)
            _copy(file, out, Span(0, start))
            _copy(new, out, Span(4, extra - 4))
            for group, other in zip(footer[4][1][1], added[4][1][1], strict=True):
                _point_elsewhere(group, other, start - 4, new, out)
            _finish(out, footer)
    finally:
        Path(aside).unlink(missing_ok=True)


def _write(path: str, tables: Iterable[pa.Table], settings: dict[str, Any]) -> None:
    writer = None
    for table in tables:
        writer = writer or pq.ParquetWriter(path, table.schema, **settings)
        writer.write_table(table, row_group_size=max(1, len(table)))
    if writer is not None:
        writer.close()


def _point_elsewhere(group: Struct, other: Struct, shift: int, new: Any, out: Any) -> None:
    """Let the columns that `other` has be those bytes, which stand `shift` further on in the new file."""
    places = {tuple(c[3][1][3][1][1]): i for i, c in enumerate(group[1][1][1])}
    for chunk in other[1][1][1]:
        i = places[tuple(chunk[3][1][3][1][1])]
        before = group[1][1][1][i][3][1]
        facts = dict(chunk[3][1])
        for offset in (9, 10, 11):  # data, index and dictionary page
            if offset in facts:
                facts[offset] = (I64, facts[offset][1] + shift)
        made = {**chunk, 3: (STRUCT, facts)}
        if 2 in made and made[2][1]:
            made[2] = (I64, made[2][1] + shift)
        if 4 in chunk:  # the offset index holds places: it is written again
            new.seek(chunk[4][1])
            index = thrift.read(new.read(chunk[5][1]))[0]
            moved = [{**p, 1: (I64, p[1][1] + shift)} for p in index[1][1][1]]
            data = thrift.write({**index, 1: (LIST, (STRUCT, moved))})
            made[4], made[5] = (I64, out.tell()), (I32, len(data))
            out.write(data)
        if 6 in chunk:
            made[6] = (I64, chunk[6][1] + shift)
        group[1][1][1][i] = made
        group[2] = (I64, group[2][1] - before[6][1] + facts[6][1])
        if 6 in group:
            group[6] = (I64, group[6][1] - before[7][1] + facts[7][1])


def _column(opened: Any) -> int:
    return next(i for i in range(len(opened.schema)) if opened.schema.column(i).path == TEXT)


def _end(file: Any) -> int:
    """Where the footer begins."""
    file.seek(-8, 2)
    end: int = file.tell()
    size, magic = struct.unpack("<I4s", file.read(8))
    if magic != b"PAR1":
        raise ValueError("is no Parquet file")
    return end - int(size)


def _footer(file: Any) -> Struct:
    file.seek(_end(file))
    return thrift.read(file.read())[0]


def _finish(file: Any, footer: Struct) -> None:
    """Write the footer."""
    data = thrift.write(footer)
    file.write(data + struct.pack("<I", len(data)) + b"PAR1")


def _copy(source: Any, target: Any, span: Span) -> None:
    """Copy bytes to where `target`, which is not buffered, stands; inside the kernel where the system can."""
    at, left = span
    while left:
        try:
            done = os.copy_file_range(source.fileno(), target.fileno(), left, at)
        except OSError:  # another file system, or none that can
            done = os.write(target.fileno(), os.pread(source.fileno(), min(left, _BLOCK), at))
        if not done:
            raise ValueError("ends inside a page")
        at, left = at + done, left - done


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
    index = thrift.read(file.read(chunk[5][1]))[0]
    locations = [(p[1][1], p[2][1]) for p in index[1][1][1]]
    firsts = [p[3][1] for p in index[1][1][1]]
    lost = np.add.reduceat(gone, firsts, dtype=np.int64).tolist()
    sizes = index[2][1][1] if 2 in index else None
    packer, unpacker = zstandard.ZstdCompressor(level=_LEVEL), zstandard.ZstdDecompressor()
    parts: list[bytes | Span] = []
    pages, saved = [], 0
    for i, ((at, size), (first, stop)) in enumerate(zip(locations, pairwise([*firsts, len(gone)]), strict=True)):
        if not lost[i] and sizes is not None:
            last = parts[-1] if parts else b""
            if isinstance(last, Span) and last.start + last.size == at:
                parts[-1] = Span(last.start, last.size + size)
            else:
                parts.append(Span(at, size))
            pages.append((size, stop - first, sizes[i]))
            continue
        file.seek(at)
        page = file.read(size)
        head, end = thrift.read(page)
        if head[1][1] != _DATA_PAGE or head[5][1][2][1] != _PLAIN:
            raise ValueError("has text pages that are not plain")
        plain = _without(unpacker.decompress(page[end:], max_output_size=head[2][1]), gone[first:stop])
        saved += end + head[2][1]
        rows = stop - first - lost[i]
        if rows:
            packed = packer.compress(plain)
            facts = {1: head[1], 2: (I32, len(plain)), 3: (I32, len(packed)), 5: (STRUCT, _counted(head[5][1], rows))}
            made = thrift.write(facts)
            parts.append(made + packed)
            pages.append((len(made) + len(packed), rows, len(plain) - 4 * rows))
            saved -= len(made) + len(plain)
    return Text(parts, pages, chunk[3][1][6][1] - saved)


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


def _append(source: Any, target: str, column: int, texts: list[Text]) -> None:
    """Put the texts behind the other columns, and a footer that finds them."""
    with open(target, "r+b", buffering=0) as file:  # noqa: PTH123
        footer = _footer(file)
        file.seek(_end(file))
        file.truncate()
        groups = footer[4][1][1] if texts else []
        for group, text in zip(groups, texts, strict=True):
            start = file.tell()
            for part in text.parts:
                if isinstance(part, Span):
                    _copy(source, file, part)
                else:
                    file.write(part)
            _point(group, column, text, start)
        for group, text in zip(groups, texts, strict=True):
            chunk = group[1][1][1][column]
            index = thrift.write(_offset_index(text, chunk[3][1][9][1]))
            chunk[4], chunk[5] = (I64, file.tell()), (I32, len(index))
            file.write(index)
        _finish(file, footer)


def _point(group: Struct, column: int, text: Text, start: int) -> None:
    """Let a row group's text chunk be the pages at `start`."""
    chunk = group[1][1][1][column]
    facts = {k: v for k, v in chunk[3][1].items() if k not in (10, 11, 12, 13, 16)}
    size, raw = sum(p[0] for p in text.pages), text.raw
    before = facts[6][1], facts[7][1]
    facts |= {2: (LIST, (I32, [_PLAIN, _RLE])), 4: (I32, _ZSTD), 5: (I64, sum(p[1] for p in text.pages))}
    facts |= {6: (I64, raw), 7: (I64, size), 9: (I64, start)}
    group[1][1][1][column] = {2: chunk[2], 3: (STRUCT, facts)}
    group[2] = (I64, group[2][1] - before[0] + raw)
    if 6 in group:
        group[6] = (I64, group[6][1] - before[1] + size)


def _offset_index(text: Text, start: int) -> Struct:
    places, row = [], 0
    for size, rows, _ in text.pages:
        places.append({1: (I64, start), 2: (I32, size), 3: (I64, row)})
        start, row = start + size, row + rows
    return {1: (LIST, (STRUCT, places)), 2: (LIST, (I64, [p[2] for p in text.pages]))}
