"""What somebody asks of a run: a rule removed, a rule with another predicate, or a new rule."""

from typing import NamedTuple

import polars as pl

from openclaw_data import rules
from openclaw_data.errors import DataError, hint

NEW = "asked.rule"
"""The name of a rule that no pack has yet."""
ALWAYS = "language = language"
"""A predicate that is true of every document."""


class Question(NamedTuple):
    """A change of one rule.

    `rule`: its name (`pack.rule`), or `NEW`. `pack`: it alone, as it would be; None where it has no predicate.
    `line`: the rule around whose line samples are taken, in its pack: the new one, or the old one if it is removed.
    """

    rule: str
    keep: str
    language: str
    pack: rules.Pack | None
    line: rules.Pack | None

    @property
    def unit(self) -> str:
        """What is counted."""
        after_all = self.rule.startswith("dedup.")
        return "documents of the dataset" if after_all else "documents after the rules, before deduplication"

    @property
    def words(self) -> str:
        """The question in words."""
        where = f" for {self.language}" if self.language else ""
        if not self.keep:
            return f"{self.rule} removed{where}"
        if self.rule == NEW:
            return f"a new rule{where}: {self.keep}"
        return f"{self.rule} with {self.keep}{where}"


def ask(
    packs: tuple[rules.Pack, ...], columns: list[str], rule: str = "", keep: str = "", language: str = ""
) -> Question:
    """Check and complete a question.

    Args:
        packs: the packs of the run.
        columns: what the parts hold.
        rule: a rule of a pack, or another reason such as `recipe.language` or `dedup.near`; empty: a new rule.
        keep: the new predicate; empty: the rule is removed.
        language: the only language (`zh`) or language with script (`zh-Hant`) it is changed for; empty: all.

    Raises:
        DataError: an unknown rule or column, a predicate that is none, a rule that cannot be changed so.
    """
    if not rule and not keep:
        raise DataError("explain", "nothing is asked.", "Give --rule, --keep or both.")
    found = {f"{pack.name}.{r.name}": (pack, r) for pack in packs for r in pack.rules}
    if keep:
        check(keep, columns)
    if rule and rule not in found:
        if not rule.startswith(("recipe.", "dedup.")):
            known = [*found, "recipe.language", "dedup.exact", "dedup.near"]
            raise DataError(f"rule {rule!r}", "the run has no such rule.", hint(rule, known))
        if keep or language:
            raise DataError(f"rule {rule!r}", "has no predicate.", "Leave out --keep and --language to see it removed.")
        return Question(rule, "", "", None, None)
    pack, old = found.get(rule, (rules.Pack(NEW.partition(".")[0], "", "", "", (), (), "", ""), None))
    if old is None:
        new = rules.Rule(NEW.partition(".")[2], {language or rules.DEFAULT: keep}, "", (), ())
    elif language:
        new = old._replace(keep={**old.keep, language: keep or ALWAYS})
    else:
        new = old._replace(keep={rules.DEFAULT: keep or ALWAYS})
    asked = pack._replace(rules=(new,))
    line = asked if keep or old is None else pack._replace(rules=(old,))
    return Question(rule or NEW, keep, language, asked, line)


def check(predicate: str, columns: list[str]) -> None:
    """Raise a DataError where a predicate cannot be used on these columns."""
    place = f"--keep {predicate!r}"
    try:
        names = rules.expression(predicate).meta.root_names()
    except ValueError as error:
        raise DataError(place, f"cannot be used: {error}.") from None
    if not names:
        raise DataError(place, "looks at no column.", "Name a signal in it, for example words >= 50.")
    for name in names:
        if name not in columns:
            remedy = f"{hint(name, columns)} A signal is in the parts when a rule of the run needs it."
            raise DataError(place, f"the parts do not hold {name!r}.", remedy)


def probe(predicate: str, frame: pl.DataFrame) -> None:
    """Raise a DataError where a predicate is not one true or false a document."""
    place = f"--keep {predicate!r}"
    try:
        verdict = frame.head(3).select(rules.expression(predicate).alias("keep"))["keep"]
    except Exception as error:  # noqa: BLE001 - polars raises many types here, its panics among them
        raise DataError(place, f"cannot be used: {str(error).splitlines()[0]}.") from None
    if verdict.dtype != pl.Boolean or len(verdict) != frame.head(3).height or verdict.null_count():
        raise DataError(place, "is not one true or false a document.", "Compare a column with something.")
