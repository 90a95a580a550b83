"""Reading WARC, JSON lines and Parquet: every record is a row, a skip, an error, or counted as ignored."""

import gzip
import io
import itertools
import json
import random
import zlib
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tldextract
import zstandard

from openclaw_data import documents, ingest, suffixes
from openclaw_data.documents import DataError
from openclaw_data.ingest import files, http, jsonl, urls, warc

PAGE = b"<!doctype html><html><body><p>plain words here</p></body></html>"


def record(
    body=PAGE, *, kind="response", head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", name="a", length=None
):
    block = head + b"\r\n" + body if kind == "response" else body
    fields = [
        "WARC/1.0", f"WARC-Type: {kind}", f"WARC-Record-ID: <urn:{name}>", f"WARC-Target-URI: <http://x.example/{name}>",
        "WARC-Date: 2024-05-06T07:08:09Z", f"Content-Length: {len(block) if length is None else length}",
    ]  # fmt: skip
    if kind != "response":
        fields.append("Content-Type: text/plain")
    return "\r\n".join([*fields, "", ""]).encode() + block + b"\r\n\r\n"


def read(path, form="warc", fields=None, split_bytes=16 << 20, **options):
    ignored, rows = Counter(), []
    for split in ingest.plan([ingest.Source("s", form, [str(path)], fields or {})], split_bytes=split_bytes):
        assert ingest.Split(**json.loads(json.dumps(split._asdict()))) == split
        for batch in ingest.read(split, ignored=ignored, **options):
            assert batch.schema == documents.RAW
            assert all(column.null_count == 0 for column in batch.columns)
            rows += batch.to_pylist()
    return rows, ignored


def outcomes(rows):
    return [row["error"] or row["skipped"] or "ok" for row in rows]


@pytest.mark.parametrize("codec", ["", "gzip", "zstd"])
def test_a_record_gives_its_provenance_and_payload(tmp_path, codec):
    pack = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}[codec]
    parts = [
        pack(record(b"x", kind="warcinfo")),
        pack(record(name="p")),
        pack(record("汉字".encode(), kind="conversion")),
    ]
    (tmp_path / "f.warc").write_bytes(b"".join(parts))
    (page, text), ignored = read(tmp_path / "f.warc")
    assert (page["id"], page["url"], page["payload"]) == ("urn:p", "http://x.example/p", PAGE)
    assert page["fetch_time"].isoformat() == "2024-05-06T07:08:09+00:00"
    assert (page["fetch_status"], page["content_mime_detected"], page["warc_filename"]) == (200, "text/html", "f.warc")
    assert (page["warc_record_offset"], page["warc_record_length"]) == (len(parts[0]), len(parts[1]))
    assert (text["text"], text["payload"]) == ("汉字", b"")
    assert ignored == {"warcinfo": 1}


def test_one_damaged_member_costs_one_record(tmp_path):
    parts = [gzip.compress(record(name=str(n), body=PAGE * 20)) for n in range(5)]
    bad = bytearray(parts[2])
    bad[len(bad) // 2] ^= 255
    (tmp_path / "f.warc.gz").write_bytes(parts[0] + parts[1] + bytes(bad) + parts[3] + parts[4][:-9])
    rows, _ = read(tmp_path / "f.warc.gz")
    assert outcomes(rows) == ["ok", "ok", "decompression", "ok", "decompression"]
    assert rows[2]["warc_record_offset"] == len(parts[0] + parts[1])
    assert rows[2]["error_detail"]


def test_a_damaged_member_of_several_records_gives_those_before_the_damage(tmp_path):
    body = PAGE + random.Random(0).randbytes(60_000)
    packed = bytearray(gzip.compress(record(body, name="a") + record(body[::-1], name="b")))
    packed[len(packed) * 3 // 4] ^= 255
    (tmp_path / "f.warc.gz").write_bytes(bytes(packed) + gzip.compress(record(name="c")))
    assert outcomes(read(tmp_path / "f.warc.gz")[0]) == ["ok", "decompression", "ok"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("length", [3, 10**6, 10**17, "x", -1])
def test_a_record_that_lies_about_its_length_costs_itself(tmp_path, pack, length):
    data = pack(record(name="a")) + pack(record(name="b", length=length)) + pack(record(name="c"))
    (tmp_path / "f.warc").write_bytes(data)
    rows, _ = read(tmp_path / "f.warc")
    assert outcomes(rows) == ["ok", "warc_record", "ok"]


def test_records_cut_anywhere_by_block_compression_are_read(tmp_path):
    data = b"".join(record(name=str(n), body=PAGE * n) for n in range(1, 30))
    (tmp_path / "f.warc.gz").write_bytes(b"".join(gzip.compress(data[i : i + 700]) for i in range(0, len(data), 700)))
    assert outcomes(read(tmp_path / "f.warc.gz")[0]) == ["ok"] * 29


def test_no_boundary_is_found_inside_a_page_that_is_an_archive(tmp_path):
    inner = b"".join(gzip.compress(record(name=f"in{n}")) for n in range(200))
    stored = zlib.compressobj(0, zlib.DEFLATED, 31)
    outer = stored.compress(record(PAGE + inner, name="outer")) + stored.flush()
    (tmp_path / "f.warc.gz").write_bytes(gzip.compress(record(name="a")) + outer + gzip.compress(record(name="z")))
    rows, _ = read(tmp_path / "f.warc.gz", split_bytes=2000)
    assert [row["id"] for row in rows] == ["urn:a", "urn:outer", "urn:z"]


def test_boundaries_are_the_first_members_after_the_targets():
    sizes = [1 + n * n * 37 % 9000 for n in range(60)]
    members = [gzip.compress(record(random.Random(n).randbytes(size))) for n, size in enumerate(sizes)]
    inner = zlib.compressobj(0, zlib.DEFLATED, 31)
    members.insert(30, inner.compress(record(PAGE + b"".join(members[:25]))) + inner.flush())
    starts = [0, *itertools.accumulate(map(len, members))]
    data = b"".join(members)
    for count in (2, 3, 7, 20, 200):
        targets = [len(data) * n // count for n in range(1, count)]
        expected = sorted({min(s for s in starts if s >= target) for target in targets} - {len(data)})
        assert warc.boundaries(io.BytesIO(data), "gzip", targets) == expected


def test_a_page_that_imitates_an_archive_where_a_file_is_split_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(warc, "PROOF_BYTES", 1)
    stored = zlib.compressobj(0, zlib.DEFLATED, 31)
    outer = stored.compress(record(PAGE * 50 + gzip.compress(record(name="in")) + PAGE * 30)) + stored.flush()
    (tmp_path / "f.warc.gz").write_bytes(gzip.compress(record(name="a")) + outer + gzip.compress(record(name="z")))
    with pytest.raises(DataError, match=r"f\.warc\.gz: byte \d+ seemed to begin a record"):
        read(tmp_path / "f.warc.gz", split_bytes=3000)


def test_reasons_to_skip(tmp_path):
    ok = b"HTTP/1.1 200 OK\r\n"
    parts = [
        record(head=b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n"),
        record(b"\x89PNG\r\n", head=ok + b"Content-Type: text/html\r\n"),
        record(b"{}", head=ok + b"Content-Type: application/json\r\n"),
        record(b""),
        record(PAGE * 100),
        record(gzip.compress(PAGE + b" " * 10**7), head=ok + b"Content-Encoding: gzip\r\nContent-Type: text/html\r\n"),
        record(b"\x1f\x8bjunk", head=ok + b"Content-Encoding: gzip\r\nContent-Type: text/html\r\n"),
        record(b"5\r\nab", head=ok + b"Transfer-Encoding: chunked\r\nContent-Type: text/html\r\n"),
        record(PAGE, head=ok),
    ]
    (tmp_path / "f.warc").write_bytes(b"".join(parts))
    rows, _ = read(tmp_path / "f.warc", max_page_bytes=1000)
    assert outcomes(rows) == [
        "http_status", "not_html", "not_html", "empty_body", "oversize", "oversize", "content_encoding", "ok", "ok",
    ]  # fmt: skip
    assert (rows[7]["payload"], rows[7]["truncated"]) == (b"ab", "unspecified")


def test_codings_are_undone_and_bounded():
    raw = zlib.compress(PAGE)[2:-4]
    for name, data in (
        ("gzip", gzip.compress(PAGE)),
        ("deflate", raw),
        ("zstd", zstandard.compress(PAGE)),
        ("x-gzip", PAGE),
    ):
        assert http.undo(data, {"content-encoding": name}, 10**6).data == PAGE
    bomb = gzip.compress(gzip.compress(b"0" * 10**8))
    body = http.undo(bomb, {"content-encoding": "gzip, gzip"}, 5000)
    assert (len(body.data), body.over) == (5000, True)
    with pytest.raises(http.Undecodable, match="chunk"):
        http.undo(b"2\r\nabcd\r\n0\r\n\r\n", {"transfer-encoding": "chunked"}, 100)


def test_json_lines_cost_one_row_each(tmp_path):
    good = {"id": "1", "text": "a\ud800\0b", "metadata": {"url": "http://x.example"}, "created": "2020-01-02"}
    lines = [json.dumps(good), "{bad", "[1]", '{"text": 5}', '{"id": 7}', "[" * 10**5, '{"text": " "}', ""]
    path = tmp_path / "f.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode() + b'\n{"text": "\xff"}'))
    rows, _ = read(path, "jsonl")
    assert outcomes(rows) == ["ok", "json", "json", "field", "field", "json", "empty_body", "json"]
    assert (rows[0]["text"], rows[0]["url"], rows[0]["fetch_time"].year) == ("a��b", "http://x.example", 2020)
    assert rows[1]["warc_record_offset"] == len(lines[0]) + 1


def test_a_line_over_the_limit_is_not_held():
    lines = list(jsonl.lines(io.BytesIO(b"a" * 10**6 + b"\nbc\n"), "", limit=1000))
    assert [(line.offset, line.size, line.data) for line in lines] == [(0, 10**6, None), (10**6 + 1, 2, b"bc")]


def test_parquet_is_split_by_row_groups_and_null_text_is_an_error(tmp_path):
    table = pa.table({"body": ["a", None, "c", "d", "e"], "meta": [{"u": f"http://{n}"} for n in range(5)]})
    pq.write_table(table, tmp_path / "f.parquet", row_group_size=2)
    rows, _ = read(tmp_path / "f.parquet", "parquet", {"text": "body", "url": "meta.u"}, split_bytes=1)
    assert outcomes(rows) == ["ok", "field", "ok", "ok", "ok"]
    assert [row["warc_record_offset"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[4]["url"] == "http://4"
    with pytest.raises(DataError, match="no column 'text'"):
        read(tmp_path / "f.parquet", "parquet")


@pytest.mark.parametrize(
    ("data", "form", "fact"),
    [
        (b"", "warc", "empty"),
        (b"filedesc://x.arc 0 0 text/plain 9\n", "warc", "ARC"),
        (b"<html>", "warc", "HTML"),
        (b"PAR1....", "jsonl", "Parquet"),
        (b'[\n{"text": "a"}]', "jsonl", "JSON array"),
        (b"WARC/1.0\r\n", "jsonl", "WARC"),
        (b"{}", "parquet", "JSON"),
        (b"PAR1junk", "parquet", "footer"),
    ],
)
def test_another_format_is_refused_before_the_run(tmp_path, data, form, fact):
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(DataError, match=fact):
        ingest.plan([ingest.Source("s", form, [str(tmp_path / "f")])])


def test_missing_files_folders_and_globs_are_named(tmp_path):
    for path, fact in (("no", "does not exist"), ("no*", "no file matches"), (".", "is a folder")):
        with pytest.raises(DataError, match=fact):
            files.expand([str(tmp_path / path)])


def test_the_order_of_paths_does_not_matter_and_names_leave_folders_out(tmp_path):
    for name in ("b/x.gz", "a/x.gz", "a/y.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    listed = files.expand([f"{tmp_path}/b/*", f"{tmp_path}/a/*", f"{tmp_path}/a/y.gz"])
    assert files.names([file.path for file in listed]) == ["a/x.gz", "y.gz", "b/x.gz"]


def test_files_in_a_bucket_are_read_like_local_ones():
    import fsspec

    fsspec.filesystem("memory").pipe("/bucket/f.warc.gz", gzip.compress(record()))
    assert outcomes(read("memory://bucket/*.gz")[0]) == ["ok"]


def test_registered_domains():
    given = [
        "https://a.b.example.co.uk/x",
        "http://127.0.0.1:80/",
        "http://[::1]/",
        "http://[bad",
        "com",
        "",
        "http://中国.cn",
    ]
    found = urls.url_host_registered_domain(pa.array(given)).to_pylist()
    assert found == ["example.co.uk", "127.0.0.1", "::1", "", "", "", "中国.cn"]


def test_registered_domains_are_those_of_tldextract():
    extract = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)
    odd = ["a。com", "foo．co．uk", " a.com ", "a.com..", "localhost", "1.2.3.444", "a b.com", "x.github.io", "..", "-"]
    bare = [rule.lstrip("!").replace("*", "wild") for rule in sorted({*suffixes.rules(), *extract.tlds})[::7]]
    for host in [*odd, *bare, *("b.A." + name for name in bare), *("." + name for name in bare)]:
        found = extract(host)
        assert suffixes.registered(host) == (f"{found.domain}.{found.suffix}" if found.domain and found.suffix else "")


def test_real_splits_read_exactly_what_the_whole_file_holds(shared_data):
    path = shared_data / "pages-00002.warc.gz"
    with gzip.open(path) as file:
        expected = file.read().count(b"WARC/1.0\r\nWARC-Type: response")
    whole, ignored = read(path, split_bytes=1 << 40)
    assert (len(whole), ignored["warcinfo"]) == (expected, 1)
    for split_bytes in (1 << 20, 3_000_000):
        assert read(path, split_bytes=split_bytes) == (whole, ignored)


def test_broken_archives_give_every_readable_record(shared_data):
    folder = shared_data / "cc_samples"
    found = {p.name: outcomes(read(p)[0]) for p in sorted(folder.glob("warcio*")) if ".warc" in p.name}
    assert found["warcio-example-trunc.warc"] == ["warc_record"]
    assert found["warcio-example-bad.warc.gz.bad"] == ["ok", "http_status"]
    assert found["warcio-example-bad-non-chunked.warc.gz"] == ["ok"]
    assert found["warcio-example-wrong-chunks.warc.gz"] == ["ok"]
    assert not any(set(o) & set(documents.ERRORS) for n, o in found.items() if "trunc" not in n)


@pytest.mark.parametrize("split_bytes", [1, 7, 40, 100_000])
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_json_lines_split_anywhere_give_the_rows_of_the_whole_file(tmp_path, split_bytes, end):
    path = tmp_path / "a.jsonl"
    body = "\n".join(json.dumps({"id": str(i), "text": "字" * (i % 5) + "x"}) for i in range(30))
    path.write_text("\ufeff" + body + "\n{bad\n\n" + body + end, encoding="utf-8")
    source = ingest.Source("j", "jsonl", [str(path)])
    whole = [row for s in ingest.plan([source]) for b in ingest.read(s) for row in b.to_pylist()]
    splits = ingest.plan([source], split_bytes=split_bytes)
    cut = [row for s in splits for b in ingest.read(s) for row in b.to_pylist()]
    assert cut == whole
    assert len(whole) == 61
    assert (len(splits) > 1) == (split_bytes < 1000)
