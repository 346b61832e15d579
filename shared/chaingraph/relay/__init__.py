"""The relay: the only writer to a subscription, from its `started` message to its `stopped`.

* `leading`: one relay is active, others stand by. `relay`: it hears what is new and tells the deliveries.
* `roster`: the deliveries, and what follows from how each ends. `closer`: closing connections.
* `delivery`: one subscription: a cursor and at most one post in flight. `batches`: what goes into a message.
* `feed` (in `feeds`): the log of one execution, read once for all of its subscribers, in `pages` of recent
  events; `forms` make an event as it is sent, once for each execution. `sources`: what feeds read from.
* `outlet`, `budget`: posts, and how many of them a second. `meter`: how many there were, and how late.

Invariants:

* A subscriber gets the events of its types after its cursor, in order, each once. A message that was not
  delivered is sent again; one whose fate is unknown never: its connection is closed, and the client comes
  back by itself and names the last event it has.
* A row that an earlier relay took is never continued: its connection is closed. Only what was handed over is
  continued, with the exact cursor.
* A slow subscriber costs its row and its cursor: nothing is buffered for it. What is not in memory any more
  is read again.

May be lost: every wake-up; a poll makes up for it. May be repeated: nothing.
"""
