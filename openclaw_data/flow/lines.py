"""Boilerplate lines over the whole corpus, after duplicates are known: `lines/` parts (see `dedup.lines`).

part -> documents a line key, by partition -> group -> common keys by part -> group -> keys -> share of each text
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import signals, storage
from openclaw_data.dedup import lines
from openclaw_data.flow import annotate, ranking, runner
from openclaw_data.flow import matching as edges_of
from openclaw_data.flow import work as folder
from openclaw_data.flow.matching import Group, Matching
from openclaw_data.flow.steps import Step, each, spread

STAGE = "lines"
KEY_BYTES = 100
"""What a line takes in all processes while its key is in the shuffle."""
SCHEMA = pa.schema([pa.field("dup_line_fraction", pa.float32(), nullable=False)])
_COLUMNS = ["text", "url_host_registered_domain", "source_id"]


def find(job: folder.Job, settings: Matching, engine: folder.Engine, tick: Callable[[], None]) -> None:
    """Write `lines/part-*.parquet` and `lines/part-*.npy` (the keys of boilerplate) of every part, and markers."""
    asked = job.resolved.recipe.dedup
    assert asked is not None
    assert asked.lines is not None
    count = sum(folder.marker(job.work, "annotated", n)["lines"] for n in range(job.parts))
    passes = max(1, -(-count * KEY_BYTES // asked.memory)) if engine.shuffles_in_memory else 1
    partitions = max(settings.partitions, passes)
    settings = settings._replace(partitions=partitions, step=-(-partitions // passes))
    for one in settings.ranges():
        runner.execute(graph(one, asked.lines.max_documents), engine, tick)
    runner.execute(measure_graph(settings), engine, tick)


def graph(matching: Matching, max_documents: int) -> Step:
    """The graph that finds boilerplate lines and tells each part its own."""
    return (
        spread("parts", range(matching.parts))
        .sends("Count lines", line_counts, matching)
        .group("Group by line")
        .sends("Find common", common_lines, max_documents)
        .group("Group by part")
        .does("Tell parts", edges_of.write_rows, matching, "lines")
    )


def measure_graph(matching: Matching) -> Step:
    """The graph that measures each document by them."""
    return each("measure lines", write_part, range(matching.parts), matching)


def line_counts(part: int, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """In how many documents of a part that stay each line key occurs, packed by partition."""
    counted = [lines.document_counts(found) for _, found in _row_groups(matching.work, part)]
    yield from lines.pack_counts(part, *lines.add_counts(counted), matching.partitions, matching.wanted).items()


def common_lines(group: Group, max_documents: int) -> Iterator[tuple[int, bytes]]:
    """The boilerplate of one partition, to each part its own."""
    yield from lines.common_keys(group[1], max_documents)


def write_part(part: int, matching: Matching) -> int:
    """Write `dup_line_fraction` of every document of a part (0 for one that does not stay) and its boilerplate keys."""
    common = edges_of.marked(matching, "lines", part)
    stays = ranking.staying(matching.work, part)
    values = np.zeros(len(stays), np.float32)
    for rows, found in _row_groups(matching.work, part):
        values[rows] = lines.fractions(found, common)
    edges_of.save(keys_file(matching.work, part), common, lasting=True)
    with storage.create(folder.path(matching.work, STAGE, part)) as path:
        pq.write_table(pa.table([values], schema=SCHEMA), path, compression="zstd")
    folder.mark(matching.work, STAGE, part, {"records": len(values), "lines": len(common)})
    return len(common)


def keys_file(work: str, part: int) -> str:
    """Where the boilerplate keys of a part are."""
    return folder.path(work, STAGE, part, "npy")


def remove(table: pl.DataFrame, work: str, part: int) -> pl.DataFrame:
    """Cut the boilerplate lines out of documents and measure what a text carries anew.

    Args:
        table: rows of a part with `text`, `url_host_registered_domain`, `source_id` and `dup_line_fraction`. Those of
            `text_sha256`, `byte_count`, `char_count` and `token_count` that are there follow the new text, and `edits`
            grows by the characters that went. All else stays what it was of the text that the rules judged.
        work: the work folder.
        part: which part.
    """
    hit = table["dup_line_fraction"] > 0
    if not hit.any():
        return table
    chosen = table.filter(hit)
    old = chosen["text"].to_arrow()
    texts = lines.cut(old, lines.keyed(old, _hosts(chosen)), edges_of.load(keys_file(work, part)))
    batch = pa.RecordBatch.from_arrays([texts.cast(pa.string())], ["text"])
    measured = signals.compute(batch, ["byte_count", "char_count", "words"])
    measured |= {"text": texts, "text_sha256": annotate.text_digests(texts), "token_count": measured.pop("words")}
    new = {name: pl.Series(values) for name, values in measured.items()}
    if "edits" in chosen.columns:
        new["edits"] = chosen["edits"] + chosen["text"].str.len_chars().cast(pl.Int32) - new["char_count"]
    rows = pl.Series(hit.arg_true())
    return table.with_columns(
        table[name].scatter(rows, values.cast(table[name].dtype)).alias(name)
        for name, values in new.items()
        if name in table.columns
    )


def _row_groups(work: str, part: int) -> Iterator[tuple[Any, lines.Keyed]]:
    """The lines of a part's documents that stay, by row group: (their rows int64[k], their lines)."""
    file = storage.open_parquet(folder.path(work, "annotated", part))
    stays = ranking.staying(work, part)
    start = 0
    for group in range(file.num_row_groups):
        table = pl.DataFrame(file.read_row_group(group, _COLUMNS))
        use = stays[start : start + len(table)]
        chosen = table.filter(pl.Series(use))
        yield start + np.flatnonzero(use), lines.keyed(chosen["text"].to_arrow(), _hosts(chosen))
        start += len(table)


def _hosts(table: pl.DataFrame) -> list[str]:
    return lines.hosts(table["url_host_registered_domain"], table["source_id"])
