"""Files are whole or absent."""

from pathlib import Path

import pytest

from openclaw_data import remote, storage
from openclaw_data.errors import DataError


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "part.bin"
    with storage.create(str(target)) as name:
        Path(name).write_bytes(b"half")
        assert not target.exists()
    assert target.read_bytes() == b"half"
    assert [p.name for p in tmp_path.iterdir()] == ["part.bin"]


def test_a_failed_write_leaves_nothing_and_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "part.bin"
    target.write_bytes(b"old")

    def fail() -> None:
        with storage.create(str(target)) as name:
            Path(name).write_bytes(b"new, but")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["part.bin"]


def test_names_leaves_temporary_files_out_and_leftovers_can_be_removed(tmp_path: Path) -> None:
    (tmp_path / ".x.123.tmp").touch()
    (tmp_path / "b").touch()
    (tmp_path / "a").touch()
    assert storage.names(str(tmp_path)) == ["a", "b"]
    storage.remove_leftovers(str(tmp_path))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]
    assert storage.names(str(tmp_path / "absent")) == []


@pytest.mark.parametrize("prefix", ["", "memory://"])
def test_json_goes_round_on_disk_and_behind_a_url(tmp_path: Path, prefix: str) -> None:
    folder = prefix + str(tmp_path / "f")
    path = storage.join(folder, "x.json")
    assert storage.read_json(path) is None
    storage.write_json(path, {"b": "中文", "a": 1})
    assert storage.read_json(path) == {"a": 1, "b": "中文"}
    assert storage.names(folder) == ["x.json"]
    assert storage.size(path) == len('{"a": 1, "b": "中文"}\n'.encode())
    assert len(storage.sha256(path)) == 64
    storage.remove(folder)
    assert not storage.exists(path)


def test_storage_that_cannot_be_reached_is_one_line_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise LookupError("no credentials\nand more")

    with pytest.raises(DataError, match=r"no://a: no:// is no storage that is known: Protocol not known: no\. Give a"):
        storage.exists("no://a")
    monkeypatch.setattr(remote, "filesystem", refuse)
    with pytest.raises(DataError, match=r"s3://a/b: cannot be reached: no credentials\. Check the URL"):
        storage.read_json("s3://a/b")
