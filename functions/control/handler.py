"""Wires the control function."""

import secrets
from collections.abc import Mapping

from chaingraph.aws.clients import posts_of, workflows_of
from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry, utc_now
from chaingraph.execution.options import Limits
from chaingraph.graph.catalogue import catalogue
from chaingraph.graph.document import load_flow
from chaingraph.graph.node_types import NodeTypes
from chaingraph.oidc import Issuer, Oidc, keys_at
from chaingraph.postgres.connections import PostgresConnections
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.flows import PostgresFlows
from chaingraph.postgres.mailbox import PostgresMailbox
from chaingraph.postgres.queue import PostgresQueue
from chaingraph.postgres.subscriptions import PostgresSubscriptions
from chaingraph.settings import Settings
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.usecases.connect import KnownUsers
from chaingraph.usecases.create_execution import CreationRules
from functions.control.adapters import ControlAdapters
from functions.control.routes import refuse, serve
from functions.database import database_of
from functions.websocket import Reply


def open_adapters(settings: Settings) -> ControlAdapters:
    database = database_of(settings)
    return ControlAdapters(
        flows=PostgresFlows(database),
        executions=PostgresExecutions(database),
        event_log=PostgresEventLog(database),
        mailbox=PostgresMailbox(database),
        queue=PostgresQueue(database),
        workflows=workflows_of(settings),
        identities=Oidc(Issuer(settings.oidc_issuer, settings.oidc_audience), keys_at(settings.jwks_url)),
        users=KnownUsers(PostgresConnections(database)),
        subscriptions=PostgresSubscriptions(database),
        posts=posts_of(settings),
        rules=creation_rules(settings),
        catalogue=lambda: catalogue(node_types()),
        now=utc_now,
        randomness=secrets.token_bytes,
    )


def creation_rules(settings: Settings) -> CreationRules:
    return CreationRules(
        checked_flows=CheckedFlows(lambda document: load_flow(document, node_types())),
        limits=Limits(
            max_concurrency=settings.max_concurrency,
            node_timeout_ms=settings.node_timeout_ms,
            flow_timeout_ms=settings.flow_timeout_ms,
        ),
        max_children=settings.max_children_per_parent,
        start_timeout_seconds=settings.start_timeout_seconds,
    )


def node_types() -> NodeTypes:
    """Loaded when a flow is read for the first time: most calls need none."""
    from chaingraph.nodes.installed import known_node_types  # noqa: PLC0415

    return known_node_types()


async def _serve(payload: Mapping[str, object], adapters: ControlAdapters, _: Invocation) -> Reply:
    return await serve(payload, adapters)


handler = LambdaEntry(Function("control", open_adapters, _serve, refuse))
