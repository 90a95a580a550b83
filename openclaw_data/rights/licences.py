"""Addresses of Creative Commons licences to SPDX identifiers."""

import re

_CC = re.compile(
    r"(?:https?:)?//(?:www\.)?creativecommons\.org/"
    r"(licenses|publicdomain)/([a-z-]{2,12})/(\d\.\d)(?:/([a-z]{2,4})(?![a-z]))?",
    re.IGNORECASE,
)
_KINDS = {"by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd"}
_OLD_ORDER = {"by-nd-nc": "by-nc-nd", "by-sa-nc": "by-nc-sa"}
_VERSIONS = {"1.0", "2.0", "2.1", "2.5", "3.0", "4.0"}
_NOT_PORTS = {"deed", "lega", "rdf"}
_PORTED = frozenset(
    """
    CC-BY-2.5-AU CC-BY-3.0-AT CC-BY-3.0-AU CC-BY-3.0-DE CC-BY-3.0-IGO CC-BY-3.0-NL CC-BY-3.0-US CC-BY-NC-3.0-DE
    CC-BY-NC-ND-3.0-DE CC-BY-NC-ND-3.0-IGO CC-BY-NC-SA-2.0-DE CC-BY-NC-SA-2.0-FR CC-BY-NC-SA-2.0-UK CC-BY-NC-SA-3.0-DE
    CC-BY-NC-SA-3.0-IGO CC-BY-ND-3.0-DE CC-BY-SA-2.0-UK CC-BY-SA-2.1-JP CC-BY-SA-3.0-AT CC-BY-SA-3.0-DE CC-BY-SA-3.0-IGO
    """.split()  # noqa: SIM905 - a list of quoted strings is harder to read and to compare
)
"""Ported licences that the SPDX list has (version 3.25); others become `LicenseRef-`."""


def spdx(address: str) -> str:
    """The SPDX identifier of a Creative Commons address, "" for any other.

    `//creativecommons.org/licenses/by/3.0/cn/` gives `LicenseRef-CC-BY-3.0-CN`: not every port is on the SPDX list.
    """
    found = _CC.match(address.strip())
    if not found:
        return ""
    place, kind, version, port = (found[1].lower(), found[2].lower(), found[3], (found[4] or "").lower())
    if place == "publicdomain":
        return {"zero": f"CC0-{version}", "mark": f"LicenseRef-CC-PDM-{version}"}.get(kind, "")
    kind = _OLD_ORDER.get(kind, kind)
    if kind not in _KINDS or version not in _VERSIONS:
        return ""
    name = f"CC-{kind.upper()}-{version}"
    if port in _NOT_PORTS or not port:
        return name
    ported = f"{name}-{port.upper()}"
    return ported if ported in _PORTED else f"LicenseRef-{ported}"
