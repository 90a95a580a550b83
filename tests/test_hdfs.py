"""HDFS, a whole one in a Java program of its own: the bytes of a local run, and half a file is never seen."""

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import openclaw_data
from openclaw_data import remote, storage
from openclaw_data.documents import DataError
from tests.timing import wait_until

JARS = next(iter(sorted((Path(__file__).parents[1] / ".engines").glob("hadoop-*"))), None)


@pytest.fixture(scope="module")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The URL of an empty cluster's root, by kind."""
    pytest.importorskip("hdfs_native", reason="hdfs-native is not installed: pip install 'openclaw-data[hdfs]'")
    if JARS is None or shutil.which("java") is None:
        pytest.skip("there is no HDFS: `make engines ENGINES=hdfs` fetches it where there are Maven and Java")
    place = tmp_path_factory.mktemp("hdfs")
    ports = [free(), free()]
    command = [
        *("java", "-XX:TieredStopAtLevel=1", "--add-opens", "java.base/java.lang=ALL-UNNAMED", "-cp", f"{JARS}/*"),
        *("org.apache.hadoop.test.MiniDFSClusterManager", "-format", "-datanodes", "1"),
        *("-nnport", str(ports[0]), "-httpport", str(ports[1]), "-D", f"hdfs.minidfs.basedir={place}/data"),
    ]
    with (place / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(f"http://localhost:{ports[1]}/webhdfs/v1/?op=LISTSTATUS", server)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        yield {"hdfs": f"hdfs://localhost:{ports[0]}", "webhdfs": f"webhdfs://{user}@localhost:{ports[1]}"}
    finally:
        server.kill()
        server.wait()


def free() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    def answers() -> bool:
        assert server.poll() is None, "HDFS ended"
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=10).close()
            return True
        return False

    wait_until(answers, "HDFS did not start")


RECIPE = """
name: given
version: 1.0.0
sources:
  - {id: lines, format: jsonl, origin: user, record: a test, fields: {text: text}, paths: [lines.jsonl]}
languages: [en]
dedup: null
"""


def test_a_run_on_hdfs_gives_the_bytes_of_a_local_run(hdfs: dict[str, str], tmp_path: Path) -> None:
    """A small one: the cluster lets a writer of a small file wait for half a second."""
    (tmp_path / "given.yaml").write_text(RECIPE)
    (tmp_path / "lines.jsonl").write_text('{"text": "Some words that are kept."}\n{"text": "Others, as well."}\n')
    there = f"{hdfs['hdfs']}/run"
    for name in ("given.yaml", "lines.jsonl"):
        storage.copy(str(tmp_path / name), f"{there}/{name}")
    openclaw_data.run(str(tmp_path / "given.yaml"), tmp_path / "out")
    openclaw_data.run(f"{there}/given.yaml", f"{there}/out")
    names = [n for n in storage.files(str(tmp_path / "out")) if n.startswith(("data/", "decisions/"))]
    assert len(names) >= 2
    for name in names:
        assert storage.sha256(f"{there}/out/{name}") == storage.sha256(str(tmp_path / "out" / name))
    system = remote.filesystem(there)
    assert not [path for path in system.find(remote.bare(system, there)) if path.endswith(".tmp")]


@pytest.mark.parametrize("kind", ["hdfs", "webhdfs"])
def test_half_a_file_is_never_seen_and_leftovers_go(hdfs: dict[str, str], kind: str, tmp_path: Path) -> None:
    folder = f"{hdfs[kind]}/half-{kind}"
    system = remote.filesystem(folder)
    storage.write_json(f"{folder}/x.json", 1)
    storage.write_json(f"{folder}/x.json", 2)  # replaced
    assert storage.read_json(f"{folder}/x.json") == 2
    system.pipe_file(f"{folder}/.y.json.123456.tmp", b"hal")  # what a killed upload leaves
    assert storage.names(folder) == storage.files(folder) == ["x.json"]
    storage.remove_leftovers(folder)
    assert len(system.ls(folder, detail=False)) == 1
    assert remote.claim(f"{folder}/lock", b"one")
    assert not remote.claim(f"{folder}/lock", b"two")
    assert storage.read_json(f"{folder}/none.json") is None


def test_what_hdfs_refuses_is_one_line(hdfs: dict[str, str]) -> None:
    nobody = f"webhdfs://nobody@{hdfs['webhdfs'].rpartition('@')[2]}"
    with pytest.raises((DataError, PermissionError), match=r"webhdfs://nobody@localhost"):
        storage.write_json(f"{nobody}/x.json", {})


def test_hdfs_without_its_library_names_what_to_install(tmp_path: Path) -> None:
    """fsspec then asks Arrow, and Arrow Hadoop's own library."""
    code = (
        "import sys; sys.modules['hdfs_native'] = None\n"
        "from openclaw_data import storage\n"
        "storage.read_json('hdfs://localhost:1/x.json')\n"
    )
    kept = {k: v for k, v in os.environ.items() if k not in {"HADOOP_HOME", "ARROW_LIBHDFS_DIR", "CLASSPATH"}}
    ended = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=False)
    assert ended.returncode
    assert "pip install 'openclaw-data[hdfs]'" in ended.stderr.splitlines()[-1]
