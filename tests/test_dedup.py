"""Deduplication: clusters, stars, ranks, edges and the whole, against twins and on made-up documents."""

import itertools
import random
import re

import numpy as np
import pyarrow as pa
import pytest
import reference_hashes as naive
from datasketch.lsh import _optimal_param
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_data.dedup import clusters, fingerprints, local, stages
from openclaw_data.documents import DataError, from_texts
from openclaw_data.ingest import urls

EDGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda e: e[0] != e[1]), max_size=40)
WORDS = [f"word{i}" for i in range(3000)]
HAN = [chr(0x4E00 + i) for i in range(3000)]


def array(edges):
    return np.array([(min(e), max(e)) for e in edges], np.int64).reshape(-1, 2)


def labels(found):
    return dict(zip(found.docs.tolist(), found.clusters.tolist(), strict=True))


def prose(seed, n=300, symbols=WORDS, between=" "):
    return between.join(random.Random(seed).choices(symbols, k=n))


def table(texts, urls=None):
    return pa.Table.from_batches([fingerprints.fingerprint(from_texts(texts, urls=urls))])


def found(texts, **options):
    return local.deduplicate([table(texts)], **options)


GRAPHS = {
    "none": [],
    "chain": [(i, i + 1) for i in range(300)],
    "shuffled chain": [(a, b) for p in [random.Random(1).sample(range(300), 300)] for a, b in itertools.pairwise(p)],
    "star": [(7, i) for i in range(300) if i != 7],
    "giant": [tuple(random.Random(i).sample(range(400), 2)) for i in range(2000)],
    "sparse": [tuple(random.Random(i).sample(range(2000), 2)) for i in range(900)],
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("partitions", [1, 5])
def test_union_find_and_star_rounds_find_the_components_of_known_graphs(name, partitions):
    edges = array(GRAPHS[name])
    assert labels(clusters.cluster(edges)) == naive.components(edges)
    assert labels(clusters.cluster_in_rounds(edges, partitions)) == naive.components(edges)


@settings(max_examples=60)
@given(EDGES, st.randoms(use_true_random=False))
def test_union_find_and_star_rounds_find_the_components_of_random_graphs(edges, source):
    expected = naive.components(edges)
    source.shuffle(edges)
    assert labels(clusters.cluster(np.array(edges, np.int64).reshape(-1, 2))) == expected
    assert labels(clusters.cluster_in_rounds(array(edges), 3)) == expected


@settings(max_examples=40)
@given(EDGES)
def test_reduced_edges_are_stars_with_the_same_components(edges):
    stars = clusters.to_stars(array(edges))
    assert clusters.is_star_forest(stars)
    assert labels(clusters.cluster(stars)) == labels(clusters.from_stars(stars)) == naive.components(edges)


def test_digests_add_up_and_change_with_any_edge():
    edges = stages.distinct(array(GRAPHS["sparse"]))
    whole = clusters.digest(edges)
    assert whole == clusters.digest(edges[::-1])
    assert whole == (clusters.digest(edges[:100]) + clusters.digest(edges[100:])) % 2**64
    assert len({clusters.digest(np.delete(edges, i, 0)) for i in range(len(edges))} | {whole}) == len(edges) + 1


def ranked(docs, edges, preferred=None, hashed=None, group=None):
    docs = np.array(docs)
    found = labels(clusters.cluster(edges))
    ids = np.array([found.get(d, d) for d in docs.tolist()])
    zeros = np.zeros(len(docs), np.int64)
    given = [zeros if v is None else np.array(v) for v in (preferred, hashed, group)]
    result = clusters.rank_members(ids, docs, *given)
    order = {d: i for i, d in enumerate(result.doc.tolist())}
    return clusters.Ranked(*(column[[order[d] for d in docs.tolist()]].tolist() for column in result))


def test_rank_puts_the_preferred_document_first_and_breaks_ties_by_position():
    edges = array([(2, 5), (5, 9), (3, 4)])
    docs = [9, 2, 3, 4, 5, 7]
    ranks = ranked(docs, edges)
    assert ranks.rank == [2, 0, 0, 1, 1, 0]
    assert ranks.size == [3, 3, 2, 2, 3, 1]
    assert ranks.cluster == [2, 2, 3, 3, 2, 7]
    assert ranked(docs, edges, [1, 2, 6, 5, 1, 0]).rank == [1, 2, 1, 0, 0, 0]
    assert ranked([], edges[:0]).rank == []


def test_a_rank_has_its_reason_and_what_an_index_holds_leaves_nobody_to_stay():
    edges = array([(2, 5), (5, 9), (3, 4), (4, 70)])
    result = ranked([2, 5, 9, 3, 4, 70], edges, hashed=[8, 8, 7, 6, 6, 6], group=[0, 0, 1, 0, 0, -1])
    assert [clusters.REASONS[r] for r in result.reason[:5]] == ["", "exact", "url", "known", "known"]
    assert result.rank[:5] == [0, 1, 2, 1, 2]
    assert result.size[:5] == [3, 3, 3, 2, 2]


COLUMNS = pa.table(
    {
        "fetch_time": pa.array([3, 0, 1], pa.timestamp("us", tz="UTC")),
        "char_count": pa.array([10, 30, 20], pa.int32()),
        "quality_score": pa.array([0.5, 0.1, 0.9], pa.float32()),
        "source_id": ["b", "c", "a"],
    }
)


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        ("earliest", [0, 1, 2]),
        ("earliest_fetch", [2, 0, 1]),
        ("latest_fetch", [0, 2, 1]),
        ("longest", [1, 2, 0]),
        ("best_quality", [2, 0, 1]),
        ("preferred_source", [2, 0, 1]),
    ],
)
def test_each_policy_orders_documents_as_it_says(policy, order):
    preferred = clusters.preference(policy, COLUMNS, ["a", "b"])
    assert np.argsort(preferred, kind="stable").tolist() == order


def test_policies_refuse_what_they_cannot_order():
    with pytest.raises(DataError, match="no policy 'newest'"):
        clusters.preference("newest", COLUMNS)
    with pytest.raises(DataError, match="needs the column 'char_count'"):
        clusters.preference("longest", COLUMNS.drop(["char_count"]))
    with pytest.raises(DataError, match="NaN"):
        clusters.preference("best_quality", pa.table({"quality_score": [float("nan")]}))


@settings(max_examples=40)
@given(st.lists(st.integers(-5, 5), max_size=60), st.integers(1, 6))
def test_shared_keys_come_back_sorted_and_each_in_one_partition(values, partitions):
    keys = np.array(values, np.int64) * 987654321987
    docs = fingerprints.doc_ids(3, len(keys))
    packed = stages.pack_keys(keys, docs, partitions)
    unpacked = {p: stages.shared_keys([b]) for p, b in packed.items()}
    for found, owners in unpacked.values():
        assert np.array_equal(np.lexsort((owners, found)), np.arange(len(found)))
    pairs = {(int(k), int(d)) for ks, ds in unpacked.values() for k, d in zip(ks, ds, strict=True)}
    given = list(zip(keys.tolist(), docs.tolist(), strict=True))
    assert {pair for pair in given if values.count(pair[0] // 987654321987) > 1} <= pairs <= set(given)
    seen = [set(ks.tolist()) for ks, _ in unpacked.values()]
    assert sum(map(len, seen)) == len(set().union(*seen))
    halves = [stages.pack_keys(keys, docs, partitions, r) for r in (range(1), range(1, partitions))]
    assert halves[0] | halves[1] == packed


def test_most_keys_of_one_document_are_left_out():
    keys = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 20_000)
    found, docs = stages.shared_keys(
        stages.pack_keys(np.append(keys, keys[:3]), fingerprints.doc_ids(0, 20_003), 1).values()
    )
    assert 6 <= len(found) < 20_000 / 6
    assert {0, 1, 2, 20_000, 20_001, 20_002} <= set(docs.tolist())


def test_edges_within_a_key_are_complete_when_few_and_linear_when_many():
    def edges(n):
        return stages.candidate_edges(stages.pack_keys(np.zeros(n, np.int64), fingerprints.doc_ids(0, n), 1).values())

    assert len(edges(8)) == 28
    assert len(edges(1)) == len(edges(0)) == 0
    many = edges(10_000)
    assert len(many) < 50_000
    assert len(np.unique(clusters.cluster(many).clusters)) == 1


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=60))
def test_candidates_equal_their_twin(values):
    docs = fingerprints.doc_ids(1, len(values))
    edges = stages.candidate_edges(stages.pack_keys(np.array(values, np.int64), docs, 1).values())
    assert [tuple(e) for e in edges.tolist()] == sorted(naive.pairs(values, docs.tolist()))


def test_a_document_without_the_similarity_of_the_first_still_meets_its_neighbour():
    keys = np.zeros(40, np.int64)
    edges = stages.candidate_edges(stages.pack_keys(keys, fingerprints.doc_ids(0, 40), 1).values())
    partners = {i: {int(a) for a, b in edges if b == i} for i in range(40)}
    assert partners[30] == {0, 1, 29, 28, 26}


def test_verification_keeps_pairs_at_the_threshold_and_drops_those_below():
    values = np.random.default_rng(1).integers(0, 1 << 32, (3, 128), np.uint32)
    least = fingerprints.agreement(0.8)
    values[1, :least] = values[0, :least]
    values[2, : least - 1] = values[0, : least - 1]
    edges = array([(0, 1), (0, 2)])
    assert stages.verify(edges, stages.lookup_mapping({0: values}), 0.8).tolist() == [[0, 1]]


def test_signatures_looked_up_in_files_and_sent_on_request_are_the_same(tmp_path):
    parts = [fingerprints.fingerprint(from_texts([prose(10 * p + i) for i in range(5)])) for p in range(3)]
    for number, part in enumerate(parts):
        assert fingerprints.write(tmp_path / str(number), [part.slice(0, 2), part.slice(2)]) == 5

    def open_part(number):
        return fingerprints.signature_chunks(fingerprints.read(tmp_path / str(number)))

    edges = array([(1, (1 << 32) + 4), (2 << 32, (2 << 32) + 3)])
    docs = np.unique(edges)
    asked = stages.request_rows(edges)
    answers = [stages.answer_rows(number, np.concatenate(open_part(number)), rows) for number, rows in asked.items()]
    expected = [fingerprints.signatures(parts[d >> 32])[d & 0xFFFFFFFF].tolist() for d in docs]
    assert stages.lookup_files(open_part, opened=1)(docs).tolist() == expected
    assert stages.lookup_answers(answers)(docs).tolist() == expected
    assert stages.lookup_answers([])(docs[:0]).shape == (0, 128)


def test_a_file_that_is_no_fingerprint_part_is_named(tmp_path):
    (tmp_path / "x").write_bytes(b"not arrow")
    with pytest.raises(DataError, match="cannot be read as fingerprints"):
        fingerprints.read(tmp_path / "x")


@pytest.mark.parametrize(("symbols", "between"), [(WORDS, " "), (HAN, "")])
def test_edited_copies_are_found_and_others_are_not(symbols, between):
    base = prose(1, 600, symbols, between)
    cut = base[: int(len(base) * 0.93)]
    half = base[: len(base) // 3] + between + prose(2, 500, symbols, between)
    result = found([base, prose(3, 600, symbols, between), cut, half, base, base.upper() + "！"])
    assert result["dup_cluster_id"].to_pylist() == [0, 1, 0, 3, 0, 0]
    assert result["dup_rank"].to_pylist() == [0, 0, 1, 0, 2, 3]
    assert result["dup_cluster_size"].to_pylist() == [4, 1, 4, 1, 4, 4]
    assert result["dup_reason"].to_pylist() == ["", "", "near", "", "exact", "exact"]


def test_a_traditional_mirror_meets_its_simplified_twin():
    simplified = "这个软件是台湾的开发者为了学习网络而写的，发布于网站。" * 3
    traditional = "這個軟件是臺灣的開發者為了學習網絡而寫的，發佈於網站。" * 3
    result = found([simplified, traditional.replace("佈", "布")])
    assert result["dup_rank"].to_pylist() == [0, 1]
    assert result["dup_reason"].to_pylist() == ["", "exact"]


def test_short_texts_are_duplicates_only_as_a_whole_and_empty_ones_never():
    short = "版权所有 请勿转载 联系我们"
    result = found([short, short + "！", short + "吧", "", "", "…"])
    assert result["dup_cluster_size"].to_pylist() == [2, 2, 1, 1, 1, 1]


def test_urls_join_documents_only_when_asked():
    urls = ["http://Example.com/a/?utm_source=x", "https://example.com/a#top", ""]
    parts = [table([prose(1), prose(2), prose(3)], urls)]
    assert local.deduplicate(parts)["dup_rank"].to_pylist() == [0, 0, 0]
    assert local.deduplicate(parts, by_url=True)["dup_rank"].to_pylist() == [0, 1, 0]


def test_parts_and_partitions_do_not_change_the_result():
    texts = [prose(i % 40, 200)[: 1000 + 2 * i] for i in range(120)]
    whole = fingerprints.fingerprint(from_texts(texts))
    expected = local.deduplicate([whole])
    assert len(set(expected["dup_cluster_id"].to_pylist())) == 40
    for partitions in (2, 7):
        cut = local.deduplicate([whole.slice(0, 50), whole.slice(50)], partitions=partitions)
        assert cut["dup_rank"].equals(expected["dup_rank"])
        assert cut["dup_cluster_size"].equals(expected["dup_cluster_size"])


def test_nothing_to_deduplicate_gives_an_empty_table():
    assert local.deduplicate([]).num_rows == 0
    assert local.deduplicate([table([])]).schema == local.DUPLICATES


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://WWW.Example.COM:80/a/?b=2&a=1&utm_medium=x#y", "https://www.example.com/a?a=1&b=2"),
        ("https://user@例子.中国:8443/页?spm=1", "https://例子.中国:8443/%E9%A1%B5"),
        ("https://e.com/%e9%a1%b5%2Fx", "https://e.com/%E9%A1%B5%2Fx"),
        ("https://e.com/#!/app", "https://e.com#!/app"),
        ("https://e.com/?q=%D6%D0", "https://e.com?q=%D6%D0"),
        ("http://[::1", ""),
        ("http://e.com:99999/", ""),
        ("mailto:a@b.c", ""),
        ("", ""),
    ],
)
def test_urls_become_canonical(url, canonical):
    assert fingerprints.canonical_url(url) == canonical


URLS = st.from_regex(
    r"\A(?:https?|HTTP|ftp)?:?/?/?[a-zA.\-@:0-9\t\n ]{0,8}(?:[/?#%.;~][ab/.%20;@:\t\n?#]{0,8})?\n?\Z", fullmatch=False
)


@settings(max_examples=300)
@given(URLS)
def test_the_short_way_for_plain_urls_gives_what_the_long_way_gives(url):
    canonical, host = fingerprints.canonical_url(url), urls.host(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprints, "PLAIN_URL", re.compile("(?!)"))
        patch.setattr(urls, "_PLAIN_HOST", re.compile("(?!)"))
        assert (canonical, host) == (fingerprints.canonical_url(url), urls.host(url))


def test_a_url_without_a_host_has_no_hash():
    assert fingerprints.hash_urls(["", "x", "http://e.com"]).tolist()[:2] == [0, 0]
    assert fingerprints.hash_urls(["http://e.com"])[0] != 0


def test_bands_catch_what_the_threshold_asks_for():
    bands, rows = fingerprints.optimal_bands(0.8)
    assert bands * rows <= 128
    assert 1 - (1 - 0.85**rows) ** bands > 0.99
    with pytest.raises(DataError, match="not a similarity"):
        fingerprints.optimal_bands(1.5)


@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.7, 0.8, 0.95, 1.0])
def test_bands_are_those_of_datasketch(threshold):
    assert fingerprints.optimal_bands(threshold) == _optimal_param(threshold, 128, 0.05, 0.95)


def test_documents_of_real_crawls_meet_the_targets(shared_data):
    import polars as pl

    docs = pl.read_parquet(shared_data / "dups" / "dups_dev.parquet")
    result = local.deduplicate([table(docs["text"].to_list())])
    docs = docs.with_columns(
        cluster=pl.Series(result["dup_cluster_id"].to_numpy()),
        jaccard=pl.when(pl.col("lang") == "zh").then("j_char5_norm").otherwise("j_word5"),
        converted=pl.col("ops").str.contains("trad") & (pl.col("lang") == "zh"),
    )
    base = docs.filter(pl.col("ops") == "base")
    variants = docs.filter(pl.col("ops") != "base").join(base.select("base_id", of="cluster"), on="base_id")
    near = variants.filter(pl.col("jaccard") >= 0.85)
    far = variants.filter((pl.col("jaccard") < 0.5) & ~pl.col("converted"))
    assert len(near) > 500
    assert (near["cluster"] == near["of"]).mean() >= 0.99
    assert (far["cluster"] == far["of"]).mean() <= 0.02
    assert base["cluster"].n_unique() >= 0.999 * len(base)
