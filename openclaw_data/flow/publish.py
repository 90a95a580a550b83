"""Third stage: annotated parts + duplicates -> decisions, shards, manifest.

`decide_part` joins a part with its duplicates and gives every record its outcome; `write_shard` copies kept rows.
"""

import contextlib
import functools
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
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
FIRST = ("id", "outcome", "dropped_by")
"""The first columns of decisions/."""


def decide_part(task: folder.Task) -> int:
    """Write a decisions part: every record that was read, without its text, with outcome, reasons and signals.

    Returns:
        The number of records.
    """
    resolved, _ = folder.settings(task.work, task.run_id)
    annotated = storage.open_parquet(folder.path(task.work, "annotated", task.number))
    pieces: dict[str, list[shards.Piece]] = defaultdict(list)
    start = 0
    name = f"{DECISIONS}/{folder.part_name(task.number)}.parquet"
    path = storage.join(task.output, name)
    kept = [index.INDEX.empty_table()]
    prints = fingerprints.read(folder.path(task.work, FINGERPRINTS, task.number, "arrow"))
    with contextlib.ExitStack() as stack:
        local = stack.enter_context(storage.create(path))
        writer: pq.ParquetWriter | None = None
        for group, table in enumerate(_decided(task, annotated, resolved)):
            writer = writer or stack.enter_context(pq.ParquetWriter(local, table.schema, **shards.DECISIONS))
            writer.write_table(table, row_group_size=max(1, len(table)))
            for language, n, size in _kept(table):
                pieces[language].append(shards.Piece(task.number, group, n, size))
            kept.append(_index_rows(table, prints.slice(start, len(table))))
            start += len(table)
    contamination = decontaminate.write_part(task, annotated)
    facts = {"path": name, "rows": start, "size_bytes": storage.size(path), "sha256": storage.sha256(path)}
    listed, rows_kept = None, pa.concat_tables(kept)
    if rows_kept.num_rows:
        name = f"{FINGERPRINTS}/{folder.part_name(task.number)}.parquet"
        listed = {"path": name, **index.write_part(storage.join(task.output, name), rows_kept)}
    evidence = {"contamination": contamination, "fingerprints": listed}
    folder.mark(task.marks, DECISIONS, task.number, {**facts, **evidence, "pieces": pieces})
    return start


def _decided(task: folder.Task, annotated: pq.ParquetFile, resolved: recipe.Resolved) -> Iterator[pa.Table]:
    """The row groups of a decisions part. What is not decided here goes from file to file as it is."""
    duplicates = to_arrow(duplicates_of(task.work, task.number, annotated.metadata.num_rows))
    columns = [n for n in annotated.schema_arrow.names if n not in (*WITHHELD, decontaminate.COLUMN)]
    start = 0
    for group in range(annotated.num_row_groups):
        rows = annotated.read_row_group(group, [*columns, "text"] if cuts_lines(resolved) else columns)
        found = duplicates.slice(start, len(rows))
        start += len(rows)
        for name in found.column_names:
            rows = rows.append_column(name, found.column(name))
        if cuts_lines(resolved):
            rows = to_arrow(lines.remove(pl.DataFrame(rows), task.work, task.number).drop("text"))
        looked_at = [n for n in ("id", "error", "dropped_by", *found.column_names) if n in rows.column_names]
        verdict = to_arrow(decide(pl.DataFrame(rows.select(looked_at)), resolved, task.run_id))
        rest = [n for n in rows.column_names if n not in FIRST]
        yield plain(pa.table({n: (rows if n in rest else verdict).column(n) for n in (*FIRST, *rest, "run_id")}))


def _index_rows(table: pa.Table, prints: pa.Table) -> pa.Table:
    """The rows that a row group gives the dataset's fingerprint index: those of what is kept."""
    kept = pc.equal(table.column("outcome"), "kept")
    return index.rows_of(table.column("id").filter(kept), prints.filter(kept))


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
    return rows.select(*FIRST, pl.exclude(FIRST))


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
    return plain(table.to_arrow(compat_level=pl.CompatLevel.oldest()))


def plain(table: pa.Table) -> pa.Table:
    """With plain strings and lists, no nulls in the schema, and nothing that reading Parquet adds to it."""
    schema = _plain_schema(table.schema)
    columns = [c if c.type == f.type else c.cast(f.type) for c, f in zip(table.columns, schema, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


@functools.lru_cache(maxsize=8)
def _plain_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(f.name, _plain(f.type), nullable=False) for f in schema])


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _plain(field.type)) for field in kind])
    return kind


def _kept(table: pa.Table) -> list[tuple[str, int, int]]:
    """(language, rows, bytes of text) of what is kept."""
    kept = (
        pl.DataFrame(table.select(["outcome", "language", "byte_count"]))
        .filter(pl.col("outcome") == "kept")
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
        rows, text_bytes = shards.write(local, _kept_rows(task, language, [shards.Piece(*p) for p in pieces]))
    facts = {"path": name, "language": language, "rows": rows, "text_bytes": text_bytes}
    written = {"size_bytes": storage.size(path), "sha256": storage.sha256(path)}
    folder.mark(task.marks, SHARDS, task.number, {**facts, **written})
    return rows


def _kept_rows(task: folder.Task, language: str, pieces: Sequence[shards.Piece]) -> Iterator[pa.Table]:
    """The kept rows of one language, by row group, with the columns of `data/`."""
    wanted = {*shards.DATA_COLUMNS, "outcome", "dup_line_fraction"}
    cuts = cuts_lines(folder.settings(task.work, task.run_id)[0])
    for part, within in itertools.groupby(pieces, lambda piece: piece.part):
        annotated = storage.open_parquet(folder.path(task.work, "annotated", part))
        decided = storage.open_parquet(folder.path(task.output, DECISIONS, part))
        columns = [name for name in decided.schema_arrow.names if name in wanted]
        for piece in within:
            rows = decided.read_row_group(piece.row_group, columns)
            kept = pc.and_(pc.equal(rows.column("outcome"), "kept"), pc.equal(rows.column("language"), language))
            texts = annotated.read_row_group(piece.row_group, ["text", "title"])
            for name in texts.column_names:
                rows = rows.append_column(name, texts.column(name))
            rows = rows.filter(kept)
            if cuts:
                cut = lines.remove(pl.DataFrame(rows.drop_columns("edits")), task.work, part)
                rows = rows.set_column(rows.column_names.index("text"), "text", cut["text"].to_arrow())
            yield plain(rows.select(shards.DATA_COLUMNS))
