"""The images of docker/, as far as they can be held without building them."""

import importlib
import json
import re
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from openclaw_data.errors import DataError
from openclaw_data.flow.work import Engine

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
COPIED = [word for line in re.findall(r"^COPY (?!--)(.+)", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]]


def test_the_image_has_the_oldest_beam_and_python_that_the_package_takes():
    """A worker must have the Beam of whoever sends the job; another one is a build argument."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [beam] = [d.removeprefix("apache-beam>=") for d in project["dependencies"] if d.startswith("apache-beam")]
    [built] = re.findall(r"^ARG BEAM=(.+)", DOCKERFILE, re.MULTILINE)
    assert built.startswith(f"{beam}.")
    python = project["requires-python"].removeprefix(">=")
    assert f"FROM apache/beam_python{python}_sdk:" in DOCKERFILE
    assert f"python{python.replace('.', '')}-template-launcher-base" in DOCKERFILE


def test_everything_the_images_copy_is_there_and_sent_to_the_build():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for name in COPIED:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored
    included = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    for name in included["force-include"]:
        assert any(fnmatch(name, f"{copied}*") for copied in COPIED), name


def test_no_source_stays_where_a_worker_would_import_it_before_the_package():
    worker = DOCKERFILE.split("FROM ")[1]
    assert all(
        line.endswith(("/opt/source/", f"/opt/source/{line.split()[1]}")) for line in re.findall("COPY .+", worker)
    )
    assert "rm -rf /opt/source" in worker
    assert re.findall("WORKDIR (.+)", worker) == ["/opt/openclaw-data"]


def test_every_parameter_of_the_template_is_known_to_what_it_launches(monkeypatch):
    options = pytest.importorskip("apache_beam.options.pipeline_options")
    monkeypatch.setattr(sys, "path", [str(ROOT / "docker"), *sys.path])
    own = {action.dest for action in importlib.import_module("launch").parser()._actions}
    for parameter in json.loads((ROOT / "docker" / "template.json").read_text("utf-8"))["parameters"]:
        for pattern in parameter["regexes"]:
            re.compile(pattern)
        of_beam = options.PipelineOptions([f"--{parameter['name']}=x"]).get_all_options(drop_default=True)
        assert parameter["name"] in {*own, *of_beam}


def test_a_template_launch_is_asked_for_the_image_alone():
    on_beam = importlib.import_module("openclaw_data.flow.on_beam")
    options = ("--template_location=gs://b/launch.json", "--sdk_container_image=i")
    on_beam.refuse_missing(Engine(1, "DataflowRunner", options))
    with pytest.raises(DataError, match="needs --sdk_container_image"):
        on_beam.refuse_missing(Engine(1, "DataflowRunner", options[:1]))
