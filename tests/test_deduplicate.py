"""Deduplication through the whole pipeline: what is found, who stays, and the same bytes however it is run."""

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
import reference_hashes as naive

import openclaw_data
from openclaw_data.documents import DataError
from openclaw_data.flow import matching, ranking
from openclaw_data.signals.language_codes import SHORT

LANGUAGES = json.dumps(sorted({"en", "zh", "ja", "ko", "und", *SHORT.values()}))
PROSE = "春天来了，河边的柳树发出新芽，孩子们在草地上放风筝，老人坐在长椅上聊天，远处传来卖花人的叫卖声。"


def recipe(folder: Path, dedup: str, extra: str = "") -> str:
    path = folder / "mine.yaml"
    sources = "".join(
        f"  - {{id: {name}, format: jsonl, origin: user, record: mine}}\n" for name in ("first", "second")
    )
    head = f"name: mine\nversion: 1.0.0\nlanguages: {LANGUAGES}\nsources:\n"
    path.write_text(f"{head}{sources}dedup: {dedup}\n{extra}", encoding="utf-8")
    return str(path)


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def curate(out: Path, asked: str, inputs: dict[str, list[Path]], workers: int = 1) -> pl.DataFrame:
    """The decisions of a run."""
    openclaw_data.run(asked, out, inputs=inputs, workers=workers)
    return pl.concat([pl.DataFrame(pq.read_table(p)) for p in sorted((out / "decisions").glob("*.parquet"))])


def digests(folder: Path) -> dict[str, str]:
    files = [p for p in sorted(folder.rglob("*.parquet")) if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def fate(table: pl.DataFrame) -> dict[str, list[str]]:
    return dict(zip(table["id"].to_list(), table["dropped_by"].to_list(), strict=True))


@pytest.fixture(scope="module")
def dups(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, list[Path]]:
    """The development set, and its documents as five files."""
    docs = pl.read_parquet(shared_data / "dups" / "dups_dev.parquet")
    folder = tmp_path_factory.mktemp("dups")
    rows = docs.select("id", "text", "url").to_dicts()
    return docs, [write(folder / f"{i}.jsonl", rows[i::5]) for i in range(5)]


@pytest.fixture(scope="module")
def plain(dups: tuple[pl.DataFrame, list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The development set, curated with one worker and the default budget."""
    folder = tmp_path_factory.mktemp("plain")
    openclaw_data.run(recipe(folder, "{}"), folder / "out", inputs={"first": dups[1]})
    return folder / "out"


def folded_jaccard(a: str, b: str) -> float:
    """Of the sets of five units, after folding: what a Traditional mirror and its Simplified twin have in common."""
    one, other = naive.shingle_set(a), naive.shingle_set(b)
    return len(one & other) / max(1, len(one | other))


def test_near_duplicates_of_real_pages_are_found_and_other_pages_are_left_alone(
    dups: tuple[pl.DataFrame, list[Path]], plain: Path
) -> None:
    docs, _ = dups
    found = pl.concat([pl.DataFrame(pq.read_table(p)) for p in sorted((plain / "decisions").glob("*.parquet"))])
    assert found.filter(pl.col("error") != "").is_empty()
    assert found.filter(pl.col("dup_cluster_id") == -1).is_empty()
    docs = docs.join(found.select("id", cluster="dup_cluster_id"), on="id", maintain_order="left")
    base = docs.filter(pl.col("ops") == "base")
    pairs = docs.filter(pl.col("ops") != "base").join(base.select("base_id", of="cluster", base="text"), on="base_id")
    assert len(pairs) == 1292
    jaccard = pl.when(pl.col("lang") == "zh").then("j_char5_norm").otherwise("j_word5")
    folded = [folded_jaccard(a, b) for a, b in zip(pairs["text"], pairs["base"], strict=True)]
    pairs = pairs.with_columns(jaccard=jaccard, folded=pl.Series(folded), joined=pl.col("cluster") == pl.col("of"))
    for name in ("jaccard", "folded"):
        assert pairs.filter(pl.col(name) >= 0.85)["joined"].mean() >= 0.99
    assert pairs.filter(pl.col("folded") < 0.5)["joined"].mean() <= 0.02
    assert 1 - base["cluster"].n_unique() / len(base) <= 0.001


@pytest.mark.parametrize(
    ("workers", "memory", "rounds"),
    [pytest.param(2, "2GB", False, marks=pytest.mark.slow), (1, "700kB", False), (1, "2GB", True)],
)
def test_workers_memory_star_rounds_and_signatures_by_mail_do_not_change_a_byte(
    dups: tuple[pl.DataFrame, list[Path]],
    plain: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
    memory: str,
    rounds: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    if rounds:
        monkeypatch.setattr(ranking, "EDGE_BYTES", 1 << 60)
        monkeypatch.setattr(matching, "read_in_place", lambda _: False)
    asked = recipe(tmp_path, f"{{memory: {memory}}}")
    curate(tmp_path / "out", asked, {"first": dups[1]}, workers)
    assert digests(tmp_path / "out") == digests(plain)


def versions(folder: Path) -> dict[str, list[Path]]:
    """Three versions of a text from two sources, and another text."""
    first = [
        {"id": "old", "text": PROSE * 4, "url": "http://a.cn/1", "fetch_time": "2020-01-01T00:00:00Z"},
        {"id": "other", "text": "The quick brown fox jumps over the lazy dog near the river bank. " * 5, "url": ""},
    ]
    second = [
        {"id": "long", "text": PROSE * 4 + "！" * 9, "url": "http://b.cn/1", "fetch_time": "2019-01-01T00:00:00Z"},
        {"id": "new", "text": PROSE * 4, "url": "http://c.cn/1", "fetch_time": "2024-01-01T00:00:00Z"},
    ]
    return {"first": [write(folder / "1.jsonl", first)], "second": [write(folder / "2.jsonl", second)]}


@pytest.mark.parametrize(
    ("dedup", "stays"),
    [
        ("{keep: earliest}", "old"),
        ("{keep: earliest_fetch}", "long"),
        ("{keep: latest_fetch}", "new"),
        ("{keep: longest}", "long"),
        ("{keep: preferred_source, prefer: [second]}", "long"),
    ],
)
def test_the_policy_of_the_recipe_says_who_stays(tmp_path: Path, dedup: str, stays: str) -> None:
    found = fate(curate(tmp_path / "out", recipe(tmp_path, dedup), versions(tmp_path)))
    assert {name for name, reasons in found.items() if not reasons} == {"other", stays}
    assert {reasons[0] for reasons in found.values() if reasons} == {"dedup.exact"}


def test_stages_can_be_left_out(tmp_path: Path) -> None:
    inputs = versions(tmp_path)
    found = fate(curate(tmp_path / "none", recipe(tmp_path, "{exact: false, minhash: null}"), inputs))
    assert not any(found.values())
    found = fate(curate(tmp_path / "off", recipe(tmp_path, "null"), inputs))
    assert not any(found.values())


def test_of_a_url_one_version_stays_and_the_others_take_no_text_with_them(tmp_path: Path) -> None:
    rows = [
        {"id": "yesterday", "text": PROSE * 4, "url": "https://a.cn/?utm_source=x"},
        {
            "id": "today",
            "text": "昨天的比赛结束了，" + "主队以三比二战胜客队，观众们久久不愿离去。" * 6,
            "url": "http://a.cn/",
        },
        {
            "id": "copy",
            "text": "昨天的比赛结束了，" + "主队以三比二战胜客队，观众们久久不愿离去。" * 6,
            "url": "http://b.cn",
        },
    ]
    inputs = {"first": [write(tmp_path / "1.jsonl", rows)]}
    found = fate(curate(tmp_path / "url", recipe(tmp_path, "{url: true}"), inputs))
    assert found == {"yesterday": [], "today": ["dedup.url"], "copy": []}
    found = fate(curate(tmp_path / "no", recipe(tmp_path, "{}"), inputs))
    assert found == {"yesterday": [], "today": [], "copy": ["dedup.exact"]}


def test_the_best_by_quality_score_stays(tmp_path: Path) -> None:
    table = curate(tmp_path / "out", recipe(tmp_path, "{keep: best_quality}"), versions(tmp_path))
    cluster = table.filter(pl.col("dup_cluster_size") == 3).sort("dup_rank")
    assert cluster["quality_score"].to_list() == sorted(cluster["quality_score"], reverse=True)


def test_a_policy_without_its_signal_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(matching.POLICY_COLUMNS, "longest", ("no_such_column",))
    with pytest.raises(DataError, match="needs the signal 'no_such_column'"):
        curate(tmp_path / "out", recipe(tmp_path, "{keep: longest}"), versions(tmp_path))


def test_the_manifest_counts_clusters_hosts_and_sources_and_shows_the_largest(tmp_path: Path) -> None:
    curate(tmp_path / "out", recipe(tmp_path, "{keep: latest_fetch}"), versions(tmp_path))
    found = json.loads((tmp_path / "out" / "manifest.json").read_text())["duplicates"]
    assert (found["compared"], found["clusters"], found["going"]) == (4, 1, 2)
    assert found["by_size"] == {"1": 1, "3": 1}
    assert found["largest"][0]["ids"] == ["new", "old", "long"]
    assert found["largest"][0]["urls"][0] == "http://c.cn/1"
    assert found["by_host"] == {"a.cn": {"documents": 1, "going": 1}, "b.cn": {"documents": 1, "going": 1}}
    assert found["by_source"]["second"] == {"documents": 2, "going": 1}
