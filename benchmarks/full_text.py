"""The scanner's words against those of Resiliparse's tree, over all text of real pages, not the main text only.

    python benchmarks/full_text.py PAGES.warc.gz ... [--gold gold.jsonl.gz] [--every 1] [--show 0]

A token is a word or a Han character. Of each page the multisets of tokens are compared: agreement is
2 common / (ours + theirs). What differs is told apart by cause: the elements of a class are taken out of the tree, and
the differing tokens that go with them are counted for that class; LaTeX that the scanner writes counts for formulas.
`spacing` are tokens whose characters both sides have, cut into words differently; `rest` is what no class explains
(`--show` prints the pages with most of it).
"""

import argparse
import base64
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
BATCH = 200
CAUSES = {
    "hidden inside a line": "",
    "pictures in SVG": "svg",
    "formulas": "math, .MathJax, .MathJax_Preview, .katex, [class^=mjx]",
    "readings of ruby": "rt, rp",
    "what stands for media": "video, audio, canvas, object",
    "fields": "textarea",
    "old raw text": "xmp, plaintext, listing",
}
"""Classes by the CSS selector of their elements; "" is `HIDDEN` inside of a line."""
SCRIPTS = "script[type^='math/tex'], img.tex, img.latex, img[class*='mwe-math-fallback']"
"""What the scanner writes as LaTeX and no tree has as text."""
NO_TEXT = "script, style, title, template, noscript, iframe, noembed, noframes"
_BLOCKS = "address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset "
_BLOCKS += (
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing main menu nav ol optgroup "
)
_BLOCKS += "option p plaintext pre section select summary table tbody td textarea tfoot th thead tr ul xmp "
_BLOCKS += "audio canvas object video"
BLOCKS = frozenset(_BLOCKS.split())
NOTHING = re.compile("[\u00ad\u200b\u2060\ufeff]")
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_INLINE = (
    "a abbr b bdi bdo cite code del dfn em font i ins kbd label mark q s samp small span strong sub sup time u var"
)
INLINE = frozenset(_INLINE.split())


def pages(warcs: list[Path], gold: Path | None, every: int) -> Iterator[str]:
    """Decoded pages, one in `every`, without NUL characters."""
    from fastwarc.warc import ArchiveIterator

    from openclaw_data.extraction import charset

    k = 0
    for path in warcs:
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                k += 1
                if k % every == 0:
                    yield charset.decode(record.reader.read()).text.replace("\0", "")
    for line in gzip.decompress(gold.read_bytes()).splitlines() if gold else ():
        row = json.loads(line)
        k += 1
        if k % every == 0:
            raw = row["html"].encode() if row.get("html") else base64.b64decode(row["html_b64"])
            yield charset.decode(raw).text.replace("\0", "")


def ours(batch: list[str]) -> list[Counter[str]]:
    """Tokens of all blocks of each page."""
    import numpy as np

    from openclaw_data.extraction import assemble, blocks

    found = []
    for scan in blocks.scans(batch):
        found += [tokens(text) for text in assemble.texts(scan, np.ones(len(scan.blocks), np.bool_))]
    return found


def tokens(text: str) -> Counter[str]:
    return Counter(TOKEN.findall(text.lower()))


def theirs(tree: Any) -> Counter[str]:
    """Tokens of the text nodes of Resiliparse's tree, with a gap wherever a block begins or ends."""
    from resiliparse.parse.html import NodeType, traverse_dom

    parts: list[str] = []

    def enter(context: Any) -> None:
        node = context.node
        if node.type == NodeType.TEXT:
            parts.append(node.value)
        elif node.type == NodeType.ELEMENT and (node.tag in BLOCKS or "-" in node.tag):
            parts.append("\n")

    def leave(context: Any) -> None:
        if context.node.type == NodeType.ELEMENT and (context.node.tag in BLOCKS or "-" in context.node.tag):
            parts.append("\n")

    if tree.body:
        traverse_dom(tree.body, enter, leave)
    return tokens(NOTHING.sub("", "".join(parts)))


def differing(a: Counter[str], b: Counter[str]) -> int:
    return (a - b).total() + (b - a).total()


def without(tree: Any, selector: str) -> None:
    """Take a class of elements out of a tree."""
    found = tree.document.query_selector_all(selector or "[style], [hidden]")
    for node in list(found):
        if not selector:
            hidden = "hidden" in node.attrs or HIDDEN.search(node.getattr("style") or "")
            if not hidden or (node.tag or "") not in INLINE:
                continue
        if node.parent:
            node.parent.remove_child(node)


def explain(page: str, mine: Counter[str]) -> tuple[Counter[str], int, Counter[str], Counter[str]]:
    """(differing tokens by cause, tokens of the tree, what only the tree has, what only the scan has) of a page."""
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(page)
    written = bool(list(tree.document.query_selector_all(SCRIPTS)))
    without(tree, NO_TEXT)
    other = theirs(tree)
    size, left, found = other.total(), differing(mine, other), Counter[str]()
    formulas = written or bool(list(tree.document.query_selector_all(CAUSES["formulas"])))
    for cause, selector in CAUSES.items() if left else ():
        without(tree, selector)
        other = theirs(tree)
        now = differing(mine, other)
        found[cause] += left - now
        left = now
    more, less = other - mine, mine - other
    a, b = Counter("".join(more.elements())), Counter("".join(less.elements()))
    same = (a & b).total() / max((a | b).total(), 1)
    found["spacing" if same > 0.9 else "formulas" if formulas else "rest"] += left
    return found, size, more, less


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warcs", type=Path, nargs="+")
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many of the pages with most tokens unexplained")
    options = parser.parse_args()
    by_cause, on_pages = Counter[str](), Counter[str]()
    count = agreeing = explained = size = differs = 0
    worst: list[tuple[int, int, str]] = []
    batch: list[str] = []

    def run() -> None:
        nonlocal count, agreeing, explained, size, differs
        for page, mine in zip(batch, ours(batch), strict=True):
            found, total, more, less = explain(page, mine)
            wrong = found.total()
            by_cause.update(found)
            on_pages.update({cause: 1 for cause, n in found.items() if n})
            agreeing += 1 - wrong / max(total + mine.total(), 1) >= 0.995
            explained += 1 - (found["rest"] + found["spacing"]) / max(total + mine.total(), 1) >= 0.995
            worst.append(
                (found["rest"], count, f"only in the tree {more.most_common(8)}, only ours {less.most_common(8)}")
            )
            count, size, differs = count + 1, size + total + mine.total(), differs + wrong
        batch.clear()

    for page in pages(options.warcs, options.gold, options.every):
        batch.append(page)
        if len(batch) == BATCH:
            run()
    run()
    print(f"{count} pages, {size:,} tokens on both sides; agreement {1 - differs / size:.4%}")
    print(f"pages that agree in 99.5 % of their tokens: {agreeing} ({agreeing / count:.2%})")
    print(f"and when what is left out or rewritten by choice does not count: {explained} ({explained / count:.2%})")
    print("| cause | differing tokens | pages |", "|---|---:|---:|", sep="\n")
    for cause, n in by_cause.most_common():
        if on_pages[cause]:
            print(f"| {cause} | {n:,} | {on_pages[cause]} |")
    for rest, k, words in sorted(worst, reverse=True)[: options.show]:
        print(k, rest, words)


if __name__ == "__main__":
    main()
