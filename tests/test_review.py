"""The spot check: what is drawn, what is decided, what follows; and the page, with the keyboard, in a real browser."""

import http.client
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data.audit import report
from openclaw_data.dataset import manifest
from openclaw_data.dataset.verify import verify
from openclaw_data.documents import DataError
from openclaw_data.review import decisions, drawing, result, sample, server, technical
from tests.browser import Page, chromium
from tests.command import Command

PROGRAM = [sys.executable, "-c", "from openclaw_data.cli import main; main()", "review"]
EVIL = "<script>document.title='owned'</script>\u202e\x1b[31m"


@pytest.fixture(scope="module")
def dataset(curated: Path) -> Path:
    return curated


@pytest.fixture
def drawn(dataset: Path, tmp_path: Path) -> sample.Sample:
    drawing.write(str(tmp_path / "manual.jsonl"), str(dataset), 8, 7)
    return sample.read(tmp_path / "manual.jsonl")


def rows(dataset: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(p) for p in sorted((dataset / "data").rglob("*.parquet"))])


def test_a_draw_is_of_the_seed_and_the_documents_alone_and_a_larger_one_begins_the_same(
    dataset: Path, tmp_path: Path
) -> None:
    for name, n, seed in (("a", 20, 7), ("b", 20, 7), ("more", 40, 7), ("other", 20, 8)):
        drawing.write(str(tmp_path / name), str(dataset), n, seed)
    a, b, more, other = (sample.read(tmp_path / name) for name in ("a", "b", "more", "other"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert a.sha256 == b.sha256
    assert more.items[:20] == a.items
    assert {i.id for i in other.items} != {i.id for i in a.items}
    table = {row["id"]: row for row in rows(dataset).to_dicts()}
    assert all(table[i.id]["text"] == i.text and table[i.id]["text_sha256"] == i.text_sha256 for i in a.items)
    assert a.header.population == dict.fromkeys(a.header.population, 0) | dict(
        rows(dataset)["source_id"].value_counts().rows()
    )


def test_the_order_of_the_shards_does_not_change_who_is_drawn(dataset: Path) -> None:
    loaded = manifest.read(str(dataset))
    turned = loaded.model_copy(update={"shards": loaded.shards[::-1]})
    for one in (loaded, turned):
        found = drawing.population(str(dataset), one, 7)
        taken = drawing.draw(found, 30)
        assert len(set(taken.tolist())) == 30
        assert sorted(found.keys[taken]) == sorted(found.keys)[:30]
        batches = list(drawing.batches(str(dataset), one, found.starts, taken))
        assert sum(len(b) for _, b in batches) == 30


def test_each_source_gives_as_many_as_asked_or_all(dataset: Path, tmp_path: Path) -> None:
    header = drawing.write(str(tmp_path / "s"), str(dataset), 15, 7, per_source=True)
    assert header.kind == "source"
    assert header.drawn == {s: min(15, n) for s, n in header.population.items()}


def test_the_technical_check_lists_what_lists_and_classifiers_flag(dataset: Path, tmp_path: Path) -> None:
    text = rows(dataset).filter(pl.col("language") == "en")["text"][0]
    word = max(text.split(), key=len).strip(".,").lower()
    head = "\n".join(f"# {k}: x" for k in ("owner", "category", "version", "source", "licence"))
    (tmp_path / "own.tsv").write_text(f"{head}\n{word}\ten\tA1.f\n", encoding="utf-8")
    header = technical.write(str(tmp_path / "t"), str(dataset), 1.0, 7, [str(tmp_path / "own.tsv")])
    found = sample.read(tmp_path / "t")
    assert header.detectors["lexicon:own.tsv"] >= 1
    assert sum(header.drawn.values()) == len(rows(dataset))
    assert header.items == len(found.items) < len(rows(dataset))
    assert text[:100] in {i.text[:100] for i in found.items if any(f.detail.startswith(word) for f in i.flags)}
    assert header.lexicons[0].terms == 1
    assert not header.lexicons[0].complete
    tenth = technical.write(str(tmp_path / "u"), str(dataset), 0.1, 7)
    assert sum(tenth.drawn.values()) == -(-len(rows(dataset)) // 10)
    with pytest.raises(DataError, match="no share"):
        technical.write(str(tmp_path / "v"), str(dataset), 10, 7)


def test_spam_and_hate_are_flagged_with_the_numbers_that_say_so() -> None:
    texts = ["成人视频 国产自拍 日韩无码 制服丝袜 人妻熟女 三级片 在线av 激情小说", "今天下午学校举行了春季运动会。"]
    import pyarrow as pa

    n = len(texts)
    batch = pa.RecordBatch.from_pydict(
        {"text": texts, "title": [""] * n, "language": ["zh"] * n, "language_script": ["Hans"] * n}
    )
    first, second = technical.flags_of(batch, [])
    assert [f.by for f in first] == ["spam.porn"]
    assert "porn_terms" in first[0].detail
    assert second == ()


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_holds_the_rate_and_narrows(a: int, b: int) -> None:
    passed, n = min(a, b), max(a, b)
    low, high = result.wilson(passed, n)
    assert 0 <= low <= high <= 1
    if n:
        assert low - 1e-9 <= passed / n <= high + 1e-9
        wider = result.wilson(passed * 10, n * 10)
        assert wider[1] - wider[0] <= high - low + 1e-12


def test_the_interval_and_kappa_are_those_of_the_books() -> None:
    assert [round(x, 4) for x in result.wilson(3840, 4000)] == [0.9535, 0.9656]
    assert [round(x, 4) for x in result.wilson(8, 10)] == [0.4902, 0.9433]
    table = [("p", "p")] * 20 + [("p", "f")] * 5 + [("f", "p")] * 10 + [("f", "f")] * 15
    assert result.kappa(table) == 0.4
    assert result.kappa([("p", "p")] * 9) is None
    assert result.kappa([]) is None


def decide(path: Path, plan: dict[str, dict[int, tuple[str, str]]]) -> None:
    made = decisions.Decisions(sample.read(path)).open()
    for who, verdicts in plan.items():
        for number, (verdict, risk) in verdicts.items():
            made.decide(who, number, verdict, risk)
    made.close()


def test_the_result_is_in_manifest_and_report_and_the_dataset_stays_whole(
    dataset: Path, tmp_path: Path, cli: Command
) -> None:
    out = tmp_path / "out"
    shutil.copytree(dataset, out)
    folder = tmp_path / "out.review"
    n = len(rows(out))
    drawing.write(str(folder / "manual.jsonl"), str(out), 4000, 7)
    technical.write(str(folder / "technical.jsonl"), str(out), 0.1, 7)
    anna = dict.fromkeys(range(n), ("pass", "")) | {0: ("fail", "A1.f"), 1: ("unsure", "")}
    bo = dict.fromkeys(range(10), ("pass", ""))
    decide(folder / "manual.jsonl", {"Anna": anna, "博": bo})
    ended = cli("review", "result", out)
    assert ended.status == 0, ended.err
    loaded = manifest.read(str(out))
    assert loaded.review is not None
    manual = loaded.review.checks[0]
    assert {c.key for c in loaded.review.checks} == {"manual", "technical", "source"}
    assert (manual.key, manual.reviewed, manual.failed, manual.verdict) == ("manual", n, 1, "met")
    assert manual.rate == round((n - 1) / n, 6)
    held = next(s for s in loaded.review.samples if s.kind == "manual")
    assert (held.reviewers, held.both, held.same, held.failures, held.unsure) == (2, 9, 8, {"A1.f": 1}, 0)
    assert held.kappa == 0
    assert "Anna" not in (out / "manifest.json").read_text(encoding="utf-8")
    found = report.Report.model_validate_json((out / "audit" / "report.json").read_bytes())
    assert found.review == loaded.review
    assert not [m for m in found.not_measured if m.block == "review.manual"]
    assert verify(str(out)).problems == ()
    assert "A1.f" in (out / "audit" / "report.html").read_text(encoding="utf-8")


def test_too_few_documents_give_no_verdict_and_too_many_failures_a_bad_one(dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    drawing.write(str(path), str(dataset), 4000, 7)
    decide(path, {"a": dict.fromkeys(range(5), ("pass", ""))})
    found = result.review(str(dataset), [path])
    assert {c.verdict for c in found.checks if c.reviewed < c.least} == {"too few"}
    decide(path, {"b": dict.fromkeys(range(len(rows(dataset))), ("fail", ""))})
    found = result.review(str(dataset), [path])
    assert found.checks[0].verdict == "not met"
    assert found.checks[0].rate == 0  # who passed alone is overruled by who failed


def test_what_is_flagged_fails_until_people_pass_it(dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    technical.write(str(path), str(dataset), 1.0, 7)
    header = sample.read(path).header
    item = drawing.item({**rows(dataset).row(0, named=True)}, (sample.Flag(by="x"),))
    sample.write(path, header.model_copy(update={"items": 2}), [item, item])
    assert result.review(str(dataset), [path]).checks[0].failed == 2
    decide(path, {"a": {0: ("pass", ""), 1: ("fail", "A1.f")}})
    assert result.review(str(dataset), [path]).checks[0].failed == 1


def test_a_sample_of_another_dataset_or_a_cut_one_is_refused(
    dataset: Path, drawn: sample.Sample, tmp_path: Path
) -> None:
    other = drawn.header.model_copy(update={"content": "0" * 64})
    sample.write(tmp_path / "other", other, drawn.items)
    with pytest.raises(DataError, match="was not drawn from"):
        result.review(str(dataset), [tmp_path / "other"])
    with pytest.raises(DataError, match="nobody has decided"):
        result.review(str(dataset), [drawn.path])
    text = Path(drawn.path).read_text(encoding="utf-8")
    for broken, match in ((text[: len(text) // 2], "line|of 8 documents"), ("", "line 1"), ("[]\n", "line 1")):
        (tmp_path / "broken").write_text(broken, encoding="utf-8")
        with pytest.raises(DataError, match=match):
            sample.read(tmp_path / "broken")
    with pytest.raises(DataError, match="cannot be read"):
        sample.read(tmp_path / "nothing")


def test_decisions_outlive_a_crash_and_can_be_taken_back(drawn: sample.Sample) -> None:
    made = decisions.Decisions(drawn).open()
    made.decide("a", 0, "pass")
    made.decide("a", 1, "fail", "A2.d")
    made.decide("a", 0, "unsure")
    with pytest.raises(DataError, match="another `review serve`"):
        decisions.Decisions(drawn).open()
    assert made.undo("a") == 0
    assert made.of("a")[0].verdict == "pass"
    made.close()
    with made.path.open("ab") as file:
        file.write(b'{"item": 3, "reviewer": "a", "ver')  # a crash in the middle of a line
    again = decisions.Decisions(drawn).open()
    assert again.damaged == 1
    assert {n: d.verdict for n, d in again.of("a").items()} == {0: "pass", 1: "fail"}
    again.decide("b", 2, "pass")
    again.close()
    assert decisions.Decisions(drawn).of("b") == {2: decisions.Decision(verdict="pass")}
    assert (again.undo("nobody"), again.reviewers) == (-1, ["a", "b"])
    for bad in ((99, "pass", ""), (0, "yes", ""), (0, "fail", "Z9"), (0, "pass", "A1.a"), (-1, "pass", "")):
        with pytest.raises(ValueError, match="no such"):
            again.decide("a", *bad)
    text = again.path.read_text(encoding="utf-8").replace(drawn.sha256, "0" * 64)
    again.path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="belongs to another sample"):
        decisions.Decisions(drawn)


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
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
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


def test_names_are_asked_for_and_at_most_two(drawn: sample.Sample) -> None:
    made = decisions.Decisions(drawn)
    for names in ([], ["a", "b", "c"], ["a\x1b"], ["x" * 99], [" "]):
        with pytest.raises(DataError):
            server.reviewers(made, names)
    assert server.reviewers(made, ["a  b", "a b"]) == ["a b"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as opened:
        yield opened


def ready(browser: Page, before: int) -> int:
    """Wait until the page has done one more thing; how many it has done."""
    import time

    for _ in range(500):
        done = int(browser.run("return document.body.dataset.ready || 0"))
        if done > before:
            return done
        time.sleep(0.01)
    raise AssertionError("the page did not answer")


@pytest.mark.parametrize("width", [1280, 390])
def test_two_people_review_a_sample_with_the_keyboard_alone(browser: Page, served: Served, width: int) -> None:
    browser.open("about:blank")
    browser.console(), browser.requests()
    browser.open(served.url, width, 800)
    done = ready(browser, 0)

    def press(*keys: str) -> None:
        nonlocal done
        browser.keys(*keys)
        done = ready(browser, done)

    def text(name: str) -> str:
        return browser.run("return document.getElementById(arguments[0]).textContent", name)

    browser.run("window.scrollTo(0, 0)")
    if browser.run("return document.documentElement.lang") == "zh":
        press("l")
    down, enter, escape, right, left = "\ue015", "\ue007", "\ue00c", "\ue014", "\ue012"
    assert "<script>" in text("name")
    assert "\\u202e" in text("text")
    assert browser.run("return document.querySelectorAll('#document script, #document img').length") == 0
    assert browser.run("return document.title").startswith("Spot check")
    assert text("place") == "Document 1 of 8"
    press("1")
    assert text("place") == "Document 2 of 8"
    browser.keys("2")
    assert browser.run("return document.getElementById('why').open")
    assert browser.low_contrast() == []
    browser.keys("2", down, down)
    press(enter)  # A2.c
    browser.keys("2")
    press("1", "f")
    browser.keys("2", escape)
    browser.keys("?")
    assert browser.low_contrast() == []
    browser.keys(escape)
    press("3")
    assert served.decided.of("Anna") == {
        0: decisions.Decision(verdict="pass"),
        1: decisions.Decision(verdict="fail", risk="A2.c"),
        2: decisions.Decision(verdict="fail", risk="A1.f"),
        3: decisions.Decision(verdict="unsure"),
    }
    press("u")
    assert text("place") == "Document 4 of 8"
    assert 3 not in served.decided.of("Anna")
    press(left)
    assert text("mark") == "Fail · A1.f"
    press("1")
    assert served.decided.of("Anna")[2].verdict == "pass"
    press(right)
    press("r")
    assert browser.run("return document.querySelector('[aria-checked=true]').textContent") == "李四"
    press("1")
    assert served.decided.of("李四") == {7: decisions.Decision(verdict="pass")}  # the second begins at the end
    press("l")
    assert browser.run("return document.documentElement.lang") == "zh"
    assert text("place") == "第 2 / 8 条"
    browser.open("about:blank")
    browser.open(f"{served.url}#zh,1,1", width, 800)
    done = ready(browser, 0)
    assert text("place") == "第 2 / 8 条"
    for _ in range(7):
        press("1")
    assert "您已检完" in text("message")
    for _ in range(2):  # in both languages
        assert browser.low_contrast() == []
        assert browser.overflow() <= 0
        press("l")
    tabbed = browser.run("return [...document.querySelectorAll('button')].every(e => e.tabIndex === 0)")
    assert tabbed
    assert browser.console() == []
    assert {url.split("#")[0] for url in browser.requests()} <= {
        "about:blank", "data:,",
        *(served.url + name for name in ("", "review.js", "review.css", "start", "state", "item", "decide", "undo")),
    }  # fmt: skip


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


def test_the_commands_draw_serve_and_refuse(dataset: Path, tmp_path: Path, cli: Command) -> None:
    path = tmp_path / "m.jsonl"
    command = ["review", "sample", dataset, "--n", 5, "-o", path]
    assert f"5 of {len(rows(dataset)):,} documents" in cli(*command).out
    with subprocess.Popen(
        [*PROGRAM, "serve", str(path), "--reviewer", "Anna"], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Open http://127.0.0.1:")
        running.terminate()
        assert "Saved:" in running.stdout.read()
    assert running.returncode == 0
    ended = cli(*command)
    assert (ended.status, "was reviewed already" in ended.err) == (2, True)
