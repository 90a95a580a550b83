"""One HTML file about a run: what its rules drop, every signal with their lines, documents on both sides of each."""

from pathlib import Path
from typing import NamedTuple

from openclaw_data import rules, storage
from openclaw_data.audit import blocks, numbers
from openclaw_data.audit import page as pages
from openclaw_data.explain import effects, overview, parts, questions, samples


class RuleSamples(NamedTuple):
    """A rule with documents that it alone decides."""

    rule: str
    keep: dict[str, str]
    source: str
    kept: list[samples.Sample]
    dropped: list[samples.Sample]


def write(work: parts.Work, path: str, count: int = 4) -> None:
    """Write the page.

    Args:
        work: the work folder.
        path: the file to write.
        count: documents on each side of each rule's line.
    """
    listed = {
        f"{pack.name}.{rule.name}": {"keep": rule.keep, "languages": list(pack.languages), "source": rule.source}
        for pack in work.packs
        for rule in pack.rules
    }
    tally = numbers.Tally({}, listed, work.resolved.recipe.languages)
    for number, frame in parts.decisions(work):
        tally.add(frame.with_columns(part=number).with_row_index("row"))
    found = overview.overview(work)
    made = pages.environment(Path(__file__).parent).get_template("explain.html.j2")
    text = made.render(
        work=work,
        languages=work.resolved.recipe.languages,
        judged=overview.total(found.judged),
        kept=overview.total(found.kept),
        shares={rule: (overview.total(s.failing), overview.total(s.only), s) for rule, s in found.by_rule.items()},
        listed=listed,
        signals=blocks.histograms_of(tally, listed),
        both=both_sides(work, list(listed), count),
        language="en",
        title=f"{work.resolved.recipe.name} {work.resolved.recipe.version}",
    )
    with storage.create(path) as name:
        Path(name).write_text(text, encoding="utf-8")


def both_sides(work: parts.Work, names: list[str], count: int) -> list[RuleSamples]:
    """Samples on both sides of every rule's line, in one pass over the parts."""
    columns = parts.columns(work)
    asked = [questions.ask(work.packs, columns, name) for name in names]
    sides = [samples.Sides(count) for _ in asked]
    needed = rules.needed(work.packs)
    for number, frame in parts.frames(work, [*parts.BASE, *sorted(needed)]) if count else ():
        for question, side in zip(asked, sides, strict=True):
            side.offer(number, effects.verdicts(frame, question), question)
    found = []
    for question, side in zip(asked, sides, strict=True):
        assert question.line is not None
        (rule,) = question.line.rules
        found.append(RuleSamples(question.rule, rule.keep, rule.source, *side.finish(work)))
    return found
