"""Second stage: fingerprints of the survivors -> duplicates by URL, text and near text -> `duplicates/` parts.

Each kind is a graph of its own (`flow.matching`), joined by files in WORK/edges; `flow.ranking` makes clusters and
ranks of the edges. Only documents that no rule dropped take part: one that is dropped must not take its duplicates
with it. Texts and signatures cross no shuffle.
"""

from collections.abc import Callable

from openclaw_data import recipe, storage
from openclaw_data.dedup import fingerprints, index, stages
from openclaw_data.documents import DataError
from openclaw_data.flow import lines, matching, ranking, runner
from openclaw_data.flow import work as folder
from openclaw_data.flow.steps import Step, each

STAGE = ranking.STAGE
SHUFFLED_KEY_BYTES = 80
"""What a band key takes in all processes while it is in the shuffle: 12 bytes packed, as often as Beam copies them."""

PARTITION_BYTES, PARTITIONS = 64_000_000, 64
"""What sorting a partition should take where so many partitions a worker suffice; beyond, the budget says."""


def deduplicate(job: folder.Job, tick: Callable[[], None]) -> None:
    """Write `duplicates/part-*.parquet`, aligned with the annotated parts, and their markers."""
    asked = job.resolved.recipe.dedup
    last = lines.STAGE if asked is not None and asked.lines is not None else STAGE
    if asked is None or len(folder.done(storage.join(job.work, last))) == job.parts:
        return
    documents = sum(folder.marker(job.work, "annotated", n)["records"] for n in range(job.parts))
    known = [(i, n) for i in map(index.open_index, asked.against) for n in range(len(i.files))]
    documents += sum(i.files[n]["rows"] for i, n in known)
    settings = plan(job, documents, len(known))
    check_policy(job)
    if known:
        todo = list(enumerate(known))
        runner.execute(each("unpack indexes", unpack_known, todo, job.work), job.engine, tick)
    storage.remove(storage.join(job.work, matching.EDGES))
    matching.in_place.cache_clear()  # of a run that ended here by an error
    for _, graph in edge_graphs(settings, asked):
        runner.execute(graph, job.engine, tick)
    matching.in_place.cache_clear()
    ranking.rank_all(settings, asked.memory, job.engine, tick)
    if asked.lines is not None:
        lines.find(job, settings, job.engine, tick)
    storage.remove(storage.join(job.work, matching.EDGES))
    storage.remove(storage.join(job.work, matching.KNOWN))


def edge_graphs(settings: matching.Matching, asked: recipe.Dedup) -> list[tuple[str, Step]]:
    """The graphs that find edges, in their order: (name, graph)."""
    wanted = {"url": asked.url, "exact": asked.exact, "near": asked.minhash is not None}
    build = {"url": matching.same_url, "exact": matching.same_hash, "near": matching.near}
    names = [name for name, is_wanted in wanted.items() if is_wanted]
    return [(name, build[name](one)) for name in names for one in settings.ranges()]


def unpack_known(task: tuple[int, tuple[index.Index, int]], work: str) -> int:
    """Make a fingerprint part of one part of an index."""
    number, (source, part) = task
    return index.to_fingerprints(source, part, folder.path(work, matching.KNOWN, number, "arrow"))


def plan(job: folder.Job, documents: int, known: int) -> matching.Matching:
    """How many partitions, and how many of them at a time, keep to the memory budget.

    On a runner that does not shuffle in memory the budget bounds what one worker sorts at a time; all
    partitions go at once.
    """
    asked = job.resolved.recipe.dedup
    assert asked is not None
    threshold = asked.minhash.threshold if asked.minhash else 1.0
    keys = keys_of(job, documents)
    passes = max(1, -(-keys * SHUFFLED_KEY_BYTES // asked.memory)) if job.engine.shuffles_in_memory else 1
    fine = min(PARTITIONS, stages.partitions_for(keys, PARTITION_BYTES))
    partitions = max(passes, job.engine.workers * max(fine, stages.partitions_for(keys, asked.memory)))
    return matching.Matching(
        work=job.work,
        run_id=job.run_id,
        parts=job.parts,
        known=known,
        partitions=partitions,
        step=-(-partitions // passes),
        threshold=threshold,
        keep=asked.keep,
        prefer=asked.prefer,
    )


def keys_of(job: folder.Job, documents: int) -> int:
    """How many keys so many documents have at most in the largest shuffle."""
    asked = job.resolved.recipe.dedup
    minhash = asked.minhash if asked else None
    return documents * (fingerprints.optimal_bands(minhash.threshold).bands if minhash else 1)


def check_policy(job: folder.Job) -> None:
    """Say at once what the policy `keep` misses, before hours of work.

    Raises:
        DataError: the annotated parts lack its column.
    """
    asked = job.resolved.recipe.dedup
    assert asked is not None
    columns = matching.POLICY_COLUMNS[asked.keep] if job.parts else ()
    there = storage.open_parquet(folder.path(job.work, "annotated", 0)).schema_arrow.names if columns else []
    for column in columns:
        if column not in there:
            raise DataError(
                "dedup.keep", f"'{asked.keep}' needs the signal '{column}'.", f"Use a rule that measures {column}."
            )
