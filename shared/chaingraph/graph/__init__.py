"""What a flow is: typed ports, node types, nodes and edges, and the JSON documents they are stored in.

A document is loaded whole or refused whole: every problem is listed with the path of the offending part,
nothing is dropped. Fields that nobody here knows are kept on a round trip. Nothing in this package does input
or output.
"""
