"""The Lambda service of one parent process: functions, run in worker processes.

A nursery process imports the handlers of all functions, whose imports are mostly the same. A function is a
zygote process, forked from the nursery, and the workers that the zygote forked, each of which runs one
invocation at a time and is kept warm. Workers are forked on demand up to the function's concurrency;
further callers wait, first come first served, up to a bound in number and time. A worker that dies or
exceeds the timeout fails the one invocation it ran and is replaced when the next one needs it. An
invocation whose caller went away runs to its end.

Nothing is repeated: an invocation is given to at most one worker. An invocation may be lost with its
worker; its caller is told `Lambda.Unknown`.
"""

from infra.local.workers.failures import FunctionFailed
from infra.local.workers.functions import Functions
from infra.local.workers.settings import FunctionSettings, IdleWorkers

__all__ = ["FunctionFailed", "FunctionSettings", "Functions", "IdleWorkers"]
