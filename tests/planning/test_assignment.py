"""How many of which servers: against every possible choice, and the aims one by one."""

from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.facts.fleet_plan import Demand
from recommender.fleet.pools import Kind
from recommender.planning.assignment import assigned
from recommender.planning.packing import packed
from recommender.planning.units import Unit
from tests.planning.fleets import machine, unit, wish

Sizes = Sequence[tuple[int, int]]


def kinds(sizes: Sizes) -> list[Kind]:
    return [
        Kind(
            machine=machine(f"H100 80GB:{devices}"), source="jsonl", nodes=[*map(str, range(nodes))]
        )
        for nodes, devices in sizes
    ]


def fits(units: Sequence[Unit], counts: Sequence[int], sizes: Sizes) -> bool:
    try:
        for pool, one in enumerate(kinds(sizes)):
            mine = [at for at, server in enumerate(units) if server.pool == pool]
            packed(one, [units[at] for at in mine], [counts[at] for at in mine], {})
    except StopIteration:
        return False
    return True


def unmet(demands: Sequence[Demand], units: Sequence[Unit], counts: Sequence[int]) -> list[int]:
    """What each demand lacks, in its order; a missing server counts as all users."""
    found = []
    for row, one in enumerate(demands):
        mine = [at for at, server in enumerate(units) if server.demand == row]
        users = sum(counts[at] * units[at].users for at in mine)
        servers = sum(counts[at] for at in mine)
        wanted = one.workload.concurrency
        found.append(max(wanted - users, 0) + wanted * max(one.replicas - servers, 0))
    return found


def every(units: Sequence[Unit], sizes: Sizes) -> Iterator[tuple[int, ...]]:
    most = [sizes[server.pool][0] * max(sizes[server.pool][1], 1) for server in units]
    return (
        counts
        for counts in product(*(range(number + 1) for number in most))
        if fits(units, counts, sizes)
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from([1, 2]), st.integers(1, 9)),
        min_size=1,
        max_size=3,
        unique_by=lambda row: row[:3],
    ),
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
)
def test_no_choice_meets_more(
    rows: list[tuple[int, int, int, int]], users: tuple[int, int], replicas: tuple[int, int]
) -> None:
    sizes = ((1, 2), (2, 1))
    units = [unit(*row) for row in rows if row[2] <= sizes[row[1]][1]]
    demands = [wish(count, many) for count, many in zip(users, replicas, strict=True)]
    counts = assigned(demands, units, sizes).counts
    assert fits(units, counts, sizes)
    best = min((unmet(demands, units, one) for one in every(units, sizes)), default=[])
    assert unmet(demands, units, counts) == best


def test_the_first_named_is_served_first() -> None:
    units = [unit(0, 0, 8, 10), unit(1, 0, 8, 10)]
    for users in ((10, 10), (5, 10)):
        found = assigned([wish(users[0]), wish(users[1])], units, ((1, 8),))
        assert found.counts == (1, 0)
        assert found.proven


def test_a_small_model_leaves_the_large_devices_free() -> None:
    units = [unit(0, 0, 1, 20, memory_gib=80.0), unit(0, 1, 1, 20, memory_gib=24.0)]
    assert assigned([wish(15)], units, ((1, 8), (1, 4))).counts == (0, 1)


def test_a_framework_that_ranks_far_below_is_taken_only_where_nothing_else_is_left() -> None:
    units = [unit(0, 0, 8, 10), unit(0, 1, 1, 10, memory_gib=24.0, score=20.0)]
    assert assigned([wish(10)], units, ((1, 8), (1, 1))).counts == (1, 0)
    assert assigned([wish(20)], units, ((1, 8), (1, 1))).counts == (1, 1)


def test_a_close_framework_on_smaller_devices_is_as_good() -> None:
    units = [unit(0, 0, 8, 10), unit(0, 1, 1, 10, memory_gib=24.0, score=75.0)]
    assert assigned([wish(10)], units, ((1, 8), (1, 1))).counts == (0, 1)


def test_one_model_has_one_build_where_that_is_enough() -> None:
    units = [unit(0, 0, 8, 10), unit(0, 1, 1, 10, memory_gib=24.0, build="quantized")]
    assert assigned([wish(10)], units, ((2, 8), (2, 1))).counts == (1, 0)
    assert assigned([wish(30)], units, ((2, 8), (2, 1))).counts == (2, 1)


def test_equal_servers_before_a_little_less_memory() -> None:
    units = [unit(0, 0, 1, 10), unit(0, 0, 4, 50)]
    counts = assigned([wish(60)], units, ((2, 8),)).counts
    assert 0 in counts


def test_several_nodes_together_leave_no_room_on_any() -> None:
    units = [unit(0, 0, 8, 30, nodes=2), unit(1, 0, 1, 5)]
    assert assigned([wish(30), wish(5)], units, ((2, 8),)).counts == (1, 0)
    assert assigned([wish(30), wish(5)], units, ((3, 8),)).counts == (1, 1)
