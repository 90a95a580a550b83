"""Run a graph with any runner of Beam so that it ends: with a result, or with an error that says what to do.

What was measured about Beam's runners, and why the choices below are what they are, is in docs/beam.md. In short:
`multi_threading` is never used (it corrupts data), and a killed worker process would leave `Pipeline.run` waiting for
ever: the watchdog here ends the run instead.
"""

import contextlib
import functools
import logging
import os
import secrets
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import apache_beam as beam
import grpc
import psutil
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, PortableOptions, WorkerOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from openclaw_data import storage
from openclaw_data.documents import DataError
from openclaw_data.flow.pool import STOP_SECONDS, Tick
from openclaw_data.flow.steps import Step
from openclaw_data.flow.work import Engine, interrupt

IN_MEMORY = "FnApiRunner"
"""Beam's own local runner. `DirectRunner` resolves to one or another, depending on the network."""
GRACE_SECONDS = 10.0
"""How long a run may go on after one of its workers is gone, before it is ended."""
WORKER = "apache_beam.runners.worker.sdk_worker_main"
"""The module that a local worker process of Beam runs."""
_TICK_SECONDS = 0.2
_PORTABLE = frozenset({"PortableRunner", "PrismRunner", "FlinkRunner", "SparkRunner"})
"""Runners that send a graph to a job service, whose workers are other programs."""
_ANSWER_SECONDS = 20.0
"""How long what is given by host and port may take to answer."""
_BEGIN_SECONDS = 60
"""How long a job service may take to answer a call, and its workers to begin; `--job_server_timeout` says otherwise."""

View = TypeVar("View", bound=PipelineOptions)


def execute(graph: Step, engine: Engine, tick: Tick) -> None:
    """Build a pipeline of the graph and run it to its end, calling `tick` a few times a second.

    Raises:
        DataError: what a step raised, or a worker process that died.
    """
    refuse_missing(engine)
    refuse_silent(engine)
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    with _starting(engine):
        pipeline = beam.Pipeline(runner=_runner(engine), options=pipeline_options(engine))
    sign = f"{engine.sign}-{secrets.token_hex(4)}.tmp" if engine.sign and engine.runner in _PORTABLE else ""
    build(pipeline, graph, sign)
    # The in-memory runner's `run` is the whole run, and a job service in this process starts threads that would keep
    # it from ending. Others only submit, and want the main thread's signals.
    here = engine.runner == IN_MEMORY or pipeline_options(engine).view_as(PortableOptions).job_endpoint == "embed"
    with _starting(engine):
        wait = _local(pipeline) if here else pipeline.run().wait_until_finish
    failure: list[BaseException] = []
    ended = threading.Event()  # see flow.pool
    interrupt(on=False)
    try:
        threading.Thread(target=_catch, args=(wait, failure, ended), name="beam", daemon=True).start()
        _watch(ended, _begins(engine, sign, tick))
    except BaseException as error:
        interrupt(on=True)
        _end(_workers())
        if engine.workers == 1 and not isinstance(error, _Silent):
            ended.wait(STOP_SECONDS)
        raise
    finally:
        if sign:
            storage.remove(sign)
    if failure:
        raise _plain(failure[0]) from failure[0]


def refuse_missing(engine: Engine) -> None:
    """Raise a DataError that names the options without which Dataflow cannot run this package."""
    if engine.runner != "DataflowRunner":
        return
    options = pipeline_options(engine)
    cloud, workers = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    needed = {"project": cloud.project, "region": cloud.region, "temp_location": cloud.temp_location}
    if cloud.template_location:  # what launches a template fills in the rest
        needed = {}
    needed |= {"sdk_container_image": workers.sdk_container_image}
    if missing := [f"--{name}" for name, value in needed.items() if not value]:
        fact = f"needs {', '.join(missing)}."
        raise DataError("DataflowRunner", fact, "Give them after `--`; docs/beam.md says what each is.")


def refuse_silent(engine: Engine) -> None:
    """Raise a DataError where no job service answers, or no pool of workers where this process is the job service."""
    if engine.runner not in _PORTABLE:
        return
    portable = pipeline_options(engine).view_as(PortableOptions)
    if portable.job_endpoint not in {None, "embed"}:
        _call(portable.job_endpoint, "--job_endpoint", "no job service answers there.")
    elif portable.job_endpoint and portable.environment_type == "EXTERNAL":
        _call(str(portable.environment_config), "--environment_config", "no pool of workers answers there.")


def _call(endpoint: str, option: str, fact: str) -> None:
    with grpc.insecure_channel(endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=_ANSWER_SECONDS)
        except grpc.FutureTimeoutError as error:
            raise DataError(f"{option}={endpoint}", fact, "Start it, or check host and port.") from error


@contextlib.contextmanager
def _starting(engine: Engine) -> Iterator[None]:
    """What a runner cannot be started with in one line: an unknown name, a missing option, jar or package."""
    try:
        yield
    except (ImportError, OSError, RuntimeError, ValueError, grpc.RpcError, grpc.FutureTimeoutError) as error:
        fact = f"cannot be started: {' '.join(str(error).split()).rstrip('.') or type(error).__name__}."
        raise DataError(f"--runner {engine.runner}", fact, "docs/beam.md says what each runner needs.") from error


class _Silent(DataError):  # noqa: N818 - it says what the workers are
    """No worker has begun."""


def _begins(engine: Engine, sign: str, tick: Tick) -> Tick:
    """`tick`, which also ends a run whose workers make no sign of life: a job without workers waits for ever."""
    if not sign:
        return tick
    patience = pipeline_options(engine).view_as(PortableOptions).job_server_timeout
    deadline, begun, look_at = time.monotonic() + patience, False, 0.0

    def look() -> None:
        nonlocal begun, look_at
        tick()
        if begun or time.monotonic() < look_at:
            return
        look_at = time.monotonic() + 1.0
        begun = storage.exists(sign)
        if not begun and time.monotonic() > deadline:
            fact = f"no worker has begun within {patience} s, or none can write to {sign.rpartition('/')[0]}."
            remedy = "The job service and the worker pool say why; give --job_server_timeout=SECONDS to wait longer."
            raise _Silent(f"--runner {engine.runner}", fact, remedy)

    return look


def build(pipeline: beam.Pipeline, graph: Step, sign: str = "") -> Any:
    """Put the steps into a pipeline; what the last of them gives. `sign`: a file that a worker makes when it begins."""
    if graph.kind == "start":
        return pipeline | graph.label >> beam.Impulse()
    inputs = [build(pipeline, step, sign) for step in graph.inputs]
    if graph.kind == "both":
        return inputs | graph.label >> beam.Flatten()
    if graph.kind == "group":
        return inputs[0] | graph.label >> beam.GroupByKey()
    call = (Each if graph.kind == "each" else Flat)(graph.function, *graph.arguments)
    call.sign = sign
    return inputs[0] | graph.label >> beam.ParDo(call).with_output_types(graph.returns())


class Each(beam.DoFn):
    """Calls an importable function with each element: a graph carries its name, never its code, unlike `beam.Map`."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        super().__init__()
        self.function, self.arguments, self.sign = function, arguments, ""

    def process(self, element: Any) -> Iterator[Any]:
        """What the function returns."""
        _begin(self.sign)
        yield self.function(element, *self.arguments)


class Flat(Each):
    """The same for a function that returns several elements."""

    def process(self, element: Any) -> Iterator[Any]:
        """What the function yields."""
        _begin(self.sign)
        yield from self.function(element, *self.arguments)


@functools.cache
def _begin(sign: str) -> None:
    """Show, once a process, that a worker has begun."""
    if sign and not storage.exists(sign):
        storage.write_json(sign, {})


def _local(pipeline: beam.Pipeline) -> Callable[[], object]:
    return lambda: pipeline.run().wait_until_finish()


def _catch(wait: Callable[[], object], failure: list[BaseException], ended: threading.Event) -> None:
    """Wait; what goes wrong is raised again in the caller's thread."""
    try:
        wait()
    except BaseException as error:  # noqa: BLE001
        failure.append(error)
    finally:
        ended.set()


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
    ours = [f"--direct_num_workers={engine.workers}"] if engine.runner == IN_MEMORY else []
    ours += [f"--job_server_timeout={_BEGIN_SECONDS}"] if engine.runner in _PORTABLE else []
    return _Options([f"--runner={engine.runner}", *ours, *engine.options])


def _runner(engine: Engine) -> FnApiRunner | None:
    """The in-memory runner: in this process for one worker, in Beam's worker processes for more."""
    if engine.runner != IN_MEMORY:
        return None
    if engine.workers == 1:
        return FnApiRunner()
    command = f"exec {shlex.quote(sys.executable)} -m {WORKER}"  # exec: the process is the worker, not a shell
    return FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(command))


def _watch(ended: threading.Event, tick: Tick) -> None:
    """Wait for the run; end it when a worker process that was seen is gone while the run goes on."""
    seen: set[int] = set()
    missing_since = 0.0
    while not ended.wait(_TICK_SECONDS):
        tick()
        now = _workers()
        seen |= now
        if not seen - now:
            missing_since = 0.0
        elif not missing_since:
            missing_since = time.monotonic()
        elif time.monotonic() - missing_since > GRACE_SECONDS and not ended.is_set():
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
