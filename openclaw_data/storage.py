"""Files that are whole or absent, on a local disk or behind any URL that fsspec knows.

A file is written to a temporary name and then renamed (local) or uploaded (`remote.put`), so nobody ever sees half a
file under its final name. What is done is said by a small JSON marker, written last.
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
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from openclaw_data import remote
from openclaw_data.errors import DataError

_BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


def is_local(path: str) -> bool:
    """Whether `path` is on this machine's own file system."""
    return "://" not in path


def join(folder: str, *names: str) -> str:
    """The path of a file in `folder`, which may be a URL."""
    return "/".join([folder.rstrip("/") or "/", *names])


@contextlib.contextmanager
def create(path: str, *, lasting: bool = True) -> Iterator[str]:
    """Yield a local temporary path; what is written there becomes `path` when the block ends without an error.

    What a run makes anew after a power cut need not be `lasting`: it is not waited for until it is on the disk.
    """
    name = _temporary(path)
    try:
        yield name
        if is_local(path):
            if lasting:
                with open(name, "rb") as written:  # noqa: PTH123
                    os.fsync(written.fileno())
            os.chmod(name, 0o666 & ~_umask())  # noqa: PTH101
            os.replace(name, path)  # noqa: PTH105
        else:
            remote.put(name, path)
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
    return cast("BinaryIO", remote.opened(path))


def exists(path: str) -> bool:
    """Whether a file or folder is there."""
    if is_local(path):
        return os.path.exists(path)  # noqa: PTH110
    return remote.persist(path, lambda: bool(remote.filesystem(path).exists(path)))


def names(folder: str) -> list[str]:
    """The sorted names in a folder, temporary files left out; empty where there is no folder."""
    if is_local(folder):
        found = os.listdir(folder) if os.path.isdir(folder) else []  # noqa: PTH208, PTH112
    else:
        found = [p.rstrip("/").rsplit("/", 1)[-1] for p in remote.persist(folder, lambda: _listed(folder))]
    return sorted(n for n in found if not n.startswith("."))


def files(folder: str) -> list[str]:
    """The sorted paths of all files below a folder, relative to it with `/`; hidden names are left out."""
    if is_local(folder):
        root = Path(folder)
        found = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() or p.is_symlink()]
    else:
        found = remote.persist(folder, lambda: _found(folder))
    return sorted(p for p in found if not any(part.startswith(".") for part in p.split("/")))


def _listed(folder: str) -> list[str]:
    """The paths in a remote folder, as they are now."""
    system = remote.filesystem(folder)
    with contextlib.suppress(FileNotFoundError):
        system.invalidate_cache(folder)
        listing: list[str] = system.ls(folder, detail=False)
        return listing
    return []


def _found(folder: str) -> list[str]:
    """The paths of all files below a remote folder, relative to it, as they are now; of a file [""]."""
    system = remote.filesystem(folder)
    system.invalidate_cache()
    root = remote.bare(system, folder).rstrip("/")
    return [path[len(root) :].lstrip("/") for path in system.find(folder)]


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
        remote.persist(path, lambda: _remove_remote(path))


def _remove_remote(path: str) -> None:
    system = remote.filesystem(path)
    with contextlib.suppress(FileNotFoundError):
        if system.exists(path):
            system.rm(path, recursive=True)


def remove_leftovers(folder: str) -> None:
    """Delete temporary files that a killed run left in a folder."""
    if not is_local(folder):
        remote.remove_leftovers(folder)
    elif Path(folder).is_dir():
        for path in Path(folder).rglob(".*.tmp"):
            path.unlink(missing_ok=True)


def copy(source: str, target: str) -> None:
    """Copy one file; it appears whole under its name or not at all."""
    if is_local(source) and not is_local(target):
        remote.put(source, target)
        return
    with create(target) as name, open_input(source) as file, open(name, "wb") as copied:  # noqa: PTH123
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
    except OSError as error:
        raise DataError(path, f"cannot be fetched: {error.strerror}.", "Check the URL and the credentials.") from error
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
    if is_local(path):
        return os.path.getsize(path)  # noqa: PTH202
    return remote.persist(path, lambda: int(remote.filesystem(path).size(path)))


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
