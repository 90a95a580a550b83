"""`dedup-check` and `index`: what of a file a dataset holds already; indexes merged, and made to forget."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openclaw_data.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from openclaw_data import ingest

app = typer.Typer(help="Fingerprint indexes: merge them, or make one forget documents.", no_args_is_help=True)
_ENDINGS = {".parquet": "parquet", ".jsonl": "jsonl", ".json": "jsonl", ".ndjson": "jsonl"}


def dedup_check(
    file: Annotated[str, typer.Argument(help="A JSONL, Parquet, WARC or WET file, or a glob of such.")],
    against: Annotated[
        list[str], typer.Option("--against", help="A dataset's folder or an index; may be repeated.", metavar="INDEX")
    ],
    threshold: Annotated[float, typer.Option(min=0.01, max=0.99, help="Jaccard similarity of near duplicates.")] = 0.8,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Tell how much of a local file is new to a published dataset, from the dataset's fingerprints alone.

    Example: openclaw-data dedup-check mine.jsonl --against dataset/
    """
    import json

    from openclaw_data.dedup import index, local

    indexes = [index.open_index(folder) for folder in against]
    splits = _splits(file)
    table, unusable = _fingerprints(splits)
    found = [index.known(table, one, threshold) for one in indexes]
    exact = sum(f == index.EXACT for f in found) > 0
    near = ~exact & (sum(f == index.NEAR for f in found) > 0)
    within = local.deduplicate([table], threshold=threshold)["dup_rank"].to_numpy() > 0
    new = ~exact & ~near
    answer = {
        "documents": table.num_rows,
        "known_exact": int(exact.sum()),
        "known_near": int(near.sum()),
        "repeated_in_file": int((new & within).sum()),
        "new": int((new & ~within).sum()),
        "unusable": unusable,
    }
    if as_json:
        print(json.dumps(answer))
        return
    share = answer["new"] / max(1, table.num_rows)
    print(f"{answer['documents']:,} documents ({unusable:,} more have no text)")
    print(f"  known, same text    {answer['known_exact']:,}")
    print(f"  known, near         {answer['known_near']:,}")
    print(f"  repeated in FILE    {answer['repeated_in_file']:,}")
    print(f"  new                 {answer['new']:,} ({share:.1%})")


@app.command()
def forget(
    folder: Annotated[str, typer.Argument(metavar="INDEX", help="A dataset's folder or an index.")],
    ids: Annotated[str, typer.Option("--ids", help="Ids separated by commas, or a file with one a line.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Where to write it; must be given for a dataset's folder.")
    ] = None,
) -> None:
    """Remove documents from an index, so that it no longer knows them.

    Example: openclaw-data index forget index/ --ids taken-down.txt
    """
    from openclaw_data import storage
    from openclaw_data.dedup import index

    wanted = Path(ids).read_text("utf-8").split() if Path(ids).is_file() else ids.split(",")
    if output is not None and output != folder and storage.names(output):
        raise DataError(output, "is not empty.", "Choose another --output; nothing is overwritten.")
    gone = index.forget(index.open_index(folder), {i.strip() for i in wanted} - {""}, output or folder)
    print(f"{gone:,} of {len(wanted):,} ids were there and are forgotten: {output or folder}")


@app.command()
def merge(
    folders: Annotated[list[str], typer.Argument(metavar="INDEX...", help="Datasets' folders or indexes.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of the new index; must be new or empty.")],
) -> None:
    """Make one index of several; a document that two hold stands in it once.

    Example: openclaw-data index merge dataset-1/ dataset-2/ --output index/
    """
    from openclaw_data.dedup import index

    merged = index.merge([index.open_index(folder) for folder in folders], output)
    print(f"{merged.rows:,} documents in {len(merged.files)} parts: {output}")


def _splits(file: str) -> "list[ingest.Split]":
    from openclaw_data import ingest

    name = file.lower().removesuffix(".gz").removesuffix(".zst")
    format_ = _ENDINGS.get(Path(name).suffix, "warc")
    return ingest.plan([ingest.Source("file", format_, [file])])


def _fingerprints(splits: "list[ingest.Split]") -> "tuple[pa.Table, int]":
    """The fingerprints of the documents in files, and how many records have no text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from openclaw_data import dedup, edits, extraction, ingest

    found: list[Any] = [dedup.FINGERPRINT.empty_table()]
    unusable = 0
    for split in splits:
        for raw in ingest.read(split):
            pages = extraction.pages(raw)
            usable = pages.filter(pc.greater(pc.binary_length(pages.column("text")), 0))
            unusable += pages.num_rows - usable.num_rows
            found.append(pa.Table.from_batches([dedup.fingerprint(edits.apply(usable, ("normalise",)))]))
    return pa.concat_tables(found).combine_chunks(), unusable
