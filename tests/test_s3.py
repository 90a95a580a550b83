"""A run whose input, work folder and dataset are all on an S3 server gives the bytes of a local run."""

import hashlib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import openclaw_data
from openclaw_data import share
from openclaw_data.documents import DataError

pytest.importorskip("s3fs", reason="the extra `s3` is not installed")
moto = pytest.importorskip("moto.server", reason="moto, which serves S3 to tests, is not installed")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on a server on loopback."""
    import fsspec

    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    fsspec.filesystem("s3").mkdir("curated")
    yield "s3://curated"
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", b"").close()  # its buckets outlive the server
    server.stop()


def test_a_run_from_s3_to_s3_gives_the_bytes_of_a_local_run(bucket: str, tmp_path: Path) -> None:
    import fsspec

    files = fsspec.filesystem("s3")
    pages = share.folder("pipelines") / "sample" / "pages.warc.gz"
    files.put_file(str(pages), f"{bucket}/crawl/pages.warc.gz")
    inputs = {"cc": [f"{bucket}/crawl/*.warc.gz"]}
    openclaw_data.run("web", tmp_path / "out", inputs={"cc": [pages]})
    made = openclaw_data.run("web", f"{bucket}/out", inputs=inputs, workers=1)
    assert made.counts.kept > 0
    for path in [p for part in ("data", "decisions") for p in (tmp_path / "out" / part).rglob("*.parquet")]:
        remote = files.cat_file(f"{bucket}/out/{path.relative_to(tmp_path / 'out')}")
        assert hashlib.sha256(remote).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert not files.exists(f"{bucket}/out/.incomplete")


def test_recipe_packs_models_and_lists_are_read_from_s3(bucket: str, tmp_path: Path) -> None:
    """Whatever a recipe names may be a URL, and a relative path starts beside the recipe, wherever that is."""
    import fsspec

    files = fsspec.filesystem("s3")
    model = share.folder("filters") / "models" / "quality-en.linear"
    files.put_file(str(model), f"{bucket}/made/models/mine.linear")
    files.pipe_file(f"{bucket}/made/lists/malware/domains", b"bad.example\n")
    files.pipe_file(f"{bucket}/made/optout.txt", b"out.example\n")
    files.pipe_file(
        f"{bucket}/made/mine.yaml",
        b"name: mine\nversion: 1.0.0\nsource: this test\nrules:\n"
        b"  - {name: words, keep: words >= 4, source: this test, keeps: [{text: one two three four five}],"
        b" drops: [{text: one}]}\n",
    )
    made = f"""
name: given
version: 1.0.0
sources:
  - {{id: lines, format: jsonl, origin: user, record: a test, fields: {{text: text, url: url}}, paths: [lines.jsonl]}}
filters: [{bucket}/made/mine.yaml, url, rights]
url_lists: [lists]
rights: {{optout: [optout.txt]}}
models: {{quality: {{en: {{path: models/mine.linear, sha256: {hashlib.sha256(model.read_bytes()).hexdigest()}}}}}}}
languages: [en]
dedup: null
"""
    files.pipe_file(f"{bucket}/made/given.yaml", made.encode())
    texts = {"good": "Some words that are kept.", "bad": "Some words of a bad host.", "few": "Two words"}
    lines = "".join(f'{{"text": "{text}", "url": "https://{host}.example/"}}\n' for host, text in texts.items())
    files.pipe_file(f"{bucket}/made/lines.jsonl", lines.encode())
    found = openclaw_data.run(f"{bucket}/made/given.yaml", tmp_path / "out")
    assert {rule: sum(n.values()) for rule, n in found.counts.by_rule.items()}.items() >= {
        "mine.words": 1,
        "url.malware": 1,
    }.items()
    with pytest.raises(DataError, match=r"s3://curated/made/none\.yaml: cannot be fetched"):
        openclaw_data.run(f"{bucket}/made/none.yaml", tmp_path / "other")
