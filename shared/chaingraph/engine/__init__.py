"""How a flow runs: decisions over a run state, and a driver that runs the bodies of nodes.

* `plan` compiles a flow once: edges by source and target port, the order in which ports resolve.
* `run` is one run: which node may start, what its start, end, failure or skip changes. It reads no clock and
  does no input or output; time is an argument, its effects are events and node results in a `recorder`.
* `driver` runs bodies (inline where they compute, as tasks where they wait) with their time limits, and asks
  a `journal` to make the record durable.
* `checkpoint` encodes node results and restores a run from them.

Invariants:

* A node ends at most once in an execution. A node whose end is recorded never runs again; one that was only
  started runs again with the same edges, inputs and idempotency key, and repeats none of its events.
* The record is cut only between decisions: events and the results they report always land together.
* The body of a node type that is not pure starts only after everything recorded before it is durable. Pure
  bodies run ahead of the record; a crash loses their work, never an effect.
* The final flow event is recorded last; nothing follows it.
* A target port takes the value of the first edge in flow order whose source is resolved at its node's start.

May be lost in a crash: the work of nodes that had not ended durably. May be repeated: their bodies.
"""
