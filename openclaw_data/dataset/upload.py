"""Send a dataset to a hub, to object storage or to a folder: planned first, resumable, checked before and after.

Object stores and folders are written file by file, the manifest last, so that a dataset without one is known to be
unfinished. Hubs are written by their own clients, which resume by themselves; what arrived is compared by the hubs'
own digests, nothing is downloaded.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from openclaw_data import storage
from openclaw_data.dataset import manifest
from openclaw_data.dataset.verify import Problem, verify
from openclaw_data.documents import DataError

HUBS = ("hf", "modelscope")


class Item(NamedTuple):
    """A file to send. `there`: the destination has a file of this name and size already."""

    path: str
    size_bytes: int
    there: bool


class Plan(NamedTuple):
    """What would be sent where. `kind`: `hf`, `modelscope` or `storage`; `place`: repository, URL or folder."""

    kind: str
    place: str
    title: str
    items: tuple[Item, ...]

    @property
    def todo(self) -> list[Item]:
        """The files that are not there yet."""
        return [i for i in self.items if not i.there]


def plan(dataset: str, to: str, key: str | Path | None = None) -> Plan:
    """Check the dataset and list what would be sent; nothing is written.

    Args:
        dataset: a finished dataset, local.
        to: `hf:owner/name`, `modelscope:owner/name`, a URL such as `s3://bucket/prefix`, or a folder.
        key: PEM file of the public key the dataset must be signed with.

    Raises:
        DataError: the dataset does not verify, or the destination holds something else.
    """
    loaded = manifest.read(dataset)
    if problems := verify(dataset, key).problems:
        raise _failed(dataset, problems, "Nothing was sent.")
    kind, place = _target(to)
    there = _there(place, loaded) if kind == "storage" else {}
    paths = sorted(storage.files(dataset), key=lambda p: (p == manifest.NAME, p))
    sizes = {p: storage.size(storage.join(dataset, p)) for p in paths}
    items = tuple(Item(p, sizes[p], there.get(p) == sizes[p] and p != manifest.NAME) for p in paths)
    return Plan(kind, place, f"{loaded.name} {loaded.version}", items)


def send(
    dataset: str, planned: Plan, key: str | Path | None = None, tick: Callable[[str], None] = lambda _: None
) -> None:
    """Send what is planned, then check what arrived. Running it again after a failure goes on where it was.

    Raises:
        DataError: what arrived is not what was sent; names the files.
    """
    if planned.kind == "storage":
        _store(dataset, planned, planned.todo, tick)
        problems = verify(planned.place, key).problems
        wrong = {p.file for p in problems} & {i.path for i in planned.items}
        if wrong:  # a file of the right size and another content was there
            _store(dataset, planned, [i for i in planned.items if i.path in wrong or i.path == manifest.NAME], tick)
            problems = verify(planned.place, key).problems
    else:
        problems = (_to_hugging_face if planned.kind == "hf" else _to_modelscope)(dataset, planned)
    if problems:
        raise _failed(planned.place, problems, "Run the command again.")


def _target(to: str) -> tuple[str, str]:
    kind, colon, repository = to.partition(":")
    if colon and kind in HUBS:
        owner, slash, name = repository.partition("/")
        if not (owner and slash and name) or "/" in name:
            raise DataError(f"--to {to}", "is not of the form owner/name.", f"Example: --to {kind}:owner/name")
        return kind, repository
    return "storage", to.rstrip("/") if "://" in to else str(Path(to).resolve())


def _there(place: str, loaded: manifest.Manifest) -> dict[str, int]:
    """Path -> size of what is at the destination, which must be empty or hold a part of this very dataset."""
    listed = storage.files(place) if storage.exists(place) else []
    if manifest.NAME in listed and manifest.read(place).digest != loaded.digest:
        other = manifest.read(place)
        fact = f"holds {other.name} {other.version}, another dataset or version."
        raise DataError(place, fact, "Published versions are never overwritten: choose another place.")
    known = {f.path for f in (*loaded.shards, *loaded.decisions, *loaded.files)} | {manifest.NAME, "model.sig"}
    if unknown := sorted(set(listed) - known):
        raise DataError(place, f"holds other files, such as {unknown[0]!r}.", "Choose an empty place.")
    return {p: storage.size(storage.join(place, p)) for p in listed}


def _store(dataset: str, planned: Plan, items: list[Item], tick: Callable[[str], None]) -> None:
    for item in items:
        storage.copy(storage.join(dataset, item.path), storage.join(planned.place, item.path))
        tick(item.path)


def _to_hugging_face(dataset: str, planned: Plan) -> tuple[Problem, ...]:
    """Through `huggingface_hub`, which honours HF_ENDPOINT and HF_TOKEN."""
    try:
        from huggingface_hub import HfApi
    except ImportError:
        raise _missing("hf") from None
    api: Any = HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)
    api.create_repo(planned.place, repo_type="dataset", exist_ok=True)
    api.upload_folder(
        repo_id=planned.place,
        folder_path=dataset,
        repo_type="dataset",
        commit_message=planned.title,
        allow_patterns=[i.path for i in planned.items],
        delete_patterns=["*.parquet", "*.json", "*.jsonl", "model.sig"],
    )
    tree = api.list_repo_tree(planned.place, repo_type="dataset", recursive=True)
    found = {f.path: f.lfs.sha256 if f.lfs else f.blob_id for f in tree if hasattr(f, "blob_id")}
    wanted = {i.path: {storage.sha256(full := storage.join(dataset, i.path)), _git_blob(full)} for i in planned.items}
    return _differing(wanted, found)


def _to_modelscope(dataset: str, planned: Plan) -> tuple[Problem, ...]:
    """Through `modelscope`, whose client keeps a record of what it has sent; the token comes from its login.

    Where it tells no sha256 of a file, the size must do.
    """
    try:
        from modelscope_hub.api import HubApi
    except ImportError:
        raise _missing("modelscope") from None
    api: Any = HubApi()
    if not api.repo_exists(planned.place, "dataset"):
        api.create_repo(planned.place, "dataset")
    api.upload_folder(
        planned.place,
        "dataset",
        dataset,
        commit_message=planned.title,
        allow_patterns=[i.path for i in planned.items],
    )
    found = {f.path: f.sha256 or f"{f.size} bytes" for f in api.list_repo_files(planned.place, "dataset")}
    digests = {i.path: storage.sha256(storage.join(dataset, i.path)) for i in planned.items}
    return _differing({i.path: {digests[i.path], f"{i.size_bytes} bytes"} for i in planned.items}, found)


def _differing(wanted: dict[str, set[str]], found: dict[str, str]) -> tuple[Problem, ...]:
    missing = [Problem(p, "did not arrive") for p in wanted if p not in found]
    changed = [Problem(p, "arrived changed") for p, digests in wanted.items() if p in found and found[p] not in digests]
    stale = [Problem(p, "is left of another version") for p in found if p.endswith(".parquet") and p not in wanted]
    return (*missing, *changed, *stale)


def _git_blob(path: str) -> str:
    """The name git gives a file: what a hub shows for files that are not in large-file storage."""
    data = Path(path).read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _failed(place: str, problems: tuple[Problem, ...], remedy: str) -> DataError:
    first = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return DataError(place, f"{first.file} {first.fact}{more}.", remedy)


def _missing(extra: str) -> DataError:
    return DataError(f"--to {extra}:", "the package is not installed.", f"Run: pip install 'openclaw-data[{extra}]'")
