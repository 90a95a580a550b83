"""JSON lines: `.jsonl`, `.jsonl.gz`, `.jsonl.zst`. A bad line costs that line."""

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from openclaw_data.ingest.fields import BadField, Fields, to_row
from openclaw_data.ingest.rows import Options, Row, clean, length32, made_id
from openclaw_data.ingest.streams import Damaged, Members

MAX_LINE_BYTES = 64 << 20
"""A longer line is an error; it is passed over without being held."""
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line without its end. `offset`, `size`: bytes in the decompressed stream; `data` is None for a longer one."""

    offset: int
    size: int
    data: bytes | None


def boundaries(file: BinaryIO, targets: Iterable[int]) -> list[int]:
    """Where the first line at or after each target begins, of an uncompressed file: rising, each once."""
    found: list[int] = []
    for target in targets:
        file.seek(target - 1)
        begins = target - 1
        while chunk := file.read(1 << 16):
            if (end := chunk.find(b"\n")) >= 0:
                begins += end + 1
                if not found or begins > found[-1]:
                    found.append(begins)
                break
            begins += len(chunk)
    return found


def lines(
    file: BinaryIO, codec: str, limit: int = MAX_LINE_BYTES, span: tuple[int, int | None] = (0, None)
) -> Iterator[Line]:
    """The lines of a file, each of at most `limit` bytes; of a longer one only its place.

    Args:
        file: the file.
        codec: `gzip`, `zstd` or "".
        limit: bytes of a line that are held.
        span: of an uncompressed file, the bytes where the first line begins and the last one ends.

    Raises:
        Damaged: the compressed data are corrupt or cut off; the lines before it have been given.
    """
    held: list[bytes] = []
    offset, stop = span
    size = 0
    for chunk in _chunks(file, codec, offset):
        at = 0
        while (end := chunk.find(b"\n", at)) >= 0:
            held.append(chunk[at:end])
            size += end - at
            yield Line(offset, size, b"".join(held) if size <= limit else None)
            offset, size, at = offset + size + 1, 0, end + 1
            held = []
            if stop is not None and offset >= stop:
                return
        size += len(chunk) - at
        if size > limit:
            held = []
        else:
            held.append(chunk[at:])
    if size:
        yield Line(offset, size, b"".join(held) if size <= limit else None)


def _chunks(file: BinaryIO, codec: str, start: int) -> Iterator[bytes]:
    members = Members(file, codec, start)
    while members.open():
        while chunk := members.pull():
            yield chunk


def rows(
    file: BinaryIO, codec: str, fields: Fields, options: Options, span: tuple[int, int | None] = (0, None)
) -> Iterator[Row]:
    """The lines of a file, or of a span of it, as rows of `documents.RAW`, in file order; empty lines are none.

    `warc_record_offset` and `warc_record_length` are the line's place in the decompressed file, in bytes.
    """
    source_id, crawl, name, max_page_bytes, _ = options
    place = {"source_id": source_id, "crawl": crawl, "warc_filename": name}
    after = 0
    try:
        for line in lines(file, codec, span=span):
            after = line.offset + line.size
            if line.data is not None and not line.data.strip():
                continue
            row = _row(line, fields, max_page_bytes)
            row |= {**place, "warc_record_offset": line.offset, "warc_record_length": length32(line.size)}
            row["id"] = row.get("id") or made_id(source_id, name, line.offset)
            yield row
    except Damaged as damage:
        detail = f"{damage}; what follows in this file cannot be read"
        row = {"error": "decompression", "error_detail": detail, "warc_record_offset": after}
        yield {**place, **row, "id": made_id(source_id, name, after, 1)}


def _row(line: Line, fields: Fields, max_page_bytes: int) -> Row:
    if line.data is None:
        return {"error": "json", "error_detail": f"the line has {line.size} bytes, more than {MAX_LINE_BYTES}"}
    try:
        item = json.loads(line.data.removeprefix(_BOM if line.offset == 0 else b"").decode())
    except UnicodeDecodeError as error:
        return {"error": "json", "error_detail": f"not UTF-8 at byte {error.start} of the line"}
    except (ValueError, RecursionError) as error:
        return {"error": "json", "error_detail": clean(str(error))[:200]}
    if not isinstance(item, dict):
        return {"error": "json", "error_detail": f"a JSON {type(item).__name__}, not an object"}
    try:
        return to_row(item, fields, max_page_bytes)
    except BadField as error:
        return {"error": "field", "error_detail": clean(str(error))[:500]}
