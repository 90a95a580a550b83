"""Votes: who counts, and what a decision still lacks. Pure: decision, rule and maintainers in, sentences out."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from openclaw_data.registry.findings import Pair
from openclaw_data.registry.records import Decision, Maintainer, Vote
from openclaw_data.registry.vocabulary import Rule


class Ballot(NamedTuple):
    """The last vote of everyone who counts, with their entry; and who does not count, and why."""

    binding: tuple[tuple[Vote, Maintainer], ...]
    noted: tuple[tuple[str, Pair], ...]


def count(
    decision: Decision, maintainers: Sequence[Maintainer], own: Collection[str], organisation: str, on: str
) -> Ballot:
    """Who counts.

    Args:
        decision: with its votes.
        maintainers: of the registry.
        own: maintainers of the dataset, who do not vote on it.
        organisation: that publishes it; its people do not vote on it either.
        on: the day it is counted, YYYY-MM-DD; later votes are left out.
    """
    last = {v.handle: v for v in decision.votes if decision.opened <= v.date <= on}
    binding, noted = [], []
    for handle, vote in last.items():
        entry = next((m for m in maintainers if m.handle == handle and _serves(m, vote.date)), None)
        if entry is None:
            noted.append((handle, ("is no maintainer of the registry then", "当时不是登记处维护者")))
        elif handle in own or _same(entry.organisation, organisation):
            noted.append((handle, ("belongs to the publisher", "属于发布方")))
        else:
            binding.append((vote, entry))
    return Ballot(tuple(binding), tuple(noted))


def _serves(entry: Maintainer, day: str) -> bool:
    return entry.since <= day and (not entry.until or day <= entry.until)


def _same(a: str, b: str) -> bool:
    return a.strip().casefold() == b.strip().casefold()


def missing(ballot: Ballot, rule: Rule, opened: str, on: str) -> list[Pair]:
    """What a decision lacks on a day, a sentence each; nothing: it may be closed as accepted."""
    ups = [m for v, m in ballot.binding if v.vote == 1]
    downs = sum(v.vote == -1 for v, _ in ballot.binding)
    organisations = {m.organisation.strip().casefold() for m in ups}
    days = (date.fromisoformat(on) - date.fromisoformat(opened)).days
    found: list[Pair] = []
    if len(ups) < rule.approvals:
        en = f"{len(ups)} of {rule.approvals} approvals are there"
        found.append((en, f"赞成 {len(ups)} 票，需要 {rule.approvals} 票"))
    elif len(organisations) < rule.organisations:
        en = f"the approvals are of {len(organisations)} organisation, not of {rule.organisations}"
        found.append((en, f"赞成票来自 {len(organisations)} 个机构，需要 {rule.organisations} 个"))
    if rule.team and not any(rule.team in m.teams for m in ups):
        found.append((f"nobody of the team {rule.team} has approved", f"{rule.team} 组尚无人赞成"))
    if downs and len(ups) < rule.share * (len(ups) + downs):
        en = f"{len(ups)} of {len(ups) + downs} binding votes are +1, {rule.share:.0%} must be"
        found.append((en, f"{len(ups) + downs} 张有效票中赞成 {len(ups)} 张，须达 {rule.share:.0%}"))
    if days < rule.days:
        found.append(
            (f"{days} of {rule.days} days have passed", f"已过 {days} 天，需要 {rule.days} 天"),
        )
    return found
