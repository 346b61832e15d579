"""What a port's configuration demands of a value, checked when the value comes over an edge.

Only a value of the port's own type is measured: a missing value is the business of `required`, and nothing
here refuses a text in a number port, because an edge does not cast.
"""

from collections.abc import Iterator

from chaingraph.errors import Rejected
from chaingraph.graph.flow import Port
from chaingraph.graph.json_types import (
    JsonList,
    JsonObject,
    is_list,
    is_number,
    is_object,
    list_of,
    object_of,
)
from chaingraph.graph.patterns import is_found
from chaingraph.graph.texts import number_text, utf16_length


def has_constraints(port: Port) -> bool:
    """False where `constraint_problems` finds nothing, whatever the value."""
    config = port.config
    match port.kind:
        case "string":
            return _is_long_or_short(port) or isinstance(config.get("pattern"), str)
        case "number":
            return (
                is_number(config.get("min")) or is_number(config.get("max")) or config.get("integer") is True
            )
        case "enum":
            return bool(_option_ids(port))
        case "array":
            return _is_long_or_short(port) or (port.element is not None and has_constraints(port.element))
        case "object":
            return any(has_constraints(field) for field in (port.fields or {}).values())
        case _:
            return False


def constraint_problems(port: Port, value: object) -> list[str]:
    """Every demand of the port that the value does not meet."""
    return list(_problems(port, value))


def _problems(port: Port, value: object) -> Iterator[str]:
    if port.kind == "string" and isinstance(value, str):
        yield from _text_problems(port, value)
    elif port.kind == "number" and is_number(value):
        yield from _number_problems(port, value)
    elif port.kind == "enum" and isinstance(value, str):
        yield from _option_problems(port, value)
    elif port.kind == "array" and is_list(value):
        yield from _array_problems(port, value)
    elif port.kind == "object" and is_object(value):
        yield from _field_problems(port, value)


def _text_problems(port: Port, text: str) -> Iterator[str]:
    yield from _length_problems(port, utf16_length(text), "characters")
    pattern = port.config.get("pattern")
    if not isinstance(pattern, str):
        return
    try:
        if not is_found(pattern, text):
            yield f"must match the pattern {pattern}"
    except Rejected as refusal:
        yield refusal.message


def _number_problems(port: Port, number: float) -> Iterator[str]:
    smallest, largest = port.config.get("min"), port.config.get("max")
    if is_number(smallest) and number < smallest:
        yield f"must be at least {number_text(smallest)}"
    if is_number(largest) and number > largest:
        yield f"must be at most {number_text(largest)}"
    if port.config.get("integer") is True and isinstance(number, float) and not number.is_integer():
        yield "must be a whole number"


def _option_problems(port: Port, option: str) -> Iterator[str]:
    options = _option_ids(port)
    if options and option not in options:
        yield f"must be one of {', '.join(options)}"


def _array_problems(port: Port, elements: JsonList) -> Iterator[str]:
    yield from _length_problems(port, len(elements), "elements")
    described = port.element
    if described is None or not has_constraints(described):
        return
    for place, element in enumerate(elements):
        for problem in _problems(described, element):
            yield f"[{place}] {problem}"


def _field_problems(port: Port, value: JsonObject) -> Iterator[str]:
    for key, field in (port.fields or {}).items():
        for problem in _problems(field, value.get(key)):
            yield f"{key} {problem}"


def _length_problems(port: Port, length: int, unit: str) -> Iterator[str]:
    shortest, longest = port.config.get("minLength"), port.config.get("maxLength")
    if is_number(shortest) and length < shortest:
        yield f"must have at least {number_text(shortest)} {unit}"
    if is_number(longest) and length > longest:
        yield f"must have at most {number_text(longest)} {unit}"


def _is_long_or_short(port: Port) -> bool:
    return is_number(port.config.get("minLength")) or is_number(port.config.get("maxLength"))


def _option_ids(port: Port) -> list[str]:
    """The ids that an enum port may have as its value; empty where it says nothing."""
    ids = (object_of(option).get("id") for option in list_of(port.config.get("options")))
    return [option for option in ids if isinstance(option, str)]
