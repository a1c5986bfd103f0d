"""Made-up nodes in the forms that the documents of Kubernetes, its plugins and Slurm describe."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

READY = ({"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": "True"})


def node(
    name: str | None = "n1",
    labels: Mapping[str, str] | None = None,
    resources: Mapping[str, str] | None = None,
    *,
    usable: Mapping[str, str] | None = None,
    taints: Sequence[Mapping[str, str]] = (),
    conditions: Sequence[Mapping[str, str]] = READY,
    **spec: Any,
) -> dict[str, Any]:
    """A node object; ``usable`` are resources of which fewer can be had than there are."""
    capacity = {"cpu": "128", "memory": "1056462412Ki", "pods": "110", **(resources or {})}
    info = {"architecture": "amd64", "operatingSystem": "linux", "kernelVersion": "5.15.0-105"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            **({"name": name} if name is not None else {}),
            "labels": {"kubernetes.io/arch": "amd64", **(labels or {})},
        },
        "spec": {"taints": list(taints), **spec},
        "status": {
            "capacity": capacity,
            "allocatable": {**capacity, **(usable or {})},
            "conditions": list(conditions),
            "nodeInfo": info,
        },
    }


def listed(*nodes: Mapping[str, Any], indent: int | None = 4) -> bytes:
    """What ``kubectl get nodes -o json`` prints of them."""
    document = {"apiVersion": "v1", "items": list(nodes), "kind": "List", "metadata": {}}
    return json.dumps(document, indent=indent).encode()


def gfd(product: str, count: int, mib: int, **more: str) -> dict[str, str]:
    """The labels of NVIDIA's GPU Feature Discovery."""
    own = {
        "gpu.product": product,
        "gpu.count": str(count),
        "gpu.memory": str(mib),
        "gpu.compute.major": "8",
        "gpu.compute.minor": "0",
        "cuda.driver-version.full": "580.95.05",
        "cuda.runtime-version.full": "13.0",
        **{name.replace("__", "-").replace("_", "."): value for name, value in more.items()},
    }
    return {f"nvidia.com/{name}": value for name, value in own.items()}


A100 = gfd("NVIDIA-A100-SXM4-80GB", 8, 81920)
GPUS = {"nvidia.com/gpu": "8"}

SLURM = (
    "NodeName=gpu01 Arch=x86_64 CoresPerSocket=32 \n"
    "   CPUAlloc=0 CPUEfctv=128 CPUTot=128 CPULoad=0.05\n"
    "   AvailableFeatures=ib,rack3\n"
    "   ActiveFeatures=ib,rack3\n"
    "   Gres=gpu:a100-sxm4-80gb:4(S:0,1),shard:8\n"
    "   NodeAddr=gpu01 NodeHostName=gpu01 Version=22.05.8\n"
    "   OS=Linux 5.15.0-105-generic #115-Ubuntu SMP Mon Apr 15 09:52:04 UTC 2024 \n"
    "   RealMemory=515000 AllocMem=0 FreeMem=500000 Sockets=2 Boards=1\n"
    "   State=IDLE ThreadsPerCore=2 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A\n"
    "   Partitions=gpu \n"
    "   BootTime=2026-11-01T10:00:00 SlurmdStartTime=2026-11-01T10:02:00\n"
    "\n"
)


def one_line(text: str = SLURM) -> str:
    """The same as ``scontrol -o show node`` prints it."""
    return " ".join(text.split()) + "\n"
