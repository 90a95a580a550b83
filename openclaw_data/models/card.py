"""The card of a model: what it was trained on, how well it does on what it has not seen, what it cannot do."""

from typing import Any, NamedTuple

import numpy as np

from openclaw_data.models import scoring, training
from openclaw_data.models.files import TASKS, Linear
from openclaw_data.models.training import Examples

LIMITS = {
    "toxicity": """\
Trained on short texts. On long ones it looks at windows and at how many of them are over the line; one offensive
quotation does not make a document toxic. It knows the words and topics of its training data and little else: irony,
new slang and other dialects escape it, and texts *about* discrimination come closer to the line than others. It finds
offensive and hateful language, not obscenity, violence, extremism or false information as such.""",
    "topic": """\
It finds what a short text is about among posts of one kind. Asked about other texts, its answer means little: the
pipeline asks it only about documents that the toxicity model found offensive.""",
    "quality": """\
A style detector: edited prose and documentation against chat, reviews, spam, link lists and boilerplate. It knows
nothing of truth, usefulness or taste. A source unlike all of those above gets a score that means little: look at the
table by source, and use the score to rank like with like rather than as a verdict.""",
}


class Result(NamedTuple):
    """A model and how it did: logits float64[n] of each example, held out, and measures by name."""

    model: Linear
    examples: Examples
    logits: Any
    facts: dict[str, str]


def text(name: str, sha256: str, result: Result, data: str) -> str:
    """The card in Markdown; data: what to say of data and licence."""
    model, examples, logits, facts = result
    command = model.task if model.task in TASKS else "topic"
    sizes = f"2^{model.bits} int8 weights; characters n = {model.first}-{model.last}, words n = 1-{model.words}"
    words = sizes if model.words else sizes.partition(", words")[0]
    rows = [
        f"# {name}",
        "",
        f"{model.task.capitalize()} of texts in `{model.language}`: a logistic regression on hashed n-grams ({words}),",
        f"over windows of {model.window} characters. Made by `openclaw-data train {command}`.",
        "",
        f"sha256 `{sha256}`",
        "",
        "## Data and licence",
        "",
        data.strip() or "The sources below, as given on the command line.",
        "",
        "| source | label | texts |",
        "|---|---|---|",
        *_sources(examples, model.task),
        "",
        "## Held-out measures",
        "",
        "| measure | value |",
        "|---|---|",
        *(f"| {key} | {value} |" for key, value in facts.items()),
        "",
        *_by_source(examples, logits),
        *_deciles(examples, logits, model.task),
        "## Limits",
        "",
        LIMITS.get(model.task, LIMITS["topic"]),
        "",
    ]
    return "\n".join(rows)


def labels(task: str) -> tuple[str, str]:
    """What labels 0 and 1 are called."""
    return {"toxicity": ("clean", "toxic"), "quality": ("bad", "good")}.get(task, ("other", task))


def _sources(examples: Examples, task: str) -> list[str]:
    names, rows = labels(task), []
    for source in np.unique(examples.sources):
        for value in (0, 1):
            count = int(np.sum((examples.sources == source) & (examples.labels == value)))
            if count:
                rows.append(f"| {source} | {names[value]} | {count:,} |")
    return rows


def _by_source(examples: Examples, logits: Any) -> list[str]:
    """AUC of each source's texts against all of the other label; of a source with both, one row each."""
    rows = [
        "## By source",
        "",
        "| source | label | texts | AUC against the other label | mean score |",
        "|---|---|---|---|---|",
    ]
    for source in np.unique(examples.sources):
        for value in (0, 1):
            mine = (examples.sources == source) & (examples.labels == value)
            if not mine.any():
                continue
            both = mine | (examples.labels != value)
            area = training.auc(examples.labels[both], logits[both])
            mean = float(scoring.probability(logits[mine]).mean())
            rows.append(f"| {source} | {value} | {int(mine.sum()):,} | {area:.3f} | {mean:.2f} |")
    return [*rows, ""]


def _deciles(examples: Examples, logits: Any, task: str) -> list[str]:
    """Per tenth of the documents by score: the range of scores, and how many are positive."""
    scores = scoring.probability(logits)
    order = np.argsort(scores, kind="stable")
    rows = ["## Calibration", "", f"| tenth by score | scores | {labels(task)[1]} |", "|---|---|---|"]
    for number, part in enumerate(np.array_split(order, 10), 1):
        if len(part):
            share = float(examples.labels[part].mean())
            rows.append(f"| {number} | {scores[part].min():.2f}-{scores[part].max():.2f} | {share:.1%} |")
    return [*rows, ""]
