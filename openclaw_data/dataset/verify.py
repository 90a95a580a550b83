"""Does a dataset hold what it says? Hashes, counts, schema, card, Croissant, provenance and signature, each by name.

Everything is held against the manifest, and the manifest against its own digest and against the rows themselves; so a
change anywhere shows, and one that goes with a new hash and a new digest still breaks the counts or the signature.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from openclaw_data import storage
from openclaw_data.dataset import balance, card, contents, duplicates, manifest, provenance, signature
from openclaw_data.documents import DataError

_THREADS = min(8, os.cpu_count() or 1)


class Problem(NamedTuple):
    """A file that is not as it should be, and how."""

    file: str
    fact: str


class Report(NamedTuple):
    """What was looked at. `signed`: `yes` (checked with the key), `unchecked` (no key given) or `no`."""

    problems: tuple[Problem, ...]
    files: int
    size_bytes: int
    rows: int
    signed: str


def verify(dataset: str, key: str | Path | None = None) -> Report:
    """Check a dataset, local or behind a URL.

    Args:
        dataset: its folder.
        key: PEM file of the public key; with it, a dataset that is not signed by its owner is a problem.

    Raises:
        DataError: there is no manifest to check against, or the key is no public key.
    """
    public = None if key is None else signature.public_key(key)
    loaded = manifest.read(dataset)
    listed = storage.files(dataset)
    problems = list(_manifest(dataset, loaded))
    expected = {f.path: (f.sha256, f.size_bytes) for f in (*loaded.shards, *loaded.decisions, *loaded.files)}
    here = [path for path in expected if path in set(listed)]
    digests = dict(zip(here, _hashes(dataset, here), strict=True))
    unknown = [p for p in listed if p not in expected and p not in (manifest.NAME, signature.FILE)]
    problems += _listing(dataset, loaded, digests, unknown)
    if not problems:
        problems += _counts(dataset, loaded)
    problems += _described(dataset, loaded, {p for p, d in digests.items() if d == expected[p][0]})
    signed, more = _signature(dataset, public, digests, listed)
    size = sum(storage.size(storage.join(dataset, p)) for p in listed)
    rows = sum(s.rows for s in loaded.shards)
    return Report((*problems, *more), len(listed), size, rows, signed)


def _hashes(dataset: str, paths: list[str]) -> list[str]:
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda path: storage.sha256(storage.join(dataset, path)), paths))


def _manifest(dataset: str, loaded: manifest.Manifest) -> Iterator[Problem]:
    with storage.open_input(storage.join(dataset, manifest.NAME)) as file:
        data = file.read()
    content = json.loads(data)
    if manifest.digest(content) != loaded.digest:
        yield Problem(manifest.NAME, "was edited: it does not have the digest that it carries")
    elif data != loaded.to_json().encode():
        yield Problem(manifest.NAME, "was reformatted or has members that are not of the schema")


def _listing(dataset: str, loaded: manifest.Manifest, digests: dict[str, str], unknown: list[str]) -> Iterator[Problem]:
    """Files that are missing, added, renamed or changed."""
    rows = {f.path: f.rows for f in (*loaded.shards, *loaded.decisions)}
    extra = dict(zip(unknown, _hashes(dataset, unknown), strict=True))
    for file in (*loaded.shards, *loaded.decisions, *loaded.files):
        if file.path not in digests:
            moved = next((p for p, d in extra.items() if d == file.sha256), "")
            yield Problem(file.path, f"is missing; {moved} has its content" if moved else "is missing")
        elif digests[file.path] != file.sha256:
            yield Problem(file.path, _changed(storage.join(dataset, file.path), rows.get(file.path)))
    for path in extra:
        yield Problem(path, "is not in the manifest")


def _changed(path: str, rows: int | None) -> str:
    """How a file differs from what it was, as far as can be told."""
    fact = "was changed: its sha256 is not the one in the manifest"
    if rows is None:
        return fact
    try:
        found = storage.open_parquet(path).metadata.num_rows
    except Exception as error:  # noqa: BLE001 - damaged Parquet raises many types
        return f"{fact}, and it cannot be read as Parquet ({str(error).splitlines()[0][:80]})"
    return fact if found == rows else f"{fact}; it has {found:,} rows, the manifest says {rows:,}"


def _counts(dataset: str, loaded: manifest.Manifest) -> Iterator[Problem]:
    """Every number that can be counted anew from the Parquet files."""
    for file in (*loaded.shards, *loaded.decisions):
        opened = storage.open_parquet(storage.join(dataset, file.path))
        if opened.metadata.num_rows != file.rows:
            yield Problem(file.path, f"has {opened.metadata.num_rows:,} rows, the manifest says {file.rows:,}")
        if isinstance(file, manifest.Shard):
            columns = {f.name: str(f.type) for f in opened.schema_arrow}
            wanted = {c.name: c.type for c in loaded.columns}
            if list(columns.items()) != list(wanted.items()):
                yield Problem(file.path, f"has other columns: {_first(columns, wanted)}")
    shards, decisions = [s.path for s in loaded.shards], [d.path for d in loaded.decisions]
    read = {f"{i.source_id}/{i.name}": i.records for i in loaded.inputs}
    try:
        counts = balance.count(dataset, decisions, shards, read)
    except DataError as error:
        yield Problem(manifest.NAME, f"{error.place}: {error.fact}")
        return
    counted = {
        "counts": counts,
        "contents": contents.describe(dataset, shards),
        "duplicates": duplicates.count(dataset, decisions),
    }
    found = {name: value.model_dump(mode="json") for name, value in counted.items()}
    said = {name: getattr(loaded, name).model_dump(mode="json") for name in counted}
    if found != said:
        yield Problem(manifest.NAME, _first(found, said))


def _first(found: Any, said: Any, where: str = "") -> str:
    """Where two values differ first, in words."""
    if isinstance(found, dict) and isinstance(said, dict):
        for key in sorted({*found, *said}):
            if found.get(key) != said.get(key):
                return _first(found.get(key), said.get(key), f"{where}.{key}" if where else str(key))
    return f"{where} is {found}, the manifest says {said}"


def _described(dataset: str, loaded: manifest.Manifest, intact: set[str]) -> Iterator[Problem]:
    """Croissant, card and provenance say the same as the manifest."""
    checks = {"croissant.json": _croissant, "README.md": _card, "provenance.dsse.json": _provenance}
    for name, check in checks.items():
        if name in intact:
            with storage.open_input(storage.join(dataset, name)) as file:
                text = file.read().decode("utf-8", "replace")
            try:
                differing = check(text, loaded)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                differing = f"it cannot be read ({type(error).__name__}: {error})"
            if differing:
                yield Problem(name, f"does not agree with the manifest: {differing}")
        elif name not in {f.path for f in loaded.files}:
            yield Problem(name, "is missing")


def _croissant(text: str, loaded: manifest.Manifest) -> str:
    found = json.loads(text)
    objects = {d["contentUrl"]: d["sha256"] for d in found["distribution"] if d["@type"] == "cr:FileObject"}
    wanted = {f.path: f.sha256 for f in (*loaded.shards, *loaded.decisions)}
    fields = [f["name"] for f in found["recordSet"][0]["field"]]
    if found["version"] != loaded.version:
        return f"version is {found['version']}, the manifest says {loaded.version}"
    if objects != wanted:
        return _first(objects, wanted)
    return "" if fields == [c.name for c in loaded.columns] else f"its fields are {', '.join(fields)}"


def _card(text: str, loaded: manifest.Manifest) -> str:
    found, wanted = card.parsed(text), card.metadata(loaded)
    return "" if found == wanted else _first(found, wanted)


def _provenance(text: str, loaded: manifest.Manifest) -> str:
    statement = provenance.opened(json.loads(text))
    subject = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
    wanted = {f.path: f.sha256 for f in (*loaded.shards, *loaded.decisions)}
    if subject != wanted:
        return _first(subject, wanted)
    details = statement["predicate"]["runDetails"]["metadata"]
    return "" if details["invocationId"] == loaded.run_id else f"invocationId is {details['invocationId']}"


def _signature(dataset: str, public: Any, digests: dict[str, str], listed: list[str]) -> tuple[str, list[Problem]]:
    if signature.FILE not in listed:
        missing = [Problem(signature.FILE, "is missing: the dataset is not signed")] if public is not None else []
        return "no", missing
    if public is None:
        return "unchecked", []
    with storage.open_input(storage.join(dataset, signature.FILE)) as file:
        bundle = file.read().decode("utf-8", "replace")
    try:
        signed = signature.signed_files(bundle, public)
        with storage.open_input(storage.join(dataset, "provenance.dsse.json")) as file:
            signature.verified(json.loads(file.read()), public)
    except FileNotFoundError:
        return "no", []  # told as missing already
    except (ValueError, KeyError, TypeError) as error:
        return "no", [Problem(signature.FILE, f"does not verify: {error}")]
    found = digests | {manifest.NAME: storage.sha256(storage.join(dataset, manifest.NAME))}
    differing = sorted(p for p in {*signed, *found} if signed.get(p) != found.get(p))
    return "yes", [Problem(p, "is not what was signed") for p in differing]
