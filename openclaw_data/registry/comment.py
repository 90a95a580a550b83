"""The one comment of a check: what it is about, lints and hints, English and Chinese, in Markdown that is safe."""

from collections.abc import Iterator

from openclaw_data.audit.escapes import cell, size
from openclaw_data.registry import life, vocabulary
from openclaw_data.registry.check import Checked
from openclaw_data.registry.findings import Finding
from openclaw_data.registry.records import NOT_MEASURED
from openclaw_data.registry.state import Dataset, Registry

_MOST = 100
MARK = "<!-- openclaw-data registry check -->"
"""By this line the one comment is found again and replaced."""


def markdown(checked: Checked) -> str:
    """The whole comment."""
    lints, hints = checked.lints, checked.hints
    verdict = f"❌ {len(lints)} to mend · {len(lints)} 处须修改" if lints else "✅ nothing to mend · 无须修改"
    lines = [MARK, f"## registry check · 登记处检查: {verdict}", ""]
    for id_ in checked.ids[:20]:
        lines += [*_summary(checked.registry, checked.registry.datasets[id_]), ""]
    for title, found in (("Lints (must be mended) · 必须修改", lints), ("Hints · 提示", hints)):
        if found:
            lines += [f"### {title}", "", *_list(found), ""]
    return "\n".join(lines)


def _list(found: tuple[Finding, ...]) -> Iterator[str]:
    for f in found[:_MOST]:
        where = f"{cell(f.file)}{', ' + cell(f.place) if f.place else ''}"
        yield f"* **{where}** ({f.code}): {cell(f.fact[0])} {cell(f.remedy[0])}"
        yield f"  <br>{cell(f.fact[1])}{cell(f.remedy[1])}"
    if len(found) > _MOST:
        yield f"* … {len(found) - _MOST} more · 另有 {len(found) - _MOST} 条"


def _summary(registry: Registry, dataset: Dataset) -> Iterator[str]:
    """Ten rows about a dataset, of its newest release."""
    told = life.story(dataset, registry.notices)
    state = vocabulary.names("states", told.state)
    yield f"| {cell(dataset.id)} | {state[0]} · {state[1]} |"
    yield "|---|---|"
    version = next(reversed(told.releases), "")
    if not version:
        return
    release = dataset.releases[version]
    rate = release.illegal_content_rate
    words = ", ".join(f"{k} {n:,}" for k, n in release.contents.tokens_by_language.items())
    rows = (
        ("release · 版本", f"{version}, {' · '.join(vocabulary.names('states', told.releases[version]))}"),
        ("documents · 文档", f"{release.contents.documents:,}"),
        ("words · 词", words),
        ("size · 大小", f"{size(release.size_bytes)}, {release.shards:,} × Parquet"),
        ("licence · 许可证", release.licence),
        ("sources · 来源", ", ".join(f"{s.id} ({s.origin})" for s in release.sources)),
        ("domains · 域名", f"{release.contents.domains:,}"),
        ("rights · 权利", ", ".join(f"{k} {n:,}" for k, n in release.contents.by_rights_status.items())),
        ("illegal content · 违法不良内容", "not measured · 未测量" if rate == NOT_MEASURED else f"{float(rate):.2%}"),
        ("opt-outs applied · 退出名单执行至", release.optouts_applied_at or "–"),
    )
    for name, value in rows:
        yield f"| {name} | {cell(value)} |"
