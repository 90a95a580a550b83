"""A run whose input, recipe, work folder and dataset are all on an S3 or Google Cloud Storage server is a local run."""

import hashlib
import os
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

import openclaw_data
from openclaw_data import remote, share, storage
from openclaw_data.documents import DataError
from openclaw_data.flow import lock
from tests.command import Command
from tests.loopback import failing

EXTRA = {"s3": "s3fs", "gs": "gcsfs"}


class Quiet(HTTPServer):
    """One that does not print what a client that hung up does to it."""

    def handle_error(self, *_: object) -> None: ...


@contextmanager
def s3() -> Iterator[str]:
    moto = pytest.importorskip("moto.server", reason="there is no S3 server: pip install 'moto[server]'")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", b"").close()  # its buckets outlive the server
    server.stop()


@contextmanager
def gs() -> Iterator[str]:
    emulator = pytest.importorskip(
        "gcp_storage_emulator.server", reason="there is no Google Cloud Storage: pip install gcp-storage-emulator"
    )
    handler = partial(emulator.RequestHandler, emulator.Storage(use_memory_fs=True))
    with Quiet(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def use(scheme: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, clients of `scheme` call the server at `url`."""
    import fsspec

    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "STORAGE_EMULATOR_HOST": url,
    }.items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class(scheme).clear_instance_cache()


@pytest.fixture(params=["s3", "gs"])
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on a server on loopback."""
    scheme = request.param
    library = EXTRA[scheme]
    extra = "gcs" if scheme == "gs" else scheme
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # as `remote.filesystem` has it
    pytest.importorskip(library, reason=f"{library} is not installed: pip install 'openclaw-data[{extra}]'")
    with {"s3": s3, "gs": gs}[scheme]() as address:
        use(scheme, f"http://{address}", monkeypatch)
        remote.filesystem(f"{scheme}://").mkdir("curated")
        yield f"{scheme}://curated"
        remote.filesystem(f"{scheme}://").clear_instance_cache()


def digests(folder: str) -> dict[str, str]:
    return {
        name: storage.sha256(storage.join(folder, name))
        for name in storage.files(folder)
        if name.startswith(("data/", "decisions/"))
    }


def test_a_run_on_a_server_gives_the_bytes_of_a_local_run(bucket: str, curated: Path, cli: Command) -> None:
    """Recipe and input are there as well; then the dataset is verified, and one of its documents traced."""
    pipelines = share.folder("pipelines")
    for name in ("sample.yaml", *(f"sample/{p.name}" for p in (pipelines / "sample").iterdir())):
        storage.copy(str(pipelines / name), f"{bucket}/recipes/{name}")
    out = f"{bucket}/out"
    ended = cli("run", f"{bucket}/recipes/sample.yaml", "-o", out, "-q")
    assert ended.status == 0, ended.err
    assert digests(out) == digests(str(curated))
    assert storage.names(bucket) == ["out", "out.work", "recipes"]
    assert not storage.exists(f"{out}/.incomplete")
    assert not storage.exists(f"{out}/{lock.NAME}")
    assert "all well" in cli("verify", out).out
    one = next(name for name in digests(out) if name.startswith("data/"))
    found = storage.open_parquet(storage.join(out, one)).read(["id"]).column("id")[0].as_py()
    assert found in cli("trace", out, found).out


def test_storage_says_in_one_line_what_is_not_there(bucket: str, cli: Command, tmp_path: Path) -> None:
    nowhere = bucket.replace("curated", "nowhere")
    for words, message in {
        (
            "run",
            "sample",
            "-o",
            f"{nowhere}/out",
        ): f"{nowhere}/out/{lock.NAME}: cannot be written: its bucket or folder "
        "does not exist. Make it, or check its name.",
        (
            "run",
            "web",
            "-i",
            f"cc={bucket}/no.warc.gz",
            "-o",
            tmp_path / "out",
        ): f"{bucket}/no.warc.gz: the file does not",
        (
            "run",
            "web",
            "-i",
            f"cc={bucket}/*.warc.gz",
            "-o",
            tmp_path / "out",
        ): f"no file matches '{bucket}/*.warc.gz'.",
        ("verify", f"{bucket}/out"): f"{bucket}/out: holds no manifest.json.",
    }.items():
        ended = cli(*words)
        assert ended.status == 2
        assert message in ended.err
        assert ended.err.count("\n") == 1


def test_one_of_two_runs_gets_a_folder_on_a_server(bucket: str) -> None:
    """Of two that ask in the same moment, too: the lock is a file that only one can make."""
    assert remote.claim(f"{bucket}/x", b"one")
    if bucket.startswith("s3"):  # this emulator of Google's knows no conditions; fake-gcs-server does
        assert not remote.claim(f"{bucket}/x", b"two")
    path = f"{bucket}/out/{lock.NAME}"
    storage.write_json(path, {"host": "elsewhere", "pid": 1, "began": 1})
    with pytest.raises(DataError, match="process 1 on elsewhere, if it still runs"), lock.hold(f"{bucket}/out"):
        pass
    storage.write_json(path, {**lock._me()._asdict(), "pid": 1 << 22})  # more than any process id
    with lock.hold(f"{bucket}/out"):
        assert storage.read_json(path)["pid"] == os.getpid()
    assert not storage.exists(path)


def test_a_server_that_fails_every_tenth_call_changes_nothing(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In turn before and after having done what it was asked to."""
    scheme = bucket.partition(":")[0]
    target = os.environ["STORAGE_EMULATOR_HOST"].removeprefix("http://")
    if scheme == "gs":  # it waits for seconds between its own tries
        asyncio = pytest.importorskip("gcsfs.retry").asyncio
        monkeypatch.setattr("gcsfs.retry.asyncio", SimpleNamespace(sleep=lambda _: asyncio.sleep(0.01)))
    with failing(target, 10) as server:
        use(scheme, server.url, monkeypatch)
        content = os.urandom(1 << 16)
        for number in range(20):
            with storage.create(f"{bucket}/f/{number}") as name:
                Path(name).write_bytes(content)
            with storage.open_input(f"{bucket}/f/{number}") as file:
                assert file.read() == content
        assert len(storage.names(f"{bucket}/f")) == 20
        storage.remove(f"{bucket}/f")
        assert not storage.exists(f"{bucket}/f/1")
        assert server.failed > 3
        with pytest.raises((DataError, PermissionError), match=f"{bucket}/forbidden"):
            storage.read_json(f"{bucket}/forbidden")


def test_recipe_packs_models_and_lists_are_read_from_a_server(bucket: str, tmp_path: Path) -> None:
    """Whatever a recipe names may be a URL, and a relative path starts beside the recipe, wherever that is."""
    files = remote.filesystem(bucket)
    model = share.folder("filters") / "models" / "quality-en.linear"
    files.put_file(str(model), f"{bucket}/made/models/mine.linear")
    files.pipe_file(f"{bucket}/made/lists/malware/domains", b"bad.example\n")
    files.pipe_file(f"{bucket}/made/optout.txt", b"out.example\n")
    files.pipe_file(
        f"{bucket}/made/mine.yaml",
        b"name: mine\nversion: 1.0.0\nsource: this test\nrules:\n"
        b"  - {name: words, keep: words >= 4, source: this test, keeps: [{text: one two three four five}],"
        b" drops: [{text: one}]}\n",
    )
    made = f"""
name: given
version: 1.0.0
sources:
  - {{id: lines, format: jsonl, origin: user, record: a test, fields: {{text: text, url: url}}, paths: [lines.jsonl]}}
filters: [{bucket}/made/mine.yaml, url, rights]
url_lists: [lists]
rights: {{optout: [optout.txt]}}
models: {{quality: {{en: {{path: models/mine.linear, sha256: {hashlib.sha256(model.read_bytes()).hexdigest()}}}}}}}
languages: [en]
dedup: null
"""
    files.pipe_file(f"{bucket}/made/given.yaml", made.encode())
    texts = {"good": "Some words that are kept.", "bad": "Some words of a bad host.", "few": "Two words"}
    lines = "".join(f'{{"text": "{text}", "url": "https://{host}.example/"}}\n' for host, text in texts.items())
    files.pipe_file(f"{bucket}/made/lines.jsonl", lines.encode())
    found = openclaw_data.run(f"{bucket}/made/given.yaml", tmp_path / "out")
    assert {rule: sum(n.values()) for rule, n in found.counts.by_rule.items()}.items() >= {
        "mine.words": 1,
        "url.malware": 1,
    }.items()
    with pytest.raises(DataError, match=r"//curated/made/none\.yaml: cannot be fetched"):
        openclaw_data.run(f"{bucket}/made/none.yaml", tmp_path / "other")
