"""The command line: one thin function a verb. Nothing heavy is imported before a command needs it."""

import os
import signal
import sys
from typing import Annotated, Any

import typer

from openclaw_data import memory
from openclaw_data.commands import (
    audit,
    decontaminate,
    explain,
    index,
    lists,
    plan,
    provenance,
    registry,
    review,
    robots,
    safety,
    train,
)
from openclaw_data.commands.options import by_source, hush, of_runner
from openclaw_data.errors import DataError, Interrupted, of_system

app = typer.Typer(
    name="openclaw-data",
    help="Turn raw Chinese and English web scrapes into clean, deduplicated, explainable training datasets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(train.app, name="train")


def main() -> None:
    """The entry point: bad input is one line on standard error and status 2, an interrupt is 130."""
    memory.keep()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        app()
    except DataError as error:
        print(f"openclaw-data: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if (told := of_system(error)) is None:
            raise
        print(f"openclaw-data: {told}", file=sys.stderr)
        sys.exit(2)
    except Interrupted:
        print(
            "openclaw-data: interrupted. Finished parts are kept: run the same command again to go on.", file=sys.stderr
        )
        sys.stderr.flush()
        os._exit(130)  # threads of a runner would keep the interpreter from ending


def _interrupt(number: int, frame: object) -> None:
    """End the command; a second signal finds the first being dealt with."""
    import logging

    del frame
    signal.signal(number, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)  # what the tasks say of being ended is nobody's business
    raise Interrupted


@app.callback()
def _root() -> None:
    """Keep `run` a sub-command even while it is the only one."""


Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="ID=PATH",
        help="Files of a source: a path, glob or URL; may be repeated. Replaces the recipe's own paths.",
    ),
]
Work = Annotated[
    str | None, typer.Option(help="Folder of the intermediate parts; a re-run goes on there. [default: OUTPUT.work]")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only write the graphs a runner would get, and what is in them.")
]
SignKey = Annotated[
    str | None, typer.Option(metavar="KEY", help="Sign the dataset with this EC P-256 private key (PEM).")
]


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": False})
def run(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A recipe's name (`openclaw-data recipes` lists them) or a YAML file.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of the dataset; must be new or empty.")],
    inputs: Inputs = None,
    work: Work = None,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, max=500, help="Processes to use.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace what the folders hold of another run.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no tables.")] = False,
    runner: Annotated[str, typer.Option(help="`local`, or a runner of Apache Beam.")] = "local",
    dry_run: DryRun = False,
    sign_key: SignKey = None,
) -> None:
    """Curate a dataset: annotate, deduplicate, publish, balance.

    Options of a Beam runner follow after `--`. A run that was stopped goes on where it was when the same command is
    given again. The result is the same, byte for byte, whatever the number of workers.

    Example: openclaw-data run web --input cc='crawl/*.warc.gz' --output out --workers 2
    """
    from rich.console import Console

    hush()
    files, options = by_source(inputs or []), of_runner(context.args)
    if dry_run:
        from openclaw_data.commands.plan import show_graphs

        show_graphs(recipe, output, work, files, runner, options)
        return
    from openclaw_data.flow import pool

    with pool.workers(workers if runner == "local" else 1):  # they load while this process does
        memory.load_alone()
        from openclaw_data.dataset import summary
        from openclaw_data.flow.run import run as curate

        how: dict[str, Any] = {"engine": runner, "options": options, "sign_key": sign_key}
        result = curate(recipe, output, work, files, workers, force=force, quiet=quiet, **how)
    if not quiet:
        summary.show(result, output, Console())


provenance.register(app)


@app.command()
def recipes() -> None:
    """List the recipes that come with the project."""
    from openclaw_data import recipe

    for name in recipe.available():
        found = recipe.load(name)
        sources = ", ".join(s.id for s in found.sources)
        print(f"{name} {found.version}: {' '.join(found.description.split())} Sources: {sources}.")


app.command()(plan.estimate)
app.command()(audit.audit)
app.command()(safety.audit_pii)
app.add_typer(review.app, name="review")
app.add_typer(safety.lexicon, name="lexicon")
app.command()(explain.explain)
app.command()(explain.refilter)
app.command()(lists.signals)
app.command()(lists.filters)
app.command()(decontaminate.benchmark_index)
app.command()(robots.robots_index)
app.command()(index.dedup_check)
app.add_typer(index.app, name="index")
app.add_typer(registry.contribution, name="manifest")
app.add_typer(registry.app, name="registry")
