"""What is deployed: a folder is a unit; `routes` and `tasks` translate, `handler` wires."""

import gc

# What is imported stays. Looking for garbage in it, thrice before a function is ready, finds none.
gc.set_threshold(50_000, 10, 10)
