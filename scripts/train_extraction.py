"""Train the model that picks a page's main text, and cross-validate it by site.

    python scripts/train_extraction.py GOLD.jsonl.gz PAGES.warc.gz ... --cache work/ [--folds 5] [--out model.npz]
        [--labels scripts/labels/extraction.jsonl]

GOLD has a row a page: url, html (or html_b64), expected_text, lang, gold. The WARC files give pages without truth:
those of hosts that GOLD lacks are labelled by trafilatura and Resiliparse, and weigh less; `label_extraction.py` wrote
down which blocks we kept of some. A site is what was
registered (`site`); all pages of a site are in one fold, those without truth too.

What is fitted, in this order:

1. labels: the set of blocks whose text has the best token 4-gram F1 with the expected text, by coordinate ascent,
   without what the page hides where that is as good;
2. scores of class and id words, and of beginnings of short texts: log odds over sites to be main text. A page is
   trained on scores that a third of the sites, its own among them, had no part in;
3. trees on the features of a block (`kernels.html_features`);
4. trees on those features and the first trees' probabilities around the block, from models that had not seen the site.

Needs lightgbm, trafilatura and resiliparse; the package needs none of them to use the model.
"""

import argparse
import hashlib
import json
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from extraction_pages import Page, block_texts, gold_pages, hand_pages, host, scanned, scores, weak_pages

from openclaw_data.extraction import model
from openclaw_data.kernels import html, html_features
from openclaw_data.kernels import html_blocks as facts
from openclaw_data.kernels.html_layout import B_ELEMENT, E_PARENT, E_WORDS, E_WORDS_END
from openclaw_data.kernels.html_tables import WORDS

WEIGHTS = {"weak": 0.35, "hand": 0.35}
"""Of pages that two engines or we have labelled; of pages with an expected text 1."""
PER_SITE = 30
"""More pages of a site teach nothing new; the first so many are trained on."""
LINKS_EACH = 4
"""Of blocks that are a short link, one of so many is trained on, with their weight."""
SHAPE = {"objective": "binary", "num_leaves": 15, "max_depth": 8, "learning_rate": 0.1, "min_data_in_leaf": 40}
FIXED = {"lambda_l2": 5.0, "bagging_fraction": 0.8, "max_bin": 63, "bagging_freq": 1, "feature_fraction": 0.5,
         "seed": 1, "verbose": -1, "num_threads": 1, "deterministic": True, "force_col_wise": True}  # fmt: skip
FIRST = SHAPE | {"rounds": 110}
SECOND = SHAPE | {"rounds": 70}


class Counts(NamedTuple):
    """Per site: shares of main text under a class or id word, and after a beginning of a short text."""

    words: dict[str, dict[int, tuple[float, float]]]
    beginnings: dict[str, dict[int, tuple[float, float]]]


def count(pages: list[Page], scan: html.Scan, stats: Any) -> Counts:
    words: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    starts: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for p, page in enumerate(pages):
        for k, b in enumerate(range(scan.page_blocks[p], scan.page_blocks[p + 1])):
            weight, size = float(page.trust[k]), int(stats[b, facts.TOKENS])
            if not weight or not size:
                continue
            side = int(page.label[k])
            if size <= 16:
                starts[page.site][int(stats[b, facts.FIRST])][side] += weight
            e, seen = int(scan.blocks[b, B_ELEMENT]), set[int]()
            for _ in range(3):
                if e < 0:
                    break
                row = scan.elements[e]
                seen.update(scan.words[row[E_WORDS] : row[E_WORDS_END]].tolist())
                e = int(row[E_PARENT])
            for w in seen:
                words[page.site][w][side] += weight * min(size, 40)
    return Counts(
        {h: {w: (v[0], v[1]) for w, v in d.items()} for h, d in words.items()},
        {h: {w: (v[0], v[1]) for w, v in d.items()} for h, d in starts.items()},
    )


def table(counts: dict[str, dict[int, tuple[float, float]]], size: int, hosts: set[str], half: float) -> Any:
    """Log odds that a site has it in main text, 0 for what fewer than two sites have.

    A site counts by its share of main text, and half where it has `half` tokens or blocks. A word that a hundred sites
    have outside of main text says more than one that two have there.
    """
    main, rest, sites = np.ones(size), np.ones(size), np.zeros(size)
    for name in sorted(hosts & counts.keys()):
        found = counts[name]
        at = np.fromiter(found, np.int64, len(found))
        pairs = np.array(list(found.values()), np.float64).reshape(-1, 2)
        weight = 1 / (pairs.sum(axis=1) + half)
        main[at] += pairs[:, 1] * weight
        rest[at] += pairs[:, 0] * weight
        sites[at] += 1
    return np.where(sites >= 2, np.log(main / rest), 0).astype(np.float32)


def learned(counts: Counts, hosts: set[str]) -> tuple[Any, Any]:
    """Scores of words and of beginnings from these sites."""
    return table(counts.words, WORDS, hosts, 5.0), table(counts.beginnings, facts.TEXTS, hosts, 0.5)


def weights(pages: list[Page], sizes: list[Any]) -> list[Any]:
    """Weight of each block: of its page (the square root of its site's share), and of its length."""
    per_site = Counter(p.site for p in pages)
    found = []
    for page, size in zip(pages, sizes, strict=True):
        length = np.sqrt(np.minimum(size, 200) + 1.0)
        page_weight = WEIGHTS.get(page.kind, 1.0) * per_site[page.site] ** -0.5
        found.append(length / np.sqrt(length.sum()) * page.trust * page_weight * 10)
    return found


def fit(settings: dict[str, Any], x: list[Any], y: list[Any], w: list[Any]) -> Any:
    import lightgbm

    keep = sampled(np.concatenate(w), np.concatenate(x)[:, -html_features.WIDTH :])
    weight = np.concatenate(w) * np.where(keep == 2, LINKS_EACH, 1)
    rows = keep > 0
    data = lightgbm.Dataset(np.concatenate(x)[rows], np.concatenate(y)[rows], weight=weight[rows])
    return lightgbm.train({k: v for k, v in (settings | FIXED).items() if k != "rounds"}, data, settings["rounds"])


def sampled(weight: Any, x: Any) -> Any:
    """Which rows to train on: 0 no, 1 yes, 2 yes for several alike. Most blocks are plain links, and all alike."""
    links = (x[:, 2] > 0.9) & (x[:, 0] < 8)
    each = np.where(np.arange(len(x)) % LINKS_EACH == 0, 2, 0)
    return np.where(weight > 0, np.where(links, each, 1), 0)


def two_stages(pages: list[Page], scans: list[html.Scan], counts: Counts, inner: int, seed: int = 0) -> model.Model:
    """The whole model from these pages; the second stage learns from first stages that had not seen the site."""
    few = first_of_sites(pages)
    pages, scans = [pages[i] for i in few], [scans[i] for i in few]
    hosts = {p.site for p in pages}
    fold = folds([p.site for p in pages], inner, seed + 1)
    x: list[Any] = [None] * len(pages)
    for k in range(inner):
        scores_of = learned(counts, {p.site for p, f in zip(pages, fold, strict=True) if f != k})
        for i in range(len(pages)):
            if fold[i] == k:
                x[i] = html_features.features(scans[i], *scores_of)[0]
    y = [np.asarray(p.label, np.float32) for p in pages]
    w = weights(pages, [m[:, 0] for m in x])
    first = fit(FIRST, x, y, w)
    x2: list[Any] = [None] * len(pages)
    for k in range(inner):
        inside, outside = [i for i in range(len(pages)) if fold[i] != k], [i for i in range(len(pages)) if fold[i] == k]
        part = model.flatten(fit(FIRST, [x[i] for i in inside], [y[i] for i in inside], [w[i] for i in inside]))
        for i in outside:
            x2[i] = model.second_features(scans[i], x[i], model.predict(part, x[i]))
    second = fit(SECOND, x2, y, w)
    return model.Model(*learned(counts, hosts), model.flatten(first), model.flatten(second))


def first_of_sites(pages: list[Page]) -> list[int]:
    """Which pages to train on: the first `PER_SITE` of every site."""
    taken: Counter[str] = Counter()
    found = []
    for i, page in enumerate(pages):
        taken[page.site] += 1
        if taken[page.site] <= PER_SITE:
            found.append(i)
    return found


def folds(hosts: list[str], n: int, seed: int) -> list[int]:
    """A fold for each page; a site is in one fold, the folds have about as many pages."""
    sizes = Counter(hosts)
    order = sorted(sizes, key=lambda h: (-sizes[h], hash01(h, seed)))
    load, where = [0] * n, {}
    for name in order:
        k = min(range(n), key=lambda f: (load[f], f))
        where[name] = k
        load[k] += sizes[name]
    return [where[h] for h in hosts]


def hash01(text: str, seed: int) -> float:
    return int.from_bytes(hashlib.sha256(f"{seed}{text}".encode()).digest()[:8], "big") / 2**64


class Score(NamedTuple):
    """What cross-validation says of a page, by a model that has not seen its site: a row of the scores file."""

    url: str
    host: str
    site: str
    language: str
    kind: str
    precision: float
    recall: float
    f1: float
    kept: list[int]


def score(page: Page, texts: list[str], keep: Any) -> Score:
    """Of the blocks of a page that `keep` bool[blocks] chooses."""
    found = scores("\n".join(t for t, kept in zip(texts, keep, strict=True) if kept), page.expected)
    names = (page.url, host(page.url), page.site, page.lang, page.kind)
    return Score(*names, *(round(f, 5) for f in found), np.flatnonzero(keep).tolist())


def validate(pages: list[Page], scans: list[html.Scan], counts: Counts, n: int, seed: int) -> list[Score]:
    """Scores of the pages with truth, in their order; `n` folds by site."""
    fold = folds([p.site for p in pages], n, seed)
    found: dict[int, Score] = {}
    for k in range(n):
        inside = [i for i in range(len(pages)) if fold[i] != k]
        trained = two_stages([pages[i] for i in inside], [scans[i] for i in inside], counts, 3)
        for i, page in enumerate(pages):
            if fold[i] == k and page.kind not in WEIGHTS:
                found[i] = score(page, block_texts(scans[i]), model.choose(trained, scans[i]))
    return [found[i] for i in sorted(found)]


def report(rows: list[Score]) -> dict[str, float]:
    """Mean F1 over all pages, by language and kind, and over hosts."""
    groups: dict[str, list[float]] = defaultdict(list)
    hosts: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for key in ("all", row.language, row.kind):
            groups[key].append(row.f1)
        hosts[row.host].append(row.f1)
    found = {k: float(np.mean(v)) for k, v in groups.items()}
    found["hosts"] = float(np.mean([np.mean(v) for v in hosts.values()]))
    return found


def cached(path: Path, make: Any) -> Any:
    """What was made before, by the same scanner: labels count its blocks."""
    import pickle

    code = sorted(Path(html.__file__).parent.glob("html*.py"))
    version = hashlib.sha256(b"".join(one.read_bytes() for one in code)).hexdigest()[:12]
    path = path.with_stem(f"{path.stem}-{version}")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(make()))
    return pickle.loads(path.read_bytes())


def show(name: str, rows: list[Score]) -> None:
    print(name, *(f"{k} {v:.4f}" for k, v in sorted(report(rows).items())), sep="  ", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("warcs", type=Path, nargs="*")
    parser.add_argument("--cache", type=Path, required=True, help="folder for labels, which take minutes to make")
    parser.add_argument("--labels", type=Path, help="pages of the WARC files that label_extraction.py wrote down")
    parser.add_argument("--per-host", type=int, default=3, help="pages without truth taken of a host (default: 3)")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", default="7", help="of the folds, comma separated; each is a cross-validation")
    parser.add_argument("--out", type=Path, help="train on all pages and write the model here")
    options = parser.parse_args()
    gold = cached(options.cache / "gold.pickle", lambda: gold_pages(options.gold))
    known = {host(p.url) for p in gold}
    weak = cached(options.cache / "weak.pickle", lambda: weak_pages(options.warcs, known, options.per_host))
    hand = hand_pages(options.warcs, options.labels) if options.labels else []
    looked_at = {p.html for p in hand}
    weak = [p for p in weak if p.html not in looked_at]
    pages = gold + hand + weak
    print(len(gold), "pages with truth,", len(hand), "labelled by hand,", len(weak), "by two engines")
    scans = [scanned([p.html]) for p in pages]
    whole = scanned([p.html for p in pages])
    stats = np.empty((len(whole.blocks), facts.COLUMNS), np.int32)
    facts.measure(whole.out, whole.blocks, stats)
    counts = count(pages, whole, stats)
    show("labels", [score(p, block_texts(s), p.label) for p, s in zip(gold, scans, strict=False)])
    for seed in map(int, options.seeds.split(",") if options.folds else []):
        started = time.process_time()
        rows = validate(pages, scans, counts, options.folds, seed)
        show(f"cross-validated, seed {seed}, {time.process_time() - started:.0f} s", rows)
        lines = [json.dumps(row._asdict(), ensure_ascii=False) + "\n" for row in rows]
        (options.cache / f"scores-{seed}.jsonl").write_text("".join(lines), "utf-8")
    if options.out:
        model.save(two_stages(pages, scans, counts, 3), options.out)
        print(options.out, options.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
