"""The records of the registry: contribution, release, decision, notice, maintainers; and their JSON Schemas.

What a release says of its data has the names and meanings of the dataset's own `manifest.json`.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from openclaw_data import share, storage
from openclaw_data.dataset import manifest, request
from openclaw_data.dataset.manifest import Section
from openclaw_data.registry import layout


def _real_day(text: str) -> str:
    date.fromisoformat(text)  # a ValueError is a misfit
    return text


Id = Annotated[str, StringConstraints(pattern=f"^{layout.ID.pattern}$")]
Version = Annotated[str, StringConstraints(pattern=f"^{layout.VERSION.pattern}$")]
Handle = Annotated[str, StringConstraints(pattern=f"^{layout.HANDLE.pattern}$")]
Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_real_day)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$")]
NOT_MEASURED = "not measured"
MARK = "FILL IN"
"""How a place begins that only a person can fill."""


class Both(Section):
    """A text in both languages."""

    en: str = Field(min_length=1, max_length=2000)
    zh: str = Field(min_length=1, max_length=2000)


class Location(Section):
    """Where the data can be had. Mirrors are welcome: the sha256 of every file stands in the release."""

    hub: Code = Field(description="code of vocabularies/hubs.yaml")
    url: Line = Field(description="an https:// address; never opened by any check")


class Contribution(Section):
    """`manifest.yaml`: what people say about a dataset; may change."""

    format: Literal["openclaw-data-registry/1"]
    id: Id = Field(description="equal to the folder's name")
    name: Both
    description: Both
    organisation: Line = Field(description="who publishes it")
    contact: Line = Field(description="where a request for removal is read")
    homepage: str = Field("", max_length=300)
    maintainers: tuple[Handle, ...] = Field(min_length=1, max_length=20)
    tags: tuple[Code, ...] = Field((), max_length=12, description="codes of vocabularies/tags.yaml")
    locations: tuple[Location, ...] = Field((), max_length=20)


class Release(Section):
    """`release.yaml`: a version as it was published; never changes."""

    format: Literal["openclaw-data-release/1"]
    dataset: Id
    version: Version
    digest: Sha256 = Field(description="`digest` of the dataset's manifest.json")
    previous: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
    run_id: Line
    licence: Line = Field(description="SPDX expression")
    licence_evidence: str = Field("", max_length=300, description="address of the text, for a LicenseRef-")
    languages: tuple[Code, ...] = Field(min_length=1, max_length=300)
    sources: tuple[manifest.Source, ...] = Field(min_length=1, max_length=200)
    counts: manifest.Outcomes
    contents: manifest.Contents
    shards: int = Field(ge=0)
    size_bytes: int = Field(ge=0, description="of the shards")
    takedowns: tuple[manifest.Takedown, ...] = Field((), max_length=2000)
    illegal_content_rate: Annotated[float, Field(ge=0, le=1)] | Literal["not measured"] = Field(
        description="share of sampled documents with illegal or harmful content"
    )
    optouts_applied_at: Date | Literal[""] = Field(description="date of the registry's opt-out list that was applied")
    evidence: dict[str, Sha256] = Field(description="file of the release -> its sha256")


class Vote(Section):
    """A vote; a later one of the same person replaces it."""

    handle: Handle
    vote: Literal[1, 0, -1]
    date: Date
    reason: str = Field("", max_length=1000)


class Decision(Section):
    """A question that is voted on. Votes are only added; once closed it never changes."""

    format: Literal["openclaw-data-decision/1"]
    action: Literal["accept", "deprecate", "retire", "take-down", "roadmap", "governance"]
    subject: Annotated[str, StringConstraints(max_length=64)] = Field(
        description="version (accept), notice (take-down), item (roadmap); empty for the others"
    )
    digest: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = Field(
        "", description="accept: sha256 of release.yaml; every other file of the release stands in that"
    )
    by: Handle = Field(description="who asks")
    reason: str = Field("", max_length=2000)
    opened: Date
    votes: tuple[Vote, ...] = Field((), max_length=500)
    closed: Date | Literal[""] = ""
    result: Literal["", "accepted", "rejected"] = ""


class Maintainer(Section):
    """Who may vote. `until` empty: still."""

    handle: Handle
    organisation: Line
    teams: tuple[Literal["core", "rights"], ...] = ("core",)
    since: Date
    until: Date | Literal[""] = ""


class Maintainers(Section):
    """`MAINTAINERS.yaml`."""

    format: Literal["openclaw-data-maintainers/1"]
    maintainers: tuple[Maintainer, ...] = Field((), max_length=1000)


SCHEMAS: dict[str, type[BaseModel]] = {
    "registry-contribution-1": Contribution,
    "registry-release-1": Release,
    "registry-decision-1": Decision,
    "registry-notice-1": request.Request,
    "registry-maintainers-1": Maintainers,
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `name` of manifests/schemas/."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:openclaw-data:{name}"}
    return {**head, **SCHEMAS[name].model_json_schema()}


def main() -> None:
    """Write the JSON Schemas to manifests/schemas/."""
    for name in SCHEMAS:
        path = share.folder("manifests") / "schemas" / f"{name}.schema.json"
        storage.write_json(str(path), schema(name), indent=1)


if __name__ == "__main__":
    main()
