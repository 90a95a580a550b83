"""Does a file hold the format that the recipe says? Told from its first bytes, before anything runs."""

from typing import BinaryIO

from openclaw_data.documents import DataError
from openclaw_data.ingest.streams import Damaged, Members, codec_of

FORMATS = ("warc", "jsonl", "parquet")
_HEAD_BYTES = 1 << 16
_KINDS = (
    (b"PAR1", "Parquet", "Set 'format: parquet' for it."),
    (b"WARC/", "a WARC", "Set 'format: warc' for it."),
    (b"filedesc:", "an ARC archive, the format before WARC", "Convert it: warcio recompress IN.arc.gz OUT.warc.gz"),
    (b"PK\x03\x04", "a ZIP archive", "Unpack it."),
    (b"BZh", "bzip2", "Recompress it: bzcat FILE | gzip > FILE.gz"),
    (b"\xfd7zXZ", "xz", "Recompress it: xzcat FILE | gzip > FILE.gz"),
    (b"[", "a JSON array", "Write one object a line: jq -c '.[]' FILE > FILE.jsonl"),
    (b"{", "JSON", "Set 'format: jsonl' for it."),
    (b"<", "HTML or XML", "Raw pages must be in a WARC, or in the field 'html' of JSON lines."),
)


def check(file: BinaryIO, wanted: str, path: str) -> str:
    """The codec of `file` (see `streams.codec_of`) after a look at its beginning; the position is left anywhere.

    Damage at the beginning is left to the reader, which counts it.

    Raises:
        DataError: the file holds another format than `wanted`.
    """
    codec = codec_of(file.read(8))
    head = _head(file, codec)
    if head is None:
        return codec
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    good = {
        "warc": text.startswith(b"WARC/"),
        "parquet": not codec and text.startswith(b"PAR1"),
        "jsonl": not text.startswith((b"[", b"<"))
        and any(line.lstrip().startswith(b"{") for line in text.split(b"\n")),
    }[wanted]
    if good:
        return codec
    for magic, kind, remedy in _KINDS:
        if text.startswith(magic) and not (magic == b"{" and wanted == "jsonl"):
            raise DataError(path, f"is {kind}, the recipe says {wanted}.", remedy)
    needed = {"warc": "does not begin with 'WARC/'", "parquet": "does not begin with 'PAR1'"}
    fact = needed.get(wanted, "has no line that begins with '{'")
    raise DataError(path, f"{fact}, the recipe says {wanted}.", "Correct the source's 'format' or its paths.")


def _head(file: BinaryIO, codec: str) -> bytes | None:
    """The first decompressed bytes, None where they cannot be decompressed."""
    parts: list[bytes] = []
    size = 0
    members = Members(file, codec)
    try:
        while size < _HEAD_BYTES and members.open():
            while size < _HEAD_BYTES and (part := members.pull()):
                parts.append(part)
                size += len(part)
    except Damaged:
        if not size:
            return None
    return b"".join(parts)[:_HEAD_BYTES]
