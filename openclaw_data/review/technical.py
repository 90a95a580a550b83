"""The technical spot check: keyword lists and classifiers over a tenth of a dataset, and what they flag.

The detectors are the packs `spam` and `toxicity`, the codes of `signals.risks`, and the user's own word lists, of
which one term is enough. What is flagged counts as failing until people have passed it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from openclaw_data import documents, rules, signals
from openclaw_data.dataset import manifest as manifests
from openclaw_data.documents import DataError
from openclaw_data.kernels import terms as kernel
from openclaw_data.review import drawing, sample
from openclaw_data.signals import lexicons, risks

PACKS = ("spam", "toxicity")
SHOWN, AROUND = 12, 12
"""Terms of a list that a flag names, and characters around each."""


def write(path: str, dataset: str, fraction: float, seed: int, lists: Sequence[str] = ()) -> sample.Header:
    """Draw `fraction` of the dataset (rounded up), look at each document with every detector, write what is flagged."""
    if not 0 < fraction <= 1:
        raise DataError(f"--technical {fraction}", "is no share of a dataset.", "Write 0.1 for a tenth.")
    words = [lexicons.read(name) for name in lists]
    loaded = manifests.read(dataset)
    found = drawing.population(dataset, loaded, seed)
    rows = drawing.draw(found, int(np.ceil(fraction * len(found.keys))))
    place = {int(row): i for i, row in enumerate(rows)}
    flagged: dict[int, sample.Item] = {}
    detectors: Counter[str] = Counter(dict.fromkeys(_names(words), 0))
    for numbers, batch in drawing.batches(dataset, loaded, found.starts, rows):
        for row, flags, values in zip(numbers, flags_of(batch, words), batch.to_pylist(), strict=True):
            if flags:
                flagged[place[int(row)]] = drawing.item(values, flags)
                detectors.update({f.by for f in flags})
    header = sample.Header(
        kind="technical",
        dataset=f"{loaded.name} {loaded.version}",
        content=drawing.content(loaded),
        seed=seed,
        population=drawing.counted(found),
        drawn=drawing.counted(found, rows),
        items=len(flagged),
        detectors=dict(sorted(detectors.items())),
        lexicons=tuple(_described(w) for w in words),
    )
    sample.write(path, header, (flagged[i] for i in sorted(flagged)))
    return header


def flags_of(batch: pa.RecordBatch, words: Sequence[lexicons.Lexicon]) -> list[tuple[sample.Flag, ...]]:
    """What every detector says of each row (columns `drawing.COLUMNS`)."""
    packs = rules.load(PACKS)
    names = (rules.needed(packs) | set(risks.NEEDED)) - set(batch.schema.names)
    measured = documents.append(batch, signals.compute(batch, sorted(names)))
    found: list[list[sample.Flag]] = [[] for _ in range(len(batch))]
    columns = {p.name: rules.needed([p]) - {"language", "language_script"} for p in packs}
    for row, failed in enumerate(rules.judge(measured, packs).to_pylist()):
        for name in failed:
            values = {c: measured.column(c)[row].as_py() for c in sorted(columns[name.partition(".")[0]])}
            mine = {c: v for c, v in values.items() if name.endswith(c.split("_")[0]) or name.startswith("toxicity")}
            found[row].append(sample.Flag(by=name, detail=", ".join(f"{c} {v:.4g}" for c, v in mine.items())))
    for row, codes in enumerate(risks.codes(measured).to_pylist()):
        found[row] += [sample.Flag(by=code, detail=risks.RISKS[code]) for code in codes]
    for listed in words:
        for row, terms in _hits(batch, listed).items():
            found[row].append(sample.Flag(by=_name(listed), detail=", ".join(terms)))
    return [tuple(flags) for flags in found]


def _hits(batch: pa.RecordBatch, listed: lexicons.Lexicon) -> dict[int, list[str]]:
    """Row -> terms of the list in its title or text, at most `SHOWN`."""
    trie = kernel.build(listed.terms, [0] * len(listed.terms))
    counts = [kernel.count(*documents.text_buffers(batch.column(c)), *trie, 1)[:, 0, 1] for c in ("text", "title")]
    rows = np.flatnonzero(counts[0] + counts[1])
    texts = [f"{batch.column('title')[int(r)]}\n{batch.column('text')[int(r)]}".lower() for r in rows]
    inside = pl.Series(texts, dtype=pl.String).str.extract_many(list(listed.terms), overlapping=True)
    return {int(r): _whole(text, terms) for r, text, terms in zip(rows, texts, inside.to_list(), strict=True)}


def _whole(text: str, terms: Iterable[str]) -> list[str]:
    """The terms that do not stand inside a longer Latin word, each with what stands around it."""
    found = []
    for term in dict.fromkeys(terms):
        before, after = (r"(?<![a-z0-9])" if term[0].isascii() else "", r"(?![a-z0-9])" if term[-1].isascii() else "")
        if place := re.search(before + re.escape(term) + after, text):
            around = text[max(0, place.start() - AROUND) : place.end() + AROUND]
            found.append(f"{term} (…{' '.join(around.split())}…)")
    return found[:SHOWN]


def _names(words: Sequence[lexicons.Lexicon]) -> list[str]:
    packs = [f"{p.name}.{r.name}" for p in rules.load(PACKS) for r in p.rules]
    return [*packs, *risks.DETECTORS, *map(_name, words)]


def _name(listed: lexicons.Lexicon) -> str:
    return f"lexicon:{listed.path.rsplit('/', 1)[-1]}"


def _described(listed: lexicons.Lexicon) -> manifests.Words:
    name = listed.path.rsplit("/", 1)[-1]
    complete = lexicons.coverage(listed).complete
    return manifests.Words(name=name, sha256=listed.digest, terms=len(listed.terms), complete=complete)
