"""The worker processes beside the run's own: the first of them loads, and forks the others, which so begin loaded.

Started by `flow.pool` as `python -m openclaw_data.flow.worker PARENT FD...`. Before it forks it runs no thread of its
own and calls nothing of polars or pyarrow, whose pools of threads begin with their first use: a forked process has only
the thread that forked it. What numpy and the allocators have by then sleeps, and knows forks. All end with the run.
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
    """Load, fork a worker for each socket but one, be a worker for that one, and end with the run."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the run ends us
    _end_with(int(sys.argv[1]))
    memory.keep()
    sockets = [Connection(int(fd)) for fd in sys.argv[2:]]
    memory.load_alone()
    import openclaw_data.flow.annotate  # noqa: F401

    if len(sockets) > 1:
        sockets = [fork(sockets)]
    with contextlib.suppress(EOFError, ConnectionError):
        serve(sockets[0])
    os._exit(0)


def use() -> None:
    """Load the other stages, and kernels and bundled models by using them on a short page."""
    import openclaw_data.flow.run  # noqa: F401
    from openclaw_data import dedup, documents, edits, extraction, signals
    from openclaw_data.signals import language

    page = {"url": "http://example.com/", "content_mime_detected": "text/html", "payload": _PAGE.encode()}
    batch = extraction.pages(documents.build(documents.RAW, [page]))
    batch = edits.apply(documents.append(batch, language.identify(batch)), ["normalise", "pii"], {})
    signals.compute(batch, [name for name, source in signals.SIGNALS.items() if "mojibake" not in source])
    dedup.fingerprint(batch)


def fork(sockets: "list[Connection[Any, Any]]") -> "Connection[Any, Any]":
    """Fork until each socket has a process, with all loaded; returns the socket of the one that this is then."""
    use()
    warnings.filterwarnings("ignore", "This process .* is multi-threaded")  # see above
    gc.freeze()  # what is shared stays shared: collecting garbage would write to it
    parent, [mine, *others] = os.getpid(), sockets
    for number, other in enumerate(others):
        if os.fork() == 0:
            _end_with(parent)
            for not_mine in (mine, *others[number + 1 :]):
                not_mine.close()
            return other
        other.close()
    return mine


def serve(connection: "Connection[Any, Any]") -> None:
    """Do what comes over the socket: elements, the first of a stage with its functions."""
    from openclaw_data.flow.steps import Calls, apply

    connection.send(os.getpid())
    calls: Calls = ()
    while True:
        new, element = connection.recv()
        calls = calls if new is None else new
        began = time.process_time()
        try:
            error, found = None, apply(calls, element)
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
