"""From chosen blocks to a page's text: reading order, line structure, and Markdown where that is asked for."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from openclaw_data.kernels import html, html_join
from openclaw_data.kernels.html_layout import B_ELEMENT, B_END, B_FLAGS, B_START, E_PARENT, E_TAG
from openclaw_data.kernels.html_tables import IN_LIST, IN_PRE, IN_QUOTE, IN_TABLE, TAG, TAGS

_TR, _LI, _TABLE, _UL, _OL, _TD, _TH = (TAG[n] for n in ["tr", "li", "table", "ul", "ol", "td", "th"])
_BACKTICKS = re.compile("`+")


def texts(scan: html.Scan, keep: Any, mend: Callable[[str], str] | None = None) -> list[str]:
    """Plain text of every page from the blocks that `keep` bool[blocks] chooses.

    A blank line stands between paragraphs, a line break between items of a list and rows of a table, a tab between the
    cells of a row. `mend` is `cleaning.clean` or nothing: it is applied where it may find something to do.
    """
    rows = np.flatnonzero(keep)
    kept = scan.blocks[rows]
    size = int((kept[:, B_END] - kept[:, B_START]).sum()) + 2 * len(kept)
    bounds = np.searchsorted(rows, scan.page_blocks)
    out, ends = np.empty(size, np.uint8), np.empty(len(bounds), np.int64)
    html_join.join(scan.out, kept, scan.elements, bounds, out, ends)
    data = out.data
    found = [str(data[a:b], "utf-8", "replace") for a, b in itertools.pairwise(ends.tolist())]
    if mend is not None:
        out.flags.writeable = False  # as text buffers are: a kernel is compiled for each kind that it meets
        odd = np.empty(len(found), np.bool_)
        html_join.unclean(out, ends, odd)
        for k in np.flatnonzero(odd).tolist():
            found[k] = mend(found[k])
    return found


def markdown(scan: html.Scan, keep: Any) -> list[str]:
    """Markdown of every page: headings, list items, quotations, code blocks and tables are marked."""
    rows = np.flatnonzero(keep)
    bounds = np.searchsorted(rows, scan.page_blocks)
    return [_markdown(scan, rows[a:b]) for a, b in itertools.pairwise(bounds)]


def _markdown(scan: html.Scan, rows: Any) -> str:
    parts: list[str] = []
    item = last_item = -1
    begun: set[int] = set()
    k = looked = 0
    while k < len(rows):
        block = scan.blocks[rows[k]]
        row = int(html_join.nearest(scan.elements, block[B_ELEMENT], _TR, _TR)) if block[B_FLAGS] & IN_TABLE else -1
        if row >= 0 and k >= looked:
            table, cells, above = _table(scan, rows, k)
            if len(table) > 1 and len(table[0]) > 1:
                parts.append(_pipes(table))
                k += cells
                last_item = -1
                continue
            looked = k + (above or cells)
        text = bytes(scan.out[block[B_START] : block[B_END]]).decode("utf-8", "replace")
        flags, tag = int(block[B_FLAGS]), TAGS[scan.elements[block[B_ELEMENT], E_TAG]]
        item = int(html_join.nearest(scan.elements, block[B_ELEMENT], _LI, _LI)) if flags & IN_LIST else -1
        if flags & IN_PRE:
            fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
            text = f"{fence}\n{text}\n{fence}"
        elif len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            text = "#" * int(tag[1]) + " " + " ".join(text.split("\n"))
        elif item >= 0:
            text = _item(scan, item, text, first=item not in begun)
            begun.add(item)
        if flags & IN_QUOTE:
            text = "\n".join(f"> {line}" for line in text.split("\n"))
        joined = parts and item >= 0 and last_item >= 0
        parts.append(("\n" if joined else "\n\n" if parts else "") + text)
        last_item = item
        k += 1
    return "".join(p if not k or p.startswith("\n") else "\n\n" + p for k, p in enumerate(parts))


def _item(scan: html.Scan, item: int, text: str, *, first: bool) -> str:
    """A list item's text, indented by its depth, with its marker where it is the item's first."""
    depth, ordered, e = 0, False, int(scan.elements[item, E_PARENT])
    for _ in range(html_join.CLIMB):
        if e < 0:
            break
        tag = scan.elements[e, E_TAG]
        if tag in (_UL, _OL):
            ordered = ordered or (depth == 0 and tag == _OL)
            depth += 1
        e = int(scan.elements[e, E_PARENT])
    indent = "  " * max(depth - 1, 0)
    marker = ("1. " if ordered else "- ") if first else "  "
    return indent + marker + ("\n" + indent + "  ").join(text.split("\n"))


def _table(scan: html.Scan, rows: Any, k: int) -> tuple[list[list[str]], int, int]:
    """The rows of the table that the block `rows[k]` is in: (cells, its blocks, those of leading rows of one cell)."""
    table = html_join.nearest(scan.elements, scan.blocks[rows[k], B_ELEMENT], _TABLE, _TABLE)
    found: list[list[str]] = []
    sizes: list[int] = []
    row = cell = -1
    for b in rows[k:]:
        e = scan.blocks[b, B_ELEMENT]
        if html_join.nearest(scan.elements, e, _TABLE, _TABLE) != table or table < 0:
            break
        text = bytes(scan.out[scan.blocks[b, B_START] : scan.blocks[b, B_END]]).decode("utf-8", "replace")
        text = text.replace("\n", " ").replace("|", "\\|")
        its_row, its_cell = (
            int(html_join.nearest(scan.elements, e, _TR, _TR)),
            int(html_join.nearest(scan.elements, e, _TD, _TH)),
        )
        if its_row != row:
            found.append([text])
            sizes.append(0)
        elif its_cell == cell:
            found[-1][-1] += " " + text
        else:
            found[-1].append(text)
        sizes[-1] += 1
        row, cell = its_row, its_cell
    narrow = itertools.takewhile(lambda k: len(found[k]) == 1, range(len(found)))
    return found, sum(sizes), sum(sizes[k] for k in narrow)


def _pipes(table: list[list[str]]) -> str:
    """A table in Markdown; its first row is the header."""
    width = max(map(len, table))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in table]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
