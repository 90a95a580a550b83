"""Rights in HTTP headers: TDM-Rep, AIPREF `Content-Usage`, `X-Robots-Tag` and `Link`."""

import re

from openclaw_data.rights import licences
from openclaw_data.rights.evidence import Evidence

TRAINING = frozenset(["train-ai", "train-genai", "genai", "ai", "tdm", "all", "bots"])
"""Labels of AIPREF and its drafts (vocab-01 to -07) that cover training; `search`, `inference` and others do not."""
_MAX_VALUE = 200
_LINK = re.compile(r"<([^<>]{1,1000})>((?:\s*;\s*[a-zA-Z*-]{1,20}\s*=\s*(?:\"[^\"]{0,200}\"|[^\s;,\"]{1,200})){0,8})")
_PARAMETER = re.compile(r";\s*([a-zA-Z*-]{1,20})\s*=\s*(?:\"([^\"]{0,200})\"|([^\s;,\"]{1,200}))")
_AI_TOKENS = ("noai", "noimageai")


def read(lines: str) -> Evidence:
    """The evidence in header lines (`Name: value`, one a line)."""
    values: dict[str, list[str]] = {}
    for line in lines.split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            values.setdefault(name.strip().lower(), []).append(value.strip())
    found = Evidence()
    if "tdm-reservation" in values:
        found = found.joined(tdm(values["tdm-reservation"][0], "http"))
    if "tdm-policy" in values:
        found = found.joined(policy(values["tdm-policy"][0]))
    if "content-usage" in values:
        found = found.joined(content_usage(values["content-usage"]))
    for value in values.get("x-robots-tag", ()):
        found = found.joined(robots(value, "http"))
    for value in values.get("link", ()):
        found = found.joined(link(value))
    return found


def tdm(value: str, where: str) -> Evidence:
    """`tdm-reservation`: 0 or 1; anything else is as if it were not there."""
    if value.strip() not in ("0", "1"):
        return Evidence()
    reserved = value.strip() == "1"
    signal = (f"tdmrep:{where}={value.strip()}",)
    return Evidence(signal, tdm_http=reserved) if where == "http" else Evidence(signal, tdm_meta=reserved)


def policy(value: str) -> Evidence:
    """`tdm-policy`: where a licence can be had; kept as evidence."""
    value = value.strip()[:_MAX_VALUE]
    return Evidence((f"tdmrep:policy={value}",)) if value else Evidence()


def content_usage(values: list[str]) -> Evidence:
    """AIPREF: a Structured Field Dictionary of tokens `y` and `n`; what does not parse says nothing."""
    import http_sfv

    usage: dict[str, str] = {}
    for text in [", ".join(values)] if _parses(", ".join(values)) else values:
        parsed = http_sfv.Dictionary()
        try:
            parsed.parse(text.encode("ascii"))
        except (ValueError, KeyError, IndexError, UnicodeEncodeError):
            continue
        for key, item in parsed.items():
            value = getattr(item, "value", None)
            if isinstance(value, http_sfv.Token) and str(value) in ("y", "n"):
                usage[key] = str(value)
    signals = tuple(f"aipref:{key}={value}" for key, value in usage.items())
    training = {value for key, value in usage.items() if key in TRAINING}
    return Evidence(signals, reserved="n" in training, allowed=training == {"y"})


def _parses(text: str) -> bool:
    import http_sfv

    try:
        http_sfv.Dictionary().parse(text.encode("ascii"))
    except (ValueError, KeyError, IndexError, UnicodeEncodeError):
        return False
    return True


def robots(value: str, where: str) -> Evidence:
    """`[agent:] token, token`: only `noai` and `noimageai` speak of AI; `noindex` and its kin do not."""
    tokens = {part.rpartition(":")[2].strip() for part in value.lower().split(",")}
    named = [token for token in _AI_TOKENS if token in tokens]
    return Evidence(tuple(f"robots:{token}@{where}" for token in named), reserved="noai" in named)


def link(value: str) -> Evidence:
    """`Link: <address>; rel="license"`: Creative Commons, or RSL where its type says so."""
    found = Evidence()
    for match in _LINK.finditer(value):
        parameters = {m[1].lower(): m[2] or m[3] or "" for m in _PARAMETER.finditer(match[2])}
        if "license" in parameters.get("rel", "").lower().split():
            found = found.joined(licence_link(match[1], parameters.get("type", ""), "link-header"))
    return found


def licence_link(address: str, kind: str, where: str) -> Evidence:
    """A link of the relation `license`. RSL whose terms are elsewhere gives no permission that could be seen."""
    address = address.strip()
    if kind.strip().lower() == "application/rsl+xml":
        return Evidence((f"rsl:link={address[:_MAX_VALUE]}",), reserved=True)
    spdx = licences.spdx(address)
    return Evidence((f"cc:{spdx}@{where}",), ((spdx, where),)) if spdx else Evidence()
