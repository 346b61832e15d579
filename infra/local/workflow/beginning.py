"""Tasks that timers and connections begin, also while the service ends."""

import asyncio
from collections.abc import Coroutine


def begin(tasks: asyncio.TaskGroup, work: Coroutine[object, object, None]) -> None:
    """Begin nothing once the group ends: the next process goes on from what is stored."""
    try:
        tasks.create_task(work)
    except RuntimeError:  # how a group that ends refuses
        work.close()
