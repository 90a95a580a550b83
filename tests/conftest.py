"""Fixtures for all tests."""

import atexit
import gc
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.command import Command, Ended

settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", settings.get_profile("suite"), derandomize=False)
settings.load_profile("suite")
"""The same examples every time, however long they take; `pytest --hypothesis-profile=search` looks for others."""


@pytest.fixture(scope="session", autouse=True)
def _temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What libraries leave in the folder for temporary files, such as Beam, goes when the folders of the tests go."""
    folder = str(tmp_path_factory.mktemp("temporary"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real pages beside the checkout; a test that asks for it skips where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not (folder / "README.md").is_file():
        pytest.skip(f"real pages are not at {folder}; see CONTRIBUTING.md")
    return folder


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled sample, curated once for all tests that only read; its work folder is beside it."""
    import openclaw_data

    out = tmp_path_factory.mktemp("curated") / "out"
    openclaw_data.run("sample", out)
    return out


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line, called here: `cli("verify", folder)`. A process of its own takes seconds to start."""
    from openclaw_data.cli import main

    def call(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["openclaw-data", *map(str, words)])
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            atexit.unregister(gc.freeze)  # it is not this process that ends: duckdb would speak of what is left
        return Ended(status, *capsys.readouterr())

    return call
