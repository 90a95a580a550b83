"""Nothing is lost, nothing hangs: kills, full disks, failing storage, two runs at once, interrupts, many errors."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import fsspec
import psutil
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.local import LocalFileSystem

import openclaw_data
from benchmarks import kills
from openclaw_data import recipe, remote, share, storage
from openclaw_data.documents import DataError
from openclaw_data.flow import lock
from openclaw_data.flow.refilter import refilter
from tests.timing import PATIENCE_SECONDS, has_ended, wait_until

ROOT = Path(__file__).parents[1]


def command(out, *words):
    program = "from openclaw_data.cli import main; main()"
    return [sys.executable, "-c", program, "run", "sample", "-o", str(out), "-q", *words]


HOLD = """
import fnmatch, os, sys, time
real, run = os.replace, os.environ.setdefault("OPENCLAW_HOLD_RUN", str(os.getpid()))
def replace(source, target, **given):
    if fnmatch.fnmatch(str(target), "*/annotated/part-0000?.parquet"):
        if str(os.getpid()) == run:
            open(os.path.join(os.path.dirname(__file__), "held"), "w").close()
        end = time.monotonic() + 300
        while not sys.modules["openclaw_data.flow.work"]._interrupted.is_set() and time.monotonic() < end:
            time.sleep(0.01)
        sys.modules["openclaw_data.flow.pool"].STOP_SECONDS = 120.0
    real(source, target, **given)
os.replace = replace
"""
"""A sitecustomize.py with which a part keeps its temporary name until the run knows that it is interrupted.

`held` says that the run's own process is there, which then has time to end. One beside it never learns of an
interrupt: it is killed.
"""


def start(hooks, out, *words):
    """A run in a process group of its own, with `HOLD` in all its processes."""
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOLD)
    paths = os.pathsep.join(filter(None, [str(hooks), str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        command(out, *words),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def digests(folder):
    files = [p for part in ("data", "decisions") for p in sorted((folder / part).rglob("*")) if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def leftovers(*folders):
    return [p for folder in folders if folder.exists() for p in folder.rglob(".*") if p.name != ".incomplete"]


@pytest.fixture(scope="module")
def undisturbed(curated):
    """The bytes of a run that nothing happens to."""
    return digests(curated)


def budgeted(fraction):
    return recipe.load("sample").model_copy(update={"errors": recipe.Errors(max_fraction=fraction)})


def test_too_many_errors_end_the_run_after_its_first_stage_with_the_reasons(tmp_path):
    with pytest.raises(DataError) as caught:
        openclaw_data.run(budgeted(0.01), tmp_path / "out")
    message = str(caught.value)
    assert "7 of 206 records are errors, more than errors.max_fraction = 0.01" in message
    assert "decompression 2 (the compressed bytes are damaged or cut off); warc_record 2 (" in message
    assert not (tmp_path / "out" / "manifest.json").exists()
    parts = sorted((tmp_path / "out.work" / "quarantine").glob("*.parquet"))
    rows = [row for p in parts for row in pq.read_table(p).to_pylist()]
    assert len(rows) == 7
    assert all(row["error"] and len(row["payload_sha256"]) == 64 and row["warc_filename"] for row in rows)
    found = refilter(tmp_path / "out.work", budgeted(0.05), tmp_path / "again")
    assert found.counts.errors == 7


@pytest.mark.parametrize("taken", ["out", "out.work"])
def test_a_second_run_into_the_same_folders_is_refused_and_names_the_first(tmp_path, taken):
    with lock.hold(str(tmp_path / taken)):
        ended = subprocess.run(command(tmp_path / "out"), cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"{taken}: another run is using it: process {os.getpid()} on this machine. Wait" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_second_run_in_the_same_process_is_refused(tmp_path):
    with lock.hold(str(tmp_path / "out")), pytest.raises(DataError, match=f"process {os.getpid()} on this machine"):
        openclaw_data.run("sample", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_lock_of_a_process_that_is_gone_is_taken_over_and_that_is_said(tmp_path, capsys):
    holder = lock._me()._replace(pid=2**22 - 1, began=1)
    (tmp_path / lock.NAME).write_text(json.dumps(holder._asdict()))
    with lock.hold(str(tmp_path)):
        assert json.loads((tmp_path / lock.NAME).read_text())["pid"] == os.getpid()
    assert "going on after process 4194303, which is gone" in capsys.readouterr().err
    assert not leftovers(tmp_path)
    (tmp_path / lock.NAME).write_text('{"host": "')
    with lock.hold(str(tmp_path)):
        pass


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_the_lock_of_another_host_is_explained_and_kept(tmp_path, prefix):
    (tmp_path / lock.NAME).write_text(json.dumps(lock.Holder("far-away", 7, 1)._asdict()))
    message = r"process 7 on far-away, if it still runs\. If it does not, delete "
    with pytest.raises(DataError, match=message), lock.hold(f"{prefix}{tmp_path}"):
        pass
    assert (tmp_path / lock.NAME).exists()


WANTS_A_LOCK = """
import sys
from openclaw_data.flow import lock
print("ready", flush=True)
sys.stdin.readline()
try:
    with lock.hold(sys.argv[1]):
        print("held", flush=True)
        sys.stdin.read()
except lock.DataError:
    print("refused")
"""
"""It holds the lock until its input ends, which is when all have said how they fared."""


def test_of_many_that_want_a_lock_at_once_one_gets_it(tmp_path):
    """Processes, because a thread is refused before it comes to the file."""
    words = [sys.executable, "-c", WANTS_A_LOCK, str(tmp_path)]
    children = [subprocess.Popen(words, cwd=ROOT, stdin=-1, stdout=-1, text=True) for _ in range(4)]
    assert [child.stdout.readline() for child in children] == ["ready\n"] * 4
    for child in children:
        child.stdin.write("now\n")
        child.stdin.flush()
    said = [child.stdout.readline().strip() for child in children]
    assert sorted(said) == ["held", "refused", "refused", "refused"]
    assert [(child.communicate(), child.returncode)[1] for child in children] == [0] * 4


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGINT, 1), (signal.SIGTERM, 2)])
def test_an_interrupt_ends_the_run_soon_says_how_to_go_on_and_leaves_nothing_half_written(
    undisturbed, tmp_path, number, workers
):
    out, work, hooks = tmp_path / "out", tmp_path / "out.work", tmp_path / "hooks"
    child = start(hooks, out, "-w", str(workers))
    try:
        wait_until((hooks / "held").exists, "no part was written")
        assert list((work / "annotated").glob(".*.tmp"))
        children = psutil.Process(child.pid).children(recursive=True)
        os.killpg(child.pid, number)
        _, shown = child.communicate(timeout=PATIENCE_SECONDS)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
    assert child.returncode == 130
    assert shown == "openclaw-data: interrupted. Finished parts are kept: run the same command again to go on.\n"
    finished = sorted(path.suffix for path in (work / "annotated").glob("part-*"))
    assert finished == [".json", ".parquet"], "this process ends what it is at, a worker beside it is killed"
    assert not leftovers(out, work)
    wait_until(lambda: all(map(has_ended, children)), "a worker outlived the run")
    openclaw_data.run("sample", out)
    assert digests(out) == undisturbed


def room_for(megabytes, folder):
    """A file system of so many megabytes in memory, or a skip where there is no right to mount one."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")


def test_a_full_disk_ends_the_run_with_a_clear_error_and_the_re_run_finishes(undisturbed, tmp_path):
    place = tmp_path / "small"
    room_for(2, place)
    try:
        filler = place / "filler"
        filler.write_bytes(bytes(1_960_000))
        ended = subprocess.run(command(place / "out", "-w", "2"), cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == 2, ended.stderr
        assert "the disk is full" in ended.stderr
        assert not leftovers(place / "out", place / "out.work")
        subprocess.run(["mount", "-o", "remount,size=50m", str(place)], check=True)
        openclaw_data.run("sample", place / "out")
        assert digests(place / "out") == undisturbed
    finally:
        subprocess.run(["umount", str(place)], check=False)


def test_any_write_error_without_room_is_told_as_a_full_disk(tmp_path, monkeypatch):
    """numpy and others say how many bytes were written, not why."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2_000_000, 2_000_000, 100))
    message = r"the disk is full: 0\.0 of 2 MB are free\. Finished parts are kept"
    with pytest.raises(DataError, match=message), storage.create(str(tmp_path / "x")):
        raise OSError("1000 requested and 20 written")
    with pytest.raises(PermissionError), storage.create(str(tmp_path / "x")):
        raise PermissionError(13, "no")
    assert not list(tmp_path.iterdir())


def test_bundles_that_are_run_again_change_nothing(undisturbed, tmp_path):
    openclaw_data.run("sample", tmp_path / "out", engine="FnApiRunner", options=["--direct_runner_bundle_repeat=2"])
    assert digests(tmp_path / "out") == undisturbed


class Flaky(LocalFileSystem):
    """Local files of which every so many-th call fails, every second of those after having done its work."""

    protocol = "flaky"
    cachable = False
    every = 10
    calls = 0
    failed = 0

    def __init__(self, **kwargs):
        super().__init__(auto_mkdir=True)

    @classmethod
    def attempt(cls, call):
        cls.calls += 1
        if cls.calls % (2 * cls.every) == 0:
            call()
        if cls.calls % cls.every == 0:
            cls.failed += 1
            raise OSError(5, "the connection was reset")
        return call()

    def open(self, path, *args, **kwargs):
        return self.attempt(lambda: super(Flaky, self).open(path, *args, **kwargs))

    def put_file(self, *args, **kwargs):
        return self.attempt(lambda: super(Flaky, self).put_file(*args, **kwargs))

    def rm(self, *args, **kwargs):
        return self.attempt(lambda: super(Flaky, self).rm(*args, **kwargs))

    def ls(self, *args, **kwargs):
        return self.attempt(lambda: super(Flaky, self).ls(*args, **kwargs))


@pytest.mark.parametrize(("every", "waits"), [(10, (0.0, 0.0)), (61, ())])
def test_storage_that_fails_changes_nothing(undisturbed, tmp_path, monkeypatch, every, waits):
    """Every tenth call: in one run, by trying again. Some calls for good: in as many runs as it takes."""
    fsspec.register_implementation("flaky", Flaky, clobber=True)
    monkeypatch.setattr(remote, "_WAITS", waits)
    monkeypatch.setattr(Flaky, "failed", 0)
    monkeypatch.setattr(Flaky, "every", every)
    for _ in range(8):
        try:
            openclaw_data.run("sample", f"flaky://{tmp_path}/out", f"flaky://{tmp_path}/work")
        except Exception:  # noqa: BLE001 - whatever the layer above makes of it
            assert not waits
            Flaky.every *= 2  # storage recovers: a stage that cannot be resumed in the middle must end some day
            continue
        break
    assert Flaky.failed > (5 if waits else 0)
    assert digests(tmp_path / "out") == undisturbed
    assert (tmp_path / "out" / "manifest.json").exists()


def test_a_run_that_is_killed_twenty_times_in_all_its_stages_goes_on_to_the_same_bytes(tmp_path):
    """One run: each time it goes on until the next of `kills.POINTS`, and after the last is killed at any moment."""
    pages = share.folder("pipelines") / "sample"
    lines = (pages / "extra.jsonl").read_text().splitlines(keepends=True)
    given = {"cc": [pages / "pages.warc.gz"], "jsonl": [tmp_path / f"{number}.jsonl" for number in range(6)]}
    for number, path in enumerate(given["jsonl"]):
        path.write_text("".join(lines[number::6] + lines[:4]))
    openclaw_data.run("web", tmp_path / "undisturbed", inputs=given)
    out = tmp_path / "out"
    named = [f"{source}={path}" for source, paths in given.items() for path in paths]
    for point in kills.POINTS:
        words = kills.command("web", named, out, 1 + (point.who == "worker"))
        assert kills.killed_at(point, words, tmp_path), f"the run did not come to {point}"
        kills.whole(out)
        kills.whole(tmp_path / "out.work")
    child = kills.start(words, tmp_path, None)
    time.sleep(random.uniform(0.1, 2.0))
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    made = openclaw_data.run("web", out, inputs=given)
    assert digests(out) == digests(tmp_path / "undisturbed")
    assert made.counts.kept > 2
    assert not leftovers(out, tmp_path / "out.work")
