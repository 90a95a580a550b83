"""The one error type of this project; apart from everything else, so that the command line starts fast."""

import difflib
from collections.abc import Iterable


class DataError(Exception):
    """Bad input or a bad request, told in one line: the place, the fact and the remedy.

    The command line prints it without a traceback and exits with status 2.
    """

    def __init__(self, place: str, fact: str, remedy: str = "") -> None:
        self.place, self.fact, self.remedy = place, fact, remedy
        super().__init__(f"{place}: {fact}" + (f" {remedy}" if remedy else ""))

    def __reduce__(self) -> tuple[type["DataError"], tuple[str, str, str]]:
        """Pickle by parts, so that the error crosses from a worker to the parent unharmed."""
        return DataError, (self.place, self.fact, self.remedy)


def hint(name: str, known: Iterable[str]) -> str:
    """What to offer for an unknown name: the nearest known one, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."


class Interrupted(BaseException):
    """The user ended the command, with Ctrl-C or SIGTERM.

    It is no KeyboardInterrupt because typer would make its own "Aborted!" of that.
    """
