"""Compiled loops over Arrow buffers. numba keeps them on disk; here is what it takes for the same source.

Of a kernel on disk numba asks whether its own file is unchanged, not whether the functions of other files are that it
calls and has compiled into it. After an upgrade it would run a new function beside an old one that expects other
arguments: other bytes, or the process dies. So a kernel is fresh only if all files of this folder are that its own
imports, directly or not, and the tables of this folder, which it may have compiled in.

`_nrt=False` stands at kernels that make no array. Others count each array they are given as one reference more, and
when they end as one less: two atomic additions an array and call, a tenth of the time of all signals when helpers of
some instructions did so. Such a kernel may give back numbers, but no array: nobody would have counted it.
"""

import contextlib
import hashlib
import itertools
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from numba.core import caching
from numba.core.runtime import rtsys

_ROOM = Path(__file__).parent
_IMPORT = re.compile(r"^ *from openclaw_data\.kernels((?:\.\w+)? import (?:\([^)]*\)|.*))", re.MULTILINE)


@cache
def _imports(file: Path) -> frozenset[Path]:
    """The files of this folder that a file imports."""
    words = re.findall(r"\w+", " ".join(_IMPORT.findall(file.read_text("utf-8"))))
    return frozenset(path for word in words if (path := _ROOM / f"{word}.py").exists())


@cache
def _digest(file: Path) -> bytes:
    """Of what a kernel of the file may have compiled in."""
    reached, ahead = {file}, [file]
    while ahead:
        new = _imports(ahead.pop()) - reached
        reached |= new
        ahead += new
    return _sha256(sorted(reached)) + _tables()


@cache
def _tables() -> bytes:
    return _sha256(sorted(path for path in _ROOM.iterdir() if path.suffix in (".npz", ".tsv")))


def _sha256(files: list[Path]) -> bytes:
    found = hashlib.sha256()
    for path in files:
        found.update(path.read_bytes())
    return found.digest()


@cache
def _is_ours(file: str) -> bool:
    return _ROOM.parent in Path(file).resolve().parents


_tried: set[str] = set()


def _try_folder(path: str, attempt: Callable[[], None]) -> None:
    if path not in _tried or not Path(path).is_dir():
        attempt()
        _tried.add(path)


class _OfThisPackage:
    """Stands before a locator of numba's: takes files of this package alone, and stamps them with what they reach."""

    _py_file: str

    def get_source_stamp(self) -> bytes:
        return _digest(Path(self._py_file))

    def ensure_cache_path(self) -> None:
        """Try whether the folder can be written to: once for all of its two hundred kernels."""
        _try_folder(self.get_cache_path(), super().ensure_cache_path)  # type: ignore[attr-defined,misc]

    @classmethod
    def from_function(cls, function: Any, file: str) -> Any:
        return super().from_function(function, file) if _is_ours(file) else None  # type: ignore[misc]


@contextlib.contextmanager
def _alone(folder: str) -> Iterator[None]:
    """Keep other processes from this block, where the file system has locks."""
    with Path(folder, ".lock").open("ab") as lock:
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Index(caching.IndexDataCacheFile):
    """Processes that compile at the same time write one after the other, and a kernel before its place in the index.

    By numba's own rule two may take the same place, and a third may read what lay there before: the wrong kernel.
    """

    def save(self, key: Any, data: Any) -> None:
        with _alone(self._cache_path):
            places = self._load_index()
            names = (self._data_name(number) for number in itertools.count(1))
            name = places.get(key) or next(name for name in names if name not in places.values())
            self._save_data(name, data)
            self._save_index({**places, key: name})


with contextlib.suppress(AttributeError):  # a numba that does it in another way keeps its own rule
    caching.IndexDataCacheFile = _Index
    caching.CacheImpl._locator_classes[:0] = [  # noqa: SLF001 - the public way is for a whole process, not for a package
        type(locator.__name__, (_OfThisPackage, locator), {})
        for locator in (caching.UserProvidedCacheLocator, caching.InTreeCacheLocator, caching.UserWideCacheLocator)
    ]

_numbas_load = caching.FunctionCache.load_overload


def _load(cache: Any, sig: Any, target: Any) -> Any:
    """Load a kernel from disk; of what numba prepares before, only what a compiled kernel calls.

    The rest, all that numba can compile, takes 0.15 s, and compiling prepares it itself.
    """
    if not isinstance(cache._impl.locator, _OfThisPackage):  # noqa: SLF001
        return _numbas_load(cache, sig, target)
    rtsys.initialize(target)
    return cache._load_overload(sig, target)  # noqa: SLF001


caching.FunctionCache.load_overload = _load
