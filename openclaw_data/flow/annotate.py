"""First stage: one input split becomes one annotated part, one fingerprint part and one quarantine part.

`annotate_split` is a plain function; Beam only maps it over the list of splits.
"""

import contextlib
import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openclaw_data import dedup, documents, edits, extraction, ingest, recipe, rights, rules, signals, storage
from openclaw_data.edits import pii
from openclaw_data.flow import decontaminate
from openclaw_data.flow import work as folder
from openclaw_data.ingest import blocklists, urls
from openclaw_data.rights import robots
from openclaw_data.signals import language, lexicons, mixed, risks

STAGE = "annotated"
ALWAYS = ("byte_count", "char_count", "words", "quality_score", "toxicity_score", *risks.NEEDED)
"""Signals that every document carries, whatever the rules ask; `words` becomes `token_count`."""
PARQUET: dict[str, Any] = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
"""A part is read a few times and then deleted: quick rather than small."""
QUARANTINE = pa.schema(
    [
        *documents.PROVENANCE,
        pa.field("error", pa.string(), nullable=False),
        pa.field("error_detail", pa.string(), nullable=False),
        pa.field("payload_sha256", pa.string(), nullable=False),
    ]
)


def annotate_split(task: folder.Task) -> int:
    """Read, decode, extract, identify, edit, measure and judge one split; write its parts and its marker.

    Returns:
        The number of records read. Running it again replaces the files with the same bytes.
    """
    started, began = time.perf_counter(), time.process_time()
    resolved, splits = folder.settings(task.work, task.run_id)
    split = splits[task.number]
    ignored: Counter[str] = Counter()
    written = write_part(task, annotated_batches(split, resolved, ignored))
    facts = {
        **written,
        "ignored": dict(sorted(ignored.items())),
        "name": split.name,
        "source_id": split.source_id,
        "seconds": round(time.perf_counter() - started, 3),
        "cpu_seconds": round(time.process_time() - began, 3),
        "peak_bytes": folder.peak_bytes(),
    }
    folder.mark(task.work, STAGE, task.number, facts)
    return int(written["records"])


def write_part(task: folder.Task, batches: Iterator[tuple[pa.RecordBatch, ...]]) -> dict[str, Any]:
    """Write the three files of a part, batch by batch, of which there is at least one.

    Returns:
        What its marker says of the content: records, lines, and errors by name.
    """
    errors: Counter[str] = Counter()
    first = next(batches)
    records = line_feeds = 0
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(_writer(stack.enter_context(storage.create(path)), batch.schema))
            for path, batch in zip(paths(task), first, strict=True)
        ]
        for three in itertools.chain([first], batches):
            folder.go_on()
            records += len(three[0])
            errors.update(three[2].column("error").to_pylist())
            line_feeds += _line_feeds(three[0].column("text"))
            for writer, batch in zip(writers, three, strict=True):
                writer.write_batch(batch)
    return {"records": records, "lines": records + line_feeds, "errors": dict(sorted(errors.items()))}


def _line_feeds(texts: pa.Array) -> int:
    offsets, data = documents.text_buffers(texts)
    return int(np.count_nonzero(data[offsets[0] : offsets[-1]] == ord("\n")))  # Arrow takes 20 times as long


def paths(task: folder.Task) -> list[str]:
    """The files of a part: annotated, fingerprints, quarantine."""
    stages = ((STAGE, "parquet"), ("fingerprints", "arrow"), ("quarantine", "parquet"))
    return [folder.path(task.work, stage, task.number, ending) for stage, ending in stages]


def annotated_batches(
    split: ingest.Split, resolved: recipe.Resolved, ignored: Counter[str]
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]]:
    """The batches of the three files, in input order; a split without documents yields one batch of no rows."""
    empty = True
    for raw in ingest.read(split, max_page_bytes=resolved.recipe.extract.max_page_bytes, ignored=ignored):
        empty = False
        batch = extracted(raw, resolved)
        bad = quarantined(raw, batch)
        del raw  # its payload is most of a batch
        batch = measured(batch, resolved)
        yield batch, dedup.fingerprint(batch), bad
    if empty:
        raw = documents.build(documents.RAW, [])
        batch = annotate(raw, resolved)
        yield batch, dedup.fingerprint(batch), quarantined(raw, batch)


def _writer(path: str, schema: pa.Schema) -> Any:
    """Parquet, but Arrow IPC for fingerprints: their signatures are read in place. Both take `write_batch`."""
    if schema == dedup.FINGERPRINT:
        return pa.ipc.new_file(path, schema)
    return pq.ParquetWriter(path, schema, **PARQUET)


def annotate(raw: pa.RecordBatch, resolved: recipe.Resolved) -> pa.RecordBatch:
    """A `documents.RAW` batch -> the annotated batch: text, evidence, language, signals, `dropped_by`."""
    return measured(extracted(raw, resolved), resolved)


def extracted(raw: pa.RecordBatch, resolved: recipe.Resolved) -> pa.RecordBatch:
    """A `documents.RAW` batch -> its pages, with what the payload and the URL say of rights and of the site."""
    asked = resolved.recipe
    batch = extraction.pages(
        raw, engine=asked.extract.engine, max_page_bytes=asked.extract.max_page_bytes, timeout=asked.extract.timeout
    )
    licences = {s.id: s.licence for s in asked.sources}
    said = rights.columns(raw, batch, licences, resolved.optouts.domains)
    return documents.append(
        batch,
        {
            "url_category": blocklists.url_category(batch.column("url"), recipe.url_folders(asked)),
            "url_host_registered_domain": urls.url_host_registered_domain(batch.column("url")),
            **robots.add(said, batch.column("url"), resolved.optouts.robots),
        },
    )


def measured(batch: pa.RecordBatch, resolved: recipe.Resolved) -> pa.RecordBatch:
    """Extracted pages -> the annotated batch: language, edits, signals, `dropped_by`."""
    asked = resolved.recipe
    batch = documents.append(batch, language.identify(batch, model=asked.language.model))
    batch = edits.apply(batch, asked.edits, {"pii": asked.pii.model_dump()})
    if "pii" not in asked.edits:
        batch = documents.append(batch, pii.not_looked(len(batch)))
    batch = decontaminate.search(batch, asked.decontaminate)
    asked_for = {"perplexity"} if resolved.classifiers.get("perplexity") else set()
    asked_for |= set(lexicons.Own._fields) if resolved.classifiers.get("lexicons") else set()
    names = (rules.needed(resolved.packs) | set(ALWAYS) | asked_for) - set(batch.schema.names)
    found = signals.compute(batch, sorted(names), resolved.classifiers)
    batch = batch.drop_columns(["link_text"])
    text = {"text_sha256": text_digests(batch.column("text")), "token_count": found["words"]}
    batch = documents.append(batch, {**text, **found})
    parts = mixed.language_parts(batch, found, resolved.classifiers, model=asked.language.model)
    batch = documents.append(batch, {mixed.COLUMN: parts})
    batch = documents.append(batch, {"risk_codes": risks.codes(batch, resolved.classifiers)})
    return documents.append(batch, {"dropped_by": judge(batch, resolved)})


def judge(batch: pa.RecordBatch, resolved: recipe.Resolved) -> pa.Array:
    """All reasons why each row is dropped before deduplication: list<string>; empty: it goes on, or is an error."""
    verdict = rules.judge(batch, resolved.packs)
    skipped, error, language = (
        batch.column(c).to_numpy(zero_copy_only=False) for c in ("skipped", "error", "language")
    )
    other = ~np.isin(language, resolved.recipe.languages)
    odd = np.flatnonzero((skipped != "") | (error != "") | other).tolist()
    if odd:
        reasons = verdict.to_pylist()
        for row in odd:
            foreign = ["recipe.language", *reasons[row]] if other[row] else reasons[row]
            reasons[row] = [] if error[row] else [f"ingest.{skipped[row]}"] if skipped[row] else foreign
        verdict = pa.array(reasons, verdict.type)
    return decontaminate.judge(verdict, batch, resolved.recipe.decontaminate)


def quarantined(raw: pa.RecordBatch, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows of a batch that are errors, with the digest of what could be read of their payload."""
    rows = np.flatnonzero(pc.not_equal(batch.column("error"), "").to_numpy(zero_copy_only=False))
    bad, payload = batch.take(pa.array(rows)), raw.column("payload").take(pa.array(rows))
    digests = [hashlib.sha256(p.as_py()).hexdigest() for p in payload]
    columns = [bad.column(f.name) for f in QUARANTINE if f.name != "payload_sha256"]
    return pa.RecordBatch.from_arrays([*columns, pa.array(digests, pa.string())], schema=QUARANTINE)


def text_digests(texts: pa.Array) -> pa.Array:
    """The sha256 of each text as stored, in hexadecimal; empty for an empty text."""
    offsets, data = documents.text_buffers(texts)
    view = memoryview(data)
    found = (hashlib.sha256(view[a:b]).hexdigest() if b > a else "" for a, b in itertools.pairwise(offsets.tolist()))
    return pa.array(found, pa.string())
