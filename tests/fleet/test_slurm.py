"""What Slurm tells of nodes, as text and as JSON, and which of them are set apart."""

from typing import Any

import pytest

from recommender.errors import InputError
from recommender.facts import Accelerator
from recommender.fleet import slurm
from recommender.fleet.records import Node
from tests.fleet.nodes import SLURM, one_line

JSON = {
    "architecture": "x86_64",
    "cores": 32,
    "cpus": 128,
    "sockets": 2,
    "threads": 2,
    "features": "ib,rack3",
    "active_features": "ib,rack3",
    "gres": "gpu:a100-sxm4-80gb:4(S:0,1),shard:8",
    "name": "gpu01",
    "partitions": ["gpu"],
    "real_memory": 515000,
    "reason": "",
    "state": "idle",
    "state_flags": [],
}


def _of(text: str) -> Node:
    import io

    from recommender.fleet.records import Item
    from recommender.fleet.sources import records

    (found,) = records(io.BytesIO(text.encode()))
    assert isinstance(found, Item)
    return _node_of(found.value)


def _node_of(value: Any) -> Node:
    (node,) = slurm.nodes(value)
    return node


def _devices(gres: str, features: str = "ib") -> tuple[Accelerator, ...]:
    return _node_of({**JSON, "gres": gres, "active_features": features}).machine.accelerators


def test_text_and_json_tell_the_same() -> None:
    block, line, document = _of(SLURM), _of(one_line()), _node_of(JSON)
    assert block == line == document
    machine = line.machine
    assert (line.name, line.apart, len(machine.accelerators)) == ("gpu01", None, 4)
    assert (machine.arch, machine.memory.total_gib) == ("x86_64", 502.9)
    assert (machine.cpu.sockets, machine.cpu.physical_cores, machine.cpu.logical_cores) == (
        2,
        64,
        128,
    )


@pytest.mark.parametrize(
    ("gres", "features", "found"),
    [
        ("gpu:h100:2", "ib", [("nvidia", "h100", None, None)] * 2),
        ("gpu:v100s:1", "ib", [("nvidia", "Tesla V100S PCIe 32GB", None, None)]),
        ("gpu:nvidia_h100_80gb_hbm3:1", "ib", [("nvidia", "H100 SXM 80GB", 80, None)]),
        ("gpu:mi300x:8", "ib", [("amd", "Instinct MI300X", None, None)] * 8),
        ("gpu:tesla:1", "ib", [(None, None, None, None)]),
        ("gpu:2", "ib,rack3", [(None, None, None, None)] * 2),
        ("gpu:1", "ib,l40s", [("nvidia", "L40S", None, None)]),
        ("gpu:1", "l40s,l4", [(None, None, None, None)]),
        ("gpu:a100_3g.20gb:2", "ib", [("nvidia", "a100", None, "3g.20gb")] * 2),
        ("gpu:1g.5gb:1", "ib", [(None, None, None, "1g.5gb")]),
        (
            "gpu:l4:1(S:0,1),gpu:l40s:1(IDX:0-1),mps:400",
            "ib",
            [("nvidia", "L4", None, None), ("nvidia", "L40S", None, None)],
        ),
        ("", "ib", []),
        ("(null)", "ib", []),
        ("license:4", "ib", []),
        ("gpu:0", "ib", []),
        ("gpu:h100:0(S:0)", "ib", []),
    ],
)
def test_generic_resources(gres: str, features: str, found: list[tuple[Any, ...]]) -> None:
    told = _devices(gres, features)
    assert [(one.vendor, one.name, one.memory_gib, one.partition) for one in told] == found
    assert [one.index for one in told] == list(range(len(found)))


@pytest.mark.parametrize("gres", ["gpu:tesla:1", "gpu:a100", "gpu:a100:1K", "gpu"])
def test_resources_that_are_not_understood_are_told(gres: str) -> None:
    machine = _node_of({**JSON, "gres": f"gpu:l4:1,{gres}"}).machine
    said = f"which accelerators Slurm means by {gres} is not known"
    assert [problem.what for problem in machine.problems] == [said]


@pytest.mark.parametrize(
    ("state", "apart"),
    [
        ("IDLE", False),
        ("MIXED", False),
        ("IDLE+CLOUD+POWERED_DOWN", False),
        ("IDLE~", False),
        ("IDLE+PLANNED", False),
        ("ALLOCATED+DRAIN", True),
        ("DOWN*", True),
        ("IDLE*", True),
        ("IDLE$", True),
        ("IDLE@", True),
        ("DOWN+DRAIN+INVALID_REG", True),
        ("FUTURE", True),
        ("REBOOT^", True),
    ],
)
def test_states(state: str, apart: bool) -> None:
    found = _of(one_line().replace("State=IDLE", f"State={state}"))
    assert found.apart == (f"Slurm says {state}" if apart else None)
    listed = _node_of({**JSON, "state": state.split("+")})
    assert (listed.apart is not None) == apart


def test_the_reason_of_the_administrator() -> None:
    text = one_line().strip().replace("State=IDLE", "State=IDLE+DRAIN")
    found = _of(f"{text} Reason=fan Gres=gpu:h100:9 [root@2026-11-20T10:00:00]\n")
    assert found.apart == "Slurm says IDLE+DRAIN: fan"
    assert len(found.machine.accelerators) == 4
    flagged = _node_of({**JSON, "state": "down", "state_flags": ["NOT_RESPONDING"]})
    assert flagged.apart == "Slurm says DOWN+NOT_RESPONDING"


@pytest.mark.parametrize("wrong", [None, [], {}, -1, "x", {"set": False, "number": 4}])
def test_values_of_another_type_are_unknown(wrong: Any) -> None:
    fields = dict.fromkeys(("cpus", "sockets", "cores", "real_memory", "gres", "state"), wrong)
    machine = _node_of({**JSON, **fields}).machine
    assert (machine.memory.total_gib, machine.cpu.logical_cores) == (None, None)
    assert machine.accelerators == ()


def test_numbers_in_objects() -> None:
    wrapped = {"set": True, "infinite": False, "number": 515000}
    assert _node_of({**JSON, "real_memory": wrapped}).machine.memory.total_gib == 502.9


@pytest.mark.parametrize("value", [None, [], {}, {"name": "x"}])
def test_what_is_no_node(value: Any) -> None:
    with pytest.raises(InputError, match="no node of Slurm"):
        _node_of(value)
