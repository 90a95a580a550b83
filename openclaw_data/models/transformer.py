"""Transformer classifiers through ONNX Runtime (extra `onnx`): FineWeb-edu's kind, on the device that is named.

A model is one ONNX file whose inputs are `input_ids` and, if it wants them, `attention_mask` and `token_type_ids`, and
whose first output holds one row of numbers a text; its `tokenizer.json` stands beside it. Texts are cut to
`max_tokens`, sorted by length, padded batch by batch and put back in their order. One thread a process, because
workers are processes: the same batch gives the same bytes for any number of workers, on one kind of device.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from openclaw_data.errors import DataError
from openclaw_data.models.files import Choice, tokenizer_of, verified

CHARS_PER_TOKEN = 16
"""What is read of a text for each token the model may see, so that one document cannot take long."""
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_SUFFIX = "ExecutionProvider"


class Loaded(NamedTuple):
    """A model that can be asked: session, tokenizer, input names with their types, the id that pads."""

    session: Any
    tokenizer: Any
    inputs: dict[str, Any]
    pad: int


@lru_cache(maxsize=4)
def load(choice: Choice) -> Loaded:
    """Load a model and its tokenizer, and ask it about one word, once a process.

    Raises:
        DataError: the extra is not installed; as `files.verified`; an unknown or unavailable provider; a model or
            tokenizer of another shape.
    """
    try:
        import onnxruntime
        import tokenizers
    except ImportError as error:
        remedy = "Install it: pip install 'openclaw-data[onnx]'."
        raise DataError(choice.path, f"ONNX models need the package {error.name}.", remedy) from None
    content, named = verified(choice), provider(choice, onnxruntime.get_available_providers())
    try:
        tokenizer = tokenizers.Tokenizer.from_str(verified(tokenizer_of(choice)).decode())
    except Exception as error:
        if isinstance(error, DataError):
            raise
        raise DataError(choice.tokenizer, f"is no tokenizer: {_short(error)}.", "Name its tokenizer.json.") from None
    padding = (tokenizer.padding or {}).get("pad_id")
    known = (tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>", "<|endoftext|>"))
    pad = padding if padding is not None else next((i for i in known if i is not None), 0)
    tokenizer.no_padding()
    tokenizer.enable_truncation(choice.max_tokens)
    session = _session(choice, content, named, onnxruntime)
    types = {i.name: np.int32 if i.type == "tensor(int32)" else np.int64 for i in session.get_inputs()}
    if "input_ids" not in types or set(types) - set(INPUTS):
        fact = f"the model's inputs are {', '.join(types)}."
        raise DataError(choice.path, fact, f"Export it with inputs among {', '.join(INPUTS)}.")
    loaded = Loaded(session, tokenizer, types, pad)
    columns = _outputs(choice, loaded, [tokenizer.encode("a")]).shape[1]
    if not -columns <= choice.column < columns:
        raise DataError(choice.path, f"it gives {columns} numbers a text.", f"`column` is {choice.column}: lower it.")
    return loaded


def provider(choice: Choice, available: list[str]) -> str:
    """The execution provider asked for, with or without the end `ExecutionProvider`, in any case.

    Raises:
        DataError: it is not among those of this installation, which it lists.
    """
    short = {name.removesuffix(_SUFFIX).lower(): name for name in available}
    asked = choice.provider.removesuffix(_SUFFIX).lower()
    if asked not in short:
        raise DataError(
            f"provider {choice.provider!r}",
            f"this installation of ONNX Runtime has {', '.join(available)}.",
            "Name one of them, or install the build of onnxruntime for your device (onnxruntime-gpu, -cann, ...).",
        )
    return short[asked]


def score(choice: Choice, texts: pa.Array) -> Any:
    """The score of each text, float32[n] in 0-1, to four digits; 0 where the model gives no finite number."""
    loaded = load(choice)
    most = choice.max_tokens * CHARS_PER_TOKEN
    encoded = [loaded.tokenizer.encode(text.as_py()[:most]) for text in texts]
    order = sorted(range(len(encoded)), key=lambda i: (len(encoded[i]), i))
    out = np.zeros(len(encoded), np.float32)
    for start in range(0, len(order), choice.batch):
        rows = order[start : start + choice.batch]
        out[rows] = mapped(choice, _outputs(choice, loaded, [encoded[i] for i in rows]))
    return out


def mapped(choice: Choice, outputs: Any) -> Any:
    """Outputs float64[n, k] -> scores float32[n]: `linear`, `sigmoid` or `softmax`, of column `column`.

    Rounded to four digits, because padding to another length may move the last ones.
    """
    outputs = np.nan_to_num(outputs, nan=np.nan, posinf=np.nan, neginf=np.nan)
    if choice.output == "softmax":
        high = np.exp(np.clip(outputs - outputs.max(axis=1, keepdims=True), -700, 0))
        found = (high / high.sum(axis=1, keepdims=True))[:, choice.column]
    elif choice.output == "sigmoid":
        found = 1 / (1 + np.exp(-np.clip(outputs[:, choice.column], -700, 700)))
    else:
        low, top = choice.range
        found = (outputs[:, choice.column] - low) / (top - low)
    return np.where(np.isfinite(found), np.clip(found, 0, 1), 0).round(4).astype(np.float32)


def _session(choice: Choice, content: bytes, named: str, onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(content, options, providers=[named])
    except Exception as error:  # noqa: BLE001 - ONNX Runtime has a class an error, none of them public
        fact = f"ONNX Runtime cannot load it: {_short(error)} (sha256 {choice.sha256}, as expected)."
        raise DataError(choice.path, fact, "Name a whole model in one file, without external data.") from None
    if session.get_providers()[0] != named:  # it falls back on the processor without a word
        fact = f"it does not start here; ONNX Runtime took {session.get_providers()[0]} instead."
        raise DataError(f"provider {named!r}", fact, "Install its driver and libraries, or name another provider.")
    return session


def _outputs(choice: Choice, loaded: Loaded, encoded: list[Any]) -> Any:
    """What the model says of encoded texts: float64[n, k]; a text without tokens is one token of padding."""
    width = max(1, *(len(e) for e in encoded))
    filled = {name: np.zeros((len(encoded), width), kind) for name, kind in loaded.inputs.items()}
    filled["input_ids"][:] = loaded.pad
    for row, e in enumerate(encoded):
        for name, values in (
            ("input_ids", e.ids),
            ("attention_mask", e.attention_mask),
            ("token_type_ids", e.type_ids),
        ):
            if name in filled:
                filled[name][row, : len(values)] = values
    try:
        found = np.asarray(loaded.session.run(None, filled)[0], np.float64)
        return found.reshape(len(encoded), -1)
    except Exception as error:  # noqa: BLE001 - as above
        fact = f"the model cannot read its input of {len(encoded)} texts of {width} tokens: {_short(error)}."
        raise DataError(
            choice.path, fact, "Lower `max_tokens` or `batch`, and check that the tokenizer is its own."
        ) from None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
