"""Benchmark items are found whatever their dress, in any order of options, and nothing else is accused."""

import gzip
import json
import random
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference_contamination import find as naive_find
from reference_contamination import stream as naive_stream

import openclaw_data
from openclaw_data import documents
from openclaw_data.decontamination import index, items, match
from openclaw_data.documents import DataError
from openclaw_data.flow.refilter import refilter
from openclaw_data.kernels import contamination as kernel
from openclaw_data.kernels.hashes import folding_table

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import decontamination as planting

ENGLISH = {
    "benchmark": "sums",
    "id": "sums/1",
    "question": "A ferry carries twelve lorries and nine vans across the sound each hour. If every lorry pays forty "
    "crowns and every van pays fifteen, how many crowns does the ferry earn between eight and noon?",
    "answer": "42",
}
CHINESE = {
    "benchmark": "exam",
    "id": "7",
    "question": "某渔村的老人每逢初一都要到码头边的石阶上数归来的渔船，他这样做最主要的目的是\n"
    "A. 记录一年里风暴的次数\nB. 决定腌鱼所用的盐量\nC. 向村里的孩子讲故事\nD. 等待多年未归的兄弟",
    "answer": "B",
}
SHORT = {
    "benchmark": "exam",
    "id": "8",
    "question": "渔村的灯塔是",
    "options": ["红色的", "白色的", "蓝色的", "无色的"],
}
PROSE = (
    "清晨的码头上雾气很重，卖鱼的人还没有来。老人坐在石阶上，看着远处的灯塔一明一暗，想起年轻时出海的日子。",
    "The harbour was quiet before the first ferry came in, and the men who mend nets had the long pier to themselves.",
)
ALPHABET = "abAB 日本x,。\n\u0301國国é"


def write_items(folder, *rows):
    path = folder / "items.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(r) for r in rows).encode()))
    return path


@pytest.fixture(scope="module")
def index_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    built = index.build(items.read(write_items(folder, ENGLISH, CHINESE, SHORT)))
    assert built.too_short == []
    index.write(str(folder / "index.parquet"), built.table)
    return str(folder / "index.parquet")


@pytest.fixture(scope="module")
def loaded(index_path):
    return index.load((index_path,))


def found(texts, loaded, coverage=match.COVERAGE):
    evidence = match.find(pa.array(texts, pa.string()), loaded, coverage)
    return match.contaminated_by(len(texts), evidence).to_pylist()


def table_of(grams):
    """A look-up table of grams given as texts of their streams, and the powers it needs."""
    rows = []
    for gram in grams:
        data = np.frombuffer(gram.encode(), np.uint8)
        stream = kernel.stream(data, 0, len(data), folding_table())
        n, short = len(stream.places), bool(stream.widths[-1] < kernel.ANCHOR)
        end = int(np.searchsorted(stream.widths, kernel.SHORT if short else kernel.ANCHOR))
        key = kernel.anchor_keys(stream.prefix[[end]], np.array([short]))[0]
        rows.append((int(key), n, int(stream.prefix[n]), short))
    order = sorted(range(len(rows)), key=lambda i: rows[i])
    keys, lengths, hashes, short = (list(c) for c in zip(*(rows[i] for i in order), strict=True))
    table = kernel.table(np.array(keys, np.uint64), np.array(short), np.array(lengths), np.array(hashes, np.uint64))
    return table, kernel.powers(max(kernel.ANCHOR, *lengths)), order


def letters(text):
    return "".join(c[0] for c in naive_stream(text))


def width(text):
    return sum(4 if c[1] else 1 for c in naive_stream(text))


def kernel_find(texts, grams):
    table, powers, order = table_of(grams)
    offsets, data = documents.text_buffers(pa.array(["-", *texts], pa.string()).slice(1))
    hits = kernel.find(offsets, data, folding_table(), powers, table)
    start = int(offsets[0])
    return {(r, order[g], at, a - start, b - start) for r, g, at, a, b in hits.T.tolist()}


@given(
    st.lists(st.text(ALPHABET, max_size=120), max_size=4),
    st.sets(
        st.text("ab日本國", min_size=2, max_size=30).filter(lambda t: width(t) >= kernel.SHORT), min_size=1, max_size=4
    ),
)
@example(["日本 日\n本。日本a b"], {"日本日本日本"})
def test_the_kernel_finds_what_its_twin_finds_on_slices_too(texts, grams):
    grams = list({letters(g) for g in grams})
    texts = [*texts, *(f"a {g}b{g}" for g in grams)]
    assert kernel_find(texts, grams) == naive_find(texts, grams)


def test_grams_are_found_across_the_edges_of_the_kernels_buffer():
    rng = random.Random(1)
    gram = "".join(rng.choices("日本国山川田中大小上下", k=40))
    filler = "".join(rng.choices("天地人水火木金土 \n", k=1 << 16))
    text = "".join(filler[:n] + gram for n in (65_500, 65_430, 65_490, 10))
    assert len(kernel_find([text, gram], [gram, gram[:20]])) == 10
    assert kernel_find([text], [gram]) == naive_find([text], [gram])


def test_text_that_is_not_utf8_is_survived(loaded):
    data = np.frombuffer(b"\xff\xe6\x97\x00\xf0\x9f" * 50, np.uint8)
    offsets = np.array([0, 0, len(data)], np.int64)
    assert kernel.find(offsets, data, folding_table(), loaded.powers, loaded.table).shape == (5, 0)


def test_no_texts_and_empty_texts_hold_nothing(loaded):
    assert found([], loaded) == []
    assert found(["", "。"], loaded) == [[], []]


DRESSES = [
    (variant, text, name)
    for row, name in ((ENGLISH, "sums/1"), (CHINESE, "exam/7"), (SHORT, "exam/8"))
    for text in [items.compose(row["question"], row.get("options", []))[0]]
    for variant in planting.VARIANTS
    if planting.applies(variant, text)
]


@pytest.mark.parametrize(("variant", "text", "name"), DRESSES, ids=lambda v: v[:20])
def test_an_item_is_found_in_any_dress(loaded, variant, text, name):
    for seed in range(5):
        dressed = planting.VARIANTS[variant](text, random.Random(seed))
        assert found([f"{PROSE[0]}\n{dressed}\n{PROSE[1]}"], loaded) == [[name]], dressed


@pytest.mark.parametrize(
    "text",
    [
        *PROSE,
        "渔村的灯塔是白色的，每年都要重新粉刷一次，老人说那是他父亲那一辈留下的规矩，孩子们都不相信。",
        "A ferry carries twelve lorries and nine vans across the sound each hour. Tickets are sold on board.",
        "他们一边决定腌鱼所用的盐量，一边等待天气转好。",
        "下列说法正确的是 A. 红色的 B. 白色的 C. 蓝色的 D. 无色的",
    ],
)
def test_a_document_that_shares_a_phrase_with_an_item_is_not_accused(loaded, text):
    assert found([text], loaded) == [[]]


def test_a_long_stem_is_enough_without_its_options(loaded):
    stem = CHINESE["question"].split("\n")[0]
    assert found([PROSE[0] + stem + "（　　）" + PROSE[0]], loaded) == [["exam/7"]]


def test_evidence_is_the_place_of_the_item_in_characters(loaded):
    text = f"😀{PROSE[0]}{CHINESE['question']}{PROSE[1]} 𠀀 {ENGLISH['question']}"
    rows = match.find(pa.array(["", text]), loaded).to_pylist()
    assert [(r["row"], r["item"], r["coverage"]) for r in rows] == [(1, "7", 1.0), (1, "sums/1", 1.0)]
    assert [text[r["start"] : r["end"]] for r in rows] == [CHINESE["question"], ENGLISH["question"][:-1]]


def test_coverage_zero_takes_any_gram_for_the_item(loaded):
    part = " ".join(ENGLISH["question"].split()[3:17])
    assert found([part], loaded) == [[]]
    assert found([part], loaded, 0) == [["sums/1"]]


def test_an_item_that_stands_twice_is_evidence_twice_and_named_once(loaded):
    text = f"{ENGLISH['question']}\n{PROSE[1]}\n{ENGLISH['question']}"
    evidence = match.find(pa.array([text]), loaded)
    assert len(evidence) == 2
    assert match.contaminated_by(1, evidence).to_pylist() == [["sums/1"]]


def test_cutting_takes_the_item_and_its_margin_and_counts_what_is_gone(loaded):
    texts = pa.array([PROSE[0], f"{PROSE[1]}\n{ENGLISH['question']}\n{PROSE[1]}", ENGLISH["question"]])
    after, removed = match.cut(texts, match.find(texts, loaded), 1)
    assert after.to_pylist() == [PROSE[0], f"{PROSE[1]}\n\n{PROSE[1]}", ""]
    assert removed.tolist() == [0, len(texts[1].as_py()) - len(after[1].as_py()), len(ENGLISH["question"])]
    wide, _ = match.cut(texts, match.find(texts, loaded), 10)
    assert wide[1].as_py() == f"{PROSE[1][:-9].strip()}\n\n{PROSE[1][8:].strip()}"


def test_what_many_items_share_identifies_none_of_them(tmp_path):
    preamble = (
        "Answer the following question about harbours with one letter and nothing else, please, as briefly as you can."
    )
    places = ["Tallinn", "Rostock", "Gdansk", "Turku", "Visby", "Riga", "Kiel", "Umea", "Oslo", "Bergen"]
    rows = [
        {"question": f"{preamble} How deep is basin {i} of the old port of {p} where the nets are kept in the winter"}
        for i in range(2)
        for p in places
    ]
    built = index.build(items.read(write_items(tmp_path, *rows)))
    index.write(str(tmp_path / "i"), built.table)
    loaded = index.load((str(tmp_path / "i"),))
    assert found([preamble], loaded) == [[]]
    assert "items/3" in found([rows[2]["question"]], loaded)[0]


def test_a_hostile_text_of_repeated_stems_ends_soon(loaded):
    text = "渔村的灯塔是" * 200_000
    assert found([text], loaded) == [[]]


def test_options_are_understood_in_the_usual_shapes():
    question, options = "Which?", ["one", "two", "three"]
    shapes = [
        {"options": options},
        {"choices": {"text": options, "label": ["A", "B", "C"]}},
        {"choices": {"A": "one", "B": "two", "C": "three"}},
        {"A": "one", "B": "two", "C": "three"},
    ]
    assert all(items.options_of({"question": question, **s}) == options for s in shapes)
    text, pieces = items.compose("Which?\n(A) one\n(B) two\nＣ．three")
    assert [text[a:b].strip() for a, b in pieces] == ["Which?", *options]
    assert items.compose("A. Smith wrote it\nB. Jones did not read it? No.")[1][0] == (0, 0)
    assert len(items.compose("Plan B: nothing")[1]) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: is not JSON"),
        ("[1]", "line 1: is not a JSON object"),
        ('{"id": 3}', "line 1: has no question"),
        ('{"question": "what?", "benchmark": "My Exam"}', "line 1: the benchmark 'My Exam'"),
    ],
)
def test_a_bad_benchmark_line_is_named(tmp_path, line, message):
    (tmp_path / "x.jsonl").write_text(line)
    with pytest.raises(DataError, match=message):
        list(items.read(tmp_path / "x.jsonl"))


def test_a_file_that_is_no_index_is_refused_with_the_command_that_makes_one(tmp_path, index_path):
    (tmp_path / "x").write_text("no")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "y")
    for name in ("nowhere", "x", "y"):
        with pytest.raises(DataError, match="index"):
            index.load((str(tmp_path / name),))
    other = index.build(items.read(write_items(tmp_path, ENGLISH)), words=8)
    index.write(str(tmp_path / "z"), other.table)
    with pytest.raises(DataError, match="different grams"):
        index.load((index_path, str(tmp_path / "z")))


def test_the_index_holds_no_text_and_is_the_same_each_time(tmp_path, index_path):
    table = pq.read_table(index_path)
    strings = {v for f in table.schema if pa.types.is_string(f.type) for v in table.column(f.name).to_pylist()}
    assert strings == {"sums", "sums/1", "exam", "7", "8", "question"}
    built = index.build(items.read(write_items(tmp_path, ENGLISH, CHINESE, SHORT)))
    index.write(str(tmp_path / "again"), built.table)
    assert (tmp_path / "again").read_bytes() == Path(index_path).read_bytes()


RECIPE = """\
name: mine
version: 1.0.0
sources: [{{id: mine, format: jsonl, paths: [docs.jsonl], origin: user, record: tests}}]
filters: []
dedup: null
decontaminate: {{indexes: [index.parquet], policy: {policy}, margin: 1}}
"""


def curate(folder, index_path, policy, workers=1):
    (folder / "index.parquet").write_bytes(Path(index_path).read_bytes())
    texts = [
        PROSE[0] * 3,
        PROSE[1] * 3,
        f"{PROSE[1]}\n{ENGLISH['question']}\n{PROSE[1]}",
        PROSE[0] + CHINESE["question"],
    ]
    (folder / "docs.jsonl").write_text(
        "\n".join(json.dumps({"id": str(i), "text": t, "url": ""}) for i, t in enumerate(texts))
    )
    (folder / "mine.yaml").write_text(RECIPE.format(policy=policy))
    out = folder / f"out-{policy}-{workers}"
    manifest = openclaw_data.run(str(folder / "mine.yaml"), out, workers=workers)
    decisions = pl.read_parquet(out / "decisions/*.parquet").sort("id")
    evidence = pl.read_parquet(out / "contamination/*.parquet")
    return manifest, decisions, evidence, out


def test_a_run_drops_contaminated_documents_and_leaves_the_evidence(tmp_path, index_path):
    manifest, decisions, evidence, out = curate(tmp_path, index_path, "drop")
    assert decisions["contaminated_by"].to_list() == [[], [], ["sums/1"], ["exam/7"]]
    assert decisions["dropped_by"].to_list() == [[], [], ["decontaminate.sums"], ["decontaminate.exam"]]
    assert evidence.select("id", "benchmark", "item", "part").rows() == [
        ("2", "sums", "sums/1", "question"),
        ("3", "exam", "7", "question"),
    ]
    start, end = evidence.filter(pl.col("id") == "3").select("start", "end").row(0)
    assert (start, end) == (len(PROSE[0]), len(PROSE[0] + CHINESE["question"]))
    assert [f.path for f in manifest.contamination] == ["contamination/part-00000.parquet"]
    assert list(manifest.benchmarks) == ["index.parquet"]
    assert manifest.counts.kept == 2
    report = json.loads((out / "audit" / "report.json").read_text(encoding="utf-8"))
    assert report["contamination"]["benchmarks"] == {"exam": [1, 0], "sums": [1, 0]}
    assert sum(evidence.null_count().row(0)) == 0
    data = pl.read_parquet(out / "data/*/*.parquet")
    assert data["contaminated_by"].list.len().sum() == 0


def test_a_run_cuts_items_out_and_counts_the_edit(tmp_path, index_path):
    manifest, decisions, evidence, out = curate(tmp_path, index_path, "cut")
    assert manifest.counts.kept == 4
    data = pl.read_parquet(out / "data/*/*.parquet").sort("id")
    assert data["text"].to_list()[2:] == [f"{PROSE[1]}\n\n{PROSE[1]}", PROSE[0][:-1]]
    assert data["contaminated_by"].to_list() == [[], [], ["sums/1"], ["exam/7"]]
    assert data["edits"].to_list() == [0, 0, len(ENGLISH["question"]), len(CHINESE["question"]) + 1]
    assert len(evidence) == 2
    assert decisions["contaminated_by"].to_list() == data["contaminated_by"].to_list()


def test_new_rules_on_the_parts_keep_the_verdict_and_other_items_need_a_new_run(tmp_path, index_path):
    _, decisions, evidence, _ = curate(tmp_path, index_path, "drop")
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(recipe.read_text().replace("[]", "[length]"))
    refilter(tmp_path / "out-drop-1.work", str(recipe), tmp_path / "again")
    again = pl.read_parquet(tmp_path / "again/decisions/*.parquet").sort("id")
    assert again["contaminated_by"].to_list() == decisions["contaminated_by"].to_list()
    assert [[r for r in d if r.startswith("decon")] for d in again["dropped_by"]] == decisions["dropped_by"].to_list()
    assert pl.read_parquet(tmp_path / "again/contamination/*.parquet").equals(evidence)
    other = index.build(items.read(write_items(tmp_path, ENGLISH)))
    index.write(str(tmp_path / "index.parquet"), other.table)
    with pytest.raises(DataError, match="benchmarks"):
        refilter(tmp_path / "out-drop-1.work", str(recipe), tmp_path / "other")


def test_another_index_is_another_run(tmp_path, index_path):
    curate(tmp_path, index_path, "drop")
    other = index.build(items.read(write_items(tmp_path, ENGLISH)))
    index.write(str(tmp_path / "index.parquet"), other.table)
    with pytest.raises(DataError, match="another run"):
        openclaw_data.run(str(tmp_path / "mine.yaml"), tmp_path / "out-drop-1")


def test_planted_items_of_real_benchmarks_are_found_and_real_pages_are_not_accused(shared_data, tmp_path):
    every = list(items.read(shared_data / "benchmarks" / "benchmarks_dev.jsonl.gz"))[::5]
    index.write(str(tmp_path / "i"), index.build(every).table)
    loaded = index.load((str(tmp_path / "i"),))
    clean = list(planting.clean_texts(shared_data / "quality" / "quality_dev.parquet", []))[:3000]
    texts, truth = planting.plant(clean, [i for i in every if i.part == "question"], 700)
    evidence = match.find(pa.array(texts), loaded)
    hits = set(zip(*(evidence.column(n).to_pylist() for n in ("row", "benchmark", "item")), strict=True))
    ok = [(v, (row, i.benchmark, i.item) in hits) for row, (v, i) in enumerate(truth)]
    assert all(found for variant, found in ok if variant == "verbatim")
    assert sum(found for _, found in ok) >= 0.97 * len(ok)
    assert len(match.find(pa.array(clean), loaded)) <= 3
