"""What travels between a client and this system, and nothing else: no input, no output, no clock.

* `values`, `superjson` (with `revival` and `dehydration`): JavaScript values as Python values, both ways.
* `messages`: what a client sends over a WebSocket, told apart; `replies`: what it gets back.
* `requests`: the inputs of the procedures, checked; every wrong field is named.
* `snapshots` (with `node_snapshots`): events are stored as what changed; here they become whole again.
* `event_messages`: events joined into messages, as the bytes they were encoded to once.

Invariants: reading raises nothing but `Rejected` or returns a refusal that is ready to be sent; an event that
was encoded is not decoded again to be sent as stored.
`PROTOCOL.md` beside this file is the same for authors of clients.
"""
