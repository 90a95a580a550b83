"""Commands about one document and one dataset: trace, verify, sign, takedown, diff, publish."""

import json
import sys
from typing import Annotated, Any

import typer

_PARTS = (
    "dataset", "source", "raw", "extraction", "page", "edits", "text", "rights", "duplicates", "decisions", "data",
)  # fmt: skip
Dataset = Annotated[str, typer.Argument(help="Folder (or URL) of a dataset.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (trace, verify, sign, takedown, diff, publish):
        app.command()(command)


def trace(
    dataset: Dataset,
    document: Annotated[str, typer.Argument(metavar="ID", help="The document's id, kept or dropped.")],
    replay: Annotated[
        bool, typer.Option("--replay", help="Read the raw record again and make the text again.")
    ] = False,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", "-i", metavar="PATH", help="Raw files, or folders of them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell everything about one document: where it is from, what was done to it, why it is here or not.

    Example: openclaw-data trace out urn:uuid:7f0e... --replay --input crawl/
    """
    from openclaw_data.documents import DataError
    from openclaw_data.flow import trace as tracing

    found = tracing.trace(dataset, document)
    if replay:
        if not inputs:
            raise DataError("trace --replay", "needs the raw files.", "Add --input PATH.")
        made = tracing.replay(dataset, [document], inputs)
        found = [{**told, "replay": again._asdict()} for told, again in zip(found, made, strict=True)]
    if as_json:
        _print_json(found)
    else:
        for told in found:
            _print_trace(told)
    if any(not told["replay"]["same"] for told in found if "replay" in told):
        sys.exit(1)


def verify(
    dataset: Dataset,
    key: Annotated[
        str | None, typer.Option(metavar="PUB", help="Public key (PEM) the dataset must be signed with.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check hashes, counts, schema, card, Croissant, provenance and signature; name every file that is wrong.

    Example: openclaw-data verify out --key publisher.pub
    """
    from openclaw_data.dataset.verify import verify as check

    report = check(dataset, key)
    if as_json:
        _print_json({**report._asdict(), "problems": [p._asdict() for p in report.problems]})
    else:
        for problem in report.problems:
            _print(f"{problem.file}: {problem.fact}")
        state = {"yes": "signature valid", "unchecked": "signature not checked (give --key)", "no": "not signed"}
        count = len(report.problems)
        verdict = f"{count} problem{'s' * (count > 1)}" if count else "all well"
        _print(
            f"{verdict}: {report.files} files, {report.size_bytes / 1e6:,.1f} MB, {report.rows:,} documents, "
            f"{state[report.signed]}."
        )
    if report.problems:
        sys.exit(1)


def sign(
    dataset: Dataset,
    key: Annotated[str, typer.Option(metavar="KEY", help="EC P-256 private key (PEM).")],
) -> None:
    """Sign a dataset: the provenance statement and, in model.sig, the whole folder.

    Make a key: openssl ecparam -name prime256v1 -genkey -noout -out key.pem

    Its public half: openssl ec -in key.pem -pubout -out key.pub
    """
    from openclaw_data.dataset import manifest
    from openclaw_data.dataset.seal import seal

    seal(dataset, manifest.read(dataset), key)
    _print(f"{dataset}: signed.")


def takedown(
    dataset: Dataset,
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of the new version; must be new or empty.")],
    request: Annotated[
        str, typer.Option(metavar="TD.yaml", help="The request; docs/provenance.md says how it is written.")
    ] = "",
    optout: Annotated[
        str, typer.Option(metavar="LIST", help="Instead: an opt-out list; every domain in it is taken out.")
    ] = "",
    date: Annotated[str, typer.Option(metavar="DAY", help="With --optout: when it is applied. [default: today]")] = "",
    sign_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Sign the new version with this key (PEM).")
    ] = None,
) -> None:
    """Take documents out: by id, URL, URL prefix, domain or text hash. Writes the next major version.

    Example: openclaw-data takedown out --request TD-2026-0007.yaml --output out-2
    """
    import datetime as dt

    from openclaw_data.dataset import request as requests
    from openclaw_data.dataset import takedown as removing
    from openclaw_data.documents import DataError

    if bool(request) == bool(optout):
        raise DataError("takedown", "says not what to take out.", "Give either --request or --optout.")
    if request:
        asked = requests.read(request)
    else:
        asked = requests.from_optouts(optout, date or dt.datetime.now(dt.UTC).date().isoformat())
    new = removing.takedown(dataset, asked, output, sign_key)
    done = new.takedowns[-1]
    stay = f"{new.counts.kept:,} stay. {output}: {new.name} {new.version}"
    _print(f"{done.documents:,} documents removed by {done.id}; {stay}")


def diff(
    a: Annotated[str, typer.Argument(help="A dataset.")],
    b: Annotated[str, typer.Argument(help="Another, usually the newer one.")],
    as_json: AsJson = False,
) -> None:
    """Compare two datasets: documents that entered or left, by rule and source, and what changed in the rules.

    Example: openclaw-data diff out-1 out-2
    """
    from openclaw_data.dataset.diff import diff as compare

    found = compare(a, b)
    if as_json:
        _print_json(found._asdict())
    else:
        _print_diff(found)


def publish(
    dataset: Dataset,
    to: Annotated[
        str, typer.Option(metavar="PLACE", help="hf:owner/name, modelscope:owner/name, a URL (s3://...) or a folder.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Send it; without this, only say what would be sent.")] = False,
    key: Annotated[str | None, typer.Option(metavar="PUB", help="Public key (PEM) it must be signed with.")] = None,
) -> None:
    """Send a dataset to a hub, object storage or a folder; checked before and after, goes on where it was stopped.

    Credentials are those of the place's own client (HF_TOKEN, `modelscope login`, AWS_...); HF_ENDPOINT is honoured.

    Example: openclaw-data publish out --to hf:owner/name --yes
    """
    from openclaw_data.dataset import upload

    planned = upload.plan(dataset, to, key)
    todo = planned.todo
    for item in planned.items:
        state = "there" if item.there else "sent" if yes else "would be sent"
        if not yes or item.there:
            _print(f"{state:<14}{item.size_bytes:>15,}  {item.path}")
    if yes:
        upload.send(dataset, planned, key, lambda path: _print(f"sent          {path}"))
    size = sum(i.size_bytes for i in todo) / 1e6
    verb = "sent and checked" if yes else "would be sent; add --yes to send"
    _print(f"{planned.title} to {planned.place}: {len(todo)} files, {size:,.1f} MB {verb}.")


def _print_trace(told: dict[str, Any]) -> None:
    because = f": {', '.join(told['dropped_by'])}" if told["dropped_by"] else ""
    _print(f"{told['id']}\n  {told['outcome']}{because}")
    for part in _PARTS:
        if told[part]:
            _print(f"  {part:<11}{_pairs(told[part])}")
    for part in told["parts"]:
        _print(f"  {'part':<11}{part['language']}, {part['share']:.0%} of the words, {part['words']} of them")
    for rule in (one for found in told["rules"] for one in found.get("parts", [found])):
        mark = {True: "kept   ", False: "DROPPED", None: "-      "}[rule["held"]]
        excuse = f", excused by {', '.join(rule['excused_by'])}" if rule.get("excused_by") else ""
        predicate = rule["keep"] or "not for this language"
        where = f" ({rule['part']})" if "part" in rule else ""
        _print(f"  rule {mark} {rule['rule']}{where}: {predicate}  [{_pairs(rule['values'])}]{excuse}")
    if told["other"]:
        _print(f"  {'signals':<11}{_pairs(told['other'])}")
    if "replay" in told:
        made = told["replay"]
        verdict = "reproduced" if made["same"] else "NOT reproduced"
        _print(f"  replay     {verdict}: recorded {made['recorded']}, made again {made['found']}")
        if made["differing"]:
            _print(f"             other values in: {', '.join(made['differing'])}")


def _print_diff(found: Any) -> None:
    _print(f"A: {found.a}, {found.kept_a:,} kept\nB: {found.b}, {found.kept_b:,} kept")
    for name, total, rules, sources, ids in (
        ("entered", found.entered, found.entered_by_rule, found.entered_by_source, found.entered_ids),
        ("left", found.left, found.left_by_rule, found.left_by_source, found.left_ids),
    ):
        _print(f"{total:,} {name}" + (f", for example {', '.join(ids)}" if ids else ""))
        for kind, counts in (("rule", rules), ("source", sources)):
            for key, n in counts.items():
                _print(f"  {kind} {key}: {n:,}")
    _print(f"{found.changed:,} kept in both with another text")
    for title, pairs in (("rules", found.rules), ("settings", found.settings)):
        for key, (before, after) in pairs.items():
            _print(f"{title} {key}\n  A: {before or '(none)'}\n  B: {after or '(none)'}")


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{k}={_shown(v)}" for k, v in values.items())


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return " ".join(value) or "none" if isinstance(value, list) else str(value) or "''"


def _print_json(value: Any) -> None:
    _print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _print(text: str) -> None:
    """Text of the web may hold control characters: a terminal gets none."""
    sys.stdout.write("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text) + "\n")
