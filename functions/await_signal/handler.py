"""Wires the task that keeps the task token."""

from collections.abc import Mapping

from chaingraph.aws.clients import workflows_of
from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.mailbox import PostgresMailbox
from chaingraph.settings import Settings
from functions.await_signal.tasks import AwaitSignalAdapters, serve
from functions.database import database_of


def open_adapters(settings: Settings) -> AwaitSignalAdapters:
    database = database_of(settings)
    return AwaitSignalAdapters(
        mailbox=PostgresMailbox(database),
        executions=PostgresExecutions(database),
        workflows=workflows_of(settings),
    )


async def _serve(
    payload: Mapping[str, object], adapters: AwaitSignalAdapters, _: Invocation
) -> dict[str, object]:
    return await serve(payload, adapters)


handler = LambdaEntry(Function("await_signal", open_adapters, _serve))
