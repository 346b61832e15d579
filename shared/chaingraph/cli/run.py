"""`chaingraph run`: a flow in this process."""

import asyncio
from argparse import ArgumentParser, Namespace

from chaingraph.cli.command import FAILED, OK, Command
from chaingraph.cli.displays import add_display_arguments, display_of, snapshot_of
from chaingraph.cli.event_argument import add_event_arguments, event_given
from chaingraph.cli.flow_argument import add_flow_argument, read_flow_argument
from chaingraph.cli.in_process import run_in_process
from chaingraph.graph.document import load_flow
from chaingraph.nodes.installed import known_node_types


def _add_arguments(parser: ArgumentParser) -> None:
    add_flow_argument(parser)
    add_event_arguments(parser)
    add_display_arguments(parser)


def _run(arguments: Namespace) -> int:
    snapshot, event = snapshot_of(arguments), event_given(arguments)
    flow = load_flow(read_flow_argument(arguments.flow), known_node_types())

    async def show() -> bool:
        async with display_of(arguments, dict(flow.document)) as display:
            return await run_in_process(flow, event, snapshot, display.see)

    return OK if asyncio.run(show()) else FAILED


COMMAND = Command(_add_arguments, _run)
