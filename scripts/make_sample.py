"""Write the bundled sample, `pipelines/sample/`, from `scripts/sample_prose/`.

    python scripts/make_sample.py

The sample is what a crawl hands over, in small: good pages in Chinese and English, and one or more of everything that
goes wrong. All prose was written for the project; names, numbers and addresses are invented or reserved for examples.

* `pages.warc.gz`: the pages, one gzip member a record.
* `broken.warc.gz`: damaged records between good ones.
* `extra.jsonl`: 20 rows, one of them not JSON and one without its text.
* `expected.json`: for each record id, what it is meant to show: `{"file", "tags", "language", "of"}`; `of` names the
  record of which it is a duplicate. A record that cannot be read has its place (`broken.warc.gz#5`) for an id.

The result depends on the prose and this script alone: no clock, no random state.
"""

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path

from sample_good import good_pages, page, plain_page
from sample_pages import Prose, document, links, number, read_prose, url
from sample_records import Entry, member, record, replace, warcinfo

TARGET = Path(__file__).resolve().parents[1] / "pipelines" / "sample"
OVERSIZE_BYTES = 3 << 20


# Pages that a curated dataset should not have, or only once ---------------------------------------------------------


def duplicates(good: Sequence[Entry]) -> list[Entry]:
    """Copies at other addresses, copies with an edited sentence or two, and a mirror in Traditional characters."""
    by_title = {(p.language, p.title): p for language in ("en", "zh-Hans") for p in read_prose(language, language)}
    ids = {e.url: e.record_id() for e in good}
    entries = []
    for (language, _), prose in list(by_title.items())[::9]:
        entries.append(page(prose, "exact_dup_of", salt="copy", of=ids[url(prose)]))
        edited = edit(by_title[language, prose.title])
        entries.append(page(edited, "near_dup_of", salt="edited", of=ids[url(prose)]))
    mirror = read_prose("mirror", "zh-Hant")[0]
    original = next(p for p in read_prose("zh-Hans", "zh-Hans") if p.paragraphs[0][:6] == "一棵高大的水")
    entries.append(page(mirror, "mirror_of", of=ids[url(original)]))
    return entries


def edit(prose: Prose) -> Prose:
    """The page as a copier leaves it: an opening word put in, the last sentence replaced."""
    lead, ending = (
        ("据本网了解，", "（本网编辑整理）")
        if prose.language != "en"
        else ("As we reported, ", " Our reader sent this.")
    )
    last = re.sub(r"[^。.!?！？]+[。.!?！？”\"]+\s*$", "", prose.paragraphs[-1]) + ending
    first = lead + prose.paragraphs[0]
    return Prose(prose.language, prose.kind, prose.title, (first, *prose.paragraphs[1:-1], last))


def poor_pages() -> list[Entry]:
    """special.txt and other.txt: spam, very short pages, one for each quality rule, mixed, PII, other languages."""
    entries = []
    for prose in read_prose("special"):
        if prose.kind != "jsonl":
            tags = (prose.kind, "kept") if prose.kind in {"mixed", "pii"} else (prose.kind,)
            entries.append(page(prose, *tags))
    entries += [page(prose, "other_language", f"language_{prose.kind}") for prose in read_prose("other")]
    return entries


def generated_pages() -> list[Entry]:
    """Lists of links, lists of bullets, repetition, mojibake, nothing but a script, a page that is far too large."""
    entries = []
    for language in ("en", "zh-Hans", "zh-Hant"):
        titles = [p.title for p in read_prose(language, language)]
        for k in range(2 if language != "zh-Hant" else 1):
            name = {"en": "Archive, page", "zh-Hans": "文章列表 第", "zh-Hant": "文章列表 第"}[language] + f" {k + 1}"
            prose = Prose(language, "links", name, ())
            entries.append(page(prose, "links", body=document(prose, body=links(titles[k::2], "list")).encode()))
    entries += [repetition(), repetition_zh(), bullets()]
    zh = read_prose("zh-Hans", "zh-Hans")
    lost = document(zh[27]).encode("gb18030").decode("utf-8", "replace").encode().decode("gb18030", "replace")
    entries.append(page(zh[27], "mojibake", body=lost.encode(), salt="mojibake"))
    quoted = read_prose("en", "en")[28]
    curled = Prose("en", quoted.kind, quoted.title, tuple(curl(line) for line in quoted.paragraphs))
    accents = document(zh[28]).encode().decode("latin-1")
    entries.append(page(zh[28], "mojibake", body=accents.encode(), salt="mojibake"))
    entries.append(page(curled, "near_dup_of", salt="quotes", of=plain_id("en", 28)))
    empty = Prose("en", "app", "Loading", ())
    shell = b'<!DOCTYPE html><html><head></head><body><div id="app"></div><script>start()</script></body></html>'
    entries.append(page(empty, "empty_text", body=shell))
    large = Prose("en", "dump", "Backup of an old page", ("There is little to read here.",))
    padding = "<!-- " + "0123456789abcdef " * (OVERSIZE_BYTES // 17) + " -->"
    entries.append(page(large, "oversize", body=document(large, notice=padding).encode()))
    return entries


def curl(text: str) -> str:
    """The text with typographic quotation marks and apostrophes."""
    text = re.sub(r'"(?=\w)', "\u201c", text).replace('"', "\u201d")
    return text.replace("'", "\u2019")


def plain_id(language: str, index: int) -> str:
    return plain_page(read_prose(language, language)[index]).record_id()


def repetition() -> Entry:
    names = (
        "Mill Lane",
        "Station Road",
        "Church Street",
        "Harbour View",
        "Castle Hill",
        "Park Avenue",
        "Long Acre",
        "Quay Side",
    )
    line = "If you need a plumber in {0} then you have come to the right place, as we are the best plumber in {0}."
    prose = Prose("en", "repetition", "Plumber near you", tuple(line.format(n) for n in names))
    return page(prose, "repetition")


def repetition_zh() -> Entry:
    names = ("东城区", "西城区", "朝阳区", "海淀区", "丰台区", "石景山区", "通州区", "大兴区")
    line = "{0}搬家公司哪家好，{0}搬家公司电话，我们是专业的{0}搬家公司，价格便宜，服务周到，欢迎来电咨询。"
    prose = Prose("zh-Hans", "repetition", "搬家公司电话", (*(line.format(n) for n in names), line.format("东城区")))
    return page(prose, "repetition")


def bullets() -> Entry:
    goods = (
        "oak shelf",
        "brass hook",
        "felt pad",
        "linen cloth",
        "glass jar",
        "copper pan",
        "wooden spoon",
        "steel bowl",
    )
    lines = tuple(
        f"- {g.capitalize()} that is made to order, with a box of {number(g) % 40 + 4} to the pallet" for g in goods
    )
    return page(Prose("en", "bullets", "What is in stock", lines), "bullets")


def no_pages() -> list[Entry]:
    """What a crawl brings home beside pages: other statuses, other types, no body, records that are not responses."""
    gone = Prose("en", "error", "Not found", ("The page that you are looking for is not here.",))
    busy = Prose("zh-Hans", "error", "服务器错误", ("服务器内部错误，请稍后重试。",))
    to = (("Location", "https://www.harbourpost.example.com/"),)
    host = "https://www.harbourpost.example.com"
    return [
        page(gone, "http_status", status="404 Not Found"),
        page(busy, "http_status", status="500 Internal Server Error"),
        Entry(f"{host}/old", b"", ("http_status",), status="301 Moved Permanently", http=to),
        Entry(f"{host}/plan.pdf", PDF, ("not_html",), content_type="application/pdf"),
        Entry(f"{host}/dot.png", PNG, ("not_html",), content_type="image/png"),
        Entry(f"{host}/photo", PNG, ("not_html",), content_type="text/html"),
        Entry(f"{host}/app.js", b"export const answer = 42;\n", ("not_html",), content_type="application/javascript"),
        Entry(f"{host}/nothing", b"", ("empty_body",)),
        Entry(f"{host}/", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ("not_a_page",), kind="request"),
        Entry(
            f"{host}/",
            b"fetchTimeMs: 112\r\n",
            ("not_a_page",),
            content_type="application/warc-fields",
            kind="metadata",
        ),
    ]


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


# Files ----------------------------------------------------------------------------------------------------------


def entries() -> list[Entry]:
    """All records of pages.warc.gz, in order: the good and the bad are mixed, originals stand before their copies."""
    good = good_pages()
    rest = [*poor_pages(), *generated_pages(), *no_pages()]
    rest.sort(key=lambda e: number(e.url, e.kind))
    mixed = list(good)
    mixed.sort(key=lambda e: number(e.url))
    for i, entry in enumerate(rest):
        mixed.insert((i * len(good)) // len(rest) + i, entry)
    return [warcinfo("pages.warc.gz"), *mixed, *duplicates(good)]


def broken_members() -> list[tuple[bytes, Entry, str]]:
    """The records of broken.warc.gz: (gzip member, entry, why it cannot be read or "")."""
    texts = [Prose(p.language, "leaflet", p.title, p.paragraphs) for p in read_prose("special") if p.kind == "jsonl"]
    leaflets = [page(p, "leaflet", salt="broken") for p in texts]
    damaged = bytearray(member(record(leaflets[0]), 0))  # stored, not packed: the same bytes with every zlib
    damaged[len(damaged) // 2 : len(damaged) // 2 + 64] = b"\x00" * 64
    headless = record(leaflets[2]).replace(b"HTTP/1.1 200 OK\r\n", b"\x00\x01 no status line here\r\n", 1)
    lying = record(leaflets[3], length=10_000_000)
    bad_chunks = replace(leaflets[4], body=b"zz\r\n" + leaflets[4].body, http=(("Transfer-Encoding", "chunked"),))
    bad_gzip = replace(leaflets[5], body=b"\x1f\x8b\x08\x00 not gzip at all", http=(("Content-Encoding", "gzip"),))
    wrong = record(leaflets[0], digest="sha1:" + "A" * 32)
    cut = member(record(leaflets[2]), 0)
    return [
        (member(record(warcinfo("broken.warc.gz"))), warcinfo("broken.warc.gz"), ""),
        (bytes(damaged), leaflets[0], "decompression"),
        (member(record(leaflets[1])), leaflets[1], ""),
        (member(headless), leaflets[2], "warc_record"),
        (member(lying), leaflets[3], "warc_record"),
        (member(record(bad_chunks)), bad_chunks, "content_encoding"),
        (member(record(bad_gzip)), bad_gzip, "content_encoding"),
        (member(wrong), leaflets[0], "digest"),
        (member(record(leaflets[6])), leaflets[6], ""),
        (cut[: len(cut) // 2], leaflets[2], "decompression"),
    ]


def extra_rows() -> list[tuple[str, tuple[str, ...], str]]:
    """The lines of extra.jsonl: (line, tags, language)."""
    special = read_prose("special")
    rows = [(p, ("jsonl", "leaflet"), p.language) for p in special if p.kind == "jsonl"]
    for language in ("en", "zh-Hans"):
        rows += [(p, ("jsonl", "exact_text_of_page"), language) for p in read_prose(language, language)[5::12]]
    rows += [(p, ("jsonl", p.kind), p.language) for p in special if p.kind in {"short", "spam"}]
    lines = [
        (json.dumps(extra_row(i, prose), ensure_ascii=False), tags, language)
        for i, (prose, tags, language) in enumerate(rows[:18])
    ]
    lines.insert(6, ('{"id": "extra-broken", "text": "a line that was cut off in the mid', ("jsonl", "json"), ""))
    lines.insert(12, (json.dumps({"id": "extra-no-text", "url": "https://example.com/"}), ("jsonl", "field"), ""))
    return lines


def extra_row(i: int, prose: Prose) -> dict[str, str]:
    return {"id": f"extra-{i:02d}", "url": url(prose, "jsonl"), "title": prose.title, "text": prose.text}


def make(target: Path = TARGET) -> None:
    """Write the four files into `target`."""
    target.mkdir(parents=True, exist_ok=True)
    pages, broken, extra = entries(), broken_members(), extra_rows()
    expected: dict[str, dict[str, object]] = {}
    for e in pages:
        assert e.record_id() not in expected, e.url
        expected[e.record_id()] = {"file": "pages.warc.gz", "tags": list(e.tags), "language": e.language, "of": e.of}
    for i, (_, e, reason) in enumerate(broken):
        key = f"broken.warc.gz#{i}" if reason else e.record_id()
        tags = [reason] if reason else list(e.tags)
        expected[key] = {"file": "broken.warc.gz", "tags": tags, "language": e.language, "of": ""}
    for i, (line, tags, language) in enumerate(extra):
        key = f"extra.jsonl#{i}" if "json" in tags else json.loads(line)["id"]
        expected[key] = {"file": "extra.jsonl", "tags": list(tags), "language": language, "of": ""}
    (target / "pages.warc.gz").write_bytes(b"".join(member(record(e)) for e in pages))
    (target / "broken.warc.gz").write_bytes(b"".join(data for data, _, _ in broken))
    (target / "extra.jsonl").write_bytes("".join(line + "\n" for line, _, _ in extra).encode())
    (target / "expected.json").write_bytes((json.dumps(expected, ensure_ascii=False, indent=1) + "\n").encode())


if __name__ == "__main__":
    make()
    for path in sorted(TARGET.iterdir()):
        print(f"{path.stat().st_size:9,d}  {path.name}")
