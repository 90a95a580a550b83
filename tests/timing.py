"""Time in tests, which may fail neither on a slow or busy machine nor on a fast one."""

import contextlib
import time
from collections.abc import Callable, Iterator

import psutil

PATIENCE_SECONDS = 120.0
"""How long to wait for what takes a moment on an idle machine."""


def wait_until(condition: Callable[[], object], message: str) -> None:
    """Wait for a condition to be true; `message` says what is wrong when it never is."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, message
        time.sleep(0.01)


def has_ended(process: psutil.Process) -> bool:
    """Whether a process has ended; its new parent may be slow to bury it."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@contextlib.contextmanager
def within(seconds: float, what: object = "it") -> Iterator[None]:
    """Bound the CPU time of a block: that of this process, whatever else the machine does.

    Take many times what the block needs, since a shared core is slower too and a collection of garbage may fall into
    it; and an input over which what the bound is to exclude, such as quadratic time, takes many times longer.
    """
    began = time.process_time()
    yield
    took = time.process_time() - began
    assert took < seconds, f"{what} took {took:.1f} s of CPU time"
