"""Labelled pages for `train_extraction.py`: which blocks are main text, from truth, two engines or by hand."""

import base64
import gzip
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from openclaw_data.extraction import charset, metadata
from openclaw_data.kernels import html
from openclaw_data.kernels.html_layout import B_ELEMENT, B_FLAGS, B_SOURCE, E_TAG
from openclaw_data.kernels.html_tables import IN_HIDDEN, TAG

TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
HIDDEN_GAIN = 0.02
"""Hidden text is a label only where it makes the F1 better by more than that."""
SHARED = {"co", "com", "org", "net", "gov", "edu", "ac", "github", "blogspot", "wordpress", "example"}
"""Labels below a top-level domain under which sites are registered by many."""
PARAGRAPH = 12
"""A text of more words or Han characters is a paragraph."""


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
    share = [
        sum(min(c, want[g]) for g, c in grams(w).items()) / max(len(w) - 3, 1) if len(w) >= 4 else 0.0 for w in words
    ]
    keep = np.array([s > 0.5 for s in share])
    have = grams([w for k, ws in zip(keep, words, strict=True) if k for w in ws])
    common, size = sum((have & want).values()), sum(have.values())
    for _ in range(rounds):
        changed = False
        for b in range(len(words)):
            delta = _change(words, keep, b)
            gain = sum(min(have[g] + d, want[g]) - min(have[g], want[g]) for g, d in delta.items() if d and g in want)
            grown = sum(delta.values())
            before = 2 * common / (size + total_want or 1)
            after = 2 * (common + gain) / (size + grown + total_want or 1)
            if after > before + 1e-12:
                keep[b] = not keep[b]
                common, size, changed = common + gain, size + grown, True
                for g, d in delta.items():
                    have[g] += d
        if not changed:
            break
    return keep


def _change(words: list[list[str]], keep: Any, b: int) -> Counter[tuple[str, ...]]:
    """How the 4-grams of what is kept change when block `b` is kept or no longer kept."""
    left, right = _context(words, keep, b, -1), _context(words, keep, b, 1)
    on, off = _runs(left + words[b] + right), _runs(left + right)
    new, old = (off, on) if keep[b] else (on, off)
    delta = Counter(new)
    delta.subtract(old)
    return delta


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
