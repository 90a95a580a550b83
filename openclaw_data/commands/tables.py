"""How the commands print: plain tables that fit a terminal, and stay whole where the output is a file."""

import shutil
import sys

from rich import box
from rich.console import Console
from rich.table import Table

WIDE = 160
"""Columns of text where the output is no terminal."""


def console() -> Console:
    """The console of standard output."""
    return Console(width=None if sys.stdout.isatty() else max(WIDE, shutil.get_terminal_size().columns))


def grid(title: str, *columns: str, right: int = 0) -> Table:
    """An empty table; its last `right` columns hold numbers."""
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(columns):
        number = i >= len(columns) - right
        table.add_column(name, justify="right" if number else "left", no_wrap=number or i == 0, overflow="fold")
    return table
