"""A real Ray cluster on this machine, for tests: ``python -m tests.fleet.ray_here``.

Starts a head and three nodes with accelerators that are not there, prints the address, and obeys a
word and a name on each line of standard input: ``stop NAME`` and ``kill NAME`` a node, ``workers``
kills what runs on all of them. Each is answered by a line. It ends with its standard input.
"""

import os
import signal
import sys
from typing import Any

import psutil
from ray.cluster_utils import Cluster

NODES: dict[str, dict[str, Any]] = {
    "h100": {"num_gpus": 8, "resources": {"accelerator_type:H100": 1}},
    "mi300x": {"num_gpus": 4, "labels": {"ray.io/accelerator-type": "AMD-Instinct-MI300X-OAM"}},
    "ascend": {"resources": {"NPU": 8, "accelerator_type:Ascend910B": 1}},
}


def started() -> tuple[Cluster, dict[str, Any]]:
    """The cluster, and its nodes by name."""
    head = {
        "num_cpus": 0,
        "node_name": "head",
        "include_dashboard": False,
        # A node counts as dead after some five seconds of silence in place of half a minute.
        "_system_config": {
            "health_check_period_ms": 1500,
            "health_check_timeout_ms": 1500,
            "health_check_failure_threshold": 3,
        },
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = {
        name: cluster.add_node(num_cpus=1, node_name=name, wait=False, **given)
        for name, given in NODES.items()
    }
    cluster.wait_for_nodes()
    return cluster, nodes


def _raylet(node: Any) -> int:
    (info,) = node.all_processes["raylet"]
    return int(info.process.pid)


def _kill_workers() -> int:
    """Kill every process that answers something, and tell how many there were."""
    found = [one for one in psutil.process_iter(["cmdline"]) if _answers(one)]
    for one in found:
        one.kill()
    return len(found)


def _answers(process: psutil.Process) -> bool:
    words = process.info["cmdline"] or [""]
    ours = os.environ.get("LLMPICK_RAY_TEST", "")
    return words[0].startswith("ray::answered") and ours in str(process.environ())


def main() -> None:
    """Start, obey, and clean up."""
    cluster, nodes = started()
    sys.stdout.write(f"{cluster.address}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        word, _, name = line.strip().partition(" ")
        told = 1
        if word == "stop":
            os.kill(_raylet(nodes[name]), signal.SIGSTOP)
        elif word == "kill":
            cluster.remove_node(nodes.pop(name), allow_graceful=False)
        else:
            told = _kill_workers()
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    for node in nodes.values():
        os.kill(_raylet(node), signal.SIGCONT)
    cluster.shutdown()


if __name__ == "__main__":
    main()
