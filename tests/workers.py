"""Functions that tests send to worker processes: importable there as `tests.workers`.

The run's own process works as well, and begins before the others have loaded: where it matters who does something, it
waits for them.
"""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from openclaw_data.documents import DataError
from openclaw_data.flow.work import go_on
from tests.timing import PATIENCE_SECONDS

ended: list[str] = []
"""How `interrupt_me` ended."""

Task = tuple[str, int]
"""A folder, and the number of a task or the id of the run's own process."""


def write_pid(task: Task, processes: int = 2) -> int:
    """Leave this process's id in the folder; returns it when so many processes have."""
    folder, n = task
    Path(folder, f"{n}-{os.getpid()}").touch()
    end = time.monotonic() + PATIENCE_SECONDS
    while len({file.name.split("-")[1] for file in Path(folder).iterdir()}) < processes and time.monotonic() < end:
        go_on()
        time.sleep(0.02)
    return os.getpid()


def kill_worker(task: Task) -> int:
    """Kill the worker that gets this, as the kernel does when memory is short."""
    if os.getpid() != task[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    return write_pid(task)


def fail(task: Task) -> int:
    """Fail in a worker with a message meant for the user."""
    if os.getpid() != task[1]:
        raise DataError("crawl.warc.gz", "is not a WARC file.", "Convert it first.")
    return write_pid(task)


def lose_connection(task: Task) -> int:
    """Fail in a worker as storage does."""
    if os.getpid() != task[1]:
        raise ConnectionResetError("the bucket")
    return write_pid(task)


def odd_or_even(n: int, ending: str) -> Iterator[tuple[int, bytes]]:
    """A number by its rest."""
    yield n % 2, f"{n}{ending}".encode()


def two_sizes(n: int) -> Iterator[tuple[int, bytes]]:
    """A large piece to 0, a small one to 1, and what is not bytes alone to 2."""
    yield 0, bytes([n]) * 30_000
    yield 1, bytes([n])
    yield 2, (n, bytes(n))  # type: ignore[misc]


def listed(group: tuple[int, Iterable[object]]) -> list[object]:
    """What is in a group, twice."""
    return [group[0], list(group[1]), list(group[1])]


def interrupt_me(n: int) -> int:
    """Interrupt the run, whose thread this is not, and take a while to see that."""
    os.kill(os.getpid(), signal.SIGUSR1)
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        time.sleep(0.2)
        try:
            go_on()
        except InterruptedError:
            ended.append("by the interrupt")
            raise
    return n
