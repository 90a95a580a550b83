"""Functions that tests send to worker processes: importable there as `tests.workers`."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from openclaw_data.documents import DataError
from openclaw_data.flow.work import go_on

ended: list[str] = []
"""How `interrupt_me` ended."""


def kill_me_at_three(n: int) -> int:
    """Kill the worker that gets number 3, as the kernel does when memory is short."""
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return n


def fail_at_three(n: int) -> int:
    """Fail with a message meant for the user."""
    if n == 3:
        raise DataError("crawl.warc.gz", "is not a WARC file.", "Convert it first.")
    return n


def lose_connection(n: int) -> int:
    """Fail as storage does."""
    raise ConnectionResetError(f"the bucket, {n}")


def write_pid(folder_and_number: tuple[str, int]) -> int:
    """Leave this process's id in a file."""
    folder, n = folder_and_number
    Path(folder, f"{n}-{os.getpid()}").touch()
    time.sleep(0.05)
    return n


def my_pid(_: int) -> int:
    """This process's id."""
    time.sleep(0.02)
    return os.getpid()


def odd_or_even(n: int, ending: str) -> Iterator[tuple[int, bytes]]:
    """A number by its rest."""
    yield n % 2, f"{n}{ending}".encode()


def interrupt_me(n: int) -> int:
    """Interrupt the run, whose thread this is not, and take a while to see that."""
    os.kill(os.getpid(), signal.SIGUSR1)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        time.sleep(0.2)
        try:
            go_on()
        except InterruptedError:
            ended.append("by the interrupt")
            raise
    return n
