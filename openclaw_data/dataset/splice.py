"""Changes to a Parquet file that leave most of its bytes as they are.

`copy_without` takes rows out: pages of the column `text` that lose no row are copied as they are, the others are cut;
the other columns, a tenth of the bytes, are written by Arrow. It works on what this project writes: texts that are
required, plain (no dictionary), zstd, in version 1 pages with an offset index; `fits` says whether a file is so.
`copy_with` puts other values into a few columns: the file is copied, and the new columns are written behind it.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
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
_BLOCK = 64 << 10
"""What is read, hashed and written at a time: it stays in the processor's cache, and Linux takes fresh memory, which
is slow to get, for the page cache of larger writes."""
_LEVEL = 1
"""Of the pages that are coded anew: it takes half the time of level 3, and digests become no smaller by that."""
_ANEW: dict[str, Any] = {
    "compression_level": _LEVEL,
    "use_content_defined_chunking": False,  # for stores that keep equal pages once: these differ anyway
    "data_page_size": 128 << 10,
}
"""How the columns beside the text are written, in place of the settings of a shard."""
_PLAIN, _DATA_PAGE = 0, 0


class Span(NamedTuple):
    """Bytes of the source that are copied as they are."""

    start: int
    size: int


class Made(NamedTuple):
    """A new file, in the manifest's words."""

    sha256: str
    size_bytes: int


class Cut(NamedTuple):
    """A new file that lost rows, in the manifest's words."""

    rows: int
    text_bytes: int
    sha256: str
    size_bytes: int


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


def copy_without(source: str, target: str, gone: npt.NDArray[np.bool_], settings: dict[str, Any]) -> Cut:
    """Write the local file `source` to `target` without the rows `gone`, in one pass.

    Args:
        source: a file that `fits`.
        target: a local path.
        gone: bool[rows].
        settings: of the `ParquetWriter` for the other columns, as far as `_ANEW` does not say.
    """
    opened = pq.ParquetFile(source)
    others = pa.BufferReader(_encoded(_others(opened, gone), settings | _ANEW))
    groups, at = _footer(others)[4][1][1], 0
    texts: list[Text] = []
    with open(source, "rb") as file, open(target, "wb") as new:  # noqa: PTH123
        out, footer, column = _Hashed(new), _footer(file), _column(opened)
        out.copy(others, Span(0, _end(others)))
        for group in footer[4][1][1]:
            chunk, lost = group[1][1][1][column], gone[at : at + group[3][1]]
            at += len(lost)
            text = _cut(file, chunk, lost)
            if text.pages:
                _append(file, out, text)
                _insert(groups[len(texts)], column, chunk, text, out.tell())
                texts.append(text)
        for group, text in zip(groups, texts, strict=True):
            _index(group[1][1][1][column], text, out)
        rows = sum(page[1] for text in texts for page in text.pages)
        _finish(out, {**footer, 3: (I64, rows), 4: (LIST, (STRUCT, groups))})
    text_bytes = sum(page[2] for text in texts for page in text.pages)
    return Cut(rows, text_bytes, *out.made())


def copy_with(source: str, target: str, tables: Iterable[pa.Table], settings: dict[str, Any]) -> Made:
    """Write the local file `source` to `target` with other values in some columns.

    What the columns held stays in the file as bytes that nothing points to: not for what must be forgotten.

    Args:
        source: a Parquet file.
        target: a local path.
        tables: the new columns, of the source's names and types, a table a row group.
        settings: of the `ParquetWriter` for the new columns.
    """
    added = pa.BufferReader(_encoded(tables, settings))
    with open(source, "rb") as file, open(target, "wb") as new:  # noqa: PTH123
        out = _Hashed(new)
        footer, start = _footer(file), _end(file)
        out.copy(file, Span(0, start))
        out.copy(added, Span(4, _end(added) - 4))
        for group, other in zip(footer[4][1][1], _footer(added)[4][1][1], strict=True):
            _point_elsewhere(group, other, start - 4, added, out)
        _finish(out, footer)
    return out.made()


class _Hashed:
    """A file that is hashed as it is written, so that nobody has to read it again for that."""

    def __init__(self, file: Any) -> None:
        self._file, self._size, self._digest = file, 0, hashlib.sha256()
        self._block = memoryview(bytearray(_BLOCK))

    def tell(self) -> int:
        return self._size

    def write(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)

    def copy(self, source: Any, span: Span) -> None:
        """Write bytes of another file."""
        source.seek(span.start)
        left = span.size
        while left:
            size = source.readinto(self._block[: min(left, _BLOCK)])
            if not size:
                raise ValueError("ends inside a page")
            self.write(self._block[:size])
            left -= size

    def made(self) -> Made:
        return Made(self._digest.hexdigest(), self._size)


def _encoded(tables: Iterable[pa.Table], settings: dict[str, Any]) -> pa.Buffer:
    """A Parquet file in memory, with a row group for every table that has rows."""
    out, writer = pa.BufferOutputStream(), None
    for table in tables:
        writer = writer or pq.ParquetWriter(out, table.schema, **settings)
        if len(table):
            writer.write_table(table, row_group_size=len(table))
    if writer is not None:
        writer.close()
    return out.getvalue()


def _point_elsewhere(group: Struct, other: Struct, shift: int, new: Any, out: _Hashed) -> None:
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


def _finish(out: _Hashed, footer: Struct) -> None:
    """Write the footer."""
    data = thrift.write(footer)
    out.write(data + struct.pack("<I", len(data)) + b"PAR1")


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


def _others(opened: Any, gone: npt.NDArray[np.bool_]) -> Iterator[pa.Table]:
    """The rows that stay, a row group at a time, without their texts."""
    from openclaw_data.dataset.shards import bare

    schema, at = bare(opened.schema_arrow), 0
    schema = schema.remove(schema.get_field_index(TEXT))
    for group in range(opened.num_row_groups):
        table = opened.read_row_group(group, schema.names, use_threads=False)
        lost = gone[at : at + len(table)]
        at += len(table)
        yield (table.filter(pa.array(~lost)) if lost.any() else table).cast(schema)


def _append(source: Any, out: _Hashed, text: Text) -> None:
    for part in text.parts:
        if isinstance(part, Span):
            out.copy(source, part)
        else:
            out.write(part)


def _insert(group: Struct, column: int, chunk: Struct, text: Text, end: int) -> None:
    """Put among a row group's columns the pages that end at `end`, described as `chunk` was, without its statistics."""
    size = sum(p[0] for p in text.pages)
    facts = {k: v for k, v in chunk[3][1].items() if k not in (10, 11, 12, 13, 16)}
    facts |= {5: (I64, group[3][1]), 6: (I64, text.raw), 7: (I64, size), 9: (I64, end - size)}
    group[1][1][1].insert(column, {2: chunk[2], 3: (STRUCT, facts)})
    group[2] = (I64, group[2][1] + text.raw)
    if 6 in group:
        group[6] = (I64, group[6][1] + size)


def _index(chunk: Struct, text: Text, out: _Hashed) -> None:
    """Write where a chunk's pages are, and let it point there."""
    places, at, row = [], chunk[3][1][9][1], 0
    for size, rows, _ in text.pages:
        places.append({1: (I64, at), 2: (I32, size), 3: (I64, row)})
        at, row = at + size, row + rows
    index = thrift.write({1: (LIST, (STRUCT, places)), 2: (LIST, (I64, [p[2] for p in text.pages]))})
    chunk[4], chunk[5] = (I64, out.tell()), (I32, len(index))
    out.write(index)
