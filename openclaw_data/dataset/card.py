"""`README.md`: the dataset card. Hugging Face and ModelScope read its YAML, people the rest, in English and Chinese."""

from typing import Any

import yaml

from openclaw_data.dataset import columns, croissant
from openclaw_data.dataset.manifest import Manifest

_HUB_IDS = {
    "Apache-2.0": "apache-2.0",
    "MIT": "mit",
    "CC0-1.0": "cc0-1.0",
    "ODC-By-1.0": "odc-by",
    "ODbL-1.0": "odbl",
    "PDDL-1.0": "pddl",
    **{f"CC-{k.upper()}-{v}": f"cc-{k}-{v}" for k in ("by", "by-sa", "by-nc", "by-nc-sa") for v in ("3.0", "4.0")},
    **{f"CC-{k.upper()}-4.0": f"cc-{k}-4.0" for k in ("by-nd", "by-nc-nd")},
}
"""SPDX -> the identifiers of the hubs, which differ."""
_SIZES = (
    *((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M")),
    *((10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B")),
)


def text(manifest: Manifest, when: str) -> str:
    """The whole card."""
    front = yaml.safe_dump(metadata(manifest), allow_unicode=True, sort_keys=False, width=100)
    return f"---\n{front}---\n\n{_body(manifest, when)}"


def metadata(manifest: Manifest) -> dict[str, Any]:
    """The YAML at the top of the card."""
    languages = [x for x in manifest.languages if any(s.language == x for s in manifest.shards)]
    patterns = {"default": "data/*/*.parquet", **{x: f"data/{x}/*.parquet" for x in languages}}
    configs: list[dict[str, Any]] = [
        {"config_name": name, "data_files": [{"split": "train", "path": path}]} for name, path in patterns.items()
    ]
    configs[0]["default"] = True
    return {
        "pretty_name": f"{manifest.name} {manifest.version}",
        **_licence(manifest),
        "language": languages or list(manifest.languages),
        "size_categories": [_size(manifest.contents.documents)],
        "task_categories": ["text-generation"],
        "tags": ["web", "openclaw-data", "croissant"],
        "configs": configs,
        "dataset_version": manifest.version,
        "dataset_rows": {"default": manifest.contents.documents, **{x: _rows(manifest, x) for x in languages}},
    }


def parsed(card: str) -> dict[str, Any]:
    """The YAML of a card as it stands.

    Raises:
        ValueError: there is none.
    """
    parts = card.split("---\n", 2)
    if len(parts) < 3 or parts[0]:
        raise ValueError("has no YAML between --- lines at its beginning")
    try:
        found = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        raise ValueError(f"has broken YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(found, dict):
        raise ValueError("has YAML that is no mapping")  # noqa: TRY004 - the file is wrong, not a caller
    return found


def _licence(manifest: Manifest) -> dict[str, str]:
    own = manifest.recipe.get("publication", {}).get("licence", "")
    named = {own} if own else {s.licence for s in manifest.sources}
    if len(named) == 1 and (only := next(iter(named))) in _HUB_IDS:
        return {"license": _HUB_IDS[only]}
    name = ", ".join(sorted(n for n in named if n)) or "not provided"
    return {"license": "other", "license_name": name}


def _size(rows: int) -> str:
    return next((name for bound, name in _SIZES if rows < bound), "10B<n<100B")


def _rows(manifest: Manifest, language: str) -> int:
    return sum(s.rows for s in manifest.shards if s.language == language)


def _body(manifest: Manifest, when: str) -> str:
    counts, contents = manifest.counts, manifest.contents
    lines = [
        f"# {manifest.name} {manifest.version}",
        croissant.english(manifest),
        croissant.chinese(manifest),
        "## Contents · 内容",
        _table(
            ("language · 语言", "documents · 文档", "words · 词"),
            [(x, f"{_rows(manifest, x):,}", f"{n:,}") for x, n in contents.tokens_by_language.items()],
        ),
        (
            f"Fetched · 抓取时间: {contents.fetched_first or '?'} – {contents.fetched_last or '?'}. "
            f"Dated · 日期: {when[:10]}."
        ),
        "## Every record is accounted for · 每条记录都有去向",
        (
            f"{counts.read:,} read = {counts.kept:,} kept + {counts.dropped:,} dropped by named rules + "
            f"{counts.errors:,} errors. `decisions/` gives the reasons for each."
        ),
        "## Sources · 来源",
        _table(
            ("source", "origin", "licence", "record"),
            [(s.id, s.origin, s.licence or "not provided", s.record) for s in manifest.sources],
        ),
        "## Rights · 权利",
        _table(("status", "documents"), [(k, f"{n:,}") for k, n in contents.by_rights_status.items()]),
        (
            "Each document carries `licence`, `rights_status` and `rights_signals`. Ask for removal at the publisher's "
            "address; a takedown raises the major version."
        ),
        "## Columns · 列",
        _table(("column", "type", "meaning"), [_column(c.name, c.type) for c in manifest.columns]),
        "## Check it · 校验",
        (
            f"```\nopenclaw-data verify .\nopenclaw-data trace . ID\n```\n\nRun `{manifest.run_id}`, openclaw-data "
            f"{manifest.code['version']}, recipe `{manifest.recipe_digest}`."
        ),
    ]
    return "\n\n".join(lines) + "\n"


def _column(name: str, kind: str) -> tuple[str, str, str]:
    return f"`{name}`", kind, columns.DESCRIPTIONS.get(name, name.replace("_", " "))


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return "none · 无"
    cells = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(_cell(c) for c in row) + " |" for row in cells)


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
