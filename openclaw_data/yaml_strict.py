"""Strict YAML: recipes and rule packs are read so that a slip of the pen is an error, not another meaning.

Against plain YAML: duplicate keys, anchors, aliases, tags, several documents in a file and files over 1 MB are
refused, keys are strings, and dates stay strings. Every place in the data knows its line.
"""

from pathlib import Path
from typing import Any

import yaml

from openclaw_data.errors import DataError, of_system

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it (ten times as fast), the same loader in Python elsewhere."""
MAX_BYTES = 1_000_000
MAX_DEPTH = 32
Place = tuple[str | int, ...]
Positions = dict[Place, int]
"""Path of keys and list indices -> line number from 1. The line of a mapping's entry is that of its key."""


def load(path: Path) -> tuple[Any, Positions]:
    """Read one YAML file.

    Returns:
        The data (dict, list, str, int, float, bool, None) and the line of each place in it.

    Raises:
        DataError: the file cannot be read or breaks one of the rules above; names file, line and remedy.
    """
    try:
        size = path.stat().st_size
        text = path.read_text("utf-8") if size <= MAX_BYTES else ""
    except OSError as error:
        raise of_system(error) or error from None
    except UnicodeDecodeError as error:
        raise DataError(str(path), f"the file is not UTF-8 text: {error}.", "Save it as UTF-8.") from None
    if size > MAX_BYTES:
        raise DataError(str(path), f"the file has {size} bytes.", f"A YAML file here has at most {MAX_BYTES}.")
    return loads(text, str(path))


def loads(text: str, place: str) -> tuple[Any, Positions]:
    """Like `load`, for text that is there already; `place` names it in errors."""
    positions: Positions = {(): 1}
    try:
        _refuse_aliases(text, place)
        loader = _Loader(text)
        node = loader.get_single_node()
        data = None if node is None else _value(loader, node, (), positions, place)
        loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        fact = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise DataError(f"{place}{line}", f"this is not valid YAML: {fact}.") from None
    except RecursionError:
        raise DataError(place, f"the YAML is nested deeper than {MAX_DEPTH} levels.") from None
    return data, positions


def line_of(positions: Positions, where: Place) -> int:
    """The line of the place `where`, or of the nearest place above it that exists."""
    where = tuple(where)
    while where not in positions:
        where = where[:-1]
    return positions[where]


def _refuse_aliases(text: str, place: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DataError(f"{place}, line {line}", "anchors and aliases are not allowed.", "Write the value out.")
        if getattr(event, "tag", None):
            raise DataError(
                f"{place}, line {line}", f"the tag {getattr(event, 'tag', None)!r} is not allowed.", "Remove it."
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise DataError(f"{place}, line {line}", f"the YAML is nested deeper than {MAX_DEPTH} levels.")


def _value(loader: Any, node: yaml.Node, where: Place, positions: Positions, place: str) -> Any:
    positions.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, (*where, i), positions, place) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, where, positions, place)
    if node.tag == "tag:yaml.org,2002:timestamp":
        return node.value
    return loader.construct_object(node)


def _mapping(loader: Any, node: yaml.MappingNode, where: Place, positions: Positions, place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise DataError(f"{place}, line {line}", "a key is not a plain string.", "Quote it.")
        key = key_node.value
        if key in found:
            first = positions[(*where, key)]
            raise DataError(f"{place}, line {line}", f"the key {key!r} is there already, in line {first}.", "Keep one.")
        positions[(*where, key)] = line
        found[key] = _value(loader, value_node, (*where, key), positions, place)
    return found
