"""Files that are whole or absent, on a local disk or behind any URL that fsspec knows.

A file is written to a temporary name and then renamed (local) or uploaded (remote: an object appears whole), so
nobody ever sees half a file under its final name. What is done is said by a small JSON marker, written last.
"""

import atexit
import contextlib
import errno
import functools
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from openclaw_data.errors import DataError

_BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
"""What trying again does not help."""
_WAITS = (0.1, 0.5, 2.0)
"""Seconds between tries."""
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcp", "gcs": "gcp"}
"""Kind of URL -> the extra of this package that brings what reads it."""
_ACCESS = "Check the URL and the credentials."
_T = TypeVar("_T")


def is_local(path: str) -> bool:
    """Whether `path` is on this machine's own file system."""
    return "://" not in path


def join(folder: str, *names: str) -> str:
    """The path of a file in `folder`, which may be a URL."""
    return "/".join([folder.rstrip("/") or "/", *names])


@contextlib.contextmanager
def create(path: str) -> Iterator[str]:
    """Yield a local temporary path; what is written there becomes `path` when the block ends without an error."""
    name = _temporary(path)
    try:
        yield name
        if is_local(path):
            with open(name, "rb") as written:  # noqa: PTH123
                os.fsync(written.fileno())
            os.chmod(name, 0o666 & ~_umask())  # noqa: PTH101
            os.replace(name, path)  # noqa: PTH105
        else:
            _persist(path, lambda: _filesystem(path).put_file(name, path))
    except OSError as error:
        raise _explained(error, path, name) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108


def _temporary(path: str) -> str:
    """An empty file beside a local path, or in the system's temporary folder for a remote one."""
    target = Path(path)
    if is_local(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    else:
        handle, name = tempfile.mkstemp(prefix="openclaw-data-", suffix=".tmp")
    os.close(handle)
    return name


def _explained(error: OSError, path: str, temporary: str) -> Exception:
    """A full disk in words; any other error as it is. Libraries lose the error's number, so the disk is asked, too."""
    disk = shutil.disk_usage(Path(temporary).parent)
    if error.errno not in _FULL and (error.errno is not None or disk.free >= _BLOCK):
        return error
    return DataError(
        path,
        f"the disk is full: {disk.free / 1e6:.1f} of {disk.total / 1e6:.0f} MB are free.",
        "Finished parts are kept: make room, or choose folders elsewhere, and give the same command again.",
    )


def _persist(path: str, call: Callable[[], _T]) -> _T:
    """Call something that reaches over a network; try again what may succeed the next time.

    Raises:
        OSError: what the last try gave.
        DataError: what a storage's library raises of its own, such as for want of credentials.
    """
    for wait in (*_WAITS, None):
        try:
            return call()
        except (DataError, *_FINAL):
            raise
        except OSError:
            if wait is None:
                raise
            time.sleep(wait)
        except Exception as error:
            raise DataError(path, f"cannot be reached: {_first_line(error)}.", _ACCESS) from error
    raise AssertionError("the last try returns or raises")


def write_json(path: str, value: Any, *, indent: int | None = None) -> None:
    """Write `value` as UTF-8 JSON with sorted keys, atomically."""
    with create(path) as name:
        Path(name).write_text(
            json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent) + "\n", encoding="utf-8"
        )


def read_json(path: str) -> Any:
    """Read a JSON file; None where there is no such file."""
    try:
        with open_input(path) as file:
            return json.loads(file.read())
    except FileNotFoundError:
        return None


def open_input(path: str) -> BinaryIO:
    """Open for reading, seekable, bytes as stored (never decompressed by its name)."""
    if is_local(path):
        return open(path, "rb")  # noqa: PTH123
    handle: BinaryIO = _persist(path, lambda: _filesystem(path).open(path, "rb", compression=None))
    return handle


def exists(path: str) -> bool:
    """Whether a file or folder is there."""
    return os.path.exists(path) if is_local(path) else _persist(path, lambda: bool(_filesystem(path).exists(path)))  # noqa: PTH110


def names(folder: str) -> list[str]:
    """The sorted names in a folder, temporary files left out; empty where there is no folder."""
    if is_local(folder):
        found = os.listdir(folder) if os.path.isdir(folder) else []  # noqa: PTH208, PTH112
    else:
        with contextlib.suppress(FileNotFoundError):
            _filesystem(folder).invalidate_cache(folder)
        found = [p.rstrip("/").rsplit("/", 1)[-1] for p in _ls(folder)]
    return sorted(n for n in found if not n.startswith("."))


def files(folder: str) -> list[str]:
    """The sorted paths of all files below a folder, relative to it with `/`; hidden names are left out."""
    if is_local(folder):
        root = Path(folder)
        found = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() or p.is_symlink()]
    else:
        system = _filesystem(folder)
        system.invalidate_cache()
        root_name = system._strip_protocol(folder).rstrip("/")  # noqa: SLF001 - fsspec has no public name for it
        found = [p[len(root_name) :].lstrip("/") for p in system.find(folder)]
    return sorted(p for p in found if not any(part.startswith(".") for part in p.split("/")))


def make_folder(folder: str) -> None:
    """Make a folder and its parents; object stores need none."""
    if is_local(folder):
        Path(folder).mkdir(parents=True, exist_ok=True)


def remove(path: str) -> None:
    """Delete a file or a whole folder; nothing to do where there is none."""
    if is_local(path):
        if Path(path).is_dir():
            shutil.rmtree(path)
        else:
            Path(path).unlink(missing_ok=True)
    else:
        _persist(path, lambda: _remove_remote(path))


def _remove_remote(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        _filesystem(path).rm(path, recursive=True)


def remove_leftovers(folder: str) -> None:
    """Delete temporary files that a killed run left in a local folder."""
    if is_local(folder) and Path(folder).is_dir():
        for path in Path(folder).rglob(".*.tmp"):
            path.unlink(missing_ok=True)


def copy(source: str, target: str) -> None:
    """Copy one file; it appears whole under its name or not at all."""
    if is_local(target):
        with create(target) as name, open_input(source) as file, open(name, "wb") as copied:  # noqa: PTH123
            shutil.copyfileobj(file, copied, _BLOCK)
    elif is_local(source):
        _filesystem(target).put_file(source, target)
    else:
        with _filesystem(source).open(source, "rb") as file, _filesystem(target).open(target, "wb") as copied:
            shutil.copyfileobj(file, copied, _BLOCK)


@functools.cache
def fetched(path: str) -> str:
    """A local path as it is; of a URL a copy in a temporary folder, under the same name, made once a process.

    For what libraries read by path: models, rule packs, recipes, folders of lists.

    Raises:
        DataError: there is no such file or folder.
    """
    if is_local(path):
        return path
    place = tempfile.mkdtemp(prefix="openclaw-data-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    target = join(place, path.rstrip("/").rsplit("/", 1)[-1])
    try:
        within = [name for name in files(path) if name]  # of a file: [""]
        for name in within:
            copy(join(path, name), join(target, name))
        if not within:
            copy(path, target)
    except (OSError, ImportError, ValueError) as error:
        raise DataError(path, f"cannot be fetched: {error}.", _ACCESS) from error
    return target


def sha256(path: str) -> str:
    """The file's sha256 as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open_input(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def size(path: str) -> int:
    """The file's length in bytes."""
    return os.path.getsize(path) if is_local(path) else _persist(path, lambda: int(_filesystem(path).size(path)))  # noqa: PTH202


def _ls(folder: str) -> list[str]:
    try:
        listing: list[str] = _persist(folder, lambda: _filesystem(folder).ls(folder, detail=False))
    except FileNotFoundError:
        return []
    return listing


def _filesystem(path: str) -> Any:
    import fsspec

    scheme = path.split("://", 1)[0]
    try:
        return fsspec.core.url_to_fs(path)[0]
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        remedy = f"pip install 'openclaw-data[{extra}]'" if extra else "Install it."
        raise DataError(
            path, f"{scheme}:// needs a package that is not installed: {_first_line(error)}.", remedy
        ) from error
    except ValueError as error:
        fact = f"{scheme}:// is no storage that is known: {_first_line(error)}."
        raise DataError(path, fact, "Give a local path, or s3://, gs://, hdfs://, https://.") from error
    except OSError as error:
        raise DataError(path, f"cannot be reached: {_first_line(error)}.", _ACCESS) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def open_parquet(path: str, coded: list[str] | None = None) -> Any:
    """A `pyarrow.parquet.ParquetFile` over a local path or a URL.

    The strings of the columns `coded` stay in dictionaries, which takes half the time where few values come often.
    """
    import pyarrow.parquet as pq

    return pq.ParquetFile(path if is_local(path) else open_input(path), read_dictionary=coded)
