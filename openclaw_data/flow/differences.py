"""What differs between two runs, in words a user knows: told where a folder holds the other one."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_MOST = 5
_LONGEST = 60


def told(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """How the run `wanted` differs from the run `found`, both as `work.identity` gives them; empty where it does not.

    Returns:
        Such as `extract.max_page_bytes was 2000000, is 3000000; input cc/b.warc.gz is new`.
    """
    if all(found.get(key) == wanted.get(key) for key in {*found, *wanted}):
        return ""
    facts = [*_values(_recipe(found), _recipe(wanted)), *_values(_inputs(found), _inputs(wanted))]
    for name in ("models", "benchmarks", "optouts"):
        old, new = found.get(name) or {}, wanted.get(name) or {}
        facts += [f"{name}: {key} is another" for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if found.get("version") != wanted.get("version"):
        facts.append(f"openclaw-data was {found.get('version')}, is {wanted.get('version')}")
    elif found.get("code") != wanted.get("code"):
        facts.append(f"openclaw-data {wanted.get('version')} has changed code")
    facts = facts or ["the content of rule packs, lists or indexes"]  # they are in the recipe's digest alone
    return "; ".join(facts[:_MOST]) + (f"; and {len(facts) - _MOST} more" if len(facts) > _MOST else "")


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted({*old, *new}):
        if key not in old:
            yield f"{key} is new"
        elif key not in new:
            yield f"{key} is gone"
        elif old[key] != new[key]:
            yield f"{key} {_change(old[key], new[key])}"


def _change(old: Any, new: Any) -> str:
    if isinstance(old, list) and isinstance(new, list):
        more = [f"has {_short(value)} more" for value in new if value not in old]
        moved = [*more, *(f"lacks {_short(value)}" for value in old if value not in new)]
        return ", ".join(moved[:_MOST]) or "has another order"
    return f"was {_short(old)}, is {_short(new)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _recipe(run: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe flat: dotted key -> value; sources by their ids, without their paths, which are inputs."""
    body = json.loads(run.get("recipe") or "{}")
    sources = {source["id"]: {k: v for k, v in source.items() if k != "paths"} for source in body.pop("sources", [])}
    return dict(_flat({**body, "sources": sources}, ""))


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else name)
    else:
        yield key, value


def _inputs(run: Mapping[str, Any]) -> dict[str, int]:
    return {f"input {i['source_id']}/{i['name']} (bytes)": i["size_bytes"] for i in run.get("inputs") or []}
