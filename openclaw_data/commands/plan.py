"""What a run would be: its graphs (`run --dry-run`) and its cost (`estimate`)."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer


def show_graphs(
    recipe: str,
    output: str,
    work: str | None,
    inputs: Mapping[str, Sequence[str]],
    runner: str,
    options: Sequence[str],
) -> None:
    """Write the graphs of a run to a folder and print a line for each."""
    from openclaw_data.flow import graphs
    from openclaw_data.flow.run import prepare
    from openclaw_data.flow.work import Engine

    job, _, splits = prepare(recipe, output, work, inputs, Engine(1, runner, tuple(options)))
    place = graphs.folder_for(output, job.resolved.recipe.name)
    found = graphs.write(job, splits, place)
    print(f"{'graph':16} stages  shuffles  steps   bytes")
    for graph in found:
        row = (graph["stages"], len(graph["shuffles"]), len(graph["labels"]), graph["size_bytes"])
        note = f"  only if {graph['sometimes']}" if graph["sometimes"] else ""
        print(f"{graph['name']:16} {row[0]:6} {row[1]:9} {row[2]:6} {row[3]:7,}{note}")
    coders = sorted({coder for graph in found for coder in graph["shuffles"].values()})
    print(f"Shuffled: {'; '.join(coders)}. Side inputs: {sum(g['side_inputs'] for g in found)}.")
    print(f"Workers: {', '.join(sorted({e for g in found for e in g['environments']}))}")
    print(f"Written: {place}")


def estimate(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or a YAML file.")],
    inputs: Annotated[
        list[str] | None, typer.Option("--input", "-i", metavar="ID=PATH", help="As for `run`; may be repeated.")
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", help="As for `run`: the estimate is left for its report in OUTPUT.work.")
    ] = "",
    work: Annotated[str | None, typer.Option(help="As for `run`. [default: OUTPUT.work]")] = None,
    workers: Annotated[
        list[int] | None, typer.Option("--workers", "-w", min=1, help="May be repeated. [default: 1, 2, 4, 16, 64]")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="CPU time for the sample.")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what a run will take: documents, CPU time, memory, shuffle, output and wall time, from a sample of the input.

    Example: openclaw-data estimate web --input cc='crawl/*.warc.gz' --output out
    """
    import json

    from openclaw_data.commands import options

    options.hush()
    from openclaw_data.flow import estimate as estimating
    from openclaw_data.flow.run import prepare
    from openclaw_data.flow.work import Engine

    job, identity, splits = prepare(recipe, output or "out", work, options.by_source(inputs or []), Engine())
    found = estimating.estimate(job, identity, splits, seconds, sorted({*(workers or (1, 2, 4, 16, 64))}))
    if output or work:
        estimating.store(found, job.work)
    if as_json:
        print(json.dumps(found._asdict()))
        return
    size = sum({s.path: s.size_bytes for s in splits}.values())
    print(
        f"{len(splits):,} split{'s' * (len(splits) != 1)}, {size / 1e6:,.1f} MB; "
        f"{found.sampled:,} records were annotated to say this:"
    )
    print(f"  documents            {found.documents:,}")
    print(f"  CPU time             {found.cpu_seconds:,.1f} s ({found.cpu_seconds / 3600:,.2f} hours)")
    print(f"  peak memory, worker  {found.peak_worker_bytes / 1e6:,.0f} MB")
    print(f"  shuffled             {found.shuffle_bytes / 1e6:,.1f} MB")
    print(f"  output, work folder  {found.output_bytes / 1e6:,.1f} MB, {found.work_bytes / 1e6:,.1f} MB")
    for count, took in found.wall_seconds.items():
        print(f"  {count:>3} worker{'s' if count != '1' else ' '}          {took:,.1f} s, if so many cores are free")
