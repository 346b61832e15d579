"""Other engines on the same graphs, in the same run: `make bench-peers`. A table, and `.bench/peers.json`.

The nodes of all of them add one to a number; graphs are built before. What is measured is processor time per
node, in turns of one run of each engine, so that other work on the machine counts for nobody. Compare ratios.
The engines live in a virtual environment of their own, `.bench/peers-venv`: the dependency group `peers`.

Every engine is asked for as little as it can do, in the way in which it is fastest here. Ours is the only one
that builds and encodes events in every row.
"""
