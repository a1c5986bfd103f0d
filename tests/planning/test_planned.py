"""Plans for made-up fleets, by what an expert expects of them."""

from collections import Counter

import pytest

from recommender.facts import Workload
from recommender.facts.fleet_plan import Demand, FleetPlan, Served
from recommender.fleet.pools import Kind
from recommender.fleet.wishes import Wish
from recommender.planning.planned import planned
from tests.planning.fleets import demand, kind

H100 = kind("h", 3, "H100 80GB:8")
L4 = kind("l", 4, "L4:4")
MI300X = kind("m", 1, "MI300X:8")
CPU = kind("c", 2, ram_gib=256)
SMALL, MIDDLE, LARGE = "Qwen/Qwen3-8B", "Qwen/Qwen3-32B", "deepseek-ai/DeepSeek-V3"


def plan(kinds: list[Kind], *demands: Demand) -> FleetPlan:
    return planned(demands, kinds, Wish(workload=Workload()))


def only(kinds: list[Kind], wanted: Demand) -> Served:
    return plan(kinds, wanted).served[0]


def test_every_server_has_its_own_devices_and_port() -> None:
    found = plan([H100, L4], demand("a", MIDDLE, 100, replicas=3), demand("b", SMALL, 60))
    places = [
        (serving.pool, place)
        for one in found.served
        for serving in one.servings
        for place in serving.places
    ]
    taken = Counter(
        (pool, node, device)
        for pool, place in places
        for node in place.nodes
        for device in place.devices or range(8)
    )
    ports = Counter((pool, place.nodes, place.port) for pool, place in places)
    assert {*taken.values(), *ports.values()} == {1}


def test_what_is_left_is_what_was_there_less_what_is_taken() -> None:
    found = plan([H100, L4], demand("a", MIDDLE, 100), demand("b", SMALL, 60))
    for pool, one in enumerate([H100, L4]):
        devices = len(one.machine.accelerators)
        servings = [item for row in found.served for item in row.servings if item.pool == pool]
        taken = sum(item.replicas * item.devices * item.nodes for item in servings)
        spare = found.spare[pool]
        assert len(one.nodes) * devices == taken + spare.nodes * devices + spare.devices


def test_a_model_too_large_for_a_node_takes_equal_nodes_of_one_pool_together() -> None:
    one = only([L4, H100], demand("big", LARGE, 20))
    (serving,) = one.servings
    assert (serving.pool, serving.nodes, one.shortage) == (1, 2, None)
    assert serving.fit.tensor_parallel == 8
    assert serving.fit.pipeline_parallel == 2
    assert [len(place.nodes) for place in serving.places] == [2]


def test_unlike_vendors_serve_one_model_side_by_side_never_together() -> None:
    one = only([H100, MI300X], demand("much", MIDDLE, 1100))
    assert {serving.pool for serving in one.servings} == {0, 1}
    assert {serving.nodes for serving in one.servings} == {1}
    assert {(serving.pool, serving.platform) for serving in one.servings} == {
        (0, "cuda"),
        (1, "rocm"),
    }


def test_copies_stand_on_nodes_of_their_own_where_there_is_room() -> None:
    (serving,) = only([H100], demand("a", SMALL, 20, replicas=2)).servings
    assert len({place.nodes for place in serving.places}) == 2
    one = only([kind("h", 1, "H100 80GB:8")], demand("a", SMALL, 20, replicas=2))
    assert one.shortage is None


def test_latency_is_for_the_fastest_devices() -> None:
    one = only([L4, H100], demand("fast", SMALL, 5, priority="latency"))
    assert {serving.pool for serving in one.servings} == {1}
    assert {serving.pool for serving in only([L4, H100], demand("any", SMALL, 5)).servings} == {0}


def test_the_processor_serves_what_no_accelerator_can() -> None:
    assert {item.pool for item in only([CPU, L4], demand("a", SMALL, 5)).servings} == {1}
    assert {item.pool for item in only([CPU], demand("a", SMALL, 2)).servings} == {0}


def test_a_server_that_is_too_slow_is_none() -> None:
    wanted = demand("a", MIDDLE, 10, tokens_per_s=40.0)
    assert {item.pool for item in only([L4, H100], wanted).servings} == {1}
    none = only([L4], demand("a", MIDDLE, 10, tokens_per_s=500.0))
    assert (none.servings, none.shortage is not None) == ((), True)
    assert "500 tokens/s" in " ".join(none.shortage.why if none.shortage else ())


def test_what_is_missing_says_how_many_more_machines_would_do() -> None:
    one = only([H100], demand("much", MIDDLE, 1000))
    assert one.shortage is not None
    assert one.shortage.users == 1000 - one.users
    more = kind("h", 3 + int(one.shortage.would[0].split()[0]), "H100 80GB:8")
    assert only([more], demand("much", MIDDLE, 1000)).shortage is None
    fewer = kind("h", len(more.nodes) - 1, "H100 80GB:8")
    assert only([fewer], demand("much", MIDDLE, 1000)).shortage is not None


def test_a_makeshift_says_how_many_nodes_would_do_together() -> None:
    one = only([kind("h", 1, "H100 80GB:8")], demand("big", LARGE, 20, context_tokens=131072))
    assert {item.fit.build for item in one.servings} == {"gguf"}
    count = int(one.better[0].split()[0])
    wide = only([kind("h", count, "H100 80GB:8")], demand("big", LARGE, 20, context_tokens=131072))
    assert {item.fit.build for item in wide.servings} == {"own"}
    assert not wide.better


def test_what_nothing_holds_says_how_many_nodes_would_do_together() -> None:
    short = only([kind("t", 1, "T4:1", ram_gib=32)], demand("big", MIDDLE, 8)).shortage
    assert short is not None
    assert short.why
    count = int(short.would[0].split()[0])
    assert only([kind("t", count, "T4:1", ram_gib=32)], demand("big", MIDDLE, 8)).servings


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_pool_at_all(lang: str) -> None:
    found = planned([demand("a", SMALL, 1)], [], Wish(workload=Workload(), lang=lang))
    assert found.served[0].shortage is not None
    assert found.spare == ()
