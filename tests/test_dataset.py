"""A published dataset: what describes it, what verify finds, takedowns, differences, signatures."""

import json
import shutil
import warnings
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import openclaw_data
from openclaw_data import recipe, share
from openclaw_data.dataset import card, manifest, seal, shards, signature, takedown
from openclaw_data.dataset import request as request_file
from openclaw_data.dataset.diff import diff
from openclaw_data.dataset.verify import verify
from openclaw_data.dedup import index
from openclaw_data.documents import DataError
from openclaw_data.rights import optout
from tests.command import Command

ZH = "data/zh/train-00000-of-00002.parquet"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private and a public EC key, and beside them another pair."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("keys")
    for name in ("key", "other"):
        made = ec.generate_private_key(ec.SECP256R1())
        formats = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{name}.pem").write_bytes(made.private_bytes(serialization.Encoding.PEM, *formats))
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        (folder / f"{name}.pub").write_bytes(made.public_key().public_bytes(serialization.Encoding.PEM, spki))
    return folder / "key.pem", folder / "key.pub"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, keys: tuple[Path, Path]) -> Path:
    """The sample in small shards, signed."""
    out = tmp_path_factory.mktemp("made") / "out"
    asked = recipe.load("sample").model_copy(update={"output": recipe.Output(shard_bytes=20_000)})
    openclaw_data.run(asked, out, sign_key=keys[0])
    return out


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def found(folder: Path, key: Path | None = None) -> dict[str, str]:
    return {p.file: p.fact for p in verify(str(folder), key).problems}


def edit_manifest(folder: Path, change, *, digest: bool) -> None:
    """Change the manifest as somebody would who knows about its digest, or does not."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    if digest:
        content["digest"] = manifest.digest(content)
    path.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n", encoding="utf-8")


def test_a_fresh_dataset_is_all_well_with_and_without_its_key(made: Path, keys: tuple[Path, Path]) -> None:
    report = verify(str(made), keys[1])
    assert report.problems == ()
    assert report.signed == "yes"
    assert verify(str(made)).signed == "unchecked"
    assert report.rows == manifest.read(str(made)).counts.kept
    assert any(s.path == ZH for s in manifest.read(str(made)).shards)


def test_one_byte_changed_in_any_file_is_found_by_name(made: Path, tmp_path: Path, keys: tuple[Path, Path]) -> None:
    files = sorted(str(p.relative_to(made)) for p in made.rglob("*") if p.is_file())
    assert {"manifest.json", "model.sig", "README.md", "croissant.json", "provenance.dsse.json", ZH} <= set(files)
    for name in files:
        data = (made / name).read_bytes()
        for at in (len(data) // 3, len(data) - 2):
            folder = Path(shutil.copytree(made, tmp_path / "x"))
            changed = bytearray(data)
            changed[at] ^= 1
            (folder / name).write_bytes(changed)
            try:
                names = set(found(folder, keys[1]))
            except DataError as error:
                names = {Path(error.place).name}
            assert name in names, (name, at, names)
            shutil.rmtree(folder)


def test_one_row_removed_is_found_by_name(copy: Path) -> None:
    for name in (ZH, "decisions/part-00001.parquet"):
        table = pq.read_table(copy / name)
        pq.write_table(table.slice(1), copy / name)
        assert found(copy)[name].endswith(f"it has {len(table) - 1} rows, the manifest says {len(table)}")


def test_one_row_removed_with_hash_and_digest_made_to_fit_breaks_the_balance(copy: Path) -> None:
    table = pq.read_table(copy / ZH)
    shards.write(str(copy / ZH), [table.slice(1)])

    def cover(content: dict) -> None:
        entry = next(s for s in content["shards"] if s["path"] == ZH)
        entry |= {"rows": entry["rows"] - 1, "sha256": seal.storage.sha256(str(copy / ZH))}
        entry["size_bytes"] = (copy / ZH).stat().st_size

    edit_manifest(copy, cover, digest=True)
    facts = found(copy)
    assert "kept in decisions/, but" in facts["manifest.json"]
    assert "does not agree" in facts["croissant.json"]


def test_a_shard_added_or_renamed_is_found_by_name(copy: Path) -> None:
    shutil.copy(copy / ZH, copy / "data" / "zh" / "train-00009-of-00002.parquet")
    assert found(copy) == {"data/zh/train-00009-of-00002.parquet": "is not in the manifest"}
    (copy / "data" / "zh" / "train-00009-of-00002.parquet").unlink()
    (copy / ZH).rename(copy / "data" / "zh" / "renamed.parquet")
    facts = found(copy)
    assert facts[ZH] == "is missing; data/zh/renamed.parquet has its content"
    assert facts["data/zh/renamed.parquet"] == "is not in the manifest"


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["counts"].update(read=m["counts"]["read"] + 1),
        lambda m: m["counts"]["by_rule"]["length.chars"].update(zh=99),
        lambda m: m["shards"][0].update(rows=m["shards"][0]["rows"] + 1),
        lambda m: m["contents"].update(tokens=1),
        lambda m: m["inputs"][0].update(records=1),
    ],
)
def test_one_number_in_the_manifest_edited_is_found_even_with_a_new_digest(copy: Path, change, keys) -> None:
    edit_manifest(copy, change, digest=False)
    assert found(copy)["manifest.json"] == "was edited: it does not have the digest that it carries"
    edit_manifest(copy, lambda _: None, digest=True)
    assert found(copy), "counted from the rows"
    assert found(copy, keys[1])["manifest.json"], "and signed"


def test_card_croissant_and_provenance_must_agree_with_the_manifest(copy: Path) -> None:
    """Each of them edited, with its new hash in the manifest."""
    changes = {
        "croissant.json": ('"version": "1.0.0"', '"version": "1.0.1"'),
        "README.md": ("license: apache-2.0", "license: mit"),
    }
    for name, (old, new) in changes.items():
        text = (copy / name).read_text(encoding="utf-8")
        assert old in text
        (copy / name).write_text(text.replace(old, new), encoding="utf-8")
    envelope = json.loads((copy / "provenance.dsse.json").read_text())
    other = signature.base64.b64decode(envelope["payload"]).replace(b"run-", b"ran-")
    envelope["payload"] = signature.base64.b64encode(other).decode()
    (copy / "provenance.dsse.json").write_text(json.dumps(envelope))

    def cover(content: dict) -> None:
        for file in content["files"]:
            file["sha256"] = seal.storage.sha256(str(copy / file["path"]))

    edit_manifest(copy, cover, digest=True)
    assert set(found(copy)) == {"croissant.json", "README.md", "provenance.dsse.json"}


def test_a_signature_needs_the_right_key(made: Path, copy: Path, keys: tuple[Path, Path]) -> None:
    facts = found(made, keys[1].with_name("other.pub"))
    assert facts == {"model.sig": "does not verify: was not signed with this key"}
    (copy / "model.sig").unlink()
    assert found(copy, keys[1]) == {"model.sig": "is missing: the dataset is not signed"}
    with pytest.raises(DataError, match="is no public key"):
        verify(str(made), keys[0])
    with pytest.raises(DataError, match="is no private key"):
        seal.seal(str(copy), manifest.read(str(copy)), keys[1])


def test_the_reference_tool_accepts_the_signature(made: Path, keys: tuple[Path, Path]) -> None:
    from model_signing import hashing, verifying

    ignored = hashing.Config().set_ignored_paths(paths=[made / "model.sig"], ignore_git_paths=True)
    config = verifying.Config().set_hashing_config(ignored).use_elliptic_key_verifier(public_key=keys[1])
    config.verify(made, made / "model.sig")


def test_sealing_again_writes_the_same_bytes(copy: Path) -> None:
    names = ("manifest.json", "README.md", "croissant.json", "provenance.dsse.json")
    seal.seal(str(copy), manifest.read(str(copy)))
    before = [(copy / n).read_bytes() for n in names]
    seal.seal(str(copy), manifest.read(str(copy)))
    assert [(copy / n).read_bytes() for n in names] == before
    assert not (copy / "model.sig").exists()


def test_the_committed_schema_is_current() -> None:
    committed = json.loads((share.folder("manifests") / "schemas" / manifest.SCHEMA).read_text(encoding="utf-8"))
    assert committed == manifest.schema(), "run: python -m openclaw_data.dataset.manifest"


def test_the_manifest_fits_the_committed_schema(made: Path) -> None:
    import jsonschema

    schema = json.loads((share.folder("manifests") / "schemas" / manifest.SCHEMA).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads((made / "manifest.json").read_text(encoding="utf-8")))


def test_croissant_validates_and_loads_its_records(made: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlcroissant

        loaded = mlcroissant.Dataset(str(made / "croissant.json"))
        assert not loaded.metadata.ctx.issues.errors
        records = list(loaded.records("documents"))
    counts = manifest.read(str(made)).counts
    assert len(records) == counts.kept
    assert {r["documents/language"] for r in records} == {b"zh", b"en"}
    assert loaded.metadata.description["zh"].startswith("随项目附带")


def test_hubs_load_the_dataset_by_its_card(made: Path, tmp_path: Path) -> None:
    import datasets
    from huggingface_hub import DatasetCard

    front = DatasetCard.load(made / "README.md").data
    assert front.license == "apache-2.0"
    assert front.language == ["zh", "en"]
    counts = manifest.read(str(made)).counts.by_language
    for name, rows in (("default", counts["zh"].kept + counts["en"].kept), ("zh", counts["zh"].kept)):
        loaded = datasets.load_dataset(str(made), name, cache_dir=str(tmp_path))
        assert loaded["train"].num_rows == rows
    assert card.parsed((made / "README.md").read_text(encoding="utf-8"))["dataset_rows"]["zh"] == counts["zh"].kept


def request(**words) -> takedown.Request:
    return takedown.Request(id="TD-2026-0001", date="2026-11-21", reason="asked by the owner", **words)


def rows(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(pq.read_table(p)) for p in sorted((folder / "data").rglob("*.parquet"))])


@pytest.mark.parametrize("by", ["ids", "urls", "url_prefixes", "domains", "hosts", "text_sha256"])
def test_a_takedown_removes_what_it_names_and_nothing_else(made: Path, tmp_path: Path, by: str) -> None:
    before = rows(made)
    one = before.row(0, named=True)
    host = one["url"].split("/")[2]
    words = {
        "ids": ({"ids": (one["id"],)}, pl.col("id") == one["id"]),
        "urls": ({"urls": (one["url"],)}, pl.col("url") == one["url"]),
        "url_prefixes": (
            {"url_prefixes": (f"https://{host}/",)},
            pl.col("url").str.starts_with(f"https://{host}/"),
        ),
        "domains": ({"domains": ("example.com",)}, pl.col("url_host_registered_domain") == "example.com"),
        "hosts": ({"domains": (host,)}, pl.col("url").str.contains(f"//{host}/", literal=True)),
        "text_sha256": ({"text_sha256": (one["text_sha256"],)}, pl.col("text_sha256") == one["text_sha256"]),
    }[by]
    out = tmp_path / "out"
    new = takedown.takedown(str(made), request(**words[0]), str(out))
    gone = before.filter(words[1])
    assert 0 < len(gone) < len(before)
    assert rows(out).equals(before.filter(~words[1]))
    assert verify(str(out)).problems == ()
    assert new.version == "2.0.0"
    assert new.takedowns[0].documents == len(gone)
    held = [b.column("id").to_pylist() for b in index.batches(index.open_index(str(out)))]
    assert sorted(i for ids in held for i in ids) == sorted(rows(out)["id"])
    assert new.counts.kept == len(before) - len(gone)
    assert sum(new.counts.by_rule["takedown.TD-2026-0001"].values()) == len(gone)


@given(
    wanted=st.fixed_dictionaries(
        {},
        optional={
            "ids": st.lists(st.sampled_from(["i0", "i3", "i9"]), min_size=1),
            "urls": st.lists(st.sampled_from(["https://a.example.com/1", "https://x.co.uk/2"]), min_size=1),
            "url_prefixes": st.lists(st.sampled_from(["https://a.", "http://"]), min_size=1),
            "domains": st.lists(st.sampled_from(["example.com", "a.example.com", "x.co.uk", "co.uk"]), min_size=1),
            "text_sha256": st.lists(st.sampled_from(["0" * 64, "3" * 64]), min_size=1),
        },
    ).filter(bool)
)
def test_a_request_names_what_any_line_of_it_names(wanted: dict) -> None:
    urls = [
        f"https://{h}/{i}" for h in ("a.example.com", "b.a.example.com", "example.com", "x.co.uk") for i in range(3)
    ]
    domains = ["x.co.uk" if "co.uk" in u else "example.com" for u in urls]
    table = pl.DataFrame(
        {
            "id": [f"i{i}" for i in range(12)],
            "url": urls,
            "url_host_registered_domain": domains,
            "text_sha256": [f"{i % 10}" * 64 for i in range(12)],
        }
    )
    asked = request_file.Request(id="T", date="2026-01-01", reason="x", **wanted)
    hosts = optout.parse(asked.domains, "x")
    found = takedown.matching(table.select(takedown.looked_at(asked, hosts)), asked, hosts)

    def below(url: str) -> bool:
        """A public suffix is no domain that anything lies below."""
        host = url.split("/")[2]
        return any(host == d or host.endswith(f".{d}") for d in asked.domains if d != "co.uk")

    named = [
        row["id"] in asked.ids
        or row["url"] in asked.urls
        or row["text_sha256"] in asked.text_sha256
        or row["url"].startswith(asked.url_prefixes or ("-",))
        or below(row["url"])
        for row in table.to_dicts()
    ]
    assert found.tolist() == named


def test_tombstones_hold_hash_and_reason_but_no_text_and_files_untouched_are_shared(made: Path, tmp_path: Path) -> None:
    one = rows(made).row(0, named=True)
    out = tmp_path / "out"
    takedown.takedown(str(made), request(ids=(one["id"],)), str(out))
    (tomb,) = [json.loads(line) for line in (out / "tombstones.jsonl").read_text(encoding="utf-8").splitlines()]
    wanted = {"text_sha256": one["text_sha256"], "reason": "asked by the owner", "version": "2.0.0"}
    assert tomb == wanted | {"id": one["id"], "request": "TD-2026-0001", "date": "2026-11-21"}
    old, new = manifest.read(str(made)), manifest.read(str(out))
    same = [s.path for s, t in zip(old.shards, new.shards, strict=True) if s == t]
    assert len(same) == len(old.shards) - 1
    assert all((made / p).samefile(out / p) for p in same)
    text = one["text"].encode()[:60]
    assert not any(text in p.read_bytes() for p in out.glob("*.*"))
    second = tmp_path / "second"
    other = rows(out).row(0, named=True)["id"]
    more = request(ids=(other,)).model_copy(update={"id": "TD-2026-0002"})
    assert takedown.takedown(str(out), more, str(second)).version == "3.0.0"
    assert len((second / "tombstones.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert verify(str(second)).problems == ()
    with pytest.raises(DataError, match="carried out on this dataset already"):
        takedown.takedown(str(out), request(ids=(other,)), str(tmp_path / "third"))


def test_a_shard_that_loses_all_its_rows_stays_as_an_empty_file(made: Path, tmp_path: Path) -> None:
    zh = tuple(rows(made).filter(pl.col("language") == "zh")["id"])
    out = tmp_path / "out"
    takedown.takedown(str(made), request(ids=zh), str(out))
    assert pq.read_table(out / ZH).num_rows == 0
    assert verify(str(out)).problems == ()


def test_a_takedown_that_fits_nothing_or_goes_nowhere_writes_nothing(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(DataError, match="names no document"):
        takedown.takedown(str(made), request(ids=("nobody",)), str(out))
    assert not out.exists()
    with pytest.raises(DataError, match="is not empty"):
        takedown.takedown(str(made), request(ids=("nobody",)), str(made))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: TD-1\ndate: '2026-01-01'\nreason: x\n", "names nothing to remove"),
        ("id: TD-1\ndate: '2026-01-01'\nreason: x\nurl_prefixes: ['']\n", "would fit every document"),
        ("", "td.yaml: is empty. A request has id, date, reason and at least one of ids, urls,"),
        ("- TD-1\n", "td.yaml: is no mapping of names to values. A request has id,"),
        ("id: TD-1\n", "line 1: date: is missing. A request has id,"),
        ("id: TD-1\ndate: 2026\nreason: x\n", "line 2: date: is no text: put it in quotes."),
        ("id: TD-1\ndate: '2026'\nreason: x\n", "line 2: date: is no date of the form YYYY-MM-DD."),
        ("id: ../x\ndate: '2026-01-01'\nreason: x\nids: [a]\n", "line 1: id: takes letters, digits,"),
        ("id: TD-1\ndate: '2026-01-01'\nreason: x\ntext_sha256: [abc]\n", "line 4: text_sha256.0: takes 64 hex"),
        ("id: TD-1\ndate: '2026-01-01'\nreason: x\ndomain: [a.com]\n", "line 4: domain: "),
    ],
)
def test_a_request_is_read_strictly(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "td.yaml").write_text(text)
    with pytest.raises(DataError) as caught:
        request_file.read(tmp_path / "td.yaml")
    assert message in str(caught.value)


def test_diff_names_who_entered_and_left_and_which_rule_changed(made: Path, tmp_path: Path) -> None:
    asked = recipe.load("sample")
    other = asked.model_copy(update={"filters": tuple(f for f in asked.filters if f != "length")})
    openclaw_data.run(other, tmp_path / "other")
    said = diff(str(made), str(tmp_path / "other"))
    assert said.left == 0
    assert said.entered == said.kept_b - said.kept_a > 0
    assert set(said.entered_by_rule) == {"length.chars"}
    assert set(said.rules) == {"length.chars"}
    assert said.rules["length.chars"][1] == ""
    assert "filters" in said.settings
    assert "output.shard_bytes" in said.settings
    back = diff(str(tmp_path / "other"), str(made))
    assert (back.left, back.entered) == (said.entered, 0)
    assert back.left_by_rule == said.entered_by_rule


def test_hostile_text_does_not_reach_the_cards_markup(made: Path) -> None:
    loaded = manifest.read(str(made))
    source = loaded.sources[0].model_copy(update={"record": "a | b\n---\n# <script>alert(1)</script>"})
    text = card.text(loaded.model_copy(update={"sources": (source,)}), "2026-01-01")
    assert "<script>" not in text
    assert card.parsed(text) == card.metadata(loaded.model_copy(update={"sources": (source,)}))


def test_rewriting_a_shard_without_removing_anything_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    import numpy as np

    n = pq.read_metadata(made / ZH).num_rows
    shards.copy_without(str(made / ZH), str(tmp_path / "x.parquet"), np.zeros(n, bool))
    assert (tmp_path / "x.parquet").read_bytes() == (made / ZH).read_bytes()
    assert pa.types.is_list(pq.read_schema(made / ZH).field("rights_signals").type)


def test_the_command_line_tells_problems_and_ends_with_status_one(copy: Path, cli: Command) -> None:
    (copy / "notes.txt").write_text("mine")
    ended = cli("verify", copy)
    assert ended.status == 1
    assert ended.out.startswith("notes.txt: is not in the manifest\n1 problem: ")


def test_a_damaged_dataset_or_a_bad_key_stops_a_takedown_and_leaves_nothing(
    made: Path, copy: Path, tmp_path: Path
) -> None:
    out, asked = tmp_path / "out", request(ids=(rows(copy).row(0, named=True)["id"],))
    first = copy / manifest.read(str(copy)).shards[0].path
    data = first.read_bytes()
    with pytest.raises(DataError, match="there is no such file"):
        takedown.takedown(str(copy), asked, str(out), tmp_path / "none.pem")
    with pytest.raises(DataError, match="names no documents, only the dataset"):
        takedown.takedown(str(copy), request(dataset="sample"), str(out))
    for damaged, message in (
        (data[:5000], "has 5,000 bytes, the manifest says"),
        (data[:-200] + bytes(192) + data[-8:], "cannot be cut"),
        (data[:4] + bytes(len(data) - 5000) + data[-4996:], "cannot be cut"),
        (None, "is missing"),
    ):
        first.unlink()
        if damaged:
            first.write_bytes(damaged)
        with pytest.raises(DataError, match=message):
            takedown.takedown(str(copy), asked, str(out))
        assert not out.exists()
    (out / ".git").mkdir(parents=True)
    with pytest.raises(DataError, match="names no document of"):
        takedown.takedown(str(made), request(ids=("nobody",)), str(out))
    assert [p.name for p in out.iterdir()] == [".git"]


def test_an_opt_out_list_is_a_takedown(copy: Path, tmp_path: Path) -> None:
    listed = tmp_path / "domains.txt"
    listed.write_text("# gone\nexample.cn  # 2026-02-02 OO-2026-0001\nno-page.example.org\n", encoding="utf-8")
    asked = request_file.from_optouts(str(listed), "2026-03-01")
    assert asked.domains == ("example.cn", "no-page.example.org")
    new = takedown.takedown(str(copy), asked, str(tmp_path / "new"))
    assert new.takedowns[-1].id == asked.id
    assert new.takedowns[-1].documents > 0
    kept = pl.read_parquet(tmp_path / "new" / "data" / "*" / "*.parquet")
    assert "example.cn" not in kept["url_host_registered_domain"].to_list()
    listed.write_text("# nobody\n", encoding="utf-8")
    with pytest.raises(DataError, match="names no domain"):
        request_file.from_optouts(str(listed), "2026-03-01")
