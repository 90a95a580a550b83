"""Rule packs: YAML files of named SQL predicates over signals, and the verdict on a batch of documents.

A pack is data (see filters/README.md for how to write one). A rule says what is kept; a document that fails any rule
is dropped, and the verdict lists every rule it failed as `pack.rule`. Where `keep` is a mapping, its keys are
languages (`en`), languages with a script (`zh-Hant`) or `default`: the most exact key that fits the document is
used, and a document whose language has no key is not judged by that rule. `languages` on a pack limits all its rules
in the same way.

A document in two languages is judged part by part by the rules that are bound to a language (`signals.mixed`).

A pack may also hold excuses. An excuse says when rules, its own pack's or others', do not judge a document: a page of
program text is not dropped for its marks. It counts only where its pack is loaded.

SQL semantics let a null pass silently and call `NaN >= 0.5` true, so `judge` refuses both.
"""

from openclaw_data.rules.packs import DEFAULT, Example, Excuse, Pack, Rule, available, examples, load, read
from openclaw_data.rules.predicates import COLUMNS, FUNCTIONS, expression
from openclaw_data.rules.reading import hint
from openclaw_data.rules.verdict import (
    PARTS,
    ROW,
    by_part,
    excuses_of,
    judge,
    kept_by,
    languages_asking,
    matches,
    needed,
    parts_of,
)

__all__ = [
    "COLUMNS",
    "DEFAULT",
    "FUNCTIONS",
    "PARTS",
    "ROW",
    "Example",
    "Excuse",
    "Pack",
    "Rule",
    "available",
    "by_part",
    "examples",
    "excuses_of",
    "expression",
    "hint",
    "judge",
    "kept_by",
    "languages_asking",
    "load",
    "matches",
    "needed",
    "parts_of",
    "read",
]  # fmt: skip
