"""The built-in node types, one family a module; `built_in` lists them all.

Names, ports, defaults, option ids and error texts are those of the reference engine (ChainGraph): stored
flows depend on them. A node type is declared pure where it has no effect outside of its own ports; the engine
may run such a node ahead of the log and run it again after a crash. An emitted event or a log line is part of
the node's recorded result, so it does not make a type impure. Types that the reference engine lacks (texts,
conversions, dates, expressions, merge, delay) follow the same style.

What comes over an edge is not cast. A body that needs a number or a text reads whatever it finds the way
JavaScript would (`script_values`).
"""
