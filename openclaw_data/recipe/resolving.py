"""From a `Recipe` to a `Resolved` one: bound to packs, models, lists and indexes, with one digest over them all."""

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from openclaw_data import rules, share, storage
from openclaw_data.errors import DataError
from openclaw_data.ingest import blocklists
from openclaw_data.recipe.sections import BUNDLED, Recipe, Section
from openclaw_data.rights import optout

if TYPE_CHECKING:
    from openclaw_data.models.files import Choice
    from openclaw_data.signals import classifiers


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
