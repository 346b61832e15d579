"""What a slice, and whoever takes over from one that died, needs from outside."""

from chaingraph.aws.clients import workflows_of
from chaingraph.aws.lambda_entry import epoch_ms
from chaingraph.postgres.database import Database
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.mailbox import PostgresMailbox
from chaingraph.postgres.queue import PostgresQueue
from chaingraph.postgres.runs import PostgresRuns
from chaingraph.settings import Settings
from chaingraph.usecases.slices import Outside


def outside_of(settings: Settings, database: Database) -> Outside:
    return Outside(
        runs=PostgresRuns(database),
        executions=PostgresExecutions(database),
        event_log=PostgresEventLog(database),
        mailbox=PostgresMailbox(database),
        queue=PostgresQueue(database),
        workflows=workflows_of(settings),
        clock=epoch_ms,
    )
