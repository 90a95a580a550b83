"""What deduplication knows of a document: its hashes and its MinHash signature, one row a document.

A fingerprint part is an Arrow IPC file without compression: its signatures are read by row, in place, through a
memory map. That costs 540 bytes a document on disk, and nothing in the shuffle.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openclaw_data import storage
from openclaw_data.documents import DataError, text_buffers
from openclaw_data.kernels.hashes import PERMUTATIONS, hash_bytes, hash_texts

SIGNATURE = pa.binary(PERMUTATIONS * 4)
FINGERPRINT = pa.schema(
    [
        pa.field("exact_hash", pa.int64(), nullable=False),
        pa.field("text_hash", pa.int64(), nullable=False),
        pa.field("url_hash", pa.int64(), nullable=False),
        pa.field("shingles", pa.int32(), nullable=False),
        pa.field("signature", SIGNATURE, nullable=False),
    ]
)
"""`exact_hash`: of the folded text, 0 where nothing is left of it. `text_hash`: of the text's bytes. `url_hash`: of
the canonical URL, 0 where there is none. `shingles`: how many 5-grams the folded text has, repeated ones counted.
`signature`: 128 little-endian uint32."""

ROW_BITS = 32
ENCODED_SLASH = re.compile("%2[Ff]")
UNQUOTED = "/:@!$&'()*+,;=~"
PLAIN_PATH = re.compile(f"[A-Za-z0-9_.{re.escape(UNQUOTED)}-]*")
"""A path that percent-encoding leaves as it is, as most are."""
PLAIN_URL = re.compile(rf"https?://([a-z0-9.-]*[a-z0-9-])\.*((?:/{PLAIN_PATH.pattern})?)")
"""A URL of host and plain path alone: what is left to do is to take slashes off its end."""
TRACKING = frozenset(
    (  # noqa: SIM905 - thirty quoted words read worse
        "gclid gclsrc dclid fbclid msclkid yclid twclid ttclid igshid mc_cid mc_eid _ga _gl _hsenc _hsmi spm scm "
        "share_token share_source share_medium vd_source from_source isappinstalled bd_vid hmsr hmpl"
    ).split()
)
"""Query parameters that say how a reader came, not what the page is; so does every `utm_*`. `spm`, `scm`: Alibaba;
`vd_source`, `share_*`: Bilibili; `isappinstalled`: WeChat; `bd_vid`, `hmsr`, `hmpl`: Baidu."""


class Bands(NamedTuple):
    """How a signature is cut for locality-sensitive hashing."""

    bands: int
    rows: int


@cache
def optimal_bands(threshold: float, permutations: int = PERMUTATIONS) -> Bands:
    """The bands and rows of datasketch's optimal parameters, with a missed pair 19 times as bad as a false one.

    A false candidate costs one comparison of signatures, because edges are verified; a missed pair stays in the
    data. At threshold 0.8 this gives 16 bands of 8 rows: pairs of Jaccard 0.85 become candidates with probability
    0.994, of 0.9 with 0.9999, of 0.5 with 0.06. datasketch's default of equal weights gives 9 bands of 13 rows,
    which misses 31 % at 0.85.

    What is integrated are polynomials of no higher degree than `permutations`, for which Gauss's nodes are exact.
    datasketch itself takes 0.4 s to import and as long to integrate.
    """
    if not 0 < threshold <= 1:
        raise DataError("dedup.threshold", f"{threshold} is not a similarity.", "Give a number above 0, at most 1.")
    nodes, weights = np.polynomial.legendre.leggauss(permutations // 2 + 1)
    choices = [(b, r) for b in range(1, permutations + 1) for r in range(1, permutations // b + 1)]
    bands, rows = np.array(choices, np.float64).T[:, :, None]

    def missed(low: float, high: float) -> npt.NDArray[np.float64]:
        """The integral over similarities of the probability that a pair shares no band, for each choice."""
        similarities = low + (high - low) * (nodes + 1) / 2
        values: npt.NDArray[np.float64] = (1 - similarities**rows) ** bands @ weights * (high - low) / 2
        return values

    false = threshold - missed(0.0, threshold)
    return Bands(*choices[int(np.argmin(false * 0.05 + missed(threshold, 1.0) * 0.95))])


def agreement(threshold: float, permutations: int = PERMUTATIONS) -> int:
    """How many of the signature's values must be equal for a pair to count as duplicates.

    Two standard errors below the threshold: an estimate of Jaccard J from k values has the standard error
    sqrt(J (1 - J) / k). At 0.8 that is 94 of 128 values, passed by 97 % of the pairs at J = 0.8, by 99.98 % at 0.85 and
    by fewer than one in a million at 0.5.
    """
    error = (threshold * (1 - threshold) / permutations) ** 0.5
    return max(1, int(np.ceil((threshold - 2 * error) * permutations)))


def doc_ids(part: int, rows: int) -> npt.NDArray[np.int64]:
    """Document ids of a part: int64[rows], `part << 32 | row`. Their order is the order of the input."""
    if not (0 <= part < 1 << 31 and 0 <= rows <= 1 << ROW_BITS):
        raise DataError(f"part {part}", f"has {rows} rows, more than an id can tell apart.", "Use smaller parts.")
    return np.arange(rows, dtype=np.int64) | np.int64(part << ROW_BITS)


def fingerprint(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Fingerprint each row's `text` and `url`: a batch of `FINGERPRINT`, aligned with the rows of `batch`."""
    offsets, data = text_buffers(batch.column("text"))
    hashed = hash_texts(offsets, data)
    signatures = pa.FixedSizeBinaryArray.from_buffers(
        SIGNATURE, batch.num_rows, [None, pa.py_buffer(hashed.signatures)]
    )
    columns = [
        pa.array(hashed.folded),
        pa.array(hash_bytes(offsets, data)),
        pa.array(hash_urls(batch.column("url").to_pylist())),
        pa.array(hashed.shingles),
        signatures,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FINGERPRINT)


def write(path: str | Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Write a fingerprint part, uncompressed, batch by batch; returns its rows."""
    rows = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, FINGERPRINT) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def read(path: str | Path) -> pa.Table:
    """Map a fingerprint part: nothing is read before it is used. One behind a URL is read whole.

    Raises:
        DataError: the file is not a fingerprint part.
    """
    return _opened(str(path))


def _opened(path: str, source: pa.NativeFile | None = None) -> pa.Table:
    try:
        if source is None:
            source = pa.memory_map(path) if storage.is_local(path) else pa.BufferReader(storage.open_input(path).read())
        table = pa.ipc.open_file(source).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(path, f"cannot be read as fingerprints ({error}).", "Run `annotate` again.") from error
    if table.schema != FINGERPRINT:
        raise DataError(path, "is not a fingerprint part of this version.", "Run `annotate` again.")
    return table


def signatures(fingerprints: pa.Table | pa.RecordBatch) -> npt.NDArray[np.uint32]:
    """The signatures as uint32[n, 128]; shared with a table that is in one piece, else copied."""
    chunks = signature_chunks(fingerprints)
    return chunks[0] if len(chunks) == 1 else np.concatenate([np.zeros((0, PERMUTATIONS), np.uint32), *chunks])


def signature_chunks(fingerprints: pa.Table | pa.RecordBatch) -> list[npt.NDArray[np.uint32]]:
    """The signatures of each chunk as uint32[n, 128], shared with the table: of a mapped file, nothing is read yet."""
    column = fingerprints.column("signature")
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    views = []
    for chunk in chunks:
        if len(chunk):
            start = chunk.offset * PERMUTATIONS * 4
            view = np.frombuffer(chunk.buffers()[1], np.uint32, len(chunk) * PERMUTATIONS, start)
            views.append(view.reshape(len(chunk), PERMUTATIONS))
    return views


def signature_places(path: str) -> npt.NDArray[np.int64]:
    """Where in a local fingerprint part the signatures of each chunk begin, in bytes, and how many: int64[chunks, 2].

    Raises:
        DataError: the file is not a fingerprint part.
    """
    whole = pa.memory_map(path).read_buffer()
    chunks = signature_chunks(_opened(path, pa.BufferReader(whole)))
    places = [(chunk.ctypes.data - whole.address, len(chunk)) for chunk in chunks]
    return np.array(places, np.int64).reshape(-1, 2)


def map_signatures(path: str, places: npt.NDArray[np.int64]) -> list[npt.NDArray[np.uint32]]:
    """The signatures at `signature_places` of a part, as `signature_chunks` gives them, for a tenth of the time."""
    if len(places) == 0:
        return []
    mapped = np.asarray(np.memmap(path, np.uint8, "r"))
    width = PERMUTATIONS * 4
    return [mapped[a : a + n * width].view(np.uint32).reshape(n, PERMUTATIONS) for a, n in places.tolist()]


def hash_urls(urls: Sequence[str]) -> npt.NDArray[np.int64]:
    """Hash canonical URLs: int64[n], 0 where there is none."""
    canonical = [canonical_url(url) for url in urls]
    hashed = hash_bytes(*text_buffers(pa.array(canonical, pa.string())))
    return np.where(np.array([url == "" for url in canonical], bool), 0, hashed)


def canonical_url(url: str) -> str:
    """The URL as it identifies a page: `""` where it is no URL with a host.

    Scheme and host are lower-cased and http counts as https; a user, a default port, the fragment, tracking
    parameters and trailing slashes go; parameters are sorted; percent-encoding is made uniform. A fragment that
    routes (`#!/...`) stays.
    """
    if plain := PLAIN_URL.fullmatch(url):
        return f"https://{plain[1]}{plain[2].rstrip('/')}"
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    scheme = "https" if parts.scheme in ("http", "https") else parts.scheme
    place = host if port is None or (parts.scheme, port) in (("http", 80), ("https", 443)) else f"{host}:{port}"
    path = _uniform(parts.path).rstrip("/")
    fragment = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    query = _query(parts.query)
    return f"{scheme}://{place}{path}{'?' if query else ''}{query}{fragment}"


def _query(query: str) -> str:
    if not query:
        return ""
    try:
        pairs: list[tuple[Any, Any]] = parse_qsl(
            query, keep_blank_values=True, errors="surrogateescape", max_num_fields=200
        )
    except ValueError:  # more parameters than any page has: keep it as it is
        return query
    kept = sorted(p for p in pairs if p[0].lower() not in TRACKING and not p[0].lower().startswith("utm_"))
    return urlencode(kept, errors="surrogateescape")


def _uniform(path: str) -> str:
    """Percent-encode what must be and nothing else; an encoded slash stays apart from a slash."""
    if PLAIN_PATH.fullmatch(path):
        return path
    pieces = (unquote(piece, errors="surrogateescape") for piece in ENCODED_SLASH.split(path))
    return "%2F".join(quote(piece, safe=UNQUOTED, errors="surrogateescape") for piece in pieces)
