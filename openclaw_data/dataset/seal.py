"""Finish a dataset: write Croissant, card and provenance beside the shards, then the manifest that holds every hash.

The manifest is the root: it lists every other file with its sha256 and carries its own digest. Only the signature,
which covers the manifest as well, stays outside. Whatever adds a file to a dataset (an audit report, say) seals it
again.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from openclaw_data import storage
from openclaw_data.dataset import card, croissant, provenance, signature
from openclaw_data.dataset.manifest import NAME, Attached, Manifest

SIGNATURE = "model.sig"


def seal(dataset: str, manifest: Manifest, key: str | Path | None = None) -> Manifest:
    """Write what describes the dataset, and the manifest last; sign with `key` where it is given.

    Args:
        dataset: the folder or URL, with data/ and decisions/ complete.
        manifest: what is in it; its list of attached files and its digest are made anew.
        key: PEM file of an EC P-256 private key. An old signature is removed in any case: it no longer fits.

    Returns:
        The manifest as written. Contents depend on the manifest alone, never on the clock; see `moment`.
    """
    storage.remove(storage.join(dataset, SIGNATURE))
    manifest = manifest.canonical()
    when = moment(manifest)
    _write(dataset, "croissant.json", json.dumps(croissant.describe(manifest, when), ensure_ascii=False, indent=1))
    _write(dataset, "README.md", card.text(manifest, when).rstrip("\n"))
    envelope = provenance.envelope(provenance.statement(manifest, when), key)
    _write(dataset, "provenance.dsse.json", json.dumps(envelope, indent=1))
    known = {f.path for f in (*manifest.shards, *manifest.decisions)} | {NAME, SIGNATURE}
    attached = [_attached(dataset, path) for path in storage.files(dataset) if path not in known]
    sealed = manifest.model_copy(update={"files": tuple(attached)}).with_digest()
    _write(dataset, NAME, sealed.to_json().rstrip("\n"))
    if key is not None:
        signature.sign(dataset, key)
    return sealed


def moment(manifest: Manifest) -> str:
    """The time that the standards ask for, ISO 8601: SOURCE_DATE_EPOCH where set, else the latest fetch time.

    The clock is not looked at, so that the same input gives the same files.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return manifest.contents.fetched_last or "1970-01-01T00:00:00Z"


def _write(dataset: str, name: str, text: str) -> None:
    with storage.create(storage.join(dataset, name)) as path:
        Path(path).write_text(text + "\n", encoding="utf-8")


def _attached(dataset: str, path: str) -> Attached:
    full = storage.join(dataset, path)
    return Attached(path=path, sha256=storage.sha256(full), size_bytes=storage.size(full))
