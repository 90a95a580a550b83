"""Publishing: what would be sent, what arrives, and what is refused; against a real S3 server on loopback."""

import hashlib
import shutil
import sys
import types
from pathlib import Path

import pytest

from openclaw_data import storage
from openclaw_data.dataset import manifest, seal, upload
from openclaw_data.dataset.verify import verify
from openclaw_data.documents import DataError
from tests.command import Command


@pytest.fixture(scope="module")
def made(curated: Path) -> Path:
    return curated


@pytest.fixture(scope="module")
def server():
    """An S3 server with the bucket `bucket`."""
    boto3 = pytest.importorskip("boto3")
    moto_server = pytest.importorskip("moto.server")
    running = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    words = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://{host}:{port}", **words).create_bucket(Bucket="bucket")
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty prefix; the client is led to the server by the environment, as a user would."""
    import s3fs

    for name, value in (
        ("AWS_ENDPOINT_URL", server),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    place = "s3://bucket/datasets/sample"
    storage.remove(place)
    return place


def test_a_plan_writes_nothing_and_lists_every_file_with_the_manifest_last(made: Path, tmp_path: Path) -> None:
    planned = upload.plan(str(made), str(tmp_path / "there"))
    assert [i.path for i in planned.items][-1] == "manifest.json"
    assert sorted(i.path for i in planned.items) == storage.files(str(made))
    assert planned.todo == list(planned.items)
    assert not (tmp_path / "there").exists()


def test_a_folder_gets_the_same_bytes_and_verifies(made: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    upload.send(str(made), upload.plan(str(made), str(there)))
    assert verify(str(there)).problems == ()
    assert {p: (made / p).read_bytes() for p in storage.files(str(made))} == {
        p: (there / p).read_bytes() for p in storage.files(str(there))
    }


def test_object_storage_gets_the_dataset_and_a_second_send_goes_on(made: Path, s3: str) -> None:
    planned = upload.plan(str(made), s3)
    half = planned._replace(items=planned.items[: len(planned.items) // 2])
    upload._store(str(made), half, list(half.items), lambda _: None)
    again = upload.plan(str(made), s3)
    assert len(again.todo) == len(planned.items) - len(half.items)
    sent: list[str] = []
    upload.send(str(made), again, tick=sent.append)
    assert sent == [i.path for i in again.todo]
    assert verify(s3).problems == ()
    assert [i.path for i in upload.plan(str(made), s3).todo] == ["manifest.json"]


def test_a_file_that_arrived_damaged_with_the_right_size_is_sent_again(made: Path, s3: str) -> None:
    upload.send(str(made), upload.plan(str(made), s3))
    shard = manifest.read(str(made)).shards[0].path
    bad = bytearray((made / shard).read_bytes())
    bad[100] ^= 1
    with storage.create(storage.join(s3, shard)) as name:
        Path(name).write_bytes(bad)
    assert [p.file for p in verify(s3).problems] == [shard]
    sent: list[str] = []
    upload.send(str(made), upload.plan(str(made), s3), tick=sent.append)
    assert sent == ["manifest.json", shard, "manifest.json"]
    assert verify(s3).problems == ()


def test_a_published_version_is_never_overwritten_and_strange_files_are_left_alone(made: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    other = Path(shutil.copytree(made, tmp_path / "other"))
    loaded = manifest.read(str(other))
    seal.seal(str(other), loaded.model_copy(update={"description": "another"}))
    upload.send(str(made), upload.plan(str(made), str(there)))
    with pytest.raises(DataError, match=r"holds sample 1.0.0, another dataset or version"):
        upload.plan(str(other), str(there))
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds other files, such as 'notes\.txt'"):
        upload.plan(str(made), str(strange))


def test_a_dataset_that_does_not_verify_is_not_sent(made: Path, tmp_path: Path) -> None:
    bad = Path(shutil.copytree(made, tmp_path / "bad"))
    (bad / "README.md").write_text("changed")
    with pytest.raises(DataError, match=r"README.md was changed: .* Nothing was sent"):
        upload.plan(str(bad), str(tmp_path / "there"))


@pytest.mark.parametrize("to", ["hf:name", "hf:a/b/c", "modelscope:/x"])
def test_a_repository_is_owner_and_name(made: Path, to: str) -> None:
    with pytest.raises(DataError, match="is not of the form owner/name"):
        upload.plan(str(made), to)


class Hub:
    """A hub in memory with the calls of `huggingface_hub.HfApi` that are used: large files by sha256, others by git."""

    files: dict[str, bytes]

    def __init__(self, endpoint: str | None = None) -> None:
        Hub.endpoint = endpoint

    def create_repo(self, repo_id: str, *, repo_type: str, exist_ok: bool) -> None:
        assert (repo_id, repo_type, exist_ok) == ("owner/name", "dataset", True)

    def upload_folder(
        self, *, repo_id, folder_path, repo_type, commit_message, allow_patterns, delete_patterns
    ) -> None:
        assert commit_message == "sample 1.0.0"
        Hub.files = {p: Path(folder_path, p).read_bytes() for p in allow_patterns}

    def list_repo_tree(self, repo_id: str, *, repo_type: str, recursive: bool):
        for path, data in Hub.files.items():
            large = path.endswith(".parquet")
            lfs = types.SimpleNamespace(sha256=hashlib.sha256(data).hexdigest()) if large else None
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            yield types.SimpleNamespace(path=path, lfs=lfs, blob_id=blob)
        yield types.SimpleNamespace(path="data")


def test_hugging_face_is_checked_by_its_own_digests(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    monkeypatch.setenv("HF_ENDPOINT", "https://hf-mirror.example")
    planned = upload.plan(str(made), "hf:owner/name")
    upload.send(str(made), planned)
    assert set(Hub.files) == set(storage.files(str(made)))
    assert Hub.endpoint == "https://hf-mirror.example"
    listed = Hub.list_repo_tree

    def damaged(self, *words, **names):
        for file in listed(self, *words, **names):
            if file.path == "README.md":
                file.blob_id = "0" * 40
            yield file

    monkeypatch.setattr(Hub, "list_repo_tree", damaged)
    with pytest.raises(DataError, match=r"README\.md arrived changed"):
        upload.send(str(made), planned)


def test_the_calls_to_hugging_face_fit_the_installed_client() -> None:
    import inspect

    from huggingface_hub import HfApi

    words = {"repo_id", "folder_path", "repo_type", "commit_message", "allow_patterns", "delete_patterns"}
    assert words <= set(inspect.signature(HfApi.upload_folder).parameters)
    assert {"repo_type", "recursive"} <= set(inspect.signature(HfApi.list_repo_tree).parameters)


def test_modelscope_is_checked_by_sha256_or_size(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, bytes] = {}

    class Api:
        def repo_exists(self, repo_id: str, repo_type: str) -> bool:
            return False

        def create_repo(self, repo_id: str, repo_type: str) -> None:
            assert (repo_id, repo_type) == ("owner/name", "dataset")

        def upload_folder(self, repo_id, repo_type, folder_path, *, commit_message, allow_patterns) -> None:
            sent.update({p: Path(folder_path, p).read_bytes() for p in allow_patterns})

        def list_repo_files(self, repo_id: str, repo_type: str):
            for path, data in sent.items():
                sha256 = hashlib.sha256(data).hexdigest() if path.endswith(".parquet") else None
                yield types.SimpleNamespace(path=path, sha256=sha256, size=len(data))

    fake = types.ModuleType("modelscope_hub.api")
    fake.HubApi = Api  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "modelscope_hub", types.ModuleType("modelscope_hub"))
    monkeypatch.setitem(sys.modules, "modelscope_hub.api", fake)
    planned = upload.plan(str(made), "modelscope:owner/name")
    upload.send(str(made), planned)
    sent[manifest.read(str(made)).shards[0].path] += b"x"
    monkeypatch.setattr(Api, "upload_folder", lambda *_, **__: None)
    with pytest.raises(DataError, match="arrived changed"):
        upload.send(str(made), planned)


def test_without_yes_the_command_sends_nothing(made: Path, tmp_path: Path, cli: Command) -> None:
    assert "would be sent; add --yes to send" in cli("publish", made, "--to", tmp_path / "x").out
    assert not (tmp_path / "x").exists()
    assert cli("publish", made, "--to", tmp_path / "x", "--yes").status == 0
    assert verify(str(tmp_path / "x")).problems == ()
