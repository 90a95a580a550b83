"""Label pages by hand for `train_extraction.py`: pick pages, print them for review, write down what was decided.

    python scripts/label_extraction.py pick GOLD.jsonl.gz PAGES.warc.gz ... --picks picks.json [--languages zh,ja]
    python scripts/label_extraction.py show --picks picks.json [--first 0 --count 10]
    python scripts/label_extraction.py write --picks picks.json DECISIONS.txt --out scripts/labels/extraction.jsonl

`pick` takes a page of every site that GOLD lacks, first those on which trafilatura and Resiliparse differ: they label
the others already. `show` prints a page's blocks by number. A line of DECISIONS is the number of a page, its kind, and
the kept blocks: `17 forum 12-30,33`. What is written has positions only, no text and no address: the file,
the offset of the record, the SHA-256 of the payload, and ranges of bytes of the decoded page (UTF-8, without NULs). A
block is main text where its first character is inside of one, however blocks are cut.

What is kept: the text for which a reader came, with its headings, tables and lists, of a thread all posts. What is not:
the page's headline, navigation, sharing, related pages, notes of copyright and editors, comments, ratings, and the
second of two copies.
"""

import argparse
import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from extraction_pages import block_texts, decoded, record_at, scanned, scores, site, tokens
from train_extraction import hash01

from openclaw_data.kernels import html
from openclaw_data.kernels.html_layout import B_ELEMENT, B_FLAGS, B_LINK_BYTES, B_SOURCE, E_TAG
from openclaw_data.kernels.html_tables import IN_COMMENT, IN_HIDDEN, TAGS

SMALL = 12
"""Neighbouring blocks of fewer tokens are printed in one line."""


class Pick(NamedTuple):
    """A page to look at: where it is, and how far the two engines agree (token 4-gram F1)."""

    path: str
    offset: int
    sha256: str
    site: str
    language: str
    agreement: float


def records(path: Path) -> Iterator[tuple[int, str, bytes]]:
    """Offset, address and payload of the responses of a WARC file."""
    from fastwarc.warc import ArchiveIterator

    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            url = record.headers.get("WARC-Target-URI")
            if url:
                yield record.stream_pos, url, record.reader.read()


def gold_sites(path: Path) -> set[str]:
    found = set()
    for line in gzip.decompress(path.read_bytes()).splitlines():
        row = json.loads(line)
        raw = row["html"].encode() if row.get("html") else base64.b64decode(row["html_b64"])
        found.add(site(row["url"], scanned([decoded(raw)])))
    return found


def pick(options: argparse.Namespace) -> None:
    import pyarrow as pa

    from openclaw_data.extraction.engines import resiliparse, trafilatura
    from openclaw_data.signals.language import identify_texts

    known = gold_sites(options.gold)
    wanted = set(options.languages.split(","))
    found: dict[str, Pick] = {}
    for path in options.warcs:
        for offset, url, raw in records(path):
            if not 3_000 < len(raw) < 400_000:
                continue
            page = decoded(raw)
            scan = scanned([page])
            name = site(url, scan)
            texts = block_texts(scan)
            size = sum(map(len, texts))
            if name in known or not 6 <= len(texts) <= 400 or not 150 <= size <= 20_000:
                continue
            language = identify_texts(pa.array([" ".join(texts)]))["language"][0].as_py()
            if language not in wanted:
                continue
            try:
                one, two = trafilatura(page.decode())[0], resiliparse(page.decode())[0]
            except Exception as error:  # noqa: BLE001
                print("left out:", type(error).__name__)
                continue
            agreement = scores(one, two)[2] if len(tokens(one)) >= 30 else 0.0
            seen = Pick(str(path), offset, hashlib.sha256(raw).hexdigest(), name, language, round(agreement, 3))
            if name not in found or order(seen, options.seed) < order(found[name], options.seed):
                found[name] = seen
    picks = sorted(found.values(), key=lambda p: order(p, options.seed))
    options.picks.write_text(json.dumps(picks), "utf-8")
    print(len(picks), "pages,", sum(p.agreement < 0.75 for p in picks), "on which the engines differ")


def order(page: Pick, seed: int) -> tuple[bool, float]:
    return page.agreement >= 0.75, hash01(page.sha256, seed)


def picked(path: Path) -> list[Pick]:
    return [Pick(*row) for row in json.loads(path.read_text("utf-8"))]


def show(options: argparse.Namespace) -> None:
    picks = picked(options.picks)
    for k in range(options.first, min(options.first + options.count, len(picks))):
        url, raw = record_at(Path(picks[k].path), picks[k].offset)
        print(f"=== {k} {picks[k].language} {picks[k].agreement} {url[:120]}")
        print("\n".join(lines(scanned([decoded(raw)]))))


def lines(scan: html.Scan) -> list[str]:
    """The blocks of a page, cut: number, tag, `-` hidden, `L` mostly link, tokens; runs of small ones in a line."""
    found: list[str] = []
    run: list[str] = []
    kind = ""
    for b, text in enumerate([*block_texts(scan), ""]):
        end = b == len(scan.blocks)
        size = len(tokens(text))
        row = scan.blocks[min(b, len(scan.blocks) - 1)]
        link = row[B_LINK_BYTES] > 0.5 * len(text.encode())
        tag = TAGS[scan.elements[row[B_ELEMENT], E_TAG]]
        now = ""
        if row[B_FLAGS] & IN_COMMENT:
            now = "comments"
        elif size < SMALL and (link or tag[:1] != "h"):
            now = "links" if link else f"<{tag}>"
        if run and (end or now != kind):
            found.append(f"{kind} " + " | ".join(run if len(run) < 5 else [*run[:2], "…", *run[-2:]]))
            run = []
        kind = now
        if kind and not end:
            run.append(f"{b} {text[:16]}")
        elif not end:
            short = text if len(text) < 62 else f"{text[:42]}…{text[-16:]}"
            found.append(f"{b} {tag}{'-' * bool(row[B_FLAGS] & IN_HIDDEN)}{'L' * bool(link)} {size} {short}")
    return [line.replace("\n", "⏎") for line in found]


def ranges(text: str) -> list[tuple[int, int]]:
    """`12-30,33` as pairs (first, last); "none" has none."""
    pairs = [part.split("-") for part in text.split(",") if part != "none"]
    return [(int(p[0]), int(p[-1])) for p in pairs]


def write(options: argparse.Namespace) -> None:
    picks = picked(options.picks)
    rows = []
    for line in options.decisions.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        number, kind, kept = line.split()
        at = picks[int(number)]
        page = decoded(record_at(Path(at.path), at.offset)[1])
        starts = [*scanned([page]).blocks[:, B_SOURCE].tolist(), len(page)]
        keep = [[starts[a], starts[b + 1]] for a, b in ranges(kept)]
        if not all(0 <= a < b <= len(page) for a, b in keep):
            raise SystemExit(f"{line}: the page has blocks 0 to {len(starts) - 2}")
        place = {"file": Path(at.path).name, "offset": at.offset, "sha256": at.sha256}
        rows.append({**place, "language": at.language, "kind": kind, "keep": keep})
    rows.sort(key=lambda r: (r["file"], r["offset"]))
    options.out.write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    print(len(rows), "pages")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for command in (pick, show, write):
        sub = commands.add_parser(command.__name__)
        sub.add_argument("--picks", type=Path, required=True, help="file of the picked pages")
        sub.set_defaults(run=command)
        if command is pick:
            sub.add_argument("gold", type=Path)
            sub.add_argument("warcs", type=Path, nargs="+")
            sub.add_argument("--languages", default="zh,ja", help="by our identification of the full text")
            sub.add_argument("--seed", type=int, default=1)
        elif command is show:
            sub.add_argument("--first", type=int, default=0)
            sub.add_argument("--count", type=int, default=10)
        else:
            sub.add_argument("decisions", type=Path)
            sub.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
