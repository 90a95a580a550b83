"""What a check finds: a lint (fails) or a hint (comments), each with file, place, fact and remedy, in two languages."""

from typing import Any, NamedTuple

from openclaw_data.audit.escapes import visible
from openclaw_data.registry.words import HINTS, LINTS

_LONGEST = 160
Pair = tuple[str, str]


class Finding(NamedTuple):
    """`lint` or `hint`; `place`: a line or member, empty for the whole file; texts are (English, Chinese)."""

    level: str
    code: str
    file: str
    place: str
    fact: Pair
    remedy: Pair


def finding(code: str, file: str, place: str = "", **values: Any) -> Finding:
    """The finding `code` of words.py, with its values filled in: short, and with nothing in them that can act.

    A value may be a pair: the English and the Chinese word for it.
    """
    level, texts = ("lint", LINTS[code]) if code in LINTS else ("hint", HINTS[code])
    en, zh = ({k: _shown(v, at) for k, v in values.items()} for at in (0, 1))
    fact = texts[0].format(**en), texts[1].format(**zh)
    remedy = texts[2].format(**en), texts[3].format(**zh)
    return Finding(level, code, _shown(file, 0), _shown(place, 0), fact, remedy)


def _shown(value: Any, at: int) -> str:
    if isinstance(value, tuple):
        value = value[at]
    text = f"{value:,}" if isinstance(value, int) else visible(str(value)[: 2 * _LONGEST])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
