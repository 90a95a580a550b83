"""What a page's head says, read from the scan."""

from openclaw_data.extraction import metadata


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
