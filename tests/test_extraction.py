"""From raw records to pages: text, title, limits."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import openclaw_data
from openclaw_data import documents
from openclaw_data.documents import PAGE, RAW, DataError
from openclaw_data.extraction.cleaning import clean
from openclaw_data.extraction.engines import join_han_lines, label
from openclaw_data.extraction.guard import Guard, PageFailedError, PageTimeoutError
from openclaw_data.extraction.pages import TITLE_CHARS, extract, pages
from tests.timing import wait_until

ARTICLE = (
    "<html><head><title>\n 新闻  标题 </title></head><body><nav><a href=/>首页</a></nav><article><h1>标题</h1>"
    "<p>第一段讲的是城市的经济，\n     这里在源码中换行。</p><p>第二段有<b>粗体</b><i>斜体</i>和<a href=x>链接</a>。"
    "<img src=x alt=图片说明></p></article></body></html>"
)
DEEP = "<div>" * 20_000 + "x"


def raw_batch(*rows):
    return documents.build(RAW, rows)


def column(batch, name):
    return batch.column(name).to_pylist()


def test_an_article_gives_its_paragraphs_on_lines_of_their_own():
    page = extract(ARTICLE.encode("gbk"), "http://a.cn/", "text/html; charset=gbk")
    assert page.text.split("\n\n")[-2:] == [
        "第一段讲的是城市的经济，这里在源码中换行。",
        "第二段有粗体斜体和链接。",
    ]
    assert page.title == "新闻 标题"
    assert (page.charset, page.source, page.replacements, page.error) == ("gb18030", "http", 0, "")
    assert re.fullmatch(r"openclaw \d+(\.\d+)*.*", page.extractor)


def test_the_public_function_is_that_of_the_package():
    assert openclaw_data.extract is extract


def test_a_title_is_taken_from_title_then_og_then_heading_and_is_bounded():
    body = "<body><h1>Heading\n here</h1><p>Enough words to be a paragraph of text.</p></body>"
    og = '<meta property="og:title" content="Open graph">'
    assert extract(f"<head><title>T</title>{og}</head>{body}".encode()).title == "T"
    assert extract(f"<head><title> </title>{og}</head>{body}".encode()).title == "Open graph"
    assert extract(body.encode()).title == "Heading here"
    assert len(extract(f"<title>{'长' * 5000}</title>{body}".encode()).title) == TITLE_CHARS


def test_rows_of_every_kind_come_back_in_order():
    batch = pages(
        raw_batch(
            {"id": "html", "url": "http://a/", "payload": ARTICLE.encode(), "content_type": "text/html"},
            {"id": "wet", "text": "纯文本\r\n第二行  \r\n", "title": "题"},
            {"id": "skipped", "payload": b"x", "skipped": "http_status"},
            {"id": "error", "error": "digest", "error_detail": "sha1 differs", "text": "x"},
            {"id": "plain", "payload": "一行 < 二".encode("gbk"), "content_mime_detected": "text/plain"},
            {"id": "html as plain", "payload": ARTICLE.encode(), "content_mime_detected": "text/plain"},
            {"id": "big", "payload": b"<p>" + b"x" * 200_000},
            {"id": "nothing", "payload": b"<html></html>"},
            {"id": "nothing at all"},
        ),
        max_page_bytes=200_000,
    )
    assert batch.schema.equals(PAGE)
    assert column(batch, "id")[:3] == ["html", "wet", "skipped"]
    assert column(batch, "skipped") == ["", "", "http_status", "", "", "", "oversize", "empty_text", "empty_text"]
    assert column(batch, "error") == ["", "", "", "digest", "", "", "", "", ""]
    assert column(batch, "error_detail")[3] == "sha1 differs"
    texts = column(batch, "text")
    assert texts[1] == "纯文本\n第二行"
    assert texts[4] == "一行 < 二"
    assert texts[0] == texts[5] != ""
    assert texts[2] == texts[3] == texts[6] == ""
    assert column(batch, "charset_source")[:2] == ["utf-8", "text"]
    assert column(batch, "extractor")[1] == ""
    assert all(array.null_count == 0 for array in batch.columns)


def test_slices_and_empty_batches_keep_their_shape():
    batch = raw_batch({"id": "0", "text": "a"}, {"id": "1", "text": "b"}, {"id": "2", "payload": ARTICLE.encode()})
    assert pages(batch.slice(1)).equals(pages(batch).slice(1))
    assert pages(batch.slice(0, 0)).num_rows == 0


@given(st.lists(st.tuples(st.text("a 字\n\t\r\u00a0\u3000\ufeff", max_size=6), st.booleans())), st.integers(0, 3))
def test_texts_that_stay_and_texts_that_are_cleaned_come_back_in_order(rows, start):
    batch = raw_batch(*({"text": text, "skipped": "oversize" if out else ""} for text, out in rows))
    expected = ["" if out else clean(text) for text, out in rows]
    assert column(pages(batch.slice(start)), "text") == expected[start:]


def test_an_unknown_engine_is_a_clear_error():
    with pytest.raises(DataError, match=r"extract\.engine: nope: there is no such engine\. Choose from: openclaw"):
        pages(raw_batch(), engine="nope")
    with pytest.raises(DataError, match=r"documents\.RAW"):
        pages(documents.from_texts(["x"]))


def test_an_engine_that_is_not_installed_names_the_extra(monkeypatch):
    from importlib.metadata import PackageNotFoundError

    from openclaw_data.extraction import engines

    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(engines, "version", absent)
    label.cache_clear()
    with pytest.raises(DataError, match=r"pip install 'openclaw-data\[trafilatura\]'"):
        label("trafilatura")


def test_trafilatura_can_be_chosen():
    pytest.importorskip("trafilatura", reason="the extra is not installed")
    text = "".join(
        f"<p>这是第{i}段，讲的是城市的经济和人们的生活，需要足够的长度才会被认为是正文。</p>" for i in range(9)
    )
    html = f"<html><head><title>题</title></head><body><article>{text}</article></body></html>"
    batch = pages(raw_batch({"payload": html.encode(), "url": "http://a.cn/b"}), engine="trafilatura", timeout=60.0)
    assert column(batch, "error") == [""]
    assert "第8段" in column(batch, "text")[0]
    assert column(batch, "extractor")[0].startswith("trafilatura ")


def test_single_characters_between_tags_are_not_lost():
    html = "<article><p>这一段里有很多的<i>甲</i>和<a href=x>乙丙</a> 、 <b>丁戊</b>\n的\n<b>己庚</b>。</p></article>"
    assert extract(html.encode()).text == "这一段里有很多的甲和乙丙 、 丁戊的己庚。"


def test_no_space_is_put_between_han_characters_but_preformatted_text_keeps_its_lines():
    assert join_han_lines("<p>中文\r\n   换行，\n继续 word\nword\n中") == "<p>中文换行，继续 word\nword\n中"
    assert join_han_lines("<p>中\n文<PRE>中文\n换行</pre>中\n文") == "<p>中文<PRE>中文\n换行</pre>中文"
    assert join_han_lines("<pre>没有\n结束") == "<pre>没有\n结束"
    assert join_han_lines('<p style="white-space: pre-wrap">中\n文') == '<p style="white-space: pre-wrap">中\n文'
    assert join_han_lines("한국어\n한국어") == "한국어\n한국어"


def test_text_is_clean():
    assert clean("a \t\r\nb\x00c\r\rd\u2028e\n\n\n\n  f\u3000\n") == "a\nbc\n\nd\ne\n\n  f"
    assert clean("x\ud800y\ufeffz\x9f") == "xyz"
    assert clean(" \n\t\n\u3000") == ""
    assert clean("plain") == "plain"


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" \t\r\n\u3000\x0b\u2028\x00\ud83d"))))
def test_cleaning_twice_changes_nothing_more(text):
    once = clean(text)
    once.encode()
    assert clean(once) == once
    assert "\x00" not in once
    assert "\r" not in once
    assert "\n\n\n" not in once
    assert not re.search(r"[ \t]$", once, re.MULTILINE)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_page(raw):
    page = extract(b"<html><body><p>" + raw)
    page.text.encode()
    page.title.encode()
    assert page.error == ""


@pytest.fixture
def guard():
    guard = Guard()
    yield guard
    with guard.lock:
        guard._stop()


def test_a_page_that_never_ends_costs_its_time_and_the_next_one_works(guard):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with pytest.raises(PageTimeoutError, match=r"not done after 0\.3 s"):
        guard.extract("resiliparse", DEEP * 2, "", 0.3)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 5  # most of it to start
    assert "一段" in guard.extract("resiliparse", "<p>一段文字，够长的一段文字。</p>", "", 60.0)[0]


def test_an_engine_that_raises_or_dies_costs_one_page(guard):
    with pytest.raises(PageFailedError, match="KeyError"):
        guard.extract("no such engine", "x", "", 60.0)
    guard.child.kill()
    guard.child.wait()
    assert guard.extract("resiliparse", "<title>t</title>", "", 60.0)[1] == "t"
    first = guard.child.pid
    guard.extract("resiliparse", "<title>t</title>" + "x" * 3_000_000, "", 60.0)
    guard.extract("resiliparse", "<title>t</title>", "", 60.0)
    assert guard.child.pid != first


def test_a_forked_process_starts_its_own_child(guard):
    guard.extract("resiliparse", "<p>x", "", 60.0)
    guard.forget()
    assert guard.child is None
    assert not guard.lock.locked()


def test_hostile_pages_cost_one_record_and_the_good_one_among_them_survives():
    batch = pages(
        raw_batch(
            {"id": "deep", "payload": DEEP.encode()},
            {"id": "good", "payload": ARTICLE.encode()},
            {"id": "attributes", "payload": ("<div " + " ".join(f"a{i}" for i in range(100_000)) + ">x").encode()},
            {"id": "nuls", "payload": ARTICLE.encode() + b"\0" * 1_000_000},
        ),
        engine="resiliparse",
        timeout=0.5,
    )
    assert column(batch, "error") == ["extract_timeout", "", "extract_timeout", ""]
    assert column(batch, "text")[1] == column(batch, "text")[3] != ""
    assert column(batch, "error_detail")[0] == "not done after 0.5 s"


def test_a_child_does_not_outlive_a_parent_that_was_killed():
    code = (
        "from openclaw_data.extraction.guard import GUARD; import os, signal\n"
        "GUARD.extract('resiliparse', '<p>x', '', 60.0); print(GUARD.child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path)}
    parent = subprocess.run(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, timeout=300, check=False
    )
    child = int(parent.stdout)
    wait_until(lambda: not _running(child), f"process {child} is still there")


def _running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False
