"""Extraction engines side by side on pages whose main text is known: precision, recall, F1 and speed, in one run.

    python benchmarks/extraction.py gold.jsonl.gz [--engines openclaw,resiliparse,...] [--scores scores-7.jsonl]

The file has a row a page: url, html (or html_b64), expected_text, lang, gold. Scores are over token 4-grams, a token
being a Han character or a word; means over pages. Speed is CPU time of one process on the same pages,
decoded, after one page to warm up; the engines take turns in rounds, and the best round of each counts.

`--scores` takes the text of our engine from the blocks that cross-validation kept (`scripts/train_extraction.py` writes
the file, a line a page): a page is then judged by a model that has not seen its site. Without it the figures of
`openclaw` are of one that has.
"""

import argparse
import base64
import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")


def grams(text: str) -> Counter[tuple[str, ...]]:
    words = TOKEN.findall(text.lower())
    n = min(4, len(words)) or 1
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1)) if words else Counter()


def scores(text: str, expected: str) -> tuple[float, float, float]:
    """Precision, recall and F1 over token 4-grams."""
    a, b = grams(text), grams(expected)
    if not a or not b:
        return (1.0, 1.0, 1.0) if not a and not b else (0.0, 0.0, 0.0)
    common = sum((a & b).values())
    return common / sum(a.values()), common / sum(b.values()), 2 * common / (sum(a.values()) + sum(b.values()))


def each(function: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    """An engine over a list from an engine over a page; a page that fails has no text."""

    def over(pages: list[str]) -> list[str]:
        found = []
        for page in pages:
            try:
                found.append(function(page) or "")
            except Exception:  # noqa: BLE001  (a failure is an empty text, for every engine)
                found.append("")
        return found

    return over


def openclaw(pages: list[str]) -> list[str]:
    from openclaw_data.extraction import blocks

    return [text for text, _ in blocks.extract_batch(pages)]


def resiliparse(page: str) -> str:
    from openclaw_data.extraction import engines

    return engines.resiliparse(page)[0]


def resiliparse_bare(page: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    return str(extract_plain_text(HTMLTree.parse(page), main_content=True, alt_texts=False))


def trafilatura(page: str) -> str:
    from trafilatura import extract

    return extract(page, include_comments=False) or ""


def trafilatura_fast(page: str) -> str:
    from trafilatura import extract

    return extract(page, include_comments=False, fast=True) or ""


def justext(page: str) -> str:
    import justext as library

    han = sum("\u3400" <= c <= "\u9fff" for c in page)
    stop = frozenset() if han > 200 else library.get_stoplist("English")
    settings = {"stopwords_low": 0.0, "stopwords_high": 0.0} if han > 200 else {}
    parts = library.justext(page.encode(), stop, encoding="utf-8", **settings)
    return "\n".join(p.text for p in parts if not p.is_boilerplate)


def readability(page: str) -> str:
    import lxml.html
    from readability import Document

    return "\n".join(lxml.html.fromstring(Document(page).summary()).itertext())


ENGINES: dict[str, Callable[[list[str]], list[str]]] = {
    "openclaw": openclaw,
    "resiliparse": each(resiliparse),
    "resiliparse-bare": each(resiliparse_bare),
    "trafilatura": each(trafilatura),
    "trafilatura-fast": each(trafilatura_fast),
    "justext": each(justext),
    "readability": each(readability),
}
"""`resiliparse` is the engine of that name in recipes, `resiliparse-bare` the library alone."""


def installed(name: str) -> bool:
    try:
        ENGINES[name](["<p>text</p>"])
        if name == "readability":
            import readability as _  # noqa: F401
    except ImportError:
        return False
    return True


def kept_texts(pages: list[str], path: Path) -> list[str]:
    """Our engine's texts of the blocks that cross-validation kept."""
    import numpy as np

    from openclaw_data.extraction import assemble, blocks

    kept, texts, row = [json.loads(line)["kept"] for line in path.read_text("utf-8").splitlines()], [], 0
    for scan in blocks.scans(pages):
        keep = np.zeros(len(scan.blocks), np.bool_)
        for k in range(len(scan.page_blocks) - 1):
            keep[scan.page_blocks[k] + np.array(kept[row], np.int64)] = True
            row += 1
        texts += assemble.texts(scan, keep)
    return texts


def table(rows: list[dict[str, Any]], texts: dict[str, list[str]], seconds: dict[str, float]) -> None:
    """Print one row an engine: precision, recall, F1, F1 by language and kind, over sites, pages/s."""
    kinds = sorted({row["gold"] for row in rows})
    groups = ["en", "zh", "other", *kinds]
    print("| engine | precision | recall | F1 | sites |", " | ".join(groups), "| pages/s |")
    print("|---|" + "---:|" * (5 + len(groups)))
    for name, found in texts.items():
        triples = [scores(text, row["expected_text"]) for text, row in zip(found, rows, strict=True)]
        mean = [sum(t[k] for t in triples) / len(triples) for k in range(3)]
        by: dict[str, list[float]] = defaultdict(list)
        sites: dict[str, list[float]] = defaultdict(list)
        for row, (_, _, f) in zip(rows, triples, strict=True):
            by[row["lang"] if row["lang"] in ("en", "zh") else "other"].append(f)
            by[row["gold"]].append(f)
            sites[urlsplit(row["url"]).hostname or ""].append(f)
        over_sites = sum(sum(v) / len(v) for v in sites.values()) / len(sites)
        cells = [*mean, over_sites, *(sum(by[g]) / len(by[g]) for g in groups)]
        print(f"| {name} |", " | ".join(f"{c:.3f}" for c in cells), f"| {len(rows) / seconds[name]:,.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--engines", default=",".join(ENGINES), help=f"some of {', '.join(ENGINES)}")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--scores", type=Path, help="what cross-validation wrote")
    options = parser.parse_args()
    rows = [json.loads(line) for line in gzip.decompress(options.gold.read_bytes()).splitlines()]
    pages = [row.get("html") or base64.b64decode(row["html_b64"]).decode("utf-8", "replace") for row in rows]
    names = [name for name in options.engines.split(",") if installed(name)]
    print(len(pages), "pages; left out, not installed:", sorted({*options.engines.split(",")} - {*names}) or "none")
    texts: dict[str, list[str]] = {}
    seconds: dict[str, float] = {}
    for name in names:
        ENGINES[name](pages[:1])
    for _ in range(options.rounds):
        for name in names:
            started = time.process_time()
            texts[name] = ENGINES[name](pages)
            seconds[name] = min(seconds.get(name, 1e9), time.process_time() - started)
    if options.scores:
        texts["openclaw"] = kept_texts(pages, options.scores)
    table(rows, texts, seconds)


if __name__ == "__main__":
    main()
