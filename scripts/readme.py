"""Keep what README.md and README.zh.md show true: the tree of files, the commands, the output of the sample run.

    python scripts/readme.py          # rewrite the parts between the marks
    python scripts/readme.py --check  # exit with 1 if the tree is not current; a test does

A Python file says what it is in the first line of its docstring, a YAML file in `description`, a Markdown file in its
title. Folders of data are one line each.
"""

import ast
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import typer

from openclaw_data.cli import app

ROOT = Path(__file__).parents[1]
FOLDERS = {
    ".ci": "what must pass before a change is merged",
    ".github": "issue forms and the checks of pull requests",
    "docker": "images of workers and of a Dataflow template",
    "docs": "one page a topic, with measured figures",
    "tests": "mirrors the package; tests are named as sentences, twins of kernels are `reference_*.py`",
    "filters/words": "stop words",
    "filters/lexicons": "word lists with owner, category, source and licence",
    "filters/models": "small classifiers, each with its card",
    "pipelines/sample": "raw pages written for the project",
    "scripts/sample_prose": "the prose of the bundled sample",
    "manifests": "the community registry of datasets",
}
"""Folders shown as one line."""
FILES = {
    "LICENSE": "Apache-2.0",
    "Makefile": "run, test, lint, types, check",
    "pyproject.toml": "dependencies and tools",
    "README.zh.md": "this page in Chinese",
    "filters/README.zh.md": "the same in Chinese; the Chinese report takes the signals' meanings from it",
    ".pre-commit-config.yaml": "the linters before each commit",
    "CHANGELOG.md": "what changed, in sentences",
    "CONTRIBUTING.md": "how to set up, test and add a rule, a signal, a recipe, a dataset",
}
HIDDEN = (".gitignore", "__init__.py", "py.typed")
_WIDTH = 38


def tracked() -> list[str]:
    """The files of the project, as git knows them."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(p for p in listed.stdout.split("\n") if p and (ROOT / p).is_file())


def about(path: str) -> str:
    """What a file says of itself, in one line."""
    if path in FILES:
        return FILES[path]
    text = (ROOT / path).read_text(encoding="utf-8", errors="replace") if not path.endswith((".npz", ".gz")) else ""
    line = ""
    if path.endswith(".py"):
        line = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    elif path.endswith((".yaml", ".yml")):
        found = re.search(r"^description: *(.+)$", text, re.MULTILINE)
        line = found[1].strip("\"'") if found else ""
    elif path.endswith(".md"):
        line = text.split("\n", 1)[0].lstrip("# ")
    elif text.startswith("#"):
        line = text.split("\n", 1)[0].lstrip("#! ")
    line = " ".join(line.split())
    return re.split(r"(?<=[a-z0-9`\"')])(?<!et al)\. ", line)[0].rstrip(".:")


def tree() -> str:
    """The tree, a line a file, folders before it."""
    lines: list[str] = []
    seen: set[str] = set()
    for path in sorted(tracked(), key=lambda p: (p.count("/") == 0, p)):
        folder = next((f for f in FOLDERS if path.startswith(f + "/")), None)
        if folder:
            if folder not in seen:
                seen.add(folder)
                lines.append(f"{folder + '/':{_WIDTH}} {FOLDERS[folder]}")
        elif Path(path).name not in HIDDEN and path != "README.md":
            lines.append(f"{path:{_WIDTH}} {about(path)}".rstrip())
    return "```\n" + "\n".join(lines) + "\n```"


def sample_run() -> str:
    """What `make run` prints, without times and places of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        program = [sys.executable, "-c", "from openclaw_data.cli import main; main()"]
        words = ["run", "sample", "--output", "out/sample", "--work", f"{folder}/work"]
        environment = {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(
            [*program, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
    printed = "\n".join(line.rstrip() for line in ended.stdout.splitlines())
    return "```\n$ make run\n" + printed.strip("\n") + "\n```"


def commands() -> str:
    """The table of commands, from the first sentence of each one's help."""
    rows = ["| command | what it does |", "|---|---|"]
    rows += [f"| `openclaw-data {name}` | {text} |" for name, text in listed(app)]
    return "\n".join(rows)


def listed(group: typer.Typer, prefix: str = "") -> list[tuple[str, str]]:
    """(name, first sentence of the help) of every command."""
    found = []
    for command in group.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__.replace("_", "-")
        text = " ".join((command.help or command.callback.__doc__ or "").split("\n\n")[0].split())
        found.append((prefix + name, text))
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        found += listed(inner.typer_instance, f"{prefix}{inner.name} ")
    return found


def replace(text: str, name: str, new: str) -> str:
    """The text with what stands between `<!-- name -->` and `<!-- /name -->` replaced, unless only seconds changed."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    start, stop = text.index(begin) + len(begin), text.index(end)
    if untimed(text[start:stop]) == untimed(new):
        return text
    return f"{text[:start]}\n{new}\n{text[stop:]}"


def untimed(text: str) -> str:
    return re.sub(r"[\d.]+\s+s\b", "s", text).strip()


def main() -> int:
    readme, chinese = ROOT / "README.md", ROOT / "README.zh.md"
    text = readme.read_text(encoding="utf-8")
    new = replace(replace(text, "tree", tree()), "commands", commands())
    if "--check" in sys.argv:
        return int(new != text)
    run = sample_run()
    readme.write_text(replace(new, "run", run), encoding="utf-8")
    chinese.write_text(replace(chinese.read_text(encoding="utf-8"), "run", run), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
