"""What a person sees while a run goes on: bars on a terminal, plain lines elsewhere. Driven by part markers alone."""

import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TextIO

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

_LINE_EVERY_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.5


class Watcher:
    """Counts markers of one stage and shows them. `tick` is cheap and may be called often."""

    def __init__(
        self, stage: str, total: int, look: Callable[[], tuple[int, int]], show: Callable[[int, int], None]
    ) -> None:
        self.stage, self.total, self._look, self._show = stage, total, look, show
        self._next = 0.0

    def tick(self) -> None:
        """Look at the markers if it is time to, and show what changed."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _LOOK_EVERY_SECONDS
            self._show(*self._look())


@contextmanager
def stage(name: str, folder: str, total: int, *, unit: str = "documents", quiet: bool = False):  # type: ignore[no-untyped-def] # noqa: ANN201
    """Show the progress of a stage whose markers appear in `folder`; yields a function to call often."""
    counter = _MarkerCounter(folder)
    if quiet:
        yield lambda: None
        return
    started = time.monotonic()
    if sys.stderr.isatty():
        with _bars() as bars:
            task = bars.add_task(name, total=total, rate="")

            def show(parts: int, documents: int) -> None:
                rate = documents / max(1e-9, time.monotonic() - started)
                bars.update(task, completed=parts, rate=f"{rate:,.0f} {unit}/s" if documents else "")

            yield Watcher(name, total, counter.look, show).tick
            show(*counter.look())
    else:
        yield Watcher(name, total, counter.look, _Lines(name, total, started, unit, sys.stderr)).tick
        parts, documents = counter.look()
        seconds = time.monotonic() - started
        print(f"{name}: {parts}/{total} parts, {documents:,} {unit}, {seconds:.1f} s", file=sys.stderr, flush=True)


class _MarkerCounter:
    """Reads each marker once."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.seen: dict[str, int] = {}
        self.at_start: int | None = None

    def look(self) -> tuple[int, int]:
        """(parts done, records in the parts done since the start)."""
        for name in storage.names(self.folder):
            if name.endswith(".json") and name not in self.seen:
                facts = storage.read_json(storage.join(self.folder, name)) or {}
                self.seen[name] = int(facts.get("records", facts.get("rows", 0)))
        total = sum(self.seen.values())
        if self.at_start is None:
            self.at_start = total
        return len(self.seen), total - self.at_start


class _Lines:
    """One plain line every few seconds, for logs."""

    def __init__(self, name: str, total: int, started: float, unit: str, file: TextIO) -> None:
        self.name, self.total, self.started, self.unit, self.file = name, total, started, unit, file
        self._next = started + _LINE_EVERY_SECONDS

    def __call__(self, parts: int, documents: int) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _LINE_EVERY_SECONDS
        rate = documents / (now - self.started)
        left = f", about {(self.total - parts) * (now - self.started) / parts:.0f} s left" if parts else ""
        print(f"{self.name}: {parts}/{self.total} parts, {rate:,.0f} {self.unit}/s{left}", file=self.file, flush=True)


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
