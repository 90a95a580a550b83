"""Recipes: the YAML that says what a dataset is made of and how (see pipelines/README.md for every key).

A recipe is read strictly: an unknown or duplicate key is an error that names the file, the line, the key and the
nearest valid one. `resolve` binds it to the digests of all it depends on (packs, models) and hashes the whole; that
hash, `Resolved.digest`, stands in the manifest and decides whether a work folder may be resumed.
"""

import hashlib
import json
import re
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from openclaw_data import rules, share, storage, yaml_strict
from openclaw_data.errors import DataError, hint
from openclaw_data.ingest import blocklists
from openclaw_data.rights import optout

if TYPE_CHECKING:
    from openclaw_data.models.files import Choice
    from openclaw_data.signals import classifiers

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


class Resolved(NamedTuple):
    """A recipe bound to all it depends on."""

    recipe: Recipe
    packs: tuple[rules.Pack, ...]
    models: dict[str, str]
    benchmarks: dict[str, str]
    classifiers: "classifiers.Models"
    indexes: dict[str, str]
    optouts: optout.Lists
    digest: str

    def to_json(self) -> str:
        """What a worker needs to rebuild it: the recipe and where the packs are."""
        return self.recipe.model_dump_json()


def load(name: str) -> Recipe:
    """Read a recipe by its name in pipelines/ or by the path of a YAML file.

    Raises:
        DataError: no such recipe, or one that breaks a rule; names file, line, key, remedy.
    """
    data, positions = yaml_strict.load(_find(name))
    path = name if "://" in name else str(_find(name))
    try:
        found = Recipe.model_validate(data)
    except ValidationError as error:
        raise _explain(path, error, positions) from None
    sources = [s.model_copy(update={"paths": tuple(_beside(path, p) for p in s.paths)}) for s in found.sources]
    lists = {key: tuple(_beside(path, p) for p in paths) for key, paths in found.rights}
    bound: dict[str, Any] = {"sources": tuple(sources), "rights": Rights(**lists)}
    bound["lexicons"] = tuple(w.model_copy(update={"path": _beside(path, w.path)}) for w in found.lexicons)
    bound["url_lists"] = tuple(p if p == BUNDLED else _beside(path, p) for p in found.url_lists)
    if found.decontaminate is not None:
        indexes = tuple(_beside(path, p) for p in found.decontaminate.indexes)
        bound["decontaminate"] = found.decontaminate.model_copy(update={"indexes": indexes})
    if found.dedup is not None:
        against = tuple(_beside(path, p) for p in found.dedup.against)
        bound["dedup"] = found.dedup.model_copy(update={"against": against})
    return found.model_copy(update={**bound, "models": _models_beside(path, found.models)})


def _models_beside(recipe: str, models: Models) -> Models:
    def bound(model: Section) -> Section:
        given = {key: getattr(model, key, "") for key in ("path", "tokenizer")}
        return model.model_copy(update={key: _beside(recipe, path) for key, path in given.items() if path})

    return Models(**{task: {k: bound(m) for k, m in languages.items()} for task, languages in models})


def _beside(recipe: str, path: str) -> str:
    """A relative path in a recipe starts at the recipe's own folder."""
    if "://" in path or Path(path).is_absolute():
        return path
    return str(Path(recipe).parent / path) if storage.is_local(recipe) else f"{recipe.rpartition('/')[0]}/{path}"


def with_inputs(recipe: Recipe, inputs: dict[str, list[str]]) -> Recipe:
    """The recipe with the paths of its sources replaced; sources that end up without paths are left out.

    Raises:
        DataError: an unknown source id, or no paths at all.
    """
    ids = [s.id for s in recipe.sources]
    for key in inputs:
        if key not in ids:
            raise DataError(f"--input {key}=...", f"recipe {recipe.name!r} has no source {key!r}.", hint(key, ids))
    sources = [s.model_copy(update={"paths": tuple(inputs[s.id])}) if s.id in inputs else s for s in recipe.sources]
    if inputs:
        sources = [s for s in sources if s.id in inputs]
    sources = [s for s in sources if s.paths]
    if not sources:
        raise DataError(
            f"recipe {recipe.name}",
            "no source has any paths.",
            f"Give some: --input {ids[0]}=PATH (ids: {', '.join(ids)}).",
        )
    return recipe.model_copy(update={"sources": tuple(sources)})


def resolve(recipe: Recipe) -> Resolved:
    """Load the packs, check that every rule can be measured, find the models, hash it all.

    Raises:
        DataError: an unknown pack, rule column, edit or model.
    """
    packs = tuple(rules.load([storage.fetched(name) for name in recipe.filters]))
    chosen = _classifiers(recipe)
    _refuse_unmeasured(recipe, packs)
    models = _model_digests(recipe, chosen)
    benchmarks = _benchmark_digests(recipe)
    indexes = _index_digests(recipe)
    optouts = optout.load(recipe.rights.optout, recipe.rights.robots)
    content = {
        "recipe": portable(recipe),
        "packs": {p.name: p.digest for p in packs},
        "models": models,
        "words": _word_digests(),
        "benchmarks": benchmarks,
        "indexes": indexes,
        "optouts": optouts.digests,
        "url_lists": blocklists.load(url_folders(recipe)).digest,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return Resolved(recipe, packs, models, benchmarks, chosen, indexes, optouts, digest)


def portable(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON without the paths of one machine: of lists and indexes, file names."""
    body = recipe.model_dump(mode="json")
    for source in body["sources"]:
        source.pop("paths")
    if body["dedup"]:
        body["dedup"].pop("memory")  # the result does not depend on it
        body["dedup"]["against"] = [path.rstrip("/").rsplit("/", 1)[-1] for path in body["dedup"]["against"]]
    if body["decontaminate"] is not None:
        body["decontaminate"]["indexes"] = [path.rsplit("/", 1)[-1] for path in body["decontaminate"]["indexes"]]
    for languages in body["models"].values():
        for model in languages.values():
            model |= {key: model[key].rsplit("/", 1)[-1] for key in ("path", "tokenizer") if key in model}
    if not body["models"]["perplexity"]:
        body["models"].pop("perplexity")  # a recipe that does not ask for it is what it was
    body["rights"] = {key: [path.rsplit("/", 1)[-1] for path in paths] for key, paths in body["rights"].items()}
    if not body["rights"]["robots"]:
        body["rights"].pop("robots")  # a recipe that does not ask for it is what it was
    for words in body["lexicons"]:
        words["path"] = words["path"].rsplit("/", 1)[-1]
    if not body["lexicons"]:
        body.pop("lexicons")  # as above
    body["url_lists"] = [path.rsplit("/", 1)[-1] for path in body["url_lists"]]
    return body


def url_folders(recipe: Recipe) -> tuple[str, ...]:
    """The folders of a recipe's block lists."""
    bundled = str(share.folder("filters") / "urls")
    return tuple(bundled if p == BUNDLED else storage.fetched(p) for p in recipe.url_lists)


def _classifiers(recipe: Recipe) -> "classifiers.Models":
    from openclaw_data.signals import classifiers

    found = {task: {k: _choice(m) for k, m in languages.items()} for task, languages in recipe.models}
    lists: dict[str, Choice] = {}
    for given in recipe.lexicons:
        name = given.path.rsplit("/", 1)[-1]
        if name in lists:
            raise DataError(given.path, f"a word list named {name!r} is listed already.", "Rename one.")
        lists[name] = _choice(given)
    return classifiers.merged({**found, "lexicons": lists})


def _choice(model: Section) -> "Choice":
    """A model of a recipe, its files fetched where they are not here."""
    from openclaw_data.models.files import Choice

    given = model.model_dump()
    return Choice(**given | {key: storage.fetched(given[key]) for key in ("path", "tokenizer") if given.get(key)})


def _refuse_unmeasured(recipe: Recipe, packs: tuple[rules.Pack, ...]) -> None:
    """Raises DataError where a rule asks for what only a model or a word list in the recipe measures."""
    from openclaw_data.signals import lexicons

    own = sorted(rules.needed(packs) & set(lexicons.Own._fields))
    if own and not recipe.lexicons:
        fact = f"a rule asks for {own[0]!r}, and no word list is given."
        remedy = "Give one: lexicons: [{path: ..., sha256: ...}], or leave the pack out."
        raise DataError(f"recipe {recipe.name}", fact, remedy)
    asking = rules.languages_asking(packs, "perplexity", recipe.languages)
    if missing := sorted(asking - set(recipe.models.perplexity)):
        language = missing[0]
        raise DataError(
            f"recipe {recipe.name}",
            f"a rule asks for the perplexity of documents in {language!r}, and no model measures it.",
            f"Give one: models: {{perplexity: {{{language}: {{path: ..., sha256: ...}}}}}}, or leave the pack out.",
        )


def _model_digests(recipe: Recipe, chosen: "classifiers.Models") -> dict[str, str]:
    from openclaw_data.extraction import model
    from openclaw_data.signals import classifiers, language, lexicons

    found = {recipe.language.model: language.model_digest(recipe.language.model)}
    found |= lexicons.bundled_digests()
    if recipe.extract.engine == "openclaw":
        found["extraction"] = hashlib.sha256(model.PATH.read_bytes()).hexdigest()
    return {**found, **classifiers.digests(chosen)}


def _word_digests() -> dict[str, str]:
    """The sha256 of each word list that signals and edits read: a changed list is another recipe."""
    root = share.folder("filters")
    files = sorted(f for name in ("words", "lexicons") for f in (root / name).iterdir() if f.is_file())
    return {f"{f.parent.name}/{f.name}": hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _benchmark_digests(recipe: Recipe) -> dict[str, str]:
    """The sha256 of each benchmark index, by file name."""
    digests: dict[str, str] = {}
    for path in recipe.decontaminate.indexes if recipe.decontaminate else ():
        if not storage.exists(path):
            raise DataError(path, "there is no such index.", "Make one: openclaw-data benchmark-index FILES.")
        name = path.rsplit("/", 1)[-1]
        if name in digests:
            raise DataError(path, f"an index named {name!r} is listed already.", "Rename one.")
        digests[name] = storage.sha256(path)
    return digests


def _index_digests(recipe: Recipe) -> dict[str, str]:
    """The digest of each index that the run is compared against, by folder name."""
    digests: dict[str, str] = {}
    for path in recipe.dedup.against if recipe.dedup else ():
        from openclaw_data.dedup import index

        name = path.rstrip("/").rsplit("/", 1)[-1]
        if name in digests:
            raise DataError(path, f"an index named {name!r} is listed already.", "Rename one.")
        digests[name] = index.open_index(path).digest
    return digests


def _find(name: str) -> Path:
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(storage.fetched(name))
        if not path.is_file():
            raise DataError(
                name, "there is no such recipe file.", "Name a recipe of `openclaw-data recipes` or a path."
            )
        return path
    known = available()
    if name not in known:
        raise DataError(f"recipe {name!r}", "there is no such recipe.", hint(name, known))
    return share.folder("pipelines") / f"{name}.yaml"


def available() -> list[str]:
    """The names of the recipes that come with the project."""
    return sorted(p.stem for p in share.folder("pipelines").glob("*.yaml"))


def _explain(path: str, error: ValidationError, positions: Any) -> DataError:
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    where = tuple(p for p in first["loc"] if isinstance(p, int | str))
    line = yaml_strict.line_of(positions, where)
    key = ".".join(str(p) for p in where)
    place = f"{path}, line {line}"
    if first["type"] == "extra_forbidden":
        return DataError(place, f"unknown key {key!r}.", hint(str(where[-1]), _keys_at(where[:-1])))
    if first["type"] == "missing":
        return DataError(place, f"the key {key!r} is missing.", "Add it; pipelines/README.md says what it means.")
    return DataError(place, f"{key or 'the recipe'}: {first['msg'].removeprefix('Value error, ')}.")


def _keys_at(where: tuple[int | str, ...]) -> list[str]:
    """The valid keys of the section that `where` leads to."""
    model: Any = Recipe
    for part in where:
        if isinstance(part, int) or not _is_section(model):
            continue
        model = _section_in(model.model_fields[part].annotation)
    return list(model.model_fields) if _is_section(model) else []


def _section_in(annotation: Any) -> Any:
    """The Section inside `tuple[S, ...]`, `S | None` or `S`."""
    if _is_section(annotation):
        return annotation
    if typing.get_origin(annotation) in (tuple, types.UnionType, typing.Union):
        return next((a for a in map(_section_in, typing.get_args(annotation)) if a is not None), None)
    return None


def _is_section(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Section)
