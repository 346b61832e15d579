"""What a flow is: typed ports, node types, nodes and edges, and the JSON documents they are stored in.

* `document` loads a flow whole or refuses it whole: every problem is listed with the path of the offending
  part, nothing is dropped. Fields that nobody here knows are kept on a round trip.
* `flow` is what comes out: immutable, shared by every run, its `document` in schema v2; `values` are stored
  forms, a run starts from copies of its own (`values.initial_values`).
* `node_types`, `declarations`, `kinds`: how authors write node types; `catalogue`: what editors see of them.
* `paths`, `values`, `constraints`, `casts`: places inside values, and what happens to a value on its way over
  an edge.

What no document says: a port without value has its default, an object the defaults of its schema's fields, a
node without system ports their usual values. An `any` output of unknown type may feed every port.

Nothing in this package does input or output.
"""
