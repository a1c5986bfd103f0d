"""What ``sinfo`` prints: its tables in many forms, its JSON, and what cannot be told from them."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from recommender.errors import InputError
from recommender.fleet import sinfo
from recommender.fleet.pools import Pools, gathered

BARS = """\
cpu1|(null)|128|515000|(null)|idle
gpu01|gpu:a100-sxm4-80gb:4(S:0,1)|128|515000|ib,rack3|mixed-
gpu01|gpu:a100-sxm4-80gb:4(S:0,1)|128|515000|ib,rack3|mixed-
gpu02|gpu:a100-sxm4-80gb:4(S:0,1)|128|515000|ib,rack3|idle~
gpu02|gpu:a100-sxm4-80gb:4(S:0,1)|128|515000|ib,rack3|idle~
gpu03|gpu:a100-sxm4-80gb:4(S:0,1)|128|515000|ib,rack3|drained*
gpu03|gpu:a100-sxm4-80gb:4(S:0,1)|128|515000|ib,rack3|drained*
"""
LONG = """\
Mon Nov 23 07:20:57 2026
NODELIST   NODES PARTITION       STATE CPUS    S:C:T MEMORY TMP_DISK WEIGHT AVAIL_FE REASON
gpu01          1      gpu*        idle 128    2:32:2 515000        0      1 ib,rack3 none
gpu02          1      gpu*        down 128    2:32:2 515000        0      1 ib,rack3 fan 2 | broken
"""
DEFAULT = """\
PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST
gpu*         up   infinite      2 drain* gpu[03-04]
gpu*         up   infinite      2   idle gpu[01-02]
empty        up   infinite      0    n/a
all          up 1-00:00:00      1   drng gpu04
"""
NO_DEVICES = f"tells of no devices (no column GRES): write it with {sinfo.COMMAND}"


def read(text: str, form: str = "auto") -> Pools:
    return gathered(io.BytesIO(text.encode()), form)


def pools(found: Pools) -> list[tuple[int, list[str]]]:
    kinds = found.largest_first()
    return [(len(kind.machine.accelerators), kind.nodes) for kind in kinds]


def apart(found: Pools) -> list[tuple[str, str]]:
    return [(one.node, one.reason.removeprefix("Slurm says ")) for one in found.set_apart]


def wrong(found: Pools) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in found.unreadable]


@pytest.mark.parametrize("form", ["auto", "slurm"])
def test_a_node_in_several_partitions_is_one_machine(form: str) -> None:
    found = read(BARS, form)
    assert pools(found) == [(4, ["gpu01", "gpu02"]), (0, ["cpu1"])]
    assert apart(found) == [("gpu03", "DRAINED*")]
    assert wrong(found) == []
    machine = found.largest_first()[0].machine
    assert (machine.cpu.logical_cores, machine.memory.total_gib) == (128, 502.9)
    assert machine.accelerators[0].memory_gib == 80


def test_the_columns_of_a_header_stand_in_any_order() -> None:
    table = (
        "HOSTNAMES|STATE|GRES|S:C:T|MEMORY|ACTIVE_FEATURES|REASON\n"
        "n1|idle|gpu:1|2:32:2|515000|l40s|none\n"
        "n2|down|gpu:1|2:32:2|515000|l40s|a|b\n"
    )
    found = read(table)
    (kind,) = found.largest_first()
    assert (kind.nodes, kind.machine.accelerators[0].name) == (["n1"], "L40S")
    assert (kind.machine.cpu.sockets, kind.machine.cpu.physical_cores) == (2, 64)
    assert apart(found) == [("n2", "DOWN: a|b")]


def test_many_nodes_in_one_row() -> None:
    table = (
        "NODELIST GRES CPUS MEMORY AVAIL_FEATURES STATE\n"
        "gpu[01-03],g[7,9] gpu:h100:8 128+ 515000 (null) idle\n"
        "x1 gpu:h100:8 128 515000+ (null) idle\n"
    )
    found = read(table)
    assert pools(found) == [(8, ["gpu01", "gpu02", "gpu03", "g7", "g9"]), (8, ["x1"])]
    first, second = (kind.machine for kind in found.largest_first())
    # A plus sign behind a number says that other nodes of the row have more.
    assert (first.cpu.logical_cores, second.memory.total_gib) == (None, None)


@pytest.mark.parametrize(
    ("table", "down"),
    [
        (LONG, [("gpu02", "DOWN: fan 2 | broken")]),
        (DEFAULT, [("gpu03", "DRAIN*"), ("gpu04", "DRAIN*")]),
    ],
)
def test_a_table_without_devices_tells_who_is_down(table: str, down: list[tuple[str, str]]) -> None:
    found = read(table)
    assert pools(found) == []
    assert wrong(found) == [(3, NO_DEVICES)]
    assert apart(found) == down


@pytest.mark.parametrize(
    "row",
    [
        "gpu*         up   infinite      2   idle gpu[01-02]",
        "gpu01          1      gpu* idle  ",
        "NODELIST            GRES                CPUS\nn1                  gpu:l4:2,gpu:a100:12128",
    ],
)
def test_rows_whose_columns_are_not_known(row: str) -> None:
    said = f"is no row of sinfo with a header above it: write it with {sinfo.COMMAND}"
    assert wrong(read(f"{row}\n")) == [(row.count("\n") + 1, said)]


def test_garbage_between_the_rows() -> None:
    found = read(BARS.replace("gpu02|", "gpu[2|") + "\n\x00\xff|x\n")
    assert pools(found) == [(0, ["cpu1"]), (4, ["gpu01"])]
    assert [line for line, _ in wrong(found)] == [4, 5, 9]


def test_one_cluster_at_a_time() -> None:
    table = f"CLUSTER: a\nNODELIST GRES STATE\nn1 gpu:l4:1 idle\n\nCLUSTER: b\n{BARS}"
    found = read(table)
    assert pools(found) == [(1, ["n1"])]
    said = "begins another cluster, and was not read: ask about one cluster at a time"
    assert wrong(found) == [(5, said)]


def test_the_nodes_of_all_rows_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinfo, "_MOST", 10)
    found = read("NODELIST GRES STATE\n" + "n[1-8] gpu:l4:1 idle\n" * 5)
    assert pools(found) == [(1, [f"n{number}" for number in range(1, 9)])]
    assert [line for line, _ in wrong(found)] == [4]


def _group(names: Sequence[str], *, gres: str = "gpu:h100:8", **more: Any) -> dict[str, Any]:
    """An element of ``sinfo --json``, as data_parser/v0.0.40 to v0.0.44 write it."""
    return {
        "node": {"state": ["IDLE"]},
        "nodes": {"allocated": 0, "idle": len(names), "total": len(names), "nodes": [*names]},
        "cpus": {"minimum": 128, "maximum": 128},
        "sockets": {"minimum": 2, "maximum": 2},
        "cores": {"minimum": 32, "maximum": 32},
        "memory": {"minimum": 515000, "maximum": 515000},
        "features": {"total": "ib", "active": "ib"},
        "gres": {"total": gres, "used": "gpu:h100:0(IDX:N/A)" if gres else ""},
        "reason": {"description": "", "time": 0, "user": "nobody"},
        "partition": {"name": "gpu"},
        **more,
    }


def _document(*groups: Any, indent: int | None = 1) -> str:
    return json.dumps({"sinfo": groups, "meta": {}, "errors": [], "warnings": []}, indent=indent)


@pytest.mark.parametrize("indent", [None, 1])
def test_json(indent: int | None) -> None:
    down: dict[str, Any] = {"node": {"state": ["IDLE", "DRAIN"]}, "reason": {"description": "fan"}}
    groups = [
        _group(["n1"]),
        _group(["n1"], partition={"name": "all"}),
        _group(["n2"]),
        _group(["n3"], **down),
        _group(["c1", "c2"], gres="", memory={"minimum": 1, "maximum": 2}),
    ]
    found = read(_document(*groups, indent=indent))
    assert sorted(pools(found)) == [(0, ["c1", "c2"]), (8, ["n1", "n2"])]
    assert apart(found) == [("n3", "IDLE+DRAIN: fan")]
    machine = {len(kind.machine.accelerators): kind.machine for kind in found.kinds.values()}
    assert machine[8].cpu.physical_cores == 64
    assert (machine[8].memory.total_gib, machine[0].memory.total_gib) == (502.9, None)


def test_json_of_groups_names_the_devices_of_one_node_alone() -> None:
    found = read(_document(_group(["n1", "n2"])))
    said = "stands for 2 nodes and tells the devices of one: write it with sinfo -N --json"
    assert wrong(found) == [(3, said)]


@pytest.mark.parametrize("wrong_value", [None, [], {}, 7, "x"])
def test_json_with_values_of_another_type(wrong_value: Any) -> None:
    names = ("node", "cpus", "sockets", "cores", "memory", "features", "gres", "reason")
    group = {**_group(["n1"]), **dict.fromkeys(names, wrong_value)}
    assert pools(read(_document(group))) == [(0, ["n1"])]
    assert pools(read(_document({**group, "nodes": {"nodes": wrong_value}}))) in (
        [],
        [(0, ["x"])],
        [(0, ["7"])],
    )


def test_another_form_that_was_named() -> None:
    assert {line for line, _ in wrong(read(BARS, "jsonl"))} == {1, 2, 3, 4, 5, 6, 7}
    with pytest.raises(InputError, match="empty"):
        read("", "slurm")
