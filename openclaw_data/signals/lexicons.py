"""Word lists (filters/lexicons/): reading and checking them, and the signals that count their terms.

A list is a TSV file: comment lines `# key: value` (owner, category, version, source, licence), then one term a line,
optionally with its language and a risk of GB/T 45654-2025 in further columns (`A1.a` ... `A5.b`). A hit is no verdict:
the signals say how much of a text the terms cover, how many different ones there are, and how many stand in the title
or the first lines.
"""

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openclaw_data import documents, share
from openclaw_data.errors import DataError
from openclaw_data.kernels import terms as kernel
from openclaw_data.models.files import Choice

CATEGORIES = ("gambling", "porn", "seo", "phishing")
HEADER = ("owner", "category", "version", "source", "licence")
MAX_FILE_BYTES, MAX_TERMS = 64_000_000, 1_000_000
RISKS = {"A1": 8, "A2": 9, "A3": 5, "A4": 7, "A5": 2}
"""Groups of risks of GB/T 45654-2025, annex A, and how many are in each."""
WANTED_TERMS, WANTED = 10_000, {"A1": 200, "A2": 100}
"""How many terms the standard asks for in all, and for each risk of a group."""


class Lexicon(NamedTuple):
    """A list as read. `risks`: a risk a term, "" where none is given; `digest`: sha256 of the file."""

    path: str
    header: dict[str, str]
    terms: tuple[str, ...]
    risks: tuple[str, ...]
    digest: str


class Coverage(NamedTuple):
    """How a list stands against GB/T 45654-2025: terms in all, and for each risk (terms, terms asked for)."""

    terms: int
    wanted: int
    risks: dict[str, tuple[int, int]]

    @property
    def complete(self) -> bool:
        """Whether nothing is short of what the standard asks for."""
        return self.terms >= self.wanted and all(have >= want for have, want in self.risks.values())


class Spam(NamedTuple):
    """Terms of the four lists of spam in text and title."""

    gambling_char_fraction: pa.Array  # float32, 0-1: characters of the text in terms
    gambling_terms: pa.Array  # int32: different terms in the text
    gambling_head_terms: pa.Array  # int32: different terms in the title and in the first three lines
    porn_char_fraction: pa.Array
    porn_terms: pa.Array
    porn_head_terms: pa.Array
    seo_char_fraction: pa.Array
    seo_terms: pa.Array
    seo_head_terms: pa.Array
    phishing_char_fraction: pa.Array
    phishing_terms: pa.Array
    phishing_head_terms: pa.Array


class Anchors(NamedTuple):
    """Terms of the four lists of spam in the text of a page's links, wherever they stand; 0 without HTML."""

    gambling_anchor_char_fraction: pa.Array  # float32, 0-1: characters of the text of all links in terms
    gambling_anchor_terms: pa.Array  # int32: different terms in the text of links
    porn_anchor_char_fraction: pa.Array
    porn_anchor_terms: pa.Array
    seo_anchor_char_fraction: pa.Array
    seo_anchor_terms: pa.Array
    phishing_anchor_char_fraction: pa.Array
    phishing_anchor_terms: pa.Array


class Own(NamedTuple):
    """Terms of the word lists that a recipe names, all of them together, in text and title."""

    own_char_fraction: pa.Array  # float32, 0-1: characters of the text in terms
    own_terms: pa.Array  # int32: different terms in the text
    own_head_terms: pa.Array  # int32: different terms in the title and in the first three lines
    own_risks: (
        pa.Array
    )  # list<string>: risks whose terms are RISK_FRACTION of the text, or RISK_HEAD of them in its head


RISK_FRACTION, RISK_HEAD = 0.01, 2
"""From where on the terms of a risk speak of the document as a whole: their share of it, with two different ones at
least, or different ones in its title and first lines."""


def own(batch: pa.RecordBatch, lists: Mapping[str, Choice]) -> Own:
    """Count the terms of a recipe's own lists."""
    trie = own_trie(tuple(lists.values()))
    names = (*risk_names(), "")
    text = kernel.count(*documents.text_buffers(batch.column("text")), *trie, len(names))
    title = kernel.count(*documents.text_buffers(batch.column("title")), *trie, len(names))
    chars = np.maximum(pc.utf8_length(batch.column("text")).to_numpy(), 1)
    head = text[:, :, 2] + title[:, :, 1]
    clear = ((text[:, :, 0] >= RISK_FRACTION * chars[:, None]) & (text[:, :, 1] > 1)) | (head >= RISK_HEAD)
    return Own(
        pa.array((text[:, :, 0].sum(axis=1) / chars).astype(np.float32)),
        pa.array(text[:, :, 1].sum(axis=1).astype(np.int32)),
        pa.array(head.sum(axis=1).astype(np.int32)),
        pa.array([[names[k] for k in np.flatnonzero(row)] for row in clear[:, :-1]], pa.list_(pa.string())),
    )


@lru_cache(maxsize=4)
def own_trie(lists: tuple[Choice, ...]) -> kernel.Trie:
    """The lists as one trie, each term under its risk (the last category: none); built once a process.

    Raises:
        DataError: as `read`.
    """
    risks = {name: k for k, name in enumerate((*risk_names(), ""))}
    found = [read(choice.path, choice.sha256) for choice in lists]
    terms = [(term, risks[risk]) for one in found for term, risk in zip(one.terms, one.risks, strict=True)]
    return kernel.build([term for term, _ in terms], [risk for _, risk in terms])


def bundled_digests() -> dict[str, str]:
    """`lexicon-NAME` -> sha256 of each bundled list."""
    folder = share.folder("filters") / "lexicons"
    return {f"lexicon-{name}": read(folder / f"{name}.tsv").digest for name in CATEGORIES}


def spam(batch: pa.RecordBatch) -> Spam:
    """Count the terms of gambling, pornography, SEO and phishing."""
    trie = _spam_trie()
    text = _count(batch.column("text"), trie)
    title = _count(batch.column("title"), trie) if "title" in batch.schema.names else np.zeros_like(text)
    chars = np.maximum(pc.utf8_length(batch.column("text")).to_numpy(), 1)
    columns: list[pa.Array] = []
    for c in range(len(CATEGORIES)):
        columns += [
            pa.array((text[:, c, 0] / chars).astype(np.float32)),
            pa.array(text[:, c, 1].astype(np.int32)),
            pa.array((text[:, c, 2] + title[:, c, 1]).astype(np.int32)),
        ]
    return Spam(*columns)


def anchors(batch: pa.RecordBatch) -> Anchors:
    """Count the terms of gambling, pornography, SEO and phishing in the column `link_text`, where there is one."""
    there = "link_text" in batch.schema.names
    texts = batch.column("link_text") if there else pa.array([""] * len(batch), pa.string())
    found = _count(texts, _spam_trie())
    chars = np.maximum(pc.utf8_length(texts).to_numpy() - pc.count_substring(texts, "\n").to_numpy(), 1)
    columns: list[pa.Array] = []
    for c in range(len(CATEGORIES)):
        columns += [
            pa.array((found[:, c, 0] / chars).astype(np.float32)),
            pa.array(found[:, c, 1].astype(np.int32)),
        ]
    return Anchors(*columns)


def _count(texts: pa.Array, trie: kernel.Trie) -> Any:
    offsets, data = documents.text_buffers(texts)
    return kernel.count(offsets, data, *trie, len(CATEGORIES))


@cache
def _spam_trie() -> kernel.Trie:
    """The bundled lists as one trie; built once a process."""
    lists = [read(share.folder("filters") / "lexicons" / f"{name}.tsv") for name in CATEGORIES]
    terms = [term for found in lists for term in found.terms]
    return kernel.build(terms, [c for c, found in enumerate(lists) for _ in found.terms])


def read(path: str | Path, sha256: str = "") -> Lexicon:
    """Read and check a list, whose digest must be `sha256` where one is given.

    Raises:
        DataError: no such file, too large, another digest, not UTF-8, a header line missing, a term too long, no such
            risk; names file, line or digests, and remedy.
    """
    path = Path(path)
    if not path.is_file():
        wanted = f"; its sha256 must be {sha256}" if sha256 else ""
        raise DataError(str(path), f"there is no such word list{wanted}.", "Give the path of a TSV file.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise DataError(str(path), f"is larger than {MAX_FILE_BYTES // 10**6} MB.", "Split the list.")
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if sha256 and digest != sha256:
        fact = f"the word list's sha256 must be {sha256} and is {digest} ({len(raw)} bytes)."
        remedy = "Fetch the file again; if the new one is meant, write its digest where the old one stands."
        raise DataError(str(path), fact, remedy)
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(str(path), f"is not UTF-8 at byte {error.start}.", "Convert it to UTF-8.") from None
    header: dict[str, str] = {}
    terms: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            key, _, value = line[1:].partition(":")
            header[key.strip().lower()] = value.strip()
        elif line.strip():
            term, risk = _row(f"{path}, line {number}", line)
            terms.setdefault(term, risk)
    for key in HEADER:
        if not header.get(key):
            raise DataError(str(path), f"the header line '# {key}: ...' is missing.", "Say it at the top of the file.")
    if not 0 < len(terms) <= MAX_TERMS:
        raise DataError(str(path), f"has {len(terms)} terms.", f"Give from 1 to {MAX_TERMS}.")
    return Lexicon(str(path), header, tuple(terms), tuple(terms.values()), digest)


def _row(place: str, line: str) -> tuple[str, str]:
    columns = [column.strip() for column in line.split("\t")]
    term, risk = columns[0].lower(), columns[2] if len(columns) > 2 else ""
    if not term or len(term.encode()) > kernel.MAX_TERM_BYTES:
        raise DataError(place, f"the term has {len(term.encode())} bytes.", f"Give 1 to {kernel.MAX_TERM_BYTES}.")
    if risk and risk not in risk_names():
        raise DataError(place, f"the risk {risk!r} does not exist.", "Write A1.a to A5.b, as in GB/T 45654-2025.")
    return term, risk


@cache
def risk_names() -> tuple[str, ...]:
    """`A1.a` ... `A5.b`: the 31 risks of GB/T 45654-2025, annex A."""
    return tuple(f"{group}.{chr(97 + i)}" for group, n in RISKS.items() for i in range(n))


def coverage(found: Lexicon) -> Coverage:
    """Compare a list with the numbers of GB/T 45654-2025."""
    have = {risk: found.risks.count(risk) for risk in risk_names()}
    risks = {risk: (n, WANTED.get(risk.partition(".")[0], 0)) for risk, n in have.items()}
    return Coverage(len(found.terms), WANTED_TERMS, risks)
