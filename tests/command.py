"""What the fixture `cli` gives: the command line, called in the process of the tests."""

from collections.abc import Callable
from typing import NamedTuple


class Ended(NamedTuple):
    """A command that has ended, as its caller sees it."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]
