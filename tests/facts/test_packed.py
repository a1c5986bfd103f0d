"""Many values in little memory are the same values."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from recommender.facts import Machine, Memory, Workload
from recommender.facts.codec import encode
from recommender.facts.fleet import Fleet, Pool
from recommender.facts.packed import Packed
from recommender.render.document import as_json, json_parts
from recommender.render.forms import as_csv, as_yaml

POOLS = tuple(
    Pool(machine=Machine(memory=Memory(total_gib=float(n))), count=1, nodes=(f"n\n{n}\u202e",))
    for n in range(21)
)
FLEET = Fleet(
    llmpick_version="1",
    knowledge_date="2026-11-23",
    rules="current",
    workload=Workload(use_case="chat"),
    pools=POOLS,
)


def test_it_is_a_sequence() -> None:
    packed: Sequence[Pool] = Packed(POOLS)
    assert (len(packed), tuple(packed), tuple(packed)) == (21, POOLS, POOLS)
    assert (packed[0], packed[-1], packed[8], packed[5:9]) == (
        *(POOLS[0], POOLS[-1], POOLS[8]),
        POOLS[5:9],
    )
    with pytest.raises(IndexError):
        packed[21]
    assert not Packed(())


@pytest.mark.parametrize("indent", [False, True])
@pytest.mark.parametrize("pools", [POOLS, ()])
def test_its_json_is_the_same_in_parts(indent: bool, pools: tuple[Pool, ...]) -> None:
    plain, packed = replace(FLEET, pools=pools), replace(FLEET, pools=Packed(pools))
    parts = list(json_parts(packed, indent=indent))
    assert "".join(parts) == as_json(plain, indent=indent) == as_json(packed, indent=indent)
    assert json.loads("".join(parts)) == encode(plain)
    assert len(parts) > len(pools)


def test_other_forms_are_the_same() -> None:
    packed = replace(FLEET, pools=Packed(POOLS))
    assert as_yaml(packed) == as_yaml(FLEET)
    assert as_csv(packed) == as_csv(FLEET)
