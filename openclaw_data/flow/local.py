"""Walk a graph on this machine: in this process, and in worker processes that live as long as the run (`flow.pool`).

What crosses from step to step is numbers and bytes (docs/beam.md): a worker gets one element and sends back what the
steps up to the next `group` made of it. A shuffle is a dictionary in this process; what is large lies in files
(`flow.shuffle`). Elements come to a step in the order of their keys, always.
"""

from collections import defaultdict
from typing import Any

from openclaw_data import storage
from openclaw_data.flow import shuffle
from openclaw_data.flow.pool import Tick, running
from openclaw_data.flow.steps import Step


def execute(graph: Step, tick: Tick, scratch: str = "") -> None:
    """Walk the graph to its end, calling `tick` a few times a second.

    Args:
        graph: what to walk.
        tick: to be called.
        scratch: a folder of this run alone, for what is shuffled; empty: all of it stays in memory.

    Raises:
        DataError: what a step raised, a worker process that died, or a full disk.
    """
    if scratch:
        storage.remove(scratch)  # of a run that was killed
    _values(graph, tick, scratch)
    if scratch:
        storage.remove(scratch)


def _values(step: Step, tick: Tick, scratch: str = "") -> list[Any]:
    """What a step gives."""
    if step.kind == "start":
        return [b""]
    if step.kind == "both":
        return [value for one in step.inputs for value in _values(one, tick, scratch)]
    if step.kind == "group":
        groups: dict[Any, list[Any]] = defaultdict(list)
        for key, value in _values(step.inputs[0], tick, scratch):
            groups[key].append(value)
        return sorted(groups.items(), key=lambda group: group[0])
    chain = [step]
    while chain[0].inputs[0].kind in ("each", "flat"):
        chain.insert(0, chain[0].inputs[0])
    elements = _values(chain[0].inputs[0], tick, scratch)
    if scratch:
        chain = _in_files(chain, scratch)
    calls = [(one.kind, one.function, one.arguments) for one in chain]
    return [value for found in running.get().map(calls, elements, tick) for value in found]


def _in_files(chain: list[Step], scratch: str) -> list[Step]:
    """The same steps, with what they send and group in files."""
    if chain[-1].kind == "flat":
        *before, last = chain
        chain = [*before, last._replace(function=shuffle.lay_down, arguments=(scratch, last.function, *last.arguments))]
    if chain[0].inputs[0].kind == "group":
        first, *after = chain
        chain = [first._replace(function=shuffle.pick_up, arguments=(first.function, *first.arguments)), *after]
    return chain
