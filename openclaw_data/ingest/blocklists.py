"""Block lists of hosts and of words in URLs, in the form of the UT1 lists: `FOLDER/CATEGORY/domains`, `.../urls`.

A line of `domains` is a host name; it stands for its sub-domains, too. A line of `urls` is a host with a path, or a
word that stands in the host or path between marks. `#` begins a comment. A look-up is a walk over the labels of a host
in one dictionary, so its time does not depend on the size of the lists.
"""

import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from openclaw_data.errors import DataError
from openclaw_data.ingest.urls import host

if TYPE_CHECKING:
    import pyarrow as pa

MAX_FILE_BYTES, MAX_LINE = 512_000_000, 2048
MAX_LABELS = 40
_CATEGORY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TOKEN = re.compile(r"[a-z0-9]+")


class Lists(NamedTuple):
    """Host -> category; host/path -> category; word -> category; the sha256 over all files."""

    domains: dict[str, str]
    urls: dict[str, str]
    words: dict[str, str]
    digest: str


@functools.lru_cache(maxsize=4)
def load(folders: tuple[str, ...]) -> Lists:
    """Read the lists of folders, once a process; where two name the same host, the first counts.

    Raises:
        DataError: no such folder, one without lists, or a file that is too large or no text; names it.
    """
    lists, digest = Lists({}, {}, {}, ""), hashlib.sha256()
    for folder in folders:
        files = sorted(p for p in Path(folder).glob("*/*") if p.name in ("domains", "urls") and p.is_file())
        if not files:
            raise DataError(folder, "holds no lists.", "Give a folder with CATEGORY/domains or CATEGORY/urls in it.")
        for file in files:
            digest.update(f"{file.parent.name}/{file.name}\0".encode() + _file(file, lists) + b"\0")
    return lists._replace(digest=digest.hexdigest())


def _file(file: Path, lists: Lists) -> bytes:
    """Add the entries of a file; the sha256 of its bytes."""
    category = file.parent.name.lower()
    if not _CATEGORY.fullmatch(category):
        raise DataError(str(file), f"the category {category!r} is no name.", "Use lower-case letters, digits, - and _.")
    if file.stat().st_size > MAX_FILE_BYTES:
        raise DataError(str(file), f"is larger than {MAX_FILE_BYTES // 10**6} MB.", "Split it.")
    digest = hashlib.sha256()
    with file.open("rb") as lines:
        while raw := lines.readline(MAX_LINE + 1):
            digest.update(raw)
            if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
                raise DataError(str(file), f"has a line of more than {MAX_LINE} bytes.", "It is no list of hosts.")
            line = raw.decode("utf-8", "replace").partition("#")[0].strip().lower().rstrip("./")
            if not line:
                continue
            if file.name == "domains":
                lists.domains.setdefault(line, category)
            elif "/" in line or "." in line:
                lists.urls.setdefault(line, category)
            else:
                lists.words.setdefault(line, category)
    return digest.digest()


def url_category(urls: "pa.Array", folders: tuple[str, ...]) -> "pa.Array":
    """The category that each URL is listed in, "" for none: string[n] -> string[n]."""
    import pyarrow as pa

    if not folders:
        return pa.array([""] * len(urls), pa.string())
    lists = load(folders)
    return pa.array([find(url, lists) for url in urls.to_pylist()], pa.string())


def find(url: str, lists: Lists) -> str:
    """The category of one URL: by its host or a parent of it, then by host and path, then by a word of either."""
    name = host(url)
    if not name:
        return ""
    labels = name.split(".")[-MAX_LABELS:]
    for i in range(len(labels)):
        if category := lists.domains.get(".".join(labels[i:])):
            return category
    rest = url[:MAX_LINE].lower().partition("://")[2].partition("?")[0].rstrip("/")
    path = rest.partition("/")[2]
    if lists.urls:
        parts = f"{name}/{path}".split("/")[:MAX_LABELS]
        for n in range(len(parts), 0, -1):
            tried = "/".join(parts[:n])
            if category := lists.urls.get(tried) or lists.urls.get(tried.removeprefix("www.")):
                return category
    if lists.words:
        for word in _TOKEN.findall(f"{name}/{path}"):
            if category := lists.words.get(word):
                return category
    return ""
