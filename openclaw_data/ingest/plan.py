"""The input of a run, cut into splits: which files, in which order, and where each split begins and ends."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

from openclaw_data.documents import DataError
from openclaw_data.ingest import fields as mapping
from openclaw_data.ingest import files, formats, jsonl, parquet, warc

SPLIT_BYTES = 16 << 20
"""Compressed bytes that a split aims at."""
ENOUGH_FILES = 64
"""With as many WARC files none is split: the files are enough to share."""


class Source(NamedTuple):
    """A source of a recipe. `format`: `warc`, `jsonl` or `parquet`; `fields`: see `fields.Fields`."""

    id: str
    format: str
    paths: Sequence[str]
    fields: Mapping[str, str | Sequence[str]] = {}
    crawl: str = ""


class Split(NamedTuple):
    """A piece of one input file; small, picklable and JSON (`Split(**split._asdict())` after a round trip).

    `name`: the file's name in the data set; `codec`: `gzip`, `zstd` or ""; `start`, `stop`: bytes of a WARC, row
    groups of a Parquet file; a file that is not split has 0 and its size (its number of row groups). `size_bytes`:
    bytes of the whole file.
    """

    source_id: str
    format: str
    path: str
    name: str
    start: int
    stop: int
    size_bytes: int
    codec: str
    crawl: str
    fields: dict[str, list[str]]


def plan(sources: Iterable[Source], *, split_bytes: int = SPLIT_BYTES) -> list[Split]:
    """Expand the sources' paths, check every file's format, and cut large ones; nothing depends on worker count.

    Splits are ordered by source (as in the recipe), path and start. Split are WARC files of one gzip member a record,
    at exact record boundaries, Parquet files, by row groups, and uncompressed JSON lines. Not split are uncompressed
    and zstd WARC files, gzip WARC files that are one single member, and compressed JSON lines: make several files of
    them to share the work.

    Raises:
        DataError: no file, a missing, empty or unreadable one, one named twice, or one of another format.
    """
    sources = list(sources)
    found = [(source, _expanded(source)) for source in sources]
    given = [(source, file) for source, listed in found for file in listed]
    _refuse_twice([(source.id, file.path) for source, file in given])
    names = files.names([file.path for _, file in given])
    share = sum(source.format == "warc" for source, _ in given) < ENOUGH_FILES
    warc_bytes = split_bytes if share else 0

    def cut(nth: int) -> list[Split]:
        return _cut(*given[nth], names[nth], warc_bytes, split_bytes)

    if any("://" in file.path for _, file in given):
        with ThreadPoolExecutor(16) as pool:
            per_file = list(pool.map(cut, range(len(given))))
    else:
        per_file = [cut(nth) for nth in range(len(given))]
    return [split for splits in per_file for split in splits]


def _expanded(source: Source) -> list[files.File]:
    place = f"source '{source.id}'"
    if source.format not in formats.FORMATS:
        raise DataError(place, f"unknown format '{source.format}'.", f"Formats are {', '.join(formats.FORMATS)}.")
    if not source.paths:
        raise DataError(place, "names no files.", f"Give them: --input {source.id}=PATH, or 'paths' in the recipe.")
    return files.expand(source.paths, place=place)


def _refuse_twice(listed: list[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for source_id, path in listed:
        if path in seen:
            remedy = "Each file is read once: take it out of one of them."
            raise DataError(path, f"belongs to source '{seen[path]}' and to source '{source_id}'.", remedy)
        seen[path] = source_id


def _cut(source: Source, file: files.File, name: str, warc_bytes: int, group_bytes: int) -> list[Split]:
    fields = {} if source.format == "warc" else mapping.complete(source.fields, f"source '{source.id}'")
    with files.open_binary(file.path) as opened:
        try:
            codec = formats.check(opened, source.format, file.path)
            ranges = [(0, file.size)]
            if source.format == "parquet":
                given = frozenset(source.fields) | {"html" if "html" in fields else "text"}
                ranges = _by_size(parquet.inspect(opened, fields, given, file.path).sizes, group_bytes)
            elif source.format == "warc" and codec == "gzip" and warc_bytes:
                ranges = _at(lambda targets: warc.boundaries(opened, "gzip", targets), file.size, warc_bytes)
            elif source.format == "jsonl" and not codec:
                ranges = _at(lambda targets: jsonl.boundaries(opened, targets), file.size, group_bytes)
        except OSError as error:
            raise DataError(file.path, f"cannot be read: {error}.", "Fetch the file again.") from error
    head = (source.id, source.format, file.path, name)
    return [Split(*head, start, stop, file.size, codec, source.crawl, fields) for start, stop in ranges]


def _at(boundaries: Callable[[list[int]], list[int]], size: int, split_bytes: int) -> list[tuple[int, int]]:
    """Byte ranges of about `split_bytes` that begin where a record does."""
    count = max(1, round(size / split_bytes))
    targets = [size * nth // count for nth in range(1, count)]
    starts = boundaries(targets) if targets else []
    return list(pairwise([0, *(s for s in starts if s < size), size]))


def _by_size(sizes: list[int], split_bytes: int) -> list[tuple[int, int]]:
    """Runs of row groups of about `split_bytes`, at least one group each."""
    cuts, held = [0], 0
    for group, size in enumerate(sizes):
        if held and held + size > split_bytes:
            cuts.append(group)
            held = 0
        held += size
    return list(pairwise([*cuts, len(sizes)])) if sizes else [(0, 0)]
