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
import base64
import gzip
import hashlib
import json
import re
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from openclaw_data.extraction import charset, metadata, model
from openclaw_data.kernels import html, html_features
from openclaw_data.kernels import html_blocks as facts
from openclaw_data.kernels.html_layout import B_ELEMENT, B_FLAGS, B_SOURCE, E_PARENT, E_TAG, E_WORDS, E_WORDS_END
from openclaw_data.kernels.html_tables import IN_HIDDEN, TAG, WORDS

TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
WEIGHTS = {"weak": 0.35, "hand": 0.35}
"""Of pages that two engines or we have labelled; of pages with an expected text 1."""
HIDDEN_GAIN = 0.02
"""Hidden text is a label only where it makes the F1 better by more than that."""
SHARED = {"co", "com", "org", "net", "gov", "edu", "ac", "github", "blogspot", "wordpress", "example"}
"""Labels below a top-level domain under which sites are registered by many."""
PARAGRAPH = 12
"""A text of more words or Han characters is a paragraph."""
PER_SITE = 30
"""More pages of a site teach nothing new; the first so many are trained on."""
LINKS_EACH = 4
"""Of blocks that are a short link, one of so many is trained on, with their weight."""
SHAPE = {"objective": "binary", "num_leaves": 15, "max_depth": 8, "learning_rate": 0.1, "min_data_in_leaf": 40}
FIXED = {"lambda_l2": 5.0, "bagging_fraction": 0.8, "max_bin": 63, "bagging_freq": 1, "feature_fraction": 0.5,
         "seed": 1, "verbose": -1, "num_threads": 1, "deterministic": True, "force_col_wise": True}  # fmt: skip
FIRST = SHAPE | {"rounds": 110}
SECOND = SHAPE | {"rounds": 70}


class Page(NamedTuple):
    """A labelled page. `label`, `trust` float32[blocks]: 1 for main text, 0 to 1 for how sure that is."""

    url: str
    site: str
    lang: str
    kind: str
    html: bytes
    expected: str
    label: Any
    trust: Any


def host(url: str) -> str:
    return urlsplit(url).hostname or ""


def site(url: str, scan: html.Scan) -> str:
    """The site of a page: its host from the registered label on.

    Pages saved under a placeholder are of the site that they name themselves, by `og:url` or a canonical link.
    """
    name = host(url)
    if "." not in name:
        head = metadata.head_of(scan, 0)
        named = [v for k, v in head.meta if k == "og:url"] + [h for rel, h, _ in head.links if "canonical" in rel]
        name = next((host(v) for v in named if "." in host(v)), name)
    labels = name.split(".")
    return ".".join(labels[-3:] if len(labels) > 2 and labels[-2] in SHARED else labels[-2:])


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text.lower())


def grams(words: list[str]) -> Counter[tuple[str, ...]]:
    n = min(4, len(words)) or 1
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1)) if words else Counter()


def scores(text: str, expected: str) -> tuple[float, float, float]:
    """Precision, recall and F1 over token 4-grams."""
    a, b = grams(tokens(text)), grams(tokens(expected))
    if not a or not b:
        return (1.0, 1.0, 1.0) if not a and not b else (0.0, 0.0, 0.0)
    common = sum((a & b).values())
    precision, recall = common / sum(a.values()), common / sum(b.values())
    return precision, recall, 2 * common / (sum(a.values()) + sum(b.values()))


def scanned(pages: list[bytes]) -> html.Scan:
    offsets = np.cumsum([0] + [len(p) for p in pages])
    return html.scan(offsets, np.frombuffer(b"".join(pages), np.uint8))


def block_texts(scan: html.Scan) -> list[str]:
    return [bytes(scan.out[a:b]).decode("utf-8", "replace") for a, b in scan.blocks[:, :2].tolist()]


def ascend(texts: list[str], expected: str, rounds: int = 3) -> Any:
    """The set of blocks that gives the best F1, one block changed at a time: bool[blocks]."""
    words = [tokens(t) for t in texts]
    want = grams(tokens(expected))
    total_want = sum(want.values())
    have: Counter[tuple[str, ...]] = Counter()
    share = [
        sum(min(c, want[g]) for g, c in grams(w).items()) / max(len(w) - 3, 1) if len(w) >= 4 else 0.0 for w in words
    ]
    keep = np.array([s > 0.5 for s in share])
    have.update(grams([w for k, ws in zip(keep, words, strict=True) if k for w in ws]))
    common, size = sum((have & want).values()), sum(have.values())
    for _ in range(rounds):
        changed = False
        for b, ws in enumerate(words):
            if not ws:
                continue
            left = _context(words, keep, b, -1)
            right = _context(words, keep, b, 1)
            on, off = _runs(left + ws + right), _runs(left + right)
            new, old = (off, on) if keep[b] else (on, off)
            delta = Counter(new)
            delta.subtract(old)
            gain = sum(min(have[g] + d, want[g]) - min(have[g], want[g]) for g, d in delta.items() if d and g in want)
            grown = sum(delta.values())
            before, after = (
                2 * common / (size + total_want or 1),
                2 * (common + gain) / (size + grown + total_want or 1),
            )
            if after > before + 1e-12:
                keep[b] = not keep[b]
                common, size, changed = common + gain, size + grown, True
                for g, d in delta.items():
                    have[g] += d
        if not changed:
            break
    return keep


def _runs(words: list[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + 4]) for i in range(len(words) - 3))


def _context(words: list[list[str]], keep: Any, b: int, step: int) -> list[str]:
    """The three kept tokens before or after block `b`."""
    found: list[str] = []
    k = b + step
    while 0 <= k < len(words) and len(found) < 3:
        if keep[k]:
            found = words[k][-(3 - len(found)) :] + found if step < 0 else found + words[k][: 3 - len(found)]
        k += step
    return found


def gold_pages(path: Path) -> list[Page]:
    pages = []
    for line in gzip.decompress(path.read_bytes()).splitlines():
        row = json.loads(line)
        raw = row["html"].encode() if row.get("html") else base64.b64decode(row["html_b64"])
        text = decoded(raw)
        scan = scanned([text])
        label = labels_of(scan, row["expected_text"])
        ones = np.ones(len(label), np.float32)
        names = (row["url"], site(row["url"], scan), row["lang"], row["gold"])
        pages.append(Page(*names, text, row["expected_text"], label, ones))
    return pages


def labels_of(scan: html.Scan, expected: str) -> Any:
    """Which blocks of a page are its expected text: bool[blocks]."""
    texts = block_texts(scan)
    label = ascend(texts, expected)
    hidden = (scan.blocks[:, B_FLAGS] & IN_HIDDEN) != 0
    if not (label & hidden).any():
        return label
    shown = ascend(["" if h else t for t, h in zip(texts, hidden, strict=True)], expected)
    whole, part = (scores("\n".join(np.array(texts, object)[k]), expected)[2] for k in (label, shown))
    return label if whole > part + HIDDEN_GAIN else shown


def weak_pages(warcs: list[Path], known: set[str], per_host: int) -> list[Page]:
    """Pages of other sites, labelled by two engines; blocks they disagree on carry no trust."""
    from fastwarc.warc import ArchiveIterator

    from openclaw_data.extraction.engines import resiliparse, trafilatura

    taken: Counter[str] = Counter()
    pages = []
    for path in warcs:
        for record in ArchiveIterator(path.open("rb")):
            url = record.headers.get("WARC-Target-URI") or ""
            name = host(url)
            raw = record.reader.read()
            if name in known or taken[name] >= per_host or not 3_000 < len(raw) < 400_000:
                continue
            text = charset.decode(raw).text.replace("\0", "")
            try:
                one, two = trafilatura(text)[0], resiliparse(text)[0]
            except Exception as error:  # noqa: BLE001
                print("left out:", type(error).__name__)
                continue
            if len(tokens(one)) < 100 or scores(one, two)[2] < 0.75:
                continue
            taken[name] += 1
            data = text.encode("utf-8", "replace")
            scan = scanned([data])
            texts = block_texts(scan)
            label, trust = agreement(scan, ascend(texts, one, 2), ascend(texts, two, 2))
            han = sum("\u3400" <= c <= "\u9fff" for c in one) / len(one)
            names = (url, site(url, scan), "zh" if han > 0.2 else "en", "weak")
            pages.append(Page(*names, data, one, label, trust))
    return pages


def decoded(raw: bytes) -> bytes:
    return charset.decode(raw).text.replace("\0", "").encode("utf-8", "replace")


def record_at(path: Path, offset: int) -> tuple[str, bytes]:
    """Address and payload of the record there in a WARC file."""
    from fastwarc.warc import ArchiveIterator

    with path.open("rb") as file:
        file.seek(offset)
        record = next(iter(ArchiveIterator(file)))
        return record.headers.get("WARC-Target-URI"), record.reader.read()


def hand_pages(warcs: list[Path], labels: Path) -> list[Page]:
    """Pages of which the ranges of the main text are known; see `label_extraction.py`."""
    paths = {p.name: p for p in warcs}
    pages = []
    for row in map(json.loads, labels.read_text("utf-8").splitlines()):
        url, raw = record_at(paths[row["file"]], row["offset"])
        if hashlib.sha256(raw).hexdigest() != row["sha256"]:
            raise SystemExit(f"{row['file']} at {row['offset']} is another page than the one that was labelled")
        data = decoded(raw)
        scan = scanned([data])
        label = inside(scan, row["keep"])
        pages.append(
            Page(url, site(url, scan), row["language"], "hand", data, "", label, np.ones(len(label), np.float32))
        )
    return pages


def inside(scan: html.Scan, ranges: list[list[int]]) -> Any:
    """Which blocks of a page begin in one of these ranges of its bytes: bool[blocks]."""
    at = scan.blocks[:, B_SOURCE, None]
    bounds = np.array(ranges, np.int64).reshape(-1, 2)
    return ((at >= bounds[:, 0]) & (at < bounds[:, 1])).any(axis=1)


def agreement(scan: html.Scan, one: Any, two: Any) -> tuple[Any, Any]:
    """Labels and trust of a page that two engines have labelled.

    Both engines often begin with the headline and what stands below it, which is not main text in the truth: headlines
    are none, and what both keep in front of the first paragraph carries no trust.
    """
    headline = scan.elements[scan.blocks[:, B_ELEMENT], E_TAG] == TAG["h1"]
    words = np.array([len(tokens(t)) for t in block_texts(scan)])
    label = one & two & ~headline
    first = np.flatnonzero(label & (words > PARAGRAPH))[:1]
    early = np.arange(len(label)) < (first[0] if len(first) else len(label))
    trust = ((one == two) & ~(label & early)) | headline
    return label, trust.astype(np.float32)


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
