"""Connections and what they watch: `$connect`, `$disconnect`, identity, subscribe, unsubscribe.

A subscription is only stored here: the relay alone writes to it, from its `started` to its `stopped`.
"""
