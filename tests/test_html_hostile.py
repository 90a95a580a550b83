"""Pages made to stop a worker: the engine answers in time that grows with their bytes, without a guard process."""

import pytest

from openclaw_data import documents
from openclaw_data.extraction import blocks, pages
from tests.timing import within

SIZE = 3_000_000
LIMIT_SECONDS = 10.0
"""Twenty times what the slowest takes on an idle core; a quadratic scan would take hours."""

PAGES = {
    "deep nesting": "<div>" * (SIZE // 5),
    "deep inline nesting": "<b>" * (SIZE // 3) + "x",
    "closed nesting": "<div>" * (SIZE // 11) + "x" + "</div>" * (SIZE // 11),
    "end tags that look far up": "<section><table><td>" + "<div>" * (SIZE // 10) + "</section>" * (SIZE // 20),
    "list items that look far up": "<ul>" + "<li><div>" * (SIZE // 9),
    "table parts that look far up": "<table><tr>" + "<b>" * (SIZE // 8) + "<td>" * (SIZE // 8),
    "links in links": "<a href=x><div>" * (SIZE // 15) + "</a>" * 100_000,
    "attributes": "<div " + " ".join(f"a{i}" for i in range(SIZE // 8)) + ">x",
    "a long class": f"<div class='{'word ' * (SIZE // 5)}'>x",
    "an open quote": "<a title='" + "x" * SIZE,
    "an open comment": "<p>x</p><!--" + "-" * SIZE,
    "an open script": "<p>x</p><script>" + "</scrip" * (SIZE // 7),
    "many small blocks": "<p>x" * (SIZE // 4),
    "many breaks": "x<br>" * (SIZE // 5),
    "ampersands": "&" * SIZE,
    "long entities": "&" + "a" * SIZE,
    "less-than signs": "<" * SIZE,
    "formulas": "<math><annotation encoding=tex>x" * (SIZE // 32),
    "zeros": "\0" * SIZE,
    "one long line": "文" * (SIZE // 3),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_page_takes_time_by_its_bytes(name: str) -> None:
    blocks.extract("<p>compile</p>")
    with within(LIMIT_SECONDS):
        text, _ = blocks.extract(PAGES[name])
    assert isinstance(text, str)


def test_hostile_pages_in_a_batch_leave_the_good_one_alone() -> None:
    good = ("<article>" + "<p>A paragraph of words, long enough to be the text of a page, comes here.</p>" * 5).encode()
    payloads = [PAGES["deep nesting"].encode(), good, b"", b"\xff\xfe\0", PAGES["attributes"].encode(), b"<frameset>"]
    raw = documents.build(documents.RAW, [{"id": str(k), "payload": p} for k, p in enumerate(payloads)])
    found = pages(raw, engine="openclaw").to_pylist()
    assert found[1]["text"] == pages(raw.slice(1, 1)).to_pylist()[0]["text"] != ""
    assert [row["error"] for row in found] == [""] * len(payloads)


def test_a_page_over_the_limit_is_not_scanned() -> None:
    raw = documents.build(documents.RAW, [{"id": "0", "payload": b"<div>" * 1000}])
    assert pages(raw, max_page_bytes=4_999).to_pylist()[0]["skipped"] == "oversize"


def test_a_page_that_breaks_a_batch_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from openclaw_data.extraction import engines
    from openclaw_data.extraction.describe import NOTHING, Description

    def batch(pages: list[str | bytes], urls: list[str]) -> list[tuple[str, str, Description]]:
        texts = [page if isinstance(page, str) else page.decode() for page in pages]
        if any("bad" in t for t in texts):
            raise ValueError("bad page")
        return [(t, "", NOTHING) for t in texts]

    engine = engines.ENGINES["openclaw"]._replace(batch=batch, extract=lambda html, url="": batch([html], [url])[0][:2])
    monkeypatch.setitem(engines.ENGINES, "openclaw", engine)
    raw = documents.build(documents.RAW, [{"id": "0", "payload": b"<p>good"}, {"id": "1", "payload": b"<p>bad"}])
    assert pages(raw).column("error").to_pylist() == ["", "extract_failed"]
