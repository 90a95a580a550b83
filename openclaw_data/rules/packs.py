"""Packs as they stand in YAML files: rules, excuses and their examples, read and checked."""

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from openclaw_data import share, yaml_strict
from openclaw_data.errors import DataError
from openclaw_data.rules import predicates
from openclaw_data.rules.predicates import COLUMNS
from openclaw_data.rules.reading import File, check_keys, hint, items, text

PACK_KEYS = ("name", "version", "description", "source", "languages", "signals", "datatrove", "rules", "excuses")
RULE_KEYS = ("name", "keep", "source", "keeps", "drops")
DOCUMENT = "document"
EXCUSE_KEYS = ("name", "when", "rules", "source", "excuses", "judges")
EXAMPLE_KEYS = ("text", "repeat", "times", "columns")
MEASURED = "link_text"
"""A column that only signals look at; examples of rules about links give it."""
DEFAULT = "default"
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")


class Example(NamedTuple):
    """A text with the verdict it must get from its rule; `columns`: values that no text has, as `truncated`."""

    text: str
    columns: dict[str, Any]


class Rule(NamedTuple):
    """One rule. `keep`: language key or `default` -> SQL predicate, true for what is kept.

    `whole`: it judges the whole document, where that is in two languages too (`of: document`).
    """

    name: str
    keep: dict[str, str]
    source: str
    keeps: tuple[Example, ...]
    drops: tuple[Example, ...]
    whole: bool = False


class Excuse(NamedTuple):
    """When rules do not judge. `rules`: patterns of `pack.rule`, such as `gopher-repetition.*`."""

    name: str
    when: str
    rules: tuple[str, ...]
    source: str
    excuses: tuple[Example, ...]
    judges: tuple[Example, ...]


class Pack(NamedTuple):
    """A pack as read from `path`; `digest` is the sha256 of the file's bytes. No `languages` means all."""

    name: str
    version: str
    description: str
    source: str
    languages: tuple[str, ...]
    rules: tuple[Rule, ...]
    path: str
    digest: str
    excuses: tuple[Excuse, ...] = ()


def available(folder: Path | None = None) -> list[str]:
    """The names of the packs in `folder` (default: filters/)."""
    return sorted(p.stem for p in (folder or share.folder("filters")).glob("*.yaml"))


def load(names: Iterable[str], folder: Path | None = None) -> list[Pack]:
    """Read packs by name (in `folder`, default filters/) or by the path of a YAML file.

    Raises:
        DataError: no such pack, a pack named twice, or one that breaks a rule of the format.
    """
    packs = [read(_find(name, folder)) for name in names]
    for i, pack in enumerate(packs):
        if pack.name in {p.name for p in packs[:i]}:
            raise DataError(pack.path, f"a pack named {pack.name!r} is loaded already.", "Name each pack once.")
    return packs


def read(path: Path) -> Pack:
    """Read and check one pack: keys, names, predicates, signals, examples. Once a process, while it stays as it is."""
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        digest = ""  # what is wrong is said below
    return _read(path, digest)


@functools.lru_cache(maxsize=128)
def _read(path: Path, digest: str) -> Pack:
    data, positions = yaml_strict.load(path)
    file = File(str(path), positions)
    check_keys(file, data, (), PACK_KEYS, ("name", "version", "source"))
    if "rules" not in data and "excuses" not in data:
        raise file.error((), "the key 'rules' is missing.", "Add it; filters/README.md says what it means.")
    strings = {key: text(file, data, (), key) for key in ("name", "version", "description", "source")}
    if not _NAME.fullmatch(strings["name"]):
        raise file.error(("name",), f"the name {strings['name']!r} is not lower-case letters, digits, - and _.")
    if path.stem != strings["name"]:
        raise file.error(("name",), f"the pack is named {strings['name']!r}.", f"Name the file {strings['name']}.yaml.")
    languages = items(file, data, (), "languages")
    for i, language in enumerate(languages):
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise file.error(("languages", i), f"{language!r} is not a language.", "Write zh, en or zh-Hant.")
    _bring(file, data)
    rules = tuple(_rule(file, rule, ("rules", i)) for i, rule in enumerate(items(file, data, (), "rules")))
    for i, rule in enumerate(rules):
        if rule.name in {r.name for r in rules[:i]}:
            raise file.error(("rules", i, "name"), f"the rule {rule.name!r} is there already.", "Rename one.")
    excuses = tuple(_excuse(file, x, ("excuses", i)) for i, x in enumerate(items(file, data, (), "excuses")))
    return Pack(**strings, languages=tuple(languages), rules=rules, path=str(path), digest=digest, excuses=excuses)


def _find(name: str, folder: Path | None) -> Path:
    if name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name)
        if not path.is_file():
            raise DataError(name, "there is no such file.", f"Name a path or one of: {', '.join(available(folder))}.")
        return path
    known = available(folder)
    if name not in known:
        raise DataError(f"pack {name!r}", "there is no such rule pack.", hint(name, known))
    return (folder or share.folder("filters")) / f"{name}.yaml"


def _bring(file: File, data: dict[str, Any]) -> None:
    """Make the columns that a pack brings along: functions of its own, and filters of datatrove."""
    from openclaw_data import signals

    for i, name in enumerate(items(file, data, (), "signals")):
        try:
            signals.add(str(name))
        except DataError as error:
            raise file.error(("signals", i), str(error)) from None
    filters = data.get("datatrove", {})
    if not isinstance(filters, dict):
        raise file.error(("datatrove",), "this must be a mapping of columns to filters.")
    for column, asked in filters.items():
        place = ("datatrove", column)
        check_keys(file, asked, place, ("filter", "arguments"), ("filter",))
        if not _COLUMN.fullmatch(str(column)) or column in signals.SIGNALS:
            raise file.error(place, f"{column!r} cannot be the name of a column.", "Name it like dt_gopher.")
        from openclaw_data.signals import datatrove

        try:
            signals.ADDED[column] = datatrove.signal(column, asked["filter"], asked.get("arguments", {}))
        except DataError as error:
            raise file.error(place, str(error)) from None


def _rule(file: File, data: Any, where: yaml_strict.Place) -> Rule:
    check_keys(file, data, where, (*RULE_KEYS, "of"), RULE_KEYS)
    if data.get("of", DOCUMENT) != DOCUMENT:
        raise file.error((*where, "of"), f"a rule is not of {data['of']!r}.", "Write document, or leave it out.")
    name, source = text(file, data, where, "name"), text(file, data, where, "source")
    if not _NAME.fullmatch(name):
        raise file.error((*where, "name"), f"the name {name!r} is not lower-case letters, digits, - and _.")
    keep = data["keep"] if isinstance(data["keep"], dict) else {DEFAULT: data["keep"]}
    for key in keep:
        if key != DEFAULT and not _LANGUAGE.fullmatch(key):
            raise file.error((*where, "keep", key), f"{key!r} is not a language.", "Write zh, en, zh-Hant or default.")
    for key, predicate in keep.items():
        place = (*where, "keep", key) if isinstance(data["keep"], dict) else (*where, "keep")
        predicates.check(file, name, predicate, place)
    examples = {
        key: tuple(_example(file, e, (*where, key, i)) for i, e in enumerate(items(file, data, where, key)))
        for key in ("keeps", "drops")
    }
    return Rule(name, keep, source, examples["keeps"], examples["drops"], "of" in data)


def _excuse(file: File, data: Any, where: yaml_strict.Place) -> Excuse:
    check_keys(file, data, where, EXCUSE_KEYS, EXCUSE_KEYS)
    name, source = text(file, data, where, "name"), text(file, data, where, "source")
    patterns = items(file, data, where, "rules")
    for i, pattern in enumerate(patterns):
        if not isinstance(pattern, str) or "." not in pattern:
            raise file.error((*where, "rules", i), f"{pattern!r} names no rule.", "Write pack.rule or pack.*.")
    predicates.check(file, name, data["when"], (*where, "when"))
    examples = {
        key: tuple(_example(file, e, (*where, key, i)) for i, e in enumerate(items(file, data, where, key)))
        for key in ("excuses", "judges")
    }
    return Excuse(name, data["when"], tuple(patterns), source, **examples)


def _example(file: File, data: Any, where: yaml_strict.Place) -> Example:
    if isinstance(data, str):
        return Example(data, {})
    check_keys(file, data, where, EXAMPLE_KEYS, ())
    from openclaw_data import signals

    columns = data.get("columns", {})
    check_keys(file, columns, (*where, "columns"), (*COLUMNS, MEASURED, *signals.OPTIONAL), ())
    repeat, times = data.get("repeat", ""), data.get("times", 1)
    if not isinstance(repeat, str) or not isinstance(data.get("text", ""), str):
        raise file.error(where, "text and repeat must be texts.", "Put them in quotes.")
    if not isinstance(times, int) or not 0 < times <= 100_000:
        raise file.error(where, f"times is {times!r}.", "Give a number from 1 to 100000.")
    return Example(data.get("text", "") + repeat * times, columns)


def examples(packs: Iterable[Pack]) -> Iterator[tuple[Pack, Rule, Example, bool]]:
    """Every example of every rule, with True where the rule must keep it."""
    for pack in packs:
        for rule in pack.rules:
            yield from ((pack, rule, example, True) for example in rule.keeps)
            yield from ((pack, rule, example, False) for example in rule.drops)
