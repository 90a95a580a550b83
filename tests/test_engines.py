"""The same recipe gives the same bytes on every engine that `make engines` could fetch."""

import hashlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import grpc
import pytest
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

import openclaw_data
from openclaw_data.documents import DataError
from openclaw_data.flow import on_beam
from openclaw_data.flow.run import annotate_only
from openclaw_data.flow.work import Engine
from tests.timing import PATIENCE_SECONDS

ENGINES = Path(__file__).parents[1] / ".engines"
VERSION = metadata.version("apache-beam")


def digests(folder: Path) -> dict[str, str]:
    files = [p for part in ("data", "decisions") for p in sorted((folder / part).rglob("*")) if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def local(curated: Path) -> dict[str, str]:
    return digests(curated)


def test_beams_local_runner_with_two_workers_gives_the_bytes_of_the_local_run(
    local: dict[str, str], tmp_path: Path
) -> None:
    """One stage with two, because each starts them anew; all with one: `test_reliability.py`."""
    annotate_only("sample", str(tmp_path / "out"), None, {}, Engine(2, "FnApiRunner"))
    openclaw_data.run("sample", tmp_path / "out")
    assert digests(tmp_path / "out") == local


POOL = """
import sys
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
address, server = BeamFnExternalWorkerPoolServicer.start(use_process=True)
print(address, flush=True)
sys.stdin.read()
server.stop(None)
"""
"""What `python -m apache_beam.runners.worker.worker_pool_main` does, on a port that is free, until its input ends."""


@pytest.fixture
def worker_pool(tmp_path: Path) -> Iterator[str]:
    """The address of a program that starts worker processes for whoever asks, as one stands beside Flink."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # the pool starts its workers as `python`
    with (tmp_path / "pool.log").open("w") as log:
        pool = subprocess.Popen(
            [sys.executable, "-c", POOL], env={**os.environ, "PATH": path}, stdin=-1, stdout=-1, stderr=log, text=True
        )
    assert pool.stdout is not None
    yield pool.stdout.readline().strip()
    pool.communicate(timeout=PATIENCE_SECONDS)


def test_a_portable_job_with_workers_from_a_pool_gives_the_bytes_of_the_local_run(
    local: dict[str, str], worker_pool: str, tmp_path: Path
) -> None:
    """The way that Flink and Spark are reached: a job service takes the graph, other programs run it."""
    options = ("--job_endpoint=embed", "--environment_type=EXTERNAL", f"--environment_config={worker_pool}")
    annotate_only("sample", str(tmp_path / "out"), None, {}, Engine(2, "PortableRunner", options))
    assert "Starting worker" in (tmp_path / "pool.log").read_text("utf-8")
    openclaw_data.run("sample", tmp_path / "out")
    assert digests(tmp_path / "out") == local


def test_a_job_service_or_pool_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_beam, "_ANSWER_SECONDS", 0.3)
    with socket.socket() as taken:  # bound, so nobody else has the port; it does not listen
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for options, message in {
            (f"--job_endpoint={address}",): f"--job_endpoint={address}: no job service answers there. Start it, or",
            (
                *("--job_endpoint=embed", "--environment_type=EXTERNAL"),
                f"--environment_config={address}",
            ): f"--environment_config={address}: no pool of workers answers there.",
        }.items():
            with pytest.raises(DataError, match=re.escape(message)):
                annotate_only("sample", str(tmp_path / "out"), None, {}, Engine(1, "PortableRunner", options))


class Idle(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """A pool that promises a worker and starts none, as one does whose `python` has no Beam."""

    def StartWorker(self, request: object, context: object) -> beam_fn_api_pb2.StartWorkerResponse:  # noqa: N802
        return beam_fn_api_pb2.StartWorkerResponse()


def test_workers_that_never_begin_end_the_run(tmp_path: Path) -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(Idle(), server)
    pool = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    options = ("--job_endpoint=embed", "--environment_type=EXTERNAL", f"--environment_config={pool}")
    engine = Engine(1, "PortableRunner", (*options, "--job_server_timeout=1"))
    with pytest.raises(DataError, match="no worker has begun within 1 s, or none can write to "):
        annotate_only("sample", str(tmp_path / "out"), None, {}, engine)
    server.stop(None)


def test_prism_gives_the_bytes_of_the_local_run(local: dict[str, str], tmp_path: Path) -> None:
    binary = ENGINES / f"prism-{VERSION}"
    if not binary.exists():
        pytest.skip("Prism is not there: `make engines` builds it where there is Go")
    options = [f"--prism_location={binary}", "--environment_type=LOOPBACK"]
    openclaw_data.run("sample", tmp_path / "out", engine="PrismRunner", options=options)
    assert digests(tmp_path / "out") == local


@pytest.mark.parametrize(("engine", "runner"), [("flink", "FlinkRunner"), ("spark", "SparkRunner")])
def test_a_cluster_engine_with_two_worker_processes_gives_the_bytes_of_the_local_run(
    engine: str, runner: str, local: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOOPBACK alone is one worker in a thread of this process; the other options make it two processes."""
    jar = ENGINES / f"{engine}-job-server-{VERSION}.jar"
    if not jar.exists():
        pytest.skip(f"the {engine} job server is not there: `make engines` fetches it where Maven Central has it")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # Beam starts `python`
    options = [
        *(f"--{engine}_job_server_jar={jar}", "--environment_type=LOOPBACK"),
        *("--parallelism=2", "--sdk_worker_parallelism=2", "--experiments=use_loopback_process_worker"),
    ]
    openclaw_data.run("sample", tmp_path / "out", engine=runner, options=options)
    assert digests(tmp_path / "out") == local
