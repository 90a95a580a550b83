"""Compiled kernels on disk are used only while they are those of the source."""

import ast
import shutil
import subprocess
import sys
from concurrent import futures
from pathlib import Path

import pytest

import openclaw_data
from openclaw_data import kernels

TWO_FILES = {
    "outer.py": """
import numba
from openclaw_data.kernels import inner

@numba.njit(cache=True)
def answer(n):
    return inner.add(n)
""",
    "inner.py": """
import numba

@numba.njit(cache=True)
def add(n):
    return n + 1
""",
}


def test_a_kernel_whose_callee_in_another_file_changed_is_compiled_again(tmp_path: Path) -> None:
    """numba alone would go on with the old one: after an upgrade, two versions in one process."""
    room = tmp_path / "openclaw_data" / "kernels"
    room.mkdir(parents=True)
    (room.parent / "__init__.py").touch()
    shutil.copy(Path(openclaw_data.__file__).parent / "kernels" / "__init__.py", room)
    for name, text in TWO_FILES.items():
        (room / name).write_text(text)
    program = (
        "from openclaw_data.kernels import outer; print(outer.answer(1), sum(outer.answer.stats.cache_hits.values()))"
    )

    def run() -> list[int]:
        ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env={}, capture_output=True, check=True)
        return [int(word) for word in ended.stdout.split()]

    assert [run(), run()] == [[2, 0], [2, 1]]
    changed = TWO_FILES["inner.py"].replace("n + 1", "n + 1 + 6")  # longer: of a file, Python compares second and size
    (room / "inner.py").write_text(changed)
    assert run() == [8, 0]


def test_of_those_who_compile_at_once_each_finds_its_own_kernel(tmp_path: Path) -> None:
    def compiled(key: int) -> None:
        kernels._Index(str(tmp_path), "kernel", "stamp").save(key, f"code {key}")

    with futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(compiled, range(64)))
    found = kernels._Index(str(tmp_path), "kernel", "stamp")
    assert [found.load(key) for key in range(64)] == [f"code {key}" for key in range(64)]


def test_a_kernel_is_written_before_the_index_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels._Index(str(tmp_path), "kernel", "an old stamp").save("key", "old code")
    seen = []
    write = kernels._Index._save_index
    monkeypatch.setattr(
        kernels._Index, "_save_index", lambda i, places: (seen.append(i._load_data(places["key"])), write(i, places))
    )
    kernels._Index(str(tmp_path), "kernel", "stamp").save("key", "code")
    assert seen == ["code"]
    assert kernels._Index(str(tmp_path), "kernel", "an old stamp").load("key") is None


def test_a_kernel_that_counts_no_references_gives_no_array_back() -> None:
    """Its caller would count one down that was never counted up, and free what another still has."""
    found = 0
    for path in Path(openclaw_data.__file__).parent.rglob("*.py"):
        for function in ast.parse(path.read_text("utf-8")).body:
            if isinstance(function, ast.FunctionDef) and "_nrt=False" in map(ast.unparse, _options(function)):
                arrays = {ast.unparse(n.value) for n in ast.walk(function) if isinstance(n, ast.Subscript)}
                assert not arrays & _returned(function), f"{path}: {function.name}"
                found += 1
    assert found > 100


def _options(function: ast.FunctionDef) -> list[ast.keyword]:
    return [k for d in function.decorator_list if isinstance(d, ast.Call) for k in d.keywords]


def _returned(function: ast.FunctionDef) -> set[str]:
    """The names that a function returns, alone or in a tuple."""
    values = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value]
    parts = [part for v in values for part in (v.elts if isinstance(v, ast.Tuple) else [v])]
    return {ast.unparse(part) for part in parts}
