"""What was found about the rights of one document, and how a decision follows from it."""

from typing import NamedTuple, Self

STATUSES = ("clear", "reserved", "unknown")
MAX_SIGNALS = 32
OPEN = ("CC0-1.0", "CC-BY-", "CC-BY-SA-", "LicenseRef-CC-PDM", "LicenseRef-CC-BY-", "LicenseRef-CC-BY-SA-")
RESTRICTED = ("-NC", "-ND")


class Content(NamedTuple):
    """What is to be read of one record. `named`: the needles in `payload`, None where they are still to be looked for.

    `payload` and `text` are empty where they are known to say nothing.
    """

    payload: bytes = b""
    text: str = ""
    charset: str = "utf-8"
    named: frozenset[bytes] | None = None


class Evidence(NamedTuple):
    """Signals in the order found; licences as (SPDX id, where); what the signals amount to.

    `tdm_http`, `tdm_meta`: the TDM reservation, None where it is not stated; the page's meta element overrides the
    header (TDMRep, 6.1). `reserved`: another protocol reserves training use. `allowed`: one permits it.
    """

    signals: tuple[str, ...] = ()
    licences: tuple[tuple[str, str], ...] = ()
    tdm_http: bool | None = None
    tdm_meta: bool | None = None
    reserved: bool = False
    allowed: bool = False
    icp: str = ""
    source_licence: str = ""

    def joined(self, other: Self) -> "Evidence":
        """Both together."""
        return Evidence(
            self.signals + other.signals,
            self.licences + other.licences,
            other.tdm_http if self.tdm_http is None else self.tdm_http,
            other.tdm_meta if self.tdm_meta is None else self.tdm_meta,
            self.reserved or other.reserved,
            self.allowed or other.allowed,
            self.icp or other.icp,
            self.source_licence or other.source_licence,
        )

    def with_source_licence(self, licence: str) -> "Evidence":
        """The licence of the source as a whole, which stands behind what the page says."""
        return self._replace(source_licence=licence)


def decide(found: Evidence) -> tuple[str, str, str, list[str], str]:
    """(licence, licence_source, rights_status, rights_signals, icp).

    `reserved`: a TDM reservation, `train-ai=n`, `noai`, RSL without permission to train, or an opt-out; any of them
    wins over a licence. `clear`: an open licence without restriction on use or changes, the licence of the source, or
    an explicit permission. Everything else is `unknown`. A page that names several licences has none.
    """
    tdm = found.tdm_http if found.tdm_meta is None else found.tdm_meta
    ids = list(dict.fromkeys(spdx for spdx, _ in found.licences))
    licence, where = ("", "none")
    if len(ids) == 1:
        licence, where = found.licences[0]
    elif not ids and found.source_licence:
        licence, where = found.source_licence, "source"
    if tdm or found.reserved:
        status = "reserved"
    elif tdm is False or found.allowed or where == "source" or _is_open(licence):
        status = "clear"
    else:
        status = "unknown"
    signals = list(dict.fromkeys(found.signals))[:MAX_SIGNALS]
    return licence, where, status, signals, found.icp


def _is_open(licence: str) -> bool:
    return licence.startswith(OPEN) and not any(part in licence for part in RESTRICTED)
