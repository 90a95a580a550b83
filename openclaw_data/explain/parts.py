"""Reading a work folder for questions: the columns of all parts, one part at a time, and single texts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import polars as pl

from openclaw_data import recipe, rules, storage
from openclaw_data.flow import publish
from openclaw_data.flow import work as folder

STAGE = "annotated"
BASE = (
    "id",
    "url",
    "url_host_registered_domain",
    "language",
    "language_script",
    "text_sha256",
    "char_count",
    "token_count",
    "skipped",
    "error",
    "dropped_by",
    rules.PARTS,
)
"""What every question needs of a document."""


class Work(NamedTuple):
    """A work folder whose first stage is done. `changed`: packs that are no longer what the run was judged by."""

    path: str
    resolved: recipe.Resolved
    parts: int
    changed: bool
    run_id: str

    @property
    def packs(self) -> tuple[rules.Pack, ...]:
        """The packs of its recipe."""
        return self.resolved.packs


def open_work(path: str) -> Work:
    """Open a work folder.

    Raises:
        DataError: it is none, or its first stage is not done.
    """
    found = folder.open_parts(path)
    resolved = recipe.resolve(found.recipe)
    changed = resolved.digest != found.identity["recipe_digest"]
    return Work(path, resolved, len(found.splits), changed, found.identity["run_id"])


def columns(work: Work) -> list[str]:
    """The columns that the parts hold."""
    names: list[str] = storage.open_parquet(folder.path(work.path, STAGE, 0)).schema_arrow.names
    return names


def frames(work: Work, wanted: Iterable[str]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Each part's number and rows: the wanted columns, the duplicate columns, and what became of each document.

    `dropped_by` are the reasons before deduplication, `reasons` all of them; `outcome` is as in `decisions/`.
    """
    wanted = list(dict.fromkeys(wanted))
    for number in range(work.parts):
        frame = pl.DataFrame(storage.open_parquet(folder.path(work.path, STAGE, number)).read(wanted))
        duplicates = publish.duplicates_of(work.path, number, frame.height)
        decided = publish.decide(frame.hstack(duplicates), work.resolved, work.run_id)
        last = decided.select(*duplicates.columns, "outcome", reasons="dropped_by")
        yield number, frame.hstack(last).with_row_index("row")


def decisions(work: Work) -> Iterator[tuple[int, pl.DataFrame]]:
    """Each part's number and rows as `decisions/` holds them, from the parts alone."""
    for number in range(work.parts):
        file = storage.open_parquet(folder.path(work.path, STAGE, number))
        held = [name for name in file.schema_arrow.names if name not in ("text", "title", "contamination")]
        frame = pl.DataFrame(file.read(held))
        frame = frame.hstack(publish.duplicates_of(work.path, number, frame.height))
        yield number, publish.decide(frame, work.resolved, work.run_id)


def texts(work: Work, rows: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The texts of single documents, by (part, row); only the row groups that hold them are read."""
    by_part: dict[int, list[int]] = defaultdict(list)
    for part, row in rows:
        by_part[part].append(row)
    found: dict[tuple[int, int], str] = {}
    for part, wanted in sorted(by_part.items()):
        file = storage.open_parquet(folder.path(work.path, STAGE, part))
        start = 0
        for group in range(file.num_row_groups):
            length = file.metadata.row_group(group).num_rows
            inside = [row for row in wanted if start <= row < start + length]
            if inside:
                column = file.read_row_group(group, ["text"]).column("text")
                found |= {(part, row): column[row - start].as_py() for row in inside}
            start += length
    return found
