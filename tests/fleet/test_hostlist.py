"""Expressions for many hosts, as Slurm writes them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.fleet.hostlist import MOST, expanded


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("gpu1", ["gpu1"]),
        ("gpu[1-3]", ["gpu1", "gpu2", "gpu3"]),
        ("gpu[08-11]", ["gpu08", "gpu09", "gpu10", "gpu11"]),
        ("gpu[01-02,07],cpu[1,9-10]", ["gpu01", "gpu02", "gpu07", "cpu1", "cpu9", "cpu10"]),
        ("r[1-2]n[1-2]", ["r1n1", "r1n2", "r2n1", "r2n2"]),
        ("n[1-2]-ib.cluster", ["n1-ib.cluster", "n2-ib.cluster"]),
        ("[7-8]", ["7", "8"]),
        ("a,b,c", ["a", "b", "c"]),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert expanded(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "n[1-",
        "n[1-2",
        "n1]",
        "n[]",
        "n[2-1]",
        "n[a-b]",
        "n[1--2]",
        ",",
        "n[1],,n2",
        "a b",
        "n[[1]]",
    ],
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(InputError, match="has no names of nodes that can be read"):
        expanded(text)


@pytest.mark.parametrize(
    "text",
    ["n[0-65536]", "n[1-999999999999999999]", "n[0-999]m[0-999]o[0-999]", "n[1-40000],m[1-40000]"],
)
def test_more_than_a_cluster_has(text: str) -> None:
    with pytest.raises(InputError, match=f"stands for more than {MOST} nodes"):
        expanded(text)


@given(st.text(alphabet="n01[]-,", max_size=20))
def test_any_text_is_names_or_wrong_input(text: str) -> None:
    names: list[str] = []
    with suppress(InputError):
        names = expanded(text)
    assert all(name and not set(name) & set("[],") for name in names)
