"""Pages from data: Jinja2 with everything escaped, one file each, nothing fetched and no script."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from openclaw_data.audit import annex, charts, compliance, report, words
from openclaw_data.audit.compiled import Compiled
from openclaw_data.audit.escapes import as_json, breaks, integer, percent, size, visible
from openclaw_data.signals import catalogue, risks

TEMPLATES = Path(__file__).parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@lru_cache(maxsize=4)
def environment(*folders: Path) -> Environment:
    """A Jinja2 environment over this package's templates and those of `folders`."""
    made = Environment(
        loader=FileSystemLoader([TEMPLATES, *folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # no filter's result becomes a part of the compiled template
        bytecode_cache=Compiled(Path(__file__)),
    )
    made.globals.update(
        t=words.both, pair=words.pair, named=words.named, charts=charts, policy=POLICY, risk=risk, said=said
    )
    made.filters.update(
        visible=visible, breaks=breaks, as_json=as_json, n=integer, percent=percent, size=size, short=short
    )
    return made


def render(found: report.Report, language: str = "en") -> str:
    """The report as a page; `language` (`en` or `zh`) is what it opens in."""
    template = environment().get_template("report.html.j2")
    return template.render(r=found, language=language, title=f"{found.identity.name} {found.identity.version}")


def disclosure(filled: compliance.Filled, found: report.Report, language: str = "en") -> str:
    """A filled template as a page."""
    template = environment().get_template("compliance.html.j2")
    facts = {"verdicts": compliance.VERDICTS, "note": compliance.NOTE, "title": filled.title[language == "zh"]}
    return template.render(filled=filled, r=found, language=language, **facts)


def risk(code: str) -> Markup:
    """What a code of annex A stands for; itself, where it is none."""
    return words.pair(risks.RISKS[code], annex.RISKS_ZH[code]) if code in risks.RISKS else words.pair(code, code)


def said(signal: report.Histogram, what: str) -> Markup:
    """A signal's `unit` or `meaning`; the Chinese is that of filters/README.zh.md, where it has the signal."""
    english, entry = getattr(signal, what), catalogue.by_name("zh").get(signal.name)
    chinese = getattr(entry, what) if entry else english
    return words.pair(words.coded(visible(english)), words.coded(visible(chinese)))


def short(value: Any) -> str:
    """A signal's value."""
    return charts.number(value) if isinstance(value, float) else visible(value)
