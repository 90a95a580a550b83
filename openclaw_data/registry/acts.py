"""What people do: ask, vote, close. Each writes one decision file and refuses what the rules do not allow."""

from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from openclaw_data import storage
from openclaw_data.errors import DataError, hint
from openclaw_data.registry import decisions, layout, life, records, state, tree, vocabulary, votes
from openclaw_data.registry.check import check
from openclaw_data.registry.contribute import dump
from openclaw_data.registry.state import Dataset, Registry

_GENERAL = ("roadmap", "governance")


class Asked(NamedTuple):
    """A decision with all that it is judged by."""

    path: str
    decision: records.Decision
    registry: Registry
    poll: decisions.Poll


class Question(NamedTuple):
    """What is asked: an action of records.Decision, its subject, who asks and why."""

    action: str
    subject: str
    by: str
    reason: str = ""


def propose(root: Path, dataset: str, asked: Question, today: str) -> str:
    """Open a decision about a dataset (or, for roadmap and governance, about none).

    Returns:
        The path of its file, relative to the registry.

    Raises:
        DataError: it cannot be asked now, or is asked already.
    """
    registry = state.load(tree.folder(root), [dataset] if dataset else ())[0]
    content = {"format": "openclaw-data-decision/1", **asked._asdict(), "opened": today}
    folder = "decisions"
    if asked.action in _GENERAL:
        if dataset:
            raise DataError(asked.action, "is not about a dataset.", "Write '' in its place.")
    else:
        found = _dataset(registry, dataset)
        told = life.story(found, registry.notices)
        if not life.allowed(asked.action, told.state):
            raise DataError(dataset, f"is {told.state}, so `{asked.action}` cannot be asked.", "See docs/registry.md.")
        folder = f"{layout.root_of(dataset)}/decisions"
        if asked.action == "accept":
            release = f"{layout.release_of(dataset, asked.subject)}/release.yaml"
            if asked.subject not in found.releases:
                raise DataError(release, "is not there or does not fit.", "Run: openclaw-data registry check")
            content["digest"] = decisions.digest_of(registry, release)
    said = _valid(content)
    path = f"{folder}/{decisions.file_name(said)}"
    if path in registry.tree.entries:
        raise DataError(path, "is there already.", "Vote on it: openclaw-data registry vote")
    if layout.place(path).kind == "stray":
        raise DataError(path, "is no name of a decision.", "The subject is a version, a notice or an item.")
    _write(root / path, said)
    return path


def vote(root: Path, path: str, cast: records.Vote) -> None:
    """Add a vote to an open decision.

    Raises:
        DataError: the decision is closed, the vote is dated before another, or is -1 and has no reason.
    """
    said = _asked(root, path).decision
    last = said.votes[-1].date if said.votes else said.opened
    if said.closed:
        raise DataError(path, f"was closed on {said.closed}.", "Open a new decision.")
    if cast.date < last:
        raise DataError(path, f"has a vote of {last}, later than {cast.date}.", "Votes are added in order.")
    if cast.vote == -1 and not cast.reason.strip():
        raise DataError(path, "a vote of -1 needs a reason.", "Add --reason.")
    _write(root / path, said.model_copy(update={"votes": (*said.votes, cast)}))


def close(root: Path, path: str, *, result: str, today: str) -> records.Decision:
    """Close a decision as `accepted` or `rejected`.

    Raises:
        DataError: it is closed already; or, to accept it, votes or days are missing, or the release has lints.
    """
    asked = _asked(root, path)
    said = asked.decision
    if said.closed:
        raise DataError(path, f"was closed on {said.closed} as {said.result}.", "Open a new decision.")
    if today < max([said.opened, *(v.date for v in said.votes)]):
        raise DataError(path, f"cannot be closed on {today}: it was opened or voted on later.", "Give --today.")
    if result == "accepted":
        ballot = votes.count(said, asked.registry.maintainers, asked.poll.own, asked.poll.organisation, today)
        if lacking := votes.missing(ballot, asked.poll.rule, said.opened, today):
            kind = vocabulary.names("rules", asked.poll.rule.name)[0]
            fact = f"cannot be accepted as {kind}: {'; '.join(p[0] for p in lacking)}."
            raise DataError(path, fact, "GOVERNANCE.md says what it needs.")
        found = check(asked.registry.tree, today=today, changed=[path]).lints if said.action == "accept" else ()
        if found:
            first = found[0]
            raise DataError(f"{first.file} {first.place}".strip(), first.fact[0], first.remedy[0])
    done = said.model_copy(update={"closed": today, "result": result})
    _write(root / path, done)
    return done


def handle(text: str) -> bool:
    """Whether a text can be a handle."""
    return bool(layout.HANDLE.fullmatch(text))


def _asked(root: Path, path: str) -> Asked:
    place = layout.place(path)
    registry = state.load(tree.folder(root), [place.id] if place.id else ())[0]
    if place.kind == "decision":
        found = _dataset(registry, place.id)
        step = next((s for s in life.story(found, registry.notices).steps if s.path == path), None)
        if step:
            return Asked(path, step.decision, registry, decisions.poll(found, step.rule))
    if path in registry.motions:
        said = registry.motions[path]
        return Asked(path, said, registry, decisions.Poll(vocabulary.rule(said.action)))
    raise DataError(path, "is no decision of this registry.", "Name it as `registry list` or `check` does.")


def _dataset(registry: Registry, name: str) -> Dataset:
    if name not in registry.datasets:
        known = {layout.place(p).id for p in registry.tree.entries} - {""}
        raise DataError(name or "the dataset", "is not in this registry.", hint(name, sorted(known)))
    return registry.datasets[name]


def _valid(content: dict[str, object]) -> records.Decision:
    try:
        return records.Decision.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(".".join(map(str, first["loc"])), f"{first['msg']}.", "See docs/registry.md.") from None


def _write(path: Path, said: records.Decision) -> None:
    with storage.create(str(path)) as name:
        Path(name).write_text(dump(said.model_dump(mode="json")), encoding="utf-8")
