"""`audit`: what an auditor reads about a dataset, measured from its files."""

from typing import Annotated

import typer


def audit(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a dataset.")],
    work: Annotated[str, typer.Option("--work", help="Its work folder: samples then show how texts begin.")] = "",
    language: Annotated[str, typer.Option("--language", help="What the page opens in: en or zh.")] = "en",
    template: Annotated[
        str, typer.Option("--template", help="Fill in a disclosure: eu-ai-act, gb-t-45654 or ab-2013.")
    ] = "",
    output: Annotated[
        str, typer.Option("--output", "-o", help="With --template: .md or .html to write; standard output otherwise.")
    ] = "",
    sign_key: Annotated[
        str | None, typer.Option(metavar="PEM", help="Private key that signs the dataset again, if its files change.")
    ] = None,
) -> None:
    """Measure a dataset and write its audit report: audit/report.json, report.html and domains.csv.

    Every run does so at its end. The page is one file: no script, nothing fetched, English and Chinese. Where the
    report is another one than before, the manifest is written again, so that `verify` holds.

    Example: openclaw-data audit out
    """
    if template:
        _disclose(dataset, template, output, language)
        return
    from openclaw_data import storage
    from openclaw_data.audit import write
    from openclaw_data.dataset import manifest as manifests
    from openclaw_data.dataset.seal import seal

    manifest = manifests.read(dataset)
    found = write.audit(dataset, manifest.model_dump(mode="json"), work=work, language=language)
    listed = {f.path: f.sha256 for f in manifest.files}
    written = {f"{write.FOLDER}/{name}" for name in write.FILES}
    if any(storage.sha256(storage.join(dataset, path)) != listed.get(path) for path in written):
        seal(dataset, manifest, sign_key)
    missing = ", ".join(m.block for m in found.not_measured)
    print(f"Written: {dataset.rstrip('/')}/{write.FOLDER}/report.html, report.json, domains.csv")
    print(f"Not measured: {missing or 'nothing'}")


def _disclose(dataset: str, template: str, output: str, language: str) -> None:
    """Fill in a template from the written report, or from the dataset where there is none."""
    from pathlib import Path

    from openclaw_data import storage
    from openclaw_data.audit import compliance, numbers, page, report, write
    from openclaw_data.dataset import manifest as manifests
    from openclaw_data.documents import DataError
    from openclaw_data.errors import hint

    if template not in compliance.TEMPLATES:
        raise DataError(f"--template {template}", "there is no such template.", hint(template, compliance.TEMPLATES))
    if language not in write.LANGUAGES:
        raise DataError(f"--language {language}", "is not a language of the report.", "Write en or zh.")
    written = storage.read_json(storage.join(dataset, write.FOLDER, "report.json"))
    if written is None:
        made = manifests.read(dataset).model_dump(mode="json")
        found = numbers.measure(numbers.count(dataset, made), made)
    else:
        found = report.Report.model_validate(written)
    filled = compliance.fill(template, found)
    if output.endswith(".html"):
        text = page.disclosure(filled, found, language)
    else:
        text = compliance.markdown(filled, found, language)
    if not output:
        print(text, end="")
        return
    with storage.create(output) as name:
        Path(name).write_text(text, encoding="utf-8")
    print(f"Written: {output}")
