"""A whole run: annotate, deduplicate, publish, balance. Each stage skips the parts that are done."""

import contextlib
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from openclaw_data import ingest, memory, rules, storage
from openclaw_data import recipe as recipes
from openclaw_data.audit import numbers
from openclaw_data.audit.write import audit
from openclaw_data.dataset import balance, contents, duplicates, manifest, shards, signature
from openclaw_data.dataset.seal import seal
from openclaw_data.documents import DataError
from openclaw_data.errors import Interrupted
from openclaw_data.flow import (
    annotate,
    budget,
    deduplicate,
    differences,
    estimate,
    lock,
    pool,
    progress,
    publish,
    runner,
    steps,
)
from openclaw_data.flow import work as folder

_OURS = (
    *("data", "decisions", "contamination", "fingerprints", "audit", ".incomplete"),
    *("manifest.json", "README.md", "croissant.json", "provenance.dsse.json", "model.sig"),
)


def run(  # noqa: PLR0913 - one parameter an option of the command line
    recipe: str | recipes.Recipe,
    output: str | Path,
    work: str | Path | None = None,
    inputs: Mapping[str, Sequence[str | Path]] | None = None,
    workers: int = 1,
    *,
    force: bool = False,
    quiet: bool = True,
    engine: str = folder.LOCAL,
    options: Sequence[str] = (),
    sign_key: str | Path | None = None,
) -> manifest.Manifest:
    """Curate a dataset.

    Args:
        recipe: A recipe's name, the path of its YAML, or a `Recipe`.
        output: The dataset's folder; must be new, empty, or hold the same run unfinished.
        work: The folder of the parts, `OUTPUT.work` by default; a re-run goes on from what is done there.
        inputs: Source id -> paths, globs or URLs, in place of the recipe's own.
        workers: Processes to use.
        force: Throw away what `output` and `work` hold of another run.
        quiet: Show no progress.
        engine: "local", or a Beam runner.
        options: Further options of the Beam runner, `--name=value` each.
        sign_key: PEM file of an EC P-256 private key that signs the dataset.

    Returns:
        The manifest, as written to `manifest.json`.

    Raises:
        DataError: bad input, an unknown name, a folder that holds another run, or counts that do not balance.
    """
    if sign_key is not None:
        signature.private_key(sign_key)  # a wrong key shows before the work
    engine_ = folder.Engine(workers, engine, tuple(options))
    with contextlib.ExitStack() as stack:
        if engine == folder.LOCAL:
            stack.enter_context(pool.workers(workers))  # they load while the input is listed
        job, identity, splits = prepare(recipe, output, work, inputs, engine_, quiet=quiet)
        stack.enter_context(taken(job))
        if force:
            clear(job.output, job.work)
        finished = open_output(job.output, identity)
        if finished is not None:
            return finished if sign_key is None else seal(job.output, finished, sign_key)
        folder.open_folder(job.work, identity, splits)
        begin_output(job.output, identity)
        return finish(job, identity, splits, sign_key)


class Prepared(NamedTuple):
    """A run that has not touched its folders yet."""

    job: folder.Job
    identity: dict[str, Any]
    splits: list[ingest.Split]


def prepare(  # noqa: PLR0913 - what `run` takes
    recipe: str | recipes.Recipe,
    output: str | Path,
    work: str | Path | None,
    inputs: Mapping[str, Sequence[str | Path]] | None,
    engine: folder.Engine,
    *,
    quiet: bool = True,
) -> Prepared:
    """Bind the recipe, list the input and cut it into splits."""
    asked = recipes.load(recipe) if isinstance(recipe, str) else recipe
    asked = recipes.with_inputs(asked, {k: [str(p) for p in v] for k, v in (inputs or {}).items()})
    resolved = recipes.resolve(asked)
    splits = ingest.plan([_source(s) for s in asked.sources])
    identity = folder.identity(resolved, _inputs(splits))
    out = full(output)
    place = full(work) if work is not None else f"{out.rstrip('/')}.work"
    if f"{place.rstrip('/')}/".startswith(f"{out.rstrip('/')}/"):
        raise DataError(place, "is the output folder or in it.", "Give the parts another folder with --work.")
    if storage.is_local(place):
        engine = engine._replace(scratch=storage.join(place, "shuffle"))
    engine = engine._replace(sign=storage.join(place, ".worker"))
    return Prepared(folder.Job(place, out, resolved, identity["run_id"], len(splits), engine, quiet), identity, splits)


def annotate_only(
    recipe: str,
    output: str,
    work: str | None,
    inputs: Mapping[str, Sequence[str]],
    engine: folder.Engine,
) -> None:
    """The first stage of a run, as one job of a runner; `run` with the same arguments goes on from its parts."""
    job, identity, splits = prepare(recipe, output, work, inputs, engine)
    with taken(job):
        if open_output(job.output, identity) is None:
            folder.open_folder(job.work, identity, splits)
            begin_output(job.output, identity)
            _annotate(job, splits)


@contextlib.contextmanager
def taken(job: folder.Job) -> Iterator[None]:
    """Keep a run's folders from other runs; when it is ended early, leave no temporary file there."""
    with lock.hold(job.output), lock.hold(job.work):
        try:
            yield
        except (KeyboardInterrupt, Interrupted, DataError):
            storage.remove_leftovers(job.output)
            storage.remove_leftovers(job.work)
            raise


def finish(
    job: folder.Job, identity: dict[str, Any], splits: list[ingest.Split], sign_key: str | Path | None = None
) -> manifest.Manifest:
    """Do what is left of a run whose folders are open: annotate, deduplicate, publish, balance, describe."""
    seconds, began = {}, 0.0
    stages = (("annotate", partial(_annotate, splits=splits)), ("deduplicate", _deduplicate), ("publish", _publish))
    for name, stage in stages:
        started = time.monotonic()
        stage(job)
        memory.give_back()
        if name == "annotate":
            budget.check(job)
            began = _cpu()
        seconds[name] = round(time.monotonic() - started, 3)
    described, tally = _describe(job, identity, splits, seconds)
    pool.running.get().dismiss()  # nothing is left to share
    described = described.model_copy(update={"estimate": estimate.compared(job, described, _cpu() - began)})
    audit(job.output, described.model_dump(mode="json"), tally)
    result = seal(job.output, described, sign_key)
    storage.remove(job.marks)
    return result


def open_output(out: str, identity: dict[str, Any]) -> manifest.Manifest | None:
    """Look whether the output folder is free for this run; the manifest where this very run is complete there.

    Raises:
        DataError: the folder holds something else.
    """
    incomplete = storage.join(out, ".incomplete", "run.json")
    begun = storage.read_json(incomplete)
    found = storage.read_json(storage.join(out, "manifest.json"))
    if begun is None and found is not None:
        same = found.get("run_id") == identity["run_id"] and found.get("code", {}).get("sha256") == identity["code"]
        if same:
            storage.remove(storage.join(out, ".incomplete"))  # a run killed while it removed it
            return manifest.Manifest.model_validate(found)
        what = f"{found.get('name')} {found.get('version')}"
        same = found.get("run_id") == identity["run_id"]
        other = "holds the dataset of this run made by other code" if same else "holds the dataset of another run"
        raise DataError(out, f"{other}: {what}.", "Choose another --output, or --force to replace it.")
    if begun is None and storage.names(out):
        raise DataError(out, "is not empty.", "Choose another --output; nothing is overwritten.")
    if begun is not None and (differing := differences.told(begun, identity)):
        fact = f"holds another unfinished run: {differing}."
        raise DataError(out, fact, "Use --force to replace it, or another --output.")
    return None


def begin_output(out: str, identity: dict[str, Any]) -> None:
    """Write down whose the output folder is; after the work folder was found to be this run's, too."""
    storage.remove_leftovers(out)
    storage.write_json(storage.join(out, ".incomplete", "run.json"), identity)


def _cpu() -> float:
    """CPU seconds of this process, of its ended children and of its workers' tasks."""
    here = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return here + pool.running.get().cpu_seconds


def _annotate(job: folder.Job, splits: list[ingest.Split]) -> None:
    """The largest first: at the end no worker waits for another's long part."""
    order = sorted(range(job.parts), key=lambda n: splits[n].start - splits[n].stop)
    _each(job, "annotate", annotate.annotate_split, storage.join(job.work, annotate.STAGE), order)


def _deduplicate(job: folder.Job) -> None:
    if job.resolved.recipe.dedup is not None:
        with progress.stage(
            "deduplicate", storage.join(job.work, deduplicate.STAGE), job.parts, quiet=job.quiet
        ) as tick:
            deduplicate.deduplicate(job, tick)


def _publish(job: folder.Job) -> None:
    _each(job, "decide", publish.decide_part, storage.join(job.marks, publish.DECISIONS), range(job.parts))
    memory.give_back()
    shards = publish.plan_shards(job.marks, job.parts, job.resolved.recipe.output.shard_bytes)
    storage.write_json(storage.join(job.marks, "shards.json"), shards)
    _each(job, "publish", publish.write_shard, storage.join(job.marks, publish.SHARDS), range(len(shards)))


def _each(
    job: folder.Job, name: str, function: Callable[[folder.Task], int], marks: str, numbers: Sequence[int]
) -> None:
    """Run `function`, in the order of `numbers`, for the parts of a stage that have no marker in `marks` yet."""
    done = folder.done(marks)
    todo = [folder.Task(job.work, job.run_id, job.output, n) for n in numbers if n not in done]
    with progress.stage(name, marks, len(numbers), quiet=job.quiet) as tick:
        if todo:
            runner.execute(steps.each(name, function, todo), job.engine, tick)


def _describe(
    job: folder.Job, identity: dict[str, Any], splits: list[ingest.Split], seconds: dict[str, float]
) -> tuple[manifest.Manifest, numbers.Tally]:
    """The manifest, with counts taken from the written files, and what is counted for the report."""
    annotated = [folder.marker(job.work, annotate.STAGE, n) for n in range(len(splits))]
    decided = [folder.marker(job.marks, publish.DECISIONS, n) for n in range(len(splits))]
    written = [
        folder.marker(job.marks, publish.SHARDS, n)
        for n in sorted(folder.done(storage.join(job.marks, publish.SHARDS)))
    ]
    inputs = [manifest.Input(**i, **_read(i, annotated)) for i in identity["inputs"]]
    read = {f"{i.source_id}/{i.name}": i.records for i in inputs}
    asked = job.resolved.recipe
    body = recipes.portable(asked)
    sources = [manifest.Source(**_only(manifest.Source, s)) for s in body["sources"]]
    rules_ = _rules(job.resolved)
    told = {"languages": asked.languages, "recipe": body, "rules": {n: r.model_dump() for n, r in rules_.items()}}
    decisions, data = [d["path"] for d in decided], [s["path"] for s in written]
    tally, counts, clusters, held, columns = _together(
        partial(numbers.count, job.output, {**told, "decisions": decided, "shards": written}),
        partial(balance.count, job.output, decisions, data, read),
        partial(duplicates.count, job.output, decisions),
        partial(contents.describe, job.output, data),
        partial(shards.columns, job.output, data),
    )
    described = manifest.Manifest(
        name=asked.name,
        version=asked.version,
        description=asked.description,
        run_id=job.run_id,
        languages=asked.languages,
        sources=tuple(sources),
        inputs=tuple(inputs),
        counts=counts,
        duplicates=clusters,
        contents=held,
        columns=columns,
        shards=tuple(manifest.Shard(**_only(manifest.Shard, s)) for s in written),
        decisions=tuple(manifest.File(**_only(manifest.File, d)) for d in decided),
        contamination=tuple(manifest.File(**d["contamination"]) for d in decided if d["contamination"]),
        fingerprints=tuple(manifest.File(**d["fingerprints"]) for d in decided if d["fingerprints"]),
        recipe=body,
        recipe_digest=job.resolved.digest,
        packs={p.name: p.digest for p in job.resolved.packs},
        rules=rules_,
        optouts=job.resolved.optouts.digests,
        models=job.resolved.models,
        lexicons=_lexicons(job.resolved),
        benchmarks=job.resolved.benchmarks,
        indexes=job.resolved.indexes,
        code={"version": identity["version"], "sha256": identity["code"]},
        environment=manifest.environment(),
        seconds=seconds,
    )
    return described, tally


def _together(*calls: partial[Any]) -> list[Any]:
    """What functions return that do not need each other, each called where a worker is free."""
    return [found for [found] in pool.running.get().map([("each", _call, ())], calls, lambda: None)]


def _call(function: Callable[[], Any]) -> Any:
    return function()


def _rules(resolved: recipes.Resolved) -> dict[str, manifest.Rule]:
    found = {}
    for pack in resolved.packs:
        for rule in pack.rules:
            excuses = {
                f"{other.name}.{excuse.name}": manifest.Excuse(when=excuse.when, languages=other.languages)
                for other, excuse in rules.excuses_of(pack, rule, resolved.packs)
            }
            bound = rules.by_part(pack, rule)
            told = manifest.Rule(
                keep=rule.keep, languages=pack.languages, by_part=bound, source=rule.source, excuses=excuses
            )
            found[f"{pack.name}.{rule.name}"] = told
    return found


def _lexicons(resolved: recipes.Resolved) -> tuple[manifest.WordList, ...]:
    from openclaw_data.signals import lexicons

    found = []
    for name, choice in resolved.classifiers.get("lexicons", {}).items():
        listed = lexicons.read(choice.path, choice.sha256)
        covers = lexicons.coverage(listed)
        risks = {risk: terms for risk, (terms, _) in covers.risks.items() if terms}
        facts = {"name": name, "sha256": listed.digest, "terms": covers.terms, "complete": covers.complete}
        found.append(manifest.WordList(**facts, risks=risks))
    return tuple(found)


def _only(model: type[manifest.Section], facts: dict[str, Any]) -> dict[str, Any]:
    return {k: facts[k] for k in model.model_fields}


def _read(item: dict[str, Any], markers: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [m for m in markers if (m["source_id"], m["name"]) == (item["source_id"], item["name"])]
    ignored: dict[str, int] = {}
    for marker in mine:
        for kind, n in marker["ignored"].items():
            ignored[kind] = ignored.get(kind, 0) + n
    return {"records": sum(m["records"] for m in mine), "ignored": dict(sorted(ignored.items()))}


def _inputs(splits: list[ingest.Split]) -> list[dict[str, Any]]:
    files = {(s.source_id, s.name): s.size_bytes for s in splits}
    return [{"source_id": s, "name": n, "size_bytes": size} for (s, n), size in files.items()]


def _source(source: recipes.Source) -> ingest.Source:
    return ingest.Source(source.id, source.format, source.paths, source.fields, source.crawl)


def full(path: str | Path) -> str:
    """Workers may run in another folder: local paths are made absolute."""
    return str(Path(path).resolve()) if storage.is_local(str(path)) else str(path)


def clear(out: str, place: str) -> None:
    """Remove another run's dataset and work, but nothing that is not ours."""
    if storage.exists(storage.join(out, "manifest.json")) or storage.exists(storage.join(out, ".incomplete")):
        for name in _OURS:
            storage.remove(storage.join(out, name))
    if storage.exists(storage.join(place, "run.json")):
        for name in storage.names(place):
            storage.remove(storage.join(place, name))
