"""Read one file of the registry: bounded, strict, and with a finding for whatever is wrong with it."""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from openclaw_data import yaml_strict
from openclaw_data.errors import DataError
from openclaw_data.registry import records
from openclaw_data.registry.findings import Finding, Pair, finding
from openclaw_data.registry.tree import EVIDENCE_BYTES, YAML_BYTES, Tree

MAX_MEMBERS = 100_000
"""Values in a JSON file, as many as 10,000 shards make. What does not fit the schema costs 10 kB and 25 µs a value."""
_MOST = 20
_KINDS: dict[str, Pair] = {
    "missing": ("is missing", "缺失"),
    "extra_forbidden": ("is unknown here", "是未知的键"),
    "string_type": ("must be a string", "须为字符串"),
    "string_pattern_mismatch": ("has another form than it must", "格式不符"),
    "string_too_long": ("is too long", "过长"),
    "string_too_short": ("is empty", "不能为空"),
    "too_short": ("has too few items", "条目过少"),
    "too_long": ("has too many items", "条目过多"),
    "literal_error": ("is none of the values allowed", "不是允许的取值"),
    "int_type": ("must be a whole number", "须为整数"),
    "int_parsing": ("must be a whole number", "须为整数"),
    "float_type": ("must be a number", "须为数字"),
    "model_type": ("must be a mapping", "须为映射"),
    "dict_type": ("must be a mapping", "须为映射"),
    "tuple_type": ("must be a list", "须为列表"),
    "greater_than_equal": ("is too small", "过小"),
    "less_than_equal": ("is too large", "过大"),
}
_M = TypeVar("_M", bound=BaseModel)


class Record(NamedTuple):
    """A record as it was read: None where it does not fit, with the lines of its members."""

    value: Any
    lines: yaml_strict.Positions
    findings: list[Finding]


def yaml_record(tree: Tree, path: str, model: type[_M]) -> Record:
    """Read a YAML file of the registry into its model."""
    try:
        text = tree.read(path, YAML_BYTES).decode("utf-8")
        data, lines = yaml_strict.loads(text, path)
    except DataError as error:
        place = error.place.removeprefix(path).lstrip(", ")
        return Record(None, {(): 1}, [finding("unreadable", path, place, why=error.fact.rstrip("."))])
    except UnicodeDecodeError as error:
        return Record(None, {(): 1}, [finding("unreadable", path, why=f"is not UTF-8 at byte {error.start}")])
    except (ValueError, OverflowError) as error:
        return Record(None, {(): 1}, [finding("unreadable", path, why=error)])
    found = [*_hidden_in_text(path, text)] or [*_hidden_in_values(path, data, lines)]
    marks = dict(_marks(data, ()))
    found += [
        finding("fill_in", path, _place(lines, w), what=t.removeprefix(records.MARK).strip(": "))
        for w, t in marks.items()
    ]
    if found:
        return Record(None, lines, found[:_MOST])
    try:
        return Record(model.model_validate(data), lines, [])
    except ValidationError as error:
        schema = next(n for n, m in records.SCHEMAS.items() if m is model)
        return Record(None, lines, _misfits(path, error, lines, f"manifests/schemas/{schema}.schema.json"))


def json_value(tree: Tree, path: str) -> Any:
    """Read a JSON file of the registry.

    Raises:
        ValueError: it is too large, no JSON, or has a key twice.
    """
    data = tree.read(path, EVIDENCE_BYTES)
    if sum(map(data.count, (b"[", b"{", b","))) > MAX_MEMBERS:
        raise ValueError(f"has more than {MAX_MEMBERS:,} values")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("is nested too deep") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("has a key twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"holds {name}, which is no JSON")


def _misfits(path: str, error: ValidationError, lines: yaml_strict.Positions, schema: str) -> list[Finding]:
    found = []
    for item in error.errors(include_url=False, include_input=False, include_context=False)[:_MOST]:
        where = tuple(p for p in item["loc"] if isinstance(p, int | str))
        name = ".".join(str(p) for p in where)
        en, zh = _KINDS.get(item["type"], (item["msg"].removeprefix("Value error, "),) * 2)
        found.append(finding("schema", path, _place(lines, where), why=(f"{name} {en}", f"{name} {zh}"), schema=schema))
    return found


def line(lines: yaml_strict.Positions, *where: str | int) -> str:
    """Where a member stands, for people."""
    return _place(lines, where)


def _place(lines: yaml_strict.Positions, where: yaml_strict.Place) -> str:
    return f"line {yaml_strict.line_of(lines, where)}"


def hides(char: str) -> bool:
    """Whether a character cannot be seen or turns the text around it: controls, bidi marks, joiners, private use."""
    return unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp") and char not in "\n\t"


def _hidden_in_text(path: str, text: str) -> Iterator[Finding]:
    for number, row in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not row.isprintable() and (bad := next((c for c in row if hides(c)), "")):
            yield finding("hidden", path, f"line {number}", char=f"U+{ord(bad):04X}")


def _hidden_in_values(path: str, data: Any, lines: yaml_strict.Positions) -> Iterator[Finding]:
    for where, text in _texts(data, ()):
        if not text.isprintable() and (bad := next((c for c in text if hides(c)), "")):
            yield finding("hidden", path, _place(lines, where), char=f"U+{ord(bad):04X}")


def _texts(data: Any, where: yaml_strict.Place) -> Iterator[tuple[yaml_strict.Place, str]]:
    """All strings in the data, keys among them."""
    if isinstance(data, str):
        yield where, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield (*where, key), key
            yield from _texts(value, (*where, key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from _texts(value, (*where, i))


def _marks(data: Any, where: yaml_strict.Place) -> Iterator[tuple[yaml_strict.Place, str]]:
    return ((w, t) for w, t in _texts(data, where) if t.startswith(records.MARK))
