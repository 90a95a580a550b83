"""Input made to stop a worker: what each kind costs, and as what it is counted.

    python benchmarks/hostile.py            # full size: a gigabyte of <div>, headers of 100 MB, texts of 100 MB, ...
    python benchmarks/hostile.py --scale 0.02 --only 'many links'

Each case is a file that is read and annotated with the recipe `web` in a fresh process. Prints CPU seconds, the peak
memory above that of a worker that has annotated an ordinary page, and outcomes: each case must end, and give its
reason, not an exception.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

MB = 1_000_000
BLOCK = MB


def response(body: bytes, head: bytes = b"", length: int | None = None) -> bytes:
    """A WARC record of a page."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + head + b"\r\n" + body
    size = len(block) if length is None else length
    return b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n" % (size, block)


def packed(path: Path, pieces: Iterator[bytes] | list[bytes], codec: str = "gzip") -> None:
    """Write pieces as one gzip member or zstd frame."""
    import zstandard

    with gzip.open(path, "wb", 1) if codec == "gzip" else zstandard.open(path, "wb") as file:
        for piece in pieces:
            file.write(piece)


def repeated(start: bytes, unit: bytes, total: int, end: bytes = b"") -> Iterator[bytes]:
    """`start`, then `unit` up to so many bytes, then `end`; never held at once."""
    yield start
    block = unit * max(1, BLOCK // len(unit))
    for _ in range(max(1, total // len(block))):
        yield block
    yield end


def page_of(unit: bytes, size: int) -> Callable[[Path, float], None]:
    """A page of one repeated piece, in a record that says its length."""

    def write(path: Path, scale: float) -> None:
        body = list(repeated(b"", unit, int(size * scale)))
        length = sum(map(len, body)) + len(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        packed(path, [response(b"", length=length)[:-4], *body, b"\r\n\r\n"])

    return write


def bomb(codec: str) -> Callable[[Path, float], None]:
    """A record of 4 GB of zeros."""
    return lambda path, scale: packed(
        path, repeated(response(b"", length=1 << 40)[:-4], b"\0", int(4e9 * scale)), codec
    )


def encoded_bomb(path: Path, scale: float) -> None:
    """A page whose Content-Encoding undoes to a gigabyte."""
    packed(path, [response(gzip.compress(bytes(int(1e9 * scale)), 1), b"Content-Encoding: gzip\r\n")])


def long_header(path: Path, scale: float) -> None:
    head = repeated(b"WARC/1.0\r\nWARC-Type: response\r\nX: ", b"a", int(100 * MB * scale), b"\r\n\r\n")
    packed(path, [*head, response(b"<p>after</p>")])


def many_headers(path: Path, scale: float) -> None:
    packed(path, [response(b"<p>x</p>", b"X: y\r\n" * int(10 * MB * scale))])


def lying_lengths(path: Path, scale: float) -> None:
    lengths = (0, 1, 10, 1000, 10**9, 10**17)
    packed(path, [response(b"<p>A page.</p>", length=n) for n in lengths * int(2000 * scale + 1)])


def json_lines(*lines: bytes) -> Callable[[Path, float], None]:
    return lambda path, scale: path.write_bytes(
        b"\n".join([*lines, b'{"text": "A line that is in order."}'] * int(1000 * scale + 1))
    )


def long_line(unit: bytes) -> Callable[[Path, float], None]:
    def write(path: Path, scale: float) -> None:
        with path.open("wb") as file:
            file.writelines(repeated(b'{"text": "', unit, int(100 * MB * scale), b'"}\n{"text": "after"}\n'))

    return write


def deep_json(path: Path, scale: float) -> None:
    deep = int(10 * MB * scale)
    path.write_bytes(
        b'{"text": ' + b"[" * deep + b"]" * deep + b'}\n{"text": "after"}\n' + b'{"a":' * (deep // 5) + b"\n"
    )


def long_text(unit: str) -> Callable[[Path, float], None]:
    """A Parquet file with a text of 100 MB on one line."""

    def write(path: Path, scale: float) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        text = unit * int(100 * MB * scale / len(unit.encode()))
        pq.write_table(pa.table({"text": [text, "after"]}), path, compression="zstd")

    return write


def wrong_types(path: Path, scale: float) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {"text": pa.array(["one", None, "a\0b"] * int(1000 * scale + 1)), "url": pa.nulls(3 * int(1000 * scale + 1))}
    )
    pq.write_table(table, path)


CASES: dict[str, tuple[str, Callable[[Path, float], None]]] = {
    "gzip bomb, 4 GB": ("warc", bomb("gzip")),
    "zstd bomb, 4 GB": ("warc", bomb("zstd")),
    "Content-Encoding bomb, 1 GB": ("warc", encoded_bomb),
    "1 GB of <div>": ("warc", page_of(b"<div>", 1000 * MB)),
    "9.5 MB of <div>": ("warc", page_of(b"<div>", 9_500_000)),
    "many links, 10 million": ("warc", page_of(b"<a href=x>y</a>", 150 * MB)),
    "many links, 9.5 MB": ("warc", page_of(b"<a href=x>y</a>", 9_500_000)),
    "a page of 9.5 MB without markup": ("warc", page_of(b"word ", 9_500_000)),
    "a WARC header of 100 MB": ("warc", long_header),
    "10 million HTTP headers": ("warc", many_headers),
    "lying lengths": ("warc", lying_lengths),
    "deep JSON": ("jsonl", deep_json),
    "JSON of other types": (
        "jsonl",
        json_lines(b'{"text": 7}', b"[1]", b"null", b'{"text": ["a"]}', b'{"url": "x"}', b"{", b""),
    ),
    "surrogates, NULs, not UTF-8": (
        "jsonl",
        json_lines(b'{"text": "a\\ud800b"}', b'{"text": "a\\u0000b"}', b'{"text": "\xff\xfe"}', b"\0\0"),
    ),
    "a line of 100 MB": ("jsonl", long_line(b"x")),
    "Parquet with nulls and NULs": ("parquet", wrong_types),
    "a text of 100 MB, one word": ("parquet", long_text("x")),
    "a text of 100 MB, words": ("parquet", long_text("word and ")),
    "a text of 100 MB, Chinese": ("parquet", long_text("文字")),
    "a text of 100 MB, line breaks": ("parquet", long_text("\n")),
    "a text of 100 MB, digits": ("parquet", long_text("1")),
}


def outcomes(form: str, path: Path) -> Counter[str]:
    """Read and annotate a file as a run does; how many records of each outcome."""
    from openclaw_data import ingest, recipe
    from openclaw_data.flow import annotate

    bound = recipe.resolve(recipe.with_inputs(recipe.load("web"), {"cc": [str(path)]}))
    source = ingest.Source("s", form, [str(path)], {} if form == "warc" else {"text": "text"})
    found: Counter[str] = Counter()
    for split in ingest.plan([source]):
        for batch, _, _ in annotate.annotated_batches(split, bound, found):
            for row in batch.select(["skipped", "error", "dropped_by"]).to_pylist():
                found[row["error"] or row["skipped"] or ("dropped" if row["dropped_by"] else "kept")] += 1
    return found


def measure(name: str, scale: float) -> dict[str, object]:
    """One case in this process."""
    form, write = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        ordinary = Path(folder, "ordinary.warc.gz")
        packed(ordinary, [response(b"<p>An ordinary page with some words in it, and more of them.</p>" * 50)])
        outcomes("warc", ordinary)
        path = Path(folder, "given")
        if peak_bytes() and scale >= 0.5:  # so that what makes the file is not counted
            words = [sys.executable, __file__, "--write", str(path), "--scale", str(scale), "--only", name]
            subprocess.run(words, check=True)
        else:
            write(path, scale)
        before, began = peak_bytes(), time.process_time()
        found = outcomes(form, path)
        seconds = time.process_time() - began
    return {"seconds": seconds, "more_bytes": peak_bytes() - before, "outcomes": dict(found)}


def peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)  # what a fresh process is started with
    asked = parser.parse_args()
    if asked.write:
        CASES[asked.only][1](asked.write, asked.scale)
        return 0
    if asked.case:
        print(json.dumps(measure(asked.case, asked.scale)))
        return 0
    bad = 0
    for name in [asked.only] if asked.only else CASES:
        words = [sys.executable, __file__, "--case", name, "--scale", str(asked.scale)]
        ended = subprocess.run(words, stdout=subprocess.PIPE, check=False)
        if ended.returncode:
            bad += 1
            print(f"{name:34} FAILED with status {ended.returncode}", flush=True)
            continue
        told = json.loads(ended.stdout)
        shown = ", ".join(f"{k} {n:,}" for k, n in told["outcomes"].items())
        print(f"{name:34} {told['seconds']:6.1f} s  {told['more_bytes'] / MB:6.0f} MB  {shown}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
