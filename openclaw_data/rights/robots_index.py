"""Make an index of robots.txt from the records of a crawl: web archives that hold them, apart or among the pages."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pyarrow as pa

from openclaw_data import ingest, storage
from openclaw_data.documents import DataError
from openclaw_data.ingest.rows import MAX_FIELD_CHARS
from openclaw_data.rights import robots

_MAX_BODY = 8_000_000


class Built(NamedTuple):
    """How many records of robots.txt were read, how many sites have one, how many of these bar an agent somewhere."""

    records: int
    sites: int
    barring: int


def build(paths: Iterable[str], output: str, agents: Sequence[str] = robots.AGENTS) -> Built:
    """Read web archives and write the index `output`.

    Of several records of a site the one fetched last counts, whatever the order of the files. An answer other than
    200, and a page that is no robots.txt, say nothing: the site is unknown.

    Raises:
        DataError: a file is missing or no web archive, an agent is no product token, or no record is a robots.txt.
    """
    for agent in agents:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", agent):
            raise DataError(
                f"--agent {agent[:60]!r}", "is no product token.", "Write letters, digits, - and _: GPTBot."
            )
    source = ingest.Source("robots", "warc", tuple(paths))
    found: dict[str, tuple[int, str]] = {}
    records = 0
    for split in ingest.plan([source]):
        for batch in ingest.read(split, max_page_bytes=_MAX_BODY):
            names = ("url", "payload", "fetch_time", "skipped", "error")
            for url, payload, time, skipped, error in zip(*(batch.column(n) for n in names), strict=True):
                origin, path = robots.place(url.as_py())
                if path != "/robots.txt" or skipped.as_py() or error.as_py() or len(url.as_py()) >= MAX_FIELD_CHARS:
                    continue
                groups = robots.parse(payload.as_py())
                if groups is not None:
                    records += 1
                    said = (int(time.value), robots.reduced(groups, agents))
                    found[origin] = max(said, found.get(origin, said))
    if not found:
        raise DataError(", ".join(source.paths), "no record is a robots.txt.", "Crawls often keep them in other files.")
    _write(output, found, agents)
    return Built(records, len(found), sum(bool(rules) for _, rules in found.values()))


def _write(path: str, found: dict[str, tuple[int, str]], agents: Sequence[str]) -> None:
    origins = sorted(found, key=lambda o: o.encode())
    facts = json.dumps({"format": robots.FORMAT, "agents": list(agents)})
    fields = [pa.field(name, pa.string(), nullable=False) for name in ("origin", "rules")]
    schema = pa.schema(fields, metadata={"openclaw-data": facts})
    rules = [found[o][1] for o in origins]
    with storage.create(path) as name, pa.ipc.new_file(name, schema) as writer:
        writer.write_table(pa.table([pa.array(origins, pa.string()), pa.array(rules, pa.string())], schema=schema))
