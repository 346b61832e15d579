"""JSONata expressions of users, evaluated where they can do no harm.

The language has recursion, and functions that make large values of small ones: no check on the text bounds
what an expression needs, and a thread that computes cannot be stopped. So an expression runs in a process of
its own (`worker`), which gets JSON and answers JSON: nothing of this program can be reached from there.

* `processes` asks a worker from a thread, so that the event loop goes on meanwhile. A worker that has not
  answered in time is killed; the next expression gets a new one. At most two work at once.
* The worker may use so much memory (where the platform can limit it), has none of the environment's variables
  and keeps nothing from one evaluation to the next but compiled expressions.
* Texts of expressions, inputs and results are bounded in size.
* `evaluation` says what the language means here: the clock is the run's, chance comes from a seed (an
  attempt after a crash gets the same), `$eval` does not exist, regular expressions are JavaScript's.

A worker starts when the first expression comes and ends with the process that started it.
"""
