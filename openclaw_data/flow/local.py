"""Walk a graph on this machine: in this process, or in worker processes that live as long as the run.

What crosses from step to step is numbers and bytes (docs/beam.md), so a worker gets one element at a time over a
socket and sends back what the steps up to the next `group` made of it; whoever is free gets the next element. The
shuffle is a dictionary in this process. Elements come to a step in the order of their keys, always.

Workers are forked by `flow.worker`, a process that has loaded everything before: this one may have threads, which do
not survive a fork.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, TypeAlias

from openclaw_data.documents import DataError
from openclaw_data.flow.steps import Step
from openclaw_data.flow.work import interrupt

WORKER = "openclaw_data.flow.worker"
"""The module that forks the workers."""
STOP_SECONDS = 5.0
"""How long the tasks of this process may take to end when the run is interrupted."""
_TICK_SECONDS = 0.2

Tick = Callable[[], None]
Socket: TypeAlias = "Connection[Any, Any]"


class Pool:
    """Worker processes. The one that forks them begins to load at once, and is asked for them at the first need."""

    def __init__(self, workers: int) -> None:
        ours, theirs = zip(*(Pipe() for _ in range(workers)), strict=True)
        self.free: list[Socket] = list(ours)
        self.pids: dict[Socket, int] = {}
        self.cpu_seconds = 0.0
        fds = [one.fileno() for one in theirs]
        self.parent = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours, numbers
            [sys.executable, "-P", "-m", WORKER, str(os.getpid()), *map(str, fds)],
            pass_fds=fds,
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path)},
        )
        for one in theirs:
            one.close()

    def map(self, functions: Sequence[Step], elements: Sequence[Any], tick: Tick) -> list[Any]:
        """What the functions make of each element, in the order of the elements.

        Raises:
            DataError: a worker was killed. Any error of a function is raised as it is.
        """
        results: list[Any] = [None] * len(elements)
        todo = iter(range(len(elements)))
        busy: dict[Socket, int] = {}
        calls = [(step.kind, step.function, step.arguments) for step in functions]
        with self._whole():
            self._begin()
            for connection in self.free:
                connection.send(("calls", calls))
                self._next(connection, todo, elements, busy)
            while busy:
                tick()
                for ready in wait(list(busy), _TICK_SECONDS):
                    assert isinstance(ready, Connection)
                    error, found, seconds = ready.recv()
                    results[busy.pop(ready)] = found
                    self.cpu_seconds += seconds
                    if error is not None:
                        raise error
                    self._next(ready, todo, elements, busy)
        return results

    def _begin(self) -> None:
        """Have the workers forked, once, and learn their process ids."""
        if not self.pids:
            assert self.parent.stdin is not None
            self.parent.stdin.write(b"fork\n")
            self.parent.stdin.flush()
            self.pids = {one: one.recv() for one in self.free}

    def _next(
        self,
        connection: Socket,
        todo: Iterator[int],
        elements: Sequence[Any],
        busy: dict[Socket, int],
    ) -> None:
        number = next(todo, None)
        if number is not None:
            busy[connection] = number
            connection.send(("element", elements[number]))

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """What goes wrong ends all workers, before anyone cleans up after them. One that is gone closed its socket."""
        try:
            yield
        except (EOFError, ConnectionError):
            gone = ", ".join(str(pid) for one, pid in self.pids.items() if _closed(one))
            self.close()
            if self.pids and not gone:
                raise  # a task's own
            raise DataError(
                "worker",
                f"process {gone} was killed, perhaps for want of memory." if gone else "no worker process could start.",
                "Finished parts are kept: run the same command to go on, with fewer --workers if memory is short.",
            ) from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the workers, whatever they do: a task that is cut off leaves no file under its final name."""
        if self.parent.returncode is not None:
            return
        for pid in self.pids.values() or [self.parent.pid]:  # their parent waits for them, and ends then
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for one in self.free:
            one.close()
        self.parent.communicate()


def _closed(connection: Socket) -> bool:
    try:
        return connection.poll() and not connection.recv()
    except (EOFError, ConnectionError):
        return True


_pool: ContextVar[Pool | None] = ContextVar("pool", default=None)


@contextlib.contextmanager
def workers(count: int) -> Iterator[None]:
    """Keep `count` worker processes for the graphs that are executed in this block; one is this process itself."""
    if count == 1 or _pool.get() is not None:
        yield
        return
    pool = Pool(count)
    token = _pool.set(pool)
    try:
        yield
    finally:
        _pool.reset(token)
        pool.close()


def cpu_seconds() -> float:
    """CPU seconds of what the living workers did."""
    pool = _pool.get()
    return pool.cpu_seconds if pool else 0.0


def call(function: Callable[..., Any], *arguments: object) -> Any:
    """Call a function: in a worker, which has loaded kernels, where the run uses any."""
    pool = _pool.get()
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
    pool = _pool.get()
    if pool is None or (len(elements) < 2 and not pool.pids) or elements == [b""]:
        return _here(chain, elements, tick)
    return [value for found in pool.map(chain, elements, tick) for value in found]


def _here(chain: Sequence[Step], elements: Sequence[Any], tick: Tick) -> list[Any]:
    """In a thread of this process: an interrupt must not tear a task apart, which ends between two batches."""
    calls = [(step.kind, step.function, step.arguments) for step in chain]
    found: list[Any] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            for element in elements:
                found.extend(apply(calls, element))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failure.append(error)

    interrupt(on=False)
    thread = threading.Thread(target=work, name="tasks", daemon=True)
    thread.start()
    try:
        alive = True
        while alive:
            thread.join(_TICK_SECONDS)
            tick()
            alive = thread.is_alive()
    except BaseException:
        interrupt(on=True)
        thread.join(STOP_SECONDS)
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
