"""`MISSING`: a port, field or element that has no value, which is not the same as null."""

from enum import Enum
from typing import Final, Literal


class Missing(Enum):
    MISSING = "missing"

    def __bool__(self) -> Literal[False]:
        return False


MISSING: Final = Missing.MISSING
