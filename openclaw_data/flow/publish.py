"""Third stage: annotated parts + duplicates -> decisions, shards, manifest.

`decide_part` joins a part with its duplicates and gives every record its outcome; `write_shard` copies kept rows.
"""

import contextlib
from collections import defaultdict

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import recipe, storage
from openclaw_data.dataset import shards
from openclaw_data.dedup import fingerprints, index
from openclaw_data.flow import decontaminate, lines
from openclaw_data.flow import work as folder

DECISIONS = "decisions"
FINGERPRINTS = "fingerprints"
SHARDS = "shards"
WITHHELD = ("text", "title", "page_author")
"""Not in decisions/: what a takedown has to reach, since it leaves rows there. An author's name is personal data."""


def decide_part(task: folder.Task) -> int:
    """Write a decisions part: every record that was read, without its text, with outcome, reasons and signals.

    Returns:
        The number of records.
    """
    resolved, _ = folder.settings(task.work, task.run_id)
    annotated = storage.open_parquet(folder.path(task.work, "annotated", task.number))
    duplicates = duplicates_of(task.work, task.number, annotated.metadata.num_rows)
    columns = [n for n in annotated.schema_arrow.names if n not in (*WITHHELD, decontaminate.COLUMN)]
    pieces: dict[str, list[shards.Piece]] = defaultdict(list)
    start = 0
    name = f"{DECISIONS}/{folder.part_name(task.number)}.parquet"
    path = storage.join(task.output, name)
    kept = [index.INDEX.empty_table()]
    with contextlib.ExitStack() as stack:
        local = stack.enter_context(storage.create(path))
        writer: pq.ParquetWriter | None = None
        for group in range(annotated.num_row_groups):
            rows = pl.DataFrame(
                annotated.read_row_group(group, [*columns, "text"] if cuts_lines(resolved) else columns)
            )
            rows = rows.hstack(duplicates.slice(start, len(rows)))
            if cuts_lines(resolved):
                rows = lines.remove(rows, task.work, task.number).drop("text")
            table = decide(rows, resolved, task.run_id)
            arrow = to_arrow(table)
            writer = writer or stack.enter_context(pq.ParquetWriter(local, arrow.schema, **shards.DECISIONS))
            writer.write_table(arrow, row_group_size=max(1, len(rows)))
            for language, n, size in _kept(table):
                pieces[language].append(shards.Piece(task.number, group, n, size))
            kept.append(_index_rows(task, table, start))
            start += len(rows)
    contamination = decontaminate.write_part(task, annotated)
    facts = {"path": name, "rows": start, "size_bytes": storage.size(path), "sha256": storage.sha256(path)}
    listed, rows_kept = None, pa.concat_tables(kept)
    if rows_kept.num_rows:
        name = f"{FINGERPRINTS}/{folder.part_name(task.number)}.parquet"
        listed = {"path": name, **index.write_part(storage.join(task.output, name), rows_kept)}
    evidence = {"contamination": contamination, "fingerprints": listed}
    folder.mark(task.marks, DECISIONS, task.number, {**facts, **evidence, "pieces": pieces})
    return start


def _index_rows(task: folder.Task, table: pl.DataFrame, start: int) -> pa.Table:
    """The rows that a row group gives the dataset's fingerprint index: those of what is kept."""
    rows = np.flatnonzero((table["outcome"] == "kept").to_numpy())
    prints = fingerprints.read(folder.path(task.work, FINGERPRINTS, task.number, "arrow"))
    ids = table["id"].gather(rows).to_arrow().cast(pa.string())
    return index.rows_of(ids, prints.take(pa.array(rows + start)))


def decide(rows: pl.DataFrame, resolved: recipe.Resolved, run_id: str) -> pl.DataFrame:
    """Add the final `dropped_by` and the `outcome` (kept, dropped, error) to rows with their duplicate columns."""
    none = pl.lit([], pl.List(pl.String))
    reasons = [
        pl.when(condition).then(pl.concat_list(name)).otherwise(none)
        for condition, name in _corpus_rules(rows.columns, resolved)
    ]
    dropped_by = pl.concat_list("dropped_by", *reasons)
    outcome = (
        pl.when(pl.col("error") != "")
        .then(pl.lit("error"))
        .when(pl.col("dropped_by").list.len() > 0)
        .then(pl.lit("dropped"))
        .otherwise(pl.lit("kept"))
    )
    rows = rows.with_columns(dropped_by=dropped_by).with_columns(outcome=outcome, run_id=pl.lit(run_id))
    first = ["id", "outcome", "dropped_by"]
    return rows.select(*first, pl.exclude(first))


def _corpus_rules(columns: list[str], resolved: recipe.Resolved) -> list[tuple[pl.Expr, pl.Expr]]:
    """What only the whole corpus can tell of a document, as (condition to drop it, reason)."""
    rules = [(pl.col("dup_reason") != "", "dedup." + pl.col("dup_reason"))]
    asked = resolved.recipe.dedup
    if asked is not None and asked.lines is not None and "dup_line_fraction" in columns:
        share = pl.col("dup_line_fraction")
        nothing_left = pl.lit(asked.lines.remove) & (share == 1)
        rules.append(((share > asked.lines.max_fraction) | nothing_left, pl.lit("dedup.lines")))
    return rules


def cuts_lines(resolved: recipe.Resolved) -> bool:
    """Whether boilerplate lines are cut out of the published texts."""
    asked = resolved.recipe.dedup
    return asked is not None and asked.lines is not None and asked.lines.remove


def duplicates_of(work: str, part: int, rows: int) -> pl.DataFrame:
    """What deduplication says of the rows of an annotated part; that they are alone where it has not run."""
    path = folder.path(work, "duplicates", part)
    if not storage.exists(path):
        return no_duplicates(rows)
    table = pl.DataFrame(storage.open_parquet(path).read())
    path = folder.path(work, lines.STAGE, part)
    return table.hstack(pl.DataFrame(storage.open_parquet(path).read())) if storage.exists(path) else table


def no_duplicates(n: int) -> pl.DataFrame:
    """The duplicate columns of `n` documents that were compared with none."""
    return pl.select(
        dup_cluster_id=pl.repeat(-1, n, dtype=pl.Int64),
        dup_cluster_size=pl.repeat(1, n, dtype=pl.Int32),
        dup_rank=pl.repeat(0, n, dtype=pl.Int32),
        dup_reason=pl.repeat("", n, dtype=pl.String),
    )


def to_arrow(table: pl.DataFrame) -> pa.Table:
    """As Arrow, with plain strings and without nulls in the schema."""
    arrow = table.to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = [pa.field(f.name, _plain(f.type), nullable=False) for f in arrow.schema]
    return arrow.cast(pa.schema(fields))


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _plain(field.type)) for field in kind])
    return kind


def _kept(table: pl.DataFrame) -> list[tuple[str, int, int]]:
    """(language, rows, bytes of text) of what is kept."""
    kept = (
        table.filter(pl.col("outcome") == "kept")
        .group_by("language")
        .agg(pl.len(), pl.col("byte_count").cast(pl.Int64).sum())
    )
    return kept.sort("language").rows()


def plan_shards(marks: str, parts: int, shard_bytes: int) -> list[shards.Shard]:
    """The shards of the dataset, from the markers of all decisions parts."""
    pieces: dict[str, list[shards.Piece]] = defaultdict(list)
    for number in range(parts):
        for language, found in folder.marker(marks, DECISIONS, number)["pieces"].items():
            pieces[language].extend(shards.Piece(*p) for p in found)
    return shards.plan(pieces, shard_bytes)


def write_shard(task: folder.Task) -> int:
    """Write one shard of the plan in `.incomplete/shards.json`, and its marker.

    Returns:
        The number of rows.
    """
    plan = storage.read_json(storage.join(task.marks, "shards.json"))
    name, language, pieces = plan[task.number]
    path = storage.join(task.output, name)
    with storage.create(path) as local:
        rows, text_bytes = shards.write(local, (_kept_rows(task, language, shards.Piece(*p)) for p in pieces))
    facts = {"path": name, "language": language, "rows": rows, "text_bytes": text_bytes}
    written = {"size_bytes": storage.size(path), "sha256": storage.sha256(path)}
    folder.mark(task.marks, SHARDS, task.number, {**facts, **written})
    return rows


def _kept_rows(task: folder.Task, language: str, piece: shards.Piece) -> pa.Table:
    """The kept rows of one language in one row group, with the columns of `data/`."""
    annotated = storage.open_parquet(folder.path(task.work, "annotated", piece.part))
    decided = storage.open_parquet(folder.path(task.output, DECISIONS, piece.part))
    columns = [n for n in decided.schema_arrow.names if n in {*shards.DATA_COLUMNS, "outcome", "dup_line_fraction"}]
    rows = pl.DataFrame(decided.read_row_group(piece.row_group, columns))
    texts = pl.DataFrame(annotated.read_row_group(piece.row_group, ["text", "title"]))
    kept = rows.hstack(texts).filter((pl.col("outcome") == "kept") & (pl.col("language") == language))
    if cuts_lines(folder.settings(task.work, task.run_id)[0]):
        kept = kept.with_columns(lines.remove(kept.drop("edits"), task.work, piece.part)["text"])
    return to_arrow(kept.select(shards.DATA_COLUMNS))
