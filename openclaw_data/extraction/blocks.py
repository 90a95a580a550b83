"""Our own engine: scan once, judge every block by the model, put the text together. A batch of pages at a time."""

import html as entities
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from openclaw_data.extraction.cleaning import clean
from openclaw_data.extraction.describe import Description, stated

BATCH_BYTES = 4_000_000
"""Pages are scanned together up to this size: the arrays of a scan are several times as large."""


def extract(page: str, url: str = "") -> tuple[str, str]:  # noqa: ARG001  (every engine takes the URL)
    """Main text and title of one page."""
    return extract_batch([page])[0]


def extract_batch(
    pages: Sequence[str | bytes], *, comments: bool = False, markdown: bool = False
) -> list[tuple[str, str]]:
    """(main text, title) of every page.

    Args:
        pages: decoded HTML, or its bytes in UTF-8.
        comments: keep readers' comments too.
        markdown: mark headings, list items, quotations, code and tables.
    """
    return [found for _, of_scan in _extracted(pages, comments=comments, markdown=markdown) for found in of_scan]


def extract_described(pages: Sequence[str | bytes], urls: Sequence[str]) -> list[tuple[str, str, Description, str]]:
    """(main text, title, what it states of itself, text of its links) of every page; `urls`: where they are from."""
    found: list[tuple[str, str, Description, str]] = []
    for scan, of_scan in _extracted(pages, mend=clean):
        said = stated(scan, urls[len(found) : len(found) + len(of_scan)])
        linked = link_texts(scan)
        found += [(*text, one, links) for text, one, links in zip(of_scan, said, linked, strict=True)]
    return found


def described(page: str | bytes, url: str) -> tuple[Description, str]:
    """What one page states of itself, and the text of its links, for engines that have no scan of ours."""
    return next((stated(scan, [url])[0], link_texts(scan)[0]) for scan in scans([page]))


def link_texts(scan: Any) -> list[str]:
    """What stands in links of every page: menus, hidden links and other boilerplate too; line feeds part them."""
    data, ends = scan.link_text.tobytes(), scan.page_link_text.tolist()
    return [data[a:b].decode("utf-8", "replace") for a, b in itertools.pairwise(ends)]


def _extracted(
    pages: Sequence[str | bytes],
    *,
    comments: bool = False,
    markdown: bool = False,
    mend: Callable[[str], str] | None = None,
) -> Iterator[tuple[Any, list[tuple[str, str]]]]:
    """Each scan with the texts and titles of its pages."""
    from openclaw_data.extraction import assemble, model

    trained = model.load()
    for scan in scans(pages):
        keep = model.choose(trained, scan, comments=comments)
        texts = assemble.markdown(scan, keep) if markdown else assemble.texts(scan, keep, mend)
        yield scan, list(zip(texts, titles(scan), strict=True))


def scans(pages: Sequence[str | bytes]) -> Iterator[Any]:
    """The scans of pages in order, several at a time."""
    import numpy as np

    from openclaw_data.kernels import html

    batch: list[bytes] = []
    size = 0
    for k, page in enumerate(pages):
        data = page if isinstance(page, bytes) else page.encode("utf-8", "replace")
        batch.append(data)
        size += len(data)
        if size >= BATCH_BYTES or k == len(pages) - 1:
            offsets = np.fromiter(itertools.accumulate(map(len, batch), initial=0), np.int64, len(batch) + 1)
            yield html.scan(offsets, np.frombuffer(b"".join(batch), np.uint8))
            batch, size = [], 0


def titles(scan: Any) -> list[str]:
    """`<title>` of every page, else `og:title`, else the first `<h1>`."""
    found = []
    for page, (start, end) in enumerate(scan.titles.tolist()):
        text = bytes(scan.data[start : min(end, start + 4_000)]).decode("utf-8", "replace") if start >= 0 else ""
        text = entities.unescape(text).strip() if "&" in text else text.strip()
        found.append(text or _other_title(scan, page))
    return found


def _other_title(scan: Any, page: int) -> str:
    from openclaw_data.extraction import metadata
    from openclaw_data.kernels.html_layout import B_ELEMENT, B_END, B_START, E_TAG
    from openclaw_data.kernels.html_tables import TAG

    named = dict(reversed(metadata.head_of(scan, page).meta))
    if named.get("og:title"):
        return named["og:title"]
    for block in scan.blocks[scan.page_blocks[page] : scan.page_blocks[page + 1]]:
        if scan.elements[block[B_ELEMENT], E_TAG] == TAG["h1"]:
            return bytes(scan.out[block[B_START] : block[B_END]]).decode("utf-8", "replace")
    return ""
