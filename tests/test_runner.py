"""The runner ends every run: with a result or with an error that says what to do."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from openclaw_data.documents import DataError
from openclaw_data.flow import runner
from openclaw_data.flow.work import Engine
from tests import workers


def test_tasks_are_spread_over_two_processes(tmp_path: Path) -> None:
    tasks = [(str(tmp_path), n) for n in range(8)]
    runner.execute(lambda p: runner.each(p, "write", workers.write_pid, tasks), Engine(2))
    found = [name.name.split("-") for name in tmp_path.iterdir()]
    assert sorted(int(n) for n, _ in found) == list(range(8))
    assert len({pid for _, pid in found}) == 2


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_in_a_step_reaches_the_user_as_it_was_raised(count: int) -> None:
    with pytest.raises(DataError) as caught:
        runner.execute(lambda p: runner.each(p, "fail", workers.fail_at_three, range(8)), Engine(count))
    assert str(caught.value).startswith("crawl.warc.gz: is not a WARC file. Convert it first.")


def test_a_killed_worker_ends_the_run_with_an_error_within_a_minute() -> None:
    program = """
from openclaw_data.flow import runner
from openclaw_data.flow.work import Engine
from tests import workers
runner.execute(lambda p: runner.each(p, "kill", workers.kill_me_at_three, range(8)), Engine(2))
"""
    started = time.monotonic()
    root = Path(__file__).parents[1]
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=False, text=True, timeout=60
    )
    assert time.monotonic() - started < 60
    assert ended.returncode == 1
    assert "was killed, perhaps for want of memory. Finished parts are kept" in ended.stderr.splitlines()[-1]


def test_tick_is_called_while_the_run_goes_on() -> None:
    calls: list[int] = []
    runner.execute(lambda p: runner.each(p, "fine", abs, range(4)), Engine(1), lambda: calls.append(1))
    assert calls
