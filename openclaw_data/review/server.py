"""The page on which people judge a sample: a small web server on the loopback interface, for who is at this machine.

Whoever asks must know the token in the URL and call the server by a loopback name (so that no web page can reach it
by a name of its own that leads here). Nothing else is served, nothing is fetched, and every decision is on the disk
before it is answered.
"""

import hmac
import json
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from openclaw_data.audit.annex import RISKS_ZH
from openclaw_data.audit.escapes import visible
from openclaw_data.documents import DataError
from openclaw_data.review import sample
from openclaw_data.review.decisions import MAX_NAME, VERDICTS, Decisions
from openclaw_data.signals import risks

HOST = "127.0.0.1"
MAX_REVIEWERS = 2
MAX_BODY = 4_096
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PAGE = Path(__file__).parent / "page"
_STATIC = {
    "": ("index.html", "text/html; charset=utf-8"),
    "review.js": ("review.js", "text/javascript; charset=utf-8"),
    "review.css": ("review.css", "text/css; charset=utf-8"),
}
_MARKS = {"pass": "p", "fail": "f", "unsure": "u"}


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A request that is answered with a status and nothing else."""


class Server(NamedTuple):
    """A server that listens; `url` opens the page."""

    http: ThreadingHTTPServer
    url: str


class Desk:
    """What the page asks for: the sample, and the decisions of its reviewers, one request at a time."""

    def __init__(self, decided: Decisions, reviewers: list[str]) -> None:
        self.sample, self.decided, self.reviewers = decided.sample, decided, reviewers
        self._lock = threading.Lock()

    def start(self, _: dict[str, Any]) -> dict[str, Any]:
        """What does not change."""
        header = self.sample.header
        codes = [{"code": c, "en": text, "zh": RISKS_ZH[c]} for c, text in risks.RISKS.items()]
        facts = {"dataset": visible(header.dataset), "kind": header.kind, "items": header.items}
        return {**facts, "reviewers": [visible(r) for r in self.reviewers], "risks": codes}

    def state(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The marks of one reviewer, a letter a document (`.`: none), and how many documents anybody decided on."""
        with self._lock:
            return self._state(self._reviewer(asked))

    def item(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A document as it is shown, with what this reviewer said of it."""
        number, who = asked.get("item"), self._reviewer(asked)
        if type(number) is not int or not 0 <= number < len(self.sample.items):
            raise Refused(404)
        shown = _shown(self.sample.items[number])
        with self._lock:
            found = self.decided.of(who).get(number)
        return {**shown, "verdict": found.verdict if found else "", "risk": found.risk if found else ""}

    def decide(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Write a decision."""
        who = self._reviewer(asked)
        with self._lock:
            number, verdict, risk = (asked.get(key, "") for key in ("item", "verdict", "risk"))
            if verdict not in VERDICTS:
                raise Refused(400)
            try:
                self.decided.decide(who, number, verdict, risk)
            except (ValueError, TypeError):
                raise Refused(400) from None
            return self._state(who)

    def undo(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Take back the reviewer's last decision; `item`: the document, or -1."""
        who = self._reviewer(asked)
        with self._lock:
            number = self.decided.undo(who)
            return {**self._state(who), "item": number}

    def _reviewer(self, asked: dict[str, Any]) -> str:
        number = asked.get("reviewer")
        if type(number) is not int or not 0 <= number < len(self.reviewers):
            raise Refused(400)
        return self.reviewers[number]

    def _state(self, who: str) -> dict[str, Any]:
        mine = self.decided.of(who)
        marks = "".join(_MARKS[mine[i].verdict] if i in mine else "." for i in range(len(self.sample.items)))
        anybody = {n for r in self.decided.reviewers for n, d in self.decided.of(r).items() if d.verdict != "unsure"}
        return {"marks": marks, "anybody": len(anybody)}


def reviewers(decided: Decisions, given: list[str]) -> list[str]:
    """Who reviews: those of the decisions made so far, then new ones.

    Raises:
        DataError: nobody, more than two, or a name that is empty, long or unprintable.
    """
    names = list(dict.fromkeys([*decided.reviewers, *(" ".join(name.split()) for name in given)]))
    for name in names:
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise DataError(f"--reviewer {name[:80]!r}", "is no name.", f"Write at most {MAX_NAME} letters.")
    if not 0 < len(names) <= MAX_REVIEWERS:
        fact = "who reviews is not said." if not names else f"{', '.join(names)}: a sample has at most two reviewers."
        raise DataError("review serve", fact, "Give --reviewer NAME once or twice.")
    return names


def listen(desk: Desk, port: int = 0, token: str = "") -> Server:
    """Listen on the loopback interface; `port` 0: any that is free.

    Raises:
        DataError: the port is taken.
    """
    token = token or secrets.token_urlsafe(24)
    try:
        http = _Listener(desk, token, port)
    except OSError as error:
        raise DataError(f"--port {port}", f"cannot be listened on: {error.strerror}.", "Choose another.") from None
    return Server(http, f"http://{HOST}:{http.server_port}/{token}/")


_CALLS = {call.__name__: call for call in (Desk.start, Desk.state, Desk.item, Desk.decide, Desk.undo)}
"""What the page can ask of a desk, by the last part of the URL."""


class _Listener(ThreadingHTTPServer):
    """Listens for the page of one desk; whoever asks must know the token."""

    daemon_threads = True

    def __init__(self, desk: Desk, token: str, port: int) -> None:
        self.desk, self.token = desk, token
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    """One request: who may ask, and what is answered."""

    server: _Listener
    server_version, sys_version = "openclaw-data", ""
    timeout = 30

    def do_GET(self) -> None:
        self._answer(self._static)

    def do_POST(self) -> None:
        self._answer(self._call)

    def _answer(self, make: Callable[[str], tuple[str, bytes]]) -> None:
        try:
            kind, body = make(self._path())
            status = 200
        except Refused as refused:
            status, kind, body = refused.args[0], "text/plain; charset=utf-8", b""
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _path(self) -> str:
        """What is asked for below the token."""
        names = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        if self.headers.get("Host", "") not in names:
            raise Refused(403)
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise Refused(403)
        if self.headers.get("Origin") not in (None, *(f"http://{name}" for name in names)):
            raise Refused(403)
        _, given, *rest = (*self.path.split("/", 2), "")
        if not hmac.compare_digest(given.encode(), self.server.token.encode()) or len(rest) < 2:
            raise Refused(404)
        return rest[0]

    def _static(self, path: str) -> tuple[str, bytes]:
        if path not in _STATIC:
            raise Refused(404)
        name, kind = _STATIC[path]
        return kind, (_PAGE / name).read_bytes()

    def _call(self, path: str) -> tuple[str, bytes]:
        length = self.headers.get("Content-Length", "")
        if path not in _CALLS:
            raise Refused(404)
        if self.headers.get_content_type() != "application/json":
            raise Refused(415)
        if not length.isdecimal() or int(length) > MAX_BODY:
            raise Refused(413)
        try:
            asked = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise Refused(400) from None
        if not isinstance(asked, dict):
            raise Refused(400)
        return "application/json", json.dumps(_CALLS[path](self.server.desk, asked), ensure_ascii=False).encode()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the token is in every request."""


def _shown(item: sample.Item) -> dict[str, Any]:
    """A document with its control and direction characters made visible; line feeds and tabs stay."""
    facts = item.model_dump(mode="json")
    facts["text"] = "\n".join("\t".join(map(visible, line.split("\t"))) for line in item.text.split("\n"))
    for name in ("id", "source", "language", "url", "title"):
        facts[name] = visible(facts[name])
    facts["flags"] = [{k: visible(v) for k, v in flag.items()} for flag in facts["flags"]]
    return {**facts, "cut": item.chars > len(item.text)}
