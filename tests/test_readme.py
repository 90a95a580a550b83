"""README shows what is there: every command, every file, and the numbers that the sample really gives."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from openclaw_data.cli import app

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "README.zh.md")


def commands(group: typer.Typer, prefix: str = "") -> list[str]:
    """`run`, `manifest init`, ...: every command a user can give."""
    found = [
        prefix + (c.name or c.callback.__name__.replace("_", "-")) for c in group.registered_commands if c.callback
    ]
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        found += commands(inner.typer_instance, f"{prefix}{inner.name} ")
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_named(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    missing = [name for name in commands(app) if f"openclaw-data {name}" not in text]
    assert not missing


def test_the_tree_is_current() -> None:
    ended = subprocess.run([sys.executable, "scripts/readme.py", "--check"], cwd=ROOT, check=False)
    assert ended.returncode == 0, "run: python scripts/readme.py"


@pytest.mark.parametrize("page", PAGES)
def test_the_shown_counts_are_those_of_the_golden_manifest(page: str) -> None:
    counts = json.loads((ROOT / "tests" / "golden" / "sample_manifest.json").read_text(encoding="utf-8"))["counts"]
    line = "{read:,} read = {kept:,} kept + {dropped:,} dropped + {errors:,} errors.".format(**counts)
    assert line in (ROOT / page).read_text(encoding="utf-8"), "run: python scripts/readme.py"


@pytest.mark.parametrize("page", PAGES)
def test_every_linked_page_is_there(page: str) -> None:
    import re

    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert all((ROOT / link).exists() for link in links)
