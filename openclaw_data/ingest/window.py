"""The bytes of an archive as records see them: look-ahead, going back, and where a member ends."""

import re

from openclaw_data.ingest.streams import Damaged, Members

BEGIN = b"WARC/"
"""What a record begins with."""
_KEPT_BYTES = 1 << 20
_WHOLE_BYTES = 1 << 20
_NEXT = re.compile(rb"\nWARC/\d{1,2}\.\d{1,4}[ \t]*\r?\n")


class Window:
    """The bytes of the members of a file as records see them: a window with look-ahead and push-back.

    A record ends where its member ends, unless the next member does not begin with `WARC/`: files compressed in
    blocks (bgzip) cut records at any byte. `multiple`: the open member holds more than one record.
    """

    def __init__(self, members: Members, *, plain: bool) -> None:
        self.members, self.plain = members, plain
        self.start = members.position
        self.end = self.start
        self.spilled = False
        self._data, self._at = b"", 0
        self._marked = 0
        self._kept: list[bytes] = []
        self._lost = False
        self._pending: tuple[int, bytes] | Damaged | None = None
        self._damage: Damaged | None = None

    @property
    def tell(self) -> int:
        """For an uncompressed file the offset of the next byte."""
        return self.members.position - (len(self._data) - self._at)

    def next_member(self) -> bool:
        """Go to the next member; False at the end of the file.

        Raises:
            Damaged: it cannot be read.
        """
        pending, self._pending = self._pending, None
        self.spilled = False
        if isinstance(pending, Damaged):
            self.start = self.members.start
            raise pending
        if pending is not None:
            self.start, self._data = pending
            self._at = 0
            return True
        self._data, self._at = b"", 0
        more = self.members.open()
        self.start = self.members.start
        return more

    def whole(self) -> bytes:
        """All of the member that was just begun, unless it is long, damaged or in a plain file; it stays unread."""
        if self.plain or self._at or self._pending is not None:
            return b""
        parts = [self._data] if self._data else []
        try:
            while not self.members.ended and sum(map(len, parts)) < _WHOLE_BYTES:
                parts.append(self.members.pull())
        except Damaged as damage:
            self._damage = damage  # what stands before it is read first
        self._data = b"".join(parts)
        if self._damage is not None or not self.members.ended:
            return b""
        self.end = self.members.position
        return self._data

    def peek(self, count: int, *, inside: bool = False) -> bytes:
        """The next `count` bytes, fewer at the member's end; `inside` a record also from the member after it."""
        while len(self._data) - self._at < count:
            if self._pending is not None:
                break
            if self._damage is not None:
                raise self._damage
            more = self.members.pull()
            if not more:
                self.end = self.members.position
                if not (inside and self._spill()):
                    break
                continue
            self._data, self._at = (self._data[self._at :] + more if self._at < len(self._data) else more), 0
        return self._data[self._at : self._at + count]

    def _spill(self) -> bool:
        """Take in the next member when it goes on with the open record."""
        if self.plain:
            return False
        try:
            if not self.members.open():
                return False
            data = self.members.pull()
        except Damaged as damage:
            self._pending = damage
            return False
        if not data or data.startswith(BEGIN):
            self._pending = (self.members.start, data)
            return False
        self._data, self._at, self.spilled = self._data[self._at :] + data, 0, True
        return True

    def take(self, count: int) -> bytes:
        """The next `count` bytes of the record, fewer where it ends too early."""
        parts: list[bytes] = []
        while count > 0:
            if not self.peek(1, inside=True):
                break
            part = self._data[self._at : self._at + count]
            self._at += len(part)
            parts.append(part)
            count -= len(part)
        if not self.plain:
            self._kept += parts
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip(self, count: int) -> int:
        """Pass over `count` bytes of the record; -> how many there were. Nothing is held."""
        if self.plain and count > len(self._data) - self._at:
            passed = max(0, min(count, self.members.size() - self.tell))
            self.move(self.tell + passed)
            return passed
        if count <= _KEPT_BYTES:
            return len(self.take(count))
        self._lost = True
        passed = 0
        while passed < count:
            if not self.peek(1, inside=True):
                break
            part = min(count - passed, len(self._data) - self._at)
            self._at += part
            passed += part
        return passed

    def move(self, position: int) -> None:
        """Uncompressed files: go on at byte `position`."""
        self.members.seek(position)
        self._data, self._at = b"", 0

    def pass_newlines(self) -> None:
        """Pass over line ends between records."""
        while window := self.peek(4096):
            rest = window.lstrip(b"\r\n")
            self._at += len(window) - len(rest)
            if rest:
                return

    def mark(self) -> int:
        """Begin a record; -> its offset in the file: its own, or that of the member it is in."""
        self._kept, self._lost = [], False
        self._marked = self.tell if self.plain else self.start
        return self._marked

    def rewind(self) -> None:
        """Go back to the mark; in a compressed file not when more than `_KEPT_BYTES` were passed over."""
        if self.plain:
            self.move(self._marked)
        elif not self._lost:
            self._data, self._at = b"".join([*self._kept, self._data[self._at :]]), 0
        self._kept = []

    def find_record(self) -> bool:
        """Go to the next line `WARC/1.x` of this member; False, at its end, when there is none."""
        while window := self.peek(1 << 16):
            found = _NEXT.search(window)
            if found:
                self._at += found.start() + 1
                return True
            if len(window) < 1 << 16:
                self._at += len(window)
                return False
            self._at += len(window) - 32
        return False
