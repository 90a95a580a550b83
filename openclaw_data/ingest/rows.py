"""Rows of `documents.RAW`, cleaned and bounded, and the batches made of them."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa

from openclaw_data import documents

Row = dict[str, Any]

BATCH_ROWS = 1024
BATCH_BYTES = 32 << 20
"""A batch holds at most this much payload and text, unless a single record is larger."""
MAX_FIELD_CHARS = 8192
"""A URL, an id, a MIME type is cut here: nothing that long is one."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT32_MAX = 2**31 - 1


class Options(NamedTuple):
    """What every reader is told. `max_page_bytes`: a longer body is skipped as `oversize`; the rest is in `read`."""

    source_id: str
    crawl: str
    name: str
    max_page_bytes: int
    verify_digests: bool = False


def batches(rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """Group rows into batches of `documents.RAW`, in their order, each within `BATCH_ROWS` and `BATCH_BYTES`."""
    held: list[Row] = []
    size = 0
    for row in rows:
        more = len(row.get("payload", b"")) + len(row.get("text", b""))
        if held and (len(held) == BATCH_ROWS or size + more > BATCH_BYTES):
            yield _emptied(held)
            size = 0
        held.append(row)
        size += more
    if held:
        yield _emptied(held)


def _emptied(rows: list[Row]) -> pa.RecordBatch:
    """The batch of these rows, which are let go: they would double what it takes for as long as it is worked on."""
    batch = documents.build(documents.RAW, rows)
    rows.clear()
    return batch


def clean(text: str) -> str:
    """Text that can be stored: lone surrogates and NULs become U+FFFD, as in the WHATWG's HTML parser."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def stored(text: str) -> bytes:
    """`clean` in UTF-8: what a row holds as `text`, so that a long text is encoded once."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return clean(text).encode()


def short(text: str) -> str:
    """`clean`, and no longer than `MAX_FIELD_CHARS`."""
    return clean(text[:MAX_FIELD_CHARS])


def made_id(source_id: str, name: str, offset: int, nth: int = 0) -> str:
    """The id of a record that carries none: a sha256 of where it stands. `nth`: its place in a shared member."""
    place = f"{source_id}\n{name}\n{offset}" + (f"\n{nth}" if nth else "")
    return "sha256:" + hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()


def length32(size: int) -> int:
    """A length as the int32 column holds it."""
    return min(size, _INT32_MAX)


def moment(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 date or a WARC-Date (UTC where it names no zone), 0 when it is neither."""
    try:
        stamp = datetime.fromisoformat(text.strip()[:40])
    except ValueError:
        return 0
    try:
        if stamp.tzinfo is not UTC:
            stamp = stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
    except OverflowError:
        return 0
    since = stamp - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment_of_number(value: float) -> int:
    """Microseconds since 1970 of a Unix time in seconds, or in milliseconds where seconds would lie after 5138."""
    seconds = value / 1000 if abs(value) > 1e11 else value
    return round(seconds * 1_000_000) if abs(seconds) <= 1e11 else 0
