"""Checks of decisions: what each is about, its votes, and whether it may be closed as it was."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from openclaw_data.registry import layout, life, vocabulary, votes
from openclaw_data.registry.findings import Finding, finding
from openclaw_data.registry.life import Step
from openclaw_data.registry.records import Decision
from openclaw_data.registry.state import Dataset, Registry
from openclaw_data.registry.tree import YAML_BYTES
from openclaw_data.registry.vocabulary import Rule


class Poll(NamedTuple):
    """How a decision is counted: by which rule, and whose votes do not count because they are the publisher's."""

    rule: Rule
    own: tuple[str, ...] = ()
    organisation: str = ""


def poll(found: Dataset, rule: Rule) -> Poll:
    """How a decision about a dataset is counted."""
    return Poll(rule, found.own, found.contribution.organisation if found.contribution else "")


def check(registry: Registry, found: Dataset, step: Step, today: str) -> Iterator[Finding]:
    """A decision: what it is about, its votes, and whether it may be closed as it was."""
    path, said = step.path, step.decision
    if said.action in ("roadmap", "governance"):
        yield finding("unknown_action", path, action=said.action)
        return
    yield from _form(path, said)
    if said.action == "accept":
        yield from _accepts(registry, found, step)
    elif said.action == "take-down":
        notice = registry.notices.get(said.subject)
        if notice is None or notice.dataset != found.id:
            yield finding("decision_subject", path, "subject", subject=said.subject)
    elif said.subject:
        yield finding("decision_subject", path, "subject", subject=said.subject)
    if said.result != "rejected" and not life.allowed(said.action, step.before):
        state = vocabulary.names("states", step.before)
        yield finding("transition", path, action=said.action, state=state)
    yield from tally(registry, path, said, poll(found, step.rule), today)


def _accepts(registry: Registry, found: Dataset, step: Step) -> Iterator[Finding]:
    path, said = step.path, step.decision
    release = f"{layout.release_of(found.id, said.subject)}/release.yaml"
    if said.subject not in found.releases:
        if release not in registry.tree.entries:
            yield finding("decision_subject", path, "subject", subject=said.subject)
        return
    digest = digest_of(registry, release)
    if said.digest != digest:
        yield finding("decision_digest", path, "digest", said=said.digest or "–", found=digest)
    closed = [
        d.subject
        for d in found.decisions.values()
        if d.action == "accept" and d.result == "accepted" and (d.closed, d.opened) < (said.closed or "9", said.opened)
    ]
    before = max(closed, key=layout.order, default="")
    if before and before != said.subject and layout.order(before) >= layout.order(said.subject):
        yield finding("not_newer", release, before=before)


def digest_of(registry: Registry, path: str) -> str:
    """The sha256 of a record as it stands."""
    return hashlib.sha256(registry.tree.read(path, YAML_BYTES)).hexdigest()


def _form(path: str, said: Decision) -> Iterator[Finding]:
    wanted = file_name(said)
    if path.rsplit("/", 1)[-1] != wanted:
        yield finding("decision_name", path, wanted=wanted)
    if bool(said.closed) != bool(said.result):
        yield finding("closed_half", path)
    last = said.opened
    for vote in said.votes:
        if vote.date < last or (said.closed and vote.date > said.closed):
            words = {"handle": vote.handle, "date": vote.date, "opened": said.opened, "closed": said.closed or "…"}
            yield finding("vote_date", path, "votes", **words)
        last = max(last, vote.date)
        if vote.vote == -1 and not vote.reason.strip():
            yield finding("vote_reason", path, "votes", handle=vote.handle)


def file_name(said: Decision) -> str:
    """How a decision's file is named: its day, what is asked, and of what."""
    return "-".join(filter(None, (said.opened, said.action, said.subject.lower()))) + ".yaml"


def tally(registry: Registry, path: str, said: Decision, poll: Poll, today: str) -> Iterator[Finding]:
    """The quorum of a closed decision, and what an open one still lacks."""
    on = said.closed or max(today, said.opened)
    ballot = votes.count(said, registry.maintainers, poll.own, poll.organisation, on)
    lacking = votes.missing(ballot, poll.rule, said.opened, on)
    why = "; ".join(p[0] for p in lacking), "；".join(p[1] for p in lacking)
    kind = vocabulary.names("rules", poll.rule.name)
    if said.result == "accepted" and lacking:
        yield finding("quorum", path, why=why, rule=kind)
    if not said.closed:
        code = "waiting" if lacking else "ready"
        yield finding(code, path, rule=kind, why=why, path=path)
        for handle, reason in ballot.noted:
            yield finding("not_binding", path, "votes", handle=handle, why=reason)


def motions(registry: Registry, today: str) -> Iterator[Finding]:
    """Decisions about the registry and the project as a whole."""
    for path, said in registry.motions.items():
        if said.action not in ("roadmap", "governance"):
            yield finding("unknown_action", path, action=said.action)
            continue
        yield from _form(path, said)
        yield from tally(registry, path, said, Poll(vocabulary.rule(said.action)), today)
