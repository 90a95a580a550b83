"""The graphs of a run as a runner would get them, without a runner, credentials or a folder: `run --dry-run`.

They are made by the functions that build them in a run. What only a run can know is assumed and said: how many
documents there are decides into how many partitions keys are packed, which no step or shuffle depends on.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import WorkerOptions
from apache_beam.transforms.environments import DockerEnvironment
from google.protobuf import json_format

from openclaw_data import ingest, storage
from openclaw_data.flow import annotate, deduplicate, lines, on_beam, publish, ranking
from openclaw_data.flow import work as folder
from openclaw_data.flow.steps import Step, each

BYTES_A_DOCUMENT = 10_000
"""Of input, compressed: what the number of documents is guessed by."""
_GROUP = "beam:transform:group_by_key:v1"
_PARDO = "beam:transform:pardo:v1"
_FLATTEN = "beam:transform:flatten:v1"
_IMAGE = "apache/beam_python3.11_sdk"


class Graph(NamedTuple):
    """One pipeline. `sometimes`: when it is run at all; empty: always."""

    name: str
    sometimes: str
    proto: Any


def write(job: folder.Job, splits: list[ingest.Split], place: str) -> list[dict[str, Any]]:
    """Write every graph of a run to the folder `place`, as Beam's proto and as JSON, and `summary.json`.

    Returns:
        What `summary.json` says of each graph.

    Raises:
        DataError: an option that the runner cannot do without is missing.
    """
    told = []
    Path(place).mkdir(parents=True, exist_ok=True)
    for number, graph in enumerate(of(job, splits)):
        stem = f"{number:02d}-{graph.name.replace(' ', '-')}"
        Path(place, f"{stem}.pb").write_bytes(graph.proto.SerializeToString(deterministic=True))
        Path(place, f"{stem}.json").write_text(json_format.MessageToJson(graph.proto, sort_keys=True), "utf-8")
        told.append({"name": graph.name, "sometimes": graph.sometimes, **describe(graph.proto)})
    Path(place, "summary.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return told


def of(job: folder.Job, splits: list[ingest.Split]) -> list[Graph]:
    """The graphs of a run in their order."""
    environment = _environment(job.engine)
    return [Graph(n, when, _proto(steps, environment)) for n, when, steps in _builds(job, splits)]


def _builds(job: folder.Job, splits: list[ingest.Split]) -> Iterator[tuple[str, str, Step]]:
    tasks = [folder.Task(job.work, job.run_id, job.output, n) for n in range(job.parts)]
    yield "annotate", "", each("annotate", annotate.annotate_split, tasks)
    asked = job.resolved.recipe.dedup
    if asked is not None:
        settings = deduplicate.plan(job, sum(s.size_bytes for s in splits) // BYTES_A_DOCUMENT + 1, len(asked.against))
        if asked.against:
            parts = list(asked.against)
            yield "unpack indexes", "", each("unpack indexes", deduplicate.unpack_known, parts, job.work)
        for name, graph in deduplicate.edge_graphs(settings, asked):
            yield name, "", graph
        rounds = "the edges take more than dedup.memory"
        yield "star round", rounds, ranking.round_graph(settings, ["edges"], 0)
        yield "spread clusters", rounds, ranking.spread_graph(settings, ["stars"])
        yield "rank", "", ranking.rank_graph(settings)
        if asked.lines is not None:
            most = asked.lines.max_documents
            yield "lines", "", lines.graph(settings, most)
            yield "measure lines", "", lines.measure_graph(settings)
    yield "decide", "", each("decide", publish.decide_part, tasks)
    yield "publish", "", each("publish", publish.write_shard, tasks)


def _environment(engine: folder.Engine) -> Any:
    """The container that workers run in."""
    on_beam.refuse_missing(engine)
    image = on_beam.pipeline_options(engine).view_as(WorkerOptions).sdk_container_image
    return DockerEnvironment.from_container_image(image or f"{_IMAGE}:{beam.version.__version__}")


def _proto(steps: Step, environment: Any) -> Any:
    pipeline = beam.Pipeline(runner=on_beam.IN_MEMORY)  # never run
    on_beam.build(pipeline, steps)
    return pipeline.to_runner_api(default_environment=environment)


def describe(proto: Any) -> dict[str, Any]:
    """What a person wants to know of a graph: labels, stages, shuffles with their coders, side inputs, container."""
    parts = proto.components
    leaves = {k: t for k, t in parts.transforms.items() if not t.subtransforms and t.spec.urn}
    shuffles = {t.unique_name: _coder_of(parts, t) for t in leaves.values() if t.spec.urn == _GROUP}
    environments = {e.urn.split(":")[2] + " " + _image(e) for e in parts.environments.values()}
    return {
        "labels": sorted(t.unique_name for t in leaves.values()),
        "stages": _stages(leaves),
        "shuffles": dict(sorted(shuffles.items())),
        "side_inputs": sum(len(t.inputs) - 1 for t in leaves.values() if t.spec.urn == _PARDO),
        "environments": sorted(environments),
        "size_bytes": proto.ByteSize(),
    }


def _image(environment: Any) -> str:
    from apache_beam.portability.api import beam_runner_api_pb2

    return str(beam_runner_api_pb2.DockerPayload.FromString(environment.payload).container_image)


def _coder_of(parts: Any, transform: Any) -> str:
    """The coder of what goes into a shuffle, as `kv<varint, bytes>`."""
    [collection] = transform.inputs.values()

    def name(coder_id: str) -> str:
        coder = parts.coders[coder_id]
        inner = [name(c) for c in coder.component_coder_ids]
        urn = coder.spec.urn.removeprefix("beam:coder:").split(":")[0]
        return f"{urn}<{', '.join(inner)}>" if inner else urn

    return name(parts.pcollections[collection].coder_id)


def _stages(leaves: dict[str, Any]) -> int:
    """Steps joined by anything but a shuffle are one stage, which a runner fuses."""
    stage = {key: key for key, t in leaves.items() if t.spec.urn not in (_GROUP, _FLATTEN)}
    makers = {c: key for key, t in leaves.items() for c in t.outputs.values()}

    def find(key: str) -> str:
        while stage[key] != key:
            key = stage[key]
        return key

    for key in stage:
        for collection in leaves[key].inputs.values():
            if makers[collection] in stage:
                stage[find(key)] = find(makers[collection])
    return len({find(key) for key in stage})


def folder_for(output: str, name: str) -> str:
    """Where a dry run writes: beside a local output, or in the current folder."""
    return f"{output.rstrip('/')}.graphs" if storage.is_local(output) else str(Path(f"{name}.graphs").resolve())
