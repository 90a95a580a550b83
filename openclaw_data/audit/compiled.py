"""Compiled templates on disk, beside their sources, as Python keeps its modules: those of a report take 0.1 s."""

import contextlib
import hashlib
import sys
import tempfile
from pathlib import Path

import jinja2

FOLDER = Path(__file__).parent / "templates" / "__pycache__"


class Compiled(jinja2.BytecodeCache):
    """Jinja2 compares the template's source itself; the files' names say what else a compiled template depends on."""

    def __init__(self, *sources: Path) -> None:
        """`sources`: the files that say how templates are compiled."""
        digest = hashlib.sha256(jinja2.__version__.encode())
        for path in sources:
            digest.update(path.read_bytes())
        self.suffix = f"{digest.hexdigest()[:16]}.{sys.implementation.cache_tag}.jinja"

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Fill the bucket from its file, if there is one."""
        with contextlib.suppress(OSError), self._path(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Write the bucket's file, unless Python was told to write none."""
        if sys.dont_write_bytecode:
            return
        with contextlib.suppress(OSError):  # a folder that may only be read
            FOLDER.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=FOLDER, delete=False) as file:
                bucket.write_bytecode(file)
            Path(file.name).replace(self._path(bucket))

    def _path(self, bucket: jinja2.bccache.Bucket) -> Path:
        return FOLDER / f"{bucket.key}.{self.suffix}"
