"""What a real controller of Slurm prints goes through ``llmpick fleet``, and takes our scripts."""

import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.devices.described import describe
from recommender.fleet import sinfo
from recommender.fleet.hostlist import expanded
from recommender.fleet.pools import Pools, gathered
from recommender.targets import probing_scripts
from recommender.targets.slurm import write
from tests.launch.test_commands import nvidia
from tests.targets.scheduled import plan, two_machines

from .slurm_controller import Controller, controller

NODES = """\
NodeName=DEFAULT Sockets=2 CoresPerSocket=32 ThreadsPerCore=2 RealMemory=1100000 State=CLOUD
NodeName=gpu[01-04] NodeAddr=127.0.0.1 Gres=gpu:a100-sxm4-80gb:8 Feature=ib,rack3
NodeName=amd[1-2] NodeAddr=127.0.0.1 Gres=gpu:mi300x:8
NodeName=odd1 NodeAddr=127.0.0.1 Gres=gpu:tesla:2,gpu:l4:1
NodeName=cpu[1-3] NodeAddr=127.0.0.1
NodeName=later1 NodeAddr=127.0.0.1 Gres=gpu:h100:8 State=FUTURE
NodeName=gone1 NodeAddr=127.0.0.1 State=UNKNOWN
PartitionName=gpu Nodes=gpu[01-04],amd[1-2],odd1 Default=YES MaxTime=INFINITE State=UP
PartitionName=all Nodes=ALL MaxTime=2-00:00:00 State=UP
"""
RESOURCES = """\
NodeName=gpu[01-04] Name=gpu Type=a100-sxm4-80gb Count=8
NodeName=amd[1-2] Name=gpu Type=mi300x Count=8
NodeName=odd1 Name=gpu Type=tesla Count=2
NodeName=odd1 Name=gpu Type=l4 Count=1
NodeName=later1 Name=gpu Type=h100 Count=8
"""
REASON = "fan of GPU 2|broken = yes"
POOLS = {
    (8, "A100 SXM 80GB", ("gpu01", "gpu02", "gpu04")),
    (8, "Instinct MI300X", ("amd1", "amd2")),
    (3, None, ("odd1",)),
    (0, None, ("cpu1", "cpu2", "cpu3")),
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """A cluster with a node that its administrator drained."""
    with controller(tmp_path_factory.mktemp("slurm"), NODES, RESOURCES) as found:
        found.says("scontrol", "update", "nodename=gpu03", "state=drain", f"reason={REASON}")
        yield found


def read(text: str) -> Pools:
    return gathered(io.BytesIO(text.encode()))


def pools(found: Pools) -> set[tuple[int, str | None, tuple[str, ...]]]:
    """How many devices, the first one's name, and the nodes of each pool."""
    return {
        (len(devices), devices[0].name if devices else None, tuple(sorted(kind.nodes)))
        for kind in found.kinds.values()
        for devices in [kind.machine.accelerators]
    }


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("scontrol -o show node", f": {REASON}"),
        ("scontrol show node", f": {REASON}"),
        (sinfo.COMMAND, ""),
        ("sinfo -N -o '%N|%G|%c|%m|%f|%T|%E'", f": {REASON}"),
        ("sinfo -o '%E|%n|%G|%z|%m|%f|%t'", f": {REASON}"),
        ("sinfo -o '%N %G %z %m %f %T'", ""),
        ("sinfo --json", f": {REASON}"),
    ],
)
def test_every_form_tells_of_the_same_machines(
    cluster: Controller, command: str, reason: str
) -> None:
    found = read(cluster.says(*shlex.split(command)))
    assert pools(found) == POOLS
    assert found.unreadable == []
    apart = {one.node: one.reason for one in found.set_apart}
    assert set(apart) == {"gpu03", "gone1"}
    assert re.fullmatch(
        r"Slurm says \S*DRA?I?N\S*" + re.escape(reason) + r"( \[.*\])?", apart["gpu03"]
    )
    for kind in found.kinds.values():
        assert kind.machine.memory.total_gib == 1074.2


@pytest.mark.parametrize("command", ["sinfo", "sinfo -N", "sinfo -N -l", "sinfo -s", "sinfo -h"])
def test_the_usual_tables_name_the_command_that_tells_more(
    cluster: Controller, command: str
) -> None:
    found = read(cluster.says(*shlex.split(command)))
    assert found.kinds == {}
    assert found.unreadable_count > 0
    said = found.unreadable[0].reason
    assert pools(read(cluster.says(*shlex.split(said.partition("write it with ")[2])))) == POOLS


@pytest.mark.parametrize(
    "text", ["n[01-12]", "a[1-3,7],b,c[08-11]", "r[1-2]n[1-3]", "[7-8],m[09-10]"]
)
def test_names_are_those_of_slurm_itself(cluster: Controller, text: str) -> None:
    assert expanded(text) == cluster.says("scontrol", "show", "hostnames", text).split()


def test_the_controller_takes_the_scripts(cluster: Controller, tmp_path: Path) -> None:
    machines = (nvidia(1), nvidia(8), describe(["MI300X:8"]), describe(["Ascend 910B3:8"]))
    plans = [plan("slurm", "vllm", machine) for machine in machines]
    plans.append(plan("slurm", "llama.cpp", describe([], arch="x86_64", ram_gib=64)))
    plans += [two_machines("slurm", framework) for framework in ("vllm", "sglang")]
    asked = {}
    for found in plans:
        text = write(found)
        asked[tuple(re.findall(r"(?m)^#SBATCH --(?!job-name)(.*)$", text))] = text
    assert {"nodes=1", "nodes=2"} <= {word for words in asked for word in words}
    for text in asked.values():
        (tmp_path / "job").write_text(text)
        done = cluster.done("sbatch", "--test-only", str(tmp_path / "job"))
        assert (done.returncode, "to start at" in done.stderr) == (0, True), done.stderr


def test_the_probe_is_taken_on_every_node_that_takes_jobs(
    cluster: Controller, tmp_path: Path
) -> None:
    """With the devices that each has; nothing runs, as the nodes do not exist."""
    real = cluster.says("sh", "-c", "command -v srun").strip()
    (tmp_path / "srun").write_text(f'#!/bin/sh\nexec "{real}" --test-only "$@"\n')
    (tmp_path / "srun").chmod(0o755)
    (tmp_path / "llmpick").symlink_to("/bin/true")
    (tmp_path / "probe").write_text(probing_scripts.slurm())
    done = cluster.done("bash", str(tmp_path / "probe"), first=tmp_path)
    assert re.findall("(.*): not probed", done.stderr) == ["gpu03"]
    asked = re.findall(r"to start at .* on nodes (\S+) in", done.stderr)
    idle = {node for _, _, nodes in POOLS for node in nodes}
    assert sorted(asked) == sorted(idle)


def test_the_controller_refuses_more_devices_than_there_are(
    cluster: Controller, tmp_path: Path
) -> None:
    """It does check generic resources, so that the test above can fail."""
    (tmp_path / "job").write_text("#!/bin/bash\n#SBATCH --gpus-per-node=9\ntrue\n")
    done = cluster.done("sbatch", "--test-only", str(tmp_path / "job"))
    assert "Requested node configuration is not available" in done.stderr
