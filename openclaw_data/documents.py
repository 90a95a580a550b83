"""The unit of work: a batch of documents as one `pyarrow.RecordBatch`, and the error type that names places.

Two fixed schemas, both without nulls:

* `RAW`: what `ingest` yields. One row a record that was read, good or bad, with its raw bytes in `payload`
  (HTML, still encoded) or its text in `text` (formats that carry text).
* `PAGE`: what `extract` makes of it: the payload is gone, text, title and charset evidence are there.

Every later column (language, signals, verdict) is appended to `PAGE`. An unknown string is `""`, an unknown time
is 1970-01-01, an unknown number 0: with SQL semantics a null passes a rule silently, so there are none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from openclaw_data.errors import DataError

__all__ = ["ERRORS", "PAGE", "RAW", "SKIPPED", "DataError", "append", "build", "from_texts", "text_buffers"]

TIMESTAMP = pa.timestamp("us", tz="UTC")

PROVENANCE = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("url", pa.string(), nullable=False),
    pa.field("source_id", pa.string(), nullable=False),
    pa.field("crawl", pa.string(), nullable=False),
    pa.field("fetch_time", TIMESTAMP, nullable=False),
    pa.field("fetch_status", pa.int16(), nullable=False),
    pa.field("content_mime_detected", pa.string(), nullable=False),
    pa.field("content_digest", pa.string(), nullable=False),
    pa.field("truncated", pa.string(), nullable=False),
    pa.field("warc_filename", pa.string(), nullable=False),
    pa.field("warc_record_offset", pa.int64(), nullable=False),
    pa.field("warc_record_length", pa.int32(), nullable=False),
]
_LONG = ("payload", "text")
OUTCOME = [
    pa.field("skipped", pa.string(), nullable=False),
    pa.field("error", pa.string(), nullable=False),
    pa.field("error_detail", pa.string(), nullable=False),
]

RAW = pa.schema(
    [
        *PROVENANCE,
        pa.field("content_type", pa.string(), nullable=False),
        pa.field("headers", pa.string(), nullable=False),
        pa.field("payload", pa.binary(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        *OUTCOME,
    ]
)
"""What `ingest` yields. `content_type`: the declared `Content-Type` with parameters, as sent. `headers`: the HTTP
header lines that carry rights (`Name: value`, one a line). `payload`: body bytes, transfer and content codings
undone; empty where the format carries text. `skipped`: a key of `SKIPPED`, `error`: a key of `ERRORS`; both are
`""` for a record that goes on."""

PAGE = pa.schema(
    [
        *PROVENANCE,
        pa.field("content_charset", pa.string(), nullable=False),
        pa.field("charset_source", pa.string(), nullable=False),
        pa.field("replacements", pa.int32(), nullable=False),
        pa.field("extractor", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("page_canonical_url", pa.string(), nullable=False),
        pa.field("page_language", pa.string(), nullable=False),
        pa.field("page_author", pa.string(), nullable=False),
        pa.field("page_published", pa.string(), nullable=False),
        pa.field("page_site", pa.string(), nullable=False),
        pa.field("link_text", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        *OUTCOME,
    ]
)
"""What `extract` yields. `charset_source`: which evidence decided (`bom`, `http`, `meta`, `utf-8`, `sniffed`,
`text`). `replacements`: U+FFFD put in while decoding. `page_*`: what the page's markup states of itself, unchecked:
see `extraction.Page`; `page_author` is personal data and stays in the work folder. `link_text`: what stands in links
anywhere on the page, parted by line feeds, "" without HTML; it is for measuring only, and stays in memory."""

SKIPPED = {
    "http_status": "the response's status is not 200",
    "not_html": "the payload is neither HTML nor text (an image, a PDF, a script, ...)",
    "empty_body": "the record has no body",
    "oversize": "the body is larger than `extract.max_page_bytes`",
    "empty_text": "nothing but boilerplate was found in the page",
}
"""Reasons to drop a record before its text is judged, written to `dropped_by` as `ingest.<reason>`."""

ERRORS = {
    "warc_record": "the record cannot be parsed: bad header, bad length or bad chunk",
    "decompression": "the compressed bytes are damaged or cut off",
    "digest": "the payload does not have the digest that the record declares",
    "content_encoding": "the body's Content-Encoding cannot be undone",
    "json": "the line is not a JSON object",
    "field": "a mapped field is missing or of another type",
    "parquet": "the row group cannot be read",
    "extract_timeout": "extraction took longer than `extract.timeout` seconds",
    "extract_failed": "the extraction engine failed on this page",
}
"""Reasons to quarantine a record: it is counted, never judged."""


def build(schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> pa.RecordBatch:
    """Make a batch of `schema` from rows; what a row leaves out takes the column's empty value.

    `text` may be given in UTF-8, which spares its encoding; that it is valid is for the caller to know.

    Raises:
        pa.ArrowInvalid, pa.ArrowTypeError: a value does not fit its column.
    """
    rows = list(rows)
    empty = {f.name: empty_value(f.type) for f in schema}
    columns = [[row.get(f.name, empty[f.name]) for row in rows] for f in schema]
    arrays = [
        _joined(column, f.type) if f.name in _LONG else pa.array(column, f.type)
        for f, column in zip(schema, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _joined(values: list[Any], kind: pa.DataType) -> pa.Array:
    """What `pa.array` makes of bytes in four times the time: its buffer grows step by step, and they are large."""
    data = [value or b"" for value in values if isinstance(value, bytes) or value == ""]
    ends = np.cumsum([0, *map(len, data)])
    if len(data) < len(values) or ends[-1] > np.iinfo(np.int32).max:
        return pa.array(values, kind)  # also says what is wrong
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(data))]
    return pa.Array.from_buffers(kind, len(data), buffers)


def empty_value(kind: pa.DataType) -> Any:
    """The value that stands for "unknown" in a column of type `kind`."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return ""
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return b""
    if pa.types.is_list(kind):
        return []
    if pa.types.is_boolean(kind):
        return False
    return 0


def from_texts(
    texts: Iterable[str], *, urls: Iterable[str] | None = None, titles: Iterable[str] | None = None
) -> pa.RecordBatch:
    """A `PAGE` batch around plain texts, for tests, notebooks and `openclaw_data.score`."""
    texts = list(texts)
    urls = list(urls) if urls is not None else [""] * len(texts)
    titles = list(titles) if titles is not None else [""] * len(texts)
    if not len(texts) == len(urls) == len(titles):
        raise DataError(
            "from_texts", f"{len(texts)} texts, {len(urls)} urls, {len(titles)} titles.", "Give one a text."
        )
    rows = zip(texts, urls, titles, strict=True)
    return build(PAGE, ({"id": str(i), "text": t, "url": u, "title": s} for i, (t, u, s) in enumerate(rows)))


def append(batch: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """The batch with `columns` added at the end, or put in place of the columns of the same name."""
    names, arrays = list(batch.schema.names), list(batch.columns)
    for name, array in columns.items():
        if name in names:
            arrays[names.index(name)] = array
        else:
            names.append(name)
            arrays.append(array)
    fields = [pa.field(n, a.type, nullable=False) for n, a in zip(names, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def text_buffers(array: pa.Array) -> tuple[Any, Any]:
    """The buffers of a string or binary array as numpy views: (offsets int64[n+1], data uint8[...]).

    `data` is shared, not copied, and may only be read; the offsets of a slice point into the parent's data.

    Arrow's buffers are sometimes writable, sometimes not, and numba compiles a kernel for each kind that it meets, for
    up to half a minute: so data never is, and offsets always are.
    """
    array = array.cast(pa.large_binary()) if not pa.types.is_large_binary(array.type) else array
    n = len(array)
    _, offsets, data = array.buffers()
    if n == 0 or offsets is None:
        return np.zeros(n + 1, np.int64), np.frombuffer(b"", np.uint8)
    view = np.frombuffer(offsets, np.int64, n + 1, array.offset * 8)
    found = np.frombuffer(data if data is not None else b"", np.uint8)
    found.flags.writeable = False
    return view if view.flags.writeable else view.copy(), found
