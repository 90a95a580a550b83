"""The same recipe gives the same bytes on every engine that `make engines` could fetch."""

import hashlib
from importlib import metadata
from pathlib import Path

import pytest

import openclaw_data
from openclaw_data.flow.run import annotate_only
from openclaw_data.flow.work import Engine

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


def test_prism_gives_the_bytes_of_the_local_run(local: dict[str, str], tmp_path: Path) -> None:
    binary = ENGINES / f"prism-{VERSION}"
    if not binary.exists():
        pytest.skip("Prism is not there: `make engines` fetches it")
    options = [f"--prism_location={binary}", "--environment_type=LOOPBACK"]
    openclaw_data.run("sample", tmp_path / "out", engine="PrismRunner", options=options)
    assert digests(tmp_path / "out") == local


@pytest.mark.parametrize(("engine", "runner"), [("flink", "FlinkRunner"), ("spark", "SparkRunner")])
def test_a_cluster_engine_with_two_workers_gives_the_bytes_of_the_local_run(
    engine: str, runner: str, local: dict[str, str], tmp_path: Path
) -> None:
    jar = ENGINES / f"{engine}-job-server-{VERSION}.jar"
    if not jar.exists():
        pytest.skip(f"the {engine} job server is not there: `make engines` fetches it where Maven Central has it")
    options = [f"--{engine}_job_server_jar={jar}", "--environment_type=LOOPBACK", "--parallelism=2"]
    openclaw_data.run("sample", tmp_path / "out", engine=runner, options=options)
    assert digests(tmp_path / "out") == local
