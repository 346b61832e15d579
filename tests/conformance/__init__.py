"""Cases recorded from the reference engine (ChainGraph): same events, values and statuses here.

`--corpus DIR` runs the cases of another folder. `cases/README.md` describes the format. Where a case is
marked with a deviation, `deviations.py` says what this engine does instead, and that is what is compared.
"""
