"""What kind of payload a record holds: what the archive says, checked against the payload's first bytes."""

import functools
import re

HTML, XHTML, PLAIN = "text/html", "application/xhtml+xml", "text/plain"
_WANTED = frozenset([HTML, XHTML, PLAIN])
_GENERIC = frozenset(["", "application/octet-stream", "text/xml", "application/xml", "unk", "unknown", "*/*", "text/*"])
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,400}?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|style|link|div|table|p|h1|br|a|span|b)[\s>/]",
    re.IGNORECASE | re.DOTALL,
)
_MOST_CHARS = 1024
_BINARY = (
    b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"Rar!",
    b"7z\xbc\xaf", b"RIFF", b"OggS", b"ID3", b"\x7fELF", b"MZ\x90", b"\xd0\xcf\x11\xe0", b"wOFF", b"wOF2", b"BM6",
    b"\x00\x00\x01\x00", b"\x00asm", b"fLaC", b"WARC/", b"PAR1",
)  # fmt: skip


def essence(content_type: str) -> str:
    """The type of a `Content-Type` without parameters, lower case."""
    return _essence(content_type[:_MOST_CHARS])


@functools.lru_cache(maxsize=1 << 10)
def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].partition(",")[0].strip().lower()[:128]


def is_http(content_type: str) -> bool:
    """Whether a response whose record is of this type is one by HTTP; that of a record without type is."""
    return _is_http(content_type[:_MOST_CHARS])


@functools.lru_cache(maxsize=1 << 10)
def _is_http(content_type: str) -> bool:
    declared = content_type.replace(" ", "").lower()
    return not declared or declared.startswith("application/http")


def detect(identified: str, declared: str, body: bytes) -> str:
    """The MIME type to go by.

    Args:
        identified: `WARC-Identified-Payload-Type`, which counts before `declared`.
        declared: the `Content-Type` sent.
        body: the payload's first bytes; a kilobyte is enough. They decide where the type is missing or general, and
            where they contradict a claim to be text.
    """
    claimed = essence(identified) or essence(declared)
    head = body[:1024]
    if claimed in _WANTED and head.startswith(_BINARY):
        return "application/octet-stream"
    if claimed in _GENERIC or claimed == PLAIN:
        if _MARKUP.match(head):
            return XHTML if b"/xhtml" in head and claimed != PLAIN else HTML
        if claimed in ("", "unk", "unknown") and _looks_like_text(head):
            return PLAIN
    return claimed or "application/octet-stream"


def is_page(mime: str) -> bool:
    """Whether text can be extracted from this type: HTML, XHTML, plain text."""
    return mime in _WANTED


def _looks_like_text(head: bytes) -> bool:
    return bool(head) and not head.startswith(_BINARY) and b"\0" not in head and sum(b < 9 for b in head) == 0
