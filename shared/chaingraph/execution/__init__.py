"""The life of one execution: its status, its events, the commands it may get.

Invariants:

* One table of allowed status changes (`status.TRANSITIONS`). Control writes `created → running` and the
  pending command; every other change is written by the holder of the epoch.
* Events of an execution are numbered −1, 0, 1, 2, … without a gap. −1 is `execution:created`, written with
  the row; every later one is written by the holder of the epoch, together with the node results it reports.
* The final event and the final status are written by the same commit; nothing is written after it.
"""
