"""Any filter of datatrove as a signal: 1 for what it keeps, 0 for what it drops. Needs the extra `datatrove`."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from openclaw_data.errors import DataError

MODULE = "datatrove.pipeline.filters"


def signal(column: str, name: str, arguments: Mapping[str, Any]) -> Callable[[pa.RecordBatch], dict[str, pa.Array]]:
    """A function that asks the filter `name`, made with `arguments`, about each document.

    The filter is given text, id and metadata (language, url). A document on which it raises is dropped by it, and
    a filter that edits the text edits a copy. It runs at datatrove's speed, one document at a time.

    Args:
        column: the name of the column that the function makes, int32.
        name: a class in `datatrove.pipeline.filters`, such as `GopherQualityFilter`.
        arguments: for its constructor.

    Raises:
        DataError: datatrove is not installed, has no such filter, or the filter refuses the arguments.
    """
    try:
        filters = importlib.import_module(MODULE)
    except ImportError as error:
        fact = f"datatrove cannot be imported: {error}."
        raise DataError(f"filter {name}", fact, "pip install 'openclaw-data[datatrove]'") from None
    known = sorted(n for n in dir(filters) if n.endswith("Filter") and n != "BaseFilter")
    if name not in known:
        raise DataError(f"filter {name}", "datatrove has no such filter.", f"There are: {', '.join(known)}.")
    try:
        made = getattr(filters, name)(**arguments)
    except (TypeError, ValueError) as error:
        raise DataError(f"filter {name}", f"it refuses its arguments: {error}.") from None
    return lambda batch: {column: _ask(made, batch)}


def _ask(made: Any, batch: pa.RecordBatch) -> pa.Array:
    from datatrove.data import Document

    names = set(batch.schema.names)
    languages = batch.column("language").to_pylist() if "language" in names else [""] * len(batch)
    urls = batch.column("url").to_pylist() if "url" in names else [""] * len(batch)
    kept = np.zeros(len(batch), np.int32)
    for i, text in enumerate(batch.column("text").to_pylist()):
        document = Document(text=text, id=str(i), metadata={"language": languages[i], "url": urls[i]})
        try:
            result = made.filter(document)
        except Exception:  # noqa: BLE001, S112 - a filter of somebody else; what it cannot judge it does not keep
            continue
        kept[i] = bool(result[0] if isinstance(result, tuple) else result)
    return pa.array(kept)
