"""What nodes reach: HTTP servers, secrets, language models and MCP servers, as `graph.facilities` names them.

* `addresses`, `guarded_network`: a flow's author chooses where a request goes, so every address is checked
  after its name was looked up, and the connection goes to the address that was checked. This holds for every
  redirect, too. What is not public is refused, unless the operator allows it.
* `http_client`, `mcp_servers` stand on this network; `language_models` does not: its addresses are the
  operator's.
* `facilities` makes all of it from the settings. A library is imported, in a thread, when the first node
  needs it: a flow that does not use it does not pay for it.

Nothing here repeats a request by itself once it may have had an effect.
"""
