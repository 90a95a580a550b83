"""How a page's encoding is decided."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_data.extraction.charset import canonical, declared_http, declared_meta, decode, good

ZH = (
    "新闻报道说，这个城市的经济在过去的一年里有了很大的发展，人们的生活水平也得到了提高。我们认为，"
    "随着时间的推移，会有更多的企业来到这里，为社会创造更多的工作机会。"
)
HANT = (
    "新聞報導說，這個城市的經濟在過去的一年裡有了很大的發展，人們的生活水準也得到了提高。我們認為，"
    "隨著時間的推移，會有更多的企業來到這裡。"
)
JA = "この都市の経済は過去一年間で大きく発展し、人々の生活水準も向上しました。私たちはそう考えています。"
KO = "이 도시의 경제는 지난 일 년 동안 크게 발전했고 사람들의 생활 수준도 높아졌다. 우리는 그렇게 생각한다."
RU = "Экономика этого города за последний год значительно выросла, и жизнь людей стала лучше."
FR = "L'économie de cette ville a beaucoup progressé l'année dernière, et la qualité de vie des habitants s'est élevée."


def told(raw, content_type=""):
    decoded = decode(raw, content_type)
    return (decoded.text, decoded.charset, decoded.source, decoded.replacements)


def page(text, meta=""):
    head = f'<meta charset="{meta}">' if meta else ""
    return f"<html><head>{head}<title>t</title></head><body><p>{text}</p></body></html>"


LEGACY = [
    (ZH, "gbk", "gb18030"),
    (ZH, "gb18030", "gb18030"),
    (HANT, "big5", "big5-hkscs"),
    (JA, "shift_jis", "shift_jis"),
    (JA, "euc_jp", "euc-jp"),
    (KO, "euc_kr", "euc-kr"),
]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("gb2312", "gb18030"),
        ("GBK", "gb18030"),
        (" x-gbk ", "gb18030"),
        ("cp936", "gb18030"),
        ("Big5", "big5-hkscs"),
        ("big5-hkscs", "big5-hkscs"),
        ("iso-8859-1", "windows-1252"),
        ("latin1", "windows-1252"),
        ("us-ascii", "windows-1252"),
        ("shift_jis", "shift_jis"),
        ("x-sjis", "shift_jis"),
        ("euc-kr", "euc-kr"),
        ("ks_c_5601-1987", "euc-kr"),
        ("utf8", "utf-8"),
        ("UTF-16", "utf-16le"),
        ("windows-1251", "windows-1251"),
        ("no-such-thing", ""),
        ("", ""),
    ],
)
def test_labels_mean_what_browsers_mean_by_them(label, name):
    assert canonical(label) == name


def test_declarations_are_found_where_pages_put_them():
    assert declared_http('text/html; Charset="GB2312"') == "gb18030"
    assert declared_http("text/html") == ""
    assert declared_meta(b"<META http-equiv=Content-Type content='text/html; charset=gb2312'>") == "gb18030"
    assert declared_meta(b'<?xml version="1.0" encoding="Big5"?><html>') == "big5-hkscs"
    assert declared_meta(b"<!-- <meta charset=big5> --><meta charset=gbk>") == "gb18030"
    assert declared_meta(b'<meta charset="utf-16">') == "utf-8"
    assert declared_meta(b" " * 2000 + b"<meta charset=gbk>") == "gb18030"
    assert declared_meta(b" " * 9000 + b"<meta charset=gbk>") == ""


@pytest.mark.parametrize(("text", "codec", "name"), LEGACY)
@pytest.mark.parametrize(
    "header", ["", "text/html", "declared", "text/html; charset=utf-8", "text/html; charset=latin1"]
)
@pytest.mark.parametrize("meta", ["", "declared", "utf-8", "iso-8859-1"])
def test_legacy_pages_are_decoded_right_whatever_is_declared(text, codec, name, header, meta):
    html = page(text, codec if meta == "declared" else meta)
    decoded = decode(html.encode(codec), f"text/html; charset={codec}" if header == "declared" else header)
    assert decoded.text == html
    assert (decoded.charset, decoded.replacements) == (name, 0)
    declared = "http" if header == "declared" else "meta" if meta == "declared" else "sniffed"
    assert decoded.source == declared


@pytest.mark.parametrize("text", [ZH, HANT, JA, KO, RU, FR, "只有几个字", "© 2024 · nothing else"])
@pytest.mark.parametrize("lie", ["", "gbk", "gb2312", "big5", "iso-8859-1", "windows-1251", "shift_jis", "nonsense"])
def test_valid_utf8_is_utf8_whatever_is_declared(text, lie):
    html = page(text, lie)
    decoded = decode(html.encode(), f"text/html; charset={lie}" if lie else "")
    assert (decoded.text, decoded.charset, decoded.source, decoded.replacements) == (html, "utf-8", "utf-8", 0)


@pytest.mark.parametrize("header", ["", "text/html; charset=utf-8", "text/html; charset=gbk"])
def test_one_bad_byte_or_a_cut_does_not_flip_utf8(header):
    raw = page(ZH).encode()
    middle = raw.index("城".encode())
    for damaged in (
        raw[:middle] + b"\xff" + raw[middle:],
        raw[: middle + 1],
        raw[: middle + 2],
        raw[:middle] + raw[middle + 1 :],
    ):
        decoded = decode(damaged, header)
        assert decoded.charset == "utf-8"
        assert 1 <= decoded.replacements <= 2
        assert "新闻报道说" in decoded.text


@pytest.mark.parametrize("header", ["", "text/html; charset=utf-8", "text/html; charset=gb2312"])
def test_one_bad_byte_or_a_cut_does_not_flip_gbk(header):
    raw = page(ZH).encode("gbk")
    middle = raw.index("城".encode("gbk"))
    for damaged in (raw[:middle] + b"\xff" + raw[middle:], raw[: middle + 1], raw + b"\x81"):
        decoded = decode(damaged, header)
        assert decoded.charset == "gb18030"
        assert 1 <= decoded.replacements <= 2
        assert "新闻报道说" in decoded.text


def test_characters_outside_gb2312_survive_a_gb2312_label():
    html = page("朱镕基 囍 㐀 的名字", "gb2312")
    assert decode(html.encode("gb18030")).text == html


def test_a_very_short_gbk_page_is_read():
    assert decode(page("你好，世界").encode("gbk")).text == page("你好，世界")
    assert decode("联通".encode("gbk"), "text/plain; charset=gbk").text == "联通"


def test_single_byte_pages_keep_their_declaration():
    for text, label, name in (
        (RU, "windows-1251", "windows-1251"),
        (RU, "koi8-r", "koi8-r"),
        (FR, "latin1", "windows-1252"),
    ):
        decoded = decode(page(text).encode(label), f"text/html; charset={label}")
        assert (decoded.text, decoded.charset) == (page(text), name)
    assert decode(page(FR).encode("latin1")).text == page(FR)
    assert decode(page(RU * 3).encode("cp1251")).text == page(RU * 3)


def test_marks_and_wide_encodings():
    assert told(b"\xef\xbb\xbf" + page(ZH).encode()) == (page(ZH), "utf-8", "bom", 0)
    assert told(page(ZH).encode("utf-16"), "text/html; charset=gbk") == (page(ZH), "utf-16le", "bom", 0)
    assert decode(page(ZH).encode("utf-16-le")).charset == "utf-16le"
    assert told(page(ZH).encode("utf-16-be"), "text/html; charset=utf-16be") == (page(ZH), "utf-16be", "http", 0)
    assert decode(b"\xef\xbb\xbf" + page(ZH).encode("gbk")).text == page(ZH)
    assert decode(page(JA).encode("iso2022_jp"), "text/html; charset=iso-2022-jp").text == page(JA)


def test_ascii_takes_the_declared_name_and_an_empty_page_is_utf8():
    assert told(b"<p>hello", "text/html; charset=gbk") == ("<p>hello", "gb18030", "http", 0)
    assert decode(b"<meta charset=latin1>").source == "meta"
    assert told(b"") == ("", "utf-8", "utf-8", 0)


def test_replacement_characters_of_the_page_itself_are_not_counted():
    assert decode(page(ZH + "\ufffd\ufffd").encode()).replacements == 0
    assert decode(page(ZH + "\ufffd\ufffd").encode() + b"\xe4").replacements == 1


@given(
    st.binary(max_size=300),
    st.sampled_from(
        ["", "text/html; charset=gbk", "text/html; charset=big5", "x;charset=utf-16", "charset=iso-2022-jp"]
    ),
)
def test_any_bytes_are_decoded_to_text_that_can_be_stored(raw, header):
    decoded = decode(raw, header)
    decoded.text.encode()
    assert 0 <= decoded.replacements <= len(raw)
    assert decoded.source in ("bom", "http", "meta", "utf-8", "sniffed")
    assert decode(raw, header) == decoded
    assert decode(raw, header, is_good=good(pa.array([raw]))[0]) == decoded


@given(st.lists(st.binary(max_size=40) | st.text(max_size=20).map(str.encode)), st.integers(0, 3))
def test_good_utf8_is_told_as_python_tells_it(payloads, start):
    def decodes(raw):
        try:
            raw.decode()
        except UnicodeDecodeError:
            return False
        return True

    assert good(pa.array(payloads, pa.binary())[start:]) == [decodes(raw) for raw in payloads[start:]]


@given(st.text(min_size=1, max_size=200))
def test_utf8_with_a_mark_comes_back_whole(text):
    assert decode(b"\xef\xbb\xbf" + text.encode()).text == text


def test_real_pages_that_were_transcoded_give_the_text_of_their_originals(shared_data):
    """The GB pages are compared with the stored originals; Big5 was made from a converted text, which encodes back."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    from openclaw_data.extraction import extract

    transcoded, originals, compared = {}, {}, 0
    for file in sorted(shared_data.glob("pages-*.warc.gz")):
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                url, kind = record.headers["WARC-Target-URI"], record.headers.get("X-Transcoded")
                header = record.http_headers.get("Content-Type") or ""
                if kind:
                    transcoded[url] = (kind, header, record.reader.read())
                else:
                    originals[url] = (header, record.reader.read())
    for url, (kind, header, raw) in transcoded.items():
        decoded = decode(raw, header)
        assert decoded.replacements == 0, url
        if "big5" in kind:
            assert raw in (decoded.text.encode(c, "replace") for c in ("big5hkscs", "big5", "cp950")), url
        else:
            declared, original = originals[re.sub(r"[?&]enc=\w+$", "", url)]
            assert extract(raw, url, header).text == extract(original, url, declared).text, url
        compared += 1
    assert compared == 280
