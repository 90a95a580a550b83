"""`openclaw-data benchmark-index`."""

from typing import Annotated

import typer

from openclaw_data.errors import DataError


def benchmark_index(
    files: Annotated[
        list[str], typer.Argument(help="JSONL files (.gz too): question, answer, options, id, benchmark.")
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="The index: one Parquet file of hashes and item ids.")],
    words: Annotated[int, typer.Option(min=1, help="Words of a gram.")] = 13,
    han_chars: Annotated[int, typer.Option(min=1, help="Han characters of a gram.")] = 20,
) -> None:
    """Build an index of benchmark items, for `decontaminate:` in a recipe. It holds no text.

    Example: openclaw-data benchmark-index cmmlu.jsonl gsm8k.jsonl --output benchmarks.index.parquet
    """
    from collections import Counter

    from openclaw_data.decontamination import index, items

    built = index.build((item for path in files for item in items.read(path)), words, han_chars)
    if not built.table.num_rows:
        raise DataError(", ".join(map(str, files)), "there is no benchmark item to index.", "Name files with items.")
    index.write(output, built.table)
    rows = zip(*(built.table.column(n).to_pylist() for n in ("benchmark", "part")), strict=True)
    for (benchmark, part), n in sorted(Counter(rows).items()):
        print(f"{benchmark}: {n:,} {part}s")
    if built.too_short:
        shown = ", ".join(built.too_short[:5])
        print(f"Left out, too short to be told from any text: {len(built.too_short):,} ({shown}, ...)")
    print(f"Wrote {output}.")
