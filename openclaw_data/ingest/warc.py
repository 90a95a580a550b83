"""Web archives: records of `.warc`, `.warc.gz` and `.warc.zst` become rows, and damage costs one record.

The framing is ours rather than FastWARC's, which goes on in silence past some damage, does not tell where a member
ends (so neither the length of a record nor an exact split), and reads a record of any size. See `streams`.
"""

import base64
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from openclaw_data.documents import DataError
from openclaw_data.ingest import http, mime
from openclaw_data.ingest.rows import Options, Row, clean, length32, made_id, moment, short, stored
from openclaw_data.ingest.streams import Damaged, Members
from openclaw_data.ingest.window import BEGIN, Window

MAX_HEADER_BYTES = 1 << 18
PROOF_BYTES = 1 << 17
"""Compressed bytes in whole members that follow a place where a file may be split."""
_MOST_FRUITLESS = 4
IGNORED_TYPES = frozenset(["warcinfo", "request", "metadata", "revisit", "continuation"])
_DOCUMENT_TYPES = frozenset(["response", "resource", "conversion"])
_FIELDS = frozenset(
    [
        "content-length", "content-type", "warc-block-digest", "warc-date", "warc-identified-payload-type",
        "warc-payload-digest", "warc-record-id", "warc-target-uri", "warc-truncated", "warc-type",
    ]
)  # fmt: skip
_USUAL_HEADER_BYTES = 2048
_END = b"\r\n\r\n"
_VERSION = re.compile(rb"WARC/\d{1,2}\.\d{1,4}[ \t]*\r?\n")
_LENGTH = re.compile(r"\d{1,18}\Z", re.ASCII)


class BadRecord(Exception):  # noqa: N818 - it says what the record is
    """A record that breaks the format; reading goes on at the next one."""


class Header(NamedTuple):
    """A record's header. `fields`: first value of each of `_FIELDS`, by lower-case name."""

    kind: str
    fields: dict[str, str]
    length: int


def rows(
    file: BinaryIO, codec: str, options: Options, ignored: Counter[str], span: tuple[int, int | None] = (0, None)
) -> Iterator[Row]:
    """The documents of an archive, in file order, as rows of `documents.RAW`.

    Args:
        file: the open archive, seekable.
        codec: see `streams.codec_of`.
        options: names and limits.
        ignored: counts by type the records that are no documents (`warcinfo`, `request`, ...; types that the format
            does not know count as `other`).
        span: start and end, compressed bytes: records whose member begins in this range are read. Both are boundaries
            that `boundaries` gave; None is the end of the file.

    Raises:
        DataError: the range ends inside a record, so `boundaries` was deceived.
    """
    start, stop = span
    stream = Window(Members(file, codec, start), plain=not codec)
    while True:
        try:
            more = stream.next_member()
            if stop is not None and (not more or stream.start > stop):
                fact = f"byte {stop} seemed to begin a record, but is inside of one: a page that imitates an archive."
                raise DataError(options.name, fact, "Decompress the file and compress it again, as a whole.")
            if not more or stream.start == stop:
                return
            yield from _member(stream, options, ignored)
        except Damaged as damage:
            yield _error(options, stream.start, 0, "decompression", str(damage))
            stream = Window(stream.members, plain=False)
            if not stream.members.resync(BEGIN):
                return


def _member(stream: Window, options: Options, ignored: Counter[str]) -> Iterator[Row]:
    """The rows of the open member. Where it is damaged, the record before the damage goes with it.

    That is so for a record that has its member for itself, which fails its checksum; one of many in a member was
    complete and stands.
    """
    row = _usual(stream.whole(), options)
    if row is not None:
        yield _placed(row, options, stream.start, stream.end - stream.start, 0)
        return
    for nth in itertools.count():
        stream.pass_newlines()
        if not stream.peek(1):
            return
        offset = stream.mark()
        try:
            header = _header(stream)
            row = _record(stream, header, options)
            try:
                _finish(stream, header)
                alone = not stream.peek(1) and nth == 0 and not stream.spilled
            except Damaged:
                if nth and row is not None:
                    yield _placed(row, options, offset, 0, nth)
                raise
        except BadRecord as bad:
            yield _error(options, offset, nth, "warc_record", str(bad))
            stream.rewind()
            stream.find_record()
            continue
        if row is None:
            ignored[header.kind if header.kind in IGNORED_TYPES else "other"] += 1
            continue
        length = stream.tell - offset if stream.plain else stream.end - offset if alone else 0
        yield _placed(row, options, offset, length, nth)


def _usual(member: bytes, options: Options) -> Row | None:
    """The row of a member that is one response of the usual form, None for any other, which takes the long way."""
    end = member.find(_END, 0, _USUAL_HEADER_BYTES) + len(_END)
    http_end = member.find(_END, end, min(end + http.MAX_HEADER_BYTES, len(member) - len(_END))) + len(_END)
    if end < len(_END) or http_end < len(_END) or not member.endswith(_END) or not _VERSION.match(member):
        return None
    fields = _header_fields(member[:end])
    length = fields.get("content-length", "")
    most = options.max_page_bytes + http.MAX_HEADER_BYTES
    if not _LENGTH.match(length) or not end + int(length) == len(member) - len(_END) <= end + most:
        return None
    if (
        fields.get("warc-type", "").lower() != "response"
        or not mime.is_http(fields.get("content-type", ""))
        or options.verify_digests
    ):
        return None
    head = http.read_head(member[end:http_end])
    return _response(fields, head, member[http_end : -len(_END)], options)


def _header(stream: Window) -> Header:
    """Read a record's header, up to the first byte of its block."""
    window = b""
    for size in (_USUAL_HEADER_BYTES, MAX_HEADER_BYTES):
        window = stream.peek(size, inside=True)
        end = _header_end(window)
        if end or len(window) < size:
            break
    if not _VERSION.match(window):
        raise BadRecord("no record begins here: the line 'WARC/1.x' is missing")
    if not end:
        limit = len(window) >= MAX_HEADER_BYTES
        raise BadRecord(f"the header is longer than {MAX_HEADER_BYTES} bytes" if limit else "the header has no end")
    fields = _header_fields(window[:end])
    length = fields.get("content-length", "")
    if not _LENGTH.match(length):
        raise BadRecord(f"Content-Length is '{short(length)[:40]}', not a number")
    kind = fields.get("warc-type", "").lower()
    if not kind:
        raise BadRecord("the header has no WARC-Type")
    stream.take(end)
    return Header(kind, fields, int(length))


def _header_fields(head: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in http.header_lines(head)[1]:
        name, colon, value = line.partition(":")
        key = http.field_name(name)
        if key in _FIELDS and colon:
            fields.setdefault(key, value.strip())
    return fields


def _header_end(window: bytes) -> int:
    end = window.find(b"\r\n\r\n")
    if end >= 0:
        return end + 4
    end = window.find(b"\n\n")
    return end + 2 if end >= 0 else 0


def _record(stream: Window, header: Header, options: Options) -> Row | None:
    """Read a record's block; -> its row, None for a record that is no document."""
    if header.kind not in _DOCUMENT_TYPES:
        _skip(stream, header.length)
        return None
    wanted = min(header.length, options.max_page_bytes + http.MAX_HEADER_BYTES)
    block = stream.take(wanted)
    if len(block) < wanted:
        raise BadRecord(f"Content-Length is {header.length}, but only {len(block)} bytes follow")
    _skip(stream, header.length - wanted)
    return _document(header, block, options)


def _skip(stream: Window, count: int) -> None:
    passed = stream.skip(count)
    if passed < count:
        raise BadRecord(f"Content-Length is too large by {count - passed} bytes")


def _finish(stream: Window, header: Header) -> None:
    """Pass over the empty lines after a record; what follows them must be a record or the end."""
    tail = stream.peek(4)
    rest = tail.lstrip(b"\r\n")
    if not BEGIN.startswith(rest):
        raise BadRecord(f"Content-Length is {header.length}, but the record does not end there")
    stream.take(len(tail) - len(rest))


def _document(header: Header, block: bytes, options: Options) -> Row:
    """The row of a record whose block (or its first part, for a very long one) is `block`."""
    fields, whole = header.fields, len(block) == header.length
    if options.verify_digests and whole and not _digest_fits(fields.get("warc-block-digest", ""), block):
        detail = "the block does not have the WARC-Block-Digest declared"
        return {**_described(fields), "error": "digest", "error_detail": detail}
    if header.kind == "response" and mime.is_http(fields.get("content-type", "")):
        head = http.parse_head(block)
        return _response(fields, head, block[head.size :] if head else b"", options, whole=whole)
    return _plain_document(_described(fields), header, block, options, whole=whole)


def _described(fields: dict[str, str]) -> Row:
    """What the header of a record says of it."""
    return {
        "id": short(fields.get("warc-record-id", "").strip("<> \t")),
        "url": short(fields.get("warc-target-uri", "").strip("<> \t")),
        "fetch_time": moment(fields.get("warc-date", "")),
        "content_digest": short(fields.get("warc-payload-digest", "")),
        "truncated": short(fields.get("warc-truncated", "")),
        "content_type": short(fields.get("content-type", "")),
    }


def _response(
    fields: dict[str, str], head: http.Head | None, sent: bytes, options: Options, *, whole: bool = True
) -> Row:
    """The row of a response by HTTP; `sent`: its body as it came."""
    row = _described(fields)
    if head is None:
        return {**row, "error": "warc_record", "error_detail": "the block is no HTTP response with a complete head"}
    row |= {
        "fetch_status": head.status,
        "content_type": short(head.fields.get("content-type", "")),
        "headers": clean(head.rights),
    }
    identified = fields.get("warc-identified-payload-type", "")
    if head.status != http.OK:
        declared = mime.essence(identified) or mime.essence(row["content_type"])
        return {**row, "skipped": "http_status", "content_mime_detected": clean(declared)}
    digest = row["content_digest"]
    try:
        body = http.undo(sent, head.fields, options.max_page_bytes if whole else 4096, whole=whole)
        if options.verify_digests and whole and not _payload_fits(digest, sent, head.fields, body.data):
            return {
                **row,
                "error": "digest",
                "error_detail": "the payload does not have the WARC-Payload-Digest declared",
            }
    except http.Undecodable as undecodable:
        return {**row, "error": undecodable.error, "error_detail": clean(str(undecodable))}
    if body.cut and not row["truncated"]:
        row["truncated"] = "unspecified"
    return _judged(row, identified, body.data, over=body.over or not whole)


def _plain_document(row: Row, header: Header, block: bytes, options: Options, *, whole: bool) -> Row:
    """A `resource`, a `conversion` (WET), or a response to something else than HTTP: the block is the payload."""
    data = block[: options.max_page_bytes]
    judged = _judged(
        row, header.fields.get("warc-identified-payload-type", ""), data, over=not whole or len(block) > len(data)
    )
    if header.kind == "conversion" and judged["content_mime_detected"] == mime.PLAIN and not judged.get("skipped"):
        judged |= {"payload": b"", "text": stored(data.decode("utf-8", "replace"))}
    return judged


def _judged(row: Row, identified: str, data: bytes, *, over: bool) -> Row:
    """The row with its payload, or with the reason why it has none."""
    kind = clean(mime.detect(identified, row["content_type"], data))
    row["content_mime_detected"] = kind
    if not data or data.isspace():
        return {**row, "skipped": "empty_body"}
    if not mime.is_page(kind):
        return {**row, "skipped": "not_html"}
    row["skipped" if over else "payload"] = "oversize" if over else data
    return row


def _placed(row: Row, options: Options, offset: int, length: int, nth: int) -> Row:
    row |= {
        "source_id": options.source_id,
        "crawl": options.crawl,
        "warc_filename": options.name,
        "warc_record_offset": offset,
        "warc_record_length": length32(length),
    }
    if not row.get("id"):
        row["id"] = made_id(options.source_id, options.name, offset, nth)
    return row


def _error(options: Options, offset: int, nth: int, error: str, detail: str) -> Row:
    return _placed({"error": error, "error_detail": clean(detail)[:500]}, options, offset, 0, nth)


def _payload_fits(digest: str, sent: bytes, fields: dict[str, str], data: bytes) -> bool:
    """Writers disagree on what the payload is: as sent, without chunks, or decoded. Any of these will do."""
    if _digest_fits(digest, sent) or _digest_fits(digest, data):
        return True
    chunked = "chunked" in fields.get("transfer-encoding", "").lower()
    return chunked and _digest_fits(digest, http.dechunk(sent)[0])


def _digest_fits(declared: str, data: bytes) -> bool:
    """Whether `declared` (`sha1:` in base 32, base 16 or base 64) is the digest of `data`; unknown ones fit."""
    algorithm, colon, value = declared.partition(":")
    algorithm = algorithm.strip().lower().replace("-", "")
    if not colon or algorithm not in ("sha1", "sha256", "sha512", "md5"):
        return True
    found = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    value = value.strip()
    known = {found.hex(), base64.b32encode(found).decode().rstrip("=").lower()}
    return value.rstrip("=").lower() in known or value.replace("-", "+").replace("_", "/").rstrip("=") == (
        base64.b64encode(found).decode().rstrip("=")
    )


def boundaries(file: BinaryIO, codec: str, targets: list[int]) -> list[int]:
    """For each target (bytes, ascending) a record's member at or after it, and before the next; equal ones once.

    A member is looked for by gzip's magic number, so that little of the file is read and inflated. A page that is
    itself an archive may be stored without compression and has members inside it that look like records; but there
    deflate's own marks cut the page into pieces of less than 64 kB, so that a run of whole members as long as
    `PROOF_BYTES` is no page. A page made for the purpose could still pass: `rows` then does not arrive where the next
    split begins, and says so. Where nothing is found the split before goes on; of a file without any, a single
    member, only the beginning is looked through.
    """
    found: list[int] = []
    members = Members(file, codec)
    for nth, (target, limit) in enumerate(itertools.pairwise([*targets, members.size()])):
        if not found and nth > _MOST_FRUITLESS:
            break
        if not found or found[-1] < target:
            start = _first_record(members, target, limit)
            found += [] if start is None else [start]
    return found


def _first_record(members: Members, target: int, limit: int) -> int | None:
    """The first record's member in a range from which a run of members follows."""
    members.seek(target)
    members.start = target - 1
    while members.resync(BEGIN, limit):
        start = members.position
        try:
            while members.position - start < PROOF_BYTES and members.open():
                while members.pull():
                    pass
        except Damaged:
            continue  # behind the members before the damage: whatever they are, so is what is between them
        return start
    return None
