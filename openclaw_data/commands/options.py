"""What several commands' options mean."""

from openclaw_data.errors import DataError


def by_source(inputs: list[str]) -> dict[str, list[str]]:
    """`ID=PATH` as given to `--input`, by source.

    Raises:
        DataError: one is not of that form.
    """
    found: dict[str, list[str]] = {}
    for item in inputs:
        key, equals, path = item.partition("=")
        if not equals or not key or not path:
            raise DataError(f"--input {item}", "is not of the form ID=PATH.", "Example: --input cc=crawl.warc.gz")
        found.setdefault(key, []).append(path)
    return found
