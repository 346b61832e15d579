"""Wake an execution that may be waiting."""

import asyncio
from typing import Final

from chaingraph.ids import ExecutionId, TaskToken
from chaingraph.interfaces import Completion, Mailbox, Workflows

RUN: Final = {"next": "run"}
DONE: Final = {"next": "done"}


async def wake_up(execution_id: ExecutionId, *, mailbox: Mailbox, workflows: Workflows) -> None:
    """Complete every token that waits for it. Call it after the commit of what it is woken for.

    Raises Unavailable when the workflow service does not answer: the sweep wakes it then.
    """
    tokens = await mailbox.tokens(execution_id)
    if len(tokens) == 1:
        await _complete(tokens[0], mailbox=mailbox, workflows=workflows)
    elif tokens:
        await asyncio.gather(*(_complete(token, mailbox=mailbox, workflows=workflows) for token in tokens))


async def _complete(token: TaskToken, *, mailbox: Mailbox, workflows: Workflows) -> None:
    if await workflows.complete(token, RUN) is Completion.GONE:
        await mailbox.forget(token)
