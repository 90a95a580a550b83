"""The two example datasets of the registry: made anew from the bundled sample, and their life replayed in a registry.

    python scripts/make_examples.py datasets OUT   # minutes: curates, takes down, signs with keys made for it
    python scripts/make_examples.py registry       # seconds: writes manifests/ex/ again from what is recorded there

Signatures are random, so `datasets` never gives the same bytes twice; `registry` always does, and a test holds it to
what is committed.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from openclaw_data.dataset import request
from openclaw_data.registry import acts, contribute, layout, records

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "pipelines" / "sample"


class Poll(NamedTuple):
    """A question on a day, the votes it gets, and the day it is closed."""

    action: str
    subject: str
    opened: str
    votes: tuple[tuple[str, str], ...]
    closed: str
    reason: str = ""


class Example(NamedTuple):
    """An example dataset: its recipe's own words, what the second release changes, its takedown, its life."""

    id: str
    name: str
    keeper: str
    recipe: dict[str, Any]
    second: dict[str, Any]
    notice: dict[str, Any]
    life: tuple[Poll, ...]


EXAMPLES = (
    Example(
        id="example-harbour-zh",
        name="Example: Harbour Chinese pages",
        keeper="example-lin",
        recipe={
            "name": "example-harbour-zh",
            "description": "An example: the Chinese pages of the bundled sample.",
            "languages": ("zh",),
            "publication": {
                "licence": "Apache-2.0",
                "creator": "Example Harbour Institute",
                "url": "https://harbour.example.org/zh-pages",
                "name_zh": "示例：港湾中文网页",
                "description_zh": "示例：随项目附带的中文网页。",
            },
        },
        second={"sources": ("pages", "extra")},
        notice={
            "id": "TD-2026-0001",
            "date": "2026-05-11",
            "reason": "The owner of the site asked for it and showed that the site is theirs.",
            "domains": ("example.tw",),
            "dataset": "example-harbour-zh",
            "code": "opt-out",
            "received": "2026-05-08",
            "affected": ("1.0.0", "1.1.0"),
        },
        life=(
            Poll(
                "accept",
                "1.0.0",
                "2026-03-16",
                (("example-wei", "2026-03-18"), ("example-mia", "2026-03-20")),
                "2026-03-23",
            ),
            Poll(
                "accept",
                "1.1.0",
                "2026-04-01",
                (("example-noor", "2026-04-02"), ("example-tao", "2026-04-07")),
                "2026-04-08",
            ),
            Poll("take-down", "TD-2026-0001", "2026-05-11", (("example-mia", "2026-05-11"),), "2026-05-11"),
            Poll("accept", "2.0.0", "2026-05-13", (("example-wei", "2026-05-13"),), "2026-05-13"),
            Poll(
                "deprecate",
                "",
                "2026-08-03",
                (("example-noor", "2026-08-04"),),
                "2026-08-04",
                "A larger crawl takes its place.",
            ),
            Poll(
                "retire",
                "",
                "2026-10-05",
                (("example-mia", "2026-10-06"), ("example-tao", "2026-10-09")),
                "2026-10-12",
                "Nobody has asked for it since it was deprecated.",
            ),
        ),
    ),
    Example(
        id="example-lantern-en",
        name="Example: Lantern English pages",
        keeper="example-ada",
        recipe={
            "name": "example-lantern-en",
            "description": "An example: the English pages of the bundled sample.",
            "languages": ("en",),
            "publication": {
                "licence": "Apache-2.0",
                "creator": "Example Lantern Library",
                "url": "https://lantern.example.org/en-pages",
                "name_zh": "示例：灯笼英文网页",
                "description_zh": "示例：随项目附带的英文网页。",
            },
        },
        second={"without": ("toxicity",)},
        notice={
            "id": "TD-2026-0002",
            "date": "2026-06-08",
            "reason": "A person's name and address stood in one page; asked for by that person.",
            "urls": ("https://blog.slowlane.example.org/encyclopedia/422569.html",),
            "dataset": "example-lantern-en",
            "code": "privacy",
            "received": "2026-06-05",
            "affected": ("1.0.0", "1.1.0"),
        },
        life=(
            Poll(
                "accept",
                "1.0.0",
                "2026-03-16",
                (("example-noor", "2026-03-17"), ("example-wei", "2026-03-21")),
                "2026-03-24",
            ),
            Poll("accept", "1.1.0", "2026-04-20", (("example-mia", "2026-04-20"),), "2026-04-20"),
            Poll("take-down", "TD-2026-0002", "2026-06-08", (("example-wei", "2026-06-08"),), "2026-06-08"),
            Poll("accept", "2.0.0", "2026-06-09", (("example-noor", "2026-06-10"),), "2026-06-10"),
            Poll(
                "deprecate", "", "2026-09-01", (("example-tao", "2026-09-02"),), "2026-09-02", "The library has closed."
            ),
            Poll(
                "retire",
                "",
                "2026-11-02",
                (("example-wei", "2026-11-03"), ("example-mia", "2026-11-04")),
                "2026-11-09",
                "The library has closed.",
            ),
        ),
    ),
)


def datasets(out: Path) -> None:
    """Make the three releases of both datasets: two runs and a takedown each, signed."""
    from openclaw_data import run
    from openclaw_data.commands.audit import audit
    from openclaw_data.dataset import takedown

    for example in EXAMPLES:
        key = _keys(out, example.keeper, ROOT / "manifests" / "keys")
        for version, changes in (("1.0.0", {}), ("1.1.0", example.second)):
            run(_recipe(example, version, changes), out / example.id / version, sign_key=key)
        last = str(out / example.id / "2.0.0")
        takedown.takedown(str(out / example.id / "1.1.0"), request.Request(**example.notice), last, key)
        audit(last, sign_key=str(key))


def _recipe(example: Example, version: str, changes: dict[str, Any]) -> Any:
    from openclaw_data import recipe

    found = recipe.load("sample")
    sources = [s for s in found.sources if s.id in changes.get("sources", ("pages",))]
    packs = [p for p in found.filters if p not in changes.get("without", ())]
    words = example.recipe | {"publication": recipe.Publication(**example.recipe["publication"])}
    rights = recipe.Rights(optout=(str(ROOT / "manifests" / "opt-outs" / "domains.txt"),))
    update = {**words, "version": version, "sources": tuple(sources), "filters": tuple(packs), "rights": rights}
    return found.model_copy(update=update)


def _keys(out: Path, keeper: str, public: Path) -> Path:
    """A new pair of keys: the private one stays in `out`."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    made = ec.generate_private_key(ec.SECP256R1())
    out.mkdir(parents=True, exist_ok=True)
    public.mkdir(parents=True, exist_ok=True)
    formats = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private = out / f"{keeper}.pem"
    private.write_bytes(made.private_bytes(serialization.Encoding.PEM, *formats))
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    (public / f"{keeper}.pub").write_bytes(made.public_key().public_bytes(serialization.Encoding.PEM, spki))
    return private


class Step(NamedTuple):
    """What was just done, on which day, about which poll; its file, and how many of its votes are still to come."""

    done: str
    day: str
    poll: Poll
    path: str
    open_votes: int = 0


def live(example: Example, releases: Path, root: Path) -> Iterator[Step]:
    """Live the life of an example in the registry at `root`, from the releases in `releases`, a step at a time."""
    for poll in example.life:
        if poll.action == "accept":
            _contribute(example, releases / example.id / poll.subject, root)
        if poll.action == "take-down":
            _announce(example, root, "")
        if poll.subject == "2.0.0":
            _announce(example, root, poll.subject)
        asked = acts.Question(poll.action, poll.subject, example.keeper, poll.reason)
        path = acts.propose(root, example.id, asked, poll.opened)
        yield Step("proposed", poll.opened, poll, path, len(poll.votes))
        for i, (handle, day) in enumerate(poll.votes, 1):
            acts.vote(root, path, records.Vote(handle=handle, vote=1, date=day))
            yield Step(f"voted by {handle}", day, poll, path, len(poll.votes) - i)
        acts.close(root, path, result="accepted", today=poll.closed)
        yield Step("closed", poll.closed, poll, path)


def _contribute(example: Example, release: Path, root: Path) -> None:
    """What `manifest init` writes, and what a person adds to it."""
    made = contribute.init(str(release), root, maintainer=example.keeper)
    path = Path(made.folder) / "manifest.yaml"
    if any(file == "manifest.yaml" for file, *_ in made.open_places):
        page = example.recipe["publication"]["url"]
        added = {
            "contact": f"data@{page.split('/')[2]}",
            "name": {"en": example.name, "zh": example.recipe["publication"]["name_zh"]},
            "tags": ["web", "example"],
            "locations": [{"hub": "web", "url": f"{page}/data"}],
        }
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
        path.write_text(f"{head}\n{contribute.dump({**yaml.safe_load(body), **added})}", encoding="utf-8")


def _announce(example: Example, root: Path, fixed_in: str) -> None:
    said = request.Request(**example.notice, fixed_in=fixed_in)
    path = root / "takedowns" / said.id[3:7] / f"{said.id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(contribute.dump(said.model_dump(mode="json", exclude_defaults=True)), encoding="utf-8")


def recorded(registry: Path, out: Path) -> Path:
    """The releases of the examples as datasets without their data, from what a registry has of them."""
    for example in EXAMPLES:
        shutil.copytree(registry / layout.root_of(example.id) / "releases", out / example.id)
    for written in out.rglob("release.yaml"):
        written.unlink()
    return out


def registry(releases: Path) -> None:
    """Write the examples' folders of the registry again, from their releases."""
    root = ROOT / "manifests"
    for example in EXAMPLES:
        shutil.rmtree(root / layout.root_of(example.id), ignore_errors=True)
        for step in live(example, releases, root):
            print(example.id, step.day, step.poll.action, step.poll.subject, step.done)


def main() -> None:
    """The command line."""
    if sys.argv[1] == "datasets":
        datasets(Path(sys.argv[2]))
        registry(Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            registry(recorded(ROOT / "manifests", Path(folder)))


if __name__ == "__main__":
    main()
