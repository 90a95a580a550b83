"""What lies behind a URL, through fsspec: reached with patience, read and written whole, failed in one line.

In an object store (`_WHOLE`) an upload appears whole or not at all. Elsewhere, as in HDFS, a file can be seen while it
is written: there it gets a hidden name first, and is renamed when it is whole.
"""

import contextlib
import errno
import io
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from openclaw_data.errors import DataError

_FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
"""What trying again does not help."""
_WAITS = (0.1, 0.5, 2.0)
"""Seconds between tries."""
_PATIENCE = 20.0
"""Seconds after which a failed call is not made again: its library has tried often enough by itself."""
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "hdfs": "hdfs", "viewfs": "hdfs"}
"""Kind of URL -> the extra of this package that brings what reads it."""
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss"})
"""Object stores: an upload appears when it is complete."""
_READING: dict[str, dict[str, Any]] = {
    "gs": {"cache_type": "readahead"},  # its default starts a task a file, and speaks of those that did not end
    "gcs": {"cache_type": "readahead"},
}
"""Kind of URL -> how its files are opened for reading, where fsspec's way does not do."""
_ASKING = frozenset({"hdfs", "viewfs"})
"""Where every read asks the server: these are read in blocks."""
_BLOCK = 1 << 20
_ACCESS = "Check the URL and the credentials."
_HDFS = (
    "pip install 'openclaw-data[hdfs]', which needs no Java, or set up Java, libhdfs and CLASSPATH, or use webhdfs://."
)
_T = TypeVar("_T")


def scheme(path: str) -> str:
    """`s3` of `s3://bucket/name`."""
    return path.split("://", 1)[0]


def filesystem(path: str) -> Any:
    """The fsspec file system of a URL.

    Raises:
        DataError: the kind of URL is unknown, or its package is not installed, or there are no credentials.
    """
    import fsspec

    kind = scheme(path)
    if kind in {"gs", "gcs"}:
        # What gcsfs calls experimental asks each bucket for its kind, which takes rights of its own, and writes to
        # buckets where half an object can be seen.
        os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        logging.getLogger("gcsfs").setLevel(logging.CRITICAL)  # it logs, with a traceback, what it raises
    try:
        return fsspec.core.url_to_fs(path)[0]
    except ImportError as error:
        extra = _EXTRAS.get(kind)
        remedy = f"pip install 'openclaw-data[{extra}]'" if extra else "Install it."
        fact = f"{kind}:// needs a package that is not installed: {first_line(error)}."
        raise DataError(path, fact, remedy) from error
    except ValueError as error:
        fact = f"{kind}:// is no storage that is known: {first_line(error)}."
        raise DataError(path, fact, "Give a local path, or s3://, gs://, hdfs://, https://.") from error
    except OSError as error:
        raise _unreachable(path, error) from error


def bare(system: Any, path: str) -> str:
    """The path without kind and host, as the file system's own listings have it."""
    name: str = system._strip_protocol(path)  # noqa: SLF001 - fsspec has no public name for it
    return name


def persist(path: str, call: Callable[[], _T]) -> _T:
    """Call something that reaches over a network; try again what may succeed the next time.

    Raises:
        OSError: there is no such file, or it may not be reached, with `path` as its file name.
        DataError: what the last try gave, or what trying again does not help, such as a want of credentials.
    """
    began = time.monotonic()
    for wait in (*_WAITS, None):
        try:
            return call()
        except DataError:
            raise
        except _FINAL as error:
            number = error.errno or _NUMBERS[next(kind for kind in _FINAL if isinstance(error, kind))]
            raise type(error)(number, os.strerror(number), path) from error
        except (OSError, RuntimeError) as error:  # HDFS's clients raise the latter, for what passes too
            if wait is None or time.monotonic() - began > _PATIENCE:
                raise _unreachable(path, error) from error
            time.sleep(wait)
        except Exception as error:
            raise _unreachable(path, error) from error
    raise AssertionError("the last try returns or raises")


_NUMBERS = dict(zip(_FINAL, (errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOTDIR, errno.EEXIST), strict=True))


def _unreachable(path: str, error: Exception) -> DataError:
    missing = any(word in str(error) for word in ("libhdfs", "libjvm"))
    return DataError(path, f"cannot be reached: {first_line(error)}.", _HDFS if missing else _ACCESS)


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its kind where it says nothing; without a full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".: ")


def opened(path: str) -> io.BufferedIOBase | io.RawIOBase:
    """Open for reading, seekable.

    Raises:
        OSError: there is no such file, or it may not be read.
        DataError: it cannot be reached.
    """
    file = Reader(path)
    return io.BufferedReader(file, _BLOCK) if scheme(path) in _ASKING else file


class Reader(io.RawIOBase):
    """A file behind a URL, seekable; a read that fails is tried again on the file opened anew."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self._at = path, 0
        self._handle: Any = None
        persist(path, self._opened)

    def _opened(self) -> Any:
        if self._handle is None:
            kind, system = scheme(self.path), filesystem(self.path)
            if kind in _ASKING and not system.exists(self.path):  # libhdfs would print a page of Java before it raises
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.path)
            self._handle = system.open(self.path, "rb", compression=None, **_READING.get(kind, {}))
        return self._handle

    def _call(self, call: Callable[[Any], _T]) -> _T:
        def attempt() -> _T:
            handle = self._opened()
            try:
                if handle.tell() != self._at:
                    handle.seek(self._at)
                return call(handle)
            except Exception:
                self._handle = None
                raise

        return persist(self.path, attempt)

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes, fewer only at the end; all that are left where it is negative."""
        sizes = () if size is None or size < 0 else (size,)  # not every library takes -1
        data: bytes = self._call(lambda handle: handle.read(*sizes))
        self._at += len(data)
        return data

    readall = read

    def readinto(self, buffer: Any, /) -> int:
        """The same into a buffer."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a byte of the file."""
        if whence == io.SEEK_SET:
            self._at = offset
        elif whence == io.SEEK_CUR:
            self._at += offset
        else:
            self._at = self._call(lambda handle: (handle.seek(0, io.SEEK_END), handle.tell())[1]) + offset
        return self._at

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Let go of the file."""
        handle, self._handle = getattr(self, "_handle", None), None
        if handle is not None:
            handle.close()
        super().close()


def put(source: str, path: str) -> None:
    """Upload a local file; it appears whole under its name, or not at all.

    Raises:
        DataError: the bucket or folder does not exist, or cannot be reached.
    """
    try:
        persist(path, lambda: _put(source, path))
    except FileNotFoundError as error:
        remedy = "Make it, or check its name."
        raise DataError(path, "cannot be written: its bucket or folder does not exist.", remedy) from error


def _put(source: str, path: str) -> None:
    system = filesystem(path)
    if scheme(path) in _WHOLE:
        system.put_file(source, path)
        return
    with _hidden(system, path) as name:
        system.put_file(source, name)
        if scheme(path) in {"hdfs", "viewfs"} and hasattr(system, "client"):  # hdfs-native replaces in one step
            system.mv(name, path, overwrite=True)
            return
        _delete(system, path)
        _move(system, name, path)


def remove_leftovers(folder: str) -> None:
    """Delete the hidden files that a killed run left below a folder. An object store keeps nothing of the kind."""
    if scheme(folder) in _WHOLE:
        return
    system = filesystem(folder)
    with contextlib.suppress(FileNotFoundError):
        for path in persist(folder, lambda: system.find(folder)):
            name = path.rsplit("/", 1)[-1]
            if name.startswith(".") and name.endswith(".tmp"):
                system.rm_file(path)


def claim(path: str, content: bytes) -> bool:
    """Write a small file that is not there yet; whether it is ours now. Of several that ask at once one gets it."""
    system = filesystem(path)
    with contextlib.suppress(FileExistsError):
        try:
            persist(path, lambda: _claim(system, path, content))
        except FileNotFoundError as error:
            remedy = "Make it, or check its name."
            raise DataError(path, "cannot be written: its bucket or folder does not exist.", remedy) from error
    with Reader(path) as file:
        return file.read() == content


def _claim(system: Any, path: str, content: bytes) -> None:
    if scheme(path) in _WHOLE:
        system.pipe_file(path, content, mode="create")
        return
    with _hidden(system, path) as name:
        system.pipe_file(name, content)
        if not system.exists(path):
            _move(system, name, path)


@contextlib.contextmanager
def _hidden(system: Any, path: str) -> Iterator[str]:
    """A name beside `path` that no listing of ours shows, in a folder that exists; what is left there is deleted."""
    folder, _, last = path.rpartition("/")
    if not folder.endswith(":/"):  # of memory://name
        system.makedirs(folder, exist_ok=True)
    name = f"{folder}/.{last}.{secrets.token_hex(6)}.tmp"
    try:
        yield name
    finally:
        with contextlib.suppress(OSError):
            _delete(system, name)


def _delete(system: Any, path: str) -> None:
    """Delete a file if it is there. Of one that is not, libhdfs says that the disk is broken."""
    if system.exists(path):
        system.rm_file(path)


def _move(system: Any, name: str, path: str) -> None:
    """Rename. WebHDFS answers "no" where others raise."""
    system.mv(bare(system, name), bare(system, path))
    if system.exists(name):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
