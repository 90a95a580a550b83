"""Where the data folders are: `filters/`, `pipelines/` and `manifests/`.

In a checkout they stand beside the package; in a wheel they travel inside it as `_share/`.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `name` ("filters", "pipelines", "manifests"), the checkout's before the wheel's."""
    beside = _PACKAGE.parent / name
    if (_PACKAGE.parent / "pyproject.toml").is_file() and beside.is_dir():
        return beside
    return _PACKAGE / "_share" / name
