"""The database of a function: with the URL's own password, or with tokens of the function's role."""

from chaingraph.aws.clients import database_password_of
from chaingraph.postgres.database import Database
from chaingraph.settings import Settings


def database_of(settings: Settings) -> Database:
    return Database(
        settings.database_url,
        prepare_after=settings.prepare_after,
        password=database_password_of(settings),
    )
