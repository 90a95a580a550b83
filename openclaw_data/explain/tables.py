"""Answers on a terminal and as JSON."""

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from openclaw_data.audit.escapes import visible
from openclaw_data.explain.effects import MEASURES, Amounts, Effect
from openclaw_data.explain.overview import Overview, total
from openclaw_data.explain.parts import Work
from openclaw_data.explain.samples import Sample

DOMAINS = 10
"""Rows of the domain table."""
LANGUAGES = 4
"""Languages with columns of their own in the overview."""


def show_overview(work: Work, found: Overview, console: Console) -> None:
    """Print what every rule drops, all in all and alone."""
    judged = total(found.judged)
    languages = [x for x in work.resolved.recipe.languages if x in found.judged]
    others = sorted((x for x in found.judged if x not in languages), key=lambda x: (-found.judged[x]["documents"], x))
    languages += others[: max(0, LANGUAGES - len(languages))]
    numbers = ("documents", "share", "by it only", "characters only", "tokens only", *languages)
    asked = work.resolved.recipe
    table = _grid(f"{asked.name} {asked.version}: what every rule drops", "rule", *numbers, right=len(numbers))
    for rule, share in found.by_rule.items():
        failing, only = total(share.failing), total(share.only)
        measures = (total(share.only, m) for m in ("characters", "tokens"))
        per = (share.failing.get(x, {}).get("documents", 0) for x in languages)
        cells = (f"{failing:,}", _percent(failing, judged), f"{only:,}", *(f"{n:,}" for n in (*measures, *per)))
        table.add_row(escape(rule), *cells)
    console.print(table)
    console.print(
        f"{judged:,} documents have a text, {total(found.kept):,} are kept. "
        "A document may break several rules; `by it only` would come in if the rule were removed. "
        "Ask for one: --rule NAME, or --keep PREDICATE."
    )


def show_effect(found: Effect, console: Console) -> None:
    """Print what a question changes: by language, by domain, and samples of both sides."""
    console.print(f"[bold]{escape(found.question.words)}[/]", soft_wrap=True)
    columns = ("documents before", "after", "gained", "lost", "characters ±", "tokens ±", "fail now", "by it only")
    table = _grid(f"By language: {found.question.unit}", "language", *columns, right=len(columns))
    for name, row in [*found.by_language.items(), ("all", found.total)]:
        table.add_row(escape(name), *_cells(row))
    console.print(table)
    changed = {k: v for k, v in found.by_domain.items() if v["gained"]["documents"] + v["lost"]["documents"]}
    if changed:
        table = _grid("By domain", "domain", "gained", "lost", "characters ±", "tokens ±", right=4)
        for name, row in list(changed.items())[:DOMAINS]:
            table.add_row(escape(visible(name) or "(none)"), *_cells(row)[2:6])
        if len(changed) > DOMAINS:
            table.add_row(f"… and {len(changed) - DOMAINS} more", "", "", "", "")
        console.print(table)
    if found.copies or found.replaced:
        console.print(
            f"{found.copies:,} of the gained documents are exact copies of one that stays; for {found.replaced:,} of "
            "the lost ones another copy would take its place. `openclaw-data refilter` makes the dataset itself.",
            soft_wrap=True,
        )
    _show_samples("Kept side of the line", found.kept_samples, console)
    _show_samples("Dropped side of the line", found.dropped_samples, console)


def effect_json(found: Effect) -> dict[str, Any]:
    """The answer as plain data."""
    asked = found.question
    return {
        "question": {"rule": asked.rule, "keep": asked.keep, "language": asked.language, "words": asked.words},
        "unit": asked.unit,
        "total": found.total,
        "by_language": found.by_language,
        "by_domain": found.by_domain,
        "gained_exact_copies": found.copies,
        "lost_with_a_copy_that_stays": found.replaced,
        "samples": {
            "kept": [s._asdict() for s in found.kept_samples],
            "dropped": [s._asdict() for s in found.dropped_samples],
        },
    }


def overview_json(found: Overview) -> dict[str, Any]:
    """The overview as plain data."""
    rules = {rule: share._asdict() for rule, share in found.by_rule.items()}
    return {"judged": found.judged, "kept": found.kept, "by_rule": rules}


def _show_samples(title: str, samples: list[Sample], console: Console) -> None:
    if not samples:
        return
    table = _grid(f"{title} ({len(samples)} samples)", "", "language", "values", "text", "url")
    for s in samples:
        values = ", ".join(f"{k} {_short(v)}" for k, v in s.values.items())
        mark = {"gained": "+", "lost": "-"}.get(s.change, "")
        table.add_row(mark, s.language, escape(values), escape(visible(s.text)[:80]), escape(visible(s.url)[:60]))
    console.print(table)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else visible(str(value))


def _cells(row: Amounts) -> list[str]:
    documents = {name: row[name]["documents"] for name in row}
    net = [f"{row['gained'][m] - row['lost'][m]:+,}" for m in MEASURES]
    changes = [f"{documents['gained']:+,}", f"{-documents['lost']:+,}"]
    before, after, failing, only = (f"{documents[name]:,}" for name in ("before", "after", "failing", "only"))
    return [before, after, *("0" if c == "+0" else c for c in (*changes, *net[1:])), failing, only]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f} %"


def _grid(title: str, *columns: str, right: int = 0) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(columns):
        number = i >= len(columns) - right
        table.add_column(name, justify="right" if number else "left", no_wrap=number or i == 0, overflow="fold")
    return table
