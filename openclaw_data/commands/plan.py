"""What a run would be: its graphs (`run --dry-run`) and its cost (`estimate`)."""

from collections.abc import Mapping, Sequence


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
