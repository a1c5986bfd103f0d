"""Plain JSON values to frozen dataclasses and back, without a validation library.

For data that was validated before (compiled knowledge); input from outside goes through pydantic.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeAlias, TypeVar

from recommender.facts.noun import build
from recommender.facts.packed import Packed

T = TypeVar("T")
Convert: TypeAlias = Callable[[Any], Any]


def decode(cls: type[T], value: Mapping[str, Any]) -> T:
    """``cls`` from a mapping; unknown keys are ignored, missing ones take their default."""
    plan: dict[str, Convert] = _plan(cls)  # type: ignore[arg-type]  # classes are hashable
    return build(cls, {key: plan[key](item) for key, item in value.items() if key in plan})


def encode(value: object) -> Any:
    """JSON-ready copy of a dataclass, mapping or sequence; field order is kept."""
    members = getattr(value, "__dataclass_fields__", None)
    if members is not None:
        return {name: encode(getattr(value, name)) for name in members}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if type(value) is Packed:
        return [encode(item) for item in value]
    return value


@cache
def _plan(cls: Any) -> dict[str, Convert]:
    # The nouns use no postponed annotations, so a field's type is the type itself.
    return {f.name: _converter(f.type) for f in fields(cls)}


def _converter(hint: Any) -> Convert:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if is_dataclass(hint):
        return lambda value: decode(typing.cast("type", hint), value)
    if origin is tuple:
        inner = [_converter(arg) for arg in args if arg is not ...]
        return lambda value: tuple(inner[0](item) for item in value)
    if origin is types.UnionType or origin is typing.Union:
        return _union([_converter(arg) for arg in args if is_dataclass(arg) or _nested(arg)])
    if origin is not None and _nested(args[-1] if args else None):
        inner_value = _converter(args[-1])
        return lambda value: {key: inner_value(item) for key, item in value.items()}
    return lambda value: value


def _union(nested: list[Convert]) -> Convert:
    def convert(value: Any) -> Any:
        if nested and isinstance(value, (Mapping, list, tuple)):
            return nested[0](value)
        return value

    return convert


def _nested(hint: Any) -> bool:
    return is_dataclass(hint) or typing.get_origin(hint) is tuple
