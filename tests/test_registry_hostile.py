"""A hostile contribution gets nowhere: links, pipes, paths, addresses, sizes, and generated junk."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_data.errors import DataError
from openclaw_data.registry import (
    check,
    comment,
    contribute,
    history,
    layout,
    state,
    tree,
)
from tests import registry_files
from tests.registry_files import (
    ACCEPT,
    CROISSANT,
    HARBOUR,
    JSON,
    MANIFEST,
    RELEASE,
    REPORT,
    RETIRE,
    ROOT,
    SIGNATURE,
    TODAY,
    Files,
    altered,
    codes,
    files_of,
    lints,
    memory,
    put,
)
from tests.timing import within


@pytest.fixture(scope="module")
def small() -> Files:
    return registry_files.small()


def test_a_size_above_the_bound_is_refused_before_a_byte_is_read() -> None:
    def never(path: str, limit: int) -> bytes:
        raise AssertionError(path)

    large = {MANIFEST: tree.Entry(100_000, "file"), JSON: tree.Entry(10**12, "file")}
    assert "unreadable" in codes(check.check(tree.Tree(large, never), today=TODAY))
    huge = {MANIFEST: tree.Entry(100_000_000, "file")}
    assert "too_much" in codes(check.check(tree.Tree(huge, never), today=TODAY))


@pytest.fixture
def written(small: Files, tmp_path: Path) -> Path:
    """The small registry on disk, within a clone."""
    root = tmp_path / "clone" / "manifests"
    for path, data in small.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def test_links_pipes_and_pits_are_told_and_not_entered(written: Path) -> None:
    folder = written / HARBOUR
    (written / MANIFEST).unlink()
    (written / MANIFEST).symlink_to("/etc/passwd")
    (folder / "decisions" / "2026-01-01-retire.yaml").symlink_to("/dev/zero")
    (folder / "releases" / "3.0.0").symlink_to("/")
    os.mkfifo(written / HARBOUR / "releases" / "2.0.0" / "x.yaml")
    (written / REPORT).unlink()
    os.mkfifo(written / REPORT)
    (folder / "/".join("abcdefghijklm")).mkdir(parents=True)
    found = check.check(tree.folder(written), today=TODAY)
    links = {f.file for f in found.lints if f.code == "link"}
    assert {MANIFEST, REPORT, f"{HARBOUR}/releases/3.0.0", f"{HARBOUR}/decisions/2026-01-01-retire.yaml"} <= links
    assert any(path.startswith(f"{HARBOUR}/a/b/c/") for path in links)


WATCHED = """
import sys
root, package, python = sys.argv[1:4]
opened = []
def hook(event, arguments):
    if event in ("open", "os.open", "os.listdir", "os.scandir", "subprocess.Popen", "os.system") or event.startswith(
        ("socket.", "urllib.")
    ):
        if not isinstance(arguments[0], int):
            opened.append((event, str(arguments[0])))
sys.path.insert(0, package)
from pathlib import Path
from openclaw_data.registry import check, comment, tree, vocabulary
from openclaw_data.dataset import signature
for name in ("licences", "tags", "hubs", "origins", "languages", "reasons", "states", "rules"):
    vocabulary.codes(name)
signature._cryptography()
comment.markdown(check.check(tree.folder(Path(package, "manifests")), today="2026-11-21"))
sys.addaudithook(hook)
found = check.check(tree.folder(Path(root)), today="2026-11-21")
text = comment.markdown(found)
for event, where in opened:
    if not where.startswith((root, python)):
        print(event, where)
print(len(opened), len(found.lints))
"""


def test_nothing_that_a_contribution_names_is_opened_or_fetched(written: Path, tmp_path: Path) -> None:
    """Every file that is opened lies in the registry; no name is resolved, nothing is started."""
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    evil = {
        MANIFEST: lambda c: c.update(
            homepage=str(secret),
            contact=f"file://{secret}",
            locations=[{"hub": "web", "url": u} for u in (f"file://{secret}", "https://evil.example.com/x", "../..")],
        ),
        RELEASE: lambda c: c.update(licence_evidence=f"file://{secret}", evidence={f"../../../../{secret}": "0" * 64}),
        CROISSANT: lambda c: [d.update(contentUrl=f"file://{secret}") for d in c["distribution"]],
        JSON: lambda c: [f.update(path=f"../../../../../../../../{secret}") for f in (*c["shards"], *c["files"])],
        ACCEPT: put("subject", "../../x"),
    }
    for path, data in altered(files_of(written), evil).items():
        (written / path).write_bytes(data)
    command = [sys.executable, "-c", WATCHED, str(written), str(ROOT), sys.base_prefix]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.stderr == ""
    said = ended.stdout.splitlines()
    opened, mended = map(int, said.pop().split())
    assert said == []
    assert opened > 10
    assert mended > 10


MANY = int(os.environ.get("EXAMPLES", "40"))
"""Examples of a fuzz test; EXAMPLES=5000 looks longer, --hypothesis-profile=search elsewhere."""
TEXTS = st.text(max_size=200) | st.sampled_from(
    ["&a", "*a", "<<: 1", "!!python/object:x", "{", "- ", "a:\n b:\n", "? "]
)


@settings(max_examples=2 * MANY)
@given(
    where=st.sampled_from(["manifest.yaml", "release.yaml", "decisions", "takedowns", "MAINTAINERS"]),
    data=st.binary(max_size=300),
)
def test_any_bytes_in_place_of_a_record_are_a_finding(where: str, data: bytes, small: Files) -> None:
    path = next(p for p in small if where in p and p.endswith(".yaml"))
    found = state.load(memory({path: data}))[1]
    assert all(f.level == "lint" and f.file == path for f in found)
    with within(5):
        check.check(memory(small | {path: data}), today=TODAY, changed=["MAINTAINERS.yaml"])


@settings(max_examples=MANY)
@given(data=st.data())
def test_any_value_in_place_of_a_member_is_a_finding_or_fits(data: st.DataObject, small: Files) -> None:
    path = data.draw(st.sampled_from([MANIFEST, RELEASE, ACCEPT, RETIRE, "takedowns/2026/TD-2026-0001.yaml"]))
    content = yaml.safe_load(small[path])
    places = contribute._leaves(content)
    where = data.draw(st.sampled_from(places))[0].split(".")
    values = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.lists(TEXTS, max_size=3)
    at = content
    for key in where[:-1]:
        at = at[int(key)] if isinstance(at, list) else at.get(key, at)
    if isinstance(at, dict) and where[-1] in at:
        at[where[-1]] = data.draw(values)
    light = {p: b for p, b in small.items() if layout.place(p).kind != "evidence"}
    with within(5):
        found = check.check(memory(light | {path: contribute.dump(content).encode()}), today=TODAY)
        comment.markdown(found)


@settings(max_examples=MANY)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    ),
    path=st.sampled_from([JSON, CROISSANT, REPORT, SIGNATURE]),
)
def test_any_json_in_place_of_evidence_is_a_finding(value: object, path: str, small: Files) -> None:
    files = {p: b for p, b in small.items() if p in (MANIFEST, RELEASE, path, "keys/example-lin.pub")}
    with within(5):
        assert "hash" in lints(files | {path: json.dumps(value).encode()})


def test_a_base_may_be_a_git_revision(written: Path) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(written.parent), *identity, *words], check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "x")
    base = check.base_of("HEAD", written)
    assert check.check(tree.folder(written), base, today=TODAY).lints == ()
    (written / ACCEPT).write_bytes((written / ACCEPT).read_bytes().replace(b"example-mia", b"example-noor"))
    (written / RELEASE).unlink()
    found = {f.code for f in history.frozen(base, state.load(tree.folder(written))[0])}
    assert found == {"votes_edited", "removed"}
    for ref in ("no-such-branch", "--output=/tmp/x"):
        with pytest.raises(DataError, match="git cannot read it"):
            check.base_of(ref, written)
