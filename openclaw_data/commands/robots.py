"""`openclaw-data robots-index`."""

from typing import Annotated

import typer


def robots_index(
    files: Annotated[list[str], typer.Argument(help="Web archives that hold records of robots.txt; globs, URLs.")],
    output: Annotated[str, typer.Option("--output", "-o", help="The index: one Arrow file of sites and their rules.")],
    agents: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="NAME", help="Whose rules; may be repeated. [default: 13 that train AI]"),
    ] = None,
) -> None:
    """Index what a crawl's records of robots.txt allow the crawlers of AI training, for `rights:` in a recipe.

    Example: openclaw-data robots-index 'crawl/robotstxt/*.warc.gz' --output robots.arrow
    """
    from openclaw_data.rights import robots, robots_index

    built = robots_index.build(files, output, agents or robots.AGENTS)
    print(f"{built.records:,} records, {built.sites:,} sites, {built.barring:,} bar an agent somewhere.")
    print(f"Wrote {output}.")
