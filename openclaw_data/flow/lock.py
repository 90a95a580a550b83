"""One run at a time in a folder: a lock file that says who holds it, released by the system when its holder dies.

On a local folder it is a POSIX record lock, which a killed process cannot leave behind; what the file says is for the
person who is refused. Another host's lock is never taken over: whether its process lives cannot be seen from here.
Behind a URL there is only the file, which one run can make and the others cannot; a killed run leaves it behind.
"""

import contextlib
import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from openclaw_data import remote, storage
from openclaw_data.documents import DataError

NAME = ".run.lock"
_held: set[str] = set()  # record locks belong to the process: they do not keep a second run in it out


class Holder(NamedTuple):
    """Who holds a lock. `began`: when the process did, in whole seconds, because process ids come again."""

    host: str
    pid: int
    began: int


@contextlib.contextmanager
def hold(folder: str) -> Iterator[None]:
    """Keep `folder` for this run until the block ends.

    Raises:
        DataError: another run has it; names host and process, and what to do about a lock left by another host.
    """
    path = storage.join(folder, NAME)
    if path in _held:
        raise _refused(folder, path, _me())
    with _local(folder, path) if storage.is_local(folder) else _remote(folder, path):
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)


@contextlib.contextmanager
def _local(folder: str, path: str) -> Iterator[None]:
    made = not Path(folder).exists()
    Path(folder).mkdir(parents=True, exist_ok=True)
    handle = _open(folder, path)
    try:
        left = _parse(os.pread(handle, 4096, 0))
        if left is not None and left.host != _me().host:
            raise _refused(folder, path, left)
        if left is not None:
            print(f"{folder}: going on after process {left.pid}, which is gone.", file=sys.stderr)  # noqa: T201
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(_me()._asdict()).encode(), 0)
        try:
            yield
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(path).unlink()
    finally:
        os.close(handle)
        if made:
            with contextlib.suppress(OSError):  # something is in it
                Path(folder).rmdir()


def _open(folder: str, path: str) -> int:
    """The locked lock file. A holder that ends deletes it, so what was opened must still be what is there."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _parse(os.pread(handle, 4096, 0))
            os.close(handle)
            raise _refused(folder, path, holder) from None
        with contextlib.suppress(FileNotFoundError):
            if os.fstat(handle).st_ino == Path(path).stat().st_ino:
                return handle
        os.close(handle)


@contextlib.contextmanager
def _remote(folder: str, path: str) -> Iterator[None]:
    ours = json.dumps(_me()._asdict()).encode()
    with contextlib.suppress(FileNotFoundError):
        with storage.open_input(path) as file:
            left = _parse(file.read())
        if left is None or (left != _me() and (left.host != _me().host or _lives(left))):
            raise _refused(folder, path, left)
        if left != _me():  # our own is from a run of this process whose last call failed
            print(f"{folder}: going on after process {left.pid}, which is gone.", file=sys.stderr)  # noqa: T201
        storage.remove(path)
    if not remote.claim(path, ours):  # it came in this moment; some servers know no such condition
        raise _refused(folder, path, None)
    try:
        yield
    finally:
        storage.remove(path)


def _me() -> Holder:
    return Holder(socket.gethostname(), os.getpid(), int(psutil.Process().create_time()))


def _lives(holder: Holder) -> bool:
    try:
        return abs(psutil.Process(holder.pid).create_time() - holder.began) <= 1
    except psutil.NoSuchProcess:
        return False


def _parse(content: bytes) -> Holder | None:
    try:
        facts: Any = json.loads(content)
        return Holder(str(facts["host"]), int(facts["pid"]), int(facts["began"]))
    except (ValueError, KeyError, TypeError):  # empty: its holder was killed before it could write
        return None


def _refused(folder: str, path: str, holder: Holder | None) -> DataError:
    if holder is None or holder.host == _me().host:
        who = f"process {holder.pid} on this machine" if holder else "another process"
        return DataError(folder, f"another run is using it: {who}.", "Wait for it or stop it, or use another folder.")
    return DataError(
        folder,
        f"another run is using it: process {holder.pid} on {holder.host}, if it still runs.",
        f"If it does not, delete {path} and give the same command again.",
    )
