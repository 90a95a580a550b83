"""A signal that a pack in a test brings along."""

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc


class Shouts(NamedTuple):
    """Exclamation marks."""

    shouts: pa.Array


def shouts(batch: pa.RecordBatch) -> Shouts:
    return Shouts(pc.count_substring(batch.column("text"), "!"))


def nothing(batch: pa.RecordBatch) -> int:
    return len(batch)
