"""Frozen dataclasses that cost little at start-up.

``@dataclass(frozen=True)`` compiles six methods for each class, over a millisecond a class; with
some fifty classes that is more than everything else that llmpick does. ``@noun`` makes the same
standard-library dataclass (fields, replace, equality, hash, repr, keyword-only, frozen) with
methods that all classes share.
"""

from collections.abc import Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def noun(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen, keyword-only dataclass."""
    made: Any = dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)
    members = made.__dataclass_fields__
    made.__values__ = {
        name: member.default for name, member in members.items() if member.default is not MISSING
    }
    made.__makers__ = {
        name: member.default_factory
        for name, member in members.items()
        if member.default_factory is not MISSING
    }
    made.__needed__ = frozenset(members) - made.__values__.keys() - made.__makers__.keys()
    made.__init__, made.__repr__, made.__eq__, made.__hash__ = _init, _repr, _eq, _hash
    made.__setattr__, made.__delattr__ = _refuse, _refuse
    return made  # type: ignore[no-any-return]


def build(cls: type[T], values: Mapping[str, Any]) -> T:
    """An instance from the values of its fields, whose names are known to be right."""
    made: Any = cls
    instance = object.__new__(cls)
    state = instance.__dict__
    state.update(made.__values__)
    for name, maker in made.__makers__.items():
        if name not in values:
            state[name] = maker()
    state.update(values)
    return instance


def changed(instance: T, **changes: Any) -> T:
    """A copy with other values of some fields, whose names are known to be right.

    ``dataclasses.replace`` checks them and takes six times as long, which is felt where a ranking
    makes hundreds of copies.
    """
    made: Any = instance
    copy = object.__new__(type(instance))
    state = made.__dict__
    copy.__dict__.update({name: state[name] for name in made.__dataclass_fields__}, **changes)
    return copy


def _init(self: Any, **values: Any) -> None:
    cls = type(self)
    if not values.keys() >= cls.__needed__ or not values.keys() <= cls.__dataclass_fields__.keys():
        wrong = (values.keys() ^ cls.__needed__) - (values.keys() & cls.__dataclass_fields__.keys())
        message = f"{cls.__name__}() got missing or unexpected arguments: {sorted(wrong)}"
        raise TypeError(message)
    self.__dict__.update(build(cls, values).__dict__)


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: object) -> bool:
    return self.__class__ is other.__class__ and self.__dict__ == other.__dict__


def _hash(self: Any) -> int:
    return hash(tuple(getattr(self, name) for name in self.__dataclass_fields__))


def _refuse(self: Any, name: str, *_: object) -> None:
    message = f"cannot change field {name!r} of a frozen {type(self).__name__}"
    raise FrozenInstanceError(message)
