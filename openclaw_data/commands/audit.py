"""`audit`: what an auditor reads about a dataset, measured from its files."""

from typing import Annotated

import typer


def audit(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a dataset.")],
    work: Annotated[str, typer.Option("--work", help="Its work folder: samples then show how texts begin.")] = "",
    language: Annotated[str, typer.Option("--language", help="What the page opens in: en or zh.")] = "en",
) -> None:
    """Measure a dataset and write its audit report: audit/report.json, report.html and domains.csv.

    Every run does so at its end. The page is one file: no script, nothing fetched, English and Chinese.

    Example: openclaw-data audit out
    """
    from openclaw_data.audit import write

    found = write.audit(dataset, write.read_manifest(dataset), work=work, language=language)
    missing = ", ".join(m.block for m in found.not_measured)
    print(f"Written: {dataset.rstrip('/')}/{write.FOLDER}/report.html, report.json, domains.csv")
    print(f"Not measured: {missing or 'nothing'}")
