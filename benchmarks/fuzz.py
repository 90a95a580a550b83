"""Feed damaged and made-up input to everything that reads what others wrote, and keep what breaks it.

    python benchmarks/fuzz.py --minutes 60 --found found/

The targets take turns of two minutes, each turn in a fresh process with a seed of its own and with numba's check of
array bounds switched on (compiled apart, once, into --found). An input that raises something else than a `DataError`,
breaks a promise (a null, a NaN, text that cannot be stored, another result when read in pieces), takes more than ten
seconds, or ends the process is shrunk by hypothesis where that is possible and written to --found as
TARGET-SEED.bin beside what was said. Exits with 1 if there is any.
"""

import argparse
import contextlib
import functools
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

TURN_SECONDS = 120
EXAMPLE_SECONDS = 10.0
HANGS_SECONDS = 60.0
ROOT = Path(__file__).parents[1]
MARKUP = [
    *(
        b"<div>",
        b"</div>",
        b"<p>",
        b"<table><tr><td>",
        b"<!--",
        b"-->",
        b"<script>",
        b"</script>",
        b"<![CDATA[",
        b"&#x0;",
    ),
    *(
        b"<title>",
        b"<meta charset=gbk>",
        b"<meta charset=utf-16>",
        b"<pre>",
        b"<math>",
        b"<a href=",
        b"&amp",
        b"&#55296;",
    ),
    *(
        b"<li>",
        b"</",
        b"<",
        b'"',
        b"'",
        b"=",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x81\x30",
    ),
    *(
        b"<template>",
        b"<svg>",
        b"<select>",
        b"<plaintext>",
        b"<textarea>",
        b"<frameset>",
        b"<base href=",
        b"\xf0\x9f\x98",
    ),
]
RECORDS = [
    *(
        b"WARC/1.0\r\n",
        b"WARC/1.1\n",
        b"\r\n\r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: -1\r\n",
        b"\x1f\x8b\x08",
    ),
    *(b"Content-Length: 99999999999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n"),
    *(
        b"Content-Encoding: br, zstd\r\n",
        b"WARC-Type: response\r\n",
        b"WARC-Type: resource\r\n",
        b"HTTP/1.1 200 OK\r\n",
    ),
    *(
        b"ffffffff\r\n",
        b"0\r\n\r\n",
        b"\x28\xb5\x2f\xfd",
        b"\r\n ",
        b"\0",
        b"\xff",
        b"WARC-Date: 9999-99-99T99:99:99Z\r\n",
    ),
]
WRITTEN = [
    b": ",
    b"- ",
    b"\n  ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"1e999",
    b"-1",
    b"!!python/object",
    b"&a",
    b"*a",
    b'"',
    b"\0",
]


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes], words: list[bytes]) -> bytes:
    """A seed with some bytes replaced, inserted, repeated or left out, or bytes of no seed at all."""
    data = bytearray(draw(st.sampled_from(seeds)) if draw(st.integers(0, 9)) else draw(st.binary(max_size=400)))
    piece = st.one_of(st.sampled_from(words), st.binary(min_size=1, max_size=8))
    steps = st.tuples(st.integers(0, 3), st.integers(0, 1 << 20), st.integers(1, 64), piece, st.integers(1, 40))
    for kind, place, length, new, times in draw(st.lists(steps, max_size=16)):
        at = place % (len(data) + 1)
        if kind == 0:
            data[at : at + len(new)] = new
        elif kind == 1:
            data[at:at] = new * times
        elif kind == 2:
            del data[at : at + length]
        else:
            data[at:at] = data[at : at + length] * times
    return bytes(data)


class Target:
    """Inputs, and what must hold for each. `check` raises where it does not."""

    def __init__(self, inputs: st.SearchStrategy[bytes], check: Callable[[bytes], object], *first: bytes) -> None:
        self.inputs, self.check, self.first = inputs, check, first


def pages_and_records() -> tuple[list[bytes], list[bytes]]:
    """Pages of the bundled sample as they were sent, and records of it."""
    from openclaw_data import share
    from openclaw_data.ingest import Source, plan, read

    path = share.folder("pipelines") / "sample" / "pages.warc.gz"
    split = plan([Source("s", "warc", [str(path)])])[0]
    rows = [r for batch in read(split) for r in batch.to_pylist() if r["payload"]]
    rows = sorted(rows, key=lambda r: len(r["payload"]))[::4]
    with path.open("rb") as file:
        records = []
        for row in rows:
            file.seek(row["warc_record_offset"])
            records.append(gzip.decompress(file.read(row["warc_record_length"])))
    return [r["payload"] for r in rows], records


def in_order(batch: object) -> None:
    """No null, no NaN, nothing that cannot be stored."""
    import pyarrow as pa
    import pyarrow.compute as pc

    batch.validate(full=True)
    for field, column in zip(batch.schema, batch.columns, strict=True):
        assert column.null_count == 0, f"{field.name} holds a null"
        if pa.types.is_floating(field.type):
            assert not pc.any(pc.is_nan(column)).as_py(), f"{field.name} holds a NaN"


def archive(data: bytes) -> None:
    """An archive gives the same rows whole and in splits."""
    from openclaw_data import documents
    from openclaw_data.ingest import rows, streams, warc

    codec = streams.codec_of(data)
    options = rows.Options("s", "", "f", 100_000)
    whole = list(warc.rows(io.BytesIO(data), codec, options, Counter()))
    in_order(documents.build(documents.RAW, whole))
    if codec != "gzip":
        return
    starts = [0, *(s for s in warc.boundaries(io.BytesIO(data), codec, [len(data) // 3, len(data) * 2 // 3]) if s)]
    ends = [*starts[1:], None]
    pieces = [
        row
        for span in zip(starts, ends, strict=True)
        for row in warc.rows(io.BytesIO(data), codec, options, Counter(), span)
    ]
    assert pieces == whole, "in pieces it reads differently"


def lines(data: bytes) -> None:
    """JSON lines."""
    from openclaw_data import documents
    from openclaw_data.ingest import fields, jsonl, rows

    asked = fields.complete({"text": ("text", "content.0.body"), "url": "url"}, "s")
    found = list(jsonl.rows(io.BytesIO(data), "", asked, rows.Options("s", "", "f", 100_000), (0, None)))
    in_order(documents.build(documents.RAW, found))


def table(data: bytes) -> None:
    """A Parquet file is refused with a sentence, or read."""
    from openclaw_data.ingest import Source, plan, read

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.parquet")
        path.write_bytes(data)
        for split in plan([Source("s", "parquet", [str(path)], {"text": "text"})]):
            for batch in read(split):
                in_order(batch)


def charset(data: bytes) -> None:
    from openclaw_data.extraction.charset import decode

    for declared in (
        "",
        "text/html; charset=gb2312",
        "text/html; charset=utf-7",
        "text/html; charset=" + data[:20].decode("latin-1"),
    ):
        found = decode(data, declared)
        found.text.encode()


def page(data: bytes) -> None:
    """A page costs what it costs and leaves its neighbour alone."""
    from openclaw_data import documents, extraction

    good = b"<article>" + b"<p>A paragraph of words, long enough to be the text of a page, comes here.</p>" * 5
    rows = [
        {"id": str(n), "payload": p, "content_mime_detected": "text/html"} for n, p in enumerate([data or b"x", good])
    ]
    found = extraction.pages(documents.build(documents.RAW, rows))
    in_order(found)
    assert found.column("text")[1].as_py().startswith("A paragraph of words")


@functools.cache
def bound() -> object:
    from openclaw_data import recipe

    return recipe.resolve(recipe.with_inputs(recipe.load("web"), {"cc": ["x"]}))


def document(data: bytes) -> None:
    """Everything that is done to a page and to a text, with the rules of `web`."""
    from openclaw_data import documents
    from openclaw_data.flow import annotate

    head, _, text = data.partition(b"\n")
    rows = [
        {
            "id": "0",
            "payload": data or b"x",
            "content_mime_detected": "text/html",
            "headers": head.decode("latin-1").replace("\0", ""),
        },
        {"id": "1", "text": text.decode("utf-8", "replace"), "url": head.decode("utf-8", "replace")},
    ]
    in_order(annotate.annotate(documents.build(documents.RAW, rows), bound()))


def written(suffix: str, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """A file that a person wrote is read, or refused with a sentence."""

    def check(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "given" + suffix)
            path.write_bytes(data)
            read(path)

    return check


def targets(name: str) -> Target:
    from openclaw_data import recipe, rules, share
    from openclaw_data.dataset import manifest

    pipelines, filters = share.folder("pipelines"), share.folder("filters")
    pages, records = pages_and_records()
    if name == "warc":
        seeds = [b"".join(map(gzip.compress, records[n : n + 3])) for n in range(0, len(records), 3)]
        return Target(mutated([*seeds, *records], RECORDS), archive)
    if name == "warc-records":
        parts = st.lists(mutated(records, RECORDS), min_size=1, max_size=4)
        return Target(parts.map(lambda several: b"".join(gzip.compress(r, 1) for r in several)), archive)
    if name == "jsonl":
        sample = (pipelines / "sample" / "extra.jsonl").read_bytes().splitlines(keepends=True)
        return Target(mutated([b"".join(sample[n : n + 2]) for n in range(0, len(sample), 2)], WRITTEN), lines)
    if name == "parquet":
        return Target(mutated([_parquet()], [b"PAR1", b"\0", b"\xff", b"\x15", b"\x18"]), table)
    if name == "charset":
        seeds = [
            p.decode("utf-8", "replace").encode(c, "replace")
            for p in pages[::3]
            for c in ("utf-8", "gb18030", "big5", "utf-16", "shift_jis")
        ]
        return Target(mutated(seeds, MARKUP), charset)
    if name == "html":
        return Target(mutated(pages, MARKUP), page)
    if name == "document":
        return Target(mutated(pages, MARKUP), document)
    if name == "recipe":
        return Target(
            mutated([p.read_bytes() for p in sorted(pipelines.glob("*.yaml"))], WRITTEN),
            written(".yaml", lambda p: recipe.load(str(p))),
        )
    if name == "pack":
        packs = [
            p.read_bytes().replace(b"name: " + p.stem.encode(), b"name: given", 1)
            for p in sorted(filters.glob("*.yaml"))
        ]
        return Target(mutated(packs, WRITTEN), written(".yaml", rules.read))
    if name == "manifest":
        golden = (ROOT / "tests" / "golden" / "sample_manifest.json").read_bytes()
        whole = json.dumps({**json.loads(golden), **_volatile(), "digest": ""}).encode()

        def read(path: Path) -> object:
            return manifest.read(str(path.rename(path.with_name("manifest.json")).parent))

        return Target(mutated([whole], WRITTEN), written(".json", read))
    raise SystemExit(f"no target is named {name}; there are {', '.join(NAMES)}")


NAMES = ("warc", "warc-records", "html", "document", "charset", "jsonl", "parquet", "recipe", "pack", "manifest")


def _volatile() -> dict[str, object]:
    empty = {k: {} for k in ("code", "environment", "seconds", "models", "packs", "rules")}
    return {**empty, "run_id": "run-0", "recipe_digest": "", "files": [], "shards": [], "decisions": []}


def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["one", "two", "three"], "url": ["a", "b", "c"]}), sink, compression="zstd")
    return sink.getvalue()


def turn(name: str, number: int, seconds: float, place: Path) -> int:
    """One target for a while; returns 1 where something was found, and says what."""
    from openclaw_data.errors import DataError

    target = targets(name)
    last = place / f"{name}-{number}.bin"
    state = {"began": time.monotonic() + 1800, "count": 0}  # the first may compile

    def watch() -> None:
        while time.monotonic() - state["began"] < HANGS_SECONDS:
            time.sleep(1)
        sys.stderr.write(f"{name}: more than {HANGS_SECONDS:.0f} s for one input\n")
        os._exit(3)

    threading.Thread(target=watch, daemon=True).start()

    def check(data: bytes) -> None:
        last.write_bytes(data)
        started = time.process_time()
        with contextlib.suppress(DataError):
            target.check(data)
        took = time.process_time() - started
        state["began"] = time.monotonic()
        state["count"] += 1
        assert took < EXAMPLE_SECONDS or state["count"] < 5, f"{took:.1f} s for {len(data):,} bytes"

    end = None
    attempt = 0
    while end is None or time.monotonic() < end:
        attempt += 1
        asked = settings(
            max_examples=1 if end is None else 200,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        try:
            seed(number * 1_000_003 + attempt)(asked(given(target.inputs)(check)))()
        except Exception:  # noqa: BLE001 - that is what is looked for
            last.with_suffix(".txt").write_text(traceback.format_exc(), "utf-8")
            print(f"{name} {number}: {state['count']:,} inputs, FOUND {last}", flush=True)
            return 1
        end = end or time.monotonic() + seconds
    last.unlink(missing_ok=True)
    print(f"{name} {number}: {state['count']:,} inputs, nothing", flush=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=NAMES, action="append")
    parser.add_argument("--turn", help=argparse.SUPPRESS)  # what a fresh process is started with
    parser.add_argument("--seconds", type=float, default=TURN_SECONDS, help="of a turn")
    asked = parser.parse_args()
    if asked.turn:
        return turn(asked.turn, asked.seed, asked.seconds, asked.found)
    asked.found.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(asked.found.resolve() / ".numba")}
    found, number, end = 0, asked.seed, time.monotonic() + 60 * asked.minutes
    while time.monotonic() < end:
        for name in asked.only or NAMES:
            words = [
                "--turn",
                name,
                "--seed",
                str(number),
                "--found",
                str(asked.found),
                "--seconds",
                str(asked.seconds),
            ]
            ended = subprocess.run([sys.executable, __file__, *words], env=environment, check=False)
            if ended.returncode:
                found += 1
                if ended.returncode != 1:
                    print(f"{name} {number}: ended with status {ended.returncode}", flush=True)
            if time.monotonic() >= end:
                break
        number += 1
    shutil.rmtree(asked.found / ".numba", ignore_errors=True)
    print(f"{found} found" + (f", in {asked.found}" if found else ""))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
