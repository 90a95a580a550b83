"""The one error type of this project; apart from everything else, so that the command line starts fast."""

import difflib
import errno
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


def of_system(error: OSError) -> DataError | None:
    """What the system said of a file, in one line; None where it names no file, which is no matter of input."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DataError(str(error.filename or "a folder"), "the disk is full.", "Make room.")
    if error.filename is None or error.errno is None:
        return None
    return DataError(
        str(error.filename2 or error.filename), *_SYSTEM.get(error.errno, (f"{error.strerror}.", "Check the path."))
    )


_SYSTEM = {
    errno.ENOENT: ("there is no such file or folder.", "Check the path."),
    errno.EACCES: ("may not be read or written.", "Check its permissions, or choose another place."),
    errno.EPERM: ("may not be read or written.", "Check its permissions, or choose another place."),
    errno.EROFS: ("lies on a disk that cannot be written.", "Choose another place."),
    errno.EEXIST: ("is a file, where a folder is needed.", "Choose another place."),
    errno.ENOTDIR: ("goes through a file as if it were a folder.", "Check the path."),
    errno.EISDIR: ("is a folder, where a file is needed.", "Check the path."),
    errno.ENAMETOOLONG: ("is too long a name for this disk.", "Choose a shorter one."),
}
"""Error number -> fact and remedy."""


class Interrupted(BaseException):
    """The user ended the command, with Ctrl-C or SIGTERM.

    It is no KeyboardInterrupt because typer would make its own "Aborted!" of that.
    """
