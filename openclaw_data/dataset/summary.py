"""The last thing a run prints: what was kept, what was dropped and why, from the manifest alone."""

from rich import box
from rich.console import Console
from rich.table import Table

from openclaw_data.dataset.manifest import Manifest

_MB = 1e6


def show(manifest: Manifest, output: str, console: Console) -> None:
    """Print the outcome per language, the rules that dropped, the errors and the sizes."""
    counts = manifest.counts
    console.print(_outcomes(manifest))
    if counts.by_rule:
        console.print(_rules(manifest))
    if counts.by_error:
        errors = ", ".join(f"{name} {n:,}" for name, n in counts.by_error.items())
        console.print(f"Errors (quarantined): {errors}", soft_wrap=True)
    if manifest.duplicates.clusters:
        console.print(_duplicates(manifest), soft_wrap=True)
    console.print(_sizes(manifest), soft_wrap=True)
    if manifest.estimate:
        console.print(f"Estimate and actual: {forecast(manifest)}.", soft_wrap=True)
    console.print(
        f"{counts.read:,} read = {counts.kept:,} kept + {counts.dropped:,} dropped + {counts.errors:,} errors. "
        f"Result: {output}",
        soft_wrap=True,
    )


def _outcomes(manifest: Manifest) -> Table:
    table = Table(title=f"{manifest.name} {manifest.version}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("language")
    for name in ("read", "kept", "dropped", "errors"):
        table.add_column(name, justify="right")
    for language in _languages(manifest):
        row = manifest.counts.by_language[language]
        table.add_row(language, *(f"{n:,}" for n in (row.read, row.kept, row.dropped, row.errors)))
    return table


def _rules(manifest: Manifest) -> Table:
    languages = _languages(manifest)
    table = Table(title="Dropped by (a document may break several rules)", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("rule")
    for language in languages:
        table.add_column(language, justify="right")
    rules = manifest.counts.by_rule.items()
    for rule, found in sorted(rules, key=lambda item: (-sum(item[1].values()), item[0])):
        table.add_row(rule, *(f"{found[lang]:,}" if lang in found else "" for lang in languages))
    return table


def _duplicates(manifest: Manifest) -> str:
    """`Duplicates: 12 of 80 documents go, in 9 clusters (7 of 2, 2 of 3 to 10); the largest has 4: https://...`."""
    found = manifest.duplicates
    steps = ((2, 2, "2"), (3, 10, "3 to 10"), (11, 100, "11 to 100"), (101, 1 << 62, "more"))
    sizes = [(sum(n for s, n in found.by_size.items() if low <= int(s) <= high), name) for low, high, name in steps]
    shown = ", ".join(f"{n:,} of {name}" for n, name in sizes if n)
    first = found.largest[0]
    return (
        f"Duplicates: {found.going:,} of {found.compared:,} documents go, "
        f"in {found.clusters:,} cluster{'s' * (found.clusters != 1)} ({shown}); "
        f"the largest has {first.size:,}: {first.urls[0] or first.ids[0]}"
    )


def forecast(manifest: Manifest) -> str:
    """`documents 1,000 and 1,012, cpu seconds 12.0 and 12.4`."""
    return ", ".join(
        f"{key.replace('_bytes', ' MB').replace('_', ' ')} {_shown(key, row.estimated)} and {_shown(key, row.actual)}"
        for key, row in manifest.estimate.items()
    )


def _shown(key: str, value: float) -> str:
    return (
        f"{value / _MB:,.1f}"
        if key.endswith("_bytes")
        else f"{value:,.1f}"
        if key.endswith("_seconds")
        else f"{value:,.0f}"
    )


def _languages(manifest: Manifest) -> list[str]:
    """The wanted languages first, then the others by size; the small ones are left to the manifest."""
    found = manifest.counts.by_language
    others = sorted((x for x in found if x not in manifest.languages), key=lambda x: (-found[x].read, x))
    return [*(x for x in manifest.languages if x in found), *others[:4]]


def _sizes(manifest: Manifest) -> str:
    read = sum(i.size_bytes for i in manifest.inputs) / _MB
    written = sum(s.size_bytes for s in manifest.shards) / _MB
    text = sum(s.text_bytes for s in manifest.shards) / _MB
    times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in manifest.seconds.items())
    shards = f"{len(manifest.shards)} shard{'s' * (len(manifest.shards) != 1)}"
    return f"{read:.1f} MB in, {text:.1f} MB of text out ({written:.1f} MB in {shards}); {times}"
