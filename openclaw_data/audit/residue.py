"""What is left of personal data in a published dataset: its shards are searched again, with nothing kept.

Masking is idempotent, so a value that is left was kept by the recipe's policy, or was put together after masking.
"""

from collections import Counter
from typing import NamedTuple

import pyarrow.dataset as ds

from openclaw_data.edits import pii
from openclaw_data.errors import DataError


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
    try:
        shards = ds.dataset(f"{dataset.rstrip('/')}/data", format="parquet")
        batches = shards.to_batches(columns=["text", "title"], batch_size=1024)
    except (OSError, ValueError) as error:
        raise DataError(dataset, f"has no shards that can be read: {error}.", "Give the folder of a dataset.") from None
    documents, holding, values = 0, Counter[str](), Counter[str]()
    for batch in batches:
        documents += len(batch)
        found = zip(pii.spans(batch.column("text"), keep), pii.spans(batch.column("title"), keep), strict=True)
        for text, title in found:
            kinds = Counter(span.kind for span in [*text, *title])
            values.update(kinds)
            holding.update(kinds.keys())
    return Residue(documents, dict(sorted(holding.items())), dict(sorted(values.items())))
