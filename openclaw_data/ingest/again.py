"""Read single records again, at the places that a dataset names for them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from openclaw_data.documents import DataError
from openclaw_data.ingest import fields as mapping
from openclaw_data.ingest import files, formats, jsonl, parquet, warc
from openclaw_data.ingest.plan import Source
from openclaw_data.ingest.rows import Options, Row


class Place(NamedTuple):
    """Where a record stands: `warc_record_offset`, `warc_record_length` and its id."""

    offset: int
    length: int
    id: str


def read_again(source: Source, path: str, name: str, places: Iterable[Place], max_page_bytes: int) -> Iterator[Row]:
    """The rows of `documents.RAW` for records of one file, as the run read them.

    WARC records are sought; JSON lines are passed through from the beginning, of Parquet the row groups are read.

    Args:
        source: the source the file belongs to.
        path: where the file is now.
        name: its name in the dataset, which goes into `warc_filename` and made ids.
        places: the records wanted.
        max_page_bytes: as in the recipe.

    Yields:
        The rows found, ordered by offset; a record that is not there is left out.

    Raises:
        DataError: the file is missing or of another format.
    """
    wanted = sorted(set(places))
    options = Options(source.id, source.crawl, name, max_page_bytes)
    with files.open_binary(path) as file:
        codec = formats.check(file, source.format, path)
        if source.format == "warc":
            for place in wanted:
                yield from _first_at(_warc(file, codec, options, place), place)
            return
        fields = mapping.complete(source.fields, f"source '{source.id}'")
        file.seek(0)
        if source.format == "jsonl":
            rows = jsonl.rows(file, codec, fields, options)
        else:
            rows = parquet.rows(file, fields, range(_groups(file, path)), options)
        yield from _passing(rows, wanted)


def _warc(file: Any, codec: str, options: Options, place: Place) -> Iterator[Row]:
    stop = place.offset + place.length if codec and place.length else None
    return warc.rows(file, codec, options, Counter(), (place.offset, stop))


def _first_at(rows: Iterator[Row], place: Place) -> Iterator[Row]:
    """The row of the record `place`, from rows that begin at its offset."""
    for row in rows:
        if row["warc_record_offset"] != place.offset:
            return
        if row["id"] == place.id:
            yield row
            return


def _passing(rows: Iterator[Row], wanted: list[Place]) -> Iterator[Row]:
    """The rows at the wanted places, from all rows of a file; stops after the last."""
    left = {(p.offset, p.id) for p in wanted}
    for row in rows:
        key = (row["warc_record_offset"], row["id"])
        if key in left:
            left.discard(key)
            yield row
            if not left:
                return


def _groups(file: Any, path: str) -> int:
    import pyarrow.parquet as pq

    try:
        return int(pq.ParquetFile(file).metadata.num_row_groups)
    except Exception as error:
        raise DataError(path, f"its Parquet footer cannot be read: {error}.", "Fetch the file again.") from error
