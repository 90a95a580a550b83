"""The runner ends every run: with a result or with an error that says what to do."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from openclaw_data.documents import DataError
from openclaw_data.flow import local, on_beam, pool, runner
from openclaw_data.flow.steps import each, spread
from openclaw_data.flow.work import Engine
from tests import workers
from tests.timing import PATIENCE_SECONDS, has_ended, wait_until


def test_tasks_are_spread_over_two_processes(tmp_path: Path) -> None:
    tasks = [(str(tmp_path), n) for n in range(8)]
    runner.execute(each("write", workers.write_pid, tasks), Engine(2))
    found = [name.name.split("-") for name in tmp_path.iterdir()]
    assert sorted(int(n) for n, _ in found) == list(range(8))
    assert len({pid for _, pid in found}) == 2


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_in_a_step_reaches_the_user_as_it_was_raised(tmp_path: Path, count: int) -> None:
    tasks = [(str(tmp_path), os.getpid() * (count - 1))] * 8
    with pytest.raises(DataError) as caught:
        runner.execute(each("fail", workers.fail, tasks), Engine(count))
    assert str(caught.value).startswith("crawl.warc.gz: is not a WARC file. Convert it first.")


def test_a_connection_that_a_task_lost_is_no_lost_worker(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError, match="bucket") as caught:
        runner.execute(each("fail", workers.lose_connection, [(str(tmp_path), os.getpid())] * 8), Engine(2))
    assert "lose_connection" in caught.value.__notes__[0]


@pytest.mark.parametrize("engine", ["local", "FnApiRunner"])
def test_a_killed_worker_ends_the_run_with_an_error(tmp_path: Path, engine: str) -> None:
    program = f"""
import os
from openclaw_data.flow import runner
from openclaw_data.flow.steps import each
from openclaw_data.flow.work import Engine
from tests import workers
tasks = [("{tmp_path}", os.getpid())] * 8
runner.execute(each("kill", workers.kill_worker, tasks), Engine(2, "{engine}"))
"""
    root = Path(__file__).parents[1]
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=False, text=True, timeout=300
    )
    assert ended.returncode == 1
    assert "was killed, perhaps for want of memory. Finished parts are kept" in ended.stderr.splitlines()[-1]


class Stopped(BaseException):
    """What the handler of a signal raises."""


@pytest.mark.parametrize("engine", ["local", "FnApiRunner"])
def test_an_interrupted_run_waits_for_the_task_that_it_is_at(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(number: int, frame: object) -> None:
        raise Stopped

    for module in (pool, on_beam):
        monkeypatch.setattr(module, "STOP_SECONDS", PATIENCE_SECONDS)
    before = signal.signal(signal.SIGUSR1, stop)
    monkeypatch.setattr(workers, "ended", [])
    try:
        with pytest.raises(Stopped):
            runner.execute(each("interrupt", workers.interrupt_me, range(1)), Engine(1, engine))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert workers.ended == ["by the interrupt"]


@pytest.mark.parametrize("count", [2, 3])
def test_workers_live_as_long_as_the_run_and_bring_what_they_made_back_in_order(tmp_path: Path, count: int) -> None:
    with pool.workers(count):
        pids = set()
        for _ in range(3):
            graph = each("look", workers.write_pid, [(str(tmp_path), n) for n in range(6)], count)
            pids |= set(local._values(graph, lambda: None))
        grouped = spread("numbers", range(9)).sends("Pair", workers.odd_or_even, "x").group("Group")
        assert local._values(grouped, lambda: None) == [
            (0, [b"0x", b"2x", b"4x", b"6x", b"8x"]),
            (1, [b"1x", b"3x", b"5x", b"7x"]),
        ]
        assert pool.running.get().cpu_seconds > 0
        others = [psutil.Process(pid) for pid in pids - {os.getpid()}]
    assert len(others) == count - 1 == len(pids) - 1
    wait_until(lambda: all(map(has_ended, others)), "a worker outlived the run")


def test_what_is_done_before_a_fork_begins_no_threads_that_it_would_cut_off() -> None:
    program = """
from pathlib import Path
from openclaw_data import memory
from openclaw_data.flow import worker
memory.load_alone()
import openclaw_data.flow.annotate
worker.use()
print(*(path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")))
"""
    root = Path(__file__).parents[1]
    names = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, check=True, text=True).stdout
    assert names
    assert "polars-0" not in names
    assert "tokio" not in names


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_sent_lies_in_files_until_the_graph_has_ended(tmp_path: Path, count: int) -> None:
    scratch = tmp_path / "shuffle"
    graph = spread("numbers", range(5)).sends("Send", workers.two_sizes).group("Group")
    graph = graph.does("List", workers.listed)  # type: ignore[arg-type]
    with pool.workers(count):
        in_memory = local._values(graph, lambda: None)
        assert not scratch.exists()
        assert local._values(graph, lambda: None, str(scratch)) == in_memory
        assert sum(p.stat().st_size for p in scratch.iterdir()) > 5 * 30_000
        (scratch / "of-a-run-that-was-killed").touch()
        runner.execute(graph, Engine(count, scratch=str(scratch)))
    assert not list(tmp_path.iterdir())
    first, once, again = in_memory[0]
    assert (first, once) == (0, [bytes([n]) * 30_000 for n in range(5)])
    assert once == again


def test_an_option_of_beam_is_refused_by_the_local_runner() -> None:
    with pytest.raises(DataError, match="--parallelism=2: is an option of Beam, and --runner local is none of its"):
        runner.execute(each("fine", abs, range(4)), Engine(1, options=("--parallelism=2",)))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NoRunner", "--runner NoRunner: cannot be started: Unexpected pipeline runner: NoRunner"),
        ("DataflowRunner", "DataflowRunner: needs --project, --region, --temp_location, --sdk_container_image"),
    ],
)
def test_a_runner_that_cannot_be_started_is_one_line(name: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        runner.execute(each("fine", abs, range(4)), Engine(1, name))
    assert "docs/beam.md says what each" in caught.value.remedy


def test_tick_is_called_while_the_run_goes_on() -> None:
    calls: list[int] = []
    runner.execute(each("fine", abs, range(4)), Engine(1), lambda: calls.append(1))
    assert calls
