"""Peak memory and CPU time of each stage at 10^4, 10^5 and 10^6 documents: flat, and linear, or not.

    python benchmarks/memory_curve.py --documents 10000 100000 1000000

The input is made here: JSON lines of some 60 words, drawn from 5,000, every tenth document twice. Each size is a fresh
process that curates it with the recipe `web` and one worker, so that all CPU time is its own. `growth` is how much more
a stage takes a document than at the size before, a decade smaller: 1.0 is linear. Fixed costs make it smaller.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STAGES = ("_annotate", "_deduplicate", "_publish", "_describe", "audit")


def write(path: Path, documents: int) -> None:
    """Documents that pass the rules of `web` for the most part."""
    state = random.Random(7)
    stop = ["the", "be", "to", "of", "and", "that", "have", "with"]
    words = ["".join(state.choices("abcdefghiklmnoprstuvw", k=state.randint(3, 8))) for _ in range(5000)]
    with path.open("w", encoding="utf-8") as file:
        for n in range(documents):
            chosen = random.Random(n - n % 10 if n % 10 == 1 else n)
            sentences = [
                " ".join([*chosen.choices(words, k=9), chosen.choice(stop), chosen.choice(words), chosen.choice(stop)])
                for _ in range(5)
            ]
            text = "\n".join(s.capitalize() + "." for s in sentences)
            file.write(json.dumps({"id": str(n), "text": text, "url": f"https://host-{n % 997}.example/{n}"}) + "\n")


def measure(documents: int) -> dict[str, Any]:
    """A run over so many documents in this process."""
    import openclaw_data
    from openclaw_data.flow import run

    seconds: dict[str, float] = {}

    def timed(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            began = time.process_time()
            value = stage(*given, **named)
            seconds[name.strip("_")] = time.process_time() - began
            return value

        return call

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        openclaw_data.run("sample", folder / "warm")
        for stage in STAGES:
            setattr(run, stage, timed(stage, getattr(run, stage)))
        write(folder / "in.jsonl", documents)
        made = run.run("web", folder / "out", None, {"jsonl": [folder / "in.jsonl"]})
        size = (folder / "in.jsonl").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"seconds": seconds, "peak": peak, "kept": made.counts.kept, "read": made.counts.read, "bytes": size}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # what a fresh process is started with
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one)))
        return
    before: dict[str, float] = {}
    for documents in asked.documents:
        words = [sys.executable, __file__, "--one", str(documents)]
        told = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])
        each = {k: v / documents for k, v in told["seconds"].items()}
        shown = ", ".join(
            f"{k} {told['seconds'][k]:.1f} s" + (f" (growth {v / before[k]:.2f})" if before.get(k) else "")
            for k, v in each.items()
        )
        rate = told["bytes"] / 1e6 / sum(told["seconds"].values())
        print(
            f"{documents:>9,} read, {told['kept']:,} kept, {told['peak'] / 1e6:,.0f} MB peak, {rate:.1f} MB/s: {shown}",
            flush=True,
        )
        before = each


if __name__ == "__main__":
    main()
