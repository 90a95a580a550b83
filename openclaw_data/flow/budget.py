"""The error budget: a run with more unreadable records than its recipe allows ends after its first stage."""

from collections import Counter

from openclaw_data import storage
from openclaw_data.documents import ERRORS, DataError
from openclaw_data.flow import work as folder

_TOP = 5


def check(job: folder.Job) -> None:
    """Compare the errors of all parts with `errors.max_fraction`.

    Raises:
        DataError: there are more; names the most frequent reasons and where the quarantine is.
    """
    asked = job.resolved.recipe.errors
    if asked is None:
        return
    markers = [folder.marker(job.work, "annotated", number) for number in range(job.parts)]
    records = sum(m["records"] for m in markers)
    found: Counter[str] = Counter()
    for facts in markers:
        found.update(facts["errors"])
    if found.total() <= asked.max_fraction * records:
        return
    most = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_TOP]
    reasons = "; ".join(f"{name} {n:,} ({ERRORS[name]})" for name, n in most)
    raise DataError(
        storage.join(job.work, "quarantine"),
        f"{found.total():,} of {records:,} records are errors, more than errors.max_fraction = {asked.max_fraction:g} "
        f"allows: {reasons}.",
        "Repair the input and run again, or raise the budget and go on from these parts with `openclaw-data refilter`.",
    )
