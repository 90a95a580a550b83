"""Run a Beam pipeline so that it ends: with a result, or with an error that says what to do.

What was measured about Beam's runners, and why the choices below are what they are, is in docs/beam.md. In short:
the local runner is pinned (the default one depends on the network), `multi_threading` is never used (it corrupts
data), and a killed worker process would leave `Pipeline.run` waiting for ever: the watchdog here ends the run instead.
"""

import logging
import os
import shlex
import signal
import sys
import threading
import time
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast

import apache_beam as beam
import psutil
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from openclaw_data.documents import DataError
from openclaw_data.flow.work import LOCAL, Engine, interrupt

GRACE_SECONDS = 10.0
"""How long a run may go on after one of its workers is gone, before it is ended."""
WORKER = "openclaw_data.flow.worker"
"""The module that a local worker process runs."""
STOP_SECONDS = 5.0
"""How long the tasks of this process may take to end when the run is interrupted."""
_TICK_SECONDS = 0.2

Build = Callable[[beam.Pipeline], object]
View = TypeVar("View", bound=PipelineOptions)


def execute(build: Build, engine: Engine, tick: Callable[[], None] = lambda: None) -> None:
    """Build a pipeline with `build` and run it to its end, calling `tick` a few times a second.

    Raises:
        DataError: what a step raised, or a worker process that died.
    """
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    pipeline = beam.Pipeline(runner=_runner(engine), options=pipeline_options(engine))
    build(pipeline)
    # The local runner's `run` is the whole run. A portable one only submits, and wants the main thread's signals.
    wait = _local(pipeline) if engine.runner == LOCAL else pipeline.run().wait_until_finish
    failure: list[BaseException] = []
    interrupt(on=False)
    thread = threading.Thread(target=_catch, args=(wait, failure), name="beam", daemon=True)
    thread.start()
    try:
        _watch(thread, tick, processes=engine.workers > 1 or engine.runner != LOCAL)
    except BaseException:
        interrupt(on=True)
        _end(_workers())
        if engine.workers == 1:
            thread.join(STOP_SECONDS)
        raise
    if failure:
        raise _plain(failure[0]) from failure[0]


def _local(pipeline: beam.Pipeline) -> Callable[[], object]:
    return lambda: pipeline.run().wait_until_finish()


def _catch(wait: Callable[[], object], failure: list[BaseException]) -> None:
    """Wait; what goes wrong is raised again in the caller's thread."""
    try:
        wait()
    except BaseException as error:  # noqa: BLE001
        failure.append(error)


class _Options(PipelineOptions):
    """Beam's options, each view of them parsed once.

    Beam asks for several views a transform and parses the flags anew for each (5 ms): half of what building the
    graphs of a small run takes. Views share the options themselves, so keeping them changes nothing else.
    """

    def view_as(self, cls: type[View]) -> View:
        views = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return cast("View", views[cls])

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in super().__getstate__().items() if k != "_views"}


def pipeline_options(engine: Engine) -> PipelineOptions:
    """Beam options; the user's come last."""
    workers = [f"--direct_num_workers={engine.workers}"] if engine.runner == LOCAL else []
    return _Options([f"--runner={engine.runner}", *workers, *engine.options])


def _runner(engine: Engine) -> FnApiRunner | None:
    """The pinned local runner: in this process for one worker, in processes of `flow.worker` for more.

    That is Beam's `multi_processing` mode with a worker program of our own.
    """
    if engine.runner != LOCAL:
        return None
    if engine.workers == 1:
        return FnApiRunner()
    command = f"exec {shlex.quote(sys.executable)} -m {WORKER}"
    return FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(command))


def _watch(thread: threading.Thread, tick: Callable[[], None], *, processes: bool) -> None:
    """Wait for the run; end it when a worker process that was seen is gone while the run goes on."""
    seen: set[int] = set()
    missing_since = 0.0
    while thread.is_alive():
        thread.join(_TICK_SECONDS)
        tick()
        now = _workers() if processes else set()
        seen |= now
        if not seen - now:
            missing_since = 0.0
        elif not missing_since:
            missing_since = time.monotonic()
        elif time.monotonic() - missing_since > GRACE_SECONDS and thread.is_alive():
            gone = ", ".join(str(p) for p in sorted(seen - now))
            raise DataError(
                "worker",
                f"process {gone} was killed, perhaps for want of memory.",
                "Finished parts are kept: run the same command to go on, with fewer --workers if memory is short.",
            )


def _workers() -> set[int]:
    """Process ids of this process's living workers; other children, such as the extraction guard, may come and go."""
    found = set()
    for child in psutil.Process().children():
        try:
            if child.status() != psutil.STATUS_ZOMBIE and WORKER in child.cmdline():
                found.add(child.pid)
        except psutil.NoSuchProcess:
            continue
    return found


def _end(pids: set[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _plain(error: BaseException) -> BaseException:
    """The DataError inside what Beam wraps around a step's exception; otherwise the error itself."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, DataError):
            return DataError(seen.place, seen.fact, seen.remedy)
        seen = seen.__cause__ or seen.__context__
    return _from_text(error)


def _from_text(error: BaseException) -> BaseException:
    """A worker process sends only text: find the line of a DataError in it, else the last line that says anything."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    marker = "openclaw_data.errors.DataError: "
    for line in reversed(lines):
        if marker in line:
            place, _, fact = line.split(marker, 1)[1].partition(": ")
            return DataError(place, fact.split(" [while running", 1)[0])
    return error


class Each(beam.DoFn):
    """Calls an importable function with each element: a graph carries its name, never its code, unlike `beam.Map`."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        super().__init__()
        self.function, self.arguments = function, arguments

    def process(self, element: Any) -> Iterator[Any]:
        """What the function returns."""
        yield self.function(element, *self.arguments)


class Flat(Each):
    """The same for a function that returns several elements."""

    def process(self, element: Any) -> Iterator[Any]:
        """What the function yields."""
        yield from self.function(element, *self.arguments)


def does(function: Callable[..., int], *arguments: object) -> beam.PTransform:
    """A last step: `function` writes files and returns a number."""
    return beam.ParDo(Each(function, *arguments)).with_output_types(int)


def sends(function: Callable[..., Iterator[Any]], *arguments: object) -> beam.PTransform:
    """A step before a `GroupByKey`: `function` yields pairs of the type that its annotation says."""
    kind = typing.get_args(typing.get_type_hints(function)["return"])[0]
    return beam.ParDo(Flat(function, *arguments)).with_output_types(kind)


def spread(pipeline: beam.Pipeline, label: str, items: Sequence[Any]) -> Any:
    """The items, each where a worker is free. `beam.Create` does it with random keys and pickled code of Beam's."""
    return (
        pipeline
        | "Start" >> beam.Impulse()
        | f"List {label}" >> sends(_numbers, len(items))
        | f"Spread {label}" >> beam.GroupByKey()
        | f"Take {label}" >> beam.ParDo(Each(_item, items))
    )


def _numbers(_: bytes, count: int) -> Iterator[tuple[int, bytes]]:
    yield from ((number, b"") for number in range(count))


def _item(group: tuple[int, Any], items: Sequence[Any]) -> Any:
    return items[group[0]]


def each(
    pipeline: beam.Pipeline, label: str, function: Callable[..., int], tasks: Sequence[Any], *arguments: object
) -> Any:
    """Call `function` with each task, spread over the workers."""
    return spread(pipeline, label, tasks) | f"{label[0].upper()}{label[1:]}" >> does(function, *arguments)
