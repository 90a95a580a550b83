"""What all of a pack's YAML is read with: keys, texts and lists, and errors that name file, line and remedy."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from openclaw_data import yaml_strict
from openclaw_data.errors import DataError


class File(NamedTuple):
    """A file and where its values stand."""

    path: str
    positions: yaml_strict.Positions

    def error(self, where: yaml_strict.Place, fact: str, remedy: str = "") -> DataError:
        """An error at a place of the file."""
        return DataError(f"{self.path}, line {yaml_strict.line_of(self.positions, where)}", fact, remedy)


def hint(name: str, known: Iterable[str]) -> str:
    """What to offer for an unknown name: the nearest known one, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."


def check_keys(file: File, data: Any, where: yaml_strict.Place, known: Sequence[str], required: Sequence[str]) -> None:
    """Refuse what is no mapping, unknown keys, and missing ones."""
    if not isinstance(data, dict):
        raise file.error(where, "this must be a mapping of keys to values.", f"Its keys are: {', '.join(known)}.")
    for key in data:
        if key not in known:
            raise file.error((*where, key), f"unknown key {key!r}.", hint(key, known))
    for key in required:
        if key not in data:
            raise file.error(where, f"the key {key!r} is missing.", "Add it; filters/README.md says what it means.")


def text(file: File, data: dict[str, Any], where: yaml_strict.Place, key: str) -> str:
    """The text of a key, "" where it is missing."""
    value = data.get(key, "")
    if not isinstance(value, str) or (key in data and not value.strip()):
        raise file.error((*where, key), f"{key} must be a text that is not empty.", "Put it in quotes.")
    return value


def items(file: File, data: dict[str, Any], where: yaml_strict.Place, key: str) -> list[Any]:
    """The list of a key, [] where it is missing."""
    value = data.get(key, [])
    if not isinstance(value, list) or (key in data and not value):
        raise file.error((*where, key), f"{key} must be a list that is not empty.", "To switch it off, remove it.")
    return value
