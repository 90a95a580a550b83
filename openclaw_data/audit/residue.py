"""What is left of personal data in a published dataset: its shards are searched again.

Masking is idempotent, so a value that is left was kept by the recipe's policy, or was put together after masking.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data import storage
from openclaw_data.edits import pii
from openclaw_data.errors import DataError

SAMPLE, GROUPS = 300, 4
"""Documents that an audit report searches, and row groups that it reads for them."""
BATCH = 1024
"""Documents read at a time."""


class Residue(NamedTuple):
    """Kind of value -> documents that still hold one, and values; `documents`: all documents."""

    documents: int
    holding: dict[str, int]
    values: dict[str, int]

    def per_million(self, kind: str) -> float:
        """Documents that hold a value of this kind, of a million."""
        return 1e6 * self.holding.get(kind, 0) / max(1, self.documents)


def residue(dataset: str, *, keep: tuple[str, ...] = ("hotline",)) -> Residue:
    """Search the shards of a dataset for personal data.

    Args:
        dataset: its folder, with `data/`.
        keep: what is no residue: policies and kinds, as in a recipe.

    Raises:
        DataError: there are no shards, or they have no texts.
    """
    import pyarrow.dataset as ds  # a quarter of a second, pandas included, that no run needs

    try:
        shards = ds.dataset(f"{dataset.rstrip('/')}/data", format="parquet")
        batches = shards.to_batches(columns=["text", "title"], batch_size=BATCH)
    except (OSError, ValueError) as error:
        raise DataError(dataset, f"has no shards that can be read: {error}.", "Give the folder of a dataset.") from None
    return _searched(batches, keep)


def sampled(dataset: str, manifest: Mapping[str, Any], n: int = SAMPLE) -> Residue:
    """The same for `n` documents: of at most `GROUPS` row groups, chosen by digest, those with the least `text_sha256`.

    What the recipe keeps (`pii.keep`) is no residue.

    Raises:
        DataError: a shard is missing.
    """
    groups = []
    for shard in manifest["shards"]:
        path = storage.join(dataset, shard["path"])
        if not storage.exists(path):
            raise DataError(path, "is missing, though the manifest lists it.", "Fetch the dataset again.")
        count = storage.open_parquet(path).num_row_groups
        groups += [(hashlib.sha256(f"{shard['sha256']} {i}".encode()).digest(), path, i) for i in range(count)]
    tables = [_texts(path, group, n) for _, path, group in sorted(groups)[:GROUPS]]
    if not tables:
        return Residue(0, {}, {})
    table = pa.concat_tables(tables).sort_by("text_sha256").slice(0, n).combine_chunks()
    keep = (manifest["recipe"].get("pii") or {}).get("keep", ())
    return _searched(table.to_batches(), tuple(keep))


def _texts(path: str, group: int, n: int) -> pa.Table:
    opened = storage.open_parquet(path)
    least = opened.read_row_group(group, ["text_sha256"]).column("text_sha256")
    rows = np.sort(pc.select_k_unstable(pa.table({"h": least}), min(n, len(least)), [("h", "ascending")]).to_numpy())
    columns, start, found = ["text_sha256", "text", "title"], 0, []
    for batch in opened.iter_batches(BATCH, [group], columns):  # a row group may have a hundred MB of text
        inside = rows[np.searchsorted(rows, start) : np.searchsorted(rows, start + len(batch))]
        found.append(batch.take(pa.array(inside - start)))
        start += len(batch)
    return pa.Table.from_batches(found)


def _searched(batches: Iterable[pa.RecordBatch], keep: tuple[str, ...]) -> Residue:
    documents, holding, values = 0, Counter[str](), Counter[str]()
    for batch in batches:
        documents += len(batch)
        found = zip(pii.spans(batch.column("text"), keep), pii.spans(batch.column("title"), keep), strict=True)
        for text, title in found:
            kinds = Counter(span.kind for span in [*text, *title])
            values.update(kinds)
            holding.update(kinds.keys())
    return Residue(documents, dict(sorted(holding.items())), dict(sorted(values.items())))
