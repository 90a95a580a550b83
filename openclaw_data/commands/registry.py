"""Commands of the community registry: contribute, check, ask, vote, close, list, and show it as a site."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The community registry of datasets: check, vote, list, show.", no_args_is_help=True)
contribution = typer.Typer(help="The contribution of a dataset to the registry.", no_args_is_help=True)

Registry = Annotated[Path, typer.Option("--registry", metavar="FOLDER", help="Folder of the registry.")]
Today = Annotated[str, typer.Option("--today", metavar="DAY", help="YYYY-MM-DD. [default: this day, UTC]")]
File = Annotated[str, typer.Argument(metavar="DECISION", help="Its file, relative to the registry.")]
_HERE = Path("manifests")


@contribution.command()
def init(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a finished dataset.")],
    registry: Registry = _HERE,
    id_: Annotated[str, typer.Option("--id", help="Its id in the registry. [default: from its name]")] = "",
    maintainer: Annotated[str, typer.Option(help="Handle of who looks after it.")] = "",
) -> None:
    """Write a dataset's contribution to the registry, filled in from the dataset; say what a person must add.

    Example: openclaw-data manifest init out --maintainer your-handle
    """
    from openclaw_data.registry import contribute

    made = contribute.init(dataset, registry, id_=id_, maintainer=maintainer)
    print(f"{made.folder}: {len(made.files)} files, {made.filled} values filled in from the dataset.")
    for file, where, what in made.open_places:
        print(f"  to fill in: {file}, {where}: {what}")
    print(f"Then: openclaw-data registry check --registry {registry}")


@app.command()
def check(
    registry: Registry = _HERE,
    changed: Annotated[
        list[str] | None,
        typer.Option("--changed", metavar="FILE", help="A file of the change; repeat it, or `-`: names on stdin."),
    ] = None,
    base: Annotated[str, typer.Option(help="What it was before: a git revision, or a folder.")] = "",
    author: Annotated[str, typer.Option(help="Handle of who sends the change.")] = "",
    output: Annotated[str, typer.Option("--output", "-o", help="Write the comment there, too.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    today: Today = "",
) -> None:
    """Check the registry, or a change of it: lints fail, hints comment; one Markdown comment, English and Chinese.

    Nothing that a contribution names is opened or fetched. Status 1 where there are lints.

    Example: git diff --name-only main | openclaw-data registry check --changed - --base main
    """
    from openclaw_data.registry import check as checks
    from openclaw_data.registry import comment, tree

    names = changed
    if changed == ["-"]:
        names = [line for line in sys.stdin.read().splitlines() if line]
    found = checks.check(
        tree.folder(registry),
        checks.base_of(base, registry) if base else None,
        today=_day(today),
        changed=None if names is None else checks.relative(names, registry),
        author=author,
    )
    text = comment.markdown(found)
    if output:
        Path(output).write_text(text, encoding="utf-8")
    if as_json:
        text = json.dumps([f._asdict() for f in found.findings], ensure_ascii=False, indent=1) + "\n"
    sys.stdout.write(text)
    if found.lints:
        sys.exit(1)


@app.command()
def propose(
    dataset: Annotated[str, typer.Argument(help="Id of the dataset; '' for the roadmap and for governance.")],
    action: Annotated[
        str, typer.Option(help="accept, deprecate, retire, take-down; roadmap, governance.", show_default=False)
    ],
    by: Annotated[str, typer.Option(metavar="HANDLE", help="Who asks.", show_default=False)],
    subject: Annotated[str, typer.Option(help="The release, the notice or the item that it is about.")] = "",
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    registry: Registry = _HERE,
    today: Today = "",
) -> None:
    """Open a vote: to accept a release, to deprecate, retire or take down a dataset.

    Example: openclaw-data registry propose example-harbour-zh --action accept --subject 1.0.0 --by your-handle
    """
    from openclaw_data.registry import acts

    path = acts.propose(registry, dataset, acts.Question(action, subject, by, reason), _day(today))
    print(f"Opened: {path}")


@app.command()
def vote(
    decision: File,
    handle: Annotated[str, typer.Option(help="Who votes.", show_default=False)],
    choice: Annotated[str, typer.Option("--vote", help="+1, 0 or -1.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why; needed for -1.")] = "",
    registry: Registry = _HERE,
    today: Today = "",
) -> None:
    """Add a vote to an open decision.

    Example: openclaw-data registry vote DECISION --handle your-handle --vote +1
    """
    from openclaw_data.errors import DataError
    from openclaw_data.registry import acts, records

    if choice not in ("+1", "1", "0", "-1"):
        raise DataError(f"--vote {choice}", "is no vote.", "Write +1, 0 or -1.")
    if not acts.handle(handle):
        raise DataError(f"--handle {handle}", "is no handle.", "Lower-case letters, digits and hyphens.")
    cast = records.Vote.model_validate({"handle": handle, "vote": int(choice), "date": _day(today), "reason": reason})
    acts.vote(registry, decision, cast)
    print(f"{decision}: {handle} votes {int(choice):+d}" if int(choice) else f"{decision}: {handle} abstains")


@app.command()
def accept(decision: File, registry: Registry = _HERE, today: Today = "") -> None:
    """Close a decision as accepted, if it has the votes, the organisations and the days that it needs.

    Example: openclaw-data registry accept ex/example-harbour-zh/decisions/2026-03-02-accept-1.0.0.yaml
    """
    from openclaw_data.registry import acts

    done = acts.close(registry, decision, result="accepted", today=_day(today))
    print(f"{decision}: accepted on {done.closed}")


@app.command()
def reject(decision: File, registry: Registry = _HERE, today: Today = "") -> None:
    """Close a decision as rejected.

    Example: openclaw-data registry reject DECISION
    """
    from openclaw_data.registry import acts

    done = acts.close(registry, decision, result="rejected", today=_day(today))
    print(f"{decision}: rejected on {done.closed}")


@app.command("list")
def list_(
    registry: Registry = _HERE,
    state: Annotated[str, typer.Option(help="Only those in this state.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the datasets of the registry with state, release, size and licence.

    Example: openclaw-data registry list --state accepted
    """
    from openclaw_data.registry import overview

    rows = [r for r in overview.rows(overview.read(registry)) if state in ("", r.state)]
    if as_json:
        print(json.dumps([r._asdict() for r in rows], ensure_ascii=False, indent=1))
        return
    from rich.markup import escape

    from openclaw_data.audit.escapes import size, visible
    from openclaw_data.commands import tables

    table = tables.grid("", "dataset", "state", "release", "documents", "words", "size", "languages", "licence")
    for r in rows:
        cells = (r.id, r.state, r.version, f"{r.documents:,}", f"{r.words:,}", size(r.size_bytes))
        table.add_row(*(escape(visible(c)) for c in (*cells, ", ".join(r.languages), r.licence)))
    tables.console().print(table)


@app.command()
def site(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the site; files in it are replaced.")],
    registry: Registry = _HERE,
    language: Annotated[str, typer.Option(help="What the pages open in: en or zh.")] = "en",
    today: Today = "",
) -> None:
    """Write the registry as a site that opens from its folder, without a server or a network: search, English, Chinese.

    Example: openclaw-data registry site out/site
    """
    from openclaw_data.errors import DataError
    from openclaw_data.registry import overview, pages

    if language not in ("en", "zh"):
        raise DataError(f"--language {language}", "is not a language of the site.", "Write en or zh.")
    written = pages.write(overview.read(registry), output, language, _day(today))
    print(f"Written: {output}/index.html and datasets/ with {written - 1:,}")


def _day(today: str) -> str:
    from openclaw_data.errors import DataError

    if not today:
        return dt.datetime.now(dt.UTC).date().isoformat()
    try:
        return dt.date.fromisoformat(today).isoformat()
    except ValueError:
        raise DataError(f"--today {today}", "is no day.", "Write YYYY-MM-DD.") from None
