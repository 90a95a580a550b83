"""`signals` and `filters`: what there is to measure, and by which rules documents are judged."""

import json
from typing import Annotated

import typer


def signals(
    name: Annotated[str | None, typer.Argument(help="Part of a name; all by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    language: Annotated[str, typer.Option("--language", help="What they are described in: en or zh.")] = "en",
) -> None:
    """List the signals with unit, meaning and source.

    Example: openclaw-data signals duplicate
    """
    from openclaw_data.documents import DataError
    from openclaw_data.errors import hint
    from openclaw_data.signals import catalogue

    found = [e for e in catalogue.entries(language) if not name or name in e.name]
    if not found:
        raise DataError(f"signal {name!r}", "there is no such signal.", hint(str(name), catalogue.by_name()))
    if as_json:
        print(json.dumps([e._asdict() for e in found], ensure_ascii=False, indent=1))
        return
    from rich.markup import escape

    from openclaw_data.commands import tables

    heads = {"en": ("name", "unit", "meaning", "source"), "zh": ("名称", "单位", "含义", "出处")}[language]
    console = tables.console()
    for group in dict.fromkeys(e.group for e in found):
        table = tables.grid(group, *heads)
        for e in (e for e in found if e.group == group):
            table.add_row(e.name, e.unit, escape(e.meaning), escape(e.source))
        console.print(table)


def filters(
    pack: Annotated[str | None, typer.Argument(help="A pack's name or YAML file; lists all packs by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the rule packs, or the rules of one: what each keeps, and where it is taken from.

    Example: openclaw-data filters gopher-quality
    """
    from openclaw_data import rules

    packs = rules.load([pack] if pack else rules.available())
    if as_json:
        print(json.dumps([_as_dict(p) for p in packs], ensure_ascii=False, indent=1))
        return
    from rich.markup import escape

    from openclaw_data.commands import tables

    console = tables.console()
    if pack is None:
        table = tables.grid("Rule packs", "pack", "version", "rules", "languages", "what it judges", "source")
        for p in packs:
            cells = (p.name, p.version, str(len(p.rules)), ", ".join(p.languages) or "all", p.description, p.source)
            table.add_row(*map(escape, cells))
        console.print(table)
        return
    for p in packs:
        console.print(f"[bold]{escape(p.name)}[/] {escape(p.version)}: {escape(p.description)}")
        console.print(f"Source: {escape(p.source)}")
        console.print(f"Languages: {', '.join(p.languages) or 'all'}. File: {escape(p.path)}, sha256 {p.digest[:12]}…")
        table = tables.grid("", "rule", "for", "keeps", "source")
        for rule in p.rules:
            for i, (language, predicate) in enumerate(rule.keep.items()):
                speaks = "all" if language == rules.DEFAULT and len(rule.keep) == 1 else language
                first = (rule.name, rule.source) if not i else ("", "")
                table.add_row(first[0], speaks, escape(predicate), escape(first[1]))
        console.print(table)


def _as_dict(pack: object) -> dict[str, object]:
    from openclaw_data import rules

    assert isinstance(pack, rules.Pack)
    listed = [
        {
            "name": f"{pack.name}.{r.name}",
            "keep": r.keep,
            "source": r.source,
            "signals": sorted({c for k in r.keep.values() for c in rules.expression(k).meta.root_names()}),
        }
        for r in pack.rules
    ]
    fields = ("name", "version", "description", "source", "languages", "path", "digest")
    return {**{k: getattr(pack, k) for k in fields}, "rules": listed}
