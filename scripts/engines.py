"""Fetch other Beam engines into .engines/, at the version of the installed Beam, so that tests can compare them.

    python scripts/engines.py          # what is there already is not fetched again
    python scripts/engines.py prism    # only that

* Prism, from the Go module proxy: needs Go; the module's checksum is verified by the go command.
* The Flink and Spark job servers, from Maven Central: need Maven to fetch, which checks them, and Java 11 or 17 to run.

Of an engine that cannot be had it says why, and where to put one that was built or found elsewhere; until then the
tests that want it skip with that reason.
"""

import logging
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".engines"
JOB_SERVERS = ("flink", "spark")


def artifacts(engine: str) -> list[str]:
    """The Maven artifacts that would do, the best first: of Flink one for each of its versions that this Beam knows."""
    if engine == "spark":
        return ["beam-runners-spark-3-job-server"]
    logging.basicConfig(level=logging.ERROR)  # Beam warns on the root logger while it is imported
    from apache_beam.options.pipeline_options import FlinkRunnerOptions

    return [f"beam-runners-flink-{v}-job-server" for v in reversed(FlinkRunnerOptions.PUBLISHED_FLINK_VERSIONS)]


def prism(version: str) -> str:
    """Build Prism; returns what happened."""
    target = FOLDER / f"prism-{version}"
    if target.exists():
        return f"there already: {target.name}"
    if shutil.which("go") is None:
        return "left out: there is no `go` command"
    FOLDER.mkdir(exist_ok=True)
    environment = {**os.environ, "GOBIN": str(FOLDER)}
    module = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{version}"
    ended = subprocess.run(["go", "install", module], env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        return f"left out: {ended.stderr.strip().splitlines()[-1]}"
    (FOLDER / "prism").rename(target)
    return f"built: {target.name}"


def job_server(engine: str, version: str) -> str:
    """Download a job server; returns what happened."""
    target = FOLDER / f"{engine}-job-server-{version}.jar"
    if target.exists():
        return f"there already: {target.name}"
    by_hand = f"A jar that you have belongs in .engines/{target.name}."
    if shutil.which("mvn") is None:
        return f"left out: there is no `mvn` command. {by_hand}"
    FOLDER.mkdir(exist_ok=True)
    reasons = []
    for artifact in artifacts(engine):
        wanted = f"org.apache.beam:{artifact}:{version}:jar"
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
        command = ["mvn", "-q", "-B", "-U", goal, f"-Dartifact={wanted}", f"-DoutputDirectory={FOLDER}"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode == 0:
            (FOLDER / f"{artifact}-{version}.jar").rename(target)
            return f"fetched: {target.name}"
        reasons.append(f"  {artifact}: {_reason(ended.stdout)}")
    return "\n".join([f"left out: Maven gave no {engine} job server of Beam {version}. {by_hand}", *reasons])


def _reason(told: str) -> str:
    """What Maven's long first error line says, without what goes before it."""
    errors = [line for line in told.splitlines() if "[ERROR]" in line]
    return errors[0].rsplit("artifact. ", 1)[-1].removesuffix(" -> [Help 1]") if errors else "no reason was given"


def main() -> int:
    version, wanted = metadata.version("apache-beam"), sys.argv[1:] or ["prism", *JOB_SERVERS]
    for engine in wanted:
        print(f"{engine}: {prism(version) if engine == 'prism' else job_server(engine, version)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
