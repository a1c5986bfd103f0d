"""A real Ray cluster of three nodes: what its nodes tell, and that it answers as this process."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from recommender.errors import InputError
from recommender.fleet import parallel
from recommender.fleet.pools import of_ray
from recommender.fleet.ray_cluster import connected
from recommender.fleet.wishes import here
from tests.cli.conftest import Run
from tests.fleet.machines import distinct, wishes
from tests.fleet.test_pools import line

if sys.platform == "win32" or not find_spec("ray"):
    pytest.skip("needs Ray: pip install 'llmpick[ray]'", allow_module_level=True)


Obey = Callable[[str], str]


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, Obey]]:
    """The address of the cluster, and what tells it to lose something."""
    command = [sys.executable, "-m", "tests.fleet.ray_here"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command,
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "LLMPICK_RAY_TEST": str(os.getpid())},
    ) as process:
        assert process.stdin
        assert process.stdout

        def obey(order: str) -> str:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        lines = (text.strip() for text in process.stdout)
        yield next(text for text in lines if text.rpartition(":")[2].isdigit()), obey
        process.stdin.close()
        process.wait(30)


def test_each_node_is_probed(cluster: tuple[str, Obey], llmpick: Run) -> None:
    done = llmpick("fleet", "--ray", cluster[0], "--json")
    assert (done.code, done.err) == (0, "")
    pools = {pool["nodes"][0]: pool["machine"] for pool in done.json["pools"]}
    assert sorted(pools) == ["ascend", "h100", "head", "mi300x"]
    told = {
        name: {(one["vendor"], one["name"]) for one in machine["accelerators"]}
        for name, machine in pools.items()
    }
    assert told == {
        "head": set(),
        "h100": {("nvidia", "H100")},
        "mi300x": {("amd", "Instinct MI300X")},
        "ascend": {("huawei", "Ascend910B")},
    }
    assert [len(pools[name]["accelerators"]) for name in ("h100", "mi300x", "ascend")] == [8, 4, 8]
    # The probe told the rest, and nobody the size of devices that are not there.
    here_too = {machine["cpu"]["model"] for machine in pools.values()}
    assert here_too == {llmpick("probe", "--json").json["cpu"]["model"]}
    assert {one["memory_gib"] for one in pools["h100"]["accelerators"]} == {None}


def test_the_answers_are_the_same_bytes(
    cluster: tuple[str, Obey],
    llmpick: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "FEW", 16)
    file = tmp_path / "fleet.jsonl"
    machines = enumerate(distinct(40))
    file.write_bytes(b"".join(line(f"n{n}", machine) for n, machine in machines))
    question = ("fleet", str(file), "--json", "--use-case", "production", "--concurrency", "50")
    on_cluster = llmpick(*question, "--ray", cluster[0])
    assert (on_cluster.code, on_cluster.err) == (0, "")
    assert on_cluster.out == llmpick(*question).out


def test_workers_that_die_are_replaced(
    cluster: tuple[str, Obey], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "FEW", 16)
    asked = wishes(100)
    with connected(cluster[0]) as ray:
        found = ray.answering(asked)
        first = next(found)
        assert int(cluster[1]("workers")) > 0
        assert [first, *found] == list(here(asked))


def test_nodes_that_hang_or_die_midway_are_listed(cluster: tuple[str, Obey]) -> None:
    address, obey = cluster
    with connected(address) as ray:
        # A node that stands still has not done its probe when it dies.
        for name in ("ascend", "mi300x"):
            obey(f"stop {name}")
        kill = threading.Timer(1, obey, ["kill mi300x"])
        kill.start()
        pools = of_ray(ray, seconds=40)
        kill.join()
    assert [kind.nodes for kind in pools.kinds.values()] == [["h100"], ["head"]]
    assert [one.node for one in pools.set_apart] == ["ascend", "mi300x"]
    assert all(one.reason.startswith("its probe failed: ") for one in pools.set_apart)
    with connected(address) as ray:
        again = {one.node: one.reason for one in of_ray(ray).set_apart}
    assert again["mi300x"].startswith("Ray says that it is not alive: ")


def test_what_is_no_cluster_is_said_in_time() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        start = time.monotonic()
        with pytest.raises(InputError, match="no Ray cluster answers there within 2 seconds"):  # noqa: SIM117
            with connected(f"127.0.0.1:{port}", seconds=2):
                pass
        assert time.monotonic() - start < 6
    with pytest.raises(InputError, match="cannot be reached"):  # noqa: SIM117
        with connected(f"127.0.0.1:{port}"):
            pass
