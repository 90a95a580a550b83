"""From a recipe's name or file to a `Recipe`: paths bound to its folder, and errors that name line, key and remedy."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from openclaw_data import share, storage, yaml_strict
from openclaw_data.errors import DataError, hint
from openclaw_data.recipe.sections import BUNDLED, Models, Recipe, Rights, Section, is_section, section_in


def load(name: str) -> Recipe:
    """Read a recipe by its name in pipelines/ or by the path of a YAML file.

    Raises:
        DataError: no such recipe, or one that breaks a rule; names file, line, key, remedy.
    """
    data, positions = yaml_strict.load(_find(name))
    path = name if "://" in name else str(_find(name))
    if not isinstance(data, dict):
        fact = "this must be a mapping of keys to values."
        raise DataError(f"{path}, line 1", fact, f"Its keys are: {', '.join(Recipe.model_fields)}.")
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
        if isinstance(part, int) or not is_section(model):
            continue
        model = section_in(model.model_fields[part].annotation)
    return list(model.model_fields) if is_section(model) else []
