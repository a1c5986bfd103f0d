"""Nouns are standard dataclasses: frozen, keyword-only, equal by value."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import facts
from recommender.facts import Accelerator, Machine, Problem, Software, Workload
from recommender.facts.noun import build, noun

NODES = "nodes"
NOUNS = [item for item in vars(facts).values() if isinstance(item, type) and is_dataclass(item)]


@noun
class Point:
    """A noun with every kind of field."""

    x: int
    label: str | None = None
    marks: tuple[str, ...] = ()
    notes: dict[str, int] = field(default_factory=dict)


@noun
class Other:
    """The same fields under another name."""

    x: int
    label: str | None = None
    marks: tuple[str, ...] = ()
    notes: dict[str, int] = field(default_factory=dict)


def test_defaults_stand_where_nothing_was_given() -> None:
    point = Point(x=1)
    assert (point.x, point.label, point.marks, point.notes) == (1, None, (), {})


def test_a_default_factory_makes_a_new_value_each_time() -> None:
    assert Point(x=1).notes is not Point(x=1).notes
    assert build(Point, {"x": 1}).notes is not build(Point, {"x": 1}).notes


@pytest.mark.parametrize("make", [lambda: Point(x=1), lambda: build(Point, {"x": 1})])
def test_nothing_can_be_set_or_deleted(make: Callable[[], Any]) -> None:
    point = make()
    for name in ("x", "label", "unheard_of"):
        with pytest.raises(FrozenInstanceError, match=name):
            setattr(point, name, 2)
        with pytest.raises(FrozenInstanceError, match=name):
            delattr(point, name)
    assert point == Point(x=1)


def test_positions_are_refused() -> None:
    make: Any = Point
    with pytest.raises(TypeError):
        make(1)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, ["x"]),
        ({"label": "a"}, ["x"]),
        ({"x": 1, "z": 2}, ["z"]),
        ({"z": 2}, ["x", "z"]),
    ],
)
def test_missing_and_unexpected_arguments_are_named(
    values: dict[str, Any], named: list[str]
) -> None:
    with pytest.raises(TypeError) as caught:
        Point(**values)
    assert str(caught.value) == f"Point() got missing or unexpected arguments: {named}"


def test_a_noun_equals_its_like_alone() -> None:
    assert Point(x=1, marks=("a",)) == Point(x=1, marks=("a",))
    assert Point(x=1) != Point(x=2)
    others: list[object] = [Other(x=1), {"x": 1}, None]
    assert Point(x=1) not in others


def test_equal_nouns_hash_alike() -> None:
    first, second = Problem(what="a", fix="b"), Problem(fix="b", what="a")
    assert hash(first) == hash(second)
    assert len({first, second, Problem(what="a")}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(x=1))


@given(st.text(), st.none() | st.integers(), st.none() | st.floats(allow_nan=False))
def test_replace_changes_what_it_is_told(
    name: str, index: int | None, memory: float | None
) -> None:
    before = Accelerator(vendor="amd", index=7)
    after = replace(before, name=name, index=index, memory_gib=memory)
    assert (after.vendor, after.name, after.index, after.memory_gib) == (
        *("amd", name, index),
        memory,
    )
    assert before == Accelerator(vendor="amd", index=7)


def test_replace_refuses_an_unknown_field() -> None:
    unknown: Any = {"memory_gb": 80}
    with pytest.raises(TypeError, match="memory_gb"):
        replace(Accelerator(), **unknown)


def test_a_noun_shows_its_fields() -> None:
    assert repr(Point(x=1, label="a")) == "Point(x=1, label='a', marks=(), notes={})"


def test_copies_are_equal_and_as_frozen() -> None:
    machine = Machine(
        accelerators=(Accelerator(vendor="nvidia", memory_gib=80.0),),
        software=Software(installed={"vllm": "0.33.0"}),
    )
    for same in (
        pickle.loads(pickle.dumps(machine)),  # noqa: S301  # what this test wrote itself
        copy.copy(machine),
        copy.deepcopy(machine),
    ):
        assert same == machine
        with pytest.raises(FrozenInstanceError):
            setattr(same, NODES, 2)


def test_the_standard_library_reads_its_fields() -> None:
    assert [member.name for member in fields(Point)] == ["x", "label", "marks", "notes"]
    assert all(member.kw_only for member in fields(Point))
    assert fields(Point)[0].default is MISSING
    assert asdict(Point(x=1))["notes"] == {}


@pytest.mark.parametrize("kind", NOUNS, ids=lambda kind: kind.__name__)
def test_every_noun_is_made_from_what_it_needs(kind: type[Any]) -> None:
    needed = [
        member.name
        for member in fields(kind)
        if member.default is MISSING and member.default_factory is MISSING
    ]
    made = kind(**dict.fromkeys(needed, "a"))
    assert made == build(kind, dict.fromkeys(needed, "a"))
    assert replace(made) == made
    if needed:
        with pytest.raises(TypeError, match=needed[0]):
            kind()


def test_built_and_called_are_the_same() -> None:
    assert build(Workload, {"concurrency": 3}) == Workload(concurrency=3)
    assert hash(build(Workload, {"concurrency": 3})) == hash(Workload(concurrency=3))
