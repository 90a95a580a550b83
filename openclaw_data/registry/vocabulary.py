"""The controlled vocabularies: codes with their names in both languages, and what a decision of each kind needs."""

from functools import cache
from typing import Any, NamedTuple

from openclaw_data import share, yaml_strict


class Rule(NamedTuple):
    """What a decision needs. `share`: of the binding votes that must be +1. `team`: one of the approvals is of it."""

    name: str
    approvals: int
    organisations: int
    days: int
    team: str = ""
    share: float = 2 / 3


@cache
def codes(name: str) -> dict[str, dict[str, Any]]:
    """The codes of manifests/vocabularies/NAME.yaml."""
    path = share.folder("manifests") / "vocabularies" / f"{name}.yaml"
    found: dict[str, dict[str, Any]] = yaml_strict.load(path)[0]["codes"]
    return found


def names(vocabulary: str, code: str) -> tuple[str, str]:
    """A code's English and Chinese name; the code itself where it has none."""
    entry = codes(vocabulary).get(code, {})
    return entry.get("en", code), entry.get("zh", code)


def rule(name: str) -> Rule:
    """What a decision of the kind `name` needs."""
    entry = codes("rules")[name]
    return Rule(name, **{k: v for k, v in entry.items() if k not in ("en", "zh")})
