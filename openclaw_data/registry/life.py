"""Where a dataset stands. Nobody writes its state down: it follows from the decisions that were taken."""

from collections.abc import Mapping
from typing import NamedTuple

from openclaw_data.dataset.request import Request
from openclaw_data.registry import layout, vocabulary
from openclaw_data.registry.records import Decision, Release
from openclaw_data.registry.state import Dataset
from openclaw_data.registry.vocabulary import Rule

_EVIDENCED = ("self-collected", "commercial", "user")
"""Origins whose records only people with a view of rights can judge."""
_FROM = {
    "accept": ("proposed", "accepted"),
    "deprecate": ("accepted",),
    "retire": ("deprecated",),
    "take-down": ("proposed", "accepted", "deprecated", "retired"),
}
_TO = {"accept": "accepted", "deprecate": "deprecated", "retire": "retired"}


class Step(NamedTuple):
    """A decision in its place: the rule it falls under, and the state before and after it."""

    path: str
    decision: Decision
    rule: Rule
    before: str
    after: str


class Story(NamedTuple):
    """A dataset's life. `releases`: version -> state. `current`: the newest accepted version, empty for none."""

    state: str
    releases: dict[str, str]
    current: str
    steps: tuple[Step, ...]


def story(dataset: Dataset, notices: Mapping[str, Request]) -> Story:
    """The life of a dataset, from its decisions in the order they were closed; open ones come last."""
    state, current, last = "proposed", "", ""
    releases = dict.fromkeys(sorted(dataset.releases, key=layout.order), "proposed")
    steps = []
    for path, decision in sorted(dataset.decisions.items(), key=_when):
        before, rule = state, needs(dataset, decision, last)
        about = decision.subject if decision.action == "accept" and decision.subject in releases else ""
        if about and decision.result == "rejected":
            releases[about] = "rejected"
        if decision.result == "accepted" and state in _FROM.get(decision.action, ()):
            if about:
                releases[about] = "accepted"
                last = about
            notice = notices.get(decision.subject)
            if decision.action == "take-down" and notice:
                gone = notice.affected or tuple(releases)
                releases |= dict.fromkeys((v for v in gone if v in releases), "taken-down")
                state = state if notice.affected else "taken-down"
            state = _TO.get(decision.action, state)
            current = next((v for v in reversed(list(releases)) if releases[v] == "accepted"), "")
        steps.append(Step(path, decision, rule, before, state))
    return Story(state, releases, current, tuple(steps))


def allowed(action: str, state: str) -> bool:
    """Whether a dataset in this state can be decided on so."""
    return state in _FROM.get(action, ())


def needs(dataset: Dataset, decision: Decision, last: str) -> Rule:
    """The rule a decision falls under; a release by what is new in it against the `last` one that was accepted."""
    if decision.action != "accept":
        return vocabulary.rule(decision.action)
    new, old = dataset.releases.get(decision.subject), dataset.releases.get(last)
    if new is None or old is None:
        fresh = new.sources if new else ()
        rule = vocabulary.rule("new-dataset")
    else:
        fresh = tuple(s for s in new.sources if (s.id, s.origin) not in {(o.id, o.origin) for o in old.sources})
        changed = new.licence != old.licence or _licences(new) - _licences(old)
        rule = vocabulary.rule("new-source" if fresh else "new-licence" if changed else "new-release")
    return rule._replace(team="rights") if any(s.origin in _EVIDENCED for s in fresh) else rule


def _licences(release: Release) -> set[str]:
    return {s.licence for s in release.sources}


def _when(item: tuple[str, Decision]) -> tuple[str, str, str]:
    path, decision = item
    return decision.closed or "9999", decision.opened, path
