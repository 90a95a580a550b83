"""What is in the published rows, read back from the written shards: amounts, times, licences, rights."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl

from openclaw_data import storage
from openclaw_data.dataset.manifest import Contents

_NAMES = ["language", "licence", "rights_status", "url_host_registered_domain"]
_COLUMNS = [*_NAMES, "char_count", "token_count", "fetch_time"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def describe(dataset: str, shards: Iterable[str]) -> Contents:
    """Sum up the shards; an unknown time (1970-01-01) does not count."""
    totals: Counter[str] = Counter()
    licences: Counter[str] = Counter()
    rights: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    domains: set[str] = set()
    times: list[datetime] = []
    for table in (table for path in shards for table in _row_groups(storage.join(dataset, path))):
        totals.update(documents=len(table), characters=int(table["char_count"].cast(pl.Int64).sum()))
        tokens.update(dict(table.group_by("language").agg(pl.col("token_count").cast(pl.Int64).sum()).rows()))
        licences.update(dict(table.group_by("licence").len().rows()))
        rights.update(dict(table.group_by("rights_status").len().rows()))
        domains.update(table["url_host_registered_domain"].unique())
        known = table.filter(pl.col("fetch_time") > _EPOCH)["fetch_time"]
        times += [t for t in (known.min(), known.max()) if isinstance(t, datetime)]
    return Contents(
        documents=totals["documents"],
        characters=totals["characters"],
        tokens=tokens.total(),
        tokens_by_language=dict(sorted(tokens.items())),
        domains=len(domains - {""}),
        fetched_first=_text(min(times, default=None)),
        fetched_last=_text(max(times, default=None)),
        by_licence=dict(sorted(licences.items())),
        by_rights_status=dict(sorted(rights.items())),
    )


def _row_groups(path: str) -> Iterator[pl.DataFrame]:
    opened = storage.open_parquet(path, _NAMES)
    yield from (pl.DataFrame(opened.read_row_group(group, _COLUMNS)) for group in range(opened.num_row_groups))


def _text(time: Any) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time is not None else ""
