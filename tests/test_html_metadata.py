"""What a page's head says, read from the scan."""

from openclaw_data.extraction import metadata
from openclaw_data.extraction.describe import describe


def test_meta_links_and_json_ld_are_read_in_page_order() -> None:
    page = """<html lang=zh-CN><head><title>A &amp; B</title>
    <META Name="TDM-Reservation" content='1'><meta property=og:title content="x > y &quot;z&quot;">
    <link rel=canonical href=https://a.example/?a=1&amp;b=2><link rel="license" href="/l" type=text/html>
    <script type="application/ld+json">{"a": "</b>"}</script></head>
    <body><a rel="License nofollow" href="https://creativecommons.org/licenses/by/4.0/">CC</a>
    <time datetime=2020-01-02>then</time>"""
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
    assert found == ("T", "https://a.example/x", "en", "Li Hua, W", "2021-03-04T05:06:07Z", "Site")
    plain = describe(
        metadata.head('<meta name=author content="王 明"><time datetime="2020-01-02">x</time><title>a\n b</title>')
    )
    assert (plain.author, plain.published, plain.title) == ("王 明", "2020-01-02", "a b")


def test_broken_json_ld_says_nothing_and_stops_nothing() -> None:
    page = (
        "<script type='application/ld+json'>{oops</script><script type='application/ld+json'>"
        + "[" * 50_000
        + "</script>"
    )
    assert describe(metadata.head(page)) == ("",) * 6
