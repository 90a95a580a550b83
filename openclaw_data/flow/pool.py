"""The workers of a run: this process, and others beside it that live as long as the run.

This process works in a thread. The others are of `flow.worker`; they begin to load as soon as it is known that they
are wanted, so this module imports nothing heavy, and they join in when they have loaded. Whoever is free takes the
next element. The others get it over a socket, and send back what the functions made of it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextvars import ContextVar
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, TypeAlias

from openclaw_data.errors import DataError
from openclaw_data.flow.steps import Calls, apply

WORKER = "openclaw_data.flow.worker"
"""The module of the other processes."""
TICK_SECONDS = 0.2
STOP_SECONDS = 5.0
"""How long the task of this process may take to end when the run is cut off."""

Tick = Callable[[], None]
Socket: TypeAlias = "Connection[Any, Any]"


class Pool:
    """So many workers, of which this process is one. The others begin to load at once."""

    def __init__(self, workers: int = 1) -> None:
        self.sockets: Sequence[Socket] = ()
        self._ending: Sequence[Socket] = ()
        self.pids: dict[Socket, int] = {}  # of those that have loaded
        self.cpu_seconds = 0.0
        if workers > 1:
            self._start(workers - 1)

    def _start(self, others: int) -> None:
        self.sockets, theirs = zip(*(Pipe() for _ in range(others)), strict=True)
        fds = [one.fileno() for one in theirs]
        self._first = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours, numbers
            [sys.executable, "-P", "-m", WORKER, str(os.getpid()), *map(str, fds)],
            pass_fds=fds,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path)},
        )
        for one in theirs:
            one.close()

    def map(self, calls: Calls, elements: Sequence[Any], tick: Tick) -> list[Any]:
        """What the functions make of each element, in the order of the elements. One alone stays in this process.

        Raises:
            DataError: a worker was killed. Any error of a function is raised as it is.
        """
        from openclaw_data.flow.work import go_on  # loads much: not before the others have begun to

        results: list[Any] = [None] * len(elements)
        todo = iter(range(len(elements)))
        busy: dict[Socket, int] = {}

        def work() -> None:
            for number in todo:
                go_on()
                results[number] = apply(calls, elements[number])

        def give(one: Socket) -> None:
            told = busy.pop(one, None) is not None
            if (number := next(todo, None)) is not None:
                busy[one] = number
                self._send(one, (None if told else calls, elements[number]))

        others = self.sockets if len(elements) > 1 else ()
        with self._beside(work) as (own, ended):
            busy[ended] = -1
            for one in others:
                if one in self.pids:
                    give(one)
            while busy:
                tick()
                for ready in wait([*busy, *(one for one in others if one not in self.pids)], TICK_SECONDS):
                    assert isinstance(ready, Connection)
                    if ready is ended:
                        del busy[ended]
                        own.result()
                    elif ready in busy:
                        results[busy[ready]] = self._result(ready)
                        give(ready)
                    else:
                        self.pids[ready] = self._receive(ready)
                        give(ready)
        return results

    def _result(self, connection: Socket) -> Any:
        error, found, seconds = self._receive(connection)
        self.cpu_seconds += seconds
        if error is not None:
            raise error
        return found

    def _receive(self, connection: Socket) -> Any:
        try:
            return connection.recv()
        except (EOFError, OSError):
            raise self._lost(connection) from None

    def _send(self, connection: Socket, message: Any) -> None:
        try:
            connection.send(message)
        except OSError:
            raise self._lost(connection) from None

    def _lost(self, connection: Socket) -> DataError:
        pid = self.pids.get(connection)
        return DataError(
            "worker",
            f"process {pid} was killed, perhaps for want of memory." if pid else "a worker process could not start.",
            "Finished parts are kept: run the same command to go on, with fewer --workers if memory is short.",
        )

    @contextlib.contextmanager
    def _beside(self, work: Callable[[], None]) -> Iterator[tuple["futures.Future[None]", Socket]]:
        """Do `work` in a thread: its future, and what can be waited for together with sockets.

        What goes wrong in this block ends it and the other workers, before anyone cleans up after them. An interrupt
        must not tear the thread's task apart, which ends between two batches; that it has is not for `join` to tell,
        for which a thread passes for ended when a signal interrupts it (CPython's bpo-46726).
        """
        from openclaw_data.flow.work import interrupt

        own: futures.Future[None] = futures.Future()
        ended, end = Pipe(duplex=False)
        interrupt(on=False)
        try:
            threading.Thread(target=_do, args=(work, own, end), name="tasks", daemon=True).start()
            yield own, ended
        except BaseException:
            interrupt(on=True)
            self.close()
            futures.wait([own], STOP_SECONDS)
            raise

    def dismiss(self) -> None:
        """Begin to end the other workers, whatever they do: a task that is cut off leaves no file under its final name.

        It takes them a while to give their memory back.
        """
        for pid in {self._first.pid, *self.pids.values()} if self.sockets else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._ending, self.sockets = (*self._ending, *self.sockets), ()

    def close(self) -> None:
        """End the other workers, and wait until they have ended."""
        self.dismiss()
        for one in self._ending:
            with one, contextlib.suppress(EOFError, OSError):
                while one.poll(STOP_SECONDS):  # it ends with the process
                    one.recv_bytes()
        if self._ending:
            self._first.wait()
        self._ending = ()


def _do(work: Callable[[], None], own: "futures.Future[None]", end: Socket) -> None:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        own.set_exception(error)
    else:
        own.set_result(None)
    with contextlib.suppress(OSError):  # nobody waits any more
        end.send_bytes(b".")


running: ContextVar[Pool] = ContextVar("pool", default=Pool())  # noqa: B039 - one without others has no state


@contextlib.contextmanager
def workers(count: int) -> Iterator[None]:
    """Keep `count` workers for the graphs that are executed in this block; this process is one of them."""
    if count == 1 or running.get().sockets:
        yield
        return
    pool = Pool(count)
    token = running.set(pool)
    try:
        yield
    finally:
        running.reset(token)
        pool.close()
