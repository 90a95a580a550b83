"""Records of web archives, as bytes: from what a server is meant to have sent to a gzip member."""

import base64
import gzip
import hashlib
import uuid
from dataclasses import dataclass

from sample_pages import number

HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Entry:
    """One WARC record to be: `body` is what the server sent, `tags` what the record is meant to show."""

    url: str
    body: bytes
    tags: tuple[str, ...]
    language: str = ""
    content_type: str = HTML_TYPE
    status: str = "200 OK"
    http: tuple[tuple[str, str], ...] = ()
    warc: tuple[tuple[str, str], ...] = ()
    kind: str = "response"
    of: str = ""

    def record_id(self) -> str:
        """`urn:uuid:...`, from the address and the content."""
        digest = hashlib.sha256(self.url.encode() + b"\0" + self.kind.encode() + b"\0" + self.body).digest()
        return f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=4)}"


def record(entry: Entry, *, length: int = 0, digest: str = "") -> bytes:
    """The uncompressed WARC record; `length` and `digest` are lies to be told in its header."""
    sha1 = "sha1:" + base64.b32encode(hashlib.sha1(entry.body).digest()).decode()
    block, headers = entry.body, []
    if entry.kind == "response":
        http = [("Content-Type", entry.content_type), *entry.http]
        if not any(name == "Transfer-Encoding" for name, _ in http):
            http.append(("Content-Length", str(len(entry.body))))
        lines = "".join(f"{name}: {value}\r\n" for name, value in http)
        block = f"HTTP/1.1 {entry.status}\r\n{lines}\r\n".encode() + entry.body
        headers.append(("WARC-Payload-Digest", digest or sha1))
    mime = {"response": "application/http; msgtype=response", "request": "application/http; msgtype=request"}
    n = number(entry.url)
    named = [
        ("WARC-Type", entry.kind),
        ("WARC-Record-ID", f"<{entry.record_id()}>"),
        ("WARC-Date", f"2024-{n % 9 + 1:02d}-{n % 27 + 1:02d}T{n % 24:02d}:{n % 60:02d}:00Z"),
        *([("WARC-Target-URI", entry.url)] if entry.kind != "warcinfo" else []),
        *headers,
        *entry.warc,
        ("Content-Type", mime.get(entry.kind, entry.content_type)),
        ("Content-Length", str(length or len(block))),
    ]
    return b"WARC/1.0\r\n" + "".join(f"{a}: {b}\r\n" for a, b in named).encode() + b"\r\n" + block + b"\r\n\r\n"


def warcinfo(name: str) -> Entry:
    fields = f"software: scripts/make_sample.py\r\nformat: WARC File Format 1.0\r\nisPartOf: {name}\r\n".encode()
    return Entry(name, fields, ("not_a_page",), content_type="application/warc-fields", kind="warcinfo")


def member(data: bytes, level: int = 9) -> bytes:
    return gzip.compress(data, level, mtime=0)


def replace(entry: Entry, *, body: bytes, http: tuple[tuple[str, str], ...]) -> Entry:
    return Entry(entry.url, body, entry.tags, entry.language, http=http)


def chunks(body: bytes, size: int = 1000) -> bytes:
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
