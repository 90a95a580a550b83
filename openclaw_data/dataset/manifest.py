"""`manifest.json`: what a dataset consists of, what it was made from, and counts that balance."""

import hashlib
import json
import platform
from importlib import metadata
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openclaw_data import share, storage
from openclaw_data.documents import DataError

FORMAT = "openclaw-data-manifest/1"
NAME = "manifest.json"
SCHEMA = "manifest-1.schema.json"


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


class Attached(Section):
    """A file of the dataset, its path relative to the manifest: card, Croissant, provenance, audit report."""

    path: str
    sha256: str
    size_bytes: int


class File(Attached):
    """A file of decisions/ or data/."""

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


class Contents(Section):
    """What the shards hold, counted from them."""

    documents: int
    characters: int
    tokens: int
    tokens_by_language: dict[str, int]
    domains: int = Field(description="registered domains")
    fetched_first: str = Field(description="earliest and latest known fetch time, ISO 8601 UTC; empty: unknown")
    fetched_last: str
    by_licence: dict[str, int] = Field(description="SPDX expression -> documents; the empty key: unknown")
    by_rights_status: dict[str, int]


class Column(Section):
    """A column of data/."""

    name: str
    type: str = Field(description="Arrow type")


class Excuse(Section):
    """When a rule does not judge a document."""

    when: str = Field(description="SQL predicate")
    languages: tuple[str, ...] = Field((), description="languages its pack is limited to; none: all")


class Rule(Section):
    """A rule as it judged: its predicates by language key, and the source of its numbers."""

    keep: dict[str, str] = Field(description="language, language with script, or `default` -> SQL predicate")
    languages: tuple[str, ...] = Field((), description="languages the pack is limited to; none: all")
    by_part: bool = Field(default=False, description="of a document in two languages it judged the part in each")
    source: str = ""
    excuses: dict[str, Excuse] = Field(default_factory=dict, description="pack.excuse -> when it spares a document")


class Takedown(Section):
    """A request that was carried out, and how many documents it removed."""

    id: str
    date: str
    reason: str
    documents: int
    version: str = Field(description="the first version without them")


class Share(Section):
    """How many of some documents go because another one stays."""

    documents: int
    going: int


class Cluster(Section):
    """A cluster of duplicates, with its documents of the lowest ranks as samples."""

    id: int
    size: int
    ids: tuple[str, ...]
    urls: tuple[str, ...]


class Duplicates(Section):
    """What deduplication found, among the documents that no rule dropped."""

    compared: int
    clusters: int = Field(description="of two documents and more")
    going: int = Field(description="documents that go because another one stays, or an index holds them")
    by_size: dict[str, int] = Field(description="documents in a cluster -> clusters of that size")
    largest: tuple[Cluster, ...]
    by_host: dict[str, Share] = Field(description="the registered domains with the most that go")
    by_source: dict[str, Share]


class Check(Section):
    """A rate of the spot check against what is required of it; `verdict`: met, not met or too few."""

    key: str = Field(description="manual, technical or source (GB/T 45654-2025 9.2 a, 9.2 b, 5.1 a)")
    source: str = Field(description="the source it is about; empty: the whole dataset")
    verdict: str
    population: int
    drawn: int
    reviewed: int = Field(description="documents that somebody decided on; of a technical check, those drawn")
    failed: int
    least: int = Field(description="documents that must be looked at for a verdict")
    rate: float = Field(description="share that passes, 0-1")
    low: float = Field(description="of the 95 % interval after Wilson")
    high: float
    required: float


class Sampled(Section):
    """A sample of the spot check, and how far its reviewers agree."""

    kind: str
    seed: int
    reviewers: int
    both: int = Field(description="documents that two reviewers decided on")
    same: int = Field(description="of these, with the same verdict")
    kappa: float | None = Field(description="Cohen's; null: nothing to tell it by")
    unsure: int = Field(description="documents on which nobody could decide")
    failures: dict[str, int] = Field(description="risk (GB/T 45654 annex A, or none) -> documents that fail for it")
    detectors: dict[str, int] = Field(description="technical: detector -> documents it flags")
    files: dict[str, str] = Field(description="sample and decisions, which the reviewers keep -> sha256")


class Words(Section):
    """A keyword list of the technical check."""

    name: str
    sha256: str
    terms: int
    complete: bool = Field(description="it has the numbers of terms that GB/T 45654 asks for")


class WordList(Words):
    """A keyword list of the recipe's own, with which every document was compared."""

    risks: dict[str, int] = Field(description="risk of GB/T 45654 -> terms under it, where there are any")


class Review(Section):
    """What the spot check found."""

    checks: tuple[Check, ...]
    samples: tuple[Sampled, ...]
    lexicons: tuple[Words, ...] = ()


class Forecast(Section):
    """What `openclaw-data estimate` said before the run, beside what it was."""

    estimated: float
    actual: float


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
    contents: Contents
    duplicates: Duplicates
    columns: tuple[Column, ...] = Field(description="the columns of data/, in order")
    shards: tuple[Shard, ...]
    decisions: tuple[File, ...]
    contamination: tuple[File, ...] = Field((), description="benchmark items that were found, and where")
    fingerprints: tuple[File, ...] = Field((), description="the index of what is kept: ids, hashes and signatures")
    recipe: dict[str, Any] = Field(description="the resolved recipe, every default filled in, without paths")
    recipe_digest: str = Field(description="sha256 of recipe, pack digests and model digests together")
    packs: dict[str, str] = Field(description="rule pack -> sha256 of its file")
    rules: dict[str, Rule] = Field(description="pack.rule -> what it kept")
    optouts: dict[str, str] = Field(description="opt-out list or index of robots.txt -> sha256 of its file")
    models: dict[str, str] = Field(description="model -> sha256 of its file")
    lexicons: tuple[WordList, ...] = Field((), description="word lists of the recipe's own")
    benchmarks: dict[str, str] = Field(default_factory=dict, description="benchmark index -> sha256 of its file")
    indexes: dict[str, str] = Field({}, description="dedup.against: index -> digest of its parts")
    code: dict[str, str] = Field(description="version of openclaw-data and sha256 of its source files")
    environment: dict[str, str] = Field(description="versions of what the result depends on")
    seconds: dict[str, float] = Field(description="wall time of each stage in this run; 0 where parts were done before")
    estimate: dict[str, Forecast] = Field({}, description="documents, seconds and bytes; empty: nothing was estimated")
    tokenizer: str = "openclaw-words-1"
    takedowns: tuple[Takedown, ...] = Field((), description="requests carried out, oldest first")
    review: Review | None = Field(None, description="results of the spot check, where one was held")
    previous: str = Field("", description="digest of the manifest that this version was made from; empty: a run")
    files: tuple[Attached, ...] = Field((), description="every other file of the dataset, but for model.sig")
    digest: str = Field("", description="sha256 of this manifest as JSON with sorted keys, without this member")

    def canonical(self) -> Self:
        """The manifest as it reads back from its file, where mappings are sorted."""
        return self.model_validate_json(self.to_json())

    def with_digest(self) -> Self:
        """The manifest with the digest of its other members."""
        return self.model_copy(update={"digest": digest(self.model_dump(mode="json"))})

    def to_json(self) -> str:
        """The bytes of `manifest.json`."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def digest(content: dict[str, Any]) -> str:
    """The digest of a manifest's content, whatever it says itself."""
    body = {k: v for k, v in content.items() if k != "digest"}
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def read(dataset: str) -> Manifest:
    """The manifest of a dataset.

    Raises:
        DataError: there is none, or it does not fit the schema; names the member.
    """
    path = storage.join(dataset, NAME)
    try:
        found = storage.read_json(path)
    except ValueError as error:
        raise DataError(path, f"is not JSON: {error}.", "Fetch it again.") from None
    if found is None:
        raise DataError(dataset, f"holds no {NAME}.", "Name the folder of a finished dataset.")
    try:
        return Manifest.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise DataError(path, f"{where}: {first['msg']}.", f"It must fit manifests/schemas/{SCHEMA}.") from None


def schema() -> dict[str, Any]:
    """The JSON Schema of a manifest, as committed in manifests/schemas/."""
    address = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{FORMAT.replace('/', ':')}"}
    return {**address, **Manifest.model_json_schema()}


def environment() -> dict[str, str]:
    """Versions of Python and of the libraries that decide bytes."""
    names = ("apache-beam", "fastwarc", "numba", "numpy", "polars", "pyarrow", "resiliparse")
    return {"python": platform.python_version(), **{n: metadata.version(n) for n in names}}


def main() -> None:
    """Write the JSON Schema of a manifest to manifests/schemas/."""
    storage.write_json(str(share.folder("manifests") / "schemas" / SCHEMA), schema(), indent=1)


if __name__ == "__main__":
    main()
