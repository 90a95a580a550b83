"""Rule packs: YAML files of named SQL predicates over signals, and the verdict on a batch of documents.

A pack is data (see filters/README.md for how to write one). A rule says what is kept; a document that fails any rule
is dropped, and the verdict lists every rule it failed as `pack.rule`. Where `keep` is a mapping, its keys are
languages (`en`), languages with a script (`zh-Hant`) or `default`: the most exact key that fits the document is
used, and a document whose language has no key is not judged by that rule. `languages` on a pack limits all its rules
in the same way.

A pack may also hold excuses. An excuse says when rules, its own pack's or others', do not judge a document: a page of
program text is not dropped for its marks. It counts only where its pack is loaded.

SQL semantics let a null pass silently and call `NaN >= 0.5` true, so `judge` refuses both.
"""

import difflib
import fnmatch
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from openclaw_data import share, yaml_strict
from openclaw_data.errors import DataError

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

PACK_KEYS = ("name", "version", "description", "source", "languages", "signals", "datatrove", "rules", "excuses")
RULE_KEYS = ("name", "keep", "source", "keeps", "drops")
EXCUSE_KEYS = ("name", "when", "rules", "source", "excuses", "judges")
EXAMPLE_KEYS = ("text", "repeat", "times", "columns")
COLUMNS = {
    "language": "",
    "language_script": "",
    "language_score": 0.0,
    "replacements": 0,
    "edits": 0,
    **dict.fromkeys(("pii_email", "pii_phone", "pii_id", "pii_ip", "pii_card", "pii_other"), 0),
    "truncated": "",
    "url": "",
    "url_category": "",
    "title": "",
    "text": "",
    "source_id": "",
    "crawl": "",
    "fetch_status": 0,
    "content_charset": "",
    "charset_source": "",
    "content_mime_detected": "",
    "licence": "",
    "licence_source": "",
    "rights_status": "",
    "rights_signals": [""],
    "icp": "",
}
"""Columns of a document, beside the signals, that a rule may use, each with an empty value of its type."""
FUNCTIONS = (
    "IN",
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "ABS",
    "ROUND",
    "SQRT",
    "LN",
    "LOG10",
    "LEAST",
    "GREATEST",
    "CHAR_LENGTH",
    "LOWER",
    "STARTS_WITH",
    "ENDS_WITH",
    "REGEXP_LIKE",
    "ARRAY_CONTAINS",
)
"""What may stand before a bracket in a predicate: five words of SQL, and functions of the columns of one row."""
DEFAULT = "default"
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")


class Example(NamedTuple):
    """A text with the verdict it must get from its rule; `columns`: values that no text has, as `truncated`."""

    text: str
    columns: dict[str, Any]


class Rule(NamedTuple):
    """One rule. `keep`: language key or `default` -> SQL predicate, true for what is kept."""

    name: str
    keep: dict[str, str]
    source: str
    keeps: tuple[Example, ...]
    drops: tuple[Example, ...]


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


class _File(NamedTuple):
    path: str
    positions: yaml_strict.Positions

    def error(self, where: yaml_strict.Place, fact: str, remedy: str = "") -> DataError:
        return DataError(f"{self.path}, line {yaml_strict.line_of(self.positions, where)}", fact, remedy)


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
    """Read and check one pack: keys, names, predicates, signals, examples."""
    data, positions = yaml_strict.load(path)
    file = _File(str(path), positions)
    _keys(file, data, (), PACK_KEYS, ("name", "version", "source"))
    if "rules" not in data and "excuses" not in data:
        raise file.error((), "the key 'rules' is missing.", "Add it; filters/README.md says what it means.")
    strings = {key: _string(file, data, (), key) for key in ("name", "version", "description", "source")}
    if not _NAME.fullmatch(strings["name"]):
        raise file.error(("name",), f"the name {strings['name']!r} is not lower-case letters, digits, - and _.")
    if path.stem != strings["name"]:
        raise file.error(("name",), f"the pack is named {strings['name']!r}.", f"Name the file {strings['name']}.yaml.")
    languages = _list(file, data, (), "languages")
    for i, language in enumerate(languages):
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise file.error(("languages", i), f"{language!r} is not a language.", "Write zh, en or zh-Hant.")
    _bring(file, data)
    rules = tuple(_rule(file, rule, ("rules", i)) for i, rule in enumerate(_list(file, data, (), "rules")))
    for i, rule in enumerate(rules):
        if rule.name in {r.name for r in rules[:i]}:
            raise file.error(("rules", i, "name"), f"the rule {rule.name!r} is there already.", "Rename one.")
    excuses = tuple(_excuse(file, x, ("excuses", i)) for i, x in enumerate(_list(file, data, (), "excuses")))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Pack(**strings, languages=tuple(languages), rules=rules, path=str(path), digest=digest, excuses=excuses)


def needed(packs: Iterable[Pack]) -> set[str]:
    """The columns that the rules use, signals and columns of the document.

    `language` and `language_script` are among them where a rule or a pack differs by language.
    """
    columns: set[str] = set()
    for pack in packs:
        for excuse in pack.excuses:
            columns.update(expression(excuse.when).meta.root_names())
            if pack.languages:
                columns.update(("language", "language_script"))
        for rule in pack.rules:
            for predicate in rule.keep.values():
                columns.update(expression(predicate).meta.root_names())
            if pack.languages or set(rule.keep) != {DEFAULT}:
                columns.update(("language", "language_script"))
    return columns


def languages_asking(packs: Iterable[Pack], column: str, among: Iterable[str]) -> set[str]:
    """In which of the languages `among` a document's verdict may depend on a column."""
    found: set[str] = set()
    for pack in packs:
        spoken = {key.partition("-")[0] for key in pack.languages} or set(among)
        for rule in pack.rules:
            for key, predicate in rule.keep.items():
                if column in expression(predicate).meta.root_names():
                    found |= spoken if key == DEFAULT else {key.partition("-")[0]} & spoken
        if any(column in expression(excuse.when).meta.root_names() for excuse in pack.excuses):
            found |= spoken
    return found & set(among)


def judge(batch: "pa.RecordBatch | pl.DataFrame", packs: Sequence[Pack]) -> "pa.Array":
    """All rules that each document fails, as `pack.rule`, in the order of the packs; an empty list means kept.

    Args:
        batch: rows with every column of `needed(packs)`.
        packs: the rules, evaluated in one pass.

    Returns:
        list<string>, one list a row.

    Raises:
        DataError: a column is missing, or holds a null or NaN; names column and row.
    """
    import polars as pl
    import pyarrow as pa

    frame = batch if isinstance(batch, pl.DataFrame) else _frame(batch, needed(packs))
    _refuse_gaps(frame, needed(packs))
    names = [f"{pack.name}.{rule.name}" for pack in packs for rule in pack.rules]
    kept = [kept_by(pack, rule, packs).alias(f"{pack.name}.{rule.name}") for pack in packs for rule in pack.rules]
    empty = pl.lit([], dtype=pl.List(pl.String))
    if not kept or not frame.height:
        return pa.array([[] for _ in range(frame.height)], pa.list_(pa.string()))
    failing = [pl.when(~pl.col(n)).then(pl.lit([n], dtype=pl.List(pl.String))).otherwise(empty) for n in names]
    verdict = frame.lazy().select(kept).select(pl.concat_list(failing).alias("verdict")).collect()
    return verdict["verdict"].to_arrow().cast(pa.list_(pa.string()))


@cache
def expression(predicate: str) -> "pl.Expr":
    """Compile a SQL predicate.

    Raises:
        ValueError: it is not SQL, or not a true-or-false expression of the columns of one row.
    """
    import polars as pl

    bare = re.sub(r"'[^']*'", "''", predicate)
    if found := re.search(r"(?i)\b(over|select|from|explode|unnest)\b", bare):
        raise ValueError(f"{found[0].upper()} is not allowed: a rule looks at the columns of one document")
    for name in re.findall(r"(?i)\b([a-z_][a-z0-9_]*)\s*\(", bare):
        if name.upper() not in FUNCTIONS:
            raise ValueError(f"{name.upper()} is not among the functions of one document: {', '.join(FUNCTIONS[5:])}")
    try:
        compiled = pl.sql_expr(predicate)
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise ValueError(f"it is not SQL: {str(error).splitlines()[0]}") from None
    if compiled.meta.has_multiple_outputs():
        raise ValueError("it is not one value a document")
    return compiled


def matches(languages: Iterable[str], language: str, script: str) -> str | None:
    """The most exact of the keys `languages` that fits a document, or None."""
    keys = set(languages)
    return next((key for key in (f"{language}-{script}", language, DEFAULT) if key in keys), None)


def kept_by(pack: Pack, rule: Rule, packs: Sequence[Pack]) -> "pl.Expr":
    """True for a document that the rule keeps or that an excuse in `packs` spares it."""
    kept = _kept(pack, rule)
    for other, excuse in excuses_of(pack, rule, packs):
        kept |= _spoken(other) & expression(excuse.when)
    return kept


def excuses_of(pack: Pack, rule: Rule, packs: Sequence[Pack]) -> list[tuple[Pack, Excuse]]:
    """The excuses in `packs` that may spare a document this rule, each with its pack."""
    name = f"{pack.name}.{rule.name}"
    return [(p, e) for p in packs for e in p.excuses if any(fnmatch.fnmatchcase(name, x) for x in e.rules)]


def _speaks(key: str) -> "pl.Expr":
    import polars as pl

    language, _, script = key.partition("-")
    return (pl.col("language") == language) & ((pl.col("language_script") == script) if script else pl.lit(value=True))


def _spoken(pack: Pack) -> "pl.Expr":
    """True for a document in one of the pack's languages."""
    import polars as pl

    return pl.any_horizontal([_speaks(key) for key in pack.languages]) if pack.languages else pl.lit(value=True)


def _kept(pack: Pack, rule: Rule) -> "pl.Expr":
    import polars as pl

    keys = sorted((k for k in rule.keep if k != DEFAULT), key=len, reverse=True)
    kept = expression(rule.keep[DEFAULT]) if DEFAULT in rule.keep else pl.lit(value=True)
    if keys:
        kept = pl.coalesce([*(pl.when(_speaks(key)).then(expression(rule.keep[key])) for key in keys), kept])
    if pack.languages:
        kept = ~_spoken(pack) | kept
    return kept


def _frame(batch: "pa.RecordBatch", columns: set[str]) -> "pl.DataFrame":
    import polars as pl

    names = [name for name in batch.schema.names if name in columns]
    if not names:
        return pl.DataFrame({"": pl.repeat(0, len(batch), dtype=pl.UInt8, eager=True)})
    return pl.DataFrame({name: pl.Series(name, batch.column(name)) for name in names})


def _refuse_gaps(frame: "pl.DataFrame", columns: set[str]) -> None:
    for name in sorted(columns):
        if name not in frame.columns:
            raise DataError(f"column {name!r}", "a rule needs it and the batch does not have it.", "Compute it first.")
        column = frame[name]
        gaps = column.is_null() | column.is_nan() if column.dtype.is_float() else column.is_null()
        if gaps.any():
            row = gaps.to_list().index(True)
            what = "null" if column[row] is None else "NaN"
            raise DataError(f"column {name!r}, row {row}", f"the value is {what}.", "Drop the row or give it a value.")


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


def hint(name: str, known: Iterable[str]) -> str:
    """What to offer for an unknown name: the nearest known one, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."


def _keys(file: _File, data: Any, where: yaml_strict.Place, known: Sequence[str], required: Sequence[str]) -> None:
    if not isinstance(data, dict):
        raise file.error(where, "this must be a mapping of keys to values.", f"Its keys are: {', '.join(known)}.")
    for key in data:
        if key not in known:
            raise file.error((*where, key), f"unknown key {key!r}.", hint(key, known))
    for key in required:
        if key not in data:
            raise file.error(where, f"the key {key!r} is missing.", "Add it; filters/README.md says what it means.")


def _string(file: _File, data: dict[str, Any], where: yaml_strict.Place, key: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str) or (key in data and not value.strip()):
        raise file.error((*where, key), f"{key} must be a text that is not empty.", "Put it in quotes.")
    return value


def _list(file: _File, data: dict[str, Any], where: yaml_strict.Place, key: str) -> list[Any]:
    value = data.get(key, [])
    if not isinstance(value, list) or (key in data and not value):
        raise file.error((*where, key), f"{key} must be a list that is not empty.", "To switch it off, remove it.")
    return value


def _rule(file: _File, data: Any, where: yaml_strict.Place) -> Rule:
    _keys(file, data, where, RULE_KEYS, RULE_KEYS)
    name, source = _string(file, data, where, "name"), _string(file, data, where, "source")
    if not _NAME.fullmatch(name):
        raise file.error((*where, "name"), f"the name {name!r} is not lower-case letters, digits, - and _.")
    keep = data["keep"] if isinstance(data["keep"], dict) else {DEFAULT: data["keep"]}
    for key in keep:
        if key != DEFAULT and not _LANGUAGE.fullmatch(key):
            raise file.error((*where, "keep", key), f"{key!r} is not a language.", "Write zh, en, zh-Hant or default.")
    for key, predicate in keep.items():
        place = (*where, "keep", key) if isinstance(data["keep"], dict) else (*where, "keep")
        _check(file, name, predicate, place)
    examples = {
        key: tuple(_example(file, e, (*where, key, i)) for i, e in enumerate(_list(file, data, where, key)))
        for key in ("keeps", "drops")
    }
    return Rule(name, keep, source, examples["keeps"], examples["drops"])


def _bring(file: _File, data: dict[str, Any]) -> None:
    """Make the columns that a pack brings along: functions of its own, and filters of datatrove."""
    from openclaw_data import signals

    for i, name in enumerate(_list(file, data, (), "signals")):
        try:
            signals.add(str(name))
        except DataError as error:
            raise file.error(("signals", i), str(error)) from None
    filters = data.get("datatrove", {})
    if not isinstance(filters, dict):
        raise file.error(("datatrove",), "this must be a mapping of columns to filters.")
    for column, asked in filters.items():
        place = ("datatrove", column)
        _keys(file, asked, place, ("filter", "arguments"), ("filter",))
        if not _COLUMN.fullmatch(str(column)) or column in signals.SIGNALS:
            raise file.error(place, f"{column!r} cannot be the name of a column.", "Name it like dt_gopher.")
        from openclaw_data.signals import datatrove

        try:
            signals.ADDED[column] = datatrove.signal(column, asked["filter"], asked.get("arguments", {}))
        except DataError as error:
            raise file.error(place, str(error)) from None


def _excuse(file: _File, data: Any, where: yaml_strict.Place) -> Excuse:
    _keys(file, data, where, EXCUSE_KEYS, EXCUSE_KEYS)
    name, source = _string(file, data, where, "name"), _string(file, data, where, "source")
    patterns = _list(file, data, where, "rules")
    for i, pattern in enumerate(patterns):
        if not isinstance(pattern, str) or "." not in pattern:
            raise file.error((*where, "rules", i), f"{pattern!r} names no rule.", "Write pack.rule or pack.*.")
    _check(file, name, data["when"], (*where, "when"))
    examples = {
        key: tuple(_example(file, e, (*where, key, i)) for i, e in enumerate(_list(file, data, where, key)))
        for key in ("excuses", "judges")
    }
    return Excuse(name, data["when"], tuple(patterns), source, **examples)


def _check(file: _File, rule: str, predicate: Any, where: yaml_strict.Place) -> None:
    from openclaw_data import signals

    if not isinstance(predicate, str) or not predicate.strip():
        raise file.error(where, f"rule {rule!r} keeps {predicate!r}.", "Write a SQL predicate such as words >= 50.")
    try:
        columns = expression(predicate).meta.root_names()
    except ValueError as error:
        raise file.error(where, f"rule {rule!r}: {predicate!r} cannot be used: {error}.") from None
    known = [*signals.SIGNALS, *signals.OPTIONAL, *signals.ADDED, *COLUMNS]
    if not columns:
        raise file.error(where, f"rule {rule!r}: {predicate!r} looks at no column.", "Name a signal in it.")
    for column in columns:
        if column not in known:
            fact = f"rule {rule!r} names the signal {column!r}, which does not exist."
            raise file.error(where, fact, hint(column, known))
    try:
        verdict = _probe(columns).select(expression(predicate).alias("keep"))["keep"]
    except Exception as error:  # noqa: BLE001 - polars raises many types here, its panics among them
        raise file.error(where, f"rule {rule!r}: {predicate!r} cannot be used: {str(error).splitlines()[0]}.") from None
    if str(verdict.dtype) != "Boolean":
        raise file.error(where, f"rule {rule!r}: {predicate!r} is not true or false.", "Compare it with something.")
    if len(verdict) != _PROBE_ROWS or verdict.null_count():
        raise file.error(where, f"rule {rule!r}: {predicate!r} is not one true or false a document.")


_PROBE_ROWS = 3


def _probe(columns: Iterable[str]) -> "pl.DataFrame":
    """A few documents that have nothing, to find out what type a predicate has and whether it stays in its row."""
    import polars as pl

    return pl.DataFrame({c: [COLUMNS.get(c, 0.0)] * _PROBE_ROWS for c in columns})


def _example(file: _File, data: Any, where: yaml_strict.Place) -> Example:
    if isinstance(data, str):
        return Example(data, {})
    _keys(file, data, where, EXAMPLE_KEYS, ())
    from openclaw_data import signals

    columns = data.get("columns", {})
    _keys(file, columns, (*where, "columns"), (*COLUMNS, *signals.OPTIONAL), ())
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
