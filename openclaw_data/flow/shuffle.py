"""The shuffle of a local run: what is sent lies in files of the work folder, and only its places in memory.

Whoever sends values writes them down and whoever groups them reads them there, so nothing large passes through the
run's own process, and what it holds does not grow with the documents.
"""

import itertools
import marshal
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from openclaw_data import storage

SMALL = 16_384
"""Bytes that an element sends as they are: files would cost more."""
_counter = itertools.count()


class Place(NamedTuple):
    """Where a value lies."""

    path: str
    start: int
    size: int


class Values:
    """The values of a key, read one at a time, as often as wanted."""

    def __init__(self, sent: Sequence[Any]) -> None:
        self.sent = sent

    def __iter__(self) -> Iterator[Any]:
        for value in self.sent:
            if isinstance(value, Place):
                with open(value.path, "rb") as file:  # noqa: PTH123
                    file.seek(value.start)
                    yield marshal.loads(file.read(value.size))  # noqa: S302 - our own bytes
            else:
                yield value


def lay_down(
    element: Any, folder: str, function: Callable[..., Iterator[tuple[Any, Any]]], *arguments: object
) -> Iterator[tuple[Any, Any]]:
    """What `function` yields for an element, as pairs of a key and the place of its value.

    Raises:
        DataError: the disk is full.
    """
    pairs = list(function(element, *arguments))
    coded = [marshal.dumps(value) for _, value in pairs]
    if sum(map(len, coded)) <= SMALL:
        yield from pairs
        return
    path = storage.join(folder, f"{os.getpid()}-{next(_counter)}")
    with storage.create(path, lasting=False) as name, open(name, "wb") as file:  # noqa: PTH123
        file.writelines(coded)
    starts = itertools.accumulate(map(len, coded), initial=0)
    for (key, _), start, data in zip(pairs, starts, coded, strict=False):
        yield key, Place(path, start, len(data))


def pick_up(group: tuple[Any, Sequence[Any]], function: Callable[..., Any], *arguments: object) -> Any:
    """Call `function` with a group of which `lay_down` sent the values."""
    return function((group[0], Values(group[1])), *arguments)
