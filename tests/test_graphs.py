"""The graphs that a runner gets: what crosses a shuffle, how often, and that nothing in them is code."""

import base64
import bz2
import importlib
import json
import os
import pickletools
import subprocess
import sys
import zlib
from pathlib import Path

import apache_beam as beam
import pyarrow.parquet as pq
import pytest
from apache_beam.internal import pickler
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_runner_api_pb2 as api

import openclaw_data
from openclaw_data import recipe, share
from openclaw_data.documents import DataError
from openclaw_data.flow import graphs, local, matching, on_beam, pool, runner
from openclaw_data.flow.run import prepare
from openclaw_data.flow.work import Engine

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "graphs.json"
PAGES = share.folder("pipelines") / "sample" / "pages.warc.gz"
DATAFLOW = ["--project=a-project", "--region=europe-west4", "--temp_location=gs://a-bucket/tmp"]
IMAGE = "--sdk_container_image=europe-docker.pkg.dev/a-project/curation/openclaw-data:0.1.0"
CARRIED = {"kv<varint, bytes>", "kv<varint, kv<varint, bytes>>"}
"""All that crosses a shuffle: numbers and raw bytes, which hold keys, rows and signatures (see docs/beam.md)."""


def everything():
    """A recipe with every kind of deduplication."""
    dedup = recipe.Dedup(url=True, lines=recipe.Lines(max_documents=2, max_fraction=0.9, remove=True))
    return recipe.load("web").model_copy(update={"dedup": dedup})


@pytest.fixture(scope="module")
def made():
    """The graphs of a run into a bucket."""
    engine = Engine(1, "DataflowRunner", (*DATAFLOW, IMAGE))
    job, _, splits = prepare(everything(), "gs://a-bucket/out", None, {"cc": [PAGES]}, engine)
    return graphs.of(job, splits)


def test_labels_and_shuffles_are_those_a_running_job_may_be_updated_to(made):
    told = {g.name: {k: graphs.describe(g.proto)[k] for k in ("labels", "stages", "shuffles")} for g in made}
    text = json.dumps(told, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "if it is meant: UPDATE_GOLDEN=1 pytest tests/test_graphs.py"


def test_no_step_has_a_side_input_and_only_numbers_and_bytes_cross_a_shuffle(made):
    for graph in made:
        told = graphs.describe(graph.proto)
        assert told["side_inputs"] == 0
        assert set(told["shuffles"].values()) <= CARRIED, graph.name
        assert told["environments"] == [f"docker {IMAGE.partition('=')[2]}"]


def payloads(proto):
    """The function of every step, as it is pickled: (label, bytes)."""
    for transform in proto.components.transforms.values():
        if transform.spec.urn == "beam:transform:pardo:v1":
            spec = api.ParDoPayload.FromString(transform.spec.payload).do_fn
            assert spec.urn == python_urns.PICKLED_DOFN_INFO
            yield transform.unique_name, spec.payload


def names_in(payload):
    """The modules and names that a pickle asks for."""
    packed = base64.b64decode(payload)
    try:
        data = bz2.decompress(packed)
    except OSError:
        data = zlib.decompress(packed)
    texts: list[str] = []
    for code, value, _ in pickletools.genops(data):
        assert code.name not in ("REDUCE_EX", "INST", "OBJ")
        if code.name == "GLOBAL":
            yield tuple(value.split(" "))
        elif code.name == "STACK_GLOBAL":
            yield tuple(texts[-2:])
        if isinstance(value, str):
            texts.append(value)


def test_a_graph_holds_names_of_functions_and_never_their_code(made):
    seen = set()
    for graph in made:
        for label, payload in payloads(graph.proto):
            for module, _ in names_in(payload):
                assert "cloudpickle" not in module, f"{graph.name}, {label}: code is pickled"
                assert "dill" not in module
            step = pickler.loads(payload)[0]
            assert type(step) in (on_beam.Each, on_beam.Flat), f"{graph.name}, {label}"
            function = step.function
            assert getattr(importlib.import_module(function.__module__), function.__qualname__) is function
            assert function.__module__.startswith("openclaw_data.flow.")
            seen.add(function.__qualname__)
    assert {"annotate_split", "near_keys", "write_shard", "answer"} <= seen
    pipeline = beam.Pipeline(runner=on_beam.IN_MEMORY)
    assert pipeline | beam.Create([1])
    theirs = pipeline.to_runner_api()
    assert any("cloudpickle" in module for _, payload in payloads(theirs) for module, _ in names_in(payload))


def test_no_text_crosses_a_shuffle_and_the_graphs_are_those_of_a_run(made, tmp_path, monkeypatch):
    """What is sent is looked at on the way: none of it is a piece of any document, and it is small."""
    sent, labels = [], []
    apply, execute = pool.apply, runner.execute

    def process(calls, element):
        found = apply(calls, element)
        if calls[-1][0] == "flat":
            sent.extend((calls[-1][1].__name__, value[1]) for value in found)
        return found

    def watched(graph, engine, tick=lambda: None):
        labels.append(graphs.describe(graphs._proto(graph, graphs._environment(engine)))["labels"])
        execute(graph, engine, tick)

    monkeypatch.setattr(pool, "apply", process)
    monkeypatch.setattr(local, "_in_files", lambda chain, _: chain)  # as a runner of Beam's gets it
    monkeypatch.setattr(runner, "execute", watched)
    monkeypatch.setattr(matching, "read_in_place", lambda _: False)
    out = tmp_path / "out"
    manifest = openclaw_data.run(everything(), out, inputs={"cc": [PAGES]})
    assert labels == [graphs.describe(g.proto)["labels"] for g in made if not g.sometimes]
    sizes = [(name, len(value if isinstance(value, bytes) else value[1])) for name, value in sent]
    assert {name for name, size in sizes if size} >= {"exact_keys", "near_keys", "line_counts", "answer", "members_of"}
    assert sum(size for _, size in sizes) < 4_000 * manifest.counts.read
    carried = b"\n".join(value if isinstance(value, bytes) else value[1] for _, value in sent)
    texts = [
        t for p in (tmp_path / "out.work" / "annotated").glob("*.parquet") for t in pq.read_table(p)["text"].to_pylist()
    ]
    assert sum(len(t) > 100 for t in texts) > 100
    for text in texts:
        for at in (0, len(text) // 2):
            piece = text[at : at + 12].encode()
            assert len(piece) < 12 or piece not in carried


def test_a_dry_run_writes_every_graph_without_credentials(tmp_path):
    words = ["run", "sample", "-o", "gs://a-bucket/out", "--dry-run", "--runner", "DataflowRunner", "--", *DATAFLOW]
    command = [sys.executable, "-c", "from openclaw_data.cli import main; main()"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [*command, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("openclaw-data: DataflowRunner: needs --sdk_container_image. Give them after")
    ended = subprocess.run(
        [*command, *words, IMAGE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads((tmp_path / "sample.graphs" / "summary.json").read_text())
    assert f"Written: {tmp_path}/sample.graphs" in ended.stdout
    for number, graph in enumerate(told):
        stem = tmp_path / "sample.graphs" / f"{number:02d}-{graph['name'].replace(' ', '-')}"
        found = api.Pipeline.FromString(stem.with_suffix(".pb").read_bytes())
        assert found.ByteSize() == graph["size_bytes"]
        assert json.loads(stem.with_suffix(".json").read_text())["components"]["transforms"]


def test_a_dry_run_on_dataflow_names_what_is_missing():
    job, _, splits = prepare(everything(), "gs://b/out", None, {"cc": [PAGES]}, Engine(1, "DataflowRunner", ()))
    with pytest.raises(DataError, match="needs --project, --region, --temp_location, --sdk_container_image"):
        graphs.of(job, splits)


def test_what_a_template_runs_leaves_parts_that_a_run_goes_on_from(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "docker"), *sys.path])
    launch = importlib.import_module("launch")
    small = tmp_path / "small.jsonl"
    small.write_text("".join(f'{{"text": "A line of text, number {n}."}}\n' for n in range(20)))
    out = tmp_path / "out"
    launch.main(["--recipe=web", f"--input=jsonl={small}", f"--output={out}", "--runner=FnApiRunner"])
    part = tmp_path / "out.work" / "annotated" / "part-00000.parquet"
    written = part.stat().st_mtime_ns
    assert not (out / "manifest.json").exists()
    assert openclaw_data.run("web", out, inputs={"jsonl": [small]}).counts.read == 20
    assert part.stat().st_mtime_ns == written
    parameters = json.loads((ROOT / "docker" / "template.json").read_text())["parameters"]
    assert {p["name"] for p in parameters} >= {"recipe", "input", "output", "work", "sdk_container_image"}
