"""What a release says of a dataset, taken from the dataset's own manifest: written by `init`, compared by `check`."""

import re
from collections.abc import Iterator
from typing import Any

from openclaw_data.dataset.manifest import Manifest

_UNSAFE = re.compile(r"(?:^|/)\.{1,2}(?:/|$)|^/|//|[:\\]|/$|^$")


def of(manifest: Manifest) -> dict[str, Any]:
    """The members of a release that follow from the manifest, as they are written."""
    found = manifest.model_dump(mode="json")
    return {
        "version": found["version"],
        "digest": found["digest"],
        "previous": found["previous"],
        "run_id": found["run_id"],
        "languages": list(manifest.contents.tokens_by_language) or found["languages"],
        "sources": found["sources"],
        "counts": {k: found["counts"][k] for k in ("read", "kept", "dropped", "errors")},
        "contents": found["contents"],
        "shards": len(manifest.shards),
        "size_bytes": sum(s.size_bytes for s in manifest.shards),
        "takedowns": found["takedowns"],
    }


def illegal_rate(manifest: Manifest) -> float | None:
    """The share of documents that people failed in the spot check, of the worst source or of all; None: no check."""
    checks = manifest.review.checks if manifest.review else ()
    rates = [1 - c.rate for c in checks if c.key in ("manual", "source") and c.verdict != "too few"]
    return round(max(rates), 4) if rates else None


def differing(found: Any, said: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two values differ: member, what is found, what is said."""
    if isinstance(found, dict) and isinstance(said, dict):
        for key in sorted({*found, *said}):
            yield from differing(found.get(key), said.get(key), f"{where}.{key}" if where else str(key))
    elif isinstance(found, list) and isinstance(said, list) and len(found) == len(said):
        for i, (a, b) in enumerate(zip(found, said, strict=True)):
            yield from differing(a, b, f"{where}.{i}")
    elif found != said:
        yield where, found, said


def safe(path: str) -> bool:
    """Whether a path of a dataset's file stays within the dataset, and is no address."""
    return len(path) <= 1000 and not _UNSAFE.search(path) and path.isprintable()
