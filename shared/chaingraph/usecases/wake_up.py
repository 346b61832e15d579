"""Wake an execution that may be waiting."""

import asyncio
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import ExecutionId, TaskToken
from chaingraph.interfaces import Mailbox, Workflows

RUN: Final = {"next": "run"}
DONE: Final = {"next": "done"}


async def wake_up(execution_id: ExecutionId, *, mailbox: Mailbox, workflows: Workflows) -> bool:
    """Complete every token that waits for it. Call it after the commit of what it is woken for.

    False: somebody does not answer. The signal is stored, so the sweep wakes it later.
    """
    try:
        tokens = await mailbox.tokens(execution_id)
        await asyncio.gather(*(_complete(token, mailbox=mailbox, workflows=workflows) for token in tokens))
    except Unavailable:
        return False
    return True


async def _complete(token: TaskToken, *, mailbox: Mailbox, workflows: Workflows) -> None:
    """Used or gone, nobody waits for it any more."""
    await workflows.complete(token, RUN)
    await mailbox.forget(token)
