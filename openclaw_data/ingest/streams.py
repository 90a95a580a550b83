"""Decompressed bytes of a file, member by member, in bounded pieces and with exact positions.

A *member* is one gzip member or one zstd frame; an uncompressed file is a single member. Web archives put each record
in a member of its own, which is what makes them addressable, splittable, and readable past damage. zlib-ng does the
inflating, in half of zlib's time, rather than FastWARC's reader: that one does not tell where a member ends, goes on in
silence past some damage, and holds a record of any size.
"""

import re
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

BLOCK_BYTES = 1 << 18
"""Compressed bytes read at once."""
PIECE_BYTES = 1 << 20
"""Decompressed bytes handed out at once, at most (zstd: 32 MB, see `_zstd`)."""
BOMB_BYTES, BOMB_RATIO = 1 << 28, 100
"""A member that has given more than 256 MB, at more than 100 times its compressed size, is not read to its end."""

GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_GZIP_START = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00-\x04]", re.DOTALL)
_ZSTD_START = re.compile(rb"\x28\xb5\x2f\xfd")
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"
_ZSTD_WINDOW = 1 << 27


class Damaged(Exception):  # noqa: N818 - it says what the bytes are
    """The bytes at this place of the file cannot be decompressed."""


class Engine(NamedTuple):
    """How a codec is undone. `make()` starts a member; `piece`: compressed bytes to feed at once."""

    make: Callable[[], Any]
    start: re.Pattern[bytes]
    piece: int
    errors: tuple[type[Exception], ...]


def codec_of(head: bytes) -> str:
    """The codec that the first bytes of a file show: `gzip`, `zstd`, or "" for none."""
    if head.startswith(GZIP_MAGIC[:2]):
        return "gzip"
    return "zstd" if head.startswith(ZSTD_MAGIC) or _SKIPPABLE.match(head) else ""


def _gzip() -> Engine:
    from zlib_ng import zlib_ng

    errors: Any = (zlib_ng.error,)  # its stub calls the class an instance
    return Engine(lambda: zlib_ng.decompressobj(31), _GZIP_START, 1 << 14, errors)


def _zstd(dictionary: bytes = b"") -> Engine:
    """Feeding 1 kB at a time bounds the output: a run-length block of 4 bytes stands for at most 128 kB."""
    import zstandard

    kind = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    decompressor = zstandard.ZstdDecompressor(dict_data=kind, max_window_size=_ZSTD_WINDOW)
    return Engine(decompressor.decompressobj, _ZSTD_START, 1 << 10, (zstandard.ZstdError,))


class Members:
    """The members of `file` from byte `start` on, one open at a time.

    `start` is where the open member begins, `position` the first byte that it has not used.
    """

    def __init__(self, file: BinaryIO, codec: str, start: int = 0) -> None:
        self.start = self.position = start
        self._file, self._codec = file, codec
        self._input, self._used = b"", 0
        self._object: Any = None
        self._given = 0
        self._engine = None if not codec else _zstd(self._zstd_dictionary()) if codec == "zstd" else _gzip()
        file.seek(start)

    def open(self) -> bool:
        """Begin the member at `position`; False at the end of the file.

        Raises:
            Damaged: something else than a member begins there. Zeros that pad a tape block are passed over.
        """
        self._object = None
        if self._engine is None:
            self.start = self.position
            return self._some()
        while self._some():
            if len(self._input) - self._used >= 9 and self._engine.start.match(self._input, self._used):
                self.start = self.position
                self._object, self._given = self._engine.make(), 0
                return True
            self._skip_padding()
            if self._used == len(self._input):
                continue
            self.start = self.position
            self._want(9)
            head = self._input[self._used : self._used + 9]
            if self._codec == "zstd" and _SKIPPABLE.match(head):
                self._pass(8 + int.from_bytes(head[4:8], "little"))
                continue
            if not self._engine.start.match(head):
                raise Damaged(f"no {self._codec} member begins here")
            self._object, self._given = self._engine.make(), 0
            return True
        self.start = self.position
        return False

    @property
    def ended(self) -> bool:
        """Whether the open member has given all its bytes."""
        return self._object is None

    def pull(self) -> bytes:
        """The next bytes of the open member, "" at its end.

        Raises:
            Damaged: the data are corrupt, cut off, fail their checksum, or are a bomb.
        """
        if self._engine is None:
            return self._pull_plain()
        while self._object is not None:
            if not self._some():
                raise Damaged(f"the file ends inside a {self._codec} member")
            fed = self._input[self._used : self._used + self._engine.piece]
            try:
                out = self._step(fed)
            except self._engine.errors as error:
                raise Damaged(f"corrupt {self._codec} member: {error}") from error
            self._given += len(out)
            if self._given > BOMB_BYTES and self._given > BOMB_RATIO * (self.position - self.start):
                raise Damaged(
                    f"bomb: {self._given} bytes from {self.position - self.start} of one {self._codec} member"
                )
            if out:
                return out
        return b""

    def _step(self, fed: bytes) -> bytes:
        item = self._object
        out: bytes = item.decompress(fed, PIECE_BYTES) if self._codec == "gzip" else item.decompress(fed)
        used = len(fed) - len(item.unused_data if item.eof else item.unconsumed_tail)
        self._used += used
        self.position += used
        if item.eof:
            self._object = None
        elif not used and not out:
            raise Damaged(f"a {self._codec} member makes no progress")
        return out

    def resync(self, wanted: bytes, limit: int | None = None) -> bool:
        """Go to the first member after `start` whose content begins with `wanted`; False when there is none.

        `limit`: the byte of the file at which one counts no more.
        """
        if self._engine is None:
            return False
        self.seek(self.start + 1)
        while self._want(4096) and (limit is None or self.position < limit):
            found = self._engine.start.search(self._input, self._used)
            if found is None:
                self._advance(max(len(self._input) - self._used - 8, 1))
                continue
            self._advance(found.start() - self._used)
            if limit is not None and self.position >= limit:
                break
            self._want(4096)
            if self._begins(self._input[self._used : self._used + 4096], wanted):
                return True
            self._advance(1)
        return False

    def _begins(self, head: bytes, wanted: bytes) -> bool:
        assert self._engine is not None
        try:
            item = self._engine.make()
            out = item.decompress(head, len(wanted)) if self._codec == "gzip" else item.decompress(head[:1024])
        except self._engine.errors:
            return False
        return bool(out.startswith(wanted))

    def seek(self, position: int) -> None:
        """Go on reading at byte `position` of the file."""
        self._file.seek(position)
        self._input, self._used, self.position, self._object = b"", 0, position, None

    def size(self) -> int:
        """Bytes of the file. The next read must be preceded by `seek`."""
        return self._file.seek(0, 2)

    def _pull_plain(self) -> bytes:
        if not self._some():
            return b""
        out = self._input[self._used :]
        self._advance(len(out))
        return out

    def _some(self) -> bool:
        """Hold at least one unused byte of the file; False at its end."""
        if self._used < len(self._input):
            return True
        self._input, self._used = self._file.read(BLOCK_BYTES) or b"", 0
        return bool(self._input)

    def _want(self, count: int) -> bool:
        """Hold `count` unused bytes, or as many as there are; False when there are none."""
        while len(self._input) - self._used < count:
            more = self._file.read(BLOCK_BYTES)
            if not more:
                break
            self._input, self._used = self._input[self._used :] + more, 0
        return self._used < len(self._input)

    def _advance(self, count: int) -> None:
        self._used += count
        self.position += count

    def _pass(self, count: int) -> None:
        held = len(self._input) - self._used
        if count <= held:
            self._advance(count)
        else:
            self.seek(self.position + count)

    def _skip_padding(self) -> None:
        rest = self._input[self._used : self._used + 1]
        if rest == b"\0":
            self._advance(len(self._input) - self._used - len(self._input[self._used :].lstrip(b"\0")))

    def _zstd_dictionary(self) -> bytes:
        """The dictionary that a `.warc.zst` carries in a skippable frame at its start, "" for none.

        Source: "Zstandard WARC format 1.0", IIPC.
        """
        self._file.seek(0)
        head = self._file.read(8)
        if not head.startswith(_ZSTD_DICTIONARY):
            return b""
        content = self._file.read(min(int.from_bytes(head[4:8], "little"), 1 << 26))
        if not content.startswith(ZSTD_MAGIC):
            return content
        import io

        import zstandard

        try:
            return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read(1 << 26)
        except zstandard.ZstdError:
            return b""
