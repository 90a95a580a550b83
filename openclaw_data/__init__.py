"""Turn raw Chinese and English web scrapes into clean, deduplicated, explainable training datasets.

The public names: `run` curates a dataset as a recipe says and returns its manifest; `extract` takes the text out of
one HTML page; `score` measures texts with every signal; `mask_pii` masks the personal data in texts. Everything works
on batches of documents (`documents`). Policy is YAML in filters/ and pipelines/; mechanism is small functions: ingest
-> extract -> language -> edits -> signals -> rules, then dedup over fingerprints, then dataset. Only `flow` knows
Apache Beam.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openclaw_data.edits.pii import mask_pii
    from openclaw_data.extraction import Page, extract
    from openclaw_data.flow.run import run
    from openclaw_data.signals.score import score

__all__ = ["Page", "extract", "mask_pii", "run", "score"]

_HOME = {
    "Page": "openclaw_data.extraction",
    "extract": "openclaw_data.extraction",
    "mask_pii": "openclaw_data.edits.pii",
    "run": "openclaw_data.flow.run",
    "score": "openclaw_data.signals.score",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import openclaw_data` stays light."""
    if name not in _HOME:
        raise AttributeError(f"module 'openclaw_data' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
