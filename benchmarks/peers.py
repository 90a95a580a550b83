"""CPU time a core for the same raw WARC: the floor (`limit.py`), this pipeline, datatrove's chain of the same steps.

    python benchmarks/peers.py crawl/pages.warc.gz --recipe web --datatrove 300

The pipeline and the floor read the whole file, datatrove (extra `peers`) reads a copy with so many of its records,
taken evenly, and the floor reads that, too: what is compared is each one's ratio to the floor. Every part is a fresh
process that first does a little work uncounted (imports, compiled kernels, word lists) and then reports the CPU seconds
of all its threads and children, so that other load on the machine matters little; the floor is measured before and
after each. The pipeline is counted from the first byte to the finished dataset, its audit report included. From the
texts it kept, JSON lines and Parquet are written and curated again: what text-only input costs.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import limit

from openclaw_data import share

SAMPLE = share.folder("pipelines") / "sample" / "pages.warc.gz"


def cpu_seconds() -> float:
    """User and system time of this process and of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def floor(warc: str, _: str) -> dict[str, Any]:
    limit.extract_all(SAMPLE)
    began = cpu_seconds()
    documents, payload, _chars = limit.extract_all(Path(warc))
    return {"records": documents, "seconds": cpu_seconds() - began, "payload": payload}


def ours(given: str, recipe: str) -> dict[str, Any]:
    from openclaw_data import memory

    memory.keep()  # as the command line does
    memory.load_alone()
    import openclaw_data

    source = {".jsonl": "jsonl", ".parquet": "parquet"}.get(Path(given).suffix, "cc")
    keep = os.environ.get("KEEP")
    with tempfile.TemporaryDirectory() as folder:
        began = cpu_seconds()
        openclaw_data.run("sample", Path(folder, "warm"))
        warm = cpu_seconds() - began
        began, wall = cpu_seconds(), time.perf_counter()
        made = openclaw_data.run(recipe, keep or Path(folder, "out"), Path(folder, "work"), {source: [given]})
        took = {"seconds": cpu_seconds() - began, "wall": time.perf_counter() - wall}
        text = _text_bytes(Path(folder, "work"))
    return {"records": made.counts.read, "warm_up": warm, "text": text, "stages": made.seconds, **took}


def _text_bytes(work: Path) -> int:
    import polars as pl

    return int(
        sum(pl.read_parquet(p, columns=["byte_count"])["byte_count"].sum() for p in work.glob("annotated/*.parquet"))
    )


def datatrove(warc: str, _: str) -> dict[str, Any]:
    import xxhash
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )
    from datatrove.pipeline.readers import WarcReader
    from loguru import logger

    logger.remove()
    digest = xxhash.xxh64_intdigest
    xxhash.xxh64_intdigest = lambda text: digest(text.encode())  # datatrove gives it strings, xxhash 4 wants bytes

    def chain(path: Path, folder: str) -> list[Any]:
        filters = [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(filter_no_terminal_punct=False)]
        reader = WarcReader(str(path.parent), glob_pattern=path.name)
        return [
            reader,
            Trafilatura(favour_precision=True, timeout=60),
            *filters,
            FineWebQualityFilter(),
            MinhashDedupSignature(folder),
        ]

    def go(path: Path) -> int:
        with tempfile.TemporaryDirectory() as folder:
            steps = chain(path, folder)
            data = steps[0].run(None, 0, 1)
            for step in steps[1:]:
                data = step.run(data, 0, 1)
            if data is not None:
                list(data)
            multiprocessing.active_children()  # the extractor's process, which has ended, is waited for and so counted
            return int(steps[0].stats["documents"].total)

    go(SAMPLE)
    began = cpu_seconds()
    return {"records": go(Path(warc)), "seconds": cpu_seconds() - began}


PARTS: dict[str, Callable[[str, str], dict[str, Any]]] = {"floor": floor, "ours": ours, "datatrove": datatrove}


def fresh(part: str, given: Path, recipe: str, **environment: str) -> dict[str, Any]:
    command = [sys.executable, __file__, str(given), "--recipe", recipe, "--part", part]
    ended = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, **environment}, check=True)
    return json.loads(ended.stdout.splitlines()[-1])


def places(warc: Path) -> list[tuple[int, int]]:
    """Where the records of a gzip WARC lie: offset and length of each."""
    from openclaw_data.ingest import Source, plan, read

    return [
        (row["warc_record_offset"], row["warc_record_length"])
        for split in plan([Source("s", "warc", [str(warc)])])
        for batch in read(split)
        for row in batch.select(["warc_record_offset", "warc_record_length"]).to_pylist()
        if row["warc_record_length"]
    ]


def some_records(warc: Path, count: int, target: Path) -> None:
    """Copy evenly spread responses of a gzip WARC, each in a member of its own."""
    found = places(warc)
    with warc.open("rb") as file, target.open("wb") as copy:
        for offset, length in found[:: max(1, len(found) // count)][:count]:
            file.seek(offset)
            copy.write(file.read(length))


def texts_of(dataset: Path, folder: Path) -> list[Path]:
    """The kept texts as one file of JSON lines and one of Parquet."""
    import polars as pl

    table = pl.concat(
        [pl.read_parquet(p, columns=["id", "text", "url"]) for p in sorted(dataset.glob("data/*/*.parquet"))]
    )
    table.write_ndjson(folder / "texts.jsonl")
    table.write_parquet(folder / "texts.parquet", row_group_size=1000)
    return [folder / "texts.jsonl", folder / "texts.parquet"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warc", type=Path)
    parser.add_argument("--recipe", default="web")
    parser.add_argument("--datatrove", type=int, default=300, metavar="N", help="records it reads; 0: leave it out")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)  # what a fresh process is started with
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps(PARTS[asked.part](str(asked.warc), asked.recipe)))
        return
    with tempfile.TemporaryDirectory(prefix="openclaw-peers-") as name:
        folder = Path(name)
        compare(asked, folder)


def compare(asked: argparse.Namespace, folder: Path) -> None:
    before = fresh("floor", asked.warc, asked.recipe)
    mine = fresh("ours", asked.warc, asked.recipe, KEEP=str(folder / "out"))
    after = fresh("floor", asked.warc, asked.recipe)
    spread = sorted(f["seconds"] for f in (before, after))
    base = sum(spread) / 2
    line = "{:22} {:7,} records {:8.2f} CPU s {:8.1f} records/s  {}"
    print(
        line.format(
            "floor", before["records"], base, before["records"] / base, f"({spread[0]:.2f} and {spread[1]:.2f} s)"
        )
    )
    print(
        line.format(
            "openclaw-data",
            mine["records"],
            mine["seconds"],
            mine["records"] / mine["seconds"],
            f"{base / mine['seconds']:.2f} of the floor",
        )
    )
    stages = ", ".join(f"{k} {v:.1f}" for k, v in mine["stages"].items())
    print(f"  wall {mine['wall']:.1f} s: {stages}; the bundled sample first: {mine['warm_up']:.1f} CPU s")
    if asked.datatrove:
        some_records(asked.warc, asked.datatrove, folder / "some.warc.gz")
        near = [fresh("floor", folder / "some.warc.gz", asked.recipe)["seconds"]]
        theirs = fresh("datatrove", folder / "some.warc.gz", asked.recipe)
        near.append(fresh("floor", folder / "some.warc.gz", asked.recipe)["seconds"])
        part = sum(near) / 2 / theirs["seconds"]
        print(
            line.format(
                "datatrove",
                theirs["records"],
                theirs["seconds"],
                theirs["records"] / theirs["seconds"],
                f"{part:.4f} of the floor",
            )
        )
        print(f"openclaw-data / datatrove: {base / mine['seconds'] / part:.1f}")
    for texts in texts_of(folder / "out", folder):
        found = fresh("ours", texts, asked.recipe)
        rate = found["text"] / 1e6 / found["seconds"]
        print(
            line.format(
                f"texts, {texts.suffix[1:]}",
                found["records"],
                found["seconds"],
                found["records"] / found["seconds"],
                f"{rate:.1f} MB of text/s ({found['text'] / 1e6:.1f} MB)",
            )
        )


if __name__ == "__main__":
    main()
