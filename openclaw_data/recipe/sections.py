"""The keys of a recipe, what each means and what it may be: pydantic models that know no unknown key."""

import re
import types
import typing
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
_UNITS = {"": 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def parse_size(value: Any) -> int:
    """Bytes from `256MB`, `2GB`, `4096`. Raises ValueError for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kKMGT]?B?)", str(value))
    if not match or match[2] not in _UNITS:
        raise ValueError("must be a size such as 256MB or 2GB")
    size = int(float(match[1]) * _UNITS[match[2]])
    if size < 1:
        raise ValueError("must be a size of at least one byte")
    return size


Size = Annotated[int, BeforeValidator(parse_size)]


BUNDLED = "bundled"
"""Stands for filters/urls in `url_lists`."""


class Section(BaseModel):
    """A part of a recipe: no unknown keys, no changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Section):
    """Where raw data comes from, and the record that proves it."""

    id: Slug = Field(description="short name; `--input ID=PATH` gives it files")
    format: Literal["warc", "jsonl", "parquet"] = Field(description="warc covers WET and .gz/.zst files")
    paths: tuple[str, ...] = Field(
        (), description="files, globs or URLs; relative ones start at the recipe's folder; `--input` replaces them"
    )
    fields: dict[str, str | tuple[str, ...]] = Field(
        default_factory=dict,
        description="jsonl, parquet: our column -> their field (dots go down; a list: the first there)",
    )
    crawl: str = Field("", description="the crawl's name, for example CC-MAIN-2025-43")
    origin: Literal["open-dataset", "self-collected", "commercial", "user", "synthetic"] = Field(
        description="how the data was obtained (GB/T 45654 5.1, EU template 2.1-2.6)"
    )
    licence: str = Field("", description="SPDX expression of the source as a whole; empty: unknown")
    record: str = Field(description="the evidence: a URL, contract number or collection log")


class Extract(Section):
    """How text is taken out of HTML."""

    engine: Literal["openclaw", "resiliparse", "trafilatura"] = Field(
        "openclaw", description="the extraction engine; trafilatura needs the extra of that name"
    )
    max_page_bytes: Size = Field(10_000_000, description="larger bodies are dropped as ingest.oversize")
    timeout: float = Field(5.0, gt=0, le=600, description="seconds a page may take; then it is an error")


class Language(Section):
    """How the language is identified."""

    model: str = Field("lid.176", description="lid.176 (bundled) or the path of a fastText model, GlotLID's too")


class MinHash(Section):
    """Near duplicates by MinHash over folded shingles."""

    threshold: float = Field(0.8, gt=0, lt=1, description="Jaccard similarity from which two documents are one")


class Lines(Section):
    """Boilerplate lines: the same in many documents of one host."""

    max_documents: int = Field(
        10, ge=1, description="a line in more documents of a registered domain than this is boilerplate"
    )
    max_fraction: float = Field(
        1.0, ge=0, le=1, description="a document with a larger share of characters in such lines is dropped"
    )
    remove: bool = Field(default=False, description="cut such lines out of the published text")


class Dedup(Section):
    """Which duplicates are found and who stays."""

    exact: bool = Field(default=True, description="same text after folding width, case, script and punctuation")
    url: bool = Field(default=False, description="same canonical URL: one version stays and is compared further")
    minhash: MinHash | None = Field(default_factory=MinHash, description="near duplicates; null switches them off")
    lines: Lines | None = Field(None, description="boilerplate lines of a host; null switches them off")
    keep: Literal["earliest", "earliest_fetch", "latest_fetch", "longest", "best_quality", "preferred_source"] = Field(
        "earliest", description="who stays; ties go to the lowest input position"
    )
    prefer: tuple[Slug, ...] = Field((), description="preferred_source: source ids, best first")
    against: tuple[str, ...] = Field(
        (), description="datasets or indexes whose documents are dropped as dedup.known; relative to the recipe"
    )
    memory: Size = Field(2_000_000_000, description="what all processes of a local run may take for it")

    @model_validator(mode="after")
    def _sources_are_named(self) -> Self:
        if (self.keep == "preferred_source") != bool(self.prefer):
            raise ValueError("keep: preferred_source and prefer: [source ids] go together")
        return self


class Decontaminate(Section):
    """Benchmark items that must not be in the dataset."""

    indexes: tuple[str, ...] = Field(
        min_length=1, description="files of `openclaw-data benchmark-index`; relative to the recipe's folder"
    )
    policy: Literal["drop", "cut"] = Field("drop", description="drop the document, or cut the item out of it")
    margin: int = Field(200, ge=0, le=100_000, description="cut: characters that go with the item on both sides")
    coverage: float = Field(
        0.5, ge=0, le=1, description="how much of an item must be found; at least one gram, or a shorter item whole"
    )


class Errors(Section):
    """When a run with too many unreadable records ends."""

    max_fraction: float = Field(0.01, ge=0, lt=1, description="errors a record that is read; with more the run fails")


class Rights(Section):
    """What is known of rights beside what the pages say."""

    optout: tuple[str, ...] = Field(
        (), description="lists of domains whose owners opted out, one domain a line; relative to the recipe's folder"
    )
    robots: tuple[str, ...] = Field(
        (), description="indexes of `openclaw-data robots-index`; relative to the recipe's folder"
    )


class Publication(Section):
    """Who publishes the dataset, and how; only described, never judged."""

    licence: str = Field("", description="SPDX expression for the dataset as published; empty: that of its sources")
    creator: str = Field("", description="who publishes it")
    url: str = Field("", description="its page")
    name_zh: str = Field("", description="its name in Chinese")
    description_zh: str = Field("", description="one paragraph for people, in Chinese")


class Model(Section):
    """A model file that takes the place of a bundled one."""

    path: str = Field(
        description="a file of `openclaw-data train` or a fastText model; relative to the recipe's folder"
    )
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(description="the digest it must have")
    label: str = Field("", description="of a fastText model: the label whose probability is the score")


class WordList(Section):
    """A word list of the user's own."""

    path: str = Field(description="a TSV file as in filters/lexicons; relative to the recipe's folder")
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(description="the digest it must have")


class Tokenized(Section):
    """The tokenizer that belongs to a model."""

    tokenizer: str = Field("", description="its file; relative to the recipe's folder")
    tokenizer_sha256: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = Field(
        "", description="the digest it must have"
    )

    @model_validator(mode="after")
    def _tokenizer_has_a_digest(self) -> Self:
        if bool(self.tokenizer) != bool(self.tokenizer_sha256):
            raise ValueError("tokenizer and tokenizer_sha256 go together")
        return self


class Quality(Model, Tokenized):
    """A model of quality; one with a tokenizer (tokenizer.json) is a transformer for ONNX Runtime."""

    provider: str = Field("CPUExecutionProvider", description="ONNX Runtime's execution provider: CPU, CUDA, CANN ...")
    output: Literal["linear", "sigmoid", "softmax"] = Field("linear", description="how an output becomes 0-1")
    range: tuple[float, float] = Field((0.0, 5.0), description="linear: the outputs that become 0 and 1")
    column: int = Field(-1, description="which of its outputs counts; -1: the last")
    max_tokens: int = Field(512, ge=2, le=8192, description="tokens it sees of a text")
    batch: int = Field(32, ge=1, le=4096, description="texts at a time")

    @model_validator(mode="after")
    def _range_rises(self) -> Self:
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range is {list(self.range)} and must rise")
        return self


class Perplexity(Tokenized):
    """A KenLM model."""

    path: str = Field(description="ARPA or KenLM's binary; relative to the recipe's folder")
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(description="the digest it must have")
    tokens: Literal["words", "characters", "spaces", "sentencepiece"] = Field(
        "words", description="how the model's corpus was cut; sentencepiece needs its tokenizer"
    )

    @model_validator(mode="after")
    def _pieces_have_a_model(self) -> Self:
        if (self.tokens == "sentencepiece") != bool(self.tokenizer):
            raise ValueError("tokens: sentencepiece and tokenizer go together")
        return self


class Models(Section):
    """Which models read which language, in place of those in filters/models/ and beside them."""

    toxicity: dict[str, Model] = Field(default_factory=dict, description="language -> model")
    quality: dict[str, Quality] = Field(default_factory=dict, description="language -> model")
    perplexity: dict[str, Perplexity] = Field(default_factory=dict, description="language -> model")


class Output(Section):
    """The shape of the published dataset."""

    shard_bytes: Size = Field(256_000_000, description="text bytes a shard is closed at")


Keep = Literal[
    "hotline", "business", "role_email", "email", "phone", "id_card", "ssn", "passport", "uscc", "ip", "bank_card",
    "credit_card", "iban", "qq", "wechat", "plate",
]  # fmt: skip


class Pii(Section):
    """How the edit `pii` masks personal data."""

    mask: Literal["type", "pseudonym"] = Field(
        "type", description="`<EMAIL>`, or `<EMAIL_1>` with one number a value and document"
    )
    keep: tuple[Keep, ...] = Field(("hotline",), description="what stays: kinds of values and policies")


class Recipe(Section):
    """A whole recipe, as written."""

    name: Slug = Field(description="the dataset's name")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$", description="semantic version of the dataset")
    description: str = Field("", description="one paragraph for people")
    sources: tuple[Source, ...] = Field(min_length=1, description="where the raw data comes from")
    languages: tuple[str, ...] = Field(("zh", "en"), min_length=1, description="languages that are kept")
    extract: Extract = Field(default_factory=Extract, description="how text is taken out of HTML")
    language: Language = Field(default_factory=Language, description="how the language is identified")
    edits: tuple[str, ...] = Field(("normalise",), description="edits in order; see `filters/README.md`")
    url_lists: tuple[str, ...] = Field(
        (), description="folders of block lists in UT1 form (`CATEGORY/domains`); `bundled` is filters/urls"
    )
    lexicons: tuple[WordList, ...] = Field((), description="word lists of your own; they make the signals `own_…`")
    pii: Pii = Field(default_factory=Pii, description="how the edit `pii` masks personal data")
    filters: tuple[str, ...] = Field((), description="rule packs in order: names in filters/ or paths")
    dedup: Dedup | None = Field(default_factory=Dedup, description="duplicates; null switches all of it off")
    decontaminate: Decontaminate | None = Field(None, description="benchmark items to keep out; null: none")
    models: Models = Field(default_factory=Models, description="classifiers in place of the bundled ones")
    errors: Errors | None = Field(None, description="how many records may be errors; null: any number")
    rights: Rights = Field(default_factory=Rights, description="opt-out lists and robots.txt")
    publication: Publication = Field(default_factory=Publication, description="who publishes it, and how")
    output: Output = Field(default_factory=Output, description="the shape of the published dataset")

    @model_validator(mode="after")
    def _source_ids_differ(self) -> Self:
        ids = [s.id for s in self.sources]
        if twice := {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"the source id {min(twice)!r} is used twice")
        if unknown := set(self.dedup.prefer if self.dedup else ()) - set(ids):
            raise ValueError(f"dedup.prefer names {min(unknown)!r}, which is no source")
        return self


def section_in(annotation: Any) -> Any:
    """The Section inside `tuple[S, ...]`, `S | None` or `S`."""
    if is_section(annotation):
        return annotation
    if typing.get_origin(annotation) in (tuple, types.UnionType, typing.Union):
        return next((a for a in map(section_in, typing.get_args(annotation)) if a is not None), None)
    return None


def is_section(value: Any) -> bool:
    """Whether a value is a class of sections."""
    return isinstance(value, type) and issubclass(value, Section)
