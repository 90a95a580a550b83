"""From raw records to pages: decode, find the main text and the title, within a page's limits."""

import contextlib
import functools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data.documents import PAGE, RAW, DataError, text_buffers
from openclaw_data.extraction import blocks, charset
from openclaw_data.extraction.cleaning import CONTROL, clean, fit
from openclaw_data.extraction.describe import NOTHING, Description
from openclaw_data.extraction.engines import ENGINES, label

DEFAULT_ENGINE = "openclaw"

PIECE_BYTES = blocks.BATCH_BYTES
"""Payload that is decoded and extracted together: pages, decoded, take several times their size."""
TITLE_CHARS = 500
"""A longer title is cut: it is not a title."""

_SPACES = re.compile(r"\s+")
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|meta|div|p|br|table|span|a|script|h[1-6]|ul|li)\b", re.IGNORECASE
)


class Page(NamedTuple):
    """The text of one page.

    `text`: lines end in a line feed, at most one blank line in a row, no trailing blanks, no NUL and no lone surrogate.
    `charset`, `source`, `replacements`: see `charset.Decoded`. `error`: a key of `documents.ERRORS`, "" where all went
    well; then `text` is "". `detail` says more about the error.

    What the page's markup states of itself, with any engine, and "" where it does not or is plain text or an error:
    `canonical_url` (absolute, http or https), `language` (as declared: `zh-CN`), `author` (names, which are personal
    data), `published` (ISO 8601), `site` (its name). See `describe.Description`.

    `link_text`: what stands in the page's links, parted by line feeds: menus and hidden links, too.
    """

    text: str
    title: str
    charset: str
    source: str
    replacements: int
    extractor: str
    error: str = ""
    detail: str = ""
    canonical_url: str = ""
    language: str = ""
    author: str = ""
    published: str = ""
    site: str = ""
    link_text: str = ""


class Run(NamedTuple):
    """The engine by name, what the `extractor` column says of it, and the seconds a page may take."""

    engine: str
    extractor: str
    timeout: float


class Task(NamedTuple):
    """A payload for the engine, and the row it is from. `is_good`: whether it is valid UTF-8, None if unknown."""

    row: int
    payload: bytes
    url: str
    mime: str
    content_type: str
    is_good: bool | None = None


def extract(html: bytes, url: str = "", content_type: str = "") -> Page:
    """Decode one page and find its main text and title, with the default engine and limits.

    Args:
        html: the page as fetched (transfer and content codings undone).
        url: where it is from; some engines use it to tell a page's own links.
        content_type: the HTTP header as sent, for its `charset` and for `text/plain`; "" if unknown.

    Returns:
        The page. A page that cannot be extracted has `error` set and an empty text; nothing is raised for bad input.
    """
    run = Run(DEFAULT_ENGINE, label(DEFAULT_ENGINE), 5.0)
    return next(_pages([Task(0, bytes(html), url, "", content_type)], run))


def pages(
    raw: pa.RecordBatch, *, engine: str = DEFAULT_ENGINE, max_page_bytes: int = 10_000_000, timeout: float = 5.0
) -> pa.RecordBatch:
    """Raw records to pages, row by row.

    Records that carry text (WET, JSON lines, Parquet) keep it, cleaned like any other; rows that are skipped or in
    error pass through with text "". HTML is decoded and extracted, plain text decoded.

    Args:
        raw: a batch of `documents.RAW`.
        engine: a key of `engines.ENGINES`.
        max_page_bytes: a larger payload is skipped as `oversize`.
        timeout: seconds a page may take; after that it is an `extract_timeout` error.

    Returns:
        A batch of `documents.PAGE` with the same rows in the same order.

    Raises:
        DataError: no such engine, or it is not installed.
    """
    run = Run(engine, label(engine), timeout)
    if not raw.schema.equals(RAW):
        raise DataError("extract.pages", "the batch is not of the schema documents.RAW.", "Make it with ingest.read.")
    made = [_piece(piece, run, max_page_bytes) for piece in _pieces(raw)]
    return made[0] if len(made) == 1 else pa.concat_batches(made)


def _pieces(raw: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in slices of about `PIECE_BYTES` of payload; of no rows, itself."""
    offsets, _ = text_buffers(raw.column("payload"))
    start = 0
    while start < len(raw) or start == 0:
        stop = max(int(np.searchsorted(offsets[1:], offsets[start] + PIECE_BYTES)), start + 1)
        yield raw.slice(start, stop - start)
        start = stop


def _piece(raw: pa.RecordBatch, run: Run, max_page_bytes: int) -> pa.RecordBatch:
    wanted = ("url", "content_mime_detected", "content_type", "payload", "title", "skipped", "error")
    columns = [raw.column(name).to_numpy(zero_copy_only=False) for name in wanted]
    texts, stays = raw.column("text"), _stays(raw)
    details, is_good = raw.column("error_detail"), charset.good(raw.column("payload"))
    found: list[Page] = []
    reasons: list[str] = []
    tasks: list[Task] = []
    for i, row in enumerate(zip(*columns, strict=True)):
        url, mime, content_type, payload, title, skipped, error = row
        page = Page("", "", "", "", 0, "")
        if skipped or error:
            page = page._replace(title=_title(title), error=error, detail=details[i].as_py())
        elif not payload:
            page = Page("" if stays[i] else clean(texts[i].as_py()), _title(title), "utf-8", "text", 0, "")
        elif len(payload) > max_page_bytes:
            skipped = "oversize"
        else:
            tasks.append(Task(i, payload, url, mime, content_type, is_good[i]))
        found.append(page)
        reasons.append(skipped)
    for task, page in zip(tasks, _pages(tasks, run), strict=True):
        found[task.row] = page
    empty = [not (p.text or p.error or stayed) for p, stayed in zip(found, stays.tolist(), strict=True)]
    reasons = [r or ("empty_text" if e else "") for r, e in zip(reasons, empty, strict=True)]
    return _batch(raw, list(zip(found, reasons, strict=True)), stays)


def _stays(raw: pa.RecordBatch) -> Any:
    """Rows whose text goes on as it is, without being made a string: bool[n]."""
    usable = [pc.equal(raw.column(name), "") for name in ("skipped", "error")]
    usable.append(pc.equal(pc.binary_length(raw.column("payload")), 0))
    usable.append(pc.greater(pc.binary_length(raw.column("text")), 0))
    stays = functools.reduce(np.logical_and, (u.to_numpy(zero_copy_only=False) for u in usable))
    return stays & fit(raw.column("text")) if stays.any() else stays


def is_plain(mime: str, payload: bytes) -> bool:
    """Whether a payload is plain text: declared so, and without markup at its start (servers mislabel HTML)."""
    return mime.lower().lstrip().startswith("text/plain") and not _MARKUP.search(payload[:1024])


def _title(title: str) -> str:
    """A title on one line, of at most `TITLE_CHARS` characters."""
    if not title:
        return ""
    return _SPACES.sub(" ", CONTROL.sub("", title[: 4 * TITLE_CHARS])).strip()[:TITLE_CHARS].rstrip()


def _pages(tasks: list[Task], run: Run) -> Iterator[Page]:
    """Payloads through charset and engine, every failure turned into its page's error."""
    decoded = [charset.decode(task.payload, task.content_type, is_good=task.is_good) for task in tasks]
    plain = [is_plain(task.mime or task.content_type, task.payload) for task in tasks]
    markup = [(d, t) for d, t, is_text in zip(decoded, tasks, plain, strict=True) if not is_text]
    results = iter(_results(markup, run))
    for found, is_text in zip(decoded, plain, strict=True):
        evidence = (found.charset, found.source, found.replacements)
        if is_text:
            yield Page(clean(found.text), "", *evidence, "plain text")
            continue
        result = next(results)
        if isinstance(result, TimeoutError):
            yield Page("", "", *evidence, run.extractor, "extract_timeout", str(result))
        elif isinstance(result, Exception):
            detail = f"{type(result).__name__}: {result}"[:200]
            yield Page("", "", *evidence, run.extractor, "extract_failed", detail)
        else:
            yield Page(result[0], _title(result[1]), *evidence, run.extractor, "", "", *result[2], result[3])


_Found = tuple[str, str, Description, str]
"""Text, title, what the page states, text of its links."""


def _results(pages: list[tuple[charset.Decoded, Task]], run: Run) -> list[_Found | Exception]:
    """What is found or what went wrong, for each page: all at once where the engine can."""
    batch = ENGINES[run.engine].batch
    if batch is not None:
        with contextlib.suppress(Exception):  # one of the pages fails: the loop below finds out which
            return [*batch([_source(f) for f, _ in pages], [task.url for _, task in pages])]
    found: list[_Found | Exception] = []
    for decoded, task in pages:
        try:
            text, title = within_limits(run.engine, decoded.text, task.url, run.timeout)
            found.append((text, title, *_described(_source(decoded), task.url)))
        except Exception as error:  # noqa: BLE001  (whatever an engine raises costs one page)
            found.append(error)
    return found


def _described(page: str | bytes, url: str) -> tuple[Description, str]:
    """What a page states of itself, and the text of its links; it never costs the page its text."""
    with contextlib.suppress(Exception):
        return blocks.described(page, url)
    return NOTHING, ""


def _source(found: charset.Decoded) -> str | bytes:
    """A page without NUL: its bytes where they are good UTF-8, so that they are not encoded again."""
    content = found.content
    return content.replace(b"\0", b"") if isinstance(content, bytes) else content.replace("\0", "")


def within_limits(engine: str, html: str, url: str, timeout: float) -> tuple[str, str]:
    """Run an engine: here where the page is small enough to be harmless, else in the guard process.

    Raises:
        guard.PageTimeoutError: the time is up.
        guard.PageFailedError: the engine failed or took the guard process down.
    """
    from openclaw_data.extraction.guard import GUARD

    chosen = ENGINES[engine]
    html = html.replace("\0", "") if "\0" in html else html
    if len(html) <= chosen.free_bytes and html.count("<") <= chosen.free_tags:
        return chosen.extract(html, url)
    return GUARD.extract(engine, html, url, timeout)


def _batch(raw: pa.RecordBatch, found: list[tuple[Page, str]], stays: Any) -> pa.RecordBatch:
    """The `PAGE` batch: provenance and texts that stay shared with `raw`, the rest from the pages."""
    new: dict[str, list[Any]] = {
        "content_charset": [page.charset for page, _ in found],
        "charset_source": [page.source for page, _ in found],
        "replacements": [page.replacements for page, _ in found],
        "extractor": [page.extractor for page, _ in found],
        "title": [page.title for page, _ in found],
        **{f"page_{name}": [getattr(page, name) for page, _ in found] for name in Description._fields},
        "link_text": [page.link_text for page, _ in found],
        "skipped": [skipped for _, skipped in found],
        "error": [page.error for page, _ in found],
        "error_detail": [page.detail for page, _ in found],
    }
    arrays = {name: pa.array(values, PAGE.field(name).type) for name, values in new.items()}
    texts = raw.column("text")
    if not stays.all():
        others = pa.array(
            [page.text for (page, _), stayed in zip(found, stays, strict=True) if not stayed], pa.string()
        )
        texts = pc.replace_with_mask(texts, pa.array(~stays), others) if stays.any() else others
    arrays["text"] = texts
    made = [arrays[f.name] if f.name in arrays else raw.column(f.name) for f in PAGE]
    return pa.RecordBatch.from_arrays(made, schema=PAGE)
