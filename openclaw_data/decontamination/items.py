"""Benchmark items from JSONL files that the user has: where the question ends, what the options are.

A line is an object with a `question`, and may have an `id`, a `benchmark`, an `answer` and the options: `options` or
`choices` (a list, or a mapping from letter to option), the keys `A`, `B`, ..., or lines `A. ...` within the question.
"""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from openclaw_data.errors import DataError

QUESTIONS = ("question", "prompt", "Question", "text")
OPTIONS = ("options", "choices")
LETTERS = "ABCDEFGHIJ"
_OPTION = re.compile(r"(?m)^[ \t\u3000]*[((（]?([A-JＡ-Ｊ])[)）]?[ \t\u3000]*[.、．:：)）][ \t\u3000]*")
_BENCHMARK = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")


class Item(NamedTuple):
    """One text to look for. `part`: `question` or `answer`."""

    benchmark: str
    item: str
    part: str
    text: str
    pieces: tuple[tuple[int, int], ...]
    """Where the stem and then each option stand in `text`, as character offsets; labels are in between."""


def read(path: str | Path) -> Iterator[Item]:
    """The items of a JSONL file (`.gz` too).

    Raises:
        DataError: a line that is no object with a question, or a bad benchmark name; names the line.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(str(path), "there is no such file.", "Name JSONL files with one benchmark item a line.")
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield from _items(line, f"{path}, line {number}", path.name.split(".")[0].lower(), str(number))


def _items(line: str, place: str, benchmark: str, number: str) -> Iterator[Item]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(place, f"is not JSON: {error}.") from None
    if not isinstance(row, dict):
        raise DataError(place, "is not a JSON object.", 'Write {"id": ..., "question": ..., "answer": ...}.')
    question = next((row[k] for k in QUESTIONS if isinstance(row.get(k), str)), "")
    if not question.strip():
        raise DataError(place, "has no question.", f"Name it one of: {', '.join(QUESTIONS)}.")
    benchmark = str(row.get("benchmark") or benchmark)
    if not _BENCHMARK.fullmatch(benchmark):
        raise DataError(place, f"the benchmark {benchmark!r} is not lower-case letters, digits, - _ and .")
    item = str(row.get("id", number))
    yield Item(benchmark, item, "question", *compose(question, options_of(row)))
    answer = row.get("answer")
    if isinstance(answer, str) and answer.strip():
        yield Item(benchmark, item, "answer", answer, ((0, len(answer)),))


def options_of(row: dict[str, Any]) -> list[str]:
    """The options that stand beside the question; [] where there are none or they stand in it."""
    found = next((row[k] for k in OPTIONS if row.get(k)), None)
    if isinstance(found, dict):  # {"A": ...}, or {"text": [...], "label": [...]}
        found = found["text"] if isinstance(found.get("text"), list) else [found[k] for k in sorted(found)]
    if not isinstance(found, list):
        found = [row[c] for c in LETTERS if c in row]
    return [str(o["text"] if isinstance(o, dict) and "text" in o else o) for o in found]


def compose(question: str, options: Sequence[str] = ()) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text of an item as it is usually printed, and where its stem and options stand in it."""
    if options:
        text, pieces = question, [(0, len(question))]
        for letter, option in zip(LETTERS, options, strict=False):
            text += f"\n{letter}. "
            pieces.append((len(text), len(text) + len(option)))
            text += option
        return text, tuple(pieces)
    labels = list(_OPTION.finditer(question))
    if len(labels) < 2 or labels[0][1] not in "AＡ":
        return question, ((0, len(question)),)
    ends = [*(m.start() for m in labels[1:]), len(question)]
    return question, ((0, labels[0].start()), *((m.end(), end) for m, end in zip(labels, ends, strict=True)))
