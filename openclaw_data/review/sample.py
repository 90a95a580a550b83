"""A sample as a file: JSON Lines, the first line says how it was drawn, each further one is a document to judge.

Its order is that of the draw, so that every beginning of the file is a sample, too. docs/review.md has the members.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openclaw_data import storage
from openclaw_data.dataset import manifest
from openclaw_data.documents import DataError

MAX_CHARS = 20_000
"""A longer text is cut here; `chars` says how long it is."""
_MAX_LINE = 4_000_000


class Section(BaseModel):
    """A line of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Header(Section):
    """The first line."""

    format: Literal["openclaw-data-sample/1"] = "openclaw-data-sample/1"
    kind: Literal["manual", "source", "technical"]
    dataset: str = Field(description="name and version")
    content: str = Field(description="sha256 over the sha256 of the shards: what it was drawn from")
    seed: int
    population: dict[str, int] = Field(description="source -> documents of the dataset")
    drawn: dict[str, int] = Field(description="source -> documents drawn")
    items: int = Field(description="documents in this file: those drawn; of a technical check, those flagged")
    detectors: dict[str, int] = Field({}, description="technical: detector -> documents it flags")
    lexicons: tuple[manifest.Words, ...] = ()


class Flag(Section):
    """Why the technical check lists a document."""

    by: str
    detail: str = ""


class Item(Section):
    """A document to judge."""

    id: str
    text_sha256: str
    source: str
    language: str
    url: str
    title: str
    chars: int
    text: str
    flags: tuple[Flag, ...] = ()


class Sample(Section):
    """A sample as read. `sha256`: of the file."""

    path: str
    sha256: str
    header: Header
    items: tuple[Item, ...]


def write(path: str | Path, header: Header, items: Iterable[Item]) -> None:
    """Write a sample; the same header and items give the same bytes."""
    with storage.create(str(path)) as name, Path(name).open("w", encoding="utf-8", newline="\n") as file:
        lines = (line.model_dump(mode="json") for line in (header, *items))
        file.writelines(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)


def read(path: str | Path) -> Sample:
    """Read a sample.

    Raises:
        DataError: it is none, or was cut; names the line.
    """
    try:
        with Path(path).open("rb") as file:
            lines = iter(lambda: file.readline(_MAX_LINE), b"")
            header = _parsed(Header, next(lines, b""), path, 1)
            items = [_parsed(Item, line, path, number) for number, line in enumerate(lines, 2)]
    except OSError as error:
        raise DataError(str(path), f"cannot be read: {error.strerror}.", "Name a file of `review sample`.") from None
    if len(items) != header.items:
        raise DataError(str(path), f"holds {len(items)} of {header.items} documents.", "Draw the sample again.")
    return Sample(path=str(path), sha256=storage.sha256(str(path)), header=header, items=tuple(items))


def _parsed(kind: Any, line: bytes, path: str | Path, number: int) -> Any:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        place = f"{path}, line {number}"
        raise DataError(place, f"{where or 'it'}: {first['msg']}.", "Name a file of `review sample`.") from None
