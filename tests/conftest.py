"""Fixtures for all tests."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real pages beside the checkout; a test that asks for it skips where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not (folder / "README.md").is_file():
        pytest.skip(f"real pages are not at {folder}; see CONTRIBUTING.md")
    return folder


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled sample, curated once for all tests that only read a dataset."""
    import openclaw_data

    out = tmp_path_factory.mktemp("curated") / "out"
    openclaw_data.run("sample", out)
    return out
