"""What a Flex Template runs: one template launch is one Dataflow job, here the first stage, which is nearly all work.

    python launch.py --recipe=web --input=cc=gs://bucket/crawl/*.warc.gz --output=gs://bucket/out --project=...

When the job is done, `openclaw-data run` with the same recipe, inputs and folders does the rest, on Dataflow or on one
machine: it finds the parts there. Options that are not named here go to Beam.
"""

import argparse
import logging
import sys


def parser() -> argparse.ArgumentParser:
    """The options that do not go to Beam."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--input", action="append", required=True, metavar="ID=PATH", help="may be repeated; or with ;")
    parser.add_argument("--output", required=True)
    parser.add_argument("--work")
    parser.add_argument("--runner", default="DataflowRunner")
    return parser


def main(words: list[str]) -> None:
    asked, options = parser().parse_known_args(words)
    logging.basicConfig(level=logging.INFO)
    from openclaw_data.flow import run
    from openclaw_data.flow.work import Engine

    inputs: dict[str, list[str]] = {}
    for item in ";".join(asked.input).split(";"):
        key, _, path = item.partition("=")
        inputs.setdefault(key, []).append(path)
    run.annotate_only(asked.recipe, asked.output, asked.work, inputs, Engine(1, asked.runner, tuple(options)))


if __name__ == "__main__":
    main(sys.argv[1:])
