"""`manifest.json`: what a dataset consists of, what it was made from, and counts that balance."""

import platform
from importlib import metadata
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

FORMAT = "openclaw-data-manifest/1"


class Section(BaseModel):
    """A part of the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(Section):
    """A file that was read."""

    source_id: str
    name: str = Field(description="the shortest path suffix that is unique in the run; `warc_filename` in the data")
    size_bytes: int
    records: int = Field(description="documents in it: response, resource and conversion records, lines or rows")
    ignored: dict[str, int] = Field(description="records that are not documents, by WARC type")


class Source(Section):
    """Where raw data comes from, and the record that proves it."""

    id: str
    format: str
    origin: str
    licence: str
    record: str
    crawl: str


class File(Section):
    """A file of the dataset, its path relative to the manifest."""

    path: str
    sha256: str
    size_bytes: int
    rows: int


class Shard(File):
    """A file of `data/`."""

    language: str
    text_bytes: int


class Outcomes(Section):
    """read = kept + dropped + errors."""

    read: int = 0
    kept: int = 0
    dropped: int = 0
    errors: int = 0


class Counts(Outcomes):
    """The balance of the run, and who dropped what. A document dropped by two rules counts for both."""

    by_language: dict[str, Outcomes]
    by_file: dict[str, Outcomes] = Field(description="key: source_id/name")
    by_rule: dict[str, dict[str, int]] = Field(
        description="rule -> language -> documents it drops, alone or with others"
    )
    by_error: dict[str, int]


class Manifest(Section):
    """The whole manifest."""

    format: str = FORMAT
    name: str
    version: str
    description: str
    run_id: str
    languages: tuple[str, ...]
    sources: tuple[Source, ...]
    inputs: tuple[Input, ...]
    counts: Counts
    shards: tuple[Shard, ...]
    decisions: tuple[File, ...]
    contamination: tuple[File, ...] = Field(description="benchmark items that were found, and where")
    recipe: dict[str, Any] = Field(description="the resolved recipe, every default filled in, without paths")
    recipe_digest: str = Field(description="sha256 of recipe, pack digests and model digests together")
    packs: dict[str, str] = Field(description="rule pack -> sha256 of its file")
    models: dict[str, str] = Field(description="model -> sha256 of its file")
    benchmarks: dict[str, str] = Field(description="benchmark index -> sha256 of its file")
    code: dict[str, str] = Field(description="version of openclaw-data and sha256 of its source files")
    environment: dict[str, str] = Field(description="versions of what the result depends on")
    seconds: dict[str, float] = Field(description="wall time of each stage in this run; 0 where parts were done before")
    tokenizer: str = "openclaw-words-1"


def environment() -> dict[str, str]:
    """Versions of Python and of the libraries that decide bytes."""
    names = ("apache-beam", "fastwarc", "numba", "numpy", "polars", "pyarrow", "resiliparse", "rjieba")
    return {"python": platform.python_version(), **{n: metadata.version(n) for n in names}}
