"""HTTP responses as archives store them: status, headers, and the body with its codings undone, all bounded."""

import functools
import io
import re
import zlib
from typing import NamedTuple

RIGHTS_HEADERS = frozenset(
    ["x-robots-tag", "tdm-reservation", "tdm-policy", "content-usage", "link", "content-language"]
)
"""Header lines that are kept: they carry rights, or the language that the server declares."""
MAX_HEADER_BYTES = 1 << 18
OK = 200
_MAX_LINE, _MAX_RIGHTS = 1024, 8192
_MAX_CODINGS = 4
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]{0,1024})?\r?\n")
_NO_CODING = frozenset(["", "identity", "none", "utf-8", "utf8", "binary", "8bit", "7bit", "text/html"])
_TEXT_START = re.compile(rb"(?:\xef\xbb\xbf)?[\t\n\f\r -~\x80-\xff]{0,64}\Z", re.DOTALL)
_WANTED = frozenset(["content-type", "transfer-encoding", "content-encoding"])
_STATUS = re.compile(r"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)")


class Undecodable(Exception):  # noqa: N818 - it says what the body is
    """The body's codings cannot be undone. `error` is a key of `documents.ERRORS`."""

    def __init__(self, error: str, detail: str) -> None:
        self.error = error
        super().__init__(detail)


class Head(NamedTuple):
    """Status line and headers. `size`: bytes up to the body; `fields`: type and codings by lower-case name."""

    status: int
    fields: dict[str, str]
    rights: str
    size: int


class Body(NamedTuple):
    """A body with its codings undone. `over`: there is more than the limit; `cut`: it ends before its coding does."""

    data: bytes
    over: bool
    cut: bool


def parse_head(block: bytes) -> Head | None:
    """The head of an HTTP response, None when `block` does not begin with a status line or the head has no end.

    `block` needs to hold `MAX_HEADER_BYTES` or the whole response. Lines may end in LF alone, values may be folded.
    """
    size = _head_size(block)
    return read_head(block[:size]) if size else None


def read_head(head: bytes) -> Head | None:
    """What `parse_head` makes of a response's bytes up to its body."""
    first, lines = header_lines(head)
    status = _STATUS.match(first)
    if status is None:
        return None
    fields: dict[str, str] = {}
    rights: list[str] = []
    for line in lines:
        name, colon, value = line.partition(":")
        key = field_name(name)
        if key in _WANTED:
            if colon:
                fields.setdefault(key, value.strip())
        elif key in RIGHTS_HEADERS and colon:
            rights.append(f"{name.strip()}: {value.strip()}"[:_MAX_LINE])
    return Head(int(status[1]), fields, "\n".join(rights)[:_MAX_RIGHTS].replace("\0", "\ufffd"), len(head))


@functools.lru_cache(maxsize=1 << 8)
def field_name(name: str) -> str:
    """The name of a header field as it is compared."""
    return name.strip().lower()


def _head_size(block: bytes) -> int:
    for end in (b"\r\n\r\n", b"\n\n"):
        found = block.find(end, 0, MAX_HEADER_BYTES)
        if found >= 0:
            return found + len(end)
    complete = len(block) < MAX_HEADER_BYTES and block.endswith(b"\n")
    return len(block) if complete else 0  # a response without body may end with its last header


def header_lines(head: bytes) -> tuple[str, list[str]]:
    """The first line of a WARC or HTTP head, and the others with their continuation lines joined to them.

    A continuation line begins with a space or a tab.
    """
    text = head.decode("utf-8", "replace").replace("\r\n", "\n")
    first, *lines = text.split("\n")
    if "\n " not in text and "\n\t" not in text:
        return first, lines
    joined: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and joined:
            joined[-1].append(line.strip())
        else:
            joined.append([line])
    return first, [" ".join(parts) for parts in joined]


def dechunk(body: bytes) -> tuple[bytes, bool]:
    """Undo chunked transfer coding; -> (bytes, whether the end is missing). A body that is not chunked stays as it is.

    Archives often keep the header and store the body without its chunks, so a body that does not begin with a chunk
    size is taken as it stands.

    Raises:
        Undecodable: a chunk's size is no number, or a chunk is longer than it says.
    """
    parts: list[bytes] = []
    at = 0
    while at < len(body):
        size = _CHUNK_SIZE.match(body, at)
        if size is None:
            if at == 0:
                return body, False
            if len(body) - at < 16 and b"\n" not in body[at:]:
                break  # cut inside a size line
            raise Undecodable("warc_record", f"bad chunk at byte {at} of the HTTP body")
        count, at = int(size[1], 16), size.end()
        if count == 0:
            return b"".join(parts), False
        parts.append(body[at : at + count])
        at += count
        if at < len(body):
            end = 2 if body.startswith(b"\r\n", at) else 1 if body.startswith((b"\n", b"\r"), at) else 0
            if not end:
                raise Undecodable("warc_record", f"chunk longer than declared at byte {at} of the HTTP body")
            at += end
    return b"".join(parts), True


def undo(body: bytes, fields: dict[str, str], limit: int, *, whole: bool = True) -> Body:
    """Undo the transfer and content codings that the headers declare, giving at most `limit` bytes.

    Args:
        body: the body as sent, or its beginning when not `whole`.
        fields: headers by lower-case name.
        limit: bytes after which decoding stops, so that a compression bomb costs no more than that.
        whole: False when `body` is only the first part, which is then no sign of damage.

    Raises:
        Undecodable: the data do not fit the coding, or it is unknown.
    """
    if "transfer-encoding" not in fields and "content-encoding" not in fields:
        return Body(body[:limit], len(body) > limit, cut=False)
    cut = False
    if "chunked" in fields.get("transfer-encoding", "").lower():
        try:
            body, cut = dechunk(body)
        except Undecodable:
            if whole:
                raise
    names = [name.strip().lower() for name in fields.get("content-encoding", "").split(",")]
    codings = [name for name in names if name not in _NO_CODING]
    if len(codings) > _MAX_CODINGS:
        raise Undecodable("content_encoding", f"{len(codings)} content codings on top of each other")
    over = len(body) > limit and not codings
    body = body if codings else body[:limit]
    for nth, name in enumerate(reversed(codings)):
        inner = limit if nth == len(codings) - 1 else max(limit, len(body))
        body, more, short = _decode(name, body, inner)
        over, cut = over or more, cut or short
    return Body(body, over, cut)


def _decode(name: str, body: bytes, limit: int) -> tuple[bytes, bool, bool]:
    """-> (bytes, whether there is more than `limit`, whether the coded data end too early)."""
    if not body:
        return b"", False, False
    try:
        if name in ("gzip", "x-gzip"):
            if not body.startswith(b"\x1f\x8b"):
                return _as_it_is(name, body, limit)
            return _inflate(body, 31, limit)
        if name == "deflate":
            zlib_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            return _inflate(body, 15 if zlib_header else -15, limit)
        if name == "br":
            return _brotli(body, limit)
        if name == "zstd":
            return _unzstd(body, limit) if body.startswith(b"\x28\xb5\x2f\xfd") else _as_it_is(name, body, limit)
    except (zlib.error, OSError, EOFError, ValueError) as error:
        if _is_text(body):
            return body[:limit], len(body) > limit, False
        raise Undecodable("content_encoding", f"{name[:20]}: {error}") from error
    raise Undecodable("content_encoding", f"unknown content coding '{name[:20]}'")


def _as_it_is(name: str, body: bytes, limit: int) -> tuple[bytes, bool, bool]:
    """A crawler that undid the coding and kept the header: the body is text already."""
    if _is_text(body):
        return body[:limit], len(body) > limit, False
    raise Undecodable("content_encoding", f"{name[:20]}: the body does not begin like it")


def _is_text(body: bytes) -> bool:
    return b"<" in body[:64] and bool(_TEXT_START.match(body[:64]))


def _inflate(body: bytes, window: int, limit: int) -> tuple[bytes, bool, bool]:
    parts: list[bytes] = []
    left, rest = limit + 1, body
    while rest and left > 0:
        item = zlib.decompressobj(window)
        part = item.decompress(rest, left)
        parts.append(part)
        left -= len(part)
        if not item.eof:
            return _bounded(b"".join(parts), limit, short=left > 0)
        rest = item.unused_data if window == 31 and item.unused_data.startswith(b"\x1f\x8b\x08") else b""
    return _bounded(b"".join(parts), limit, short=False)


def _brotli(body: bytes, limit: int) -> tuple[bytes, bool, bool]:
    from fastwarc.stream_io import BrotliReader

    reader = BrotliReader(io.BytesIO(body))
    parts: list[bytes] = []
    left = limit + 1
    while left > 0:
        part = reader.read(min(left, 1 << 20))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return _bounded(b"".join(parts), limit, short=False)


def _unzstd(body: bytes, limit: int) -> tuple[bytes, bool, bool]:
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(body))
    try:
        return _bounded(reader.read(limit + 1), limit, short=False)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def _bounded(data: bytes, limit: int, *, short: bool) -> tuple[bytes, bool, bool]:
    return data[:limit], len(data) > limit, short
