"""Objects of JSON lines and of Parquet rows become rows: which member of the object fills which column."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from openclaw_data.documents import DataError
from openclaw_data.ingest import mime
from openclaw_data.ingest.rows import Row, moment, moment_of_number, short, stored

Fields = dict[str, list[str]]
"""Column -> the names or dotted paths to look under, in order; the first that is there and not null counts."""

DEFAULTS: Fields = {
    "id": ["id"],
    "text": ["text"],
    "url": ["url", "metadata.url"],
    "fetch_time": ["fetch_time", "created", "date", "timestamp"],
    "title": ["title", "metadata.title"],
}
COLUMNS = (*DEFAULTS, "html", "content_type", "content_digest")
_DEPTH = 16


class BadField(Exception):  # noqa: N818 - it says what the field is
    """A mapped field is missing or of another type."""


def complete(given: Mapping[str, str | Sequence[str]], place: str) -> Fields:
    """The mapping of a source with the defaults filled in; `html` takes the place of `text`.

    Raises:
        DataError: a column that cannot be mapped.
    """
    for column in given:
        if column not in COLUMNS:
            near = difflib.get_close_matches(column, COLUMNS, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Columns are {', '.join(COLUMNS)}."
            raise DataError(place, f"fields: '{column}' is no column that can be mapped.", hint)
    chosen = {c: [names] if isinstance(names, str) else list(names) for c, names in given.items()}
    defaults = {c: n for c, n in DEFAULTS.items() if not (c == "text" and "html" in chosen)}
    return {**defaults, **chosen}


def look_up(item: Any, path: str) -> Any:
    """The value under a name or dotted path, None when there is none. A name that has dots counts before a path."""
    if not isinstance(item, dict):
        return None
    if path in item:
        return item[path]
    for part in path.split(".", _DEPTH):
        if not isinstance(item, dict) or part not in item:
            return None
        item = item[part]
    return item


def to_row(item: dict[str, Any], fields: Fields, max_page_bytes: int) -> Row:
    """The row of one object.

    Raises:
        BadField: text (or html) is missing, or a field is of another type.
    """
    row: Row = {}
    for column, paths in fields.items():
        value = None
        for path in paths:
            value = item[path] if path in item else look_up(item, path) if "." in path else None
            if value is not None:
                break
        if column == "fetch_time":
            row[column] = _time(value, paths)
        elif column == "html":
            row |= _page(value, paths)
        elif column == "text":
            text = _text(value, paths, needed=True)
            row["text"] = stored(text) if text.strip() else b""
        elif column == "id" and isinstance(value, int) and not isinstance(value, bool):
            row[column] = str(value)
        else:
            row[column] = short(_text(value, paths, needed=False))
    return _judged(row, max_page_bytes)


def _text(value: Any, paths: list[str], *, needed: bool) -> str:
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        fact = "is missing or null" if value is None else f"is of type {type(value).__name__}, not text"
        raise BadField(f"'{paths[0]}' {fact}")
    return value


def _time(value: Any, paths: list[str]) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        return moment(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return moment_of_number(value)
    if hasattr(value, "isoformat"):  # a Parquet timestamp or date
        return moment(value.isoformat())
    raise BadField(f"'{paths[0]}' is of type {type(value).__name__}, not a time")


def _page(value: Any, paths: list[str]) -> Row:
    """An HTML page: bytes as they are; text is UTF-8 whatever its meta element says."""
    if isinstance(value, bytes):
        return {"payload": value}
    data = stored(_text(value, paths, needed=True))
    return {"payload": data, "content_type": "text/html; charset=utf-8"}


def _judged(row: Row, max_page_bytes: int) -> Row:
    is_page = "payload" in row
    data = row["payload"] if is_page else row["text"]
    row["content_mime_detected"] = mime.detect("", mime.HTML, data) if is_page else mime.PLAIN
    if is_page and row["content_type"] == "":
        row["content_type"] = mime.HTML
    reason = ""
    if not data or data.isspace():
        reason = "empty_body"
    elif len(data) > max_page_bytes:
        reason = "oversize"
    elif not mime.is_page(row["content_mime_detected"]):
        reason = "not_html"
    return {**row, "payload": b"", "text": b"", "skipped": reason} if reason else row
