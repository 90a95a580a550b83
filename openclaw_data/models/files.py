"""Model files: finding, verifying, reading and writing them.

A file of ours (`.linear`) is: the line `openclaw-linear 1`, one line of JSON (the fields of `Linear` but its weights,
digest and path), and 2**bits weights as int8. Anything else by path must be a fastText model. The digests of the
bundled files stand in `filters/models/SHA256SUMS`, so that `sha256sum -c` checks them, too. A model with a tokenizer is
an ONNX file (`transformer`); models of perplexity are KenLM's (`perplexity`).
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from openclaw_data import share
from openclaw_data.errors import DataError

MAGIC = b"openclaw-linear 1\n"
FASTTEXT_MAGIC = b"\xba\x16\x4f\x2f"
TASKS = ("toxicity", "quality")
BUNDLED = ("zh", "en")
"""Languages with a model of each task in `filters/models/`."""
GROUNDS = ("ethnicity", "region", "gender")
"""What toxic text may be about; there is a Chinese model of each, asked only about toxic documents."""
_HEADER_BYTES = 1 << 16


class Choice(NamedTuple):
    """Which model file to use: its path, the sha256 it must have, and what its kind asks for.

    `label` is of fastText models, `tokens` of KenLM models, `provider` and what follows of ONNX models;
    pipelines/README.md and docs/models.md say what each means.
    """

    path: str
    sha256: str
    label: str = ""
    tokens: str = "words"
    tokenizer: str = ""
    tokenizer_sha256: str = ""
    provider: str = "CPUExecutionProvider"
    output: str = "linear"
    range: tuple[float, float] = (0.0, 5.0)
    column: int = -1
    max_tokens: int = 512
    batch: int = 32


class Linear(NamedTuple):
    """A linear model over hashed n-grams; `kernels.linear` says what the numbers do.

    A document is scored by `window` characters at a time, at most `most` windows spread over it. `line` is the logit
    from which a window counts as positive where shares of windows are asked. `repetition` is what a document whose
    every character is repeated (`duplicate_5_gram_char_fraction`) loses of its logit; 0 where text alone decides.
    """

    task: str
    language: str
    bits: int
    first: int
    last: int
    words: int
    window: int
    most: int
    scale: float
    bias: float
    line: float
    repetition: float
    weights: Any  # int8[2**bits]
    sha256: str
    path: str

    @property
    def shape(self) -> Any:
        """What the kernels take: int64[4]."""
        return np.array([self.bits, self.first, self.last, self.words], np.int64)


_FIELDS = Linear._fields[:-3]
_NUMBERS = ("scale", "bias", "line", "repetition")


def bundled(task: str, language: str) -> Choice:
    """The model of a task and language that comes along.

    Raises:
        DataError: there is none, or the list of digests does not name it.
    """
    folder = share.folder("filters") / "models"
    name, sums = f"{task}-{language}.linear", folder / "SHA256SUMS"
    try:
        lines = sums.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(str(sums), f"cannot be read: {error}.", "Install the package again.") from None
    listed = {row.partition("  ")[2]: row.partition("  ")[0] for row in lines}
    if name not in listed:
        raise DataError(
            str(sums), f"does not list {name}.", f"Models of {task} there are: {', '.join(sorted(listed))}."
        )
    return Choice(str(folder / name), listed[name])


def verified(choice: Choice) -> bytes:
    """The bytes of a model file that has the digest it must have.

    Raises:
        DataError: missing, unreadable, or of another digest; names file, both digests and the remedy.
    """
    try:
        content = Path(choice.path).read_bytes()
    except OSError as error:
        raise _unreadable(choice, error) from None
    _compare(choice, hashlib.sha256(content).hexdigest(), len(content))
    return content


def verify(choice: Choice) -> None:
    """The same for a file that may be larger than memory: read through, not kept.

    Raises:
        DataError: as `verified`.
    """
    try:
        with Path(choice.path).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise _unreadable(choice, error) from None
    _compare(choice, found, size)


def tokenizer_of(choice: Choice) -> Choice:
    """The tokenizer of a model, as a file with a digest."""
    return Choice(choice.tokenizer, choice.tokenizer_sha256)


def _unreadable(choice: Choice, error: OSError) -> DataError:
    return DataError(
        choice.path,
        f"the model cannot be read: {error.strerror}; its sha256 must be {choice.sha256}.",
        "Put the file there, or change the path under `models` in the recipe.",
    )


def _compare(choice: Choice, found: str, size: int) -> None:
    if found != choice.sha256:
        raise DataError(
            choice.path,
            f"the model's sha256 must be {choice.sha256} and is {found} ({size} bytes).",
            "Fetch the file again; if the new one is meant, write its digest where the old one stands.",
        )


def kind(choice: Choice) -> str:
    """`onnx` for a model with a tokenizer; else `linear` or `fasttext`, by the first bytes of a verified file.

    Raises:
        DataError: as `verified`, or none of the three.
    """
    if choice.tokenizer:
        return "onnx"
    content = verified(choice)
    if content.startswith(MAGIC):
        return "linear"
    if content.startswith(FASTTEXT_MAGIC):
        return "fasttext"
    raise DataError(
        choice.path,
        f"begins with {content[:12]!r} and is neither a model of `openclaw-data train` nor of fastText"
        f" (sha256 {choice.sha256}, as expected).",
        "Name the model file itself, unpacked; an ONNX model needs its `tokenizer`, too.",
    )


@lru_cache(maxsize=16)
def kind_of(choice: Choice) -> str:
    """`kind`, once a process."""
    return kind(choice)


@lru_cache(maxsize=16)
def read(choice: Choice) -> Linear:
    """Read a linear model, once a process.

    Raises:
        DataError: as `verified`; a file that is truncated or of another format.
    """
    content = verified(choice)

    def refuse(fact: str) -> DataError:
        return DataError(
            choice.path, f"{fact} (sha256 {choice.sha256}, as expected).", "Train it again with `openclaw-data train`."
        )

    if not content.startswith(MAGIC):
        raise refuse(f"is not a model of `openclaw-data train`: it begins with {content[:12]!r}")
    end = content.find(b"\n", len(MAGIC), _HEADER_BYTES)
    try:
        header = json.loads(content[len(MAGIC) : end])
        fields = {name: header[name] for name in _FIELDS}
        _check(fields)
    except (ValueError, KeyError, TypeError) as error:
        raise refuse(f"its header cannot be used: {error}") from None
    weights = np.frombuffer(content, np.int8, offset=end + 1)
    if len(weights) != 1 << fields["bits"]:
        raise refuse(f"has {len(weights)} weights and its header promises {1 << fields['bits']}: it is truncated")
    return Linear(**fields, weights=weights, sha256=choice.sha256, path=choice.path)


def _check(fields: dict[str, Any]) -> None:
    """Raises ValueError for a header whose numbers the kernels cannot take."""
    whole = ("bits", "first", "last", "words", "window", "most")
    if not all(isinstance(fields[name], int) for name in whole):
        raise ValueError(f"{', '.join(whole)} must be whole numbers")
    if not all(isinstance(fields[n], int | float) and abs(fields[n]) < 1e6 for n in _NUMBERS):
        raise ValueError(f"{', '.join(_NUMBERS)} must be numbers")
    if not (8 <= fields["bits"] <= 24 and fields["first"] >= 1 and fields["last"] <= 5 and 0 <= fields["words"] <= 2):
        raise ValueError("bits, first, last or words is out of range")
    if fields["window"] < 20 or fields["most"] < 1:
        raise ValueError("window or most is out of range")


def write(path: Path, model: Linear) -> str:
    """Write a linear model and return its sha256; the same model gives the same bytes."""
    header = {name: getattr(model, name) for name in _FIELDS}
    content = MAGIC + json.dumps(header, sort_keys=True).encode() + b"\n" + model.weights.tobytes()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
