"""A new dataset from the parts of a run that is done: only rules, languages, deduplication or output changed.

Nothing raw is read. The annotated parts are judged anew into a second work folder, fingerprints are linked, and the
run goes on from there: duplicates are found again, because other documents survive. The result is, byte for byte,
that of a full run with the new recipe.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import documents, signals, storage
from openclaw_data import recipe as recipes
from openclaw_data.dataset import manifest
from openclaw_data.documents import DataError
from openclaw_data.flow import annotate, progress, run, runner
from openclaw_data.flow import work as folder
from openclaw_data.flow.steps import each
from openclaw_data.signals import mixed

DOWNSTREAM = ("name", "version", "description", "languages", "filters", "dedup", "publication", "errors", "output")
"""Recipe keys that act on written parts. Every other key decides what the parts hold, and must be the same."""
DIGESTS = ("models", "benchmarks", "optouts")
"""What the parts were made with beside the recipe, by digest."""
DESCRIPTIVE = ("paths", "origin", "record")
"""Keys of a source that say something about it and change no document."""


class Judging(NamedTuple):
    """One part to be judged anew: number `number`, from the folder `source` to the folder `work`."""

    source: str
    work: str
    run_id: str
    number: int


def refilter(  # noqa: PLR0913 - one parameter an option of the command line
    work: str | Path,
    recipe: str | recipes.Recipe,
    output: str | Path,
    work2: str | Path | None = None,
    workers: int = 1,
    *,
    force: bool = False,
    quiet: bool = True,
) -> manifest.Manifest:
    """Make a new dataset from the parts of another run.

    Args:
        work: The work folder of a run whose first stage is done; it is only read.
        recipe: The new recipe: a name, the path of its YAML, or a `Recipe`.
        output: The new dataset's folder; must be new, empty, or hold the same run unfinished.
        work2: The new work folder, `OUTPUT.work` by default.
        workers: Processes to use.
        force: Throw away what `output` and `work2` hold of another run.
        quiet: Show no progress.

    Returns:
        The manifest of the new dataset.

    Raises:
        DataError: the parts are not whole, or the new recipe asks for what they do not hold; says to run again.
    """
    parts = folder.open_parts(run.full(work))
    asked = recipes.load(recipe) if isinstance(recipe, str) else recipe
    resolved = recipes.resolve(with_sources_of(asked, parts.recipe))
    refuse_changes(parts, resolved)
    schema = refuse_missing(parts, resolved)
    identity = folder.identity(resolved, parts.identity["inputs"])
    out = run.full(output)
    place = run.full(work2) if work2 is not None else f"{out.rstrip('/')}.work"
    if place.rstrip("/") == parts.work.rstrip("/"):
        raise DataError(place, "is the work folder that is read.", "Give the new parts another one with --work.")
    engine = folder.Engine(workers)
    job = folder.Job(place, out, resolved, identity["run_id"], len(parts.splits), engine, quiet)
    with run.taken(job):
        if force:
            run.clear(out, place)
        finished = run.open_output(out, identity)
        if finished is not None:
            return finished
        folder.open_folder(place, identity, parts.splits)
        run.begin_output(out, identity)
        _judge_all(parts, job, schema)
        return run.finish(job, identity, parts.splits)


def with_sources_of(asked: recipes.Recipe, old: recipes.Recipe) -> recipes.Recipe:
    """The new recipe over the files of the old one: sources that had none are left out, as a run leaves them out."""
    return recipes.with_inputs(asked, {source.id: list(source.paths) for source in old.sources})


def refuse_changes(parts: folder.Parts, resolved: recipes.Resolved) -> None:
    """Raise a DataError that names what changed before the rules."""
    if parts.identity["code"] != folder.code_digest():
        fact = f"the parts were made by other code (openclaw-data {parts.identity['version']})."
        raise DataError(parts.work, fact, "Run the recipe again, or use the version that made them.")
    old = {**_upstream(parts.recipe), **{k: parts.identity[k] for k in DIGESTS}}
    digests = {"models": resolved.models, "benchmarks": resolved.benchmarks, "optouts": resolved.optouts.digests}
    new = {**_upstream(resolved.recipe), **digests}
    changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if changed:
        fact = f"the new recipe changes what the parts were made with: {', '.join(changed)}."
        raise DataError(parts.work, fact, "Run the new recipe from the raw data, with `openclaw-data run`.")


def _upstream(recipe: recipes.Recipe) -> dict[str, Any]:
    """What decides the content of the parts, flat: dotted key -> value."""
    body = {key: value for key, value in recipes.portable(recipe).items() if key not in DOWNSTREAM}
    found: dict[str, Any] = {}
    for source in body.pop("sources"):
        found |= {f"sources.{source['id']}.{k}": v for k, v in source.items() if k not in DESCRIPTIVE}
    for key, value in body.items():
        found |= {f"{key}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {key: value}
    return found


def refuse_missing(parts: folder.Parts, resolved: recipes.Resolved) -> pa.Schema:
    """The schema that a full run would write; a DataError where the parts lack a signal of it."""
    wanted = annotate.annotate(documents.build(documents.RAW, []), resolved).schema
    for number in range(len(parts.splits)):
        found = storage.open_parquet(folder.path(parts.work, annotate.STAGE, number)).schema_arrow.names
        if lacking := [name for name in wanted.names if name not in found]:
            what = "signal" if all(name in signals.SIGNALS for name in lacking) else "column"
            fact = (
                f"the parts lack the {what}{'s' * (len(lacking) > 1)} {', '.join(lacking)}, which the new rules need."
            )
            raise DataError(parts.work, fact, "Run the new recipe from the raw data, with `openclaw-data run`.")
    return wanted


def _judge_all(parts: folder.Parts, job: folder.Job, schema: pa.Schema) -> None:
    done = folder.done(storage.join(job.work, annotate.STAGE))
    todo = [Judging(parts.work, job.work, job.run_id, n) for n in range(job.parts) if n not in done]
    with progress.stage("refilter", storage.join(job.work, annotate.STAGE), job.parts, quiet=job.quiet) as tick:
        if todo:
            runner.execute(each("refilter", judge_part, todo, schema.names), job.engine, tick)


def judge_part(task: Judging, names: Sequence[str]) -> int:
    """Write one annotated part with new verdicts, link what else belongs to it, and mark it done.

    Args:
        task: which part, from where to where.
        names: the columns to write, in order.

    Returns:
        The number of records. Running it again replaces the files with the same bytes.
    """
    resolved, _ = folder.settings(task.work, task.run_id)
    source = storage.open_parquet(folder.path(task.source, annotate.STAGE, task.number))
    columns = [name for name in names if name != "dropped_by"]
    with storage.create(folder.path(task.work, annotate.STAGE, task.number)) as path:
        writer: pq.ParquetWriter | None = None
        for group in range(source.num_row_groups):
            table = source.read_row_group(group, columns).select(columns).combine_chunks()
            batch = judged(table, resolved)
            writer = writer or pq.ParquetWriter(path, batch.schema, **annotate.PARQUET)
            writer.write_batch(batch)
        if writer is None:
            raise DataError(task.source, f"annotated part {task.number} has no row group.", "Run again from raw data.")
        writer.close()
    for stage, ending in (("fingerprints", "arrow"), ("quarantine", "parquet")):
        link(*(folder.path(work, stage, task.number, ending) for work in (task.source, task.work)))
    facts = folder.marker(task.source, annotate.STAGE, task.number)
    folder.mark(task.work, annotate.STAGE, task.number, facts)
    records: int = facts["records"]
    return records


def judged(table: pa.Table, resolved: recipes.Resolved) -> pa.RecordBatch:
    """One row group as one batch, with the verdict of the new rules at the end."""
    arrays = [c.combine_chunks() if c.num_chunks != 1 else c.chunk(0) for c in table.columns]
    fields = [pa.field(f.name, f.type, nullable=False) for f in table.schema]
    batch = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
    if mixed.COLUMN in batch.schema.names:
        batch = documents.append(batch, {mixed.COLUMN: mixed.only(batch.column(mixed.COLUMN), batch.schema.names)})
    return documents.append(batch, {"dropped_by": annotate.judge(batch, resolved)})


def link(source: str, target: str) -> None:
    """Make `target` the same file as `source` where the disk allows it, a copy elsewhere."""
    if storage.exists(target):
        storage.remove(target)
    if storage.is_local(source) and storage.is_local(target):
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    with storage.open_input(source) as file, storage.create(target) as name, Path(name).open("wb") as copy:
        while block := file.read(1 << 20):
            copy.write(block)
