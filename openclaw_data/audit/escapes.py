"""Text from outside, so that it can be seen and cannot act."""

import json
import re
import unicodedata
from typing import Any

from markupsafe import Markup

_PIECES = re.compile(r"[^._-]*[._-]+|[^._-]+")


def visible(value: Any) -> str:
    """The text as it is, but control, format and bidi characters as escapes: none can act on a terminal or page."""
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{ord(c):04x}" for c in str(value))


def breaks(value: Any) -> Markup:
    """A name or predicate that may break after its points, underscores and hyphens."""
    return Markup("").join(Markup("{}<wbr>").format(part) for part in _PIECES.findall(visible(value)))


def as_json(value: Any) -> str:
    """JSON for people, a line a value."""
    return "\n".join(visible(line) for line in json.dumps(value, ensure_ascii=False, indent=1).splitlines())
