"""The whole system on one machine: the same functions and workflow, a real database, real sockets."""
