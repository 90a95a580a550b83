"""A dataset made again from written parts is, byte for byte, the one a full run would make."""

from pathlib import Path

import pytest
import yaml

import openclaw_data
from openclaw_data import recipe, share
from openclaw_data.documents import DataError
from openclaw_data.flow.refilter import refilter
from tests.test_run import digests


@pytest.fixture(scope="module")
def work(curated: Path) -> Path:
    """The work folder of a run over the bundled sample."""
    return curated.with_name("out.work")


def changed(folder: Path, **changes: object) -> str:
    """The sample's recipe with other keys, as a file in `folder`."""
    body = yaml.safe_load((share.folder("pipelines") / "sample.yaml").read_text(encoding="utf-8"))
    for source in body["sources"]:
        source["paths"] = [str(share.folder("pipelines") / p) for p in source["paths"]]
    for dotted, value in changes.items():
        *sections, key = dotted.split(".")
        at = body
        for section in sections:
            at = at[int(section)] if isinstance(at, list) else at.setdefault(section, {})
        at[key] = value
    path = folder / "new.yaml"
    path.write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    return str(path)


PACK = """\
name: mine
version: 1.0.0
source: this test
rules:
  - name: length
    keep: {zh: char_count > 500, en: words BETWEEN 60 AND 5000}
    source: this test
    keeps: [a]
    drops: [b]
"""


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("fewer rules", {"filters": ["page", "length"]}),
        ("no rules", {"filters": [], "version": "2.0.0"}),
        ("other thresholds", {"filters": ["page", "MINE", "gopher-repetition"], "name": "other"}),
        ("one language", {"languages": ["en"]}),
        ("no duplicates", {"dedup": None}),
        ("other duplicates", {"dedup": {"minhash": {"threshold": 0.6}}, "output": {"shard_bytes": "20kB"}}),
    ],
)
def test_the_bytes_are_those_of_a_full_run(work: Path, tmp_path: Path, name: str, changes: dict) -> None:
    pack = tmp_path / "mine.yaml"
    pack.write_text(PACK, encoding="utf-8")
    if "MINE" in changes.get("filters", ()):
        changes = {**changes, "filters": [str(pack) if f == "MINE" else f for f in changes["filters"]]}
    new = changed(tmp_path, **changes)
    openclaw_data.run(new, tmp_path / "full")
    refilter(work, new, tmp_path / "again")
    assert digests(tmp_path / "again") == digests(tmp_path / "full"), name
    assert digests(tmp_path / "again")


def test_nothing_raw_is_read_and_the_old_parts_stay_as_they_are(tmp_path: Path) -> None:
    pages = tmp_path / "pages.warc.gz"
    pages.write_bytes((share.folder("pipelines") / "sample" / "pages.warc.gz").read_bytes())
    openclaw_data.run("web", tmp_path / "out", inputs={"cc": [pages]})
    pages.unlink()
    before = {p: p.read_bytes() for p in sorted((tmp_path / "out.work").rglob("*")) if p.is_file()}
    refilter(tmp_path / "out.work", recipe.load("web"), tmp_path / "again")
    assert digests(tmp_path / "again") == digests(tmp_path / "out")
    assert {p: p.read_bytes() for p in sorted((tmp_path / "out.work").rglob("*")) if p.is_file()} == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"extract.timeout": 9}, "changes what the parts were made with: extract.timeout"),
        ({"edits": []}, "changes what the parts were made with: edits"),
        ({"sources.0.licence": "MIT"}, "changes what the parts were made with: sources.pages.licence"),
        ({"sources.1.fields": {"text": "body"}}, "sources.extra.fields"),
        ({"filters": ["page", "fineweb"]}, "the parts lack the signals"),
        ({"rights": {"optout": ["LIST"]}}, "rights.optout"),
    ],
)
def test_what_the_parts_do_not_hold_is_named_with_the_remedy(
    work: Path, tmp_path: Path, changes: dict, message: str
) -> None:
    if "rights" in changes:
        (tmp_path / "list.txt").write_text("example.org\n", encoding="utf-8")
        changes = {"rights": {"optout": [str(tmp_path / "list.txt")]}}
    with pytest.raises(DataError) as caught:
        refilter(work, changed(tmp_path, **changes), tmp_path / "again")
    assert message in str(caught.value)
    assert "openclaw-data run" in str(caught.value)
    assert not (tmp_path / "again").exists()


def test_a_folder_that_is_no_work_folder_or_not_done_is_refused(work: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a work folder"):
        refilter(tmp_path, "sample", tmp_path / "again")
    with pytest.raises(DataError, match="is the work folder that is read"):
        refilter(work, "sample", tmp_path / "again", work)
