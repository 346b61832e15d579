"""The workflow service of one machine: Step Functions' API over a durable interpreter of our one definition.

It runs exactly the state types and fields that `infra/workflow.asl.json` uses and refuses any other
definition when it is loaded, with every problem listed. It is alone on a PostgreSQL database of its own and
shares no transaction with the flows' database, so the two can fail apart, as on AWS.

* Memory leads, the journal follows: one process owns the runs (a lock in the database), moves them in
  memory and writes what changed, many runs to a commit. No function is called, no alarm is set and no
  caller is answered before the commit of what that rests on.
* After kill -9 the next process goes on: waits end by their deadline or their token, retries by their time,
  and a function that was at work has failed with `Lambda.Unknown`.
* Repeated: a function may be called again for an attempt that died; status-change events arrive at least
  once. Lost: nothing that a caller was told. Recorded once: each result, because a token or an attempt is
  over with it.
* A used, timed-out or stopped token is refused with `TaskTimedOut`, but only when its end is stored.

Reading order: `definition`, `loading`, `expressions`, `plain` (what is run), `standing`, `moves` (pure),
`history`, `journal`, `interpreter`, `reports`, `operations`, `endpoint`, `service`.
"""
