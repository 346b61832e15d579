"""Wires the subscription function."""

from collections.abc import Mapping

from chaingraph.aws.clients import posts_of
from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry
from chaingraph.oidc import Issuer, Oidc, keys_at
from chaingraph.postgres.connections import PostgresConnections
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.subscriptions import PostgresSubscriptions
from chaingraph.settings import Settings
from chaingraph.usecases.connect import KnownUsers
from functions.database import database_of
from functions.subscription.adapters import SubscriptionAdapters
from functions.subscription.routes import refuse, serve
from functions.websocket import Reply


def open_adapters(settings: Settings) -> SubscriptionAdapters:
    database = database_of(settings)
    connections = PostgresConnections(database)
    return SubscriptionAdapters(
        identities=Oidc(Issuer(settings.oidc_issuer, settings.oidc_audience), keys_at(settings.jwks_url)),
        connections=connections,
        users=KnownUsers(connections),
        executions=PostgresExecutions(database),
        subscriptions=PostgresSubscriptions(database),
        posts=posts_of(settings),
    )


async def _serve(payload: Mapping[str, object], adapters: SubscriptionAdapters, _: Invocation) -> Reply:
    return await serve(payload, adapters)


handler = LambdaEntry(Function("subscription", open_adapters, _serve, refuse))
