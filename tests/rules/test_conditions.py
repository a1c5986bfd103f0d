"""The condition language: three answers, and joins that keep them apart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.rules.conditions import failures, holds, names, never, residual, unknowns
from recommender.rules.situation import Situation

FACTS = {
    "capability": "8.6",
    "driver": "580.95.05",
    "gfx": "gfx942",
    "absent": False,
    "count": 4,
    "flag": True,
    "list": ("avx", "avx2"),
    "text": "Ascend 910B3",
}
NAMED: dict[str, dict[str, Any]] = {
    "busy": {"count": {"above": 3}},
    "idle": {"none": [{"holds": "busy"}]},
}


def _situation() -> Situation:
    return Situation(values=FACTS, situations=NAMED, installed={"llama.cpp": "9000"})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"gfx": "GFX942"}, True),
        ({"gfx": ["gfx90a", "gfx942"]}, True),
        ({"gfx": ["gfx90a"]}, False),
        ({"capability": {"at_least": "8.0"}}, True),
        ({"capability": {"at_least": "10.0"}}, False),
        ({"capability": {"below": "8.10"}}, True),
        ({"driver": {"at_least": "580"}}, True),
        ({"driver": {"above": "580.95.05"}}, False),
        ({"absent": {"at_least": "1"}}, False),
        ({"absent": {"not": False}}, False),
        ({"count": {"at_most": 4, "above": 3}}, True),
        ({"count": {"below": 4}}, False),
        ({"count": 4}, True),
        ({"flag": 1}, False),
        ({"list": {"has": "avx2"}}, True),
        ({"list": {"has": ["sse", "avx"]}}, True),
        ({"list": {"has_all": ["avx", "amx"]}}, False),
        ({"list": {"lacks": ["amx"]}}, True),
        ({"text": {"matches": "910b[1-4]"}}, True),
        ({"text": {"not_in": ["a", "b"]}}, True),
        ({"missing": "x"}, None),
        ({"missing": {"known": False}}, True),
        ({"missing": {"known": True, "not": False}}, False),
        ({"missing": "x", "gfx": "other"}, False),
        ({"any": [{"missing": 1}, {"gfx": "gfx942"}]}, True),
        ({"any": [{"missing": 1}, {"gfx": "other"}]}, None),
        ({"all": [{"count": 4}, {"flag": True}]}, True),
        ({"none": [{"missing": 1}]}, None),
        ({"none": [{"count": 5}]}, True),
        ({"holds": "busy"}, True),
        ({"holds": ["busy", "idle"]}, False),
        ({"installed.llama.cpp": {"below": 10229}}, True),
        ({"installed.vllm": False}, True),
    ],
)
def test_condition(condition: dict[str, Any], expected: bool | None) -> None:
    assert holds(condition, _situation()) is expected


def test_failures_and_unknowns_name_the_facts() -> None:
    condition = {"gfx": "gfx90a", "missing": "x", "count": 4}
    assert failures(condition, _situation()) == ["gfx"]
    assert unknowns(condition, _situation()) == ["missing"]


@given(st.sampled_from(sorted(FACTS)), st.sampled_from(sorted(FACTS)))
def test_none_is_the_opposite_of_any(left: str, right: str) -> None:
    inner = [{left: FACTS[left]}, {right: {"known": False}}]
    situation = _situation()
    assert holds({"none": inner}, situation) is not holds({"any": inner}, situation)


def test_unknown_operator_is_an_error() -> None:
    with pytest.raises(KeyError):
        holds({"count": {"at_lest": 3}}, _situation())


LEAVES = st.sampled_from(
    [
        {"gfx": "gfx942"},
        {"gfx": "other"},
        {"count": {"above": 3}},
        {"count": 5},
        {"missing": "x"},
        {"holds": "busy"},
        {"holds": ["busy", "idle"]},
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda join, parts: {join: parts},
        st.sampled_from(["any", "all", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
)


@given(TREES, st.sets(st.sampled_from(["gfx", "count", "missing"])))
def test_what_can_never_hold_does_not_hold_now(condition: dict[str, Any], fixed: set[str]) -> None:
    if never(condition, _situation(), fixed):
        assert holds(condition, _situation()) is False


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"gfx": "other"}, True),
        ({"gfx": "other", "count": 4}, True),
        ({"count": 5}, False),
        ({"any": [{"gfx": "other"}, {"count": 4}]}, False),
        ({"any": [{"gfx": "other"}, {"gfx": "another"}]}, True),
        ({"all": [{"count": 4}, {"gfx": "other"}]}, True),
        ({"holds": "elsewhere"}, True),
        ({"none": [{"gfx": "gfx942"}]}, False),
    ],
)
def test_only_fixed_facts_rule_a_condition_out(
    condition: dict[str, Any], *, expected: bool
) -> None:
    named = {"elsewhere": {"gfx": "other"}}
    assert never(condition, Situation(values=FACTS, situations=named), {"gfx"}) is expected


_FACTS = st.fixed_dictionaries({name: st.sampled_from([None, "x", "y"]) for name in "abcd"})
_LEAVES = st.dictionaries(
    st.sampled_from("abcd"), st.sampled_from(["x", "y", ["x", "y"], {"not": "x"}]), max_size=2
)
_CONDITIONS = st.recursive(
    _LEAVES,
    lambda inner: st.dictionaries(
        st.sampled_from(["all", "any", "none"]), st.lists(inner, max_size=3), max_size=2
    ),
    max_leaves=6,
)


@given(_CONDITIONS, _FACTS, st.sets(st.sampled_from("abcd")))
def test_what_is_left_of_a_condition_decides_as_the_whole_does(
    condition: dict[str, Any], values: dict[str, Any], fixed: set[str]
) -> None:
    facts = Situation(values=values, situations={})
    left = residual(condition, facts, fixed)
    whole = holds(condition, facts) is True
    assert whole == (left is not None and holds(left, facts) is True)
    assert set(names(condition, facts)) <= set("abcd")
