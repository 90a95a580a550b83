"""The work folder: what is in it, what is done, and whose it is.

```
WORK/
  run.json                     identity of the run: recipe, inputs, code; a run resumes only its own work
  splits.json                  the list of input splits; split i makes part i
  annotated/part-00000.parquet fingerprints/part-00000.arrow quarantine/part-00000.parquet
  duplicates/part-00000.parquet
  STAGE/part-00000.json        the marker, written last: this part of this stage is done
```
"""

import functools
import hashlib
import json
import resource
import sys
import threading
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from openclaw_data import ingest, recipe, storage
from openclaw_data.documents import DataError
from openclaw_data.flow import differences

LOCAL = "local"
"""The engine that is not one of Beam's runners: `flow.local`."""

ESTIMATE = "estimate.json"
"""What `openclaw-data estimate` said of the run."""


class Engine(NamedTuple):
    """Which runner, `LOCAL` or one of Beam's, with how many local workers and which further options of Beam's.

    `scratch`: the folder of what is shuffled without Beam; empty: it stays in memory.
    `sign`: what the files begin with by which workers that are other programs show that they have begun.
    """

    workers: int = 1
    runner: str = LOCAL
    options: tuple[str, ...] = ()
    scratch: str = ""
    sign: str = ""

    @property
    def shuffles_in_memory(self) -> bool:
        """Whether what is grouped lies in this process, so that it goes through in portions."""
        return self.runner == "FnApiRunner" or (self.runner == LOCAL and not self.scratch)


class Job(NamedTuple):
    """What the stages of a run share."""

    work: str
    output: str
    resolved: recipe.Resolved
    run_id: str
    parts: int
    engine: Engine
    quiet: bool

    @property
    def marks(self) -> str:
        """Where the markers of the publish stage are until the dataset is whole."""
        return storage.join(self.output, ".incomplete")


class Task(NamedTuple):
    """One unit of work handed to a worker: everything else is in the work folder's `run.json` and `splits.json`.

    `number` counts splits, parts or shards; `output` is the dataset's folder.
    """

    work: str
    run_id: str
    output: str
    number: int

    @property
    def marks(self) -> str:
        """Where the markers of the publish stage are until the dataset is whole."""
        return storage.join(self.output, ".incomplete")


class Parts(NamedTuple):
    """The parts of a run whose first stage is done."""

    work: str
    identity: dict[str, Any]
    recipe: recipe.Recipe
    splits: list[ingest.Split]


_interrupted = threading.Event()


def interrupt(*, on: bool) -> None:
    """Ask the tasks that run in threads of this process to end, or take that back."""
    (_interrupted.set if on else _interrupted.clear)()


def go_on() -> None:
    """Called by tasks between batches. Raises InterruptedError where the user wants the run to end."""
    if _interrupted.is_set():
        raise InterruptedError("the run was interrupted")


def part_name(number: int) -> str:
    """`part-00007`."""
    return f"part-{number:05d}"


def peak_bytes() -> int:
    """The largest memory this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def path(work: str, stage: str, number: int, ending: str = "parquet") -> str:
    """The path of a part's file in a stage."""
    return storage.join(work, stage, f"{part_name(number)}.{ending}")


def marker(work: str, stage: str, number: int) -> Any:
    """A part's marker, or None while it is not done."""
    return storage.read_json(path(work, stage, number, "json"))


def mark(work: str, stage: str, number: int, facts: dict[str, Any]) -> None:
    """Say that a part is done; call it after every file of the part is in its place."""
    storage.write_json(path(work, stage, number, "json"), facts)


def done(folder: str) -> set[int]:
    """The numbers of the parts that are done, by the markers in a stage's folder."""
    return {int(n[5:-5]) for n in storage.names(folder) if n.endswith(".json")}


def open_folder(work: str, identity: dict[str, Any], splits: list[ingest.Split]) -> None:
    """Make the work folder, or take it up again where it belongs to the same run.

    Raises:
        DataError: the folder holds another run; names what differs.
    """
    file = storage.join(work, "run.json")
    found = storage.read_json(file)
    if found is None:
        if set(storage.names(work)) - {"splits.json", ESTIMATE}:  # a run killed before it wrote run.json left the first
            raise DataError(work, "is not empty and not a work folder.", "Choose another folder with --work.")
        storage.make_folder(work)
        storage.write_json(storage.join(work, "splits.json"), [s._asdict() for s in splits])
        storage.write_json(file, identity, indent=1)
        return
    storage.remove_leftovers(work)
    if differing := differences.told(found, identity):
        fact = f"holds the work of another run: {differing}."
        raise DataError(work, fact, "Use --force to start anew, or another --work.")


def identity(resolved: recipe.Resolved, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    """What makes a run this run: recipe, packs, models, inputs by name and size, and the code."""
    content = {
        "recipe": resolved.to_json(),
        "recipe_digest": resolved.digest,
        "models": resolved.models,
        "benchmarks": resolved.benchmarks,
        "optouts": resolved.optouts.digests,
        "inputs": inputs,
        "code": code_digest(),
        "version": metadata.version("openclaw-data"),
    }
    return {**content, "run_id": run_id(resolved.digest, inputs)}


def run_id(recipe_digest: str, inputs: list[dict[str, Any]]) -> str:
    """The run's name: the same for the same recipe and inputs, wherever and whenever it runs."""
    body = json.dumps([recipe_digest, [[i["source_id"], i["name"], i["size_bytes"]] for i in inputs]])
    return "run-" + hashlib.sha256(body.encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=1)
def code_digest() -> str:
    """sha256 over this package's code and tables: parts made by other code must not be mixed."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for file in sorted(f for f in root.rglob("*") if f.suffix in (".npz", ".py", ".tsv") and "_share" not in f.parts):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


@functools.lru_cache(maxsize=4)
def settings(work: str, run: str) -> tuple[recipe.Resolved, list[ingest.Split]]:
    """The run's recipe and splits, read once in each worker process."""
    identity_ = storage.read_json(storage.join(work, "run.json"))
    if identity_ is None or identity_["run_id"] != run:
        raise DataError(work, "the work folder changed while the run was using it.", "Give each run its own --work.")
    resolved = recipe.resolve(recipe.Recipe.model_validate_json(identity_["recipe"]))
    splits = [ingest.Split(**s) for s in storage.read_json(storage.join(work, "splits.json"))]
    return resolved, splits


def open_parts(work: str) -> Parts:
    """The parts of a work folder.

    Raises:
        DataError: it is no work folder, or its first stage is not done.
    """
    identity = storage.read_json(storage.join(work, "run.json"))
    if identity is None:
        raise DataError(work, "is not a work folder: it has no run.json.", "Name the --work folder of a run.")
    splits = [ingest.Split(**s) for s in storage.read_json(storage.join(work, "splits.json"))]
    finished = done(storage.join(work, "annotated"))
    if missing := [n for n in range(len(splits)) if n not in finished]:
        fact = f"{len(missing)} of {len(splits)} parts are not annotated yet."
        raise DataError(work, fact, "Finish the run first: give its command again.")
    return Parts(work, identity, recipe.Recipe.model_validate_json(identity["recipe"]), splits)
