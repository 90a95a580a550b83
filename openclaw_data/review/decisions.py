"""What reviewers decided, as a file beside the sample: JSON Lines that are only ever added to.

The first line names the sample by its sha256, each further one is a decision or takes one back. A decision is on the
disk before it is answered, so that a crash loses none; half a line at the end, which a crash can leave, is passed over.
"""

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from openclaw_data.documents import DataError
from openclaw_data.review import sample
from openclaw_data.signals import risks

FORMAT = "openclaw-data-decisions/1"
VERDICTS = ("pass", "fail", "unsure")
MAX_NAME = 60


class Decision(sample.Section):
    """A verdict on a document; `risk`: why it fails, a code of GB/T 45654 annex A, or empty."""

    verdict: str
    risk: str = ""


class Decisions:
    """The decisions on one sample. Only the server holds it open for writing, one process at a time."""

    def __init__(self, drawn: sample.Sample) -> None:
        self.sample = drawn
        self.path = beside(drawn.path)
        self.reviewers: list[str] = []
        self.damaged = 0
        self._made: dict[str, list[tuple[int, Decision]]] = {}
        self._file: int | None = None
        if self.path.exists():
            self._load()

    def _load(self) -> None:
        first, *lines = self.path.read_bytes().split(b"\n")
        try:
            head = json.loads(first)
            known = head["format"] == FORMAT and head["sample_sha256"]
        except (ValueError, KeyError, TypeError):
            raise DataError(str(self.path), "is no file of decisions.", "Move it away.") from None
        if known != self.sample.sha256:
            raise DataError(str(self.path), "belongs to another sample.", "Move it away, or draw as before.")
        for line in lines:
            try:
                entry = json.loads(line)
                self._apply(entry["reviewer"], entry["item"], entry["verdict"], entry.get("risk", ""))
            except (ValueError, KeyError, TypeError, IndexError):
                self.damaged += bool(line.strip())

    def _apply(self, reviewer: str, number: int, verdict: str, risk: str) -> None:
        """Count a line of the file. Raises ValueError for what cannot be."""
        if not isinstance(reviewer, str) or type(number) is not int or not 0 <= number < len(self.sample.items):
            raise ValueError("no such reviewer or document")
        made = self._made.setdefault(reviewer, [])
        if reviewer not in self.reviewers:
            self.reviewers.append(reviewer)
        if verdict == "undo":
            if not made or made[-1][0] != number:
                raise ValueError("not the last decision")
            made.pop()
        elif verdict in VERDICTS and (not risk or (verdict == "fail" and risk in risks.RISKS)):
            made.append((number, Decision(verdict=verdict, risk=risk)))
        else:
            raise ValueError("no such verdict or risk")

    def open(self) -> Self:
        """Open for writing.

        Raises:
            DataError: another process does so already, or the folder cannot be written.
        """
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(str(self.path), "is being written by another `review serve`.", "End that one.") from None
        except OSError as error:
            raise DataError(str(self.path), f"cannot be written: {error.strerror}.", "Copy the sample.") from None
        size = os.fstat(self._file).st_size
        if not size:
            self._append({"format": FORMAT, "sample_sha256": self.sample.sha256})
        elif os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")  # a crash left half a line
        return self

    def close(self) -> None:
        """Let another process write."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def decide(self, reviewer: str, number: int, verdict: str, risk: str = "") -> None:
        """Write a decision to the disk; the latest of a reviewer on a document counts.

        Raises:
            ValueError: no such document, verdict or risk.
        """
        self._apply(reviewer, number, verdict, risk)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        entry = {"item": number, "reviewer": reviewer, "time": now, "verdict": verdict}
        if 0 <= number < len(self.sample.items):
            entry["id"] = self.sample.items[number].id
        self._append(entry | ({"risk": risk} if risk else {}))

    def undo(self, reviewer: str) -> int:
        """Take back a reviewer's last decision; the document's number, or -1 where there is none."""
        made = self._made.get(reviewer)
        if not made:
            return -1
        number = made[-1][0]
        self.decide(reviewer, number, "undo")
        return number

    def of(self, reviewer: str) -> dict[int, Decision]:
        """What stands of a reviewer: document -> latest decision."""
        return dict(self._made.get(reviewer, ()))

    def _append(self, entry: dict[str, Any]) -> None:
        if self._file is None:
            raise RuntimeError("is not open")
        os.write(self._file, (json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n").encode())
        os.fsync(self._file)


def beside(path: str | Path) -> Path:
    """Where the decisions on a sample are."""
    return Path(path).with_suffix(".decisions.jsonl")
