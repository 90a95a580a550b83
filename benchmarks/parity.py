"""Compare decisions with datatrove's, filter by filter, on the same texts.

    pip install 'openclaw-data[datatrove]'
    python benchmarks/parity.py ../shared/data/quality/quality_dev.parquet [--sample 300] [--show]

The Parquet file has columns text, lang (en, zh), quality and unit; its good and bad documents are used. datatrove runs
with its own defaults on English, and on Chinese with language cmn_Hani and FineWeb-2's values. `--show` lists the
documents that the two judge differently.
"""

import argparse
import collections
import itertools
import sys
import time
from typing import Any

import polars as pl
import pyarrow as pa

from openclaw_data import documents, rules, signals

FILTERS = {
    "en": {
        "Gopher quality": ("gopher-quality", "GopherQualityFilter", {}),
        "Gopher repetition": ("gopher-repetition", "GopherRepetitionFilter", {}),
        "C4": ("c4", "C4QualityFilter", {}),
        "FineWeb": ("fineweb", "FineWebQualityFilter", {}),
    },
    "zh": {
        "FineWeb-2 quality": (
            "gopher-quality",
            "GopherQualityFilter",
            {
                "language": "cmn_Hani",
                "min_avg_word_length": 1,
                "max_avg_word_length": 5,
                "max_non_alpha_words_ratio": 0.735,
                "stop_words": [*"的年在月是和日了於·為有被人中为他與後也而由"],
            },
        ),
        "FineWeb-2 repetition": (
            "gopher-repetition",
            "GopherRepetitionFilter",
            {
                "language": "cmn_Hani",
                "dup_line_frac": 0.287,
                "dup_para_frac": 0,
                "dup_line_char_frac": 0,
                "dup_para_char_frac": 0,
                "top_n_grams": ((2, 0.256), (3, 0.201), (4, 0.171)),
                "dup_n_grams": ((5, 0.198), (6, 0.182), (7, 0.167), (8, 0.154), (9, 0.140), (10, 0.127)),
            },
        ),
        "FineWeb-2 lines": (
            "fineweb",
            "FineWebQualityFilter",
            {
                "language": "cmn_Hani",
                "line_punct_thr": 0.106,
                "short_line_thr": 999,
                "char_duplicates_ratio": 0.1,
                "new_line_ratio": 0.178,
            },
        ),
    },
}
"""Language -> what is compared: (our pack, datatrove's filter, its arguments)."""


def theirs(texts: list[str], language: str) -> tuple[dict[str, list[str]], float]:
    """Filter -> the reason why datatrove drops each text, "" where it keeps it; and the seconds it took."""
    from datatrove.data import Document
    from datatrove.pipeline import filters

    made = {name: getattr(filters, cls)(**arguments) for name, (_, cls, arguments) in FILTERS[language].items()}
    next(iter(made.values())).filter(Document(text=texts[0] if texts else "a", id="0"))  # loads dictionaries
    found: dict[str, list[str]] = {name: [] for name in made}
    began = time.perf_counter()
    for text in texts:
        for name, one in made.items():
            result: Any = one.filter(Document(text=text, id=""))
            found[name].append(result[1] if isinstance(result, tuple) else "" if result else "dropped")
    return found, time.perf_counter() - began


def ours(texts: list[str], language: str) -> tuple[dict[str, list[list[str]]], float]:
    """Filter -> the rules of our pack that each text fails; and the seconds, measuring included."""
    packs = {name: rules.load([pack])[0] for name, (pack, *_) in FILTERS[language].items()}
    wanted = sorted(rules.needed(packs.values()) - {"language", "language_script"})
    script = {"zh": "Hans", "en": "Latn"}[language]

    def judge(texts: list[str]) -> dict[str, list[list[str]]]:
        n = len(texts)
        batch = documents.from_texts(texts)
        told = {"language": pa.array([language] * n), "language_script": pa.array([script] * n)}
        batch = documents.append(batch, {**told, **signals.compute(batch, wanted)})
        return {name: rules.judge(batch, [pack]).to_pylist() for name, pack in packs.items()}

    judge(texts[:1] or ["a"])  # compiles
    began = time.perf_counter()
    found: dict[str, list[list[str]]] = {name: [] for name in packs}
    for i in range(0, len(texts), 1000):
        for name, verdicts in judge(texts[i : i + 1000]).items():
            found[name].extend(verdicts)
    return found, time.perf_counter() - began


def compare(texts: list[str], language: str) -> dict[str, tuple[float, list[tuple[int, str, list[str]]]]]:
    """Filter -> (share of texts on which the two agree, the others: index, their reason, ours).

    `all of them` is the decision of all filters of the language together.
    """
    they, we = theirs(texts, language)[0], ours(texts, language)[0]
    they["all of them"] = ["".join(reasons) for reasons in zip(*they.values(), strict=True)]
    we["all of them"] = [list(itertools.chain(*verdicts)) for verdicts in zip(*we.values(), strict=True)]
    found = {}
    for name, reasons in they.items():
        pairs = enumerate(zip(reasons, we[name], strict=True))
        differ = [(i, r, v) for i, (r, v) in pairs if (r == "") != (v == [])]
        found[name] = (1 - len(differ) / max(len(texts), 1), differ)
    return found


def documents_of(path: str, language: str, sample: int) -> list[str]:
    """The good and bad documents of a language, or `sample` of them by a fixed seed."""
    table = pl.read_parquet(path).filter(
        pl.col("unit") == "document", pl.col("quality") != "ambiguous", pl.col("lang").str.starts_with(language)
    )
    if sample and sample < len(table):
        table = table.sample(sample, seed=0)
    return table["text"].to_list()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    for language in FILTERS:
        texts = documents_of(asked.path, language, asked.sample)
        for name, (share, differ) in compare(texts, language).items():
            classes = collections.Counter((r or "kept", v[0] if v else "kept") for _, r, v in differ)
            shown = ", ".join(f"{r} / {v}: {n}" for (r, v), n in classes.most_common(6))
            print(f"{language}  {name:22s} {share:8.2%} of {len(texts)}   {shown}")
            for i, reason, verdict in differ if asked.show else ():
                print(f"      {i}: theirs {reason or 'kept'}; ours {', '.join(verdict) or 'kept'}: {texts[i][:60]!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
