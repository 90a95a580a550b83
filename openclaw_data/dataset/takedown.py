"""Take documents out of a dataset: a new version without them, in which only the shards touched are rewritten.

What remains of a document is a tombstone (its hash, the request and the reason, never its text) and its row in
decisions/, which says `takedown.<id>`. Records dropped earlier have no text anywhere and are left alone.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import zstandard

from openclaw_data import storage
from openclaw_data.dataset import balance, contents, duplicates, manifest, shards, signature, splice
from openclaw_data.dataset.request import Request
from openclaw_data.dataset.seal import SIGNATURE, seal
from openclaw_data.dedup import index
from openclaw_data.documents import DataError
from openclaw_data.ingest.urls import registered_domain
from openclaw_data.rights import optout

TOMBSTONES = "tombstones.jsonl"
_MADE_ANEW = (manifest.NAME, SIGNATURE, TOMBSTONES, "croissant.json", "README.md", "provenance.dsse.json")
_VERIFY = "See what `openclaw-data verify` says of it; if all is well there, please report this."
_DAMAGE = (ValueError, IndexError, KeyError, zstandard.ZstdError)
"""What reading damaged Parquet raises."""
_THREADS = min(8, 1 + (os.cpu_count() or 1))
"""One more than there are cores, since each waits for the disk at the end of a file; each holds a row group."""


class Removed(NamedTuple):
    """A rewritten file: its facts for the manifest, and the tombstones of what left it."""

    file: Any
    tombstones: list[dict[str, str]]


def takedown(dataset: str, request: Request, output: str, key: str | Path | None = None) -> manifest.Manifest:
    """Write the next major version of a dataset, without the documents that `request` names, to `output`.

    Untouched files are hard links where the file system allows it, else copies. Attached reports under audit/ describe
    the old version and stay behind.

    Raises:
        DataError: `output` is not empty, either is not a local folder, nothing fits the request, the key is none, or
            `dataset` is damaged.
    """
    for folder in (dataset, output):
        if not storage.is_local(folder):
            raise DataError(folder, "is no local folder, and a takedown works on those.", "Copy the dataset first.")
    old = manifest.read(dataset)
    if storage.names(output):
        raise DataError(output, "is not empty.", "Choose another --output; nothing is overwritten.")
    if request.id in {t.id for t in old.takedowns}:
        raise DataError(request.id, "was carried out on this dataset already.", "Give a new request a new id.")
    hosts = optout.parse(request.domains, f"{request.id}, domains")
    if not looked_at(request, hosts):
        raise DataError(request.id, "names no documents, only the dataset.", "Give ids, urls, domains or text_sha256.")
    if key is not None:
        signature.private_key(key)
    _check_sizes(dataset, old)
    try:
        return seal(output, _carry_out(dataset, old, request, hosts, output), key)
    except BaseException as error:
        _clear(output)
        if isinstance(error, _DAMAGE) or (isinstance(error, OSError) and error.errno is None):  # Arrow gives no number
            raise DataError(dataset, f"cannot be cut: {str(error).splitlines()[0]}.", _VERIFY) from error
        raise


def _clear(folder: str) -> None:
    """Remove what was written to a folder that was empty, or held hidden files alone."""
    for name in storage.names(folder):
        storage.remove(storage.join(folder, name))
    with contextlib.suppress(OSError):
        Path(folder).rmdir()


def _check_sizes(dataset: str, old: manifest.Manifest) -> None:
    for file in (*old.shards, *old.decisions, *old.files):
        path = storage.join(dataset, file.path)
        if not storage.exists(path):
            raise DataError(path, "is missing.", _VERIFY)
        if storage.size(path) != file.size_bytes:
            raise DataError(path, f"has {storage.size(path):,} bytes, the manifest says {file.size_bytes:,}.", _VERIFY)


def _carry_out(
    dataset: str, old: manifest.Manifest, request: Request, hosts: optout.Domains, output: str
) -> manifest.Manifest:
    """Write everything but what describes the new version, and return the manifest to be sealed."""
    with ThreadPoolExecutor(_THREADS) as pool:
        cut = pool.map(lambda f: _shard(dataset, output, f, request, hosts), old.shards)
        marked = pool.map(lambda f: _part(dataset, output, f, request, hosts), old.decisions)
        made, parts = list(cut), list(marked)
    tombs = [t for m in made for t in m.tombstones]
    if not tombs:
        raise DataError(request.id, "names no document of this dataset.", "Nothing was written.")
    ids = {t["id"] for t in tombs}
    prints = tuple(_prints(dataset, output, f, ids) for f in old.fingerprints)
    carried = {f.path for f in prints} | set(_MADE_ANEW)
    for file in old.files:
        if file.path not in carried and not file.path.startswith("audit/"):
            _link(storage.join(dataset, file.path), storage.join(output, file.path))
    version = f"{int(old.version.split('.')[0]) + 1}.0.0"
    _bury(dataset, output, [t | {"version": version} for t in tombs])
    done = manifest.Takedown(
        id=request.id, date=request.date, reason=request.reason, documents=len(tombs), version=version
    )
    names = [m.file.path for m in made]
    read_ = {f"{i.source_id}/{i.name}": i.records for i in old.inputs}
    decided = [d.path for d in parts]
    with ThreadPoolExecutor(_THREADS) as pool:
        counts = pool.submit(balance.count, output, decided, names, read_)
        described = pool.submit(contents.describe, output, names)
        clusters = pool.submit(duplicates.count, output, decided)
    return old.model_copy(
        update={
            "version": version,
            "shards": tuple(m.file for m in made),
            "decisions": tuple(parts),
            "fingerprints": prints,
            "counts": counts.result(),
            "contents": described.result(),
            "duplicates": clusters.result(),
            "takedowns": (*old.takedowns, done),
            "review": None,  # like audit/, it is about the old version
            "previous": old.digest,
        }
    )


def looked_at(request: Request, hosts: optout.Domains) -> list[str]:
    """The columns that tell whether a row is named."""
    asked = {
        "id": request.ids,
        "url": (*request.urls, *request.url_prefixes, *_below(hosts)),
        "text_sha256": request.text_sha256,
        "url_host_registered_domain": hosts,
    }
    return [name for name, wanted in asked.items() if wanted]


def _below(hosts: optout.Domains) -> list[str]:
    """Those that are no registered domain: they lie below one, or are a public suffix."""
    return sorted(h for h in hosts if (registered_domain(h) or h) != h)


def matching(table: pl.DataFrame, request: Request, hosts: optout.Domains) -> npt.NDArray[np.bool_]:
    """Which rows (with the columns `looked_at`) the request names: bool[n]."""
    url, domain = pl.col("url"), pl.col("url_host_registered_domain")
    below = _below(hosts)
    tests = [
        (request.ids, pl.col("id").is_in(list(request.ids))),
        (request.urls, url.is_in(list(request.urls))),
        (request.text_sha256, pl.col("text_sha256").is_in(list(request.text_sha256))),
        (hosts, domain.is_in(sorted(hosts - set(below)))),
        *((prefix, url.str.starts_with(prefix)) for prefix in request.url_prefixes),
    ]
    named = pl.any_horizontal([test for wanted, test in tests if wanted])  # a request names something
    found: npt.NDArray[np.bool_] = table.select(named.alias("x"))["x"].to_numpy().copy()
    if below:
        parents = sorted({registered_domain(h) for h in below})
        near = table.select(domain.is_in([*parents, ""]))["url_host_registered_domain"]
        for row in np.flatnonzero(near.to_numpy()):
            found[row] |= bool(optout.match(table["url"][int(row)], frozenset(below)))
    return found


def _shard(dataset: str, output: str, file: manifest.Shard, request: Request, hosts: optout.Domains) -> Removed:
    source, target = storage.join(dataset, file.path), storage.join(output, file.path)
    keys = storage.open_parquet(source).read(looked_at(request, hosts), use_threads=False)
    gone = matching(pl.DataFrame(keys), request, hosts)
    if not gone.any():
        _link(source, target)
        return Removed(file, [])
    opened = storage.open_parquet(source)
    with storage.create(target) as path:
        facts = _cut(source, path, opened, gone)
    left = pl.DataFrame(opened.read(["id", "text_sha256"], use_threads=False)).filter(pl.Series(gone))
    tombstones = [
        {"id": i, "text_sha256": h, "request": request.id, "date": request.date, "reason": request.reason}
        for i, h in left.rows()
    ]
    return Removed(file.model_copy(update=facts), tombstones)


def _cut(source: str, path: str, opened: Any, gone: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Write a shard without the rows `gone`; its facts for the manifest."""
    if splice.fits(opened):
        words = shards.settings(shards.bare(opened.schema_arrow))
        return splice.copy_without(source, path, gone, words)._asdict()
    facts = shards.copy_without(source, path, gone)._asdict()
    return facts | {"sha256": storage.sha256(path), "size_bytes": storage.size(path)}


def _part(dataset: str, output: str, file: manifest.File, request: Request, hosts: optout.Domains) -> manifest.File:
    source, target = storage.join(dataset, file.path), storage.join(output, file.path)
    opened = storage.open_parquet(source)
    keys = pl.DataFrame(opened.read([*looked_at(request, hosts), "outcome"], use_threads=False))
    gone = matching(keys, request, hosts) & (keys["outcome"] == "kept").to_numpy()
    if not gone.any():
        _link(source, target)
        return file
    with storage.create(target) as path:
        made = splice.copy_with(source, path, _marked(opened, gone, f"takedown.{request.id}"), shards.DECISIONS)
    return file.model_copy(update=made._asdict())


def _prints(dataset: str, output: str, file: manifest.File, ids: set[str]) -> manifest.File:
    """A part of the fingerprint index without the documents `ids`."""
    source, target = storage.join(dataset, file.path), storage.join(output, file.path)
    left = index.without(source, ids)
    if left.num_rows == file.rows:
        _link(source, target)
        return file
    return file.model_copy(update=index.write_part(target, left))


def _marked(opened: Any, gone: npt.NDArray[np.bool_], reason: str) -> Iterator[pa.Table]:
    """The verdicts of a decisions part, a row group at a time, with `reason` as why the rows `gone` are dropped."""
    names = ["outcome", "dropped_by"]
    schema = shards.bare(opened.schema_arrow)
    fields = pa.schema([schema.field(n) for n in names])
    at = 0
    for group in range(opened.num_row_groups):
        old = pl.DataFrame(opened.read_row_group(group, names))
        rows = pl.Series(gone[at : at + len(old)])
        at += len(old)
        new = old.with_columns(
            outcome=pl.when(rows).then(pl.lit("dropped")).otherwise("outcome"),
            dropped_by=pl.when(rows).then(pl.col("dropped_by").list.concat(pl.lit([reason]))).otherwise("dropped_by"),
        ).select(names)
        yield new.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(fields)


def _link(source: str, target: str) -> None:
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)


def _bury(dataset: str, output: str, tombstones: list[dict[str, str]]) -> None:
    """Add tombstones to those of earlier versions."""
    old = Path(dataset, TOMBSTONES)
    lines = old.read_text(encoding="utf-8") if old.is_file() else ""
    with storage.create(storage.join(output, TOMBSTONES)) as path:
        lines += "".join(json.dumps(t, ensure_ascii=False, sort_keys=True) + "\n" for t in tombstones)
        Path(path).write_text(lines, encoding="utf-8")
