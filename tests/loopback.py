"""A server on loopback between a client and a storage server, which now and then fails."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.timing import PATIENCE_SECONDS


class Failing(ThreadingHTTPServer):
    """Passes HTTP on to `target`; every so many-th call fails, in turn before and after having done its work.

    The first kind answers 503; the second closes the connection without a word. Paths with `forbidden` are not let in.
    """

    daemon_threads = True

    def __init__(self, target: str, every: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target, self.every = target, every
        self.calls = self.failed = 0
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Failing

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        self.server.calls += 1
        number, every = self.server.calls, self.server.every
        if "forbidden" in self.path:
            self._answer(403, [], b'{"error": {"code": 403, "message": "no access"}}')
        elif number % (2 * every) == 0:
            self.server.failed += 1
            self._answer(503, [], b"")
        else:
            there = http.client.HTTPConnection(self.server.target, timeout=PATIENCE_SECONDS)
            there.request(self.command, self.path, body, dict(self.headers.items()))
            response = there.getresponse()
            content = response.read()
            there.close()
            if number % every == 0:
                self.server.failed += 1
                self.close_connection = True
            else:
                self._answer(response.status, response.getheaders(), content)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        kept = {k.lower(): v for k, v in headers if k.lower() not in {"transfer-encoding", "connection"}}
        if self.command != "HEAD" or "content-length" not in kept:
            kept["content-length"] = str(len(content))
        for name, value in kept.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = _pass  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def failing(target: str, every: int) -> Iterator[Failing]:
    """Such a server before the one at `target` (host:port)."""
    with Failing(target, every) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()
