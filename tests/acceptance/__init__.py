"""What an engine for such flows has to do: the cases that ChainGraph's own tests and runs of it assert.

A file for each part; its docstring says what we do otherwise on purpose (the README has all of that). A case
that is tested elsewhere, in the same meaning, is not repeated here:

* Engine. The exact events of a run in their order: `conformance/` (`chain-number-math`, `branch-true`). A
  slow edge into a port that a fast one feeds, too: there (`or-port-slow-first`). A gate, fields of objects
  two levels deep: there (`gate-passes-values`, `object-child-source`, `object-child-target`). A body that a
  stop cancels, with the final event last: `integration/test_slices.py`. Cycles: `unit/graph/test_cycles.py`.
* Debugger. Breakpoints set at run time, steps on a real database: `integration/test_debugging.py`. Its calls:
  `unit/usecases/`, `functions/`.
* Streams. Consumers that overlap with a producer, event by event, and a producer that closes with an error
  and throws: `conformance/` (`stream-early-overlap`, `stream-error`). Readers in the library:
  `unit/nodes/test_streams.py`.
* Events between executions. A ping and its child, event by event: `conformance/` (`ping-root`, `ping-child`).
  A parent that completes after its children: `integration/test_slices.py`. The stop of a whole tree:
  `unit/usecases/test_command_execution.py`. Emitters without a name, listeners of other names:
  `unit/nodes/test_events.py`.
* Serialization. What a document may leave out, what it is refused for: `unit/graph/` (`test_document.py`,
  `test_legacy.py`). Numbers as text, unknown options, lengths, patterns, fields: there (`test_ports.py`,
  `test_values.py`, `test_constraints.py`). SuperJSON: `unit/wire/`.
* Types. All pairs of types, schemas inside of schemas, secrets: `unit/graph/test_compatibility.py`. Shapes
  without a cycle: `unit/graph/test_cycles.py`.
* Nodes. Regular expressions, server time: `unit/nodes/test_texts_by_rule.py`. Texts to enums:
  `unit/nodes/test_formats.py`. Text search: `unit/nodes/test_text.py`. Secrets, which are references here and
  not encrypted for an execution, so that there is no key pair: `unit/nodes/test_secrets.py`,
  `unit/engine/test_credentials.py`.

Without counterpart: callbacks after each node, clones of contexts (a child is an execution of its own), and
what connecting does in an editor.
"""
