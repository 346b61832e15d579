"""What a declared port carries: its kind, default and constraints.

Some declarations:

    Input(number(default=30_000, minimum=0))
    Output(array(string()))
    Passthrough(record({"model": enum(MODELS), "key": secret("openai")}))
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Generic, TypeVar, overload

from chaingraph.graph.defaults import default_value
from chaingraph.graph.json_types import JsonList, JsonObject, object_of
from chaingraph.graph.streams import Stream

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Kind(Generic[V_co]):
    """`config` is the kind's part of a port's configuration; `unset` is what a body reads from no value."""

    config: JsonObject
    unset: Callable[[], V_co] = field(repr=False)


@overload
def string(
    *,
    default: str = "",
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
) -> Kind[str]: ...
@overload
def string(
    *,
    default: None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
) -> Kind[str | None]: ...
def string(
    *,
    default: str | None = "",
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
) -> Kind[str | None]:
    config = _config("string", default, minLength=min_length, maxLength=max_length, pattern=pattern)
    return Kind(config, lambda: default)


@overload
def number(
    *,
    default: float = 0,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    integer: bool = False,
) -> Kind[float]: ...
@overload
def number(
    *,
    default: None,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    integer: bool = False,
) -> Kind[float | None]: ...
def number(
    *,
    default: float | None = 0,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    integer: bool = False,
) -> Kind[float | None]:
    config = _config("number", default, min=minimum, max=maximum, step=step, integer=integer or None)
    return Kind(config, lambda: default)


def boolean(*, default: bool = False) -> Kind[bool]:
    return Kind(_config("boolean", default), lambda: default)


def enum(options: Mapping[str, str] | Iterable[str], *, default: str | None = None) -> Kind[str | None]:
    """One of several options, given as ids or as id → title; the value is the chosen option's id."""
    return Kind(_config("enum", default, options=_options(options)), lambda: default)


def array(
    element: Kind[V], *, default: Iterable[V] | None = (), schema_is_mutable: bool = False
) -> Kind[list[V]]:
    """Elements of one kind; with a mutable schema the editor takes the kind from what is connected."""
    elements = None if default is None else list(default)
    config = _config(
        "array",
        elements,
        itemConfig=element.config,
        isMutable=True,
        isSchemaMutable=schema_is_mutable or None,
    )
    return Kind(config, lambda: deepcopy(elements or []))


def record(
    fields: Mapping[str, Kind[object]] | None = None,
    *,
    default: JsonObject | None = None,
    schema_is_mutable: bool = False,
) -> Kind[JsonObject]:
    """An object with these fields; with a mutable schema the editor adds and removes fields."""
    properties: JsonObject = {key: {**kind.config, "key": key} for key, kind in (fields or {}).items()}
    config = _config(
        "object",
        default or {},
        schema={"type": "object", "properties": properties},
        isSchemaMutable=schema_is_mutable or None,
    )
    return Kind(config, lambda: deepcopy(object_of(default_value(config))))


def required(kind: Kind[V]) -> Kind[V]:
    """A field that must be there."""
    return Kind({**kind.config, "required": True}, kind.unset)


def stream(element: Kind[object]) -> Kind[Stream]:
    empty: JsonObject = {"type": "stream", "buffer": [], "isClosed": False}
    return Kind(_config("stream", empty, itemConfig=element.config), Stream)


def any_value() -> Kind[object]:
    return Kind({"type": "any"}, lambda: None)


def secret(secret_type: str) -> Kind[object]:
    return Kind({"type": "secret", "secretType": secret_type}, lambda: None)


def _config(kind: str, default: object, **fields: object) -> JsonObject:
    config: JsonObject = {"type": kind}
    if default is not None:
        config["defaultValue"] = default
    config.update((name, value) for name, value in fields.items() if value is not None)
    return config


def _options(options: Mapping[str, str] | Iterable[str]) -> JsonList:
    titles = _titles(options)
    return [
        {"id": option, "type": "string", "defaultValue": option, "title": title}
        for option, title in titles.items()
    ]


def _titles(options: Mapping[str, str] | Iterable[str]) -> Mapping[str, str]:
    if isinstance(options, Mapping):
        titles: Mapping[str, str] = options  # pyright: ignore[reportUnknownVariableType]
        return titles
    return {option: option for option in options}
