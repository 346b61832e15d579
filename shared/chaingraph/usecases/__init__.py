"""What the system does: a function for each thing, the subject first, what it needs from outside by keyword.

Invariants:

* Who may do what is decided in `access`, nowhere else.
* What a use case changes is stored before anybody is woken; a wake-up that fails is repeated by the sweep.
* A use case that raises has changed nothing, except where its docstring says otherwise.
"""
