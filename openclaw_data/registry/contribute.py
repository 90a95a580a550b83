"""`manifest init`: the contribution of a dataset, filled in from the dataset; what only people know is marked."""

import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from openclaw_data import storage
from openclaw_data.dataset import manifest
from openclaw_data.errors import DataError
from openclaw_data.registry import facts, layout, records, state, tree

_HEAD = {
    "manifest.yaml": "# What people say about the dataset; may change. Checked by: openclaw-data registry check\n",
    "release.yaml": "# Written by `openclaw-data manifest init`. Once it is in the registry it never changes.\n",
}


class Contribution(NamedTuple):
    """What was written: the folder, its files, and the places left for a person (file, member, what)."""

    folder: str
    files: tuple[str, ...]
    open_places: tuple[tuple[str, str, str], ...]
    filled: int


def init(dataset: str, registry: Path, *, id_: str = "", maintainer: str = "") -> Contribution:
    """Write the contribution of a finished dataset into a registry: manifest.yaml if it is new, and the release.

    Args:
        dataset: its folder or URL; only its manifest and what lies beside it is read, never a shard.
        registry: folder of the registry.
        id_: identifier in the registry; made from the dataset's name by default.
        maintainer: handle of who will look after it.

    Raises:
        DataError: there is no manifest, the id is none, or the release is there already.
    """
    loaded = manifest.read(dataset)
    name = id_ or re.sub(r"[^a-z0-9]+", "-", loaded.name.lower()).strip("-")
    if not layout.ID.fullmatch(name):
        raise DataError(name, "is no id of the registry.", "Give one with --id: lower-case letters, digits, hyphens.")
    if not layout.VERSION.fullmatch(loaded.version):
        raise DataError(loaded.version, "is no version of three numbers.", "Set `version` in the recipe: 1.0.0")
    folder = registry / layout.root_of(name)
    target = registry / layout.release_of(name, loaded.version)
    if (target / "release.yaml").exists():
        raise DataError(str(target), "is there already; a release never changes.", "Raise the version.")
    copied = _evidence(dataset, target)
    written = {f"{target}/{n}" for n in copied}
    documents = {"release.yaml": (target, _release(name, loaded, copied, registry))}
    if not (folder / "manifest.yaml").exists():
        documents["manifest.yaml"] = (folder, _manifest(name, loaded, maintainer))
    for file, (place, content) in documents.items():
        _write(place / file, _HEAD[file], content)
        written.add(f"{place}/{file}")
    leaves = [(f, *leaf) for f, (_, content) in documents.items() for leaf in _leaves(content)]
    marked = tuple(
        (f, where, text.removeprefix(records.MARK).strip(": ")) for f, where, text in leaves if _marked(text)
    )
    return Contribution(str(folder), tuple(sorted(written)), marked, len(leaves) - len(marked))


def _evidence(dataset: str, target: Path) -> dict[str, str]:
    """Copy what proves the release; the sha256 of each file."""
    found = {}
    for name in layout.EVIDENCE:
        source = storage.join(dataset, name)
        if storage.exists(source):
            if (size := storage.size(source)) > tree.EVIDENCE_BYTES:
                raise DataError(source, f"has {size:,} bytes.", f"The registry takes {tree.EVIDENCE_BYTES:,} a file.")
            storage.copy(source, str(target / name))
            found[name] = storage.sha256(str(target / name))
    return found


def _mark(what: str) -> str:
    return f"{records.MARK}: {what}"


def _manifest(name: str, loaded: manifest.Manifest, maintainer: str) -> dict[str, Any]:
    said = {k: str(v) for k, v in loaded.recipe.get("publication", {}).items()}
    return {
        "format": "openclaw-data-registry/1",
        "id": name,
        "name": {"en": loaded.name, "zh": said.get("name_zh") or _mark("the name in Chinese 中文名称")},
        "description": {
            "en": loaded.description.strip() or _mark("what it is, in English 英文说明"),
            "zh": said.get("description_zh") or _mark("what it is, in Chinese 中文说明"),
        },
        "organisation": said.get("creator") or _mark("who publishes it 发布机构"),
        "contact": _mark("where a request for removal is read 撤下请求的联系方式"),
        "homepage": said.get("url", ""),
        "maintainers": [maintainer or _mark("your handle 账号")],
        "tags": ["web"],
        "locations": [{"hub": "web", "url": _mark("https:// address where the data can be had 数据下载地址")}],
    }


def _release(name: str, loaded: manifest.Manifest, copied: dict[str, str], registry: Path) -> dict[str, Any]:
    own = loaded.recipe.get("publication", {}).get("licence", "")
    named = {own} if own else {s.licence for s in loaded.sources}
    licence = named.pop() if len(named) == 1 else ""
    found, rate = facts.of(loaded), facts.illegal_rate(loaded)
    return {
        "format": "openclaw-data-release/1",
        "dataset": name,
        **{k: found[k] for k in ("version", "digest", "previous", "run_id")},
        "licence": licence or _mark("SPDX expression 许可证"),
        "licence_evidence": "",
        **{k: v for k, v in found.items() if k not in ("version", "digest", "previous", "run_id")},
        "illegal_content_rate": records.NOT_MEASURED if rate is None else rate,
        "optouts_applied_at": _applied(loaded, registry),
        "evidence": copied,
    }


def _applied(loaded: manifest.Manifest, registry: Path) -> str:
    """The date of the registry's opt-out list, if the dataset was made with this very list; else for a person."""
    path = registry / state.OPTOUTS
    if not path.is_file():
        return ""
    if hashlib.sha256(path.read_bytes()).hexdigest() not in loaded.optouts.values():
        return _mark("date of the opt-out list that was applied, or '' 所用退出名单的日期")
    return max(state.load(tree.folder(registry), ())[0].optouts.values(), default="")


def _leaves(value: Any, where: str = "") -> list[tuple[str, str]]:
    """Member and text of every value."""
    if isinstance(value, dict):
        return [x for k, v in value.items() for x in _leaves(v, f"{where}.{k}" if where else str(k))]
    if isinstance(value, list):
        return [x for i, v in enumerate(value) for x in _leaves(v, f"{where}.{i}")]
    return [(where, str(value))]


def _marked(text: str) -> bool:
    return text.startswith(records.MARK)


def _write(path: Path, head: str, content: dict[str, Any]) -> None:
    with storage.create(str(path)) as name:
        Path(name).write_text(head + dump(content), encoding="utf-8")


def dump(content: dict[str, Any]) -> str:
    """YAML as the registry writes it."""
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)
