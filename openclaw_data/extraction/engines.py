"""The engines that find a page's main text: a table from name to function.

An engine is a function `(html, url) -> (text, title)`. It may raise, take long or die on hostile input: `pages` keeps
it within bounds, and cleans what it returns.
"""

import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

from openclaw_data.documents import DataError
from openclaw_data.extraction import blocks
from openclaw_data.extraction.describe import Description

NO_LIMIT = sys.maxsize

_HAN = "\u3001-\u3003\u3007-\u3011\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
_BREAK_IN_HAN = re.compile(f"\n(?:(?<=[{_HAN}]\n)|(?<=[{_HAN}]\r\n))[ \t\r\n]*(?=[{_HAN}])")
_LONE_CHARACTER = re.compile(f">[ \t\r\n]*[{_HAN}\u3040-\u30ff\uac00-\ud7a3](?=[ \t\r\n]*<)")
_PREFORMATTED = re.compile(r"(<(pre|textarea|xmp|listing)\b.*?(?:</\2|\Z))", re.IGNORECASE | re.DOTALL)
_STYLED_BREAKS = re.compile(
    r"style\s{0,9}=\s{0,9}[\"'][^\"']{0,500}white-space\s{0,9}:\s{0,9}(?:pre|break)", re.IGNORECASE
)


class Engine(NamedTuple):
    """How to call an engine and how much it may be given without a guard.

    `package` names the distribution whose version is recorded. A page of more than `free_bytes` characters or
    `free_tags` tags goes through the guard process; within both, the worst page measured takes about a second.
    `batch` does the same for many pages and their URLs at once, as text or UTF-8, where that is faster, and gives what
    each page states of itself and the text of its links from the same scan; such an engine needs no guard.
    """

    extract: Callable[[str, str], tuple[str, str]]
    package: str
    free_bytes: int
    free_tags: int
    batch: Callable[[Sequence[str | bytes], Sequence[str]], list[tuple[str, str, Description, str]]] | None = None


def resiliparse(html: str, url: str = "") -> tuple[str, str]:  # noqa: ARG001  (every engine takes the URL)
    """Main text by Resiliparse's rules: paragraphs on lines of their own; no bullets, image texts or link targets."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(keep_lone_characters(join_han_lines(html)))
    text = extract_plain_text(tree, main_content=True, preserve_formatting=True, list_bullets=False, alt_texts=False)
    return text, _dom_title(tree)


def trafilatura(html: str, url: str = "") -> tuple[str, str]:
    """Main text by trafilatura's default rules, without comments."""
    try:
        from trafilatura import bare_extraction
    except ImportError:
        raise missing_engine("trafilatura") from None
    found: Any = bare_extraction(join_han_lines(html), url=url or None, include_comments=False, with_metadata=True)
    return (found.text or "", found.title or "") if found is not None else ("", "")


ENGINES = {
    # Linear in the bytes of a page whatever is in it: 10 MB take less than a second (tests/test_html_hostile.py).
    "openclaw": Engine(blocks.extract, "openclaw-data", NO_LIMIT, NO_LIMIT, batch=blocks.extract_described),
    # Resiliparse's time grows with the square of the nesting depth and of the attributes of one tag. Measured on one
    # core: 4,000 nested tags 0.2 s, 128 kB of attributes in one tag 0.8 s; 1 % of real pages are beyond these bounds.
    "resiliparse": Engine(resiliparse, "resiliparse", free_bytes=128_000, free_tags=4_000),
    # 16 ms for an average page, so that the guard costs nothing beside it.
    "trafilatura": Engine(trafilatura, "trafilatura", free_bytes=0, free_tags=0),
}


def missing_engine(name: str) -> DataError:
    """The error for an engine whose package is not installed."""
    return DataError(
        f"extract.engine: {name}", "the package is not installed.", f"Run: pip install 'openclaw-data[{name}]'"
    )


@cache  # the version of a package is looked for in files
def label(name: str) -> str:
    """What the `extractor` column says: engine and version, as `resiliparse 2.0.1`.

    Raises:
        DataError: there is no such engine, or its package is not installed.
    """
    if name not in ENGINES:
        raise DataError(f"extract.engine: {name}", "there is no such engine.", f"Choose from: {', '.join(ENGINES)}.")
    try:
        return f"{name} {version(ENGINES[name].package)}"
    except PackageNotFoundError:
        raise missing_engine(name) from None


def join_han_lines(html: str) -> str:
    """The page without line breaks between Han characters.

    HTML shows a line break as a space, and source wrapped inside a Chinese sentence gives `断 行`; browsers that follow
    CSS Text 3 (section 4.1.3) drop the break there. Preformatted elements keep their lines, and a page that asks for
    line breaks in a style attribute is left alone.
    """
    if "\n" not in html or not _BREAK_IN_HAN.search(html) or _STYLED_BREAKS.search(html):
        return html
    parts = _PREFORMATTED.split(html)  # text, element, its name, text, ...
    return "".join(
        _BREAK_IN_HAN.sub("", part.replace("\r\n", "\n")) if i % 3 == 0 else part
        for i, part in enumerate(parts)
        if i % 3 != 2
    )


def keep_lone_characters(html: str) -> str:
    """The page with U+FEFF after each CJK character that is alone between two tags; `clean` takes it out again.

    Resiliparse's main content leaves out a text node of one character beyond ASCII, taking it for a separator: of
    `<i>甲</i>和<a>乙丙</a>。` it keeps neither the `和` nor the full stop. A node of two characters is safe.
    """
    return _LONE_CHARACTER.sub("\\g<0>\ufeff", html)


def _dom_title(tree: Any) -> str:
    """`<title>`, else `og:title`, else the first `<h1>`."""
    title = tree.title
    if title and title.strip():
        return str(title)
    meta = tree.head.query_selector('meta[property="og:title"]') if tree.head else None
    title = meta.getattr("content") if meta else None
    if title and title.strip():
        return str(title)
    heading = tree.body.query_selector("h1") if tree.body else None
    return str(heading.text) if heading else ""
