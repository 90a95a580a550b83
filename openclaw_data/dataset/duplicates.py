"""Duplicates in numbers, from the decisions of a run: cluster sizes, the largest clusters, hosts and sources."""

from collections import Counter
from collections.abc import Iterable

import polars as pl

from openclaw_data import storage
from openclaw_data.dataset.manifest import Cluster, Duplicates, Share

LARGEST, SAMPLES, HOSTS = 10, 5, 20
_COUNTED = ["url_host_registered_domain", "source_id", "dup_cluster_id", "dup_cluster_size", "dup_rank"]
_CODED = ["url_host_registered_domain", "source_id"]
_NAMED = ["id", "url", "dup_cluster_id", "dup_rank"]


def count(dataset: str, decisions: Iterable[str]) -> Duplicates:
    """Count what the written decisions say of duplicates; documents that were not compared are left out."""
    files = [storage.join(dataset, file) for file in decisions]
    sizes: Counter[int] = Counter()
    hosts: Counter[str] = Counter()
    host_rows: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    source_rows: Counter[str] = Counter()
    heads: list[tuple[int, int]] = []
    for file in files:
        table = _compared(file, _COUNTED)
        goes = pl.col("dup_rank") > 0
        for size, n in table.group_by("dup_cluster_size").len().rows():
            sizes[size] += n
        for column, all_, gone in (
            ("url_host_registered_domain", host_rows, hosts),
            ("source_id", source_rows, sources),
        ):
            for name, n, out in table.group_by(column).agg(pl.len(), goes.sum()).rows():
                all_[name] += n
                gone[name] += out
        big = table.filter(pl.col("dup_cluster_size") > 1).select("dup_cluster_size", "dup_cluster_id").unique()
        heads = sorted({*heads, *big.rows()}, key=lambda head: (-head[0], head[1]))[:LARGEST]
    top = sorted((h for h in hosts if hosts[h]), key=lambda h: (-hosts[h], h))[:HOSTS]
    return Duplicates(
        compared=sizes.total(),
        clusters=sum(n // size for size, n in sizes.items() if size > 1),
        going=sum(sources.values()),
        by_size={str(size): n // size for size, n in sorted(sizes.items())},
        largest=_largest(files, heads),
        by_host={h: Share(documents=host_rows[h], going=hosts[h]) for h in top},
        by_source={s: Share(documents=source_rows[s], going=sources[s]) for s in sorted(source_rows)},
    )


def _compared(file: str, columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(storage.open_parquet(file, _CODED).read(columns)).filter(pl.col("dup_cluster_id") >= 0)


def _largest(files: list[str], heads: list[tuple[int, int]]) -> tuple[Cluster, ...]:
    """The clusters named, each with its first documents, whose ranks are the lowest."""
    members: dict[int, list[tuple[int, str, str]]] = {cluster: [] for _, cluster in heads}
    for file in files if heads else []:
        table = _compared(file, _NAMED).filter(
            pl.col("dup_cluster_id").is_in(list(members)), pl.col("dup_rank") < SAMPLES
        )
        for cluster, rank, id_, url in table.select("dup_cluster_id", "dup_rank", "id", "url").rows():
            members[cluster].append((rank, id_, url))
    return tuple(
        Cluster(
            id=cluster,
            size=size,
            ids=tuple(i for _, i, _ in sorted(members[cluster])[:SAMPLES]),
            urls=tuple(u for _, _, u in sorted(members[cluster])[:SAMPLES]),
        )
        for size, cluster in heads
    )
