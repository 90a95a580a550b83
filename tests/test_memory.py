"""What a process of our own does before it loads anything."""

import subprocess
import sys

PROGRAM = """
import atexit, gc, sys
atexit.register(lambda: print("frozen at the end:", gc.get_freeze_count() > 10_000))  # the first comes last
from openclaw_data import memory
memory.keep()
memory.load_alone()
print(sorted({"numba", "pandas", "pyarrow", "scipy"} & set(sys.modules)), gc.get_threshold()[0] > 100_000)
import pandas
"""


def test_our_processes_load_no_pandas_and_no_scipy_but_do_not_forbid_them() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ended.stdout == "['numba', 'pyarrow'] True\nfrozen at the end: True\n"
    assert ended.returncode == 0 or "No module named 'pandas'" in ended.stderr
