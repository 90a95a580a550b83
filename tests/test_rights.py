"""Rights: each protocol where it stands, its priority, and the decision."""

import pyarrow as pa
import pytest

from openclaw_data import documents, recipe, rights
from openclaw_data.documents import DataError
from openclaw_data.rights import licences, optout, page
from openclaw_data.rights.evidence import decide
from tests.timing import within

RSL = '<script type="application/rsl+xml"><rsl><content><license>{}</license></content></rsl></script>'


def found(headers: str = "", html: str = "", charset: str = "utf-8", base: str = "") -> tuple:
    return decide(rights.read(headers, html.encode(charset), "", charset, base))


@pytest.mark.parametrize(
    ("headers", "html", "status", "signals"),
    [
        ("", "<p>nothing", "unknown", []),
        ("tdm-reservation: 1", "", "reserved", ["tdmrep:http=1"]),
        ("TDM-Reservation: 0", "", "clear", ["tdmrep:http=0"]),
        ("tdm-reservation: yes", "", "unknown", []),
        ("", '<meta name="tdm-reservation" content="1">', "reserved", ["tdmrep:meta=1"]),
        (
            "tdm-reservation: 1",
            "<META CONTENT=0 NAME='TDM-Reservation'>",
            "clear",
            ["tdmrep:http=1", "tdmrep:meta=0"],
        ),
        (
            "",
            '<meta content="https://e.org/p" name="tdm-policy"><meta name=tdm-reservation content=1>',
            "reserved",
            ["tdmrep:policy=https://e.org/p", "tdmrep:meta=1"],
        ),
        ("Content-Usage: train-ai=n, search=y", "", "reserved", ["aipref:train-ai=n", "aipref:search=y"]),
        ("Content-Usage: train-ai=n;exceptions=cc-cr", "", "reserved", ["aipref:train-ai=n"]),
        ("Content-Usage: train-ai=y", "", "clear", ["aipref:train-ai=y"]),
        ("Content-Usage: search=n", "", "unknown", ["aipref:search=n"]),
        ("Content-Usage: train-ai=n, train-ai=y", "", "clear", ["aipref:train-ai=y"]),
        ("Content-Usage: train-ai=n\nContent-Usage: ]]", "", "reserved", ["aipref:train-ai=n"]),
        ("Content-Usage: TRAIN-AI=N", "", "unknown", []),
        ("Content-Usage: train-ai=(n), ai=?0", "", "unknown", []),
        ("X-Robots-Tag: noai, noimageai", "", "reserved", ["robots:noai@http", "robots:noimageai@http"]),
        ("X-Robots-Tag: ccbot: noai", "", "reserved", ["robots:noai@http"]),
        ("X-Robots-Tag: noindex, noarchive", "", "unknown", []),
        ("", '<meta name="robots" content="index,NoAI">', "reserved", ["robots:noai@meta"]),
        ("", '<meta name="description" content="noai">', "unknown", []),
        ("", '<!-- <meta name="robots" content="noai"> -->', "unknown", []),
        ("", '<script>x=\'<meta name="robots" content="noai">\'</script>', "unknown", []),
        (
            'Link: <https://e.org/l.xml>; rel="license"; type="application/rsl+xml"',
            "",
            "reserved",
            ["rsl:link=https://e.org/l.xml"],
        ),
        ("", '<link rel="license" type="application/rsl+xml" href="/l.xml">', "reserved", ["rsl:link=/l.xml"]),
        ("", RSL.format('<permits type="usage">ai-train search</permits>'), "clear", ["rsl:inline=train"]),
        ("", RSL.format('<permits type="usage">search</permits>'), "reserved", ["rsl:inline=no-train"]),
        (
            "",
            RSL.format('<permits type="usage">all</permits><prohibits type="usage">ai-train</prohibits>'),
            "reserved",
            ["rsl:inline=no-train"],
        ),
    ],
)
def test_each_protocol_is_read_where_it_stands(headers: str, html: str, status: str, signals: list[str]) -> None:
    _, _, got, said, _ = found(headers, html)
    assert (got, said) == (status, signals)


@pytest.mark.parametrize(
    ("headers", "html", "licence", "where", "status"),
    [
        (
            "",
            '<a rel="license nofollow" href="https://creativecommons.org/licenses/by-sa/4.0/deed.zh">',
            "CC-BY-SA-4.0",
            "cc-rel",
            "clear",
        ),
        ("", "<link href=//creativecommons.org/publicdomain/zero/1.0/ rel=license>", "CC0-1.0", "cc-rel", "clear"),
        (
            'Link: </style.css>; rel=preload, <http://creativecommons.org/licenses/by/3.0/cn/>; rel="license"',
            "",
            "LicenseRef-CC-BY-3.0-CN",
            "link-header",
            "clear",
        ),
        (
            "",
            (
                '<script type="application/ld+json">{"@graph":[{"@type":"Article","license":'
                '"https://creativecommons.org/licenses/by-nc/4.0/"}]}</script>'
            ),
            "CC-BY-NC-4.0",
            "cc-jsonld",
            "unknown",
        ),
        (
            "",
            (
                '<script type="application/ld+json">{"@type":"ImageObject","license":'
                '"https://creativecommons.org/licenses/by/4.0/"}</script>'
            ),
            "",
            "none",
            "unknown",
        ),
        (
            "",
            '<meta name="dc.rights" content="http://creativecommons.org/licenses/by-nd/2.5/">',
            "CC-BY-ND-2.5",
            "cc-meta",
            "unknown",
        ),
        ("", '<a href="https://creativecommons.org/licenses/by/4.0/">about</a>', "", "none", "unknown"),
        (
            "",
            (
                '<a rel=license href="https://creativecommons.org/licenses/by/4.0/"></a>'
                '<a rel=license href="https://creativecommons.org/licenses/by-sa/4.0/"></a>'
            ),
            "",
            "none",
            "unknown",
        ),
        (
            "X-Robots-Tag: noai",
            '<a rel=license href="https://creativecommons.org/licenses/by/4.0/"></a>',
            "CC-BY-4.0",
            "cc-rel",
            "reserved",
        ),
    ],
)
def test_creative_commons_becomes_spdx(headers: str, html: str, licence: str, where: str, status: str) -> None:
    assert found(headers, html)[:3] == (licence, where, status)


def test_a_port_that_spdx_lists_keeps_its_name_and_others_are_references() -> None:
    assert licences.spdx("http://creativecommons.org/licenses/by-sa/3.0/de/") == "CC-BY-SA-3.0-DE"
    assert licences.spdx("http://creativecommons.org/licenses/by-nd-nc/1.0/") == "CC-BY-NC-ND-1.0"
    assert licences.spdx("https://creativecommons.org/licenses/by/9.9/") == ""
    assert licences.spdx("https://creativecommons.org.evil.example/licenses/by/4.0/") == ""


def test_the_source_licence_stands_behind_the_page() -> None:
    assert found(base="ODC-By-1.0")[:3] == ("ODC-By-1.0", "source", "clear")
    own = '<a rel=license href="https://creativecommons.org/licenses/by/4.0/">'
    assert found(html=own, base="ODC-By-1.0")[:2] == ("CC-BY-4.0", "cc-rel")


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gbk", "big5", "utf-16"])
def test_chinese_notices_and_icp_numbers_are_read_in_every_charset(charset: str) -> None:
    simplified = charset != "big5"
    notice = "版权所有 未经授权，严禁转载" if simplified else "版權所有 未經授權，嚴禁轉載"
    number = "京ICP备12345678号-1" if simplified else "京ICP備12345678號"
    html = f'<html><body><p>正文很好看</p><div class="foot">{notice} <a>{number}</a></div>'.replace("很好看", "好")
    _, _, status, signals, icp = found(html=html, charset=charset)
    assert signals == ["notice:禁止转载", "notice:未经授权", "notice:版权所有"]
    assert status == "unknown"
    assert icp.startswith("京ICP备12345678号")


def test_notices_are_read_in_records_that_carry_text() -> None:
    said = decide(rights.read("", b"", "本站内容禁止转载。粤ICP备 05020194 号"))
    assert said[3:] == (["notice:禁止转载"], "粤ICP备05020194号")
    entities = "<b>&#x4EAC;ICP&#x5907;14027177&#x53F7;-2</b>"
    assert found(html=entities)[4] == "京ICP备14027177号-2"


@pytest.mark.parametrize(
    "hostile",
    [
        b"<" * 3_000_000,
        b"<meta license " * 100_000,
        b'<a rel="license" href="' * 60_000,
        b"<!--" * 300_000 + b"license tdm- noai ld+json rsl+xml creativecommons.org/",
        b'<script type="application/ld+json">creativecommons.org/' + b"[" * 200_000 + b"</script>",
        b"<script rsl+xml>" + b"<permits " * 50_000 + b"</script>",
        "ICP版权所有转载".encode() * 80_000,
    ],
)
def test_a_hostile_page_costs_a_bounded_time(hostile: bytes) -> None:
    rights.read("", b"<p>compile", "", "utf-8")
    with within(5):
        rights.read("", hostile, "", "utf-8")
    assert len(page.readable(hostile, "utf-8")) <= page.MAX_BYTES + 1


def test_a_hostile_header_says_nothing() -> None:
    for line in ("Content-Usage: " + "a=(" * 300, "Link: " + "<x>;" * 250, "X-Robots-Tag: " + ":" * 1000):
        assert found(line)[2:4] == ("unknown", [])


def test_columns_of_a_batch_follow_its_rows() -> None:
    rows = [
        {"source_id": "cc", "payload": b"<meta name=robots content=noai>", "url": "https://a.example.com/"},
        {"source_id": "cc", "headers": "tdm-reservation: 1", "skipped": "http_status", "payload": b""},
        {"source_id": "open", "text": "禁止转载", "url": "https://b.example.org/"},
    ]
    raw = documents.build(documents.RAW, rows)
    pages = documents.build(documents.PAGE, [{"content_charset": "utf-8"}] * 3)
    made = rights.columns(raw, pages, {"cc": "", "open": "CC0-1.0"}, frozenset({"example.org"}))
    assert tuple(made) == rights.COLUMNS
    assert made["rights_status"].to_pylist() == ["reserved", "reserved", "reserved"]
    assert made["rights_signals"].to_pylist()[2] == ["notice:禁止转载", "optout:example.org"]
    assert made["licence"].to_pylist() == ["", "", "CC0-1.0"]
    assert made["rights_signals"].type == pa.list_(pa.string())


SAYINGS = (
    '<a rel="LICENSE" href="https://creativecommons.org/licenses/by/4.0/">',
    '<meta name="tdm-reservation" content="1">',
    "<meta name=robots content=NoAI>",
    "<!-- license -->",
    "<p>版权所有，禁止转载",
    "<p>京ICP备12345678号",
    RSL.format("<permits>all</permits>"),
    "<p>nothing",
)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "big5-hkscs", "utf-16le", "windows-1252"])
def test_a_batch_is_told_what_each_record_alone_is_told(charset: str) -> None:
    pages = [first + " " * filling + second for first in SAYINGS for second in SAYINGS for filling in (0, 600)]
    pages += ["x" * page.MAX_BYTES + saying for saying in SAYINGS[::3]]
    payloads = [text.encode(charset, "ignore") for text in pages]
    rows = [
        {"payload": payload, "headers": "tdm-policy: /p" if i % 7 == 0 else ""} for i, payload in enumerate(payloads)
    ]
    rows += [{"text": text} for text in pages[:20]]
    raw = documents.build(documents.RAW, rows)
    made = rights.columns(raw, documents.build(documents.PAGE, [{"content_charset": charset}] * len(rows)), {})
    alone = [
        decide(rights.read(row.get("headers", ""), row.get("payload", b""), row.get("text", ""), charset))
        for row in rows
    ]
    assert list(zip(*(made[name].to_pylist() for name in rights.COLUMNS), strict=True)) == alone
    assert len({status for _, _, status, _, _ in alone}) == 3


def test_opt_out_lists_cover_the_hosts_below_a_domain(tmp_path) -> None:
    file = tmp_path / "domains.txt"
    file.write_text("# asked in 2026\nExample.com\n*.example.org\n例子.中国\n", encoding="utf-8")
    domains = optout.load([str(file)]).domains
    assert optout.match("https://www.example.com/x", domains) == "example.com"
    assert optout.match("https://notexample.com/", domains) == ""
    assert optout.match("https://xn--fsqu00a.xn--fiqs8s/", domains) == "xn--fsqu00a.xn--fiqs8s"
    assert optout.match("http://[broken", domains) == ""


def test_a_bad_opt_out_list_names_file_and_line(tmp_path) -> None:
    (tmp_path / "bad.txt").write_text("example.com\nhttps://example.org/\n")
    with pytest.raises(DataError, match=r"bad.txt, line 2: 'https://example.org/' is no domain"):
        optout.load([str(tmp_path / "bad.txt")])
    with pytest.raises(DataError, match="cannot be read"):
        optout.load([str(tmp_path / "none.txt")])


def test_an_opt_out_list_is_part_of_the_digest_by_its_content_not_its_place(tmp_path) -> None:
    web = recipe.with_inputs(recipe.load("web"), {"cc": ["a"]})
    digests = []
    for folder, text in (("a", "example.com\n"), ("b", "example.com\n"), ("c", "example.org\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "out.txt").write_text(text)
        lists = recipe.Rights(optout=(str(tmp_path / folder / "out.txt"),))
        digests.append(recipe.resolve(web.model_copy(update={"rights": lists})).digest)
    assert digests[0] == digests[1] != digests[2]
    assert recipe.resolve(web).digest not in digests
