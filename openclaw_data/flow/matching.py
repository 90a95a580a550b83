"""The graphs of deduplication that find edges: same URL, same text, near text.

What crosses a shuffle is raw bytes, one buffer a (part, partition). What a graph finds lies in WORK/edges afterwards:

    url:    part -> URL hashes by partition -> group -> edges, and the losers of each part
    exact:  part -> text hashes by partition -> group -> edges, and the copies in each part
    near:   part -> band keys by partition -> group -> candidates by edge partition -> group -> verified edges

Where the fingerprint parts are local files a candidate's signatures are read in place. Where they are not (a work
folder in a bucket), an edge partition asks the parts for the rows it needs and they send those.

The keys of one run go through in ranges of partitions, so many at a time as the memory budget allows.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from openclaw_data import storage
from openclaw_data.dedup import clusters, fingerprints, local, stages
from openclaw_data.flow import work as folder
from openclaw_data.flow.steps import Step, spread

EDGES = "edges"
KNOWN = "known"
POLICY_COLUMNS = {
    "earliest": (),
    "earliest_fetch": ("fetch_time",),
    "latest_fetch": ("fetch_time",),
    "longest": ("char_count",),
    "best_quality": ("quality_score",),
    "preferred_source": ("source_id",),
}
"""What `clusters.preference` reads of the annotated parts."""
URL_RECORD = np.dtype([("key", "<i8"), ("doc", "<i8"), ("preferred", "<f8")])
Group = tuple[int, Iterable[bytes]]
"""A partition and the buffers of all parts for it."""


class Matching(NamedTuple):
    """What the steps of a graph need to know.

    `parts`: annotated parts; `known`: parts made of published indexes, numbered on from there. `start`, `stop`: the
    range of partitions that a graph does; `step`: the width of all ranges.
    """

    work: str
    run_id: str
    parts: int
    known: int
    partitions: int
    step: int
    threshold: float
    keep: str
    prefer: tuple[str, ...]
    start: int = 0
    stop: int = 1

    @property
    def wanted(self) -> range:
        """The partitions of this pass."""
        return range(self.start, self.stop)

    def ranges(self) -> Iterator["Matching"]:
        """One pass after the other, over all partitions."""
        for start in range(0, self.partitions, self.step):
            yield self._replace(start=start, stop=min(start + self.step, self.partitions))


def edge_file(work: str, name: str) -> str:
    """The path of an array in WORK/edges."""
    return storage.join(work, EDGES, f"{name}.npy")


def same_hash(matching: Matching) -> Step:
    """The graph of exact copies: edges, and which documents of each part are copies of an earlier one."""
    return (
        spread("parts", range(matching.parts + matching.known))
        .sends("Hash", exact_keys, matching)
        .group("Group by hash")
        .sends("Link copies", write_exact, matching)
        .group("Group by part")
        .does("Mark copies", write_rows, matching, "copies")
    )


def same_url(matching: Matching) -> Step:
    """The graph of equal URLs: edges, and which documents of each part give way to another version."""
    return (
        spread("parts", range(matching.parts))
        .sends("Read addresses", url_keys, matching)
        .group("Group by address")
        .sends("Choose versions", write_url, matching)
        .group("Group by part")
        .does("Mark versions", write_rows, matching, "losers")
    )


def near(matching: Matching) -> Step:
    """The graph of near duplicates."""
    grouped = (
        spread("parts", range(matching.parts + matching.known))
        .sends("Cut bands", near_keys, matching)
        .group("Group by band")
        .sends("Pair", candidates, matching)
        .group("Group by document")
    )
    if read_in_place(matching.work):
        return grouped.does("Verify", write_near, matching)
    return verified_by_mail(grouped, matching)


def read_in_place(work: str) -> bool:
    """Whether signatures can be read by row where they are."""
    return storage.is_local(work)


def verified_by_mail(grouped: Step, matching: Matching) -> Step:
    """Verify where fingerprint parts cannot be mapped: ask the parts for signatures, and compare what they send."""
    return (
        grouped.sends("Ask", ask, matching)
        .group("Group questions")
        .sends("Answer", answer, matching)
        .group("Group answers")
        .does("Verify", write_answered, matching)
    )


def exact_keys(part: int, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """The text hashes of a part's documents, packed by partition."""
    hashes = column(matching, part, "exact_hash")
    use = compared(matching, part) & (hashes != 0)
    docs = fingerprints.doc_ids(part, len(hashes))
    yield from stages.pack_keys(hashes[use], docs[use], matching.partitions, matching.wanted).items()


def write_exact(group: Group, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """Write the edges between exact copies of one partition; send each part its copies."""
    edges = stages.exact_edges(group[1])
    save(edge_file(matching.work, f"exact-{group[0]:05d}"), without_known(edges, matching))
    yield from by_part(edges[:, 1])


def url_keys(part: int, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """The URL hashes of a part's survivors with their place in the policy, by partition."""
    hashes = column(matching, part, "url_hash")
    rows = np.flatnonzero(survivors(matching.work, part) & (hashes != 0))
    records = np.empty(len(rows), URL_RECORD)
    records["key"], records["doc"] = hashes[rows], fingerprints.doc_ids(part, len(hashes))[rows]
    records["preferred"] = preferred(matching, part, rows)
    where = stages.partition_of(np.ascontiguousarray(records["key"]), matching.partitions)
    for partition in matching.wanted:
        if len(chosen := records[where == partition]):
            yield partition, chosen.tobytes()


def write_url(group: Group, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """Write the edges from the version of a page that stays to the others; send each part its losers."""
    records = np.concatenate([np.frombuffer(b, URL_RECORD) for b in group[1]])
    records = records[np.lexsort((records["doc"], records["preferred"], records["key"]))]
    first = np.concatenate([[True], records["key"][1:] != records["key"][:-1]])
    winners = records["doc"][first][np.cumsum(first) - 1]
    edges = np.stack([winners, records["doc"]], 1)[~first]
    save(edge_file(matching.work, f"url-{group[0]:05d}"), edges)
    yield from by_part(np.sort(edges[:, 1]))


def write_rows(group: Group, matching: Matching, kind: str) -> int:
    """Write what one pass says of a part: sorted document ids."""
    docs = np.sort(np.concatenate([np.frombuffer(b, np.int64) for b in group[1]]))
    save(edge_file(matching.work, f"{kind}-{group[0]:05d}-{matching.start:05d}"), docs)
    return len(docs)


def marked(matching: Matching, kind: str, part: int) -> stages.Int64:
    """What all passes of `write_rows` said of a part."""
    files = (edge_file(matching.work, f"{kind}-{part:05d}-{m.start:05d}") for m in matching.ranges())
    return np.sort(np.concatenate([np.zeros(0, np.int64), *(load(f) for f in files if storage.exists(f))]))


def near_keys(part: int, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """The band keys of a part's documents that are no exact copies, packed by partition."""
    table = fingerprints.read(fingerprint_file(matching, part))
    docs = fingerprints.doc_ids(part, table.num_rows)
    use = compared(matching, part)
    use &= local.near_rows(table.column("shingles").to_numpy(), docs, marked(matching, "copies", part))
    bands, rows = fingerprints.optimal_bands(matching.threshold)
    keys, owners = stages.band_keys(fingerprints.signatures(table)[use], docs[use], bands, rows)
    yield from stages.pack_keys(keys, owners, matching.partitions, matching.wanted).items()


def candidates(group: Group, matching: Matching) -> Iterator[tuple[int, bytes]]:
    """The pairs that share a band in one partition, packed by edge partition."""
    edges = stages.candidate_edges(group[1], matching.parts)
    yield from stages.pack_edges(edges, matching.partitions).items()


def write_near(group: Group, matching: Matching) -> int:
    """Compare the signatures of one edge partition's pairs and write the edges that hold."""
    lookup = stages.lookup_files(in_place(matching))  # maps files anew: what was read of them is let go
    return _write_near(group[0], stages.verify(stages.unpack_edges(group[1]), lookup, matching.threshold), matching)


@lru_cache(maxsize=1)
def in_place(matching: Matching) -> Callable[[int], stages.Signatures]:
    """Maps the signatures of a part. Where they are in its file is looked up once for all partitions."""
    places = cache(lambda part: fingerprints.signature_places(fingerprint_file(matching, part)))
    return lambda part: fingerprints.map_signatures(fingerprint_file(matching, part), places(part))


def ask(group: Group, matching: Matching) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Lay the pairs of an edge partition down, and ask each part for the signatures of its rows in them."""
    edges = stages.unpack_edges(group[1])
    save(edge_file(matching.work, f"pairs-{matching.start:05d}-{group[0]:05d}"), edges)
    for part, rows in stages.request_rows(edges).items():
        yield part, (group[0], rows)


def answer(group: tuple[int, Iterable[tuple[int, bytes]]], matching: Matching) -> Iterator[tuple[int, bytes]]:
    """Send the signatures that edge partitions ask of one part."""
    part, questions = group
    signatures = fingerprints.signatures(fingerprints.read(fingerprint_file(matching, part)))
    for partition, rows in questions:
        yield partition, stages.answer_rows(part, signatures, rows)


def write_answered(group: Group, matching: Matching) -> int:
    """Compare the pairs of one edge partition by the signatures that were sent, and write the edges that hold."""
    edges = load(edge_file(matching.work, f"pairs-{matching.start:05d}-{group[0]:05d}"))
    return _write_near(
        group[0], stages.verify(edges, stages.lookup_answers(list(group[1])), matching.threshold), matching
    )


def _write_near(partition: int, verified: stages.Int64, matching: Matching) -> int:
    stars = clusters.to_stars(verified)
    save(edge_file(matching.work, f"near-{matching.start:05d}-{partition:05d}"), stars)
    return len(stars)


def without_known(edges: stages.Int64, matching: Matching) -> stages.Int64:
    """The edges that touch a document of this run: what two indexes share is not its business."""
    return edges[edges.min(1) >> fingerprints.ROW_BITS < matching.parts] if len(edges) else edges


def by_part(docs: stages.Int64) -> Iterator[tuple[int, bytes]]:
    """Documents as raw bytes by their part."""
    docs = np.sort(docs)
    parts, starts = np.unique(docs >> fingerprints.ROW_BITS, return_index=True)
    for part, piece in zip(parts.tolist(), np.split(docs, starts[1:]), strict=False):
        yield part, piece.tobytes()


def fingerprint_file(matching: Matching, part: int) -> str:
    """The fingerprint part: of the run's own documents, or of an index's."""
    if part < matching.parts:
        return folder.path(matching.work, "fingerprints", part, "arrow")
    return folder.path(matching.work, KNOWN, part - matching.parts, "arrow")


def column(matching: Matching, part: int, name: str) -> npt.NDArray[Any]:
    """One column of a fingerprint part."""
    values: npt.NDArray[Any] = fingerprints.read(fingerprint_file(matching, part)).column(name).to_numpy()
    return values


def compared(matching: Matching, part: int) -> npt.NDArray[np.bool_]:
    """Which documents of a part are compared by their text: bool[rows]. Survivors, less what gave way by its URL."""
    if part >= matching.parts:
        return np.ones(fingerprints.read(fingerprint_file(matching, part)).num_rows, np.bool_)
    use = survivors(matching.work, part)
    use[marked(matching, "losers", part) & stages.ROW_MASK] = False
    return use


def survivors(work: str, part: int) -> npt.NDArray[np.bool_]:
    """The rows of an annotated part that no rule dropped and that are no errors: bool[rows].

    Several steps ask: the first of them leaves the answer in WORK/edges, which lives as long as deduplication.
    """
    path = edge_file(work, f"survivors-{part:05d}")
    if storage.exists(path):
        return load(path)
    table = pl.DataFrame(storage.open_parquet(folder.path(work, "annotated", part)).read(["dropped_by", "error"]))
    kept = (pl.col("dropped_by").list.len() == 0) & (pl.col("error") == "")
    found = np.array(table.select(kept.alias("kept"))["kept"].to_numpy())
    save(path, found)
    return found


def preferred(matching: Matching, part: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The place of a part's rows in the policy `keep`, smaller first: float64[k]."""
    columns = POLICY_COLUMNS[matching.keep]
    if not columns:
        return np.zeros(len(rows), np.float64)
    file = storage.open_parquet(folder.path(matching.work, "annotated", part))
    chosen = file.read([c for c in columns if c in file.schema_arrow.names]).take(pa.array(rows))
    return clusters.preference(matching.keep, chosen.combine_chunks(), matching.prefer).astype(np.float64)


def save(path: str, array: npt.NDArray[Any], *, lasting: bool = False) -> None:
    """Write an array, whole or not at all. What is not `lasting` is made anew by a run that goes on."""
    with storage.create(path, lasting=lasting) as name, open(name, "wb") as file:  # noqa: PTH123
        np.save(file, array)


def load(path: str) -> npt.NDArray[Any]:
    """Read an array."""
    with storage.open_input(path) as file:
        array: npt.NDArray[Any] = np.load(file)
    return array
