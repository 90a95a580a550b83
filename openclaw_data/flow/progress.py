"""What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere. Driven by part markers alone."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from openclaw_data import storage

_BAR_SECONDS = 0.5
_LINE_SECONDS = 10.0


class State(NamedTuple):
    """How far a stage is: parts done in all, and what this run added to them."""

    parts: int
    parts_added: int
    records_added: int
    seconds: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records_added / max(1e-9, self.seconds)


@contextlib.contextmanager
def stage(name: str, folder: str, total: int, *, quiet: bool = False) -> Iterator[Callable[[], None]]:
    """Show a stage whose markers appear in `folder`; yields a function that is cheap to call often."""
    if quiet:
        yield lambda: None
        return
    look = _looker(folder)
    if not sys.stderr.isatty():
        yield _every(_LINE_SECONDS, lambda: _say(f"{name}: {_line(look(), total)}"))
        _say(f"{name}: {_line(look(), total)}")
        return
    with _bars() as bars:
        task = bars.add_task(name, total=total, rate="")

        def show() -> None:
            state = look()
            rate = f"{state.rate:,.0f} records/s" if state.records_added else ""
            bars.update(task, completed=state.parts, rate=rate)

        yield _every(_BAR_SECONDS, show)
        show()


def _looker(folder: str) -> Callable[[], State]:
    """A function that counts the markers in a folder, reading each of them once."""
    started = time.monotonic()
    seen: dict[str, int] = {}

    def look() -> State:
        for name in storage.names(folder):
            if name.endswith(".json") and name not in seen:
                facts = storage.read_json(storage.join(folder, name)) or {}
                seen[name] = int(facts.get("records", facts.get("rows", 0)))
        values = list(seen.values())[before:]
        return State(len(seen), len(values), sum(values), time.monotonic() - started)

    before = 0
    before = look().parts
    return look


def _every(seconds: float, show: Callable[[], None]) -> Callable[[], None]:
    """Call `show` at most once in so many seconds."""
    next_time = time.monotonic() + seconds

    def tick() -> None:
        nonlocal next_time
        if time.monotonic() >= next_time:
            next_time = time.monotonic() + seconds
            show()

    return tick


def _line(state: State, total: int) -> str:
    """`3/8 parts, 1,210 records, 402 records/s, 15 s, about 25 s left`."""
    words = [f"{state.parts}/{total} parts"]
    if state.records_added:
        words += [f"{state.records_added:,} records", f"{state.rate:,.0f} records/s"]
    words.append(f"{state.seconds:.0f} s")
    if state.parts_added and state.parts < total:
        words.append(f"about {(total - state.parts) * state.seconds / state.parts_added:.0f} s left")
    return ", ".join(words)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _bars() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("parts"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
