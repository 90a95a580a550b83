"""Walk a graph on this machine: in this process, and in worker processes that live as long as the run (`flow.pool`).

What crosses from step to step is numbers and bytes (docs/beam.md): a worker gets one element and sends back what the
steps up to the next `group` made of it. The shuffle is a dictionary in this process. Elements come to a step in the
order of their keys, always.
"""

from collections import defaultdict
from typing import Any

from openclaw_data.flow.pool import Tick, running
from openclaw_data.flow.steps import Step


def execute(graph: Step, tick: Tick) -> None:
    """Walk the graph to its end, calling `tick` a few times a second.

    Raises:
        DataError: what a step raised, or a worker process that died.
    """
    _values(graph, tick)


def _values(step: Step, tick: Tick) -> list[Any]:
    """What a step gives."""
    if step.kind == "start":
        return [b""]
    if step.kind == "both":
        return [value for one in step.inputs for value in _values(one, tick)]
    if step.kind == "group":
        groups: dict[Any, list[Any]] = defaultdict(list)
        for key, value in _values(step.inputs[0], tick):
            groups[key].append(value)
        return sorted(groups.items(), key=lambda group: group[0])
    chain = [step]
    while chain[0].inputs[0].kind in ("each", "flat"):
        chain.insert(0, chain[0].inputs[0])
    elements = _values(chain[0].inputs[0], tick)
    calls = [(one.kind, one.function, one.arguments) for one in chain]
    return [value for found in running.get().map(calls, elements, tick) for value in found]
