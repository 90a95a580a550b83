"""`audit-pii` and `lexicon check`: what is left of personal data, and what a word list covers."""

import json
from typing import Annotated

import typer

lexicon = typer.Typer(help="Word lists.", no_args_is_help=True)


def audit_pii(
    dataset: Annotated[str, typer.Argument(help="Folder of a dataset.")],
    keep: Annotated[
        list[str] | None, typer.Option(help="What is no residue; may be repeated. [default: hotline]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Search the published shards for personal data that is left, and say how much there is in a million documents.

    Example: openclaw-data audit-pii out
    """
    from openclaw_data.audit.residue import residue
    from openclaw_data.edits import pii_find

    found = residue(dataset, keep=tuple(keep) if keep else ("hotline",))
    if as_json:
        print(json.dumps(found._asdict(), indent=1))
        return
    print(f"{found.documents:,} documents")
    for kind in pii_find.KINDS:
        holding, values = found.holding.get(kind, 0), found.values.get(kind, 0)
        print(f"{kind:12} {values:8,} values in {holding:8,} documents, {found.per_million(kind):10,.1f} a million")


@lexicon.command("check")
def check(file: Annotated[str, typer.Argument(help="A word list: TSV, see docs/safety.md.")]) -> None:
    """Check a word list, and compare its terms with the numbers that GB/T 45654-2025 asks for.

    Example: openclaw-data lexicon check words.tsv
    """
    from openclaw_data.signals import lexicons

    found = lexicons.read(file)
    covered = lexicons.coverage(found)
    print(f"{found.path}: {covered.terms:,} terms of {covered.wanted:,}; sha256 {found.digest}")
    for risk, (have, want) in covered.risks.items():
        state = "not measured" if not have else "enough" if have >= want else "too few"
        print(f"  {risk}  {have:7,} terms, {want or 'no number'} asked for: {state}")
    print("Complete." if covered.complete else "Not complete.")
