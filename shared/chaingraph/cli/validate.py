"""`chaingraph validate`: what is wrong with a flow."""

from argparse import Namespace

from chaingraph.cli.command import FAILED, OK, Command
from chaingraph.cli.flow_argument import add_flow_argument, read_flow_argument
from chaingraph.errors import Rejected
from chaingraph.graph.document import load_flow
from chaingraph.nodes.installed import known_node_types


def _run(arguments: Namespace) -> int:
    document = read_flow_argument(arguments.flow)
    try:
        flow = load_flow(document, known_node_types())
    except Rejected as refusal:
        if not refusal.problems:
            raise
        for problem in refusal.problems:
            print(problem)
        return FAILED
    print(f"valid: {len(flow.nodes)} nodes, {len(flow.edges)} edges")
    return OK


COMMAND = Command(add_flow_argument, _run)
