"""This pipeline beside bare FastWARC and Resiliparse (`limit.py`): same file, same machine, one worker each.

Each measurement is a fresh process, the two alternate, and the ratio of each neighbouring pair is taken, so that a
machine that slows down slows both. One pass of each goes first and is not counted: it fills the page cache and the
kernel cache. Within its process, the pipeline curates the bundled sample first: importing the libraries and loading
kernels and models is done once a process, whatever the input's size, so it is measured by itself ("warm-up").

    python benchmarks/throughput.py crawl/pages.warc.gz --recipe web --rounds 3

Prints the median ratio of throughputs (1.0 = the whole run costs nothing above extraction), the same for the annotate
stage alone and with the warm-up counted in, and the peak memory of the process tree.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SAMPLE_EVERY_SECONDS = 0.02
SAMPLE = Path(__file__).parents[1] / "pipelines" / "sample" / "pages.warc.gz"


@dataclass(frozen=True)
class Round:
    """One fresh process. `seconds` is the work alone; the stages of the floor's are 0.0."""

    seconds: float
    annotate_seconds: float
    warm_up_seconds: float
    documents: int
    peak_rss_bytes: int


def curate(warc: Path, recipe: str) -> dict[str, float]:
    """Warm up on the sample, then one run of `recipe` over `warc`, with one worker; the folders are deleted."""
    from openclaw_data import memory

    started = time.perf_counter()
    memory.keep()  # as the command line does
    memory.load_alone()
    run(SAMPLE, recipe)
    warm_up = time.perf_counter() - started
    started = time.perf_counter()
    annotate = run(warc, recipe)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "annotate_seconds": annotate, "warm_up_seconds": warm_up}


def run(warc: Path, recipe: str) -> float:
    """Curate one file; returns the seconds of the annotate stage."""
    import openclaw_data

    with tempfile.TemporaryDirectory(prefix="openclaw-throughput-") as folder:
        found = openclaw_data.run(recipe, f"{folder}/out", inputs={"cc": [str(warc)]}, workers=1)
    return found.seconds["annotate"]


def watched(command: list[str]) -> tuple[dict[str, Any], int]:
    """Run `command`, which prints one JSON line last; returns it and the peak RSS in bytes of it and its children.

    Raises:
        SystemExit: the command failed; its standard error was already shown.
    """
    peak = 0
    # an installed package is compiled
    installed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        subprocess.Popen(command, stdout=out, env=installed) as process,
    ):
        tree = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, tree_rss_bytes(tree))
            time.sleep(SAMPLE_EVERY_SECONDS)
        if process.returncode:
            sys.exit(f"{' '.join(command)}: exit status {process.returncode}")
        out.seek(0)
        return json.loads(out.read().splitlines()[-1]), peak


def tree_rss_bytes(process: psutil.Process) -> int:
    """Resident bytes of a process and its children now; one that ends while we look counts 0."""
    total = 0
    try:
        for member in [process, *process.children(recursive=True)]:
            try:
                total += member.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    except psutil.NoSuchProcess:
        pass
    return total


def limit_round(warc: Path) -> Round:
    script = str(Path(__file__).with_name("limit.py"))
    result, peak = watched([sys.executable, script, str(warc), "--json"])
    return Round(result["seconds"], 0.0, 0.0, result["documents"], max(peak, result["peak_rss_bytes"]))


def pipeline_round(warc: Path, recipe: str) -> Round:
    result, peak = watched([sys.executable, __file__, str(warc), "--recipe", recipe, "--curate"])
    return Round(result["seconds"], result["annotate_seconds"], result["warm_up_seconds"], 0, peak)


def report(warc: Path, pairs: list[tuple[Round, Round]]) -> None:
    """Print both sides' throughput, the ratios and the memory."""
    megabytes = warc.stat().st_size / 1e6
    documents = pairs[0][0].documents
    for name, rounds in (("limit", [a for a, _ in pairs]), ("openclaw-data", [b for _, b in pairs])):
        seconds = statistics.median(r.seconds for r in rounds)
        peak = max(r.peak_rss_bytes for r in rounds) / 2**20
        print(
            f"{name:14} {seconds:7.2f} s  {documents / seconds:8,.0f} documents/s  "
            f"{megabytes / seconds:7.1f} MB/s of WARC  peak RSS {peak:6.0f} MiB"
        )
    show("ratio", [floor.seconds / ours.seconds for floor, ours in pairs])
    show("annotate alone", [floor.seconds / ours.annotate_seconds for floor, ours in pairs])
    show("with warm-up", [floor.seconds / (ours.seconds + ours.warm_up_seconds) for floor, ours in pairs])
    print(f"warm-up        {statistics.median(ours.warm_up_seconds for _, ours in pairs):7.2f} s")


def show(name: str, ratios: list[float]) -> None:
    """One line: the median and what it is the median of."""
    print(f"{name:14} {statistics.median(ratios):7.3f} (median of {', '.join(f'{r:.3f}' for r in ratios)})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warc", type=Path)
    parser.add_argument("--recipe", default="web", help="a recipe's name or path (default: web)")
    parser.add_argument("--rounds", type=int, default=3, help="counted pairs after one warm-up pair (default: 3)")
    parser.add_argument("--curate", action="store_true", help=argparse.SUPPRESS)  # what a fresh process is started with
    options = parser.parse_args()
    if options.curate:
        print(json.dumps(curate(options.warc, options.recipe)))
        return
    if not options.warc.is_file():
        parser.error(f"{options.warc} is not a file")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    pairs = [
        (limit_round(options.warc), pipeline_round(options.warc, options.recipe)) for _ in range(options.rounds + 1)
    ]
    report(options.warc, pairs[1:])


if __name__ == "__main__":
    main()
