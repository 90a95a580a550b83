"""Documents in two languages: the lines of each, put together and measured as a document of their own.

A limit set on English says nothing of Chinese paragraphs, and a mean over both measures neither. So a document with a
fifth of its words in each of two languages gets its signals a second time, for each language's lines alone, and rules
that are bound to a language judge these (`rules.verdict`).

Lines are told apart by their script, as `kernels.shapes` does: Chinese, or letters of an alphabet. A line without
letters belongs to the one before it, and so does program text. Then each half is identified as documents are, and the
one in an alphabet must be text that the model is sure of: commands, output, tables and addresses are in no language,
and a Chinese manual full of them is in one. Two languages in Latin letters are not told apart.
"""

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data import documents, signals
from openclaw_data.kernels import halves as quick
from openclaw_data.kernels import shapes as kernel
from openclaw_data.kernels import solid_lines
from openclaw_data.kernels.characters import character_classes
from openclaw_data.signals import language
from openclaw_data.signals.shapes import shape_lines

COLUMN = "language_parts"
"""list<struct>: language, language_script, language_score, share (of the words of all halves, 0-1), and every signal.
Empty for a document in one language."""
LEAST_SHARE = 0.2
"""Of the words, in each of the two languages."""
LEAST_WORDS = 50
"""In each part: fewer are too few to be measured. Gopher's least document."""
MOSTLY_WORDS = 0.8
"""Of the tokens of lines in an alphabet, those with a letter; lists, output, addresses have fewer. Gopher's limit."""
ROUGHLY, ROUGHLY_WORDS = 0.8, 0.7
"""What the quick look takes for the limits above: so much of the first two, and this for the third."""
_OTHER, _CHINESE, _ALPHABET = range(3)
_ABOUT = (
    pa.field("language", pa.string()),
    pa.field("language_script", pa.string()),
    pa.field("language_score", pa.float32()),
    pa.field("share", pa.float32()),
)
_NAMES = {field.name for field in _ABOUT}


def language_parts(
    batch: pa.RecordBatch,
    measured: Mapping[str, pa.Array],
    models: Mapping[str, Any] | None = None,
    *,
    model: str = language.BUNDLED,
) -> pa.Array:
    """The column `language_parts` of a batch.

    Args:
        batch: n documents with `text` and the columns of `language.identify`.
        measured: what `signals.compute` made of them; the same is made of the parts.
        models: as for `signals.compute`.
        model: as for `language.identify`.

    Returns:
        list<struct>, n lists: no part, or the Chinese lines and those in an alphabet; without nulls.
    """
    docs, parts = _parts(batch, model)
    values = signals.compute(parts, measured, models) if len(docs) else {n: array[:0] for n, array in measured.items()}
    fields = [*_ABOUT, *(pa.field(name, array.type) for name, array in measured.items())]
    found = pa.StructArray.from_arrays([*(parts.column(f.name) for f in _ABOUT), *values.values()], fields=fields)
    return pa.ListArray.from_arrays(np.searchsorted(docs.to_numpy(), np.arange(len(batch) + 1)).astype(np.int32), found)


def _parts(batch: pa.RecordBatch, model: str) -> tuple[pa.Array, pa.RecordBatch]:
    """The parts as documents with a column `share`, and the row that each is of."""
    docs, texts = halves(batch)
    long, share = _long_enough(texts) if len(docs) else (pa.array([], pa.bool_()), np.zeros(0, np.float32))
    docs, texts, shares = docs.filter(long), texts.filter(long), pa.array(share).filter(long)
    parts = documents.append(batch.take(docs), {"text": texts, "share": shares})
    if not len(docs):
        return docs, parts
    own = parts.column("language")
    parts = documents.append(parts, language.identify(parts, model=model))
    two = _in_two(parts, own)
    return docs.filter(two), parts.filter(two)


def only(parts: pa.ChunkedArray, names: Collection[str]) -> pa.Array:
    """A column `language_parts` as it is made where the signals `names` are measured, of which it must have all."""
    parts = parts.combine_chunks() if isinstance(parts, pa.ChunkedArray) else parts
    found = parts.flatten()
    fields = [pa.field(f.name, f.type) for f in found.type if f.name in names or f.name in _NAMES]
    struct = pa.StructArray.from_arrays([found.field(f.name) for f in fields], fields=fields)
    lengths = pc.list_value_length(parts).to_numpy()
    return pa.ListArray.from_arrays(np.concatenate(([0], np.cumsum(lengths))).astype(np.int32), struct)


def halves(batch: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
    """The lines of each script of the documents that may be in two languages.

    Returns:
        (rows int64[2k], texts): for each such document its Chinese lines, then those in an alphabet.
    """
    texts = batch.column("text")
    han, words, signs = quick.count(*documents.text_buffers(texts), LEAST_WORDS).T
    chinese = han / quick.HAN_PER_WORD
    least = np.maximum(ROUGHLY * LEAST_WORDS, ROUGHLY * LEAST_SHARE * (words + chinese))
    rows = np.flatnonzero((np.minimum(words, chinese) >= least) & (words >= ROUGHLY_WORDS * (words + signs)))
    return pa.array(np.repeat(rows, 2), pa.int64()), pa.array(_texts(texts.take(pa.array(rows))), pa.string())


def _long_enough(texts: pa.Array) -> tuple[pa.Array, Any]:
    """Which halves, two rows a document, are long enough and words; and their shares: (bool[2k], float32[2k])."""
    found = signals.compute(pa.record_batch([texts], ["text"]), ["words", "alphabetic_token_fraction"])
    words = found["words"].to_numpy().reshape(-1, 2)
    share = words / np.maximum(words.sum(axis=1, keepdims=True), 1)
    alphabetic = found["alphabetic_token_fraction"].to_numpy()[1::2] >= MOSTLY_WORDS
    fit = ((share >= LEAST_SHARE) & (words >= LEAST_WORDS)).all(axis=1) & alphabetic
    return pa.array(np.repeat(fit, 2)), share.astype(np.float32).reshape(-1)


def _texts(texts: pa.Array) -> list[str]:
    """Two texts a document: its Chinese lines, and those in an alphabet, each with the lines of neither behind them."""
    offsets, data = documents.text_buffers(texts)
    lines = solid_lines.Lines(*solid_lines.find(offsets, data, character_classes()))
    shapes = shape_lines(data, lines)[0]
    code, chinese, alphabet = (shapes >> kernel.BIT[name] & 1 != 0 for name in ("code", "chinese", "latin"))
    kinds = np.select([code, chinese, alphabet], [_OTHER, _CHINESE, _ALPHABET], _OTHER)
    found = []
    for d, (first, last) in enumerate(pairwise(lines.doc_lines.tolist())):
        text = data[offsets[d] : offsets[d + 1]]
        feeds = np.flatnonzero(text == 10)
        starts = np.concatenate(([0], feeds + 1))[np.searchsorted(feeds, lines.line_start[first:last] - offsets[d])]
        sizes = np.diff(np.append(starts, len(text)))
        kind = np.repeat(_filled(kinds[first:last]), sizes)
        text = text[len(text) - len(kind) :]  # blank lines at the beginning belong to none
        found += [text[kind == wanted].tobytes().decode().strip("\n") for wanted in (_CHINESE, _ALPHABET)]
    return found


def _filled(kinds: Any) -> Any:
    """Each line that is `_OTHER` as the one before it, those at the beginning as the first that is not."""
    known = np.flatnonzero(kinds != _OTHER)
    if not len(known):
        return kinds
    last = np.maximum.accumulate(np.where(kinds != _OTHER, np.arange(len(kinds)), known[0]))
    return kinds[last]


def _in_two(parts: pa.RecordBatch, own: pa.Array) -> pa.Array:
    """Whether the halves, two rows a document, are in its language and in another: bool[2k]. `own`: its language."""
    languages = np.array(parts.column("language").to_pylist(), object).reshape(-1, 2)
    mine = languages == np.array(own.to_pylist(), object).reshape(-1, 2)
    sure = parts.column("language_score").to_numpy()[1::2] >= language.PROSE
    return pa.array(np.repeat((mine.sum(axis=1) == 1) & sure & (languages != "und").all(axis=1), 2))
