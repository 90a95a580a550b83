"""The good pages of the bundled sample, in every encoding and condition that a crawl brings them home in."""

import gzip

from sample_pages import Prose, document, read_prose, url
from sample_records import Entry, chunks


def page(prose: Prose, *tags: str, body: bytes | None = None, salt: str = "", **more: object) -> Entry:
    """A response record around a written page, UTF-8 unless `body` says otherwise."""
    body = document(prose).encode() if body is None else body
    return Entry(url(prose, salt), body, tags, prose.language, **more)  # type: ignore[arg-type]


def good_pages() -> list[Entry]:
    """Every page of en.txt, zh-Hans.txt and zh-Hant.txt once; a few in legacy encodings, slightly damaged or as WET."""
    entries = []
    for language in ("en", "zh-Hans", "zh-Hant"):
        for i, prose in enumerate(read_prose(language, language)):
            entries.append(SPECIAL.get((language, i), plain_page)(prose))
    return entries


def plain_page(prose: Prose) -> Entry:
    return page(prose, "kept")


def gb2312_declared(prose: Prose) -> Entry:
    body = document(prose, charset="gb2312").encode("gb18030")
    return page(prose, "kept", "gbk", body=body, content_type="text/html; charset=gb2312")


def gbk_in_meta(prose: Prose) -> Entry:
    return page(prose, "kept", "gbk", body=document(prose, charset="gbk").encode("gb18030"), content_type="text/html")


def gbk_undeclared(prose: Prose) -> Entry:
    return page(prose, "kept", "gbk", body=document(prose, charset="").encode("gb18030"), content_type="text/html")


def utf8_undeclared(prose: Prose) -> Entry:
    return page(prose, "kept", "undeclared", body=document(prose, charset="").encode(), content_type="text/html")


def utf8_with_mark(prose: Prose) -> Entry:
    body = document(prose, charset="gb2312").encode("utf-8-sig")
    return page(prose, "kept", "bom", body=body, content_type="text/html")


def big5_declared(prose: Prose) -> Entry:
    body = document(prose, charset="big5").encode("big5hkscs", "xmlcharrefreplace")
    return page(prose, "kept", "big5", body=body, content_type="text/html; charset=big5")


def big5_in_meta(prose: Prose) -> Entry:
    body = document(prose, charset="big5").encode("big5hkscs", "xmlcharrefreplace")
    return page(prose, "kept", "big5", body=body, content_type="text/html")


def truncated_utf8(prose: Prose) -> Entry:
    """Cut in the middle of the last full stop of the text, without a word about it in the record."""
    whole = document(prose).encode()
    return page(prose, "kept", "truncated_utf8", body=whole[: whole.rindex("。</p>".encode()) + 1])


def truncated_record(prose: Prose) -> Entry:
    """Cut in the footer by the crawler, which says so in `WARC-Truncated`."""
    whole = document(prose).encode()
    body = whole[: whole.index(b"<footer>") + 20]
    return page(prose, "kept", "warc_truncated", body=body, warc=(("WARC-Truncated", "length"),))


def one_bad_byte(prose: Prose) -> Entry:
    body = document(prose).encode().replace("。</p>".encode(), b"\xff" + "。</p>".encode(), 1)
    return page(prose, "kept", "bad_byte", body=body)


def gzip_coded(prose: Prose) -> Entry:
    body = gzip.compress(document(prose).encode(), 9, mtime=0)
    return page(prose, "kept", "gzip_encoding", body=body, http=(("Content-Encoding", "gzip"),))


def chunked(prose: Prose) -> Entry:
    body = chunks(document(prose).encode())
    return page(prose, "kept", "chunked", body=body, http=(("Transfer-Encoding", "chunked"),))


def wet(prose: Prose) -> Entry:
    text = prose.title + "\n" + "\n".join(line.lstrip("|@ ") for line in prose.paragraphs) + "\n"
    return page(prose, "kept", "wet", body=text.encode(), content_type="text/plain", kind="conversion")


def resource(prose: Prose) -> Entry:
    return page(prose, "kept", "resource", content_type="text/html", kind="resource")


def plain_text(prose: Prose) -> Entry:
    return page(prose, "kept", "plain_text", body=prose.text.encode(), content_type="text/plain; charset=utf-8")


def open_licence(prose: Prose) -> Entry:
    link = '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    return page(prose, "kept", "rights", "cc_licence", body=document(prose, head=link).encode())


def open_licence_zh(prose: Prose) -> Entry:
    notice = (
        '<p class="copyright">本作品采用 <a rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/deed.zh-hans">'
        "知识共享署名-相同方式共享 4.0 国际许可协议</a>进行许可。</p>"
    )
    return page(prose, "kept", "rights", "cc_licence", body=document(prose, notice=notice).encode())


def tdm_reserved(prose: Prose) -> Entry:
    head = '<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="https://example.com/tdm.json">'
    return page(prose, "rights", "tdm_reservation", body=document(prose, head=head).encode())


def no_ai(prose: Prose) -> Entry:
    body = document(prose, head='<meta name="robots" content="noai, noimageai">').encode()
    return page(prose, "rights", "noai", body=body, http=(("X-Robots-Tag", "noai"),))


def no_reprint(prose: Prose) -> Entry:
    body = document(prose, notice='<p class="copyright">本文为原创内容，未经授权禁止转载。</p>').encode()
    return page(prose, "rights", "no_reprint", body=body)


SPECIAL = {
    ("en", 4): gzip_coded,
    ("en", 7): chunked,
    ("en", 12): utf8_undeclared,
    ("en", 15): open_licence,
    ("en", 20): wet,
    ("en", 25): tdm_reserved,
    ("en", 30): resource,
    ("en", 34): no_ai,
    ("en", 38): plain_text,
    ("zh-Hans", 1): gb2312_declared,
    ("zh-Hans", 2): gbk_in_meta,
    ("zh-Hans", 3): truncated_utf8,
    ("zh-Hans", 6): gbk_undeclared,
    ("zh-Hans", 9): one_bad_byte,
    ("zh-Hans", 11): gb2312_declared,
    ("zh-Hans", 14): open_licence_zh,
    ("zh-Hans", 18): chunked,
    ("zh-Hans", 21): gbk_undeclared,
    ("zh-Hans", 24): utf8_undeclared,
    ("zh-Hans", 26): utf8_with_mark,
    ("zh-Hans", 30): gzip_coded,
    ("zh-Hans", 32): wet,
    ("zh-Hans", 35): no_reprint,
    ("zh-Hans", 38): gbk_in_meta,
    ("zh-Hans", 41): truncated_record,
    ("zh-Hant", 1): big5_declared,
    ("zh-Hant", 3): big5_in_meta,
    ("zh-Hant", 5): big5_declared,
}
