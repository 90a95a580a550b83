"""A request to take documents out, as written in YAML; the registry's notices are such requests."""

import hashlib
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from openclaw_data import yaml_strict
from openclaw_data.dataset.manifest import Section
from openclaw_data.errors import DataError
from openclaw_data.rights import optout

_NAMING = ("ids", "urls", "url_prefixes", "domains", "text_sha256")
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_MEANT = {
    "extra_forbidden": f"is no member of a request; {', '.join(_NAMING)} are",
    "tuple_type": "is one value, but takes a list: [...]",
    "missing": "is missing",
    "string_type": "is no text: put it in quotes",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
    "too_short": "is empty",
}
"""Errors in words that need no knowledge of how this program reads YAML."""
_FORMS = {
    "id": "takes letters, digits, `.`, `_` and `-`, 63 at most",
    "date": "is no date of the form YYYY-MM-DD",
    "received": "is no date of the form YYYY-MM-DD",
    "text_sha256": "takes 64 hexadecimal digits, in lower case",
}
"""Member -> what is said of a text in it that has another form."""
_NEEDED = f"A request has id, date, reason and at least one of {', '.join(_NAMING)}."
Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Request(Section):
    """A document that any line of it names is removed. The last five members are the registry's."""

    id: Id = Field(description="its name, for example TD-2026-0007")
    date: Date = Field(description="when it was decided")
    reason: str = Field(min_length=1, max_length=500, description="why, without personal data")
    ids: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    url_prefixes: tuple[str, ...] = ()
    domains: tuple[str, ...] = Field((), description="with all hosts below them")
    text_sha256: tuple[Sha256, ...] = ()
    dataset: str = Field("", max_length=63, description="id of the dataset in the registry")
    code: str = Field("", max_length=64, description="code of vocabularies/reasons.yaml")
    received: Date | Annotated[str, StringConstraints(pattern="^$")] = Field("", description="when it was asked for")
    affected: tuple[str, ...] = Field((), description="releases taken down for it; none: the whole dataset is")
    fixed_in: str = Field("", max_length=32, description="the first release without the documents")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.ids or self.urls or self.url_prefixes or self.domains or self.text_sha256 or self.dataset):
            raise ValueError("names nothing to remove: give ids, urls, url_prefixes, domains or text_sha256")
        if not all(p.strip() for p in (*self.ids, *self.urls, *self.url_prefixes, *self.domains)):
            raise ValueError("holds an empty string, which would fit every document")
        return self


def read(path: str | Path) -> Request:
    """Read a request.

    Raises:
        DataError: it is not valid; names file, line and member.
    """
    data, positions = yaml_strict.load(Path(path))
    if not isinstance(data, dict):
        raise DataError(str(path), "is empty." if data is None else "is no mapping of names to values.", _NEEDED)
    try:
        return Request.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = tuple(p for p in first["loc"] if isinstance(p, int | str))
        name = ".".join(str(p) for p in where) or "the request"
        place = f"{path}, line {yaml_strict.line_of(positions, where)}"
        meant = _FORMS.get(str(where[0])) if first["type"] == "string_pattern_mismatch" and where else None
        meant = meant or _MEANT.get(first["type"], first["msg"]).removeprefix("Value error, ")
        raise DataError(place, f"{name}: {meant}.", _NEEDED if first["type"] == "missing" else "") from None


def from_optouts(path: str, date: str) -> Request:
    """The request that an opt-out list amounts to: every domain in it, named by the list's sha256.

    Args:
        path: a list as `rights.optout` of a recipe takes it.
        date: when it is applied, YYYY-MM-DD.

    Raises:
        DataError: the list cannot be read or is empty.
    """
    found = optout.load([path])
    if not found.domains:
        raise DataError(path, "names no domain.", "Nothing is to be taken down.")
    digest = next(iter(found.digests.values()))
    listed = hashlib.sha256("\n".join(sorted(found.domains)).encode()).hexdigest()
    reason = f"opt-out list {next(iter(found.digests))}, sha256 {digest}"
    return Request(id=f"OO-{listed[:12]}", date=date, reason=reason, domains=tuple(sorted(found.domains)))
