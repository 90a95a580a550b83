"""Checks of one release: its files against their hashes, its facts against the dataset's manifest, its signature."""

import hashlib
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from openclaw_data.dataset import manifest as manifests
from openclaw_data.dataset import signature
from openclaw_data.errors import DataError
from openclaw_data.registry import facts, layout, reading
from openclaw_data.registry.findings import Finding, finding
from openclaw_data.registry.records import Release
from openclaw_data.registry.state import Dataset, Registry
from openclaw_data.registry.tree import EVIDENCE_BYTES
from openclaw_data.rights import optout

_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
_MOST = 5


def check(registry: Registry, dataset: Dataset, version: str, *, gone: bool) -> Iterator[Finding]:
    """The findings about a release. `gone`: it was taken down, so its files may be missing."""
    release = dataset.releases[version]
    folder = layout.release_of(dataset.id, version)
    digests: dict[str, str] = {}
    for name in release.evidence:
        if name not in layout.EVIDENCE:
            near = (f"There are: {', '.join(layout.EVIDENCE)}.", f"可用：{'、'.join(layout.EVIDENCE)}。")
            yield finding("code", f"{folder}/release.yaml", "evidence", value=name, vocabulary="evidence", near=near)
    for name in (n for n in layout.EVIDENCE if n in release.evidence or n in layout.EVIDENCE[:3]):
        if (version, name) in dataset.evidence:
            try:
                data = registry.tree.read(f"{folder}/{name}", EVIDENCE_BYTES)
            except ValueError as error:
                yield finding("unreadable", f"{folder}/{name}", why=error)
                continue
            digests[name] = hashlib.sha256(data).hexdigest()
        elif not gone:
            yield finding("evidence_missing", f"{folder}/release.yaml", "evidence", name=name)
    for name in sorted(n for v, n in dataset.evidence if v == version and n not in release.evidence):
        yield finding("evidence_unlisted", f"{folder}/{name}")
    for name, said in release.evidence.items():
        if digests.get(name, said) != said:
            yield finding("hash", f"{folder}/{name}", found=digests[name], said=said, by="release.yaml")
    yield from _manifest(registry, folder, release, digests)
    if not gone and dataset.contribution is not None:
        yield from _signature(registry, dataset, folder, digests)


def _manifest(registry: Registry, folder: str, release: Release, digests: dict[str, str]) -> Iterator[Finding]:
    if "manifest.json" not in digests:
        return
    path = f"{folder}/manifest.json"
    try:
        content = reading.json_value(registry.tree, path)
        loaded = manifests.Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(p) for p in first["loc"])
        schema = f"manifests/schemas/{manifests.SCHEMA}"
        yield finding("schema", path, why=f"{where}: {first['msg']}", schema=schema)
        return
    except ValueError as error:
        yield finding("unreadable", path, why=error)
        return
    if manifests.digest(content) != loaded.digest:
        yield finding("differs", path, member="digest", found=manifests.digest(content), other=path, said=loaded.digest)
    yield from _facts(f"{folder}/release.yaml", loaded, release)
    files = {f.path: f.sha256 for f in (*loaded.shards, *loaded.decisions, *loaded.files)}
    for name in [p for p in files if not facts.safe(p)][:_MOST]:
        yield finding("unsafe_path", path, value=name)
    for name in (n for n in digests if n in files and files[n] != digests[n]):
        yield finding("hash", f"{folder}/{name}", found=digests[name], said=files[name], by="manifest.json")
    shards = {f.path: f.sha256 for f in (*loaded.shards, *loaded.decisions)}
    yield from _croissant(registry, f"{folder}/croissant.json", loaded.version, shards, digests)
    yield from _report(registry, f"{folder}/audit/report.json", loaded, release, digests)


def _facts(path: str, loaded: manifests.Manifest, release: Release) -> Iterator[Finding]:
    """The release says what the manifest says."""
    wanted, said = facts.of(loaded), release.model_dump(mode="json")
    own = loaded.recipe.get("publication", {})
    if isinstance(own, dict) and own.get("licence"):
        wanted["licence"] = own["licence"]
    if (rate := facts.illegal_rate(loaded)) is not None:
        wanted["illegal_content_rate"] = rate
    for member, found, written in list(facts.differing(wanted, {k: said[k] for k in wanted}))[:_MOST]:
        yield finding("differs", path, member=member, found=written, other="manifest.json", said=found)


def _croissant(
    registry: Registry, path: str, version: str, shards: dict[str, str], digests: dict[str, str]
) -> Iterator[Finding]:
    """Croissant names the same files by the same hashes. It is read as JSON alone: its records are never asked for."""
    if "croissant.json" not in digests:
        return
    try:
        found = reading.json_value(registry.tree, path)
        parts = [d for d in found["distribution"] if d["@type"] == "cr:FileObject"]
        objects = {str(d["contentUrl"]): str(d["sha256"]) for d in parts}
        said = str(found["version"])
    except _BROKEN as error:
        yield finding("unreadable", path, why=f"{type(error).__name__}: {error}")
        return
    for name in [p for p in objects if not facts.safe(p)][:_MOST]:
        yield finding("unsafe_path", path, value=name)
    if said != version:
        yield finding("differs", path, member="version", found=said, other="manifest.json", said=version)
    for member, mine, written in list(facts.differing(objects, shards))[:_MOST]:
        yield finding("differs", path, member=member, found=mine or "–", other="manifest.json", said=written or "–")


def _report(
    registry: Registry, path: str, loaded: manifests.Manifest, release: Release, digests: dict[str, str]
) -> Iterator[Finding]:
    if "audit/report.json" not in digests:
        return
    try:
        found = reading.json_value(registry.tree, path)
        mine: dict[str, Any] = {k: found["totals"][k] for k in ("read", "kept", "dropped", "errors")}
        mine["version"] = found["identity"]["version"]
        listed = [str(d["domain"]) for d in found["domains"]["top"]]
    except _BROKEN as error:
        yield finding("unreadable", path, why=f"{type(error).__name__}: {error}")
        return
    counts = facts.of(loaded)["counts"] | {"version": loaded.version}
    for member, here, said in facts.differing(mine, counts):
        yield finding("differs", path, member=member, found=here, other="manifest.json", said=said)
    applied = {d: day for d, day in registry.optouts.items() if day <= release.optouts_applied_at}
    for name in listed[: 10 * _MOST]:
        if domain := optout.match(f"https://{name}/", frozenset(applied)):
            yield finding("optout_kept", path, "domains", domain=domain, date=applied[domain])
    if release.optouts_applied_at and not loaded.optouts:
        yield finding("optouts_unused", path.replace("audit/report.json", "release.yaml"), "optouts_applied_at")


def _signature(registry: Registry, dataset: Dataset, folder: str, digests: dict[str, str]) -> Iterator[Finding]:
    path = f"{folder}/model.sig"
    handles = ", ".join(dataset.own)
    keys = [k for h in dataset.own for k in registry.keys.get(h, [])]
    if "model.sig" not in digests:
        yield finding("unsigned", f"{folder}/release.yaml", "evidence")
        return
    if not keys:
        yield finding("no_key", path, handles=handles)
        return
    why = ""
    for key in keys:
        try:
            bundle = registry.tree.read(path, EVIDENCE_BYTES).decode("utf-8")
            signed = signature.signed_files(bundle, signature.public_key_bytes(key, "keys"))
        except DataError as error:
            if error.place == "signing":
                yield finding("signature_unchecked", path)
                return
            why = error.fact
        except _BROKEN as error:
            why = str(error) if isinstance(error, ValueError) else "is no signature of OpenSSF Model Signing"
        else:
            for name, digest in digests.items():
                if name != "model.sig" and signed.get(name) != digest:
                    yield finding("not_signed_for", path, name=name)
            return
    yield finding("signature", path, handles=handles, why=why)
