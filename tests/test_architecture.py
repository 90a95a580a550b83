"""Imports run one way, and only `flow` knows Beam."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "openclaw_data"

BELOW = {"errors", "documents", "memory", "remote", "share", "storage", "suffixes", "yaml_strict"}
"""Modules that everything may use."""

MAY_IMPORT: dict[str, set[str]] = {
    "kernels": set(),
    "models": {"kernels"},
    "signals": {"kernels", "models"},
    "rules": {"signals"},
    "rights": {"ingest", "kernels"},
    "recipe": {"dedup", "extraction", "ingest", "models", "rights", "rules", "signals"},
    "ingest": {"kernels"},
    "extraction": {"kernels"},
    "edits": {"kernels", "signals"},
    "dedup": {"kernels"},
    "decontamination": {"kernels"},
    "dataset": {"dedup", "ingest", "rights"},
    "flow": {
        "audit",
        "dataset",
        "decontamination",
        "dedup",
        "edits",
        "extraction",
        "ingest",
        "recipe",
        "rights",
        "rules",
        "signals",
    },
    "audit": {"dataset", "edits", "rules", "signals"},
    "review": {"audit", "dataset", "kernels", "rules", "signals"},
    "registry": {"audit", "dataset", "rights"},
    "explain": {"audit", "dataset", "flow", "recipe", "rules", "signals"},
    "commands": {
        "audit",
        "dataset",
        "decontamination",
        "dedup",
        "edits",
        "explain",
        "extraction",
        "ingest",
        "flow",
        "models",
        "recipe",
        "review",
        "registry",
        "rights",
        "rules",
        "signals",
    },
    "cli": {"commands", "dataset", "edits", "extraction", "flow", "recipe", "rules", "signals"},
}
"""Room -> rooms it may import, besides itself and `BELOW`."""


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "_share" not in p.parts)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The dotted names a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    mine = room(path)
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("openclaw_data.")}
    if mine in BELOW:
        assert rooms <= BELOW
    elif mine != "__init__":
        assert rooms <= MAY_IMPORT[mine] | BELOW | {mine}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_flow_knows_beam(path: Path) -> None:
    if room(path) != "flow":
        assert not any(name.startswith("apache_beam") for name in imported(path))


def test_the_help_needs_no_heavy_import() -> None:
    program = """
import sys
from openclaw_data import cli
sys.argv = ["openclaw-data", "--help"]
try:
    cli.main()
except SystemExit:
    pass
print(sorted({"apache_beam", "numba", "polars", "pyarrow", "numpy"} & set(sys.modules)))
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"
