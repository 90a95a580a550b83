"""Kill runs with SIGKILL in every stage, go on, and compare the bytes with those of an undisturbed run.

    python benchmarks/kills.py --input cc=crawl/pages.warc.gz --random 20

First at fixed points: a file of the stage is about to get its final name, or has just got it; a worker, the parent or
all processes are killed there, and each run goes on from where the last one died until the next point. Then at
`--random` moments drawn from `--seed`. After each kill every file under a final name must read to its end. Prints a
line a kill; exits with 1 if a point was not reached, a file was broken, or the bytes differ.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
HOOK = """
import fnmatch, os, signal, sys
pattern, when, who = os.environ.get("OPENCLAW_KILL", "||").split("|")
real, main = os.replace, os.environ.setdefault("OPENCLAW_KILL_PARENT", str(os.getpid()))
def kill():
    if who == "everything":
        os.killpg(0, signal.SIGKILL)
    if who == "parent" or str(os.getpid()) != main:
        os.kill(int(main) if who == "parent" else os.getpid(), signal.SIGKILL)
    else:  # it works as well, and may have been here before the worker had loaded
        from openclaw_data.flow import work
        work._interrupted.wait(300)
def replace(source, target, **given):
    hit = pattern and fnmatch.fnmatch(str(target), pattern)
    if hit and when == "before":
        kill()
    real(source, target, **given)
    if hit and when == "after":
        kill()
os.replace = replace
"""
"""A sitecustomize.py: every Python process of the run imports it before anything else."""


class Point(NamedTuple):
    """Where a run is killed: the file that gets its name, before or after it has, and which process."""

    file: str
    when: str
    who: str


POINTS = (
    Point("*/run.json", "before", "everything"),
    Point("*/annotated/part-0000?.parquet", "before", "parent"),
    Point("*/fingerprints/part-0000?.arrow", "after", "worker"),
    Point("*/annotated/part-0000?.json", "before", "everything"),
    Point("*/annotated/part-0000?.json", "after", "worker"),
    Point("*/edges/copies-*.npy", "after", "parent"),
    Point("*/edges/near-*.npy", "before", "everything"),
    Point("*/edges/near-*.npy", "after", "parent"),
    Point("*/duplicates/part-00000.parquet", "before", "everything"),
    Point("*/duplicates/part-00000.json", "after", "parent"),
    Point("*/decisions/part-0000?.parquet", "before", "worker"),
    Point("*/.incomplete/decisions/part-0000?.json", "after", "everything"),
    Point("*/shards.json", "before", "parent"),
    Point("*/data/*/*.parquet", "before", "everything"),
    Point("*/data/*/*.parquet", "after", "worker"),
    Point("*/.incomplete/shards/part-0000?.json", "after", "parent"),
    Point("*/audit/report.html", "before", "everything"),
    Point("*/manifest.json", "before", "parent"),
    Point("*/manifest.json", "after", "everything"),
)
"""In the order in which a run comes to them; what a worker does is done by the run's own process and one beside it."""


def command(recipe: str, inputs: list[str], out: Path, workers: int) -> list[str]:
    named = [word for item in inputs for word in ("--input", item)]
    program = "from openclaw_data.cli import main; main()"
    return [sys.executable, "-c", program, "run", recipe, *named, "-o", str(out), "-w", str(workers), "-q"]


def start(words: list[str], hooks: Path, point: Point | None) -> subprocess.Popen[bytes]:
    (hooks / "sitecustomize.py").write_text(HOOK, "utf-8")
    path = os.pathsep.join([str(hooks), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "OPENCLAW_KILL": "|".join(point or ("", "", ""))}
    environment.pop("OPENCLAW_KILL_PARENT", None)
    return subprocess.Popen(
        words, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def killed_at(point: Point, words: list[str], hooks: Path) -> bool:
    """Run until the point; whether it was reached: a killed worker ends its run with status 2, the others by signal."""
    child = start(words, hooks, point)
    _, said = child.communicate(timeout=600)
    if point.who == "worker":
        return child.returncode == 2 and b"was killed" in said
    return child.returncode == -signal.SIGKILL


def digests(out: Path) -> dict[str, str]:
    files = [p for part in ("data", "decisions") for p in sorted((out / part).rglob("*")) if p.is_file()]
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def whole(folder: Path) -> None:
    """Every file under a final name can be read to its end."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    readers = {".parquet": lambda p: pq.ParquetFile(p).read(), ".json": lambda p: json.loads(p.read_text("utf-8"))}
    readers |= {".arrow": lambda p: pa.ipc.open_file(p).read_all(), ".npy": np.load}
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith(".") and path.suffix in readers:
            readers[path.suffix](path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="web")
    parser.add_argument("--input", action="append", default=[], metavar="ID=PATH")
    parser.add_argument("--random", type=int, default=20, help="kills at random moments after those at fixed points")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openclaw-kills-") as name:
        return disturb(asked, Path(name))


def disturb(asked: argparse.Namespace, place: Path) -> int:
    subprocess.run(command(asked.recipe, asked.input, place / "undisturbed", 2), cwd=ROOT, check=True)
    wanted = digests(place / "undisturbed")
    seconds, bad = 1e9, 0
    for name in ("one", "another"):  # the first with so many workers may have compiled kernels, for longer than it ran
        began = time.monotonic()
        subprocess.run(command(asked.recipe, asked.input, place / name, 1), cwd=ROOT, check=True)
        seconds = min(seconds, time.monotonic() - began)
        bad += _differs(place / name, wanted)
    out, state = place / "out", random.Random(asked.seed)
    for point in POINTS:
        hit = killed_at(point, command(asked.recipe, asked.input, out, 1 + (point.who == "worker")), place)
        whole(out)
        whole(place / "out.work")
        bad += not hit
        print(f"{'killed' if hit else 'NOT REACHED':12} {point.who:10} {point.when:6} {point.file}", flush=True)
    for _ in range(asked.random):
        child = start(command(asked.recipe, asked.input, out, state.choice((1, 2))), place, None)
        wait = state.uniform(0.05, 1.2) * seconds
        time.sleep(wait)
        done = child.poll() is not None
        if not done:
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        whole(out)
        whole(place / "out.work")
        print(f"{'had ended' if done else 'killed':12} everything after {wait:.1f} s{_last(out)}", flush=True)
        if done:
            bad += _differs(out, wanted)
            subprocess.run(["rm", "-rf", str(out), str(place / "out.work")], check=True)
    subprocess.run(command(asked.recipe, asked.input, out, 1), cwd=ROOT, check=True)
    bad += _differs(out, wanted)
    left = list(out.rglob(".*"))
    print(f"{bad} bad; left over: {left or 'nothing'}")
    return 1 if bad or left else 0


def _last(out: Path) -> str:
    """How far the run had come: the file that got its final name last."""
    files = [p for place in (out, Path(f"{out}.work")) for p in place.rglob("*") if p.is_file() and p.name[0] != "."]
    return f", last {max(files, key=lambda p: p.stat().st_mtime).relative_to(out.parent)}" if files else ""


def _differs(out: Path, wanted: dict[str, str]) -> bool:
    if digests(out) == wanted:
        return False
    print("THE BYTES DIFFER")
    return True


if __name__ == "__main__":
    sys.exit(main())
