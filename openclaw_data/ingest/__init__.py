"""Input: WARC, JSON lines and Parquet, local or in a bucket, become batches of `documents.RAW`.

`plan` says which files there are and cuts large ones; `read` gives the batches of one split. A record that cannot be
read is a row with `error`; a record that is no page is a row with `skipped`; a WARC record that is no document at all
(`request`, `warcinfo`, ...) is counted in `ignored`.
"""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from openclaw_data.documents import DataError
from openclaw_data.ingest import files, jsonl, parquet, warc
from openclaw_data.ingest.plan import Source, Split, plan
from openclaw_data.ingest.rows import Options, Row, batches

__all__ = ["Source", "Split", "plan", "read"]

MAX_PAGE_BYTES = 10_000_000


def read(
    split: Split,
    *,
    max_page_bytes: int = MAX_PAGE_BYTES,
    ignored: Counter[str] | None = None,
    verify_digests: bool = False,
) -> Iterator[pa.RecordBatch]:
    """The batches of a split, in file order, each of at most 1,024 rows and 32 MB of payload and text.

    Reading the splits of a file one after the other gives the same rows as reading it whole. Memory is bounded by one
    batch and one record, whatever the file holds.

    Args:
        split: a piece of a file, from `plan`.
        max_page_bytes: a longer body is skipped as `oversize` and not held.
        ignored: gains the counts of WARC records that are no documents, by type.
        verify_digests: check WARC block and payload digests where they are declared; one that does not fit is the
            error `digest`. Off by default: gzip's checksum guards the stored bytes already, writers disagree on what
            a payload digest covers, and a wrong one says more about its writer than about the page.

    Raises:
        DataError: the file is gone or has changed since it was planned.
    """
    with files.open_binary(split.path) as file:
        size = file.seek(0, 2)
        if size != split.size_bytes:
            fact = f"has {size} bytes, it had {split.size_bytes} when the run was planned."
            raise DataError(split.path, fact, "Start again with a new work folder.")
        file.seek(0)
        counts = Counter[str]() if ignored is None else ignored
        options = Options(split.source_id, split.crawl, split.name, max_page_bytes, verify_digests)
        yield from batches(_rows(split, file, options, counts))


def _rows(split: Split, file: BinaryIO, options: Options, ignored: Counter[str]) -> Iterator[Row]:
    stop = split.stop if split.stop < split.size_bytes else None
    if split.format == "warc":
        return warc.rows(file, split.codec, options, ignored, (split.start, stop))
    if split.format == "jsonl":
        return jsonl.rows(file, split.codec, split.fields, options, (split.start, stop))
    return parquet.rows(file, split.fields, range(split.start, split.stop), options)
