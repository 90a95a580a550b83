"""Signals: what can be measured on a document. A signal is a column; a function makes one or several at once.

`SIGNALS` is the whole list: column -> the function that makes it, written `module:function` so that reading the list
loads no kernel. filters/README.md says what each means.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_type_hints

from openclaw_data.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "openclaw_data.signals.text:characters": (
        "char_count",
        "byte_count",
        "han_fraction",
        "kana_fraction",
        "latin_fraction",
        "digit_fraction",
        "punctuation_fraction",
        "symbol_fraction",
    ),
    "openclaw_data.signals.text:words": (
        "words",
        "mean_word_chars",
        "alphabetic_token_fraction",
        "hash_token_ratio",
        "ellipsis_token_ratio",
    ),
    "openclaw_data.signals.text:stop_words": ("stop_words_en", "stop_words_zh"),
    "openclaw_data.signals.text:lines": (
        "lines",
        "mean_line_chars",
        "max_line_chars",
        "bullet_line_fraction",
        "ellipsis_line_fraction",
        "terminal_line_fraction",
        "short_line_fraction",
        "newline_token_ratio",
    ),
    "openclaw_data.signals.repetition:duplicate_lines": (
        "duplicate_line_fraction",
        "duplicate_line_char_fraction",
        "duplicate_paragraph_fraction",
        "duplicate_paragraph_char_fraction",
    ),
    "openclaw_data.signals.repetition:ngrams": (
        *(f"top_{n}_gram_char_fraction" for n in (2, 3, 4)),
        *(f"top_{n}_gram_joined_ratio" for n in (2, 3, 4)),
        *(f"duplicate_{n}_gram_char_fraction" for n in (5, 6, 7, 8, 9, 10)),
    ),
    "openclaw_data.signals.raw_lines:raw_lines": (
        "raw_duplicate_line_fraction",
        "raw_duplicate_line_char_fraction",
        "raw_duplicate_paragraph_fraction",
        "raw_duplicate_paragraph_char_fraction",
        "raw_stop_line_fraction",
        "raw_short_line_fraction",
        "raw_duplicate_text_char_fraction",
    ),
    "openclaw_data.signals.shapes:shapes": (
        "code_line_fraction",
        "table_line_fraction",
        "numbered_line_fraction",
        "numbered_char_fraction",
        "digit_line_fraction",
        "upper_line_fraction",
        "brace_line_fraction",
        "stop_line_fraction",
        "speaker_line_fraction",
        "chinese_share",
        "latin_share",
        "quantity_line_fraction",
        "markup_char_fraction",
        "url_char_fraction",
        "urls",
        "chinese_c4_lines",
        "curly_brace_ratio",
    ),
    "openclaw_data.signals.marks:marks": (
        "footer_lines",
        "navigation_lines",
        "byline_lines",
        "share_lines",
        "piracy_lines",
        "translation_lines",
        "generated_lines",
        "placeholder_lines",
        "boilerplate_line_fraction",
        "boilerplate_char_fraction",
        "chapter_lines",
    ),
    "openclaw_data.signals.chinese:particles": (
        "modern_particle_fraction",
        "classical_particle_fraction",
        "noun_run_fraction",
        "own_voice_fraction",
    ),
    "openclaw_data.signals.chinese:mixture": (
        "hans_fraction",
        "hant_fraction",
        "script_mix_fraction",
        "control_fraction",
    ),
    "openclaw_data.signals.chinese:private_use": ("private_use_fraction",),
    "openclaw_data.signals.diversity:diversity": (
        "unigram_entropy",
        "unique_word_fraction",
        "redundancy",
        "sentences",
        "mean_sentence_words",
        "all_caps_word_fraction",
    ),
    "openclaw_data.signals.shapes:c4": ("c4_lines", "c4_sentences", "c4_lorem_ipsum", "c4_curly_bracket"),
    "openclaw_data.signals.lexicons:spam": tuple(
        f"{category}_{what}"
        for category in ("gambling", "porn", "seo", "phishing")
        for what in ("char_fraction", "terms", "head_terms")
    ),
    "openclaw_data.signals.lexicons:anchors": tuple(
        f"{category}_anchor_{what}"
        for category in ("gambling", "porn", "seo", "phishing")
        for what in ("char_fraction", "terms")
    ),
    "openclaw_data.signals.mojibake:mojibake": ("mojibake_fraction", "replacement_fraction"),
    "openclaw_data.signals.classifiers:toxicity": ("toxicity_score", "toxicity_max", "toxic_window_fraction"),
    "openclaw_data.signals.classifiers:quality": ("quality_score",),
}
"""Function -> the columns it makes: the fields of its return type, which a test compares."""

_CLASSIFIERS = "openclaw_data.signals.classifiers:"

SIGNALS: dict[str, str] = {column: name for name, columns in FUNCTIONS.items() for column in columns}

OPTIONAL: dict[str, str] = {
    "perplexity": "openclaw_data.signals.classifiers:perplexity",
    **dict.fromkeys(
        ("own_char_fraction", "own_terms", "own_head_terms", "own_risks"), "openclaw_data.signals.classifiers:own_lists"
    ),
}
"""Signals that can be measured only with a model or word list of your own, given in the recipe: column -> function."""


ADDED: "dict[str, Callable[[pa.RecordBatch], Mapping[str, pa.Array]]]" = {}
"""Columns that packs bring along: from functions of your own (`add`) or from filters of datatrove."""


def add(name: str) -> tuple[str, ...]:
    """Make the columns of your own `module:function` signals; doing it again changes nothing.

    The function takes a `pyarrow.RecordBatch` with a column `text` and returns a NamedTuple of arrays as long as the
    batch, without nulls and NaN; its annotated return type says the columns.

    Returns:
        The columns.

    Raises:
        DataError: it cannot be imported, returns no NamedTuple, or a column has the name of another signal.
    """
    try:
        made: Any = function(name)
        columns = tuple(get_type_hints(made)["return"]._fields)
    except (ImportError, AttributeError, KeyError, TypeError, NameError, ValueError) as error:
        fact = f"it is no signal: {type(error).__name__}: {error}."
        raise DataError(f"function {name!r}", fact, "Name module:function with a NamedTuple as return type.") from None
    for column in columns:
        if column in SIGNALS:
            raise DataError(f"function {name!r}", f"the signal {column!r} is there already.", "Rename the field.")
        ADDED[column] = lambda batch: made(batch)._asdict()
    return columns


def function(name: str) -> Any:
    """The function that `module:function` names."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


PIECE_BYTES = 2 << 20
"""So much text is measured at a time. What its tokens take, several times that, the next piece uses again."""


def compute(
    batch: "pa.RecordBatch", names: Iterable[str], models: Mapping[str, Any] | None = None
) -> "dict[str, pa.Array]":
    """Measure the signals `names` on the texts of a batch, each function once.

    Args:
        batch: n documents with `text`; for the signals of models with `language`, too.
        names: the signals.
        models: which model files to use (`signals.classifiers.Models`); those of `filters/models/` by default.

    Returns:
        Column -> array of the batch's length, without nulls and NaN, in the order of `names`.

    Raises:
        DataError: a name is no signal, or an optional one whose model is not given.
    """
    names, known = list(names), {**SIGNALS, **OPTIONAL}
    for name in names:
        if name not in known and name not in ADDED:
            raise DataError(f"signal {name!r}", "there is no such signal.", "`filters/README.md` lists them.")
    found = [_measured(piece, names, models) for piece in _pieces(batch)]
    if len(found) == 1:
        return found[0]
    import pyarrow as pa

    return {name: pa.concat_arrays([one[name] for one in found]) for name in names}


def _pieces(batch: "pa.RecordBatch") -> "Iterator[pa.RecordBatch]":
    """The batch in pieces of about `PIECE_BYTES` of text; one at the least."""
    import numpy as np

    from openclaw_data import documents

    offsets, _ = documents.text_buffers(batch.column("text"))
    cuts = np.flatnonzero(np.diff((offsets[1:] - offsets[0]) // PIECE_BYTES)) + 1
    for first, last in pairwise([0, *cuts.tolist(), len(batch)]):
        yield batch.slice(first, last - first)


def _measured(batch: "pa.RecordBatch", names: list[str], models: Mapping[str, Any] | None) -> "dict[str, pa.Array]":
    """`compute` for one piece."""
    known = {**SIGNALS, **OPTIONAL}
    made: dict[str, pa.Array] = {}
    sources = dict.fromkeys(known[name] for name in names if name in known)
    for source in sources:
        if not source.startswith(_CLASSIFIERS):
            made.update(function(source)(batch)._asdict())
    # Models may build on the other signals, so they come last and see them as columns.
    judged = [source for source in sources if source.startswith(_CLASSIFIERS)]
    if judged:
        from openclaw_data import documents

        batch = documents.append(batch, made)
        for source in judged:
            made.update(function(source)(batch, models)._asdict())
    for name in names:
        if name not in made:
            made.update(ADDED[name](batch))
    return {name: made[name] for name in names}
