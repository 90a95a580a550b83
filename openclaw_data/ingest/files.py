"""Input files: globs and URLs become a sorted list of files, each with a name that no folder of this machine is in."""

import glob
import os
import stat
from collections.abc import Iterable, Sequence
from typing import BinaryIO, NamedTuple

from openclaw_data import remote, storage
from openclaw_data.documents import DataError

_MAGIC = "*?["


class File(NamedTuple):
    """One input file. `path`: absolute path or URL; `size`: bytes as stored."""

    path: str
    size: int


def expand(patterns: Iterable[str], *, place: str = "input") -> list[File]:
    """The files that `patterns` name, sorted by full path, each once, whatever the order of the patterns.

    Args:
        patterns: paths, URLs (`s3://`, `gs://`, `memory://`, any that fsspec knows) and globs of either (`**` goes
            through folders). A local path that exists is taken as it is, also when it looks like a glob.
        place: what errors begin with, such as the recipe's file and source.

    Raises:
        DataError: nothing matches, a file is missing, empty, unreadable, or a folder.
    """
    found: dict[str, int] = {}
    for pattern in patterns:
        matches = _remote(pattern, place) if "://" in pattern else _local(pattern, place)
        for file in matches:
            if file.size == 0:
                raise DataError(
                    file.path, "the file is empty (0 bytes).", "Remove it from the input or fetch it again."
                )
            found[file.path] = file.size
    return [File(path, found[path]) for path in sorted(found)]


def _local(pattern: str, place: str) -> list[File]:
    path = os.path.abspath(os.path.expanduser(pattern))  # noqa: PTH100, PTH111 - text in, text out: globs are not paths
    if os.path.isdir(path):  # noqa: PTH112
        raise DataError(pattern, "is a folder, a file is needed.", f"Name its files: {pattern.rstrip('/')}/*")
    names = [path] if os.path.exists(path) else []  # noqa: PTH110
    if not names and any(c in pattern for c in _MAGIC):
        names = [name for name in glob.glob(path, recursive=True) if not os.path.isdir(name)]  # noqa: PTH112, PTH207
        if not names:
            raise DataError(place, f"no file matches '{pattern}'.", "Check the pattern and the folder it starts from.")
    if not names:
        raise DataError(pattern, "the file does not exist.", "Check the path; relative paths start from this folder.")
    return [File(name, _local_size(name)) for name in names]


def _local_size(path: str) -> int:
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):  # noqa: PTH116
            raise DataError(path, "is a pipe, which can be read only once.", "Write its content to a file.")
        with open(path, "rb") as file:  # noqa: PTH123 - one stat would not tell whether it can be read
            return os.fstat(file.fileno()).st_size
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}.", "Check its permissions.") from error


def _remote(pattern: str, place: str) -> list[File]:
    system = remote.filesystem(pattern)
    try:
        if any(c in pattern for c in _MAGIC):
            details = remote.persist(pattern, lambda: system.glob(pattern, detail=True))
            infos = [info for info in details.values() if info["type"] != "directory"]
            if not infos:
                raise DataError(place, f"no file matches '{pattern}'.", "Check the pattern, bucket and credentials.")
        else:
            infos = [remote.persist(pattern, lambda: system.info(pattern))]
    except FileNotFoundError as error:
        raise DataError(pattern, "the file does not exist.", "Check the URL.") from error
    except OSError as error:
        raise DataError(pattern, f"cannot be listed: {error.strerror}.", "Check the URL and credentials.") from error
    if any(info["type"] == "directory" for info in infos):
        raise DataError(pattern, "is a folder, a file is needed.", f"Name its files: {pattern.rstrip('/')}/*")
    return [File(system.unstrip_protocol(info["name"]), int(info["size"] or 0)) for info in infos]


def open_binary(path: str) -> BinaryIO:
    """Open a local path or URL for reading, seekable.

    Raises:
        DataError: it is missing or cannot be read.
    """
    try:
        if "://" not in path:
            return open(path, "rb", buffering=0)  # noqa: PTH123 - streams.py reads large blocks
        return storage.open_input(path)
    except OSError as error:
        remedy = "It was there when the input was listed: restore it, or start again with a new work folder."
        raise DataError(path, f"cannot be read: {error.strerror}.", remedy) from error


def names(paths: Sequence[str]) -> list[str]:
    """For each path the shortest suffix of whole path parts that no other path ends with, usually the base name.

    The name goes into the data set, so that its bytes do not depend on the folders of one machine. Where no suffix
    tells a path from another (`/a/x` and `a/x`), the whole path is the name.
    """
    parts = {path: path.split("/") for path in paths}
    chosen: dict[str, str] = {}
    waiting, depth = list(parts), 1
    while waiting:
        suffixes: dict[str, int] = {}
        for split in parts.values():
            suffix = "/".join(split[-depth:])
            suffixes[suffix] = suffixes.get(suffix, 0) + 1
        longer = []
        for path in waiting:
            suffix = "/".join(parts[path][-depth:])
            if suffixes[suffix] == 1 or depth >= len(parts[path]):
                chosen[path] = suffix
            else:
                longer.append(path)
        waiting, depth = longer, depth + 1
    return [chosen[path] for path in paths]
