"""What the graphs of a run are made of: five kinds of step over importable functions, and nothing else.

A graph is its last step; each step knows those before it. `flow.local` walks it in this process and its workers,
`flow.on_beam` hands it to any Beam runner. What the functions take and return, and what files they write, does not
depend on which of the two does.
"""

import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

Calls: TypeAlias = Sequence[tuple[str, Callable[..., Any], tuple[object, ...]]]
"""A chain of steps as workers get it: kind, function, arguments."""


class Step(NamedTuple):
    """One step. Its label is a verb, and stable: an engine may update a running job by it.

    `kind`: "start" is one element, b""; "each" maps an element to what `function` returns, "flat" to all it yields;
    "group" collects pairs to (key, values), "both" puts two inputs together.
    """

    label: str
    kind: Literal["start", "each", "flat", "group", "both"]
    inputs: "tuple[Step, ...]" = ()
    function: Callable[..., Any] = bytes
    arguments: tuple[object, ...] = ()

    def does(self, label: str, function: Callable[..., int], *arguments: object) -> "Step":
        """A last step: `function` writes files and returns a number."""
        return Step(label, "each", (self,), function, arguments)

    def sends(self, label: str, function: Callable[..., Iterator[Any]], *arguments: object) -> "Step":
        """A step before a `group`: `function` yields pairs of the type that its annotation says."""
        return Step(label, "flat", (self,), function, arguments)

    def group(self, label: str) -> "Step":
        """All values of a key in one place: int -> their bytes."""
        return Step(label, "group", (self,))

    def both(self, label: str, other: "Step") -> "Step":
        """What either gives."""
        return Step(label, "both", (self, other))

    def returns(self) -> Any:
        """The type of what the function gives, by its annotation: of one element where it yields several."""
        kind = typing.get_type_hints(self.function)["return"]
        return typing.get_args(kind)[0] if self.kind == "flat" else kind


def start(label: str) -> Step:
    """One element, to begin with."""
    return Step(label, "start")


def spread(label: str, items: Sequence[Any]) -> Step:
    """The items, each where a worker is free. `beam.Create` does it with random keys and pickled code of Beam's."""
    numbered = start("Start").sends(f"List {label}", _numbers, len(items)).group(f"Spread {label}")
    return Step(f"Take {label}", "each", (numbered,), _item, (items,))


def each(label: str, function: Callable[..., int], tasks: Sequence[Any], *arguments: object) -> Step:
    """Call `function` with each task, spread over the workers."""
    return spread(label, tasks).does(f"{label[0].upper()}{label[1:]}", function, *arguments)


def _numbers(_: bytes, count: int) -> Iterator[tuple[int, bytes]]:
    yield from ((number, b"") for number in range(count))


def _item(group: tuple[int, Any], items: Sequence[Any]) -> Any:
    return items[group[0]]


def apply(calls: Calls, element: Any) -> list[Any]:
    """What a chain of "each" and "flat" functions makes of one element."""
    values = [element]
    for kind, function, arguments in calls:
        if kind == "each":
            values = [function(value, *arguments) for value in values]
        else:
            values = [one for value in values for one in function(value, *arguments)]
    return values
