"""Benchmark items in the run: searched for while a split is annotated, published as evidence beside the decisions."""

import pyarrow as pa
import pyarrow.parquet as pq

from openclaw_data import documents, recipe, storage
from openclaw_data.decontamination import index, match
from openclaw_data.flow import work as folder

COLUMN = "contamination"
"""The evidence within the annotated parts: a list a document. Only there where the recipe asks for it."""
_PLACE = [f for f in match.EVIDENCE if f.name != "row"]
EVIDENCE = pa.schema([pa.field("id", pa.string(), nullable=False), *_PLACE])
"""A row an item found in a document: `start` and `end` are characters of the text after its edits, before any cut."""


def search(batch: pa.RecordBatch, asked: recipe.Decontaminate | None) -> pa.RecordBatch:
    """Add `contaminated_by` and the evidence; cut what was found out of the texts where the policy is to cut."""
    if asked is None:
        return documents.append(batch, {"contaminated_by": pa.array([[]] * len(batch), pa.list_(pa.string()))})
    found = match.find(batch.column("text"), index.load(asked.indexes), asked.coverage)
    batch = documents.append(batch, {"contaminated_by": match.contaminated_by(len(batch), found)})
    batch = documents.append(batch, {COLUMN: _lists(len(batch), found)})
    if asked.policy == "cut":
        texts, removed = match.cut(batch.column("text"), found, asked.margin)
        total = pa.array(batch.column("edits").to_numpy() + removed, pa.int32())
        batch = documents.append(batch, {"text": texts, "edits": total})
    return batch


def judge(verdict: pa.Array, batch: pa.RecordBatch, asked: recipe.Decontaminate | None) -> pa.Array:
    """The reasons of the rules with `decontaminate.<benchmark>` for what the policy drops: list<string>."""
    if asked is None or asked.policy != "drop" or not len(batch.column(COLUMN).flatten()):
        return verdict
    found = ({f"decontaminate.{e['benchmark']}" for e in row} for row in batch.column(COLUMN).to_pylist())
    return pa.array([[*a, *sorted(b)] for a, b in zip(verdict.to_pylist(), found, strict=True)], verdict.type)


def _lists(rows: int, found: pa.RecordBatch) -> pa.Array:
    """The evidence as one list of structs a row."""
    lists: list[list[dict[str, object]]] = [[] for _ in range(rows)]
    for row in found.to_pylist():
        lists[row.pop("row")].append(row)
    return pa.array(lists, pa.list_(pa.struct(_PLACE)))


def write_part(task: folder.Task, annotated: pq.ParquetFile) -> dict[str, object] | None:
    """Publish the evidence of an annotated part; None where nothing was searched for.

    Returns:
        Path, rows, size and digest, as in the manifest.
    """
    if COLUMN not in annotated.schema_arrow.names:
        return None
    name = f"{COLUMN}/{folder.part_name(task.number)}.parquet"
    path = storage.join(task.output, name)
    rows = 0
    with storage.create(path) as local, pq.ParquetWriter(local, EVIDENCE, compression="zstd") as writer:
        for group in range(annotated.num_row_groups):
            table = annotated.read_row_group(group, ["id", COLUMN])
            found = [
                {"id": identifier, **evidence}
                for identifier, lists in zip(*(table.column(n).to_pylist() for n in ("id", COLUMN)), strict=True)
                for evidence in lists
            ]
            writer.write_table(pa.Table.from_pylist(found, schema=EVIDENCE))
            rows += len(found)
    return {"path": name, "rows": rows, "size_bytes": storage.size(path), "sha256": storage.sha256(path)}
