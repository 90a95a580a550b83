"""Edits: functions that change the text of a batch and count what they removed.

`EDITS` is the whole list, name -> `module:function`; a function takes the array of texts and returns the new one and
the number of characters removed from each, int32[n]. `BATCH_EDITS` are those that need or make more columns: they take
the batch, with `edits`, and their options, and return the batch. Every edit is idempotent.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from openclaw_data.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

EDITS = {
    "normalise": "openclaw_data.edits.normalise:normalise",
    "mojibake": "openclaw_data.edits.mojibake:mojibake",
    "boilerplate": "openclaw_data.edits.lines:boilerplate",
    "citations": "openclaw_data.edits.lines:citations",
    "c4_lines": "openclaw_data.edits.lines:c4_lines",
    "chinese_c4_lines": "openclaw_data.edits.lines:chinese_c4_lines",
}
BATCH_EDITS = {"pii": "openclaw_data.edits.pii:mask_batch"}


def check(names: Sequence[str]) -> None:
    """Raise DataError for a name that is no edit."""
    for name in names:
        if name not in EDITS and name not in BATCH_EDITS:
            raise DataError(
                f"edit {name!r}", "there is no such edit.", f"There are: {', '.join([*EDITS, *BATCH_EDITS])}."
            )


def apply(
    batch: "pa.RecordBatch", names: Sequence[str], options: Mapping[str, Mapping[str, Any]] | None = None
) -> "pa.RecordBatch":
    """Apply the edits `names` in order to the column `text`.

    Args:
        batch: rows with the columns `text` and `title`.
        names: edits of `EDITS` and `BATCH_EDITS`.
        options: edit of `BATCH_EDITS` -> its keyword arguments.

    Returns:
        The batch with its new text, the int32 column `edits` (characters removed so far, those of earlier calls
        included) and the columns that the edits made.

    Raises:
        DataError: a name is no edit.
    """
    import numpy as np
    import pyarrow as pa

    from openclaw_data import documents

    check(names)
    if "edits" not in batch.schema.names:
        batch = documents.append(batch, {"edits": pa.array(np.zeros(len(batch), np.int32))})
    for name in names:
        module, _, function = (EDITS | BATCH_EDITS)[name].partition(":")
        edit = getattr(import_module(module), function)
        if name in BATCH_EDITS:
            batch = edit(batch, **(options or {}).get(name, {}))
            continue
        texts, removed = edit(batch.column("text"))
        total = batch.column("edits").to_numpy() + removed
        batch = documents.append(batch, {"text": texts, "edits": pa.array(total, pa.int32())})
    return batch
