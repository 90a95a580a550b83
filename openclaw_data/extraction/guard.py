"""A second process for pages that could stop the first.

An HTML engine is C or Rust code that holds the interpreter's lock: no signal handler and no thread of the same process
can end it. Pages large or deep enough to take long are therefore given to a child process, which the kernel ends when
the page's time is up. The parent loses one page, never more; a child that dies of a stack overflow or of too much
memory is one lost page too.

The child is started at the first such page, kept, and replaced when it was ended. It exits when the parent goes away
(its input closes) and, in the middle of a page, when that page's time is up. It is started with `subprocess`, so it
works where `multiprocessing` may not have children, as in a Beam worker.
"""

import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

MEMORY_BYTES = 1_200_000_000
"""Address space the child may take: a page that needs more is lost, not the machine."""

RECYCLE_BYTES = 2_000_000
"""After a request of this size the child is replaced, so that what it took for the page goes back."""

START_SECONDS = 60.0
"""How long the child may take to start: only imports, but on a busy machine."""

_FRAME = struct.Struct(">Id")


class PageTimeoutError(TimeoutError):
    """The page took longer than its time limit."""


class PageFailedError(Exception):
    """The engine failed on the page, or took the child process down with it."""


class Guard:
    """The child process of this process, and the lock that gives it to one thread at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: subprocess.Popen[bytes] | None = None

    def extract(self, engine: str, html: str, url: str, timeout: float) -> tuple[str, str]:
        """Text and title of a page, worked out in the child.

        Raises:
            PageTimeoutError: not done within `timeout` seconds, the child's start not counted.
            PageFailedError: the engine raised or the child died.
        """
        request = json.dumps([engine, html, url]).encode("ascii")
        with self.lock:
            child = self._start()
            deadline = time.monotonic() + timeout
            try:
                status, answer = _ask(child, request, timeout, deadline + 1.0)
            except (OSError, EOFError) as error:
                late = time.monotonic() >= deadline
                code = self._stop()
                if late or code == -signal.SIGALRM:
                    raise PageTimeoutError(f"not done after {timeout:g} s") from None
                raise PageFailedError(f"the engine's process ended with status {code} ({error})") from None
            if len(request) > RECYCLE_BYTES:
                self._stop()
        if status != "ok":
            raise PageFailedError(str(answer))
        text, title = answer
        return str(text), str(title)

    def _start(self) -> "subprocess.Popen[bytes]":
        """The running child; a new one where there is none or the last one has left."""
        if self.child is not None and self.child.poll() is None:
            return self.child
        self._stop()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
        self.child = subprocess.Popen(
            [sys.executable, "-c", "from openclaw_data.extraction.guard import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        assert self.child.stdout is not None
        try:
            ready = _read(self.child.stdout, 1, time.monotonic() + START_SECONDS)
        except (OSError, EOFError):
            ready = b""
        if ready != b"+":
            code = self._stop()
            raise PageFailedError(f"the engine's process did not start (status {code})")
        return self.child

    def _stop(self) -> int:
        """End the child; its exit status, 0 where there was none."""
        child, self.child = self.child, None
        if child is None:
            return 0
        try:
            code = child.wait(0.1)  # one that died by itself tells why
        except subprocess.TimeoutExpired:
            child.kill()
            code = child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return code

    def forget(self) -> None:
        """In a forked process: leave the parent's child alone, start from nothing."""
        self.lock, self.child = threading.Lock(), None


GUARD = Guard()
os.register_at_fork(after_in_child=GUARD.forget)


def _ask(child: "subprocess.Popen[bytes]", request: bytes, timeout: float, deadline: float) -> tuple[str, Any]:
    """Send one request and wait for its answer; EOFError when there is none by the deadline."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(_FRAME.pack(len(request), timeout) + request)
    child.stdin.flush()
    (length,) = struct.unpack(">I", _read(child.stdout, 4, deadline))
    status, answer = json.loads(_read(child.stdout, length, deadline))
    return status, answer


def _read(pipe: IO[bytes], size: int, deadline: float) -> bytes:
    """Exactly `size` bytes from a pipe, EOFError when they do not come before the deadline."""
    parts, missing = [], size
    while missing:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(pipe.fileno(), min(missing, 1 << 20)) if ready else b""
        if not part:
            raise EOFError("no answer")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def serve() -> None:
    """The child: answer requests until the input closes.

    The alarm has the kernel's default action, which ends the process inside C code as well; a Python handler would
    wait for that code to return.
    """
    import resource

    from openclaw_data.extraction.engines import ENGINES

    with contextlib.suppress(ValueError, OSError):  # macOS does not limit address space
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes our input
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(b"+")
    sink.flush()
    while len(head := source.read(_FRAME.size)) == _FRAME.size:
        length, timeout = _FRAME.unpack(head)
        request = source.read(length)
        signal.setitimer(signal.ITIMER_REAL, timeout)
        try:
            engine, html, url = json.loads(request)
            answer = json.dumps(["ok", ENGINES[engine].extract(html, url)])
        except Exception as error:  # noqa: BLE001  (whatever an engine raises costs one page)
            answer = json.dumps(["failed", f"{type(error).__name__}: {error}"[:200]])
        signal.setitimer(signal.ITIMER_REAL, 0)
        sink.write(struct.pack(">I", len(answer)) + answer.encode("ascii"))
        sink.flush()
