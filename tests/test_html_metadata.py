"""What a page's head says, read from the scan."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import openclaw_data
from openclaw_data import documents, extraction
from openclaw_data.extraction import blocks, metadata
from openclaw_data.extraction.describe import MOST_CHARS, NOTHING, Description, describe
from openclaw_data.kernels import html_statements
from openclaw_data.kernels.html_layout import BASE, HTML, JSON_LD, LICENCE, LINK, META, TIME


def test_meta_links_and_json_ld_are_read_in_page_order() -> None:
    page = """<html lang=zh-CN><head><title>A &amp; B</title>
    <META Name="TDM-Reservation" content='1'><meta property=og:title content="x > y &quot;z&quot;">
    <link rel=canonical href=https://a.example/?a=1&amp;b=2><link rel="license" href="/l" type=text/html>
    <script type="application/ld+json">{"a": "</b>"}</script></head>
    <body><a rel="License nofollow" href="https://creativecommons.org/licenses/by/4.0/">CC</a>
    <time datetime=2019-01-02>of a comment</time><time datetime=2020-01-02 class="entry-date published">then</time>"""
    found = metadata.head(page)
    assert found.meta == [("tdm-reservation", "1"), ("og:title", 'x > y "z"')]
    assert found.links == [
        ("canonical", "https://a.example/?a=1&b=2", ""),
        ("license", "/l", "text/html"),
        ("license nofollow", "https://creativecommons.org/licenses/by/4.0/", ""),
    ]
    assert found.json_ld == ['{"a": "</b>"}']
    assert (found.title, found.lang, found.times) == ("A & B", "zh-CN", ("2020-01-02",))


def test_what_is_in_comments_scripts_and_values_is_no_statement() -> None:
    page = """<!-- <meta name=robots content=noai> --><script>'<meta name=a content=b>'</script>
    <p title="<meta name=c content=d>">x</p><svg><title>no</title></svg>"""
    found = metadata.head(page)
    assert (found.meta, found.links, found.title) == ([], [], "")


def test_statements_are_bounded_in_number_and_length() -> None:
    page = "<meta name=a content=b>" * 5_000 + f"<meta name=long content='{'x' * 10**6}'>"
    found = metadata.head(page)
    assert len(found.meta) == metadata.MOST_ENTRIES
    assert len(metadata.head(f"<meta name=long content='{'x' * 10**6}'>").meta[0][1]) <= metadata.MOST_CHARS
    assert metadata.head("").meta == []


def test_author_date_and_site_come_from_json_ld_then_open_graph_then_meta() -> None:
    page = """<html lang=en><title>T</title><link rel=canonical href=https://a.example/x>
    <script type="application/ld+json">{"@graph": [{"@type": "WebPage"}, {"author": [{"name": "Li Hua"}, {"name": "W"}],
    "datePublished": "2021-03-04T05:06:07Z", "publisher": {"name": "P"}}]}</script>
    <meta property="og:site_name" content="Site"><meta name=author content=Other>"""
    found = describe(metadata.head(page))
    assert found == ("https://a.example/x", "en", "Li Hua, W", "2021-03-04T05:06:07Z", "Site")
    plain = said('<meta name=author content="王 明"><time pubdate datetime="2020-01-02">x</time>')
    assert (plain.author, plain.published) == ("王 明", "2020-01-02")


def test_broken_json_ld_says_nothing_and_stops_nothing() -> None:
    page = (
        "<script type='application/ld+json'>{oops</script><script type='application/ld+json'>"
        + "[" * 50_000
        + "</script>"
    )
    assert describe(metadata.head(page)) == NOTHING


def said(page: str, url: str = "https://a.example/b/c") -> Description:
    """What is read from the chosen marks, which is what all of them say."""
    found, _ = blocks.described(page, url)
    assert found == describe(metadata.head(page), url)
    return found


def json_ld(content: str) -> str:
    return f"<script type='application/ld+json'>{content}</script>"


@pytest.mark.parametrize(
    "content",
    [
        '{"author": ' + '{"name": ' * 900 + "1" + "}" * 901,
        '{"author": ' + "[" * 900 + '"x"' + "]" * 900 + "}",
        '{"@graph": ' + "[" * 700 + '{"author": 1, "datePublished": {}}' + "]" * 700 + "}",
        '{"author": {"name": null}, "publisher": [[], {}, 7], "datePublished": 20210304}',
        '{"author": ' + "9" * 10_000 + "}",
        '{"author": "' + "x" * metadata.MOST_JSON_CHARS + '"}',
        '"author"',
    ],
)
def test_hostile_json_ld_says_nothing_and_stops_nothing(content: str) -> None:
    assert said(json_ld(content)) == NOTHING


def test_json_ld_is_bounded_over_all_scripts_of_a_page() -> None:
    page = json_ld(f'{{"x": "{"y" * 30_000}"}}') * 10 + json_ld('{"author": "too late"}')
    assert len(metadata.head(page).json_ld) == 3
    assert said(page).author == ""


def test_names_have_no_controls_no_lone_surrogates_no_addresses_and_a_bounded_length() -> None:
    assert said(json_ld(r'{"author": "A\ud800\u0000\u202eB &amp; C\nD"}')).author == "A B & C D"
    assert said("<meta name=author content='Li Hua &lt;li@a.example&gt;'>").author == "Li Hua"
    assert said("<meta name=author content=https://a.example/me><meta name=byl content=W>").author == "W"
    assert len(said(f"<meta property=og:site_name content='{'s' * 5_000}'>").site) == MOST_CHARS


def test_of_repeated_statements_the_first_that_says_something_counts() -> None:
    page = """<meta name=author content=""><meta name=author content="&Eacute;. Z"><meta name=author content=Later>
    <link rel="canonical" href=""><link rel="shortlink canonical" href=1><link rel=canonical href=2>
    <meta name=date content=someday><meta name="publishdate" content="2021-01-01"><html lang=zh-CN><html lang=en>"""
    assert said(page) == ("https://a.example/b/1", "zh-CN", "É. Z", "2021-01-01", "")


@pytest.mark.parametrize(
    ("href", "base", "url", "address"),
    [
        ("/x?a=1&amp;b=2", "", "https://a.example/b/c", "https://a.example/x?a=1&b=2"),
        ("x", "/base/", "https://a.example/b/c", "https://a.example/base/x"),
        ("//b.example/x", "", "http://a.example/", "http://b.example/x"),
        ("/x", "", "", ""),
        ("javascript:alert(1)", "", "https://a.example/", ""),
        ("file:///etc/passwd", "", "https://a.example/", ""),
        ("https://user:word@a.example/", "", "https://a.example/", ""),
        ("http://[", "", "https://a.example/", ""),
        ("/" + "x" * 1_990, "", "https://a.example/", ""),
    ],
)
def test_a_canonical_url_is_made_absolute_and_only_http(href: str, base: str, url: str, address: str) -> None:
    assert said(f"<base href='{base}'><link rel=canonical href='{href}'>", url).canonical_url == address


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2021-03-04", "2021-03-04"),
        ("2021-03-04 05:06", "2021-03-04T05:06:00"),
        ("2021-03-04T05:06:07.123+0800", "2021-03-04T05:06:07+08:00"),
        ("2021/3/4 5:06:07", "2021-03-04T05:06:07"),
        ("2021年3月4日 05:06", "2021-03-04T05:06:00"),
        ("Thu, 04 Mar 2021 05:06:07 GMT", "2021-03-04T05:06:07Z"),
        ("2021-03-04 5:06 PM", "2021-03-04"),
        ("2021-02-30", ""),
        ("2021-03-04T25:00:00Z", ""),
        ("2021-03-04T05:06:07+99:00", ""),
        ("Thu, 99 Xxx 9999999999", ""),
        ("04.03.21", ""),
        ("yesterday", ""),
    ],
)
def test_dates_become_iso_8601_or_nothing(written: str, iso: str) -> None:
    assert said(f"<meta property='article:published_time' content='{written}'>").published == iso


@pytest.mark.parametrize("engine", ["openclaw", "resiliparse"])
def test_a_page_in_gbk_is_described_alike_with_every_engine(engine: str) -> None:
    text = "今天的新闻说了很多事情，大家都在讨论这个问题。" * 20
    page = f"""<html lang=zh-CN><head><meta charset=gbk><meta name=author content=王明><link rel=canonical href=/新闻>
    <meta property=og:site_name content=港口日报><meta name=pubdate content=2021年3月4日></head><body><p>{text}</p>"""
    payloads = [page.encode("gbk"), b"plain <words", b""]
    mimes = ["text/html", "text/plain", ""]
    rows = [
        {"payload": p, "url": "https://a.example/", "content_type": m, "text": "words"}
        for p, m in zip(payloads, mimes, strict=True)
    ]
    batch = extraction.pages(documents.build(documents.RAW, rows), engine=engine)
    found = [batch.column(f"page_{name}").to_pylist() for name in Description._fields]
    assert [column[0] for column in found] == ["https://a.example/新闻", "zh-CN", "王明", "2021-03-04", "港口日报"]
    assert [column[1:] for column in found] == [["", ""]] * 5
    one = openclaw_data.extract(page.encode("gbk"), "https://a.example/")
    assert one[-6:-1] == tuple(column[0] for column in found)


WORDS = ("author", "og:url", "canonical")


def wanted_plainly(data: bytes, marks: list[tuple[int, int, int]]) -> list[bool]:
    found = []
    for kind, start, end in marks:
        words = re.split(rb"""[ \t\n\f\r"'/<=>]""", data[start:end].lower())[:-1]
        named = any(word.encode() in words for word in WORDS)
        found.append(kind in (HTML, BASE, JSON_LD) or (kind in (META, LINK, TIME) and named))
    return found


@given(
    st.lists(
        st.tuples(
            st.sampled_from([META, LINK, HTML, BASE, JSON_LD, LICENCE, TIME]),
            st.lists(st.sampled_from(["author", "OG:url", "Canonical", "x", "=", " ", "'", '"', "/", "\n", ":", "é"])),
        )
    )
)
def test_marks_are_chosen_as_by_splitting_at_their_words(tags: list[tuple[int, list[str]]]) -> None:
    data, marks = b"", []
    for kind, parts in tags:
        tag = f"<meta {''.join(parts)}>".encode()
        marks.append((kind, len(data), len(data) + len(tag)))
        data += tag
    rows = np.array(marks, np.int32).reshape(-1, 3)
    found = html_statements.chosen(np.frombuffer(data, np.uint8), rows, html_statements.table(WORDS))
    assert found.tolist() == wanted_plainly(data, marks)
