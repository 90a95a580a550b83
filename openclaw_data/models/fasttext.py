"""fastText models by path, through `fasttext-predict`: one call a document, so slower than our own models.

fastText trusts its files: a damaged one ends the process. So the file's structure is walked before it is loaded, and a
file whose parts do not add up to its size is refused.
"""

import struct
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from openclaw_data.errors import DataError, hint
from openclaw_data.models.files import FASTTEXT_MAGIC, Choice, verified

READ_CHARS = 50_000
"""What a model sees of a text, so that one document cannot take long."""
_ARGUMENTS = struct.Struct("<4xi12id")  # magic, version, twelve settings, sampling threshold
_DICTIONARY = struct.Struct("<iiiqq")  # entries, words, labels, tokens, entries of the pruning index
_SUPERVISED, _LABEL, _MOST = 3, 1, 1 << 31


@lru_cache(maxsize=8)
def load(choice: Choice) -> Any:
    """Load a model whose digest is right and which knows the label, once a process.

    Raises:
        DataError: as `files.verified`; no fastText model, or a truncated one; a label it does not have.
    """
    import fasttext

    try:
        known = labels(verified(choice))
    except (ValueError, IndexError, struct.error) as error:
        raise DataError(
            choice.path,
            f"is no whole fastText model: {error} (sha256 {choice.sha256}, as expected).",
            "Name a supervised model (.bin or .ftz), and fetch it again if it was cut off.",
        ) from None
    if choice.label not in known:
        remedy = hint(choice.label, known)
        raise DataError(choice.path, f"the model has no label {choice.label!r}.", f"Set `label`. {remedy}")
    return fasttext.load_model(choice.path)


def score(choice: Choice, texts: pa.Array) -> Any:
    """The probability of the chosen label for each text, float32[n]."""
    model = load(choice)
    rows = []
    for text in texts:
        names, chances = model.predict(" ".join(text.as_py()[:READ_CHARS].split()), k=-1)
        rows.append(dict(zip(names, chances, strict=True)).get(choice.label, 0.0))
    return np.clip(np.array(rows, np.float32), 0, 1)


def labels(content: bytes) -> list[str]:
    """The labels of a supervised model, once every part of it is found to be there.

    Raises:
        ValueError, IndexError, struct.error: the parts do not add up; it is of another kind.
    """
    if not content.startswith(FASTTEXT_MAGIC):
        raise ValueError("it does not begin as one")
    version, *arguments, _ = _ARGUMENTS.unpack_from(content)
    if version not in (11, 12) or arguments[7] != _SUPERVISED:
        raise ValueError(
            f"it has version {version} and kind {arguments[7]}; supervised models of 11 and 12 can be read"
        )
    at = _ARGUMENTS.size
    entries, _, _, _, pruned = _DICTIONARY.unpack_from(content, at)
    at += _DICTIONARY.size
    found = []
    for _ in range(entries):
        end = content.index(b"\0", at)
        if content[end + 9] == _LABEL:
            found.append(content[at:end].decode("utf-8", "replace"))
        at = end + 10
    at += 8 * max(pruned, 0)
    for _ in range(2):  # the input matrix, then the output matrix
        at = _after_matrix(content, at)
    if at != len(content):
        raise ValueError(f"its parts take {at} bytes and the file has {len(content)}")
    return found


def _after_matrix(content: bytes, at: int) -> int:
    """Where a matrix ends that begins, with the flag whether it is quantised, at `at`."""
    quantised = struct.unpack_from("<?", content, at)[0]
    if not quantised:
        rows, columns = struct.unpack_from("<qq", content, at + 1)
        return at + 17 + _checked(rows) * _checked(columns) * 4
    norms, rows, columns, codes = struct.unpack_from("<?qqi", content, at + 1)
    at = _after_quantiser(content, at + 22 + _checked(codes))
    return _after_quantiser(content, at + _checked(rows)) if norms and columns else at


def _after_quantiser(content: bytes, at: int) -> int:
    dimensions = struct.unpack_from("<i", content, at)[0]
    return at + 16 + _checked(dimensions) * 256 * 4


def _checked(number: int) -> int:
    if not 0 <= number < _MOST:
        raise ValueError(f"it has a part of size {number}")
    return number
