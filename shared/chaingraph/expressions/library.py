"""The library of the language.

It raises the recursion limit of every program that imports it, and with it the time that others need to find
out that a value nests too deeply. Here that is taken back.
"""

import sys

_LIMIT = sys.getrecursionlimit()

from jsonata import Functions, Jsonata, Utils  # noqa: E402
from jsonata.jexception import JException  # noqa: E402
from jsonata.regex_engine import CompiledPattern, RegexFlags  # noqa: E402

sys.setrecursionlimit(_LIMIT)

__all__ = ["CompiledPattern", "Functions", "JException", "Jsonata", "RegexFlags", "Utils"]
