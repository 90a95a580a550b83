"""What a run will cost, from a sample of its input that goes through the run's own functions on this machine.

Records are read from the beginning of up to eight splits and annotated; they are then a small run's parts in a
temporary folder, from which decisions and shards are made and the keys of deduplication packed. What is measured so is
scaled to the whole input. What a small sample cannot show, the fixed costs of a run and the time that edges, clusters
and the report take, are constants from whole runs (docs/performance.md).
"""

import heapq
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openclaw_data import dedup, documents, ingest, storage
from openclaw_data.dataset import manifest
from openclaw_data.documents import DataError
from openclaw_data.flow import annotate, deduplicate, matching, publish
from openclaw_data.flow import work as folder
from openclaw_data.ingest import files, streams

SPLITS = 8
"""Splits that are looked into."""
WARM_UP = 16
"""Records annotated before the clock starts: kernels and models are loaded by them."""
START_SECONDS, RUN_SECONDS = 2.0, 0.4
"""Time until worker processes have loaded, and what a run takes whatever its input: rule packs, the report, files."""
AFTER_SECONDS = 3e-5
"""CPU time a record for edges, clusters, counts and the audit report, on top of what is measured here."""
PROBE_BYTES = 1 << 20
LINE_BYTES = 12
"""What a line takes in the shuffle that finds boilerplate."""


class Sample(NamedTuple):
    """What was seen of one split. `units`: how much of it, in the unit of its bounds (bytes or row groups)."""

    split: ingest.Split
    batch: pa.RecordBatch
    records: int
    units: float
    read_seconds: float


class Estimate(NamedTuple):
    """What a run will take. `wall_seconds`: workers -> seconds on this kind of machine with so many free cores."""

    run_id: str
    sampled: int
    documents: int
    cpu_seconds: float
    peak_worker_bytes: int
    shuffle_bytes: int
    output_bytes: int
    work_bytes: int
    wall_seconds: dict[str, float]


def estimate(
    job: folder.Job, identity: dict[str, Any], splits: list[ingest.Split], seconds: float, workers: list[int]
) -> Estimate:
    """Sample the input for about `seconds` of CPU time and say what the run will take.

    Raises:
        DataError: bad input, as in the run itself.
    """
    spread = np.unique(np.linspace(0, len(splits) - 1, min(SPLITS, len(splits))).round().astype(int))
    limit = job.resolved.recipe.extract.max_page_bytes
    samples = [_sample(splits[n], limit) for n in spread.tolist()]
    with tempfile.TemporaryDirectory(prefix="openclaw-data-estimate-") as place:
        small = _small(job, place, identity, [s.split for s in samples])
        parts, a_batch = _annotate(job, small, samples, seconds)
        parts = _finish(job, small, parts)
    return _scale(job, splits, list(zip(samples, parts, strict=True)), a_batch, workers)


class _Seen(NamedTuple):
    """What one part of the small run took; seconds are CPU time, and what a batch takes whatever is in it is not in."""

    records: int
    seconds: float
    shuffled: int = 0
    output: float = 0.0
    work: int = 0


def _sample(split: ingest.Split, limit: int) -> Sample:
    """The first batch of a split, and how much of the split it is."""
    began = time.process_time()
    batches = ingest.read(split, max_page_bytes=limit, ignored=Counter())
    batch = next(batches, documents.build(documents.RAW, []))
    took = time.process_time() - began
    whole = float(split.stop - split.start)
    if next(batches, None) is None:
        return Sample(split, batch, len(batch), whole, took)
    last = batch.slice(len(batch) - 1)
    end = last.column("warc_record_offset")[0].as_py() + last.column("warc_record_length")[0].as_py()
    if split.format == "parquet":
        groups = storage.open_parquet(split.path).metadata
        rows = np.cumsum([groups.row_group(g).num_rows for g in range(split.start, split.stop)])
        return Sample(split, batch, len(batch), float(np.interp(len(batch), rows, np.arange(1, len(rows) + 1))), took)
    if split.format == "jsonl" and split.codec:
        end = end / _expansion(split)
    return Sample(split, batch, len(batch), min(whole, max(1.0, end - split.start)), took)


def _expansion(split: ingest.Split) -> float:
    """Decompressed bytes a compressed byte, at the beginning of a file."""
    out = 0
    with files.open_binary(split.path) as file:
        members = streams.Members(file, split.codec)
        while file.tell() < PROBE_BYTES and members.open():
            while (piece := members.pull()) and file.tell() < PROBE_BYTES:
                out += len(piece)
        return max(1.0, out / max(1, file.tell()))


def _small(job: folder.Job, place: str, identity: dict[str, Any], splits: list[ingest.Split]) -> folder.Job:
    """A run in a temporary folder over the sampled splits, without what only a whole corpus decides."""
    asked = job.resolved.recipe.model_copy(update={"dedup": None})
    resolved = job.resolved._replace(recipe=asked)
    small = job._replace(work=f"{place}/work", output=f"{place}/out", resolved=resolved, parts=len(splits))
    folder.open_folder(small.work, {**identity, "recipe": resolved.to_json()}, splits)
    return small


def _annotate(job: folder.Job, small: folder.Job, samples: list[Sample], seconds: float) -> tuple[list[_Seen], float]:
    """Write the annotated parts of the small run, as many records of each sample as there is time for.

    Returns:
        What each part took, and the CPU time of a batch without records.
    """
    annotate.annotate(samples[0].batch.slice(0, WARM_UP), job.resolved)
    a_batch, _ = _timed(annotate.annotate, documents.build(documents.RAW, []), job.resolved)
    found: list[_Seen] = []
    for number, sample in enumerate(samples):
        took, done = sum(s.seconds for s in found), sum(s.records for s in found)
        left = max(0.0, seconds - took) / (len(samples) - number)
        guess = took / done if done else 0.005
        rows = int(min(len(sample.batch), max(WARM_UP, left / max(guess, 1e-5))))
        raw = sample.batch.take(pa.array(np.linspace(0, len(sample.batch) - 1, rows).round().astype(np.int64)))
        task = folder.Task(small.work, small.run_id, small.output, number)
        cpu, batch = _timed(annotate.annotate, raw, job.resolved)
        written, _ = _timed(_write, task, raw, batch)
        work = sum(storage.size(path) for path in annotate.paths(task))
        found.append(_Seen(rows, max(0.0, cpu - a_batch) + written, work=work))
    return found, a_batch


def _write(task: folder.Task, raw: pa.RecordBatch, batch: pa.RecordBatch) -> None:
    three = (batch, dedup.fingerprint(batch), annotate.quarantined(raw, batch))
    folder.mark(task.work, annotate.STAGE, task.number, annotate.write_part(task, iter([three])))


def _finish(job: folder.Job, small: folder.Job, parts: list[_Seen]) -> list[_Seen]:
    """Decide, publish and pack the keys of the small run, and add what that took and gave to its parts."""
    tasks = [folder.Task(small.work, small.run_id, small.output, n) for n in range(small.parts)]
    deciding = [_timed(publish.decide_part, task)[0] for task in tasks]
    marks = [folder.marker(small.marks, publish.DECISIONS, n) for n in range(small.parts)]
    plan = publish.plan_shards(small.marks, small.parts, small.resolved.recipe.output.shard_bytes)
    storage.write_json(storage.join(small.marks, "shards.json"), plan)
    writing = sum(_timed(publish.write_shard, tasks[0]._replace(number=n))[0] for n in range(len(plan)))
    shards = sum(storage.size(storage.join(small.output, shard.path)) for shard in plan)
    texts = [sum(p[3] for found in m["pieces"].values() for p in found) for m in marks]
    found = []
    for n, part in enumerate(parts):
        packing, shuffled = _timed(_shuffled, job, small, n)
        share = texts[n] / max(1, sum(texts))
        output = marks[n]["size_bytes"] + (marks[n]["fingerprints"] or {"size_bytes": 0})["size_bytes"] + share * shards
        seconds = part.seconds + deciding[n] + share * writing + packing
        found.append(part._replace(seconds=seconds, shuffled=shuffled, output=output))
    return found


def _shuffled(job: folder.Job, small: folder.Job, part: int) -> int:
    """The bytes that a part sends through the shuffles of deduplication."""
    asked = job.resolved.recipe.dedup
    if asked is None:
        return 0
    settings = deduplicate.plan(job, 1, 0)._replace(work=small.work, parts=small.parts, stop=1, step=1, partitions=1)
    senders: list[Callable[..., Any]] = [matching.url_keys] * asked.url + [matching.exact_keys] * asked.exact
    senders += [matching.near_keys] * (asked.minhash is not None)
    packed = sum(len(packed) for send in senders for _, packed in send(part, settings))
    if asked.lines is not None:
        packed += LINE_BYTES * folder.marker(small.work, annotate.STAGE, part)["lines"]
    return packed


def _timed(call: Callable[..., Any], *arguments: object) -> tuple[float, Any]:
    """CPU seconds of a call, and what it returned."""
    began = time.process_time()
    value = call(*arguments)
    return time.process_time() - began, value


def _scale(
    job: folder.Job, splits: list[ingest.Split], seen: list[tuple[Sample, _Seen]], a_batch: float, workers: list[int]
) -> Estimate:
    """From the sample to the whole input, each format by what was seen of it."""
    formats = {s.split.format for s, _ in seen}
    rates = {form: _rates([one for one in seen if one[0].split.format == form], a_batch) for form in formats}
    common = _rates(seen, a_batch)  # for a format of which no split was looked into
    rows = np.array([(s.stop - s.start) * rates.get(s.format, common) for s in splits])
    records, costs, shuffled, output, work = rows.sum(0).tolist()
    after = records * AFTER_SECONDS + RUN_SECONDS
    wall = {n: _longest(rows[:, 1].tolist(), n) + START_SECONDS * (n > 1) + after for n in workers}
    return Estimate(
        run_id=job.run_id,
        sampled=sum(p.records for _, p in seen),
        documents=round(records),
        cpu_seconds=round(costs + after, 1),
        peak_worker_bytes=folder.peak_bytes() + _more(job, records),
        shuffle_bytes=round(shuffled),
        output_bytes=round(output),
        work_bytes=round(work),
        wall_seconds={str(n): round(value, 1) for n, value in wall.items()},
    )


def _rates(seen: list[tuple[Sample, _Seen]], a_batch: float) -> npt.NDArray[np.float64]:
    """Records, CPU seconds, bytes shuffled, bytes of output and bytes of parts that a unit of a split gives."""
    records = sum(s.records for s, _ in seen)
    reading = sum(s.read_seconds for s, _ in seen) + a_batch * len(seen)
    one = np.array([p[1:] for _, p in seen], np.float64).sum(0) / max(1, sum(p.records for _, p in seen))
    one[0] += reading / max(1, records)
    return np.array([1.0, *one]) * (records / sum(s.units for s, _ in seen))


def _more(job: folder.Job, records: float) -> int:
    """What deduplication takes beyond a worker's own, in the process that holds the shuffle: nothing where files do."""
    asked = job.resolved.recipe.dedup
    if asked is None or not job.engine.shuffles_in_memory:
        return 0
    return min(asked.memory, deduplicate.keys_of(job, round(records)) * deduplicate.SHUFFLED_KEY_BYTES)


def _longest(costs: list[float], workers: int) -> float:
    """When the last worker is done: whoever is free takes the next split."""
    busy = [0.0] * workers
    for cost in costs:
        heapq.heapreplace(busy, busy[0] + cost)
    return max(busy)


def store(found: Estimate, work: str) -> None:
    """Leave it in the work folder, for the report of the run.

    Raises:
        DataError: the folder holds something else than a run.
    """
    if (
        storage.names(work)
        and not storage.exists(storage.join(work, "run.json"))
        and set(storage.names(work)) != {folder.ESTIMATE}
    ):
        raise DataError(work, "is not empty and not a work folder.", "Choose another folder with --work.")
    storage.write_json(storage.join(work, folder.ESTIMATE), found._asdict(), indent=1)


def compared(job: folder.Job, made: manifest.Manifest, after_seconds: float) -> dict[str, manifest.Forecast]:
    """Estimate against actual of a run that is done; empty where nothing was estimated for this run."""
    said = storage.read_json(storage.join(job.work, folder.ESTIMATE))
    if said is None or said["run_id"] != job.run_id:
        return {}
    markers = [folder.marker(job.work, annotate.STAGE, n) for n in range(job.parts)]
    written = (*made.shards, *made.decisions, *made.fingerprints, *made.contamination)
    actual: dict[str, float] = {
        "documents": made.counts.read,
        "cpu_seconds": round(sum(m.get("cpu_seconds", 0.0) for m in markers) + after_seconds, 1),
        "peak_worker_bytes": max((m.get("peak_bytes", 0) for m in markers), default=0),
        "output_bytes": sum(f.size_bytes for f in written),
    }
    rows = {key: manifest.Forecast(estimated=said[key], actual=value) for key, value in actual.items()}
    if (wall := said["wall_seconds"].get(str(job.engine.workers))) is not None:
        rows["wall_seconds"] = manifest.Forecast(estimated=wall, actual=round(sum(made.seconds.values()), 1))
    return rows
