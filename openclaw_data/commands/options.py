"""What several commands' options mean."""

from openclaw_data.errors import DataError


def hush() -> None:
    """Keep libraries from speaking for themselves: what goes wrong is raised, and told in one line.

    Beam warns on the root logger while it is imported, and some of its loggers ask for the level INFO of their own.
    """
    import logging

    logging.basicConfig(level=logging.ERROR)
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.CRITICAL)


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


def of_runner(arguments: list[str]) -> list[str]:
    """What follows the options of a command, for the Beam runner: `--name` or `--name=value` each.

    Raises:
        DataError: something else, such as the rest of an unquoted glob, which Beam would ignore.
    """
    for item in arguments:
        if not item.startswith("--"):
            remedy = "Give each file or quoted glob by --input ID=PATH, and a runner's options as -- --name=value."
            raise DataError(f"argument {item!r}", "belongs to no option.", remedy)
    return arguments
