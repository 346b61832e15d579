"""Benchmarks: `python -m tests.bench`. Prints a table and writes `.bench/results.json`, name → number.

Everything is measured on this machine in one run; path, events and control go through the whole local system,
started for the purpose: real database, gateway, workers, workflow, relay. Machines differ: compare ratios of
one run.
"""
