"""The relay's container: carries events to connections. `main` wires it, `health` tells how it is doing."""
