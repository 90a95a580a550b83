"""What an audit report says: the schema of `audit/report.json`. The HTML page renders it and adds nothing."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from openclaw_data.dataset.manifest import Review, WordList

FORMAT = "openclaw-data-audit/1"


class Section(BaseModel):
    """A part of the report."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Amount(Section):
    """Documents with their characters and tokens."""

    documents: int = 0
    characters: int = 0
    tokens: int = 0


class Identity(Section):
    """Which dataset this is."""

    name: str
    version: str
    description: str
    run_id: str
    languages: tuple[str, ...]
    recipe_digest: str
    publication: dict[str, Any] = Field(description="who publishes it and how, as far as the recipe says")


class Totals(Section):
    """The balance: read = kept + dropped + errors."""

    read: int
    kept: int
    dropped: int
    errors: int
    kept_amount: Amount
    read_bytes: int = Field(description="size of the raw files")
    text_bytes: int = Field(description="UTF-8 bytes of the kept texts")


class Stage(Section):
    """A step of the funnel: how many documents enter it, and how many it is the first to drop."""

    name: str = Field(description="ingest, recipe, a pack, dedup, ...")
    entered: int
    dropped: int
    errors: int = 0


class RuleCount(Section):
    """What a rule drops: in all, and alone."""

    rule: str
    keep: dict[str, str] = Field(description="language key -> predicate; empty for what is no rule of a pack")
    source: str
    documents: int
    only: int
    characters: int
    tokens: int
    by_language: dict[str, int]


class SourceRow(Section):
    """A source, the record that proves it, and what came of it."""

    id: str
    origin: str
    licence: str
    record: str
    crawl: str
    files: int
    read_bytes: int
    read: int
    kept: Amount
    fetched_first: str = Field(description="ISO 8601; empty: unknown")
    fetched_last: str


class Domain(Section):
    """A registered domain in the kept documents; the empty name: unknown."""

    domain: str
    amount: Amount


class Domains(Section):
    """The domains of the kept documents, by characters; the whole list of the top is in domains.csv."""

    domains: int
    top: tuple[Domain, ...]
    top_tenth_domains: int = Field(description="10 % of the domains, rounded up")
    top_tenth_share: float = Field(description="their share of all characters, 0-1")
    top_1000_share: float
    curve: tuple[tuple[float, float], ...] = Field(description="share of domains, largest first -> share of characters")


class LanguageRow(Section):
    """A language in a script."""

    language: str
    script: str
    read: int
    kept: Amount


class Times(Section):
    """When the kept documents were fetched. `by_month`: YYYY-MM -> documents."""

    first: str
    last: str
    unknown: int
    by_month: dict[str, int]


class Rights(Section):
    """What pages and headers say of their rights, over all documents with a text: value -> [read, kept]."""

    status: dict[str, tuple[int, int]]
    signals: dict[str, tuple[int, int]]
    optouts: dict[str, str] = Field(description="opt-out list or index of robots.txt -> sha256")


class Pii(Section):
    """Personal data that was masked in the kept documents, by column: [documents, items]."""

    masked: dict[str, tuple[int, int]]
    searched: int = Field(description="published documents that were searched again, chosen by digest")
    residual: dict[str, tuple[int, int]] = Field(description="what was found in them: kind -> [documents, values]")
    edits: tuple[str, ...]


class Risks(Section):
    """Toxicity scores, and risk codes -> [read, kept] documents. `covers`: what is seen of each risk, if anything."""

    toxicity: "Histogram | None"
    covers: dict[str, str]
    codes: dict[str, tuple[int, int]]
    lexicons: tuple[WordList, ...] = Field((), description="the recipe's own word lists")


class Duplicates(Section):
    """Duplicates among the documents that the rules kept."""

    compared: int
    dropped: dict[str, int] = Field(description="reason -> documents")
    clusters: int
    largest: int
    settings: dict[str, Any]


class Contamination(Section):
    """Documents that hold items of benchmarks: benchmark -> [read, kept]."""

    benchmarks: dict[str, tuple[int, int]]
    settings: dict[str, Any]


class Bins(Section):
    """Counts of adjacent bins; `first` is the number of the first one on the scale."""

    first: int
    counts: tuple[int, ...]


class Threshold(Section):
    """A line that a rule draws through a signal, for one language."""

    rule: str
    language: str
    value: float


class Histogram(Section):
    """A signal's values over all judged documents and over the kept ones, by language.

    Scale `fraction`: bin i holds [i/100, (i+1)/100), bin 100 everything from 1 on. Scale `log`: bin 0 holds what is
    below 0.01, bin i [0.01 * 10^((i-1)/12), 0.01 * 10^(i/12)). Scale `count`: the same with 1 in place of 0.01.
    """

    name: str
    unit: str
    meaning: str
    source: str
    scale: str
    judged: dict[str, Bins]
    kept: dict[str, Bins]
    thresholds: tuple[Threshold, ...]


class Sample(Section):
    """A document as an example of an outcome; `text` is empty unless texts were asked for."""

    id: str
    url: str
    language: str
    source_id: str
    char_count: int
    values: dict[str, Any]
    text: str = ""


class Samples(Section):
    """Examples, chosen by the digest of their text."""

    with_texts: bool
    kept: tuple[Sample, ...]
    dropped: dict[str, tuple[Sample, ...]] = Field(description="rule -> documents")


class Reproducibility(Section):
    """What the result depends on."""

    code: dict[str, str]
    environment: dict[str, str]
    packs: dict[str, str]
    models: dict[str, str]
    recipe: dict[str, Any]
    shards: int
    shard_bytes: int


class Missing(Section):
    """A block that says nothing, and why."""

    block: str
    reason: str
    reason_zh: str = Field("", description="the same in Chinese")


class Report(Section):
    """The whole report."""

    format: str = FORMAT
    identity: Identity
    totals: Totals
    funnel: tuple[Stage, ...]
    rules: tuple[RuleCount, ...]
    errors: dict[str, int]
    sources: tuple[SourceRow, ...]
    domains: Domains
    languages: tuple[LanguageRow, ...]
    times: Times
    rights: Rights | None
    licences: dict[str, Amount]
    pii: Pii | None
    risks: Risks | None
    duplicates: Duplicates | None
    contamination: Contamination | None
    signals: tuple[Histogram, ...]
    samples: Samples
    review: Review | None = Field(None, description="results of the spot check, where one was held")
    estimate: dict[str, tuple[float, float]] = Field({}, description="what was said before the run, what it was")
    reproducibility: Reproducibility
    not_measured: tuple[Missing, ...]


def schema() -> dict[str, Any]:
    """The JSON Schema of a report, as committed in manifests/schemas/."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Report.model_json_schema()}
