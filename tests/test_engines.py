"""The same recipe gives the same bytes on every engine that `make engines` could fetch."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import openclaw_data
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
