"""Rights: what a page and its HTTP response say about its use, and the decision that follows.

Read from the one response record: TDM-Rep, AIPREF `Content-Usage`, `noai`, RSL, Creative Commons, Chinese reprint
notices and the ICP number. Signals and decision are both columns; whether a reserved document is dropped is a rule of
the pack `rights`. docs/provenance.md says what each signal means.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from openclaw_data.rights import headers, notices, optout, page
from openclaw_data.rights.evidence import STATUSES, Content, Evidence, decide

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COLUMNS", "STATUSES", "columns", "read", "unknown"]

COLUMNS = ("licence", "licence_source", "rights_status", "rights_signals", "icp")


def read(header_lines: str, payload: bytes, text: str = "", charset: str = "utf-8", base: str = "") -> Evidence:
    """The evidence of one record.

    Args:
        header_lines: the HTTP header lines that carry rights, one a line.
        payload: the page's bytes as fetched; empty where the record carries text.
        text: the text of a record without payload; only Chinese notices and the ICP number are looked for there.
        charset: how the payload is encoded, as `extraction` decided.
        base: the source's own licence, which counts where the page names none.
    """
    return _read(header_lines, Content(payload, text, charset)).with_source_licence(base)


def _read(header_lines: str, content: Content) -> Evidence:
    found = headers.read(header_lines) if header_lines else Evidence()
    if content.payload:
        body = page.readable(content.payload, content.charset)
        found = found.joined(page.read(body, content.named))
        found = found.joined(notices.in_bytes(body, content.charset, content.named))
    elif content.text:
        found = found.joined(notices.in_text(content.text))
    return found


def columns(
    raw: "pa.RecordBatch", pages: "pa.RecordBatch", licences: Mapping[str, str], optouts: optout.Domains = frozenset()
) -> "dict[str, pa.Array]":
    """The rights columns of a batch.

    Args:
        raw: a `documents.RAW` batch.
        pages: the same rows as `documents.PAGE`, for the charset.
        licences: source id -> SPDX expression of the source as a whole, "" where unknown.
        optouts: domains whose owners opted out, from `optout.load`.

    Returns:
        `licence` and `licence_source` (`cc-rel`, `cc-jsonld`, `cc-meta`, `link-header`, `source`, `none`),
        `rights_status` (`clear`, `reserved`, `unknown`), `rights_signals` list<string>, `icp`.
    """
    from openclaw_data.rights import search

    columns = (raw.column(name).to_pylist() for name in ("headers", "source_id", "url"))
    decided = []
    silent = {
        s: decide(Evidence().with_source_licence(licences.get(s, "")))
        for s in raw.column("source_id").unique().to_pylist()
    }
    for lines, source, url, content in zip(*columns, search.contents(raw, pages), strict=True):
        if not (lines or content.payload or content.text or optouts):  # most records say nothing
            decided.append(silent[source])
            continue
        found = _read(lines, content).with_source_licence(licences.get(source, ""))
        if optouts and (domain := optout.match(url, optouts)):
            found = found.joined(Evidence((f"optout:{domain}",), reserved=True))
        decided.append(decide(found))
    return _arrays(decided)


def unknown(n: int) -> "dict[str, pa.Array]":
    """The rights columns of `n` texts of which nothing is known."""
    return _arrays([decide(Evidence())] * n)


def _arrays(decided: Iterable[tuple[str, str, str, list[str], str]]) -> "dict[str, pa.Array]":
    import pyarrow as pa

    rows = list(decided)
    kinds = (pa.string(), pa.string(), pa.string(), pa.list_(pa.string()), pa.string())
    return {name: pa.array([r[i] for r in rows], kinds[i]) for i, name in enumerate(COLUMNS)}
