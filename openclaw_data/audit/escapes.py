"""How values are written: text from outside so that it can be seen and cannot act, numbers so that they read well."""

import json
import re
import unicodedata
from typing import Any

from markupsafe import Markup, escape

_PIECES = re.compile(r"[^._-]*[._-]+|[^._-]+")


def visible(value: Any) -> str:
    """The text as it is, but control, format and bidi characters as escapes: none can act on a terminal or page."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{ord(c):04x}" for c in text)


def cell(value: Any) -> str:
    """Text for Markdown, in a table or out of it: marks that could become markup are written as entities."""
    text = " ".join(visible(line) for line in str(value).splitlines())
    return "".join(f"&#{ord(c)};" if c in "&<>`[]|\\@" else c for c in text)


def breaks(value: Any) -> Markup:
    """A name or predicate that may break after its points, underscores and hyphens."""
    return Markup(_PIECES.sub(r"\g<0><wbr>", str(escape(visible(value)))))  # noqa: S704 - it is escaped


def as_json(value: Any) -> str:
    """JSON for people, a line a value."""
    return "\n".join(visible(line) for line in json.dumps(value, ensure_ascii=False, indent=1).splitlines())


def integer(value: int) -> str:
    """12,345."""
    return f"{value:,}"


def percent(part: float, whole: float) -> str:
    """A share with one decimal."""
    return f"{100 * part / whole:.1f}\u00a0%" if whole else "–"


def size(value: int) -> str:
    """Bytes in the unit that reads best."""
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:,.1f} {unit}" if unit != "B" else f"{value} B"
        value = value / 1000  # type: ignore[assignment]
    return f"{value:,.1f} TB"
