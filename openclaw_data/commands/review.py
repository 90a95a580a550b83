"""`review sample`, `serve`, `result`: the spot check, from the draw to what it says in report and manifest."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The spot check: people judge a sample of a dataset.", no_args_is_help=True)
Dataset = Annotated[str, typer.Argument(help="Folder (or URL) of a dataset.")]


@app.command("sample")
def sample(
    dataset: Dataset,
    n: Annotated[
        int | None, typer.Option("--n", min=1, help="Documents, of each source with --per-source. [default: 4000, 400]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another sample.")] = 7,
    per_source: Annotated[bool, typer.Option("--per-source", help="Draw from each source: the 5 % rule.")] = False,
    technical: Annotated[
        float | None, typer.Option(help="Draw this share, and list what word lists and classifiers flag in it: 0.1.")
    ] = None,
    lexicons: Annotated[
        list[str] | None, typer.Option("--lexicon", help="With --technical: a word list; one term flags a document.")
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", help="The sample. [default: DATASET.review/KIND.jsonl]")
    ] = "",
) -> None:
    """Draw documents by the digest of a seed and of each document: anyone draws the same ones.

    Example: openclaw-data review sample out --n 4000 --seed 7
    """
    from openclaw_data.documents import DataError
    from openclaw_data.review import decisions

    if technical is not None and (per_source or n is not None):
        raise DataError("--technical", "draws a share, not a number of documents.", "Leave out --n and --per-source.")
    if lexicons and technical is None:
        raise DataError("--lexicon", "is for the technical check.", "Add --technical 0.1.")
    kind = "technical" if technical is not None else "source" if per_source else "manual"
    path = output or str(_folder(dataset) / f"{kind}.jsonl")
    if decisions.beside(path).exists():
        raise DataError(path, "was reviewed already, in part or whole.", "Choose another --output, or move it away.")
    if technical is not None:
        from openclaw_data.review import technical as checking

        header = checking.write(path, dataset, technical, seed, lexicons or [])
        for name, flagged in header.detectors.items():
            print(f"  {name}: {flagged:,} documents flagged")
    else:
        from openclaw_data.review import drawing

        header = drawing.write(path, dataset, n or (400 if per_source else 4000), seed, per_source=per_source)
    drawn, all_ = sum(header.drawn.values()), sum(header.population.values())
    found = f", {header.items:,} of them flagged" if kind == "technical" else ""
    print(f"Written: {path}: {drawn:,} of {all_:,} documents{found}.")


@app.command("serve")
def serve(
    path: Annotated[str, typer.Argument(metavar="SAMPLE", help="A file of `review sample`.")],
    reviewers: Annotated[
        list[str] | None, typer.Option("--reviewer", metavar="NAME", help="Who reviews; once or twice.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
) -> None:
    """Open the page on which the sample is judged, with the keyboard, in Chinese or English, for this machine only.

    Every decision is on the disk, beside the sample, before the page goes on; end with Ctrl-C and go on later.

    Example: openclaw-data review serve out.review/manual.jsonl --reviewer 张三 --reviewer 李四
    """
    from openclaw_data.errors import Interrupted
    from openclaw_data.review import decisions, server
    from openclaw_data.review import sample as samples

    decided = decisions.Decisions(samples.read(path))
    names = server.reviewers(decided, reviewers or [])
    decided.open()
    listening = server.listen(server.Desk(decided, names), port)
    if decided.damaged:
        print(f"{decided.path}: {decided.damaged} lines cannot be read and were passed over.", file=sys.stderr)
    try:
        print(f"Open {listening.url}\nThe address is the key to it: keep it to yourselves. Ctrl-C ends.", flush=True)
        listening.http.serve_forever()
    except Interrupted:
        print(f"Saved: {decided.path}")
    finally:
        listening.http.server_close()
        decided.close()


@app.command("result")
def result(
    dataset: Dataset,
    samples: Annotated[
        list[str] | None, typer.Argument(metavar="[SAMPLE]...", help="Samples. [default: those in DATASET.review]")
    ] = None,
    work: Annotated[str, typer.Option("--work", help="As for `audit`: the report's samples show texts.")] = "",
    sign_key: Annotated[
        str | None, typer.Option(metavar="PEM", help="Private key that signs the dataset again.")
    ] = None,
) -> None:
    """Compute pass rates with 95 % intervals, and put them into the dataset's manifest and audit report.

    Against 96 % (people), 98 % (technical) and at most 5 % failing of each source. Ends with status 1 where one is
    not met.

    Example: openclaw-data review result out
    """
    from openclaw_data.audit import write
    from openclaw_data.commands import tables
    from openclaw_data.dataset import manifest as manifests
    from openclaw_data.dataset.seal import seal
    from openclaw_data.documents import DataError
    from openclaw_data.review import result as results

    paths = samples or [p for p in sorted(map(str, _folder(dataset).glob("*.jsonl"))) if ".decisions." not in p]
    if not paths:
        raise DataError(dataset, "has no samples.", f"Draw one: openclaw-data review sample {dataset}")
    found = results.review(dataset, paths)
    new = manifests.read(dataset).model_copy(update={"review": found})
    write.audit(dataset, new.model_dump(mode="json"), work=work)
    seal(dataset, new, sign_key)
    table = tables.grid(
        "", "check", "verdict", "source", "reviewed", "failed", "pass rate", "95 % interval", "required", right=5
    )
    for row in found.checks:
        rates = (f"{row.rate:.2%}", f"{row.low:.2%} - {row.high:.2%}", f"{row.required:.0%}")
        verdict = f"{row.verdict}: {row.least:,} asked for" if row.verdict == "too few" else row.verdict
        table.add_row(row.key, verdict, row.source or "all", f"{row.reviewed:,}", f"{row.failed:,}", *rates)
    console = tables.console()
    console.print(table)
    for drawn in (s for s in found.samples if s.both):
        share = f"{drawn.kind}: two reviewers decided on {drawn.both:,}, alike on {drawn.same:,}"
        print(f"{share}; Cohen's kappa {'undefined' if drawn.kappa is None else f'{drawn.kappa:.3f}'}")
    print(f"Written: {dataset.rstrip('/')}/manifest.json and audit/report.html")
    if any(row.verdict == "not met" for row in found.checks):
        sys.exit(1)


def _folder(dataset: str) -> Path:
    """Where samples lie: beside the dataset, never in it, for they hold texts and the reviewers' names."""
    from openclaw_data import storage
    from openclaw_data.documents import DataError

    if not storage.is_local(dataset):
        raise DataError(dataset, "is no local folder, beside which samples could lie.", "Name the files yourself.")
    return Path(f"{dataset.rstrip('/')}.review")
