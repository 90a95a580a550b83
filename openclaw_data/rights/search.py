"""Which records of a batch may speak of rights: one walk over their bytes, so that the others are never touched."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data.documents import text_buffers
from openclaw_data.kernels import needles
from openclaw_data.rights import notices, page
from openclaw_data.rights.evidence import Content


def contents(raw: pa.RecordBatch, pages: pa.RecordBatch) -> list[Content]:
    """What is to be read of the rows of a `documents.RAW` batch. `pages`: the same rows as `documents.PAGE`."""
    found = [Content()] * len(raw)
    payloads, texts = raw.column("payload"), raw.column("text")
    sizes, charsets = _numpy(pc.binary_length(payloads)), _numpy(pages.column("content_charset"))
    usable = _numpy(pc.equal(pc.binary_join_element_wise(raw.column("skipped"), raw.column("error"), ""), ""))
    for row, _ in _naming(texts, np.flatnonzero(usable & (sizes == 0)), (), "utf-8"):
        found[row] = Content(text=texts[row].as_py())
    paged = usable & (sizes > 0)
    for charset in sorted(set(charsets[paged])):
        whole = page.is_whole(sizes, charset)
        rows = np.flatnonzero(paged & (charsets == charset))
        for row in rows[~whole[rows]].tolist():
            found[row] = Content(payloads[row].as_py(), charset=charset)
        for row, named in _naming(payloads, rows[whole[rows]], page.NEEDLES, charset):
            found[row] = Content(payloads[row].as_py(), charset=charset, named=named)
    return found


def _naming(
    column: pa.Array, rows: Any, folded: tuple[bytes, ...], charset: str
) -> Iterator[tuple[int, frozenset[bytes]]]:
    """The rows that hold a needle, and which: `folded` in either case, or a notice in `charset`."""
    exact = notices.needles(charset)
    if len(rows) and (folded or exact):
        masks = needles.occurring(rows, *text_buffers(column), *_built(folded, exact))
        for row, mask in zip(rows.tolist(), masks.tolist(), strict=True):
            if mask:
                yield row, frozenset(n for i, n in enumerate((*folded, *exact)) if mask >> i & 1)


@functools.lru_cache(maxsize=64)
def _built(folded: tuple[bytes, ...], exact: tuple[bytes, ...]) -> needles.Needles:
    return needles.build(folded, exact)


def _numpy(array: pa.Array) -> Any:
    return array.to_numpy(zero_copy_only=False)
