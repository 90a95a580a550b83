"""The same bytes, whatever happens: one worker, two workers, files named in another order, killed three times.

    python benchmarks/determinism.py --input cc='crawl/*.warc.gz' --recipe web

Each run is a fresh process in a fresh folder. Prints the sha256 over all files of `data/` and `decisions/` a run, and
exits with 1 if one differs. The moments of the kills are drawn from `--seed`.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def command(recipe: str, inputs: list[str], output: Path, workers: int) -> list[str]:
    """The command line of one run."""
    named = [word for item in inputs for word in ("--input", item)]
    program = "from openclaw_data.cli import main; main()"
    return [sys.executable, "-c", program, "run", recipe, *named, "-o", str(output), "-w", str(workers), "-q"]


def digest(output: Path) -> tuple[str, int]:
    """One sha256 over the names and bytes of all files under data/ and decisions/, and their number."""
    files = [p for part in ("data", "decisions") for p in sorted((output / part).rglob("*")) if p.is_file()]
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(output)}\n" for p in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest(), len(files)


def killed_run(words: list[str], seconds: float, random_state: random.Random) -> int:
    """Kill the whole process group three times at random moments, then let it finish; returns the kills that hit."""
    hits = 0
    for _ in range(3):
        child = subprocess.Popen(words, start_new_session=True)
        time.sleep(random_state.uniform(0.1, 0.6) * seconds)
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            hits += 1
        child.wait()
    subprocess.run(words, check=True)
    return hits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="web")
    parser.add_argument("--input", action="append", required=True, metavar="ID=PATH")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openclaw-determinism-") as folder:
        place = Path(folder)
        found = {}
        for name, inputs, workers in (
            ("one worker", asked.input, 1),
            ("two workers", asked.input, 2),
            ("reversed order", asked.input[::-1], 1),
        ):
            output = place / name.replace(" ", "-")
            started = time.perf_counter()
            subprocess.run(command(asked.recipe, inputs, output, workers), check=True)
            found[name] = digest(output)
            seconds = time.perf_counter() - started  # of the last one: the first may compile kernels
        hits = killed_run(command(asked.recipe, asked.input, place / "killed", 2), seconds, random.Random(asked.seed))
        found[f"killed {hits} times"] = digest(place / "killed")
    for name, (value, files) in found.items():
        print(f"{name:16} {value}  {files} files")
    return 0 if len(set(found.values())) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
