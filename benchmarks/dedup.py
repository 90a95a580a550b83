"""Near duplicates: recall, precision and signature speed, beside datatrove and datasketch on the same documents.

    pip install -e '.[datatrove]' tokenizers
    python benchmarks/dedup.py shared/data/dups/dups_dev.parquet

The file holds base documents and edited variants with their true Jaccard similarity to the base (columns id, base_id,
ops, lang, text, j_char5_norm, j_word5). A variant is found where it lands in its base's cluster. Its similarity is
given in two ways: as the file says (character 5-grams for zh, word 5-grams for en, Traditional and Simplified being
different characters), and over the folded units that this project compares (a Traditional mirror is its Simplified
twin). Every tool gets all documents at once; what shares a band is joined, here after verification:

* openclaw-data: its library in one process; `tests/test_deduplicate.py` holds the pipeline to the same figures.
* datatrove: `MinhashDedupSignature`, 14 buckets of 8, jieba words for zh and its English tokenizer for en, as FineWeb-2
  runs it; documents that share a bucket are one cluster, which is what its later stages do.
* datasketch: `MinHashLSH` at 0.8 with 128 permutations over character 5-grams for zh and word 5-grams for en.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="dups_dev.parquet or another of its shape")
    docs = pl.read_parquet(parser.parse_args().file)
    docs = docs.with_columns(folded=pl.Series(folded(docs)))
    megabytes = docs["text"].str.len_bytes().sum() / 1e6
    print(f"{len(docs):,} documents, {megabytes:.1f} MB of text, one core")
    head = "MB/s  found >=0.85  found 0.8-0.85  joined <0.5  folded >=0.85  folded <0.5  bases joined"
    print(f"{'':14}{head}")
    speeds = {}
    for name, tool in (("openclaw-data", ours), ("datatrove", datatrove), ("datasketch", datasketch)):
        seconds, clusters = tool(docs)
        speeds[name] = megabytes / seconds
        print(f"{name:14}{speeds[name]:>6.2f}  {row(docs.with_columns(cluster=pl.Series(clusters)))}", flush=True)
    for name in ("datatrove", "datasketch"):
        print(f"signatures: {speeds['openclaw-data'] / speeds[name]:,.0f} times as fast as {name}")


def folded(docs: pl.DataFrame) -> list[float]:
    """Each document's Jaccard similarity to its base over folded shingles."""
    import reference_hashes as naive

    sets = {i: naive.shingle_set(t) for i, t in docs.select("id", "text").rows()}
    base = dict(docs.filter(pl.col("ops") == "base").select("base_id", "id").rows())
    pairs = ((sets[i], sets[base[b]]) for i, b in docs.select("id", "base_id").rows())
    return [len(a & b) / max(1, len(a | b)) for a, b in pairs]


def row(docs: pl.DataFrame) -> str:
    """The shares of variants found, and of bases joined with another base."""
    base = docs.filter(pl.col("ops") == "base")
    variants = docs.filter(pl.col("ops") != "base").join(base.select("base_id", of="cluster"), on="base_id")
    stated = pl.when(pl.col("lang") == "zh").then("j_char5_norm").otherwise("j_word5")
    joined = pl.col("cluster") == pl.col("of")
    tests = [stated >= 0.85, stated.is_between(0.8, 0.85, closed="left"), stated < 0.5]
    tests += [pl.col("folded") >= 0.85, pl.col("folded") < 0.5]
    shares = [variants.filter(test).select(joined.mean()).item() for test in tests]
    together = 1 - base["cluster"].n_unique() / len(base)
    widths = (12, 14, 11, 13, 11)
    return "  ".join(f"{s:>{w}.2%}" for s, w in zip(shares, widths, strict=True)) + f"  {together:>12.2%}"


def ours(docs: pl.DataFrame) -> tuple[float, list[int]]:
    """This project: seconds for fingerprints, and clusters."""
    from openclaw_data.dedup import fingerprints, local
    from openclaw_data.documents import from_texts

    batch = from_texts(docs["text"].to_list())
    fingerprints.fingerprint(batch.slice(0, 1))
    seconds = fastest(lambda: fingerprints.fingerprint(batch))
    found = local.deduplicate([pa.Table.from_batches([fingerprints.fingerprint(batch)])])
    return seconds, found["dup_cluster_id"].to_pylist()


def datatrove(docs: pl.DataFrame) -> tuple[float, list[int]]:
    """datatrove: seconds for shingles and signatures, and clusters."""
    import tempfile

    import xxhash
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
    from datatrove.utils.typeshelper import Languages

    languages = {"zh": Languages.mandarin_chinese__hani, "en": Languages.english}
    with tempfile.TemporaryDirectory() as folder:
        steps = {k: MinhashDedupSignature(folder, MinhashConfig(), language=v) for k, v in languages.items()}
        for step in steps.values():
            step._hash_func = lambda gram: xxhash.xxh64_intdigest(gram.encode())  # noqa: SLF001 - xxhash 4 refuses str
            step.get_shingles("一二三 four five six seven.")  # loads dictionaries
        started = time.perf_counter()
        buckets = []
        for text, lang in docs.select("text", "lang").rows():
            shingles = steps[lang].get_shingles(text)
            buckets.append(steps[lang].get_signature(shingles) if shingles.size else [])
        seconds = time.perf_counter() - started
    keys = ((i, (n, *values)) for i, signature in enumerate(buckets) for n, values in enumerate(signature))
    return seconds, joined(keys, len(docs))


def datasketch(docs: pl.DataFrame) -> tuple[float, list[int]]:
    """datasketch: seconds for shingles and signatures, and clusters."""
    from datasketch import MinHash, MinHashLSH

    started = time.perf_counter()
    signatures = []
    for text, lang in docs.select("text", "lang").rows():
        units = text if lang == "zh" else text.split()
        between = "" if lang == "zh" else " "
        shingles = {between.join(units[i : i + 5]).encode() for i in range(max(1, len(units) - 4))}
        signature = MinHash(num_perm=128)
        signature.update_batch(list(shingles))
        signatures.append(signature)
    seconds = time.perf_counter() - started
    lsh = MinHashLSH(threshold=0.8, num_perm=128)
    for i, signature in enumerate(signatures):
        lsh.insert(i, signature)
    keys = ((other, i) for i, signature in enumerate(signatures) for other in lsh.query(signature))
    return seconds, joined(keys, len(docs))


def joined(keys: Iterable[tuple[int, object]], n: int) -> list[int]:
    """The clusters of n documents in which those that share a key are together."""
    from openclaw_data.dedup import clusters

    first: dict[object, int] = {}
    edges = [(first.setdefault(key, i), i) for i, key in keys]
    found = clusters.cluster(np.array(edges, np.int64).reshape(-1, 2))
    labels = np.arange(n)
    labels[found.docs] = found.clusters
    return labels.tolist()


def fastest(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of several runs, in seconds."""
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return min(spent)


if __name__ == "__main__":
    main()
