"""What there is in a registry, a row a dataset: for the list and for the site."""

from pathlib import Path
from typing import NamedTuple

from openclaw_data.errors import DataError
from openclaw_data.registry import life, state, tree
from openclaw_data.registry.life import Story
from openclaw_data.registry.state import Registry


class Row(NamedTuple):
    """A dataset by its current release, or by its newest where none is accepted."""

    id: str
    state: str
    version: str
    documents: int
    words: int
    size_bytes: int
    languages: tuple[str, ...]
    licence: str


def read(root: Path) -> Registry:
    """The registry in a folder.

    Raises:
        DataError: a file of it does not fit; `registry check` says all that is wrong.
    """
    registry, found = state.load(tree.folder(root))
    if found:
        first = found[0]
        raise DataError(
            f"{root}/{first.file} {first.place}".strip(), first.fact[0], "Run: openclaw-data registry check"
        )
    return registry


def shown(told: Story) -> str:
    """The version that stands for a dataset: the current one, else the newest; empty where there is none."""
    return told.current or next(reversed(told.releases), "")


def rows(registry: Registry) -> list[Row]:
    """A row for every dataset, by id."""
    found = []
    for dataset in registry.datasets.values():
        told = life.story(dataset, registry.notices)
        version = shown(told)
        release = dataset.releases.get(version)
        if release is None:
            found.append(Row(dataset.id, told.state, "", 0, 0, 0, (), ""))
            continue
        contents = release.contents
        numbers = (contents.documents, contents.tokens, release.size_bytes)
        found.append(Row(dataset.id, told.state, version, *numbers, release.languages, release.licence))
    return found
