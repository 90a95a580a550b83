"""Everything about one document, and the proof of it: read the raw record again, do the same, get the same text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl

from openclaw_data import ingest, recipe, rules, storage
from openclaw_data.dataset import manifest
from openclaw_data.documents import DataError
from openclaw_data.flow import annotate
from openclaw_data.ingest import again, files, rows

_RAW = (
    *("source_id", "crawl", "warc_filename", "warc_record_offset", "warc_record_length", "url", "fetch_time"),
    *("fetch_status", "content_digest", "content_mime_detected", "truncated"),
)
_EXTRACTION = ("content_charset", "charset_source", "replacements", "extractor", "skipped", "error", "error_detail")
_PAGE = ("page_canonical_url", "page_language", "page_published", "page_site")
_TEXT = ("language", "language_script", "language_score", "text_sha256", "text_bytes", "char_count", "token_count")
_RIGHTS = ("licence", "licence_source", "rights_status", "rights_signals", "icp")
_AFTERWARDS = ("dedup.", "takedown.", "decontaminate.")
"""Reasons that come from other documents or later requests, which one record alone cannot give again."""
_TYPED = ""
_LATER = ("outcome", "dropped_by", "run_id", "dup_cluster_id", "dup_cluster_size", "dup_rank", "dup_exact")


class Replay(NamedTuple):
    """A document made again. `same`: its text has the recorded sha256. `differing`: columns with another value."""

    id: str
    recorded: str
    found: str
    same: bool
    differing: tuple[str, ...]


def trace(dataset: str, document: str) -> list[dict[str, Any]]:
    """All that a dataset knows of a document, kept or dropped; one entry for each record with this id.

    Returns:
        Nested plain values: identity, raw record, extraction, what the page states of itself, edits, language and
        text, rights, every rule with its predicate, the measured values and whether it held, duplicates, the row in
        decisions/ and the one in data/.

    Raises:
        DataError: no such document.
    """
    loaded = manifest.read(dataset)
    found = [_told(dataset, loaded, *place) for place in _rows(dataset, [d.path for d in loaded.decisions], document)]
    if not found:
        fact = f"no record with the id {document!r} was read."
        raise DataError(dataset, fact, "Ids are in the column id of data/ and decisions/.")
    return found


def _rows(dataset: str, paths: Iterable[str], document: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(file, row, values) of every row with an id."""
    for path in paths:
        opened = storage.open_parquet(storage.join(dataset, path))
        ids = pl.Series(opened.read(["id"]).column("id"))
        for row in (ids == document).arg_true():
            yield path, row, _row(opened, row)


def _row(opened: Any, row: int) -> dict[str, Any]:
    """One row of a Parquet file, reading its row group; under `_TYPED` as a frame, whose types rules depend on."""
    for group in range(opened.num_row_groups):
        n = opened.metadata.row_group(group).num_rows
        if row < n:
            columns = [c for c in opened.schema_arrow.names if c != "text"]
            table = opened.read_row_group(group, columns).slice(row, 1)
            return {**table.to_pylist()[0], _TYPED: pl.DataFrame(table)}
        row -= n
    raise IndexError(row)


def _told(dataset: str, loaded: manifest.Manifest, file: str, row: int, values: dict[str, Any]) -> dict[str, Any]:
    source = next((s.model_dump() for s in loaded.sources if s.id == values["source_id"]), {})
    kept = values["outcome"] == "kept"
    shards = [s.path for s in loaded.shards if s.language == values["language"]] if kept else []
    shard = next(((p, r) for p, r, v in _rows(dataset, shards, values["id"]) if _same_record(v, values)), None)
    return {
        "id": values["id"],
        "outcome": values["outcome"],
        "dropped_by": values["dropped_by"],
        "source": source,
        "raw": _only(values, _RAW),
        "extraction": _only(values, _EXTRACTION),
        "page": _only(values, _PAGE),
        "edits": {"steps": loaded.recipe.get("edits", []), "characters_removed": values.get("edits", 0)},
        "text": _only(values, _TEXT),
        "rights": _only(values, _RIGHTS),
        "rules": [_rule(name, rule, values) for name, rule in loaded.rules.items()],
        "duplicates": _duplicates(dataset, loaded, values),
        "decisions": {"file": file, "row": row},
        "data": None if shard is None else {"file": shard[0], "row": shard[1]},
        "dataset": {"name": loaded.name, "version": loaded.version, "run_id": values["run_id"]},
        "parts": values.get(rules.PARTS, []),
        "other": {k: v for k, v in values.items() if k not in _TOLD},
    }


_TOLD = {"id", _TYPED, *_LATER, *_RAW, *_EXTRACTION, *_PAGE, *_TEXT, *_RIGHTS, "edits", rules.PARTS}


def _only(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _same_record(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return all(a[c] == b[c] for c in ("id", "warc_filename", "warc_record_offset", "source_id"))


def _rule(name: str, rule: manifest.Rule, values: dict[str, Any]) -> dict[str, Any]:
    """A rule as it judged this document. `held`: True, False, or None where it did not judge it.

    `parts`: what it said of each part of a document in two languages, where it is bound to a language.
    """
    parts = rules.parts_of(values[_TYPED]) if rule.by_part else values[_TYPED].clear()
    if not parts.height:
        return _judged(name, rule, values)
    told = [_judged(name, rule, {**row, _TYPED: parts.slice(k, 1)}) for k, row in enumerate(parts.to_dicts())]
    languages = [f"{row['language']}, {row['share']:.0%} of the words" for row in values[rules.PARTS]]
    held = [one["held"] for one in told if one["held"] is not None]
    return {
        **{key: told[0][key] for key in ("rule", "source")},
        "keep": "",
        "values": {},
        "held": all(held) if held else None,
        "parts": [{"part": part, **one} for part, one in zip(languages, told, strict=True)],
    }


def _judged(name: str, rule: manifest.Rule, values: dict[str, Any]) -> dict[str, Any]:
    """A rule as it judged a document, or one part of it."""
    language, script = values.get("language", ""), values.get("language_script", "")
    key = rules.matches(rule.keep, language, script)
    if rule.languages and rules.matches(rule.languages, language, script) is None:
        key = None
    told: dict[str, Any] = {"rule": name, "source": rule.source, "keep": rule.keep.get(key or "", ""), "values": {}}
    if key is None or values.get("error") or values.get("skipped"):
        return {**told, "held": None}
    spoken = {n: e for n, e in rule.excuses.items() if not e.languages or rules.matches(e.languages, language, script)}
    names = set(rules.expression(rule.keep[key]).meta.root_names())
    names |= {n for e in spoken.values() for n in rules.expression(e.when).meta.root_names()}
    told["values"] = {n: values[n] for n in sorted(names & set(values))}
    if names - set(values):  # text and title are not in decisions/
        return {**told, "held": name not in values["dropped_by"]}
    if _true(rule.keep[key], values):
        return {**told, "held": True}
    excused = [n for n, e in spoken.items() if _true(e.when, values)]
    return {**told, "held": bool(excused), "excused_by": excused}


def _true(predicate: str, values: dict[str, Any]) -> bool:
    return bool(values[_TYPED].select(rules.expression(predicate).alias("x"))["x"][0])


def _duplicates(dataset: str, loaded: manifest.Manifest, values: dict[str, Any]) -> dict[str, Any]:
    """The document's cluster, and who stayed of it."""
    told = _only(values, ("dup_cluster_id", "dup_cluster_size", "dup_rank", "dup_exact"))
    stays = values["id"] if not told.get("dup_rank") else ""
    if told.get("dup_rank"):
        for part in loaded.decisions:
            table = pl.DataFrame(
                storage.open_parquet(storage.join(dataset, part.path)).read(["id", "dup_cluster_id", "dup_rank"])
            )
            first = table.filter((pl.col("dup_cluster_id") == told["dup_cluster_id"]) & (pl.col("dup_rank") == 0))
            stays = first["id"][0] if len(first) else stays
    return {**told, "stays": stays}


def replay(dataset: str, documents: Iterable[str] | None, inputs: Iterable[str]) -> list[Replay]:
    """Make documents again from their raw records with the recorded recipe, and compare.

    Args:
        dataset: the dataset.
        documents: ids; None: every record that was read.
        inputs: raw files, globs or folders among which those of the run are.

    Returns:
        One `Replay` a record, in the order of decisions/.

    Raises:
        DataError: the recipe cannot be bound as it was (another pack or model), a raw file is not among `inputs` or
            has another size, or no record has a given id.
    """
    loaded = manifest.read(dataset)
    bound = bind(loaded)
    wanted = _wanted(dataset, loaded, None if documents is None else list(documents))
    paths = _located(loaded, list(inputs), {(v["source_id"], v["warc_filename"]) for v in wanted})
    sources = {s.id: ingest.Source(s.id, s.format, (), s.fields, s.crawl) for s in bound.recipe.sources}
    by_file = defaultdict(list)
    for values in wanted:
        by_file[values["source_id"], values["warc_filename"]].append(values)
    made: dict[tuple[Any, ...], dict[str, Any]] = {}
    for (source, name), records in by_file.items():
        places = [again.Place(v["warc_record_offset"], v["warc_record_length"], v["id"]) for v in records]
        limit = bound.recipe.extract.max_page_bytes
        for raw in rows.batches(again.read_again(sources[source], paths[source, name], name, places, limit)):
            for row in annotate.annotate(raw, bound).to_pylist():
                made[source, name, row["warc_record_offset"], row["id"]] = row
    keys = [(v["source_id"], v["warc_filename"], v["warc_record_offset"], v["id"]) for v in wanted]
    return [_compared(v, made.get(k)) for v, k in zip(wanted, keys, strict=True)]


def bind(loaded: manifest.Manifest) -> recipe.Resolved:
    """The recipe of a dataset, bound to the packs and models of this installation, which must be those of the run.

    Raises:
        DataError: a pack or model has another digest now; names it.
    """
    if ((loaded.recipe.get("dedup") or {}).get("lines") or {}).get("remove"):
        fact = "cuts lines that the whole corpus decides on (dedup.lines.remove): one record does not give its text."
        raise DataError(f"{loaded.name} {loaded.version}", fact, "Run the recipe on the raw files again.")
    # What other documents, lists and indexes decide does not touch a text, and their files may be elsewhere now.
    asked = recipe.Recipe.model_validate(loaded.recipe | {"rights": {}, "dedup": None, "decontaminate": None})
    bound = recipe.resolve(asked)
    now = {p.name: p.digest for p in bound.packs} | bound.models
    for name, digest in {**loaded.packs, **loaded.models}.items():
        if now.get(name) != digest:
            fact = f"was made with another version of {name!r} (sha256 {digest[:12]}…)."
            raise DataError(f"{loaded.name} {loaded.version}", fact, f"Install openclaw-data {loaded.code['version']}.")
    return bound


def _wanted(dataset: str, loaded: manifest.Manifest, documents: list[str] | None) -> list[dict[str, Any]]:
    tables = []
    for part in loaded.decisions:
        table = pl.DataFrame(storage.open_parquet(storage.join(dataset, part.path)).read())
        tables.append(table if documents is None else table.filter(pl.col("id").is_in(documents)))
    found: list[dict[str, Any]] = pl.concat(tables).to_dicts() if tables else []
    if documents and (missing := sorted(set(documents) - {v["id"] for v in found})):
        raise DataError(dataset, f"no record with the id {missing[0]!r} was read.", "Ids are in the column id.")
    return found


def _located(loaded: manifest.Manifest, inputs: list[str], wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Where the raw files are now: (source, name) -> path."""
    given = [p for i in inputs for p in _expanded(i)]
    sizes = {(i.source_id, i.name): i.size_bytes for i in loaded.inputs}
    found = {}
    for source, name in sorted(wanted):
        fitting = [f for f in given if f"/{f.path}".endswith(f"/{name}")]
        if not fitting:
            raise DataError(f"--input {' '.join(inputs)}", f"the raw file {name!r} is not there.", "Name its folder.")
        same = [f for f in fitting if f.size == sizes[source, name]]
        if not same:
            fact = f"has {fitting[0].size} bytes, it had {sizes[source, name]} when it was read."
            raise DataError(fitting[0].path, fact, "Give the file of the run.")
        found[source, name] = same[0].path
    return found


def _expanded(path: str) -> list[files.File]:
    if storage.is_local(path) and storage.names(path):
        return files.expand([p for f in storage.files(path) if storage.size(p := storage.join(path, f))])
    return files.expand([path])


def _compared(recorded: dict[str, Any], made: dict[str, Any] | None) -> Replay:
    if made is None:
        return Replay(recorded["id"], recorded["text_sha256"], "", same=False, differing=("record",))
    reasons = [r for r in recorded["dropped_by"] if not r.startswith(_AFTERWARDS)]
    differing = [c for c in made if c in recorded and c not in _LATER and made[c] != recorded[c]]
    if made["dropped_by"] != reasons:
        differing.append("dropped_by")
    same = made["text_sha256"] == recorded["text_sha256"]
    return Replay(recorded["id"], recorded["text_sha256"], made["text_sha256"], same, tuple(differing))
