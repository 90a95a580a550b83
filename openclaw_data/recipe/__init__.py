"""Recipes: the YAML that says what a dataset is made of and how (see pipelines/README.md for every key).

A recipe is read strictly: an unknown or duplicate key is an error that names the file, the line, the key and the
nearest valid one. `resolve` binds it to the digests of all it depends on (packs, models) and hashes the whole; that
hash, `Resolved.digest`, stands in the manifest and decides whether a work folder may be resumed.
"""

from openclaw_data.recipe.reading import available, load, with_inputs
from openclaw_data.recipe.resolving import Resolved, portable, resolve, url_folders
from openclaw_data.recipe.sections import (
    Decontaminate,
    Dedup,
    Errors,
    Keep,
    Lines,
    Output,
    Publication,
    Recipe,
    Rights,
    Section,
    Source,
    parse_size,
    section_in,
)

__all__ = [
    "Decontaminate", "Dedup", "Errors", "Keep", "Lines", "Output", "Publication", "Recipe", "Resolved", "Rights",
    "Section", "Source", "available", "load", "parse_size", "portable", "resolve", "section_in", "url_folders",
    "with_inputs",
]  # fmt: skip
