"""The page of the spot check: who may ask its server, and deciding with the keyboard in a real browser."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openclaw_data.review import decisions, drawing, sample, server
from tests.browser import Page, chromium
from tests.timing import PATIENCE_SECONDS, wait_until

EVIL = "<script>document.title='owned'</script>\u202e\x1b[31m"


@pytest.fixture
def drawn(curated: Path, tmp_path: Path) -> sample.Sample:
    drawing.write(str(tmp_path / "manual.jsonl"), str(curated), 8, 7)
    return sample.read(tmp_path / "manual.jsonl")


class Served:
    """A running page over a sample."""

    def __init__(self, drawn: sample.Sample, names: list[str]) -> None:
        self.decided = decisions.Decisions(drawn).open()
        self.server = server.listen(server.Desk(self.decided, server.reviewers(self.decided, names)))
        self.thread = threading.Thread(target=self.server.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.url = self.server.url
        self.port = self.server.http.server_port

    def stop(self) -> None:
        if self.thread.is_alive():
            self.server.http.shutdown()
            self.thread.join()
            self.server.http.server_close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        sent = {k.replace("_", "-"): v for k, v in headers.items()}
        if method == "POST":
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        self.headers = dict(answer.getheaders())
        connection.close()
        return found


@pytest.fixture
def served(drawn: sample.Sample) -> Iterator[Served]:
    items = list(drawn.items)
    items[0] = items[0].model_copy(update={"title": EVIL, "url": EVIL, "text": f"{EVIL}\n<img src=x onerror=alert(1)>"})
    items[0] = items[0].model_copy(update={"flags": (sample.Flag(by="lexicon:own.tsv", detail=EVIL),)})
    sample.write(drawn.path, drawn.header, items)
    running = Served(sample.read(drawn.path), ["Anna", "李四"])
    yield running
    running.stop()
    running.decided.close()


def test_the_server_answers_only_who_knows_the_token_at_a_loopback_name(served: Served) -> None:
    path = served.url[len(f"http://127.0.0.1:{served.port}") :]
    assert served.ask("GET", path)[0] == 200
    assert "default-src 'none'" in served.headers["Content-Security-Policy"]
    assert served.server.http.server_address[0] == "127.0.0.1"
    assert served.ask("GET", path, Host=f"localhost:{served.port}")[0] == 200
    for host in ("evil.example", f"evil.example:{served.port}", "127.0.0.1", f"127.0.0.1:{served.port}.evil.example"):
        assert served.ask("GET", path, Host=host)[0] == 403
    for wrong in ("/", "/x/", path[:-2] + "/", path.rstrip("/"), f"{path}../manual.jsonl", f"{path}%2e%2e/x"):
        assert served.ask("GET", wrong)[0] == 404
    body = {"reviewer": 0, "item": 0, "verdict": "pass"}
    assert served.ask("POST", f"{path}decide", body, Origin="http://evil.example")[0] == 403
    assert served.ask("POST", f"{path}decide", body, Sec_Fetch_Site="cross-site")[0] == 403
    assert served.ask("POST", f"{path}decide", body, Content_Type="text/plain")[0] == 415
    assert served.ask("POST", f"{path}decide", {**body, "x": "y" * 5000})[0] == 413
    for bad in ({"reviewer": 2}, {"item": 99}, {"item": True}, {"verdict": "undo"}, {"risk": 3}, {"risk": "A1.a"}):
        assert served.ask("POST", f"{path}decide", {**body, **bad})[0] == 400
    assert served.ask("POST", f"{path}item", {"reviewer": 0, "item": 99})[0] == 404
    assert served.ask("POST", f"{path}start", [])[0] == 400
    assert served.ask("PUT", path)[0] == 501
    assert served.decided.of("Anna") == {}
    assert served.ask("POST", f"{path}decide", body)[0] == 200
    assert served.decided.of("Anna")[0].verdict == "pass"


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as opened:
        yield opened


def ready(browser: Page, before: int) -> int:
    """Wait until the page has done one more thing; how many it has done."""

    def done() -> int:
        return int(browser.run("return document.body.dataset.ready || 0"))

    wait_until(lambda: done() > before, "the page did not answer")
    return done()


DOWN, ENTER, ESCAPE, RIGHT, LEFT = "\ue015", "\ue007", "\ue00c", "\ue014", "\ue012"


class Reviewer:
    """Someone at the page who has no mouse."""

    def __init__(self, browser: Page, served: Served, width: int = 1280, at: str = "en,0,0") -> None:
        self.browser, self.served, self.width = browser, served, width
        browser.open("about:blank")
        browser.console(), browser.requests()
        self.go(at)

    def go(self, at: str) -> None:
        self.browser.open("about:blank")
        self.browser.open(f"{self.served.url}#{at}" if at else self.served.url, self.width, 800)
        self.done = ready(self.browser, 0)

    def press(self, *keys: str) -> None:
        """Keys of which the last one makes the page do something, and wait until it has."""
        self.browser.keys(*keys)
        self.done = ready(self.browser, self.done)

    def text(self, name: str) -> str:
        return self.browser.run("return document.getElementById(arguments[0]).textContent", name)

    def language(self) -> str:
        return self.browser.run("return document.documentElement.lang")

    def was_quiet(self) -> bool:
        """Nothing was said on the console, and nothing was fetched but the page's own."""
        own = ("", "review.js", "review.css", "start", "state", "item", "decide", "undo")
        asked = {url.split("#")[0] for url in self.browser.requests()}
        return self.browser.console() == [] and asked <= {"about:blank", "data:,", *(self.served.url + n for n in own)}


@pytest.fixture(params=[1280, 390])
def reviewer(request: pytest.FixtureRequest, browser: Page, served: Served) -> Reviewer:
    return Reviewer(browser, served, request.param)


def test_the_page_of_a_sample_shows_hostile_text_as_text(browser: Page, served: Served) -> None:
    anna = Reviewer(browser, served, at="")
    browser.run("window.scrollTo(0, 0)")
    if anna.language() == "zh":
        anna.press("l")
    assert "<script>" in anna.text("name")
    assert "\\u202e" in anna.text("text")
    assert browser.run("return document.querySelectorAll('#document script, #document img').length") == 0
    assert browser.run("return document.title").startswith("Spot check")
    assert browser.run("return [...document.querySelectorAll('button')].every(e => e.tabIndex === 0)")
    assert anna.was_quiet()


def test_documents_are_decided_with_the_keyboard_alone(reviewer: Reviewer) -> None:
    browser, press, text = reviewer.browser, reviewer.press, reviewer.text
    assert text("place") == "Document 1 of 8"
    press("1")
    assert text("place") == "Document 2 of 8"
    browser.keys("2")
    assert browser.run("return document.getElementById('why').open")
    assert browser.low_contrast() == []
    browser.keys("2", DOWN, DOWN)
    press(ENTER)  # A2.c
    browser.keys("2")
    press("1", "f")
    browser.keys("2", ESCAPE)
    browser.keys("?")
    assert browser.low_contrast() == []
    browser.keys(ESCAPE)
    press("3")
    assert reviewer.served.decided.of("Anna") == {
        0: decisions.Decision(verdict="pass"),
        1: decisions.Decision(verdict="fail", risk="A2.c"),
        2: decisions.Decision(verdict="fail", risk="A1.f"),
        3: decisions.Decision(verdict="unsure"),
    }
    assert reviewer.was_quiet()


def test_a_decision_is_taken_back_and_another_one_changed_with_the_keyboard_alone(reviewer: Reviewer) -> None:
    press, decided = reviewer.press, reviewer.served.decided
    press("1")
    reviewer.browser.keys("2")
    press("1", "f")
    press("3")
    press("u")
    assert reviewer.text("place") == "Document 3 of 8"
    assert 2 not in decided.of("Anna")
    press(LEFT)
    assert reviewer.text("mark") == "Fail · A1.f"
    press("1")
    assert decided.of("Anna")[1].verdict == "pass"
    press(RIGHT)
    assert reviewer.was_quiet()


def test_a_second_person_goes_on_in_another_language_to_the_end(reviewer: Reviewer) -> None:
    browser, press, text = reviewer.browser, reviewer.press, reviewer.text
    press("1")
    press("r")
    assert browser.run("return document.querySelector('[aria-checked=true]').textContent") == "李四"
    press("1")
    assert reviewer.served.decided.of("李四") == {7: decisions.Decision(verdict="pass")}  # who begins at the end
    press("l")
    assert reviewer.language() == "zh"
    assert text("place") == "第 2 / 8 条"
    reviewer.go("zh,1,1")
    assert text("place") == "第 2 / 8 条"
    for _ in range(7):
        press("1")
    assert "您已检完" in text("message")
    for _ in range(2):  # in both languages
        assert browser.low_contrast() == []
        assert browser.overflow() <= 0
        press("l")
    assert reviewer.was_quiet()


def test_the_page_says_when_a_decision_was_not_saved(browser: Page, served: Served) -> None:
    browser.open("about:blank")
    browser.open(f"{served.url}#en,0,0")
    done = ready(browser, 0)
    served.stop()
    browser.keys("1")
    ready(browser, done)
    assert "Not saved" in browser.run("return document.getElementById('alert').textContent")
    assert browser.run("return document.getElementById('place').textContent") == "Document 1 of 8"
    assert served.decided.of("Anna") == {}
    browser.console()  # of the request that failed
