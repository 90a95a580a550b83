"""Peak memory and CPU time of each stage at 10^4, 10^5 and 10^6 documents: flat, and linear, or not.

    python benchmarks/memory_curve.py --documents 10000 100000 1000000 --dataset out/web

The input is made here: JSON lines of five lines each, every tenth document twice. With `--dataset`, a finished dataset
of real pages, a line is a piece of 80 characters from a random place of its texts, of one language a document; without
it, a sentence of words drawn from 5,000. Each size is a fresh process that curates it with the recipe `web` and one
worker, loaded as the command line loads, so that all CPU time is its own; kernels are compiled and loaded before.
`growth` is how much more a stage takes a document than at the size before, a decade smaller: 1.0 is linear. Fixed
costs make it smaller. A stage's memory is what the process held when it began, and its peak (Linux; elsewhere the
highest so far): what a stage frees stays with the process for the next one.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

STAGES = ("_annotate", "_deduplicate", "_publish", "_describe", "audit", "seal")
LINE = 80
"""Characters of a line of real text."""


def made_up() -> Callable[[random.Random], str]:
    """Texts that pass the rules of `web` for the most part."""
    state = random.Random(7)
    stop = ["the", "be", "to", "of", "and", "that", "have", "with"]
    words = ["".join(state.choices("abcdefghiklmnoprstuvw", k=state.randint(3, 8))) for _ in range(5000)]

    def text(chosen: random.Random) -> str:
        sentences = [
            " ".join([*chosen.choices(words, k=9), chosen.choice(stop), chosen.choice(words), chosen.choice(stop)])
            for _ in range(5)
        ]
        return "\n".join(s.capitalize() + "." for s in sentences)

    return text


def varied(dataset: Path) -> Callable[[random.Random], str]:
    """Texts made of pieces of a dataset's."""
    import pyarrow.parquet as pq

    folders = sorted(p for p in (dataset / "data").iterdir() if p.is_dir())
    tables = [pq.read_table(folder, columns=["text"], partitioning=None)["text"].to_pylist() for folder in folders]
    counts, joined = [len(t) for t in tables], [" ".join(" ".join(t).split()) for t in tables]

    def text(chosen: random.Random) -> str:
        (source,) = chosen.choices(joined, counts)
        return "\n".join(_piece(source, chosen.randrange(max(1, len(source) - LINE))) for _ in range(5))

    return text


def _piece(source: str, start: int) -> str:
    """Some 80 characters; of a text with spaces, whole words."""
    piece = source[start : start + LINE]
    words = piece.split(" ")
    return " ".join(words[1:-1]) if len(words) > 4 else piece


def documents(n: int, text: Callable[[random.Random], str]) -> Iterator[str]:
    """As lines of JSON; every tenth has the text of the one before."""
    for i in range(n):
        body = text(random.Random(i - i % 10 if i % 10 == 1 else i))
        row = {"id": str(i), "text": body, "url": f"https://host-{i % 997}.example/{i}"}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def forget_peak() -> None:
    """Begin a new peak, where the system can."""
    asked = Path("/proc/self/clear_refs")
    if asked.exists():
        asked.write_text("5", "ascii")


def peak() -> int:
    """Bytes resident at most since `forget_peak`, or since the start."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure(size: int, dataset: Path | None, memory: str) -> dict[str, Any]:
    """A run over so many documents in this process."""
    from openclaw_data import memory as own

    own.keep()
    own.load_alone()
    import openclaw_data
    from openclaw_data import recipe
    from openclaw_data.flow import run

    stages: dict[str, dict[str, float]] = {}

    def timed(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            forget_peak()
            before, began = peak(), time.process_time()
            value = stage(*given, **named)
            stages[name.strip("_")] = {"seconds": time.process_time() - began, "before": before, "peak": peak()}
            return value

        return call

    with tempfile.TemporaryDirectory(prefix="openclaw-curve-") as name:
        folder = Path(name)
        openclaw_data.run("sample", folder / "warm")
        with (folder / "in.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(documents(size, varied(dataset) if dataset else made_up()))
        for stage in STAGES:
            setattr(run, stage, timed(stage, getattr(run, stage)))
        web = recipe.load("web")
        if memory and web.dedup:
            web = web.model_copy(update={"dedup": recipe.Dedup(**web.dedup.model_dump() | {"memory": memory})})
        made = run.run(web, folder / "out", None, {"jsonl": [folder / "in.jsonl"]})
        given = (folder / "in.jsonl").stat().st_size
    return {"stages": stages, "kept": made.counts.kept, "read": made.counts.read, "bytes": given}


def show(told: dict[str, Any], before: dict[str, float]) -> dict[str, float]:
    """Print a size; the seconds a document of each stage."""
    seconds = sum(stage["seconds"] for stage in told["stages"].values())
    print(
        f"{told['read']:,} read, {told['bytes'] / 1e6:,.0f} MB, {told['kept']:,} kept; "
        f"{told['bytes'] / 1e6 / seconds:.1f} MB/s"
    )
    each = {name: stage["seconds"] / told["read"] for name, stage in told["stages"].items()}
    for name, stage in told["stages"].items():
        growth = f"  growth {each[name] / before[name]:.2f}" if before.get(name) else ""
        held = f"{stage['before'] / 1e6:6,.0f} to {stage['peak'] / 1e6:6,.0f} MB"
        print(f"  {name:12} {stage['seconds']:8.2f} s  {held}{growth}", flush=True)
    return each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dataset", type=Path, help="a finished dataset whose texts are varied")
    parser.add_argument("--memory", default="", help="dedup.memory, such as 200MB, in place of the recipe's")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # what a fresh process is started with
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one, asked.dataset, asked.memory)))
        return
    before: dict[str, float] = {}
    for size in asked.documents:
        words = [sys.executable, __file__, "--one", str(size), "--memory", asked.memory]
        words += ["--dataset", str(asked.dataset)] if asked.dataset else []
        told = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])
        before = show(told, before)


if __name__ == "__main__":
    main()
