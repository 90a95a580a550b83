"""Fetch other Beam engines, at the version of the installed Beam, and an HDFS into .engines/, for the tests.

    python scripts/engines.py          # what is there already is not fetched again
    python scripts/engines.py prism    # only that

* Prism, from the Go module proxy: needs Go; the module's checksum is verified by the go command.
* The Flink and Spark job servers, from Maven Central: need Maven to fetch, which checks them, and Java 11 or 17 to run.
* HDFS (`hdfs`), a whole one in one Java program, from Maven Central: Hadoop's own jars and what they need, 75 MB.

Of an engine that cannot be had it says why, and where to put one that was built or found elsewhere; until then the
tests that want it skip with that reason.
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".engines"
JOB_SERVERS = ("flink", "spark")
HADOOP = "3.4.1"
MOCKITO = "2.28.2"
"""Hadoop's test jars name a class of it."""


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


def hdfs() -> str:
    """Download Hadoop's HDFS with its tests, which hold a cluster in one program; returns what happened."""
    target = FOLDER / f"hadoop-{HADOOP}"
    if target.exists():
        return f"there already: {target.name}"
    if shutil.which("mvn") is None:
        return "left out: there is no `mvn` command"
    kinds = {"hadoop-hdfs": ("jar", "test-jar"), "hadoop-common": ("jar", "test-jar"), "hadoop-hdfs-client": ("jar",)}
    wanted = [("org.apache.hadoop", name, HADOOP, kind) for name, found in kinds.items() for kind in found]
    keys = ("groupId", "artifactId", "version", "type")
    listed = "".join(
        f"<dependency>{''.join(f'<{k}>{v}</{k}>' for k, v in zip(keys, one, strict=True))}</dependency>"
        for one in [*wanted, ("org.mockito", "mockito-core", MOCKITO, "jar")]
    )
    with tempfile.TemporaryDirectory() as made:
        project = "<modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>"
        text = f"<project>{project}<dependencies>{listed}</dependencies></project>"
        Path(made, "pom.xml").write_text(text, "utf-8")
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
        command = ["mvn", "-q", "-B", "-f", made, goal, f"-DoutputDirectory={made}/jars"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            return f"left out: {_reason(ended.stdout)}"
        FOLDER.mkdir(exist_ok=True)
        shutil.move(f"{made}/jars", target)
    return f"fetched: {target.name}"


def _reason(told: str) -> str:
    """What Maven's long first error line says, without what goes before it."""
    errors = [line for line in told.splitlines() if "[ERROR]" in line]
    return errors[0].rsplit("artifact. ", 1)[-1].removesuffix(" -> [Help 1]") if errors else "no reason was given"


def main() -> int:
    version, wanted = metadata.version("apache-beam"), sys.argv[1:] or ["prism", *JOB_SERVERS, "hdfs"]
    fetch = {"prism": lambda: prism(version), "hdfs": hdfs}
    for engine in wanted:
        told = fetch[engine]() if engine in fetch else job_server(engine, version)
        print(f"{engine}: {told}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
