"""The files of a registry, from a folder or from a git revision, read with bounds and without following a link.

Only what the walk found as a regular file is ever opened, and only by the path it was found at: no name that stands
inside a file leads anywhere.
"""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from openclaw_data.errors import DataError

MAX_ENTRIES = 500_000
MAX_DEPTH = 8
YAML_BYTES = 64_000
EVIDENCE_BYTES = 8_000_000
LIST_BYTES = 32_000_000
_GIT_SECONDS = 60


class Entry(NamedTuple):
    """A file that was found. `kind`: `file`, `link`, or `other` (a device, a pipe, something nested too deep).

    `blob`: git's digest of its content, where it comes from a revision.
    """

    size: int
    kind: str
    blob: str = ""


class Tree(NamedTuple):
    """Paths relative to the registry's root, with `/`, and how the bytes of one are read (at most so many)."""

    entries: dict[str, Entry]
    reader: Callable[[str, int], bytes]

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a regular file.

        Raises:
            ValueError: there is no such regular file, or it has more than `limit` bytes.
        """
        entry = self.entries.get(path)
        if entry is None or entry.kind != "file":
            raise ValueError("is no regular file")
        if entry.size > limit:
            raise ValueError(f"has {entry.size:,} bytes, {limit:,} are allowed")
        return self.reader(path, limit)


def folder(root: Path) -> Tree:
    """The files below a folder, hidden names left out.

    Raises:
        DataError: there is no such folder, or it holds more files than any registry.
    """
    if root.is_symlink():
        raise DataError(str(root), "is a link.", "Name the folder itself.")
    if not root.is_dir():
        raise DataError(str(root), "is no folder.", "Name the registry with --registry; it is `manifests` in a clone.")
    entries: dict[str, Entry] = {}
    _walk(root, "", 0, entries)
    return Tree(entries, lambda path, limit: _read(root / path, limit))


def _walk(root: Path, prefix: str, depth: int, entries: dict[str, Entry]) -> None:
    with os.scandir(root / prefix) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        path = prefix + item.name
        if item.name.startswith(".") and not prefix:
            continue
        if len(entries) >= MAX_ENTRIES:
            raise DataError(str(root), f"holds more than {MAX_ENTRIES:,} files.", "Name a registry.")
        if item.is_symlink():
            entries[path] = Entry(0, "link")
        elif item.is_dir(follow_symlinks=False):
            if depth < MAX_DEPTH:
                _walk(root, f"{path}/", depth + 1, entries)
            else:
                entries[path] = Entry(0, "other")
        else:
            kind = "file" if item.is_file(follow_symlinks=False) else "other"
            entries[path] = Entry(item.stat(follow_symlinks=False).st_size, kind)


def _read(path: Path, limit: int) -> bytes:
    """Read without following a link or waiting for a pipe, whatever the file has become since the walk."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("is no regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"has more than {limit:,} bytes")
    return data


def revision(root: Path, ref: str) -> Tree:
    """The files of the registry at `root` as they are at a git revision, without checking it out.

    Raises:
        DataError: the folder is in no repository, or the revision is not there.
    """
    listed = _git(root, ref, "ls-tree", "-r", "-l", "-z", "--end-of-options", ref, ".").decode("utf-8", "replace")
    entries: dict[str, Entry] = {}
    for line in filter(None, listed.split("\0")):
        about, _, path = line.partition("\t")
        mode, _, blob, size = about.split()
        kind = {"100644": "file", "100755": "file", "120000": "link"}.get(mode, "other")
        entries[path] = Entry(int(size) if size.isdigit() else 0, kind, blob)
    return Tree(entries, lambda path, _: _git(root, ref, "cat-file", "blob", entries[path].blob))


def _git(root: Path, ref: str, *words: str) -> bytes:
    try:
        ended = subprocess.run(  # noqa: S603 - fixed words; the revision stands behind --end-of-options
            ["git", "-C", str(root), *words],  # noqa: S607
            capture_output=True,
            check=True,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", b"") or b"").decode("utf-8", "replace").strip().splitlines()
        fact = said[0][:200] if said else type(error).__name__
        raise DataError(f"--base {ref}", f"git cannot read it: {fact}.", "Name a revision or a folder.") from None
    return ended.stdout
