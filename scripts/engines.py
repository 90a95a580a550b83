"""Fetch other Beam engines into .engines/, at the version of the installed Beam, so that tests can compare them.

    python scripts/engines.py          # what is there already is not fetched again
    python scripts/engines.py prism    # only that

* Prism, from the Go module proxy: needs Go; the module's checksum is verified by the go command.
* The Flink and Spark job servers, from Maven Central: need Maven to fetch, which checks them, and Java 11 to run.

An engine that cannot be had is said so and left out: the tests that want it skip with that reason.
"""

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".engines"
JOB_SERVERS = {
    "flink": [f"beam-runners-flink-{v}-job-server" for v in ("2.0", "1.20", "1.19", "1.18")],
    "spark": ["beam-runners-spark-3-job-server"],
}
"""Engine -> artifacts that would do, the first that exists is taken."""


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
    if shutil.which("mvn") is None:
        return "left out: there is no `mvn` command"
    FOLDER.mkdir(exist_ok=True)
    for artifact in JOB_SERVERS[engine]:
        wanted = f"org.apache.beam:{artifact}:{version}:jar"
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
        command = ["mvn", "-q", "-B", goal, f"-Dartifact={wanted}", f"-DoutputDirectory={FOLDER}"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            (FOLDER / f"{artifact}-{version}.jar").rename(target)
            return f"fetched: {target.name}"
    return f"left out: Maven found no {engine} job server of Beam {version}"


def main() -> int:
    version, wanted = metadata.version("apache-beam"), sys.argv[1:] or ["prism", *JOB_SERVERS]
    for engine in wanted:
        print(f"{engine}: {prism(version) if engine == 'prism' else job_server(engine, version)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
