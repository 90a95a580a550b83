"""`explain` and `refilter`: what another rule would change, and a dataset made with it from the same parts."""

from typing import Annotated

import typer

from openclaw_data.commands.options import hush


def refilter(
    work: Annotated[str, typer.Argument(help="Work folder of a run; it is only read.")],
    recipe: Annotated[str, typer.Option("--recipe", "-r", help="The new recipe: its name or YAML file.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of the new dataset; must be new or empty.")],
    work2: Annotated[str | None, typer.Option("--work", help="New work folder. [default: OUTPUT.work]")] = None,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, help="Processes to use.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace what the folders hold of another run.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no tables.")] = False,
) -> None:
    """Make a new dataset from the parts of a run, with other rules, languages, deduplication or shards.

    Nothing raw is read; the result is, byte for byte, that of a full run with the new recipe.

    Example: openclaw-data refilter out.work --recipe new.yaml --output out2
    """
    hush()
    from openclaw_data.commands import tables
    from openclaw_data.dataset import summary
    from openclaw_data.flow.refilter import refilter as judge_again

    result = judge_again(work, recipe, output, work2, workers, force=force, quiet=quiet)
    if not quiet:
        summary.show(result, output, tables.console())


def explain(
    work: Annotated[str, typer.Argument(help="Work folder of a run (OUTPUT.work).")],
    rule: Annotated[
        str, typer.Option("--rule", help="A rule of the run, as `pack.rule`; without --keep: removed.")
    ] = "",
    keep: Annotated[str, typer.Option("--keep", help="Another predicate for --rule, or a new rule without it.")] = "",
    language: Annotated[str, typer.Option("--language", help="Change it for this language only (zh, zh-Hant).")] = "",
    samples: Annotated[
        int | None, typer.Option("--samples", min=0, max=1000, help="Documents of each side. [default: 20, a page 4]")
    ] = None,
    html: Annotated[str, typer.Option("--html", help="Write signals, rules and samples to one HTML file.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what every rule of a run drops, or what a changed one would change, from the written parts alone.

    Example: openclaw-data explain out.work --rule gopher-quality.words --keep "words >= 30" --language zh
    """
    import json

    hush()
    from openclaw_data.commands import tables as printing
    from openclaw_data.errors import DataError, hint
    from openclaw_data.explain import effects, overview, parts, questions, tables

    opened = parts.open_work(work)
    console = printing.console()
    if opened.changed and not as_json:
        console.print("Note: packs or recipe rules changed since the run; verdicts shown are those of the run.")
    if html:
        from openclaw_data.explain import page

        page.write(opened, html, 4 if samples is None else samples)
        if not as_json:
            console.print(f"Written: {html}", soft_wrap=True)
        if not rule and not keep:
            return
    if language and not rule and not keep:
        raise DataError("--language", "asks for nothing alone.", "Give --rule or --keep with it.")
    if not rule and not keep:
        found = overview.overview(opened)
        if as_json:
            print(json.dumps(tables.overview_json(found), ensure_ascii=False, indent=1))
        else:
            tables.show_overview(opened, found, console)
        return
    kept = opened.resolved.recipe.languages
    if language and language.partition("-")[0] not in kept:
        raise DataError(f"--language {language}", "the run keeps no such language.", hint(language, kept))
    question = questions.ask(opened.packs, parts.columns(opened), rule, keep, language)
    answer = effects.effect(opened, question, 20 if samples is None else samples)
    if as_json:
        print(json.dumps(tables.effect_json(answer), ensure_ascii=False, indent=1))
    else:
        tables.show_effect(answer, console)
