"""The local workers: a process that loads everything, then forks them, so that each begins loaded.

Started by `flow.pool` as `python -m openclaw_data.flow.worker PARENT FD...`. It runs no thread of its own and calls
nothing of polars or pyarrow, whose pools of threads begin with their first use: a forked process has only the thread
that forked it. What numpy and the allocators have by then sleeps, and knows forks. All of them end with the run.
"""

import contextlib
import ctypes
import gc
import os
import signal
import sys
import time
import traceback
import warnings
from multiprocessing.connection import Connection
from typing import Any

from openclaw_data import memory

_PAGE = "<title>A page</title><article><p>Some words to read here.<p>你好，世界。</article>"


def main() -> None:
    """Load, wait until workers are wanted, fork one for each socket, and end with the last of them."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the run ends us
    _end_with(int(sys.argv[1]))
    memory.keep()
    sockets = [int(fd) for fd in sys.argv[2:]]
    memory.load_alone()
    load()
    if not sys.stdin.readline():
        return
    warnings.filterwarnings("ignore", "This process .* is multi-threaded")  # see above
    gc.freeze()  # what is shared stays shared: collecting garbage would write to it
    parent = os.getpid()
    for mine in sockets:
        if os.fork() == 0:
            for fd in sockets:
                if fd != mine:
                    os.close(fd)
            with contextlib.suppress(EOFError, ConnectionError):
                serve(Connection(mine), parent)
            os._exit(0)
    for fd in sockets:
        os.close(fd)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def load() -> None:
    """Import everything, and load kernels and bundled models by using them on a short page."""
    import openclaw_data.flow.run  # noqa: F401
    from openclaw_data import dedup, documents, edits, extraction, signals
    from openclaw_data.signals import language

    page = {"url": "http://example.com/", "content_mime_detected": "text/html", "payload": _PAGE.encode()}
    batch = extraction.pages(documents.build(documents.RAW, [page]))
    batch = edits.apply(documents.append(batch, language.identify(batch)), ["normalise", "pii"], {})
    signals.compute(batch, [name for name, source in signals.SIGNALS.items() if "mojibake" not in source])
    dedup.fingerprint(batch)


def serve(connection: "Connection[Any, Any]", parent: int) -> None:
    """Do what comes over the socket: lists of functions, and elements for the last of these lists."""
    from openclaw_data.flow.local import apply

    _end_with(parent)
    connection.send(os.getpid())
    calls: list[Any] = []
    while True:
        kind, content = connection.recv()
        if kind == "calls":
            calls = content
            continue
        began = time.process_time()
        try:
            error, found = None, apply(calls, content)
        except Exception as raised:  # noqa: BLE001 - raised again by the parent
            error, found = _portable(raised), None
        connection.send((error, found, time.process_time() - began))


def _portable(error: Exception) -> Exception:
    """The error as it can be sent, with where it was raised."""
    import pickle

    try:
        sent = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - whatever its class cannot do
        sent = RuntimeError(f"{type(error).__name__}: {error}")
    sent.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
    found: Exception = sent
    return found


def _end_with(parent: int) -> None:
    """Die when the process `parent`, which started this one, does. Elsewhere than on Linux a task is ended first."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main()
