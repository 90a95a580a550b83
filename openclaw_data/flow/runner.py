"""Execute a graph where the user asked for it: on this machine without Beam, or with one of Beam's runners."""

from openclaw_data.documents import DataError
from openclaw_data.flow import local, pool
from openclaw_data.flow.steps import Step
from openclaw_data.flow.work import LOCAL, Engine


def execute(graph: Step, engine: Engine, tick: pool.Tick = lambda: None) -> None:
    """Run the graph to its end, calling `tick` a few times a second.

    Raises:
        DataError: what a step raised, a worker process that died, or options that the engine does not know.
    """
    if engine.runner == LOCAL:
        if engine.options:
            raise DataError(engine.options[0], f"is an option of Beam, and --runner {LOCAL} is none of its runners.")
        with pool.workers(engine.workers):
            local.execute(graph, tick, engine.scratch)
        return
    from openclaw_data.flow import on_beam  # a second of CPU time that a local run does not need

    on_beam.execute(graph, engine, tick)
