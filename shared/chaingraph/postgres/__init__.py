"""The store: PostgreSQL 15 or newer, schema `chaingraph`, one adapter a module.

Invariants:

* Every method is one statement in autocommit, so one round trip and one transaction; what must see what
  another transaction has committed meanwhile (a lost reply, a kept token) is a second statement.
* Only the holder of the epoch writes to the log of an execution. The fence is an UPDATE of its `progress` row
  that everything else of the commit selects from; no transaction locks two executions.
* A NOTIFY has a transaction of its own, after the commit it tells of: it may be lost, and delays no writer.
* JSON is stored as type `json`, text as it came, and stays bytes on this side. The server refuses the escape
  of NUL wherever it decodes a string, so values are cut out of arrays as they are (`json_array_elements`) and
  never by key.
* Nothing needs the state of a session but LISTEN, which has its own: a pooler may stand in between.
"""
