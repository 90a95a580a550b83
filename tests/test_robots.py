"""robots.txt: read as RFC 9309 and Protego read it, in bounded time, and the same whatever the order of the files."""

import gzip
import json
from pathlib import Path

import hypothesis.strategies as st
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from protego import Protego

import openclaw_data
from openclaw_data import recipe, share
from openclaw_data.documents import DataError
from openclaw_data.rights import robots, robots_index
from tests.timing import within

SAMPLE = share.folder("pipelines") / "sample"


def allows(text: str, agent: str, path: str) -> bool:
    groups = robots.parse(text.encode()) or {}
    rules = robots.ranked(groups.get(agent.lower(), groups.get("*", [])))
    return robots.allowed(rules, robots.place(f"https://a.example{path}")[1])


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/fish", "/fish/salmon.html", True),
        ("/fish", "/Fish.asp", False),
        ("/fish*", "/fishheads/yummy.html", True),
        ("/*.php", "/folder/any.php.file.html", True),
        ("/*.php$", "/filename.php?parameters", False),
        ("/*.php$", "/folder/filename.php", True),
        ("/fish*.php", "/fishheads/catfish.php?parameters", True),
        ("/$", "/", True),
        ("/$", "/page", False),
        ("/a*a$", "/a", False),
        ("*", "/x", True),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/a%3cd.html", "/a%3Cd.html", True),
        ("/a%2fb", "/a/b", False),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
    ],
)
def test_patterns_fit_as_the_rfc_and_its_examples_say(pattern: str, path: str, *, fits: bool) -> None:
    assert robots.fits(robots.normal(pattern), robots.place(f"http://a.example{path}")[1]) == fits


def test_groups_are_chosen_by_product_token_and_the_longest_pattern_decides() -> None:
    text = """\ufeff# a comment
User-agent: GPTBot/1.1
User-Agent: ccbot
Sitemap: https://a.example/map.xml
Disallow: /private # all of it
Allow: /private/press

User-agent: *
Disallow: /
User-agent: ccbot
Disallow: /more
"""
    assert not allows(text, "GPTBot", "/private/x")
    assert allows(text, "GPTBot", "/private/press/1")
    assert allows(text, "GPTBot", "/more")
    assert not allows(text, "CCBot", "/more")
    assert not allows(text, "Bytespider", "/anything")
    assert robots.parse(b"<html><body>Not found</body></html>") is None
    assert robots.parse(b"") is None
    assert allows("User-agent: *\nDisallow:\n", "CCBot", "/x")
    assert allows("Disallow: /\nUser-agent: *\nAllow: /x", "CCBot", "/y")  # a rule without an agent is nobody's
    assert allows("User-agent: *\nDisallow: /x\nAllow: /x", "CCBot", "/x")  # of two as long, the one that allows


PATHS = st.text("ab/*.$?%é2", min_size=0, max_size=8).map(lambda s: "/" + s)
GROUPS = st.lists(
    st.tuples(st.sampled_from(["ccbot", "gptbot", "*"]), st.lists(st.tuples(st.booleans(), PATHS), max_size=5)),
    max_size=3,
    unique_by=lambda g: g[0],
)


@settings(max_examples=300)
@given(GROUPS, st.text("ab/.?", max_size=8).map(lambda s: "/" + s), st.sampled_from(["ccbot", "gptbot", "other"]))
@example([("*", [(False, "/a*b$")])], "/aab", "other")
def test_who_may_have_what_is_what_protego_says(groups: list, path: str, agent: str) -> None:
    lines = []
    for name, rules in groups:
        lines += [f"User-agent: {name}", *(f"{'Allow' if allow else 'Disallow'}: {p}" for allow, p in rules), ""]
    text = "\n".join(lines)
    patterns = [p for _, rules in groups for _, p in rules]
    if any("%" in p or "$" in p[:-1] or "**" in p for p in patterns):
        return  # broken escapes and `$` inside a pattern, of which the RFC says nothing
    assert allows(text, agent, path) == Protego.parse(text).can_fetch(f"https://a.example{path}", agent)


def test_a_hostile_file_costs_little() -> None:
    evil = "/" + "*a" * 900 + "b"
    texts = [
        "User-agent: *\n" + f"Disallow: {evil}\n" * 4_000,
        "User-agent: a\n" * 50_000 + "Disallow: /",
        "User-agent: *\n" + "".join(f"Disallow: /{'*a' * 990}{i}\n" for i in range(2_000)),
        "User-agent: *\nDisallow: /" + "x" * 10**7,
        "\r" * 10**6,
        ":" * 10**6,
    ]
    path = robots.place("https://a.example/" + "a" * 20_000)[1]
    for text in texts:
        with within(5):
            rules = robots.ranked((robots.parse(text.encode()) or {}).get("*", []))
            robots.allowed(rules, path)
        assert len(rules) <= robots.MAX_RULES


def record(url: str, body: str, date: str, status: str = "200 OK", kind: str = "text/plain") -> bytes:
    payload = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n{body}".encode()
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n"
    head += "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n"
    head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(payload)}\r\n\r\n"
    return gzip.compress(head.encode() + payload + b"\r\n\r\n", mtime=0)


def archives(folder: Path, hosts: dict[str, str]) -> list[str]:
    """Two archives: an older one that bars everybody everywhere, and what `hosts` say."""
    old = b"".join(record(f"{h}/robots.txt", "User-agent: *\nDisallow: /", "2024-01-01T00:00:00Z") for h in hosts)
    new = b"".join(record(f"{h}/robots.txt", text, "2025-01-01T00:00:00Z") for h, text in hosts.items())
    new += record("https://gone.example/robots.txt", "User-agent: *\nDisallow: /", "2025-01-01T00:00:00Z", "404 No")
    new += record("https://soft.example/robots.txt", "<html>Welcome</html>", "2025-01-01T00:00:00Z", kind="text/html")
    new += record("https://page.example/a/robots.txt", "User-agent: *\nDisallow: /", "2025-01-01T00:00:00Z")
    (folder / "new.warc.gz").write_bytes(new)
    (folder / "old.warc.gz").write_bytes(old)
    return [str(folder / "new.warc.gz"), str(folder / "old.warc.gz")]


def test_an_index_says_of_each_page_who_may_not_have_it(tmp_path: Path) -> None:
    hosts = {
        "https://a.example": "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /x",
        "http://b.example:8080": "User-agent: *\nDisallow: /cgi/\n",
        "https://c.example": "User-agent: *\nAllow: /\n",
    }
    files = archives(tmp_path, hosts)
    first = robots_index.build(files, str(tmp_path / "a.arrow"))
    robots_index.build(files[::-1], str(tmp_path / "b.arrow"))
    assert (tmp_path / "a.arrow").read_bytes() == (tmp_path / "b.arrow").read_bytes()
    assert first == robots_index.Built(6, 3, 2)
    index = [robots.load(str(tmp_path / "a.arrow"))]
    everybody = f"robots.txt:disallow={','.join(robots.AGENTS)}"
    assert robots.signals("https://a.example/x?y", index) == ("robots.txt:disallow=CCBot,GPTBot", True)
    assert robots.signals("HTTPS://A.example:443/y", index) == ("robots.txt:allow", False)
    assert robots.signals("http://b.example:8080/cgi/z", index) == (everybody, True)
    assert robots.signals("https://c.example", index) == ("robots.txt:allow", False)
    for url in (
        "http://a.example/x",
        "https://gone.example/",
        "https://soft.example/",
        "https://page.example/",
        "x",
        "",
    ):
        assert robots.signals(url, index) == ("", False)
    columns = {"rights_status": pa.array(["clear", "unknown"]), "rights_signals": pa.array([["cc:x"], []])}
    made = robots.add(columns, pa.array(["https://a.example/x", "https://c.example/"]), index)
    assert made["rights_status"].to_pylist() == ["reserved", "unknown"]
    assert made["rights_signals"].to_pylist() == [["cc:x", "robots.txt:disallow=CCBot,GPTBot"], ["robots.txt:allow"]]


def test_what_is_no_index_archive_or_agent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.arrow").write_bytes(b"nothing")
    pa.ipc.new_file(str(tmp_path / "y.arrow"), pa.schema([pa.field("a", pa.int8())])).close()
    for name in ("x.arrow", "y.arrow", "z.arrow"):
        with pytest.raises(DataError, match=r"no index of robots\.txt"):
            robots.load(str(tmp_path / name))
    (tmp_path / "p.warc.gz").write_bytes(record("https://a.example/", "hello", "2025-01-01T00:00:00Z"))
    with pytest.raises(DataError, match=r"no record is a robots\.txt"):
        robots_index.build([str(tmp_path / "p.warc.gz")], str(tmp_path / "o"))
    with pytest.raises(DataError, match="product token"):
        robots_index.build([str(tmp_path / "p.warc.gz")], str(tmp_path / "o"), ["GPT Bot"])


def test_a_run_drops_what_robots_txt_bars_and_says_so(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": f"d{i}", "url": f"https://{'ab'[i % 2]}.example/p{i}", "text": text}, ensure_ascii=False)
        for i, text in enumerate(["今天下午学校举行了春季运动会，全校师生都来了。"] * 4)
    ]
    (tmp_path / "docs.jsonl").write_text("\n".join(lines), encoding="utf-8")
    files = archives(
        tmp_path, {"https://a.example": "User-agent: CCBot\nDisallow: /p2", "https://b.example": "User-agent: x"}
    )
    robots_index.build(files, str(tmp_path / "robots.arrow"))
    (tmp_path / "r.yaml").write_text(
        "name: r\nversion: 1.0.0\nfilters: [rights]\ndedup: null\nrights: {robots: [robots.arrow]}\n"
        "sources:\n  - {id: d, format: jsonl, paths: [docs.jsonl], origin: synthetic, record: none}\n",
        encoding="utf-8",
    )
    made = openclaw_data.run(str(tmp_path / "r.yaml"), tmp_path / "out")
    assert list(made.optouts) == ["robots.arrow"]
    assert made.recipe["rights"]["robots"] == ["robots.arrow"]
    rows = pl.scan_parquet(tmp_path / "out" / "decisions" / "*.parquet").sort("id").collect()
    assert rows["rights_status"].to_list() == ["unknown", "unknown", "reserved", "unknown"]
    assert rows["dropped_by"].to_list()[2] == ["rights.reserved"]
    assert rows["rights_signals"].to_list()[2:] == [["robots.txt:disallow=CCBot"], ["robots.txt:allow"]]
    plain = recipe.load("sample")
    assert "robots" not in recipe.portable(plain)["rights"]
