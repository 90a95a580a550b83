"""The registry as a site: one page of all datasets with a search, one page a dataset; all from a folder, no network."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from openclaw_data import storage
from openclaw_data.audit import page
from openclaw_data.registry import decisions, layout, life, overview, vocabulary, votes
from openclaw_data.registry.checks import public_url
from openclaw_data.registry.life import Step
from openclaw_data.registry.records import NOT_MEASURED
from openclaw_data.registry.state import Dataset, Registry

TEMPLATES = Path(__file__).parent / "templates"


def policy(script: str) -> str:
    """The content security policy: this one script by its sha256, styles in the page, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"{page.POLICY}; script-src 'sha256-{digest}'"


def write(registry: Registry, out: Path, language: str, today: str) -> int:
    """Write the site.

    Args:
        registry: what it shows.
        out: its folder.
        language: `en` or `zh`, what the pages open in.
        today: the day it is made, shown, and against which open votes are counted.

    Returns:
        How many pages were written.
    """
    made = _environment()
    script = (TEMPLATES / "site.js").read_text(encoding="utf-8")
    shared = {"language": language, "today": today, "policy": policy(script), "script": Markup(script)}  # noqa: S704
    cards = [card(registry, d) for d in registry.datasets.values()]
    pages = {"index.html": made.get_template("index.html.j2").render(cards=cards, **shared)}
    template = made.get_template("dataset.html.j2")
    for found in registry.datasets.values():
        facts = detail(registry, found, today)
        pages[f"datasets/{found.id}.html"] = template.render(d=facts, **shared)
    for name, text in pages.items():
        with storage.create(str(out / name)) as path:
            Path(path).write_text(text, encoding="utf-8")
    return len(pages)


def card(registry: Registry, found: Dataset) -> dict[str, Any]:
    """A dataset in the list; `text` is what the search looks in."""
    told = life.story(found, registry.notices)
    version = overview.shown(told)
    release, said = found.releases.get(version), found.contribution
    name = (said.name.en, said.name.zh) if said else (found.id, found.id)
    words = [found.id, *name, told.state, *vocabulary.names("states", told.state)]
    if said:
        words += [said.description.en, said.description.zh, said.organisation, *said.maintainers]
        words += [w for tag in said.tags for w in (tag, *vocabulary.names("tags", tag))]
    if release:
        words += [release.licence, *release.languages]
        words += [w for x in release.languages for w in vocabulary.names("languages", x)]
    ups = sum(v.vote == 1 for s in told.steps for v in s.decision.votes)
    facts = {"name": name, "said": said, "told": told, "version": version, "release": release}
    return {"id": found.id, **facts, "approvals": ups, "text": " ".join(words).casefold()}


def detail(registry: Registry, found: Dataset, today: str) -> dict[str, Any]:
    """All that a dataset's page shows."""
    told = life.story(found, registry.notices)
    newest = sorted(found.releases, key=layout.order, reverse=True)
    asked = [_asked(registry, found, step, today) for step in told.steps]
    about = [n for n in registry.notices.values() if n.dataset == found.id]
    return {
        **card(registry, found),
        "releases": [(v, told.releases[v], found.releases[v]) for v in newest],
        "decisions": asked[::-1],
        "notices": sorted(about, key=lambda n: n.date, reverse=True),
    }


def _asked(registry: Registry, found: Dataset, step: Step, today: str) -> dict[str, Any]:
    """A decision with what it still lacks, where it is open."""
    said = step.decision
    poll = decisions.poll(found, step.rule)
    on = said.closed or max(today, said.opened)
    ballot = votes.count(said, registry.maintainers, poll.own, poll.organisation, on)
    lacking = [] if said.closed else votes.missing(ballot, step.rule, said.opened, on)
    groups = {m.handle: m.organisation for m in registry.maintainers}
    counted = {v.handle for v, _ in ballot.binding}
    return {"said": said, "rule": step.rule.name, "lacking": lacking, "groups": groups, "counted": counted}


def _environment() -> Environment:
    made = page.environment(TEMPLATES)
    made.globals.update(names=vocabulary.names, NOT_MEASURED=NOT_MEASURED, public_url=public_url)
    return made
