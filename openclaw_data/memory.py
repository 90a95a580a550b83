"""Let a process of our own keep the memory of one batch for the next, and look for cyclic garbage seldom.

Each batch takes some hundred megabytes in large pieces and frees them. By default glibc and Arrow's own allocator give
these back to the system, which hands out the same pages anew, zeroed, a fault each: an eighth of the CPU time of a
run, and half as much memory again, because neither allocator knows what the other holds.

Python's collector of cycles walks what modules, kernels and tables have made, 200,000 objects, again and again while
they are made, half a second, and several times when the process ends, 0.4 s. A batch leaves hardly a cycle, and what
is left at the end the system takes back.
"""

import atexit
import ctypes
import gc
import os
import sys

_MALLOPT = {-3: 32 << 20, -1: 1 << 30, -2: 64 << 20, -8: 1}
"""M_MMAP_THRESHOLD (32 MB is the most), M_TRIM_THRESHOLD, M_TOP_PAD; M_ARENA_MAX: one heap for all threads."""
_NEW_OBJECTS = 500_000
"""How many containers more than were freed make Python look for cycles among them (700 is its own): more than
a run loads. It bounds what cycles can hold: some tens of megabytes, because no batch is in one."""


def keep() -> None:
    """Use one allocator, glibc's, and let it keep what is freed; for a process of our own, before it loads anything.

    Elsewhere than with glibc the allocator stays, and where Arrow has chosen its own already.
    """
    gc.set_threshold(_NEW_OBJECTS)
    atexit.register(gc.freeze)  # the collections that follow find nothing to walk
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None or "pyarrow" in sys.modules:
        return
    for name, value in _MALLOPT.items():
        set_option(name, value)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def give_back() -> None:
    """Give what is free to the system; between stages, so that none keeps the pieces of another's batches."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def load_alone() -> None:
    """Import pyarrow and numba without pandas and scipy: where installed they import them, 0.3 s, and we use neither.

    For a process of our own as well: its pyarrow makes no pandas frame, its numba no linear algebra.
    """
    sys.meta_path.insert(0, _NotInstalled)
    try:
        import numba.np.arraymath  # noqa: F401 - where numba looks for scipy
        import pyarrow as pa

        pa.array([0])  # looks for pandas
    finally:
        sys.meta_path.remove(_NotInstalled)


class _NotInstalled:
    """Finds no pandas and no scipy, and leaves all else to others."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:  # noqa: ARG004
        if name in ("pandas", "scipy"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
