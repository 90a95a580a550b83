"""Two workers beside one over a WARC cut into sixteen files: wall time, and CPU time, which other load leaves alone.

    python benchmarks/workers.py crawl/pages.warc.gz

Runs with one and with two workers take turns, after an uncounted one; each figure is a median. On a machine with free
cores the ratio of wall times is what one wants to know. On a busy one the CPU time that the parts took says whether two
workers are in each other's way.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from peers import places

ROOT = Path(__file__).parents[1]
FILES = 16


def cut(warc: Path, folder: Path) -> list[Path]:
    """The records of a gzip WARC, dealt out to sixteen files in runs of neighbours."""
    made, found = [], places(warc)
    with warc.open("rb") as file:
        for n in range(FILES):
            made.append(folder / f"part-{n:02d}.warc.gz")
            with made[-1].open("wb") as copy:
                for offset, length in found[len(found) * n // FILES : len(found) * (n + 1) // FILES]:
                    file.seek(offset)
                    copy.write(file.read(length))
    return made


def run(given: list[Path], recipe: str, workers: int, folder: Path) -> tuple[dict[str, float], float]:
    """Stage times of a run in a fresh process, and the CPU seconds that its parts took in the first stage."""
    out = folder / "out"
    for old in (out, Path(f"{out}.work")):
        shutil.rmtree(old, ignore_errors=True)
    named = [word for path in given for word in ("--input", f"cc={path}")]
    program = "from openclaw_data.cli import main; main()"
    words = [sys.executable, "-c", program, "run", recipe, *named, "-o", str(out), "-w", str(workers), "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    began = time.perf_counter()
    subprocess.run(words, cwd=ROOT, check=True, env=environment)
    took = {"whole": time.perf_counter() - began, **json.loads((out / "manifest.json").read_text())["seconds"]}
    markers = (folder / "out.work" / "annotated").glob("*.json")
    return took, sum(json.loads(m.read_text())["cpu_seconds"] for m in markers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warc", type=Path)
    parser.add_argument("--recipe", default="web")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    found: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory(prefix="openclaw-workers-") as name:
        given = cut(asked.warc, Path(name))
        run(given[:1], asked.recipe, 2, Path(name))
        for _ in range(asked.rounds):
            for workers, those in found.items():
                took, cpu = run(given, asked.recipe, workers, Path(name))
                those.append({**took, "CPU of the parts": cpu})
    middle = {w: {key: statistics.median(r[key] for r in those) for key in those[0]} for w, those in found.items()}
    for workers, took in middle.items():
        shown = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in took.items())
        print(f"{workers} worker{'s' * (workers > 1)}, s: {shown}")
    ratio = {key: middle[1][key] / middle[2][key] for key in middle[1]}
    cpu = 1 / ratio["CPU of the parts"]
    print(f"as fast: whole {ratio['whole']:.2f}, annotate {ratio['annotate']:.2f}; CPU of the parts {cpu:.2f} of one's")


if __name__ == "__main__":
    main()
