"""What the control function needs from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chaingraph.ids import Randomness
from chaingraph.interfaces import (
    EventLog,
    Executions,
    Flows,
    Identities,
    Mailbox,
    Posts,
    Queue,
    Subscriptions,
    Workflows,
)
from chaingraph.usecases.command_execution import Post
from chaingraph.usecases.connect import KnownUsers
from chaingraph.usecases.create_execution import CreationRules


@dataclass(frozen=True, slots=True)
class ControlAdapters:
    flows: Flows
    executions: Executions
    event_log: EventLog
    mailbox: Mailbox
    queue: Queue
    workflows: Workflows
    identities: Identities
    users: KnownUsers
    subscriptions: Subscriptions
    posts: Posts
    rules: CreationRules
    catalogue: Callable[[], object]
    now: Callable[[], datetime]
    randomness: Randomness

    @property
    def post(self) -> Post:
        return Post(self.executions, self.mailbox, self.workflows)
