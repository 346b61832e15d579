"""Every request that is answered at once: the HTTP API, and queries and mutations over the WebSocket.

`$default` arrives here too: `PING`, batches, and whatever names no method.
"""
