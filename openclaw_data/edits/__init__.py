"""Edits: functions that change the text of a batch and count what they removed.

`EDITS` is the whole list, name -> `module:function`; a function takes the array of texts and returns the new one and
the number of characters removed from each, int32[n]. Every edit is idempotent.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from openclaw_data.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

EDITS = {"normalise": "openclaw_data.edits.normalise:normalise"}


def check(names: Sequence[str]) -> None:
    """Raise DataError for a name that is no edit."""
    for name in names:
        if name not in EDITS:
            raise DataError(f"edit {name!r}", "there is no such edit.", f"There are: {', '.join(EDITS)}.")


def apply(batch: "pa.RecordBatch", names: Sequence[str]) -> "pa.RecordBatch":
    """Apply the edits `names` in order to the column `text`.

    Returns:
        The batch with its new text and the int32 column `edits`: characters removed so far, those of earlier calls
        included.

    Raises:
        DataError: a name is no edit.
    """
    import numpy as np
    import pyarrow as pa

    from openclaw_data import documents

    check(names)
    texts = batch.column("text")
    known = "edits" in batch.schema.names
    total = batch.column("edits").to_numpy().copy() if known else np.zeros(len(batch), np.int32)
    for name in names:
        module, _, function = EDITS[name].partition(":")
        texts, removed = getattr(import_module(module), function)(texts)
        total += removed
    return documents.append(batch, {"text": texts, "edits": pa.array(total, pa.int32())})
