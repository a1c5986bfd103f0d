"""What a container of ``docker run`` mounts, as volumes of a pod."""

import math
import re
from collections.abc import Iterator
from typing import Any

from recommender.errors import InputError
from recommender.facts.cluster import ClusterDevice
from recommender.facts.noun import noun
from recommender.facts.plan import ADAPTERS, SSH_KEYS, Container, Mount, Plan
from recommender.targets.common import refuse
from recommender.targets.waiting import UNKNOWN_GIB

_SHM = "/dev/shm"  # noqa: S108  # shared memory, not a temporary file
_UNITS = {"k": "Ki", "m": "Mi", "g": "Gi", "t": "Ti"}
_GIB = {"k": 2**-20, "m": 2**-10, "g": 1, "t": 2**10}
# An assumption: beside the weights lie the tokenizer and compiled kernels, and file systems keep
# a part for themselves. A claim can be made larger later.
_ROOM = 1.2
_OTHER_GIB = 10
_OWNER_READS = 0o400


@noun
class Volume:
    """One mount of a container: the volume of the pod, and where the container sees it."""

    name: str
    path: str
    body: dict[str, Any]
    sub_path: str | None = None
    read_only: bool = False

    def mount(self) -> dict[str, Any]:
        """The entry of ``volumeMounts``."""
        found: dict[str, Any] = {"name": self.name, "mountPath": self.path}
        if self.sub_path:
            found["subPath"] = self.sub_path
        return found | ({"readOnly": True} if self.read_only else {})


def volumes(
    plan: Plan, box: Container, device: ClusterDevice | None, target: str
) -> tuple[Volume, ...]:
    """The volumes of a container.

    Raises:
        InputError: a path of this machine that no other machine knows is mounted.
    """
    found = [*_shared_memory(plan, box)]
    for mount in box.mounts:
        if mount.target == _SHM:
            continue
        if mount == SSH_KEYS:
            found.append(_keys(plan))
        elif is_cache(mount):
            found.append(_cache(plan, mount))
        elif not mount.source.startswith("/"):
            raise _unknown_path(plan, mount, target)
        elif not _brought(mount.source, device):
            found.append(_of_host(plan, mount))
    return tuple(found)


def _unknown_path(plan: Plan, mount: Mount, target: str) -> InputError:
    why = f"{mount.source} is a path that only this machine knows"
    local = plan.model.startswith((".", "~"))
    instead = (
        "give the absolute path of the model on the nodes" if local else "take --target docker"
    )
    return refuse(plan, target, why, instead)


def is_cache(mount: Mount) -> bool:
    """Whether downloads go there, or adapters lie there: in a volume of the cluster."""
    if mount == SSH_KEYS:
        return False
    written = mount.source.startswith("./") and not mount.read_only
    return mount.volume or mount.source.startswith("~/.") or written or mount == ADAPTERS


def claim_name(plan: Plan) -> str:
    """The name of the claim that keeps the models."""
    return f"{plan.name}-models"


def ssh_secret(plan: Plan) -> str:
    """The name of the Secret with the pair of keys of a group."""
    return f"{plan.name}-ssh"


def cache_gib(plan: Plan) -> int:
    """What the claim asks for, in GiB; ten alone where the model lies on the nodes already."""
    if plan.model.startswith("/"):
        return _OTHER_GIB
    if plan.weights_gib is None:
        return UNKNOWN_GIB
    return math.ceil(plan.weights_gib * _ROOM) + _OTHER_GIB


def quantity(size: str) -> str | None:
    """A size of ``docker run --shm-size`` as Kubernetes writes it: 64gb is 64Gi."""
    found = re.fullmatch(r"(\d+)([kmgt])b?", size.casefold())
    return f"{found[1]}{_UNITS[found[2]]}" if found else None


def shared_gib(box: Container) -> float:
    """The size of /dev/shm in GiB, 0 where it has no size of its own."""
    found = re.fullmatch(r"(\d+)([kmgt])b?", (box.shm or "").casefold())
    return int(found[1]) * _GIB[found[2]] if found else 0.0


def _shared_memory(plan: Plan, box: Container) -> Iterator[Volume]:
    """Processes of an engine hand tensors to one another through /dev/shm, 64 MiB by default."""
    wanted = box.shm or box.ipc == "host" or any(mount.target == _SHM for mount in box.mounts)
    if wanted or plan.devices > 1:
        limit = quantity(box.shm) if box.shm else None
        body = {"medium": "Memory"} | ({"sizeLimit": limit} if limit else {})
        yield Volume(name="shm", path=_SHM, body={"emptyDir": body})


def _keys(plan: Plan) -> Volume:
    """Whom others may read, ssh does not take for a private key."""
    body = {"secret": {"secretName": ssh_secret(plan), "defaultMode": _OWNER_READS}}
    return Volume(name="ssh", path=SSH_KEYS.target, body=body, read_only=True)


def _cache(plan: Plan, mount: Mount) -> Volume:
    body = {"persistentVolumeClaim": {"claimName": claim_name(plan)}}
    folder = mount.source.removeprefix("~/").strip("./")
    return Volume(
        name="models",
        path=at_home(plan, mount.target),
        body=body,
        sub_path=folder,
        read_only=mount.read_only,
    )


def at_home(plan: Plan, path: str) -> str:
    """The path as the user of the container has it, whose home is not that of root."""
    if runs_as_root(plan) or not path.startswith("/root/"):
        return path
    return f"{home(plan)}/{path.removeprefix('/root/')}"


def runs_as_root(plan: Plan) -> bool:
    """Device files belong to a group whose number differs between nodes: only root is sure."""
    box = plan.server.container
    return plan.nonroot is not True or box is None or bool(box.devices or box.privileged)


def home(plan: Plan) -> str:
    """Where the user of the container is at home."""
    return plan.home or "/home/llmpick"


def _brought(source: str, device: ClusterDevice | None) -> bool:
    path = source.rstrip("/")
    prefixes = device.brings if device else ()
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)


def _of_host(plan: Plan, mount: Mount) -> Volume:
    """A path of the node; what a container would change there stays as it is."""
    words = "-".join(re.findall("[a-z0-9]+", mount.source.casefold()))
    name = "model" if mount.source == plan.model else f"host-{words[-50:].lstrip('-')}"
    body = {"hostPath": {"path": mount.source}}
    return Volume(name=name, path=mount.target, body=body, read_only=True)
