"""The bundled sample is what its script writes, holds everything it promises, and its good pages differ."""

import gzip
import html
import io
import itertools
import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from resiliparse.extract.html2text import extract_plain_text

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "pipelines" / "sample"
sys.path.insert(0, str(ROOT / "scripts"))

import make_sample  # noqa: E402
import sample_pages  # noqa: E402

PROMISED_TAGS = {
    *(
        "kept",
        "exact_dup_of",
        "near_dup_of",
        "mirror_of",
        "spam",
        "short",
        "repetition",
        "links",
        "bullets",
        "ellipsis",
    ),
    *("symbols", "numbers", "lorem", "javascript", "curly", "uppercase", "mixed", "pii", "mojibake", "other_language"),
    *("language_ja", "language_ko", "language_de", "gbk", "big5", "truncated_utf8", "bad_byte", "bom", "undeclared"),
    *("rights", "tdm_reservation", "noai", "cc_licence", "no_reprint", "warc_truncated", "gzip_encoding", "chunked"),
    *("http_status", "not_html", "empty_body", "empty_text", "oversize", "not_a_page", "wet", "resource", "plain_text"),
    *("decompression", "warc_record", "content_encoding", "digest", "json", "field"),
}


@pytest.fixture(scope="module")
def entries():
    return make_sample.entries()


@pytest.fixture(scope="module")
def expected():
    return json.loads((SAMPLE / "expected.json").read_text("utf-8"))


def test_the_script_writes_the_committed_files_again(tmp_path):
    make_sample.make(tmp_path)
    for name in ("expected.json", "extra.jsonl"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), f"{name}: run `make sample`"
    # Another build of zlib may pack the same bytes differently, so what is unpacked is compared.
    unpacked = [gzip.decompress((folder / "pages.warc.gz").read_bytes()) for folder in (tmp_path, SAMPLE)]
    assert unpacked[0] == unpacked[1], "pages.warc.gz: run `make sample`"


def test_two_runs_of_the_script_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        make_sample.make(tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_every_promised_tag_is_present(expected):
    assert {tag for row in expected.values() for tag in row["tags"]} >= PROMISED_TAGS


def test_there_are_more_than_150_pages_of_which_more_than_100_are_good(expected):
    rows = [row for row in expected.values() if row["file"] == "pages.warc.gz"]
    assert sum("not_a_page" not in row["tags"] for row in rows) > 150
    assert sum("kept" in row["tags"] for row in rows) > 100


def test_the_sample_is_small():
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 1_000_000


def test_every_record_is_read_back_in_order_with_its_id(entries):
    read = [r.record_id for r in ArchiveIterator(io.BytesIO((SAMPLE / "pages.warc.gz").read_bytes()), parse_http=False)]
    assert [i.strip("<>") for i in read] == [e.record_id() for e in entries]


def test_duplicates_name_a_record_that_is_there(expected):
    named = {row["of"] for row in expected.values()} - {""}
    assert named
    assert named <= set(expected)


@pytest.mark.parametrize(("tag", "codec"), [("gbk", "gb18030"), ("big5", "big5hkscs")])
def test_pages_in_legacy_encodings_decode_to_their_prose(entries, tag, codec):
    prose = {p.title: p for name in ("zh-Hans", "zh-Hant") for p in sample_pages.read_prose(name, name)}
    pages = [e for e in entries if tag in e.tags]
    assert len(pages) >= 3
    for entry in pages:
        text = html.unescape(entry.body.decode(codec))
        assert any(html.unescape(sample_pages.article(p)) in text for p in prose.values())
        with pytest.raises(UnicodeDecodeError):
            entry.body.decode("utf-8")


@pytest.mark.parametrize("tag", ["truncated_utf8", "bad_byte"])
def test_damaged_utf8_has_exactly_one_replacement(entries, tag):
    (entry,) = [e for e in entries if tag in e.tags]
    assert entry.body.decode("utf-8", "replace").count("\ufffd") == 1


def test_good_pages_are_long_enough():
    for language in ("en", "zh-Hans", "zh-Hant"):
        for page in sample_pages.read_prose(language, language):
            if language == "en":
                assert len(page.text.split()) >= 150, page.title
            else:
                assert len(page.text) >= 240, page.title


def shingles(text, language):
    tokens = text.lower().split() if language == "en" else [c for c in text if not c.isspace()]
    return {tuple(tokens[i : i + 5]) for i in range(len(tokens) - 4)}


def test_good_pages_differ_from_one_another_after_extraction():
    for language in ("en", "zh-Hans", "zh-Hant"):
        pages = sample_pages.read_prose(language, language)
        sets = [shingles(extract_plain_text(sample_pages.document(p), main_content=True), language) for p in pages]
        for (p, a), (q, b) in itertools.combinations(zip(pages, sets, strict=True), 2):
            assert len(a & b) / len(a | b) < 0.4, (p.title, q.title)


def test_near_duplicates_are_near_and_not_equal(entries):
    by_id = {e.record_id(): e for e in entries}
    pairs = [(e, by_id[e.of]) for e in entries if "near_dup_of" in e.tags and "kept" in by_id[e.of].tags]
    plain = [(a, b) for a, b in pairs if b.tags == ("kept",)]
    assert len(plain) >= 5
    for copy, original in plain:
        a, b = (shingles(extract_plain_text(e.body.decode(), main_content=True), e.language) for e in (copy, original))
        assert 0.7 < len(a & b) / len(a | b) < 1, original.url


def test_identity_card_and_bank_card_numbers_have_valid_checksums():
    text = "\n".join(p.text for p in sample_pages.read_prose("special") if p.kind == "pii")
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    for card in ("11010519491231002X", "440308199901010012"):
        assert card in text
        assert "10X98765432"[sum(int(c) * w for c, w in zip(card, weights, strict=False)) % 11] == card[-1]
    for number in ("6222021234567890128", "4111 1111 1111 1111"):
        assert number in text
        digits = number.replace(" ", "")
        assert sum(sum(divmod(int(c) * (1 + i % 2), 10)) for i, c in enumerate(reversed(digits))) % 10 == 0


def test_extra_rows_are_twenty_and_two_of_them_are_bad():
    good = Counter()
    for line in (SAMPLE / "extra.jsonl").read_text("utf-8").splitlines():
        try:
            good["text" in json.loads(line)] += 1
        except json.JSONDecodeError:
            good["broken"] += 1
    assert good == {True: 18, False: 1, "broken": 1}
