"""Worker processes that live as long as a run.

They are forked by `flow.worker`, a process that has loaded everything before: this one may have threads, which do not
survive a fork. It begins to load as soon as it is known that workers are wanted, so this module imports nothing heavy.
A worker gets one element at a time over a socket and sends back what the functions made of it; whoever is free gets
the next element.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, TypeAlias

from openclaw_data.errors import DataError
from openclaw_data.flow.steps import Step

WORKER = "openclaw_data.flow.worker"
"""The module that forks the workers."""
TICK_SECONDS = 0.2

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
                for ready in wait(list(busy), TICK_SECONDS):
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


running: ContextVar[Pool | None] = ContextVar("pool", default=None)


@contextlib.contextmanager
def workers(count: int) -> Iterator[None]:
    """Keep `count` worker processes for the graphs that are executed in this block; one is this process itself."""
    if count == 1 or running.get() is not None:
        yield
        return
    pool = Pool(count)
    token = running.set(pool)
    try:
        yield
    finally:
        running.reset(token)
        pool.close()
