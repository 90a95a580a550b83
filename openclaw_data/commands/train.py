"""`openclaw-data train`: make a model from labelled texts, measure it on what it has not seen, write its card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openclaw_data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openclaw_data.models import card
    from openclaw_data.models.training import Examples

app = typer.Typer(help="Train small classifiers and measure them.", no_args_is_help=True)

_Language = Annotated[str, typer.Option("--language", help="Language of the texts: zh, en, ...")]
_Output = Annotated[
    Path, typer.Option("--output", "-o", help="File of the model; the card is written beside it (.md).")
]
_About = Annotated[Path | None, typer.Option(help="Markdown for the card's section on data and licence.")]
_BATCH = 1000


@app.command()
def toxicity(
    labelled: Annotated[
        list[Path], typer.Argument(help="Parquet files with `text`, `label` (1: toxic), maybe `source` and `lang`.")
    ],
    language: _Language,
    output: _Output,
    about: _About = None,
) -> None:
    """Train a toxicity model on labelled texts and print its macro-F1 in five-fold cross-validation.

    The column `source` names a source up to the first @; without it, the file is the source. Sources whose name begins
    with `aux:` only help to train, such as long clean texts.

    Example: openclaw-data train toxicity labelled.parquet --language zh --output toxicity-zh.linear
    """
    _cross_validated(labelled, ("toxicity", language), output, about)


@app.command()
def topic(
    labelled: Annotated[
        list[Path], typer.Argument(help="Parquet files with `text`, `label` (1: about it), maybe `source` and `lang`.")
    ],
    name: Annotated[str, typer.Option("--topic", help="What label 1 is about.")],
    language: _Language,
    output: _Output,
    about: _About = None,
) -> None:
    """Train a model that says whether a text is about something, in the same way as `train toxicity`.

    Example: openclaw-data train topic labelled.parquet --topic region --language zh --output region-zh.linear
    """
    _cross_validated(labelled, (name, language), output, about)


@app.command()
def quality(
    positive: Annotated[list[Path], typer.Option("--positive", help="Parquet file of good texts; may be repeated.")],
    negative: Annotated[list[Path], typer.Option("--negative", help="Parquet file of bad texts; may be repeated.")],
    language: _Language,
    output: _Output,
    about: _About = None,
) -> None:
    """Train a quality model and print its AUC on sources it did not see, one held out after the other.

    The column `source` names a source up to the first @; without it, the file is the source. Sources whose name begins
    with `aux:` only help to train: they are in every training set and in no measure.

    Example: openclaw-data train quality --positive wiki.parquet --negative spam.parquet --language en -o en.linear
    """
    import numpy as np

    from openclaw_data.models import card, training

    files = [(path, 1) for path in positive] + [(path, 0) for path in negative]
    examples = _examples(files, language, repetition=True)
    asked = training.settings("quality", language)
    helps = _helps(examples)
    names, groups = np.unique(examples.sources, return_inverse=True)
    logits = training.out_of_fold(examples, asked, np.where(helps, -1, groups))
    shown = ~helps
    weights = training.balanced(examples.labels, examples.sources, shown)[shown]
    slope, shift = training.calibration(examples.labels[shown], logits[shown], weights)
    model = training.fit(examples, asked, ("quality", language), (slope, shift, 0.0))
    seen = _only(examples, shown)
    logits = logits[shown] * slope + shift
    chars = np.array([len(t.as_py()) for t in seen.texts])
    facts = {
        "AUC, each source held out": f"{training.auc(seen.labels, logits):.4f}",
        "AUC, the same, like length with like": f"{training.auc_like_length(seen.labels, logits, chars):.4f}",
        "sources held out": str(len(np.unique(seen.sources))),
        "sources that only help to train": str(int(sum(n.startswith("aux:") for n in names))),
    }
    _finish(output, output.stem, card.Result(model, seen, logits, facts), about)


def _cross_validated(labelled: list[Path], of: tuple[str, str], output: Path, about: Path | None) -> None:
    """Train and measure a model of (task, language) that is scored by window."""
    import numpy as np

    from openclaw_data.models import card, training

    task, language = of
    names = card.labels(task)
    examples = _examples([(path, None) for path in labelled], language, repetition=False)
    asked = training.settings("toxicity" if task == "toxicity" else "topic", language)
    folds = training.folds(examples.texts)
    helps = _helps(examples)
    logits = training.out_of_fold(examples, asked, np.where(helps, -1, folds))
    whole, examples, logits, folds = examples, _only(examples, ~helps), logits[~helps], folds[~helps]
    cut = training.best_cut(examples.labels, logits)
    line = float(np.quantile(logits[examples.labels == 0], 1 - training.CLEAN_OVER_LINE)) - cut
    model = training.fit(whole, asked, of, (1.0, -cut, line))
    facts = {}
    for source in [*np.unique(examples.sources), ""]:
        rows = examples.sources == source if source else np.ones(len(logits), bool)
        f1 = training.crossed_f1(examples.labels[rows], logits[rows], folds[rows])
        facts[f"macro-F1, five folds, {source or 'all sources'}"] = f"{f1:.4f}"
    facts["AUC, five folds"] = f"{training.auc(examples.labels, logits):.4f}"
    over = logits - cut > line
    facts[f"{names[1]} texts over the line of a window"] = f"{over[examples.labels == 1].mean():.1%}"
    facts[f"{names[0]} texts over the line of a window"] = f"{over[examples.labels == 0].mean():.1%}"
    _finish(output, output.stem, card.Result(model, examples, logits - cut, facts), about)


def _helps(examples: "Examples") -> Any:
    """bool[n]: texts that are in every training set and in no measure."""
    import numpy as np

    return np.array([source.startswith("aux:") for source in examples.sources])


def _only(examples: "Examples", rows: Any) -> "Examples":
    texts, labels, sources, repetition = examples
    return type(examples)(texts.filter(rows), labels[rows], sources[rows], repetition[rows])


def _examples(files: "Sequence[tuple[Path, int | None]]", language: str, *, repetition: bool) -> "Examples":
    """Read the files; a label of None is read from the column `label`."""
    import numpy as np
    import polars as pl

    from openclaw_data import documents, signals
    from openclaw_data.models.training import Examples

    frames = [_frame(path, label, language) for path, label in files]
    frame = pl.concat(frames)
    if frame["label"].n_unique() < 2:
        raise DataError(
            ", ".join(str(p) for p, _ in files),
            f"texts in {language!r} with both labels are needed; {len(frame)} texts have {frame['label'].n_unique()}.",
            "Give more files, or another --language.",
        )
    texts = frame["text"].to_arrow()
    repeated = np.zeros(len(frame))
    name = "duplicate_5_gram_char_fraction"
    for start in range(0, len(frame) if repetition else 0, _BATCH):
        batch = documents.from_texts(frame["text"][start : start + _BATCH])
        repeated[start : start + _BATCH] = signals.compute(batch, [name])[name].to_numpy(zero_copy_only=False)
    return Examples(texts, frame["label"].to_numpy(), frame["source"].to_numpy().astype(object), repeated)


def _frame(path: Path, label: int | None, language: str) -> Any:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(str(path), f"cannot be read: {error}.", "Give a Parquet file.") from None
    needed = ["text"] if label is not None else ["text", "label"]
    for column in needed:
        if column not in frame.columns:
            raise DataError(str(path), f"has no column {column!r}.", f"Its columns: {', '.join(frame.columns)}.")
    if "lang" in frame.columns:
        frame = frame.filter(pl.col("lang").str.split("-").list.first() == language)
    source = pl.col("source").str.split("@").list.first() if "source" in frame.columns else pl.lit(path.stem)
    marked = pl.col("label") if label is None else pl.lit(label)
    frame = frame.select(pl.col("text").cast(pl.String), marked.cast(pl.UInt8).alias("label"), source.alias("source"))
    if bad := int(frame.select((pl.any_horizontal(pl.all().is_null()) | (pl.col("label") > 1)).sum()).item()):
        raise DataError(str(path), f"{bad} rows have no text, no source or a label that is not 0 or 1.", "Drop them.")
    return frame.filter(pl.col("text") != "")


def _finish(output: Path, name: str, result: "card.Result", about: Path | None) -> None:
    """Write the model and its card, and print the measures."""
    from openclaw_data.models import card, files

    data = about.read_text("utf-8") if about else ""
    sha256 = files.write(output, result.model)
    output.with_suffix(".md").write_text(card.text(name, sha256, result, data), "utf-8")
    for key, value in result.facts.items():
        print(f"{key}: {value}")
    print(f"{output}: {output.stat().st_size:,} bytes, sha256 {sha256}")
