"""Mask personal data: e-mail and IP addresses, phone, identity, bank and account numbers (docs/safety.md).

`kernels.pii` finds the few places where a value may be, at memory speed; `pii_find` looks there exactly. What is found
becomes `<EMAIL>`, `<PHONE>`, ... or, with pseudonyms, `<PHONE_1>`, `<PHONE_2>`: the same value of a document keeps its
number, and no hash of a value is made, since all phone numbers can be hashed in minutes. Values are never logged: a
span is a kind and an offset.

Masking is idempotent: a search is repeated until nothing is found, and no mask looks like a value.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data import documents
from openclaw_data.edits import pii_checks as checks
from openclaw_data.edits import pii_find
from openclaw_data.errors import DataError, hint
from openclaw_data.kernels import pii as kernel
from openclaw_data.kernels import pii_words

Mask = Literal["type", "pseudonym"]

COLUMNS = {
    "pii_email": ("EMAIL",),
    "pii_phone": ("PHONE",),
    "pii_id": ("ID_CARD", "SSN", "PASSPORT", "USCC"),
    "pii_ip": ("IP",),
    "pii_card": ("BANK_CARD", "CREDIT_CARD", "IBAN"),
    "pii_other": ("QQ", "WECHAT", "PLATE"),
}
"""Column -> the kinds of values it counts; -1 in a column: nobody looked."""
SPANS = "pii_spans"
POLICIES = ("hotline", "business", "role_email")
"""What may be kept beside kinds of values: public hot lines, phones and e-mail of business footers, e-mail of roles."""
MAX_SPANS = 1000
"""Spans logged a document."""
_COLUMN_OF = {kind: i for i, kinds in enumerate(COLUMNS.values()) for kind in kinds}
_FOOTER = re.compile(
    r"版权所有|版權所有|©|ICP备|ICP證|公司|集团|传真|总机|客服|服务热线|投诉|举报|编辑部|主办|办公室|"
    r"地址[:：]|copyright|all rights reserved|"
    r"(?<![A-Za-z])(?:inc|ltd|llc|gmbh|fax|head ?office|customer service|support)(?![A-Za-z])",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:info|contact|support|service|sales|admin|webmaster|postmaster|office|help|press|media|jobs?|hr|careers?|privacy|legal|"
    r"abuse|noreply|no-reply|kefu|tougao|editor|news|feedback|marketing|enquiries|hello)[0-9]{0,3}@",
    re.IGNORECASE,
)


class Span(NamedTuple):
    """A value that was found: its kind, its first character and the one after its last. Never the value."""

    kind: str
    start: int
    end: int


class Masked(NamedTuple):
    """The result for an array of n texts."""

    texts: pa.Array  # string[n]
    removed: Any  # int32[n]: characters of the values that were masked
    counts: Any  # int16[n, 6]: values of each of COLUMNS
    spans: dict[int, list[Span]]  # by row, of those that have any; offsets in the text as it was


def check_keep(keep: Iterable[str]) -> frozenset[str]:
    """The names in `keep`, checked: kinds of values in lower case and policies.

    Raises:
        DataError: there is no such kind or policy.
    """
    known = [*POLICIES, *(kind.lower() for kind in pii_find.KINDS)]
    for name in keep:
        if name not in known:
            raise DataError(f"pii.keep {name!r}", "there is no such kind of personal data.", hint(name, known))
    return frozenset(keep)


def mask_pii(
    texts: Iterable[str], *, mask: Mask = "type", keep: Collection[str] = ("hotline",)
) -> tuple[list[str], list[list[Span]]]:
    """Mask the personal data in texts.

    Args:
        texts: any texts.
        mask: `type` writes `<EMAIL>`; `pseudonym` writes `<EMAIL_1>`, one number a value and text.
        keep: what stays: kinds of values (`plate`, `ip`, ...) and policies (`hotline`, `business`, `role_email`).

    Returns:
        The masked texts, and for each the spans that were masked, with offsets in the text given.

    Raises:
        DataError: `keep` names what does not exist.
    """
    done = mask_array(pa.array(list(texts), pa.string()), mask=mask, keep=keep)
    return done.texts.to_pylist(), [done.spans.get(i, []) for i in range(len(done.texts))]


def mask_array(texts: pa.Array, *, mask: Mask = "type", keep: Collection[str] = ("hotline",)) -> Masked:
    """Mask an array of strings; see `mask_pii`."""
    found = _found(texts, check_keep(keep))
    removed, counts = np.zeros(len(texts), np.int32), np.zeros((len(texts), len(COLUMNS)), np.int64)
    new = []
    for i, row in found.items():
        removed[i] = sum(span.end - span.start for span in row)
        for span in row:
            counts[i, _COLUMN_OF[span.kind]] += 1
        new.append(_masked(texts[i].as_py(), row, mask))
    if new:
        rows = np.zeros(len(texts), np.bool_)
        rows[list(found)] = True
        texts = pc.replace_with_mask(texts, pa.array(rows), pa.array(new, texts.type))
    return Masked(texts, removed, np.minimum(counts, 32767).astype(np.int16), found)


def mask_batch(batch: pa.RecordBatch, *, mask: Mask = "type", keep: Collection[str] = ("hotline",)) -> pa.RecordBatch:
    """Mask the columns `text` and `title` of a batch and add to `edits`; `COLUMNS` and `SPANS` come with it.

    The counts are those of text and title together; the spans, `KIND:START:LENGTH`, are those of the text as it was
    before, at most `MAX_SPANS`.
    """
    text = mask_array(batch.column("text"), mask=mask, keep=keep)
    title = mask_array(batch.column("title"), mask=mask, keep=keep)
    counts = np.minimum(text.counts.astype(np.int32) + title.counts, 32767).astype(np.int16)
    logged = [f"{s.kind}:{s.start}:{s.end - s.start}" for row in text.spans.values() for s in row[:MAX_SPANS]]
    ends = np.zeros(len(batch) + 1, np.int32)
    ends[[i + 1 for i in text.spans]] = [min(len(row), MAX_SPANS) for row in text.spans.values()]
    edits = batch.column("edits").to_numpy() + text.removed
    columns = {name: pa.array(counts[:, i], pa.int16()) for i, name in enumerate(COLUMNS)}
    return documents.append(
        batch,
        {
            "text": text.texts,
            "title": title.texts,
            "edits": pa.array(edits, pa.int32()),
            **columns,
            SPANS: pa.ListArray.from_arrays(np.cumsum(ends, dtype=np.int32), pa.array(logged, pa.string())),
        },
    )


def not_looked(rows: int) -> dict[str, pa.Array]:
    """The columns of `mask_batch` for documents that were not searched: -1 and no spans."""
    columns = {name: pa.array(np.full(rows, -1, np.int16)) for name in COLUMNS}
    return {**columns, SPANS: pa.array([[] for _ in range(rows)], pa.list_(pa.string()))}


def spans(texts: pa.Array, keep: Collection[str] = ("hotline",)) -> list[list[Span]]:
    """What is to be masked in each text of an array, in order, with offsets in characters."""
    found = _found(texts, keep)
    return [found.get(i, []) for i in range(len(texts))]


def _found(texts: pa.Array, keep: Collection[str]) -> dict[int, list[Span]]:
    """The spans of the texts that have any, by row, in order."""
    offsets, data = documents.text_buffers(texts)
    found: dict[int, list[Span]] = {}
    at_byte = at_character = 0
    last = -1
    windows = kernel.windows(offsets, data, pii_words.tables(tuple(checks.IBAN_LENGTHS.items())))
    for d, a, b, kinds in zip(*(column.tolist() for column in windows), strict=True):
        if d != last:
            last, at_byte, at_character = d, int(offsets[d]), 0
        window = data[a:b].tobytes().decode()
        hits = [hit for hit in pii_find.find(window, kinds) if _masks(window, *hit, keep)]
        if hits:
            at_character += int(np.count_nonzero((data[at_byte:a] & 0xC0) != 0x80))
            at_byte = a
            found.setdefault(d, []).extend(
                Span("PHONE" if name == pii_find.HOTLINE else name, at_character + s, at_character + e)
                for s, e, name in hits
            )
    return found


def _masks(window: str, start: int, end: int, kind: str, keep: Collection[str]) -> bool:
    """Does the policy want this value masked?"""
    if kind == pii_find.HOTLINE:
        return "hotline" not in keep and "phone" not in keep
    if kind.lower() in keep:
        return False
    if kind == "EMAIL" and "role_email" in keep and _ROLE.match(window[start:end]):
        return False
    if kind in ("EMAIL", "PHONE") and "business" in keep:
        line_start, line_end = window.rfind("\n", 0, start) + 1, window.find("\n", end)
        return not _FOOTER.search(window[line_start : line_end if line_end >= 0 else len(window)])
    return True


def _masked(text: str, found: Sequence[Span], mask: Mask) -> str:
    """The text with its spans masked."""
    numbers: dict[tuple[str, str], int] = {}
    pieces, at = [], 0
    for kind, start, end in found:
        name = kind
        if mask == "pseudonym":
            key = (kind, re.sub(r"[\s().-]", "", text[start:end]).lower())
            number = numbers.setdefault(key, 1 + sum(k == kind for k, _ in numbers))
            name = f"{kind}_{number}"
        pieces += [text[at:start], f"<{name}>"]
        at = end
    return "".join([*pieces, text[at:]])
