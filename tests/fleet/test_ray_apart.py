"""What nodes of Ray tell without a cluster, and clusters that stop answering."""

import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.codec import encode
from recommender.fleet import parallel, ray_driver
from recommender.fleet.pools import Pools, of_ray
from recommender.fleet.ray_cluster import Cluster
from recommender.fleet.wishes import here
from tests.fleet.machines import wishes
from tests.fleet.test_pools import H100, line


def told(name: str, *, alive: bool = True, **facts: Any) -> dict[str, Any]:
    """A node as the driver tells of it."""
    return {
        "NodeID": f"{facts.pop('number', 0)}-of-{name}",
        "NodeName": name,
        "NodeManagerHostname": "host",
        "NodeManagerAddress": "10.0.0.1",
        "DeathReasonMessage": "" if alive else "it was drained",
        "alive": alive,
        "resources": facts.get("resources", {}),
        "labels": facts.get("labels", {}),
    }


MACHINE = line(None, {**H100, "accelerators": []}).decode()
SEEN = line(None).decode()
NODES: list[tuple[dict[str, Any], str | None, tuple[bool, str] | None]] = [
    (told("dead", alive=False), None, None),
    (told("again", alive=False, number=1), None, None),
    (told("again"), SEEN, None),
    (told("twin", number=1), SEEN, None),
    (told("twin", number=2), SEEN, None),
    (told("10.0.0.1"), SEEN, None),
    (told("broken"), "[1]", None),
    (told("garbage"), "{", None),
    (told("lost"), None, (True, "The node died.")),
    (told("no-python", resources={"HPU": 8.0}), None, (False, "No module named 'recommender'")),
    (told("gaudi", resources={"HPU": 8.0, "accelerator_type:Intel-GAUDI": 1.0}), MACHINE, None),
    (
        told(
            "mi325x",
            resources={"GPU": 4.0},
            labels={"ray.io/accelerator-type": "AMD-Instinct-MI325X-OAM"},
        ),
        MACHINE,
        None,
    ),
    (told("untyped", resources={"GPU": 2.0}), MACHINE, None),
    (told("wrong", resources={"NPU": 1.0, "accelerator_type:H100": 1.0}), MACHINE, None),
    (told("sized", resources={"GPU": 1.0, "accelerator_type:A100-80G": 1.0}), MACHINE, None),
    (told("seen", resources={"GPU": 2.0}), SEEN, None),
    (told("silent"), None, None),
]


def driver(pipe: Connection, address: str, package: str) -> None:
    """Tell of the nodes above; ``silent`` says nothing, and batches are answered by nobody."""
    del package
    if address == "silent":
        time.sleep(60)
    pipe.send(("ready", 2))
    while True:
        kind, *_ = pipe.recv()
        if kind == "nodes":
            pipe.send(("nodes", [node for node, _, _ in NODES]))
            for node, text, failure in NODES:
                if text or failure:
                    pipe.send(("probed", node["NodeID"], text, failure))
        elif address == "dies":
            return


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> Pools:
    """What became of the nodes above."""
    monkeypatch.setattr(ray_driver, "drive", driver)
    cluster = Cluster("host:1", Path())
    try:
        cluster.connect(20)
        return of_ray(cluster, seconds=1)
    finally:
        cluster.give_up()


def test_nodes_are_told_apart_and_set_apart(pools: Pools) -> None:
    apart = {one.node: one.reason for one in pools.set_apart}
    assert apart["dead"] == "Ray says that it is not alive: it was drained"
    assert apart["broken"].startswith("its probe printed no machine: holds a JSON array")
    assert apart["garbage"].startswith("its probe printed no machine: is not valid JSON")
    assert apart["lost"] == "its probe failed: The node died."
    assert apart["silent"] == "its probe failed: it did not answer within 1 seconds"
    assert sorted(apart) == ["broken", "dead", "garbage", "lost", "silent"]
    names = {name for kind in pools.kinds.values() for name in kind.nodes}
    assert {"again", "host", "seen"} <= names
    assert len([name for name in names if name.startswith("twin ")]) == 2


def test_what_ray_tells_counts_where_a_probe_saw_nothing(pools: Pools) -> None:
    found = {name: kind.machine for kind in pools.kinds.values() for name in kind.nodes}
    devices = {
        name: (
            len(machine.accelerators),
            machine.accelerators[0].vendor,
            machine.accelerators[0].name,
        )
        for name, machine in found.items()
        if machine.accelerators and name not in {"again", "host"} and "twin" not in name
    }
    assert devices == {
        "no-python": (8, "intel", None),
        "gaudi": (8, "intel", "Intel-GAUDI"),
        "mi325x": (4, "amd", "Instinct MI325X"),
        "untyped": (2, None, None),
        "wrong": (1, "huawei", None),
        "sized": (1, "nvidia", "A100-80G"),
        "seen": (8, "nvidia", "H100 SXM 80GB"),
    }
    assert found["sized"].accelerators[0].memory_gib == 80
    said = [problem.what for problem in found["untyped"].problems]
    assert "which accelerators Ray means by GPU is not known" in said
    assert "its probe failed: No module named 'recommender'" in [
        problem.what for problem in found["no-python"].problems
    ]
    assert encode(found["seen"])["software"] == H100["software"]


@pytest.mark.parametrize("address", ["dies", "hangs"])
def test_a_cluster_that_stops_answering_does_no_harm(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_driver, "drive", driver)
    monkeypatch.setattr(parallel, "FEW", 1)
    monkeypatch.setattr(parallel.spread, "__defaults__", (1.0,))
    cluster = Cluster(address, Path())
    try:
        cluster.connect(20)
        assert list(cluster.answering(wishes(20))) == list(here(wishes(20)))
    finally:
        cluster.give_up()
