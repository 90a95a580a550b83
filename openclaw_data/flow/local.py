"""Walk a graph on this machine: in this process, or in worker processes that live as long as the run (`flow.pool`).

What crosses from step to step is numbers and bytes (docs/beam.md): a worker gets one element and sends back what the
steps up to the next `group` made of it. The shuffle is a dictionary in this process. Elements come to a step in the
order of their keys, always.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from openclaw_data.flow.pool import TICK_SECONDS, Tick, running
from openclaw_data.flow.steps import Step
from openclaw_data.flow.work import go_on, interrupt

STOP_SECONDS = 5.0
"""How long the tasks of this process may take to end when the run is interrupted."""


def cpu_seconds() -> float:
    """CPU seconds of what the living workers did."""
    pool = running.get()
    return pool.cpu_seconds if pool else 0.0


def call(function: Callable[..., Any], *arguments: object) -> Any:
    """Call a function: in a worker, which has loaded kernels, where the run uses any."""
    pool = running.get()
    if pool is None or not pool.pids:
        return function(*arguments)
    [[found]] = pool.map([Step("Call", "each", (), function, arguments[1:])], arguments[:1], lambda: None)
    return found


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
    pool = running.get()
    if pool is None or (len(elements) < 2 and not pool.pids) or elements == [b""]:
        return _here(chain, elements, tick)
    return [value for found in pool.map(chain, elements, tick) for value in found]


def _here(chain: Sequence[Step], elements: Sequence[Any], tick: Tick) -> list[Any]:
    """In a thread of this process: an interrupt must not tear a task apart, which ends between two batches.

    Its end is an event's to tell: a thread whose `join` a signal interrupts passes for ended (CPython's bpo-46726).
    """
    calls = [(step.kind, step.function, step.arguments) for step in chain]
    found: list[Any] = []
    failure: list[BaseException] = []
    ended = threading.Event()

    def work() -> None:
        try:
            for element in elements:
                go_on()
                found.extend(apply(calls, element))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failure.append(error)
        finally:
            ended.set()

    interrupt(on=False)
    try:
        threading.Thread(target=work, name="tasks", daemon=True).start()
        alive = True
        while alive:
            alive = not ended.wait(TICK_SECONDS)
            tick()
    except BaseException:
        interrupt(on=True)
        ended.wait(STOP_SECONDS)
        raise
    if failure:
        raise failure[0]
    return found


def apply(calls: Sequence[tuple[str, Callable[..., Any], tuple[object, ...]]], element: Any) -> list[Any]:
    """What a chain of "each" and "flat" functions makes of one element."""
    values = [element]
    for kind, function, arguments in calls:
        if kind == "each":
            values = [function(value, *arguments) for value in values]
        else:
            values = [one for value in values for one in function(value, *arguments)]
    return values
