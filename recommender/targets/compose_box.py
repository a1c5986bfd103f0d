"""The container of a service in Docker Compose: devices, mounts, ports and rights."""

from typing import Any

from recommender.facts.plan import ADAPTERS, Container, Mount, Plan, Port
from recommender.launch.variables import exported, written
from recommender.targets.common import LORA_PATH

_ABOUT = {
    "SERVER_KEY": "the key that the server asks for",
    "HEAD_IP": "the address of the first machine",
    "LORA_NAME": "the name of the LoRA adapter in the API",
    "LORA_PATH": LORA_PATH,
    "MIG_DEVICE": "the slice of a GPU, as nvidia-smi -L names it",
    "SUPERVISOR_IP": "the address of the first machine",
}
_OWN = "of this machine"
# Files of the host's users are written by root of the container, who then has no other way.
_KEPT = ("CHOWN", "DAC_OVERRIDE", "FOWNER")


def word(text: str) -> str:
    """A word in which Compose finds nothing to replace but the variables of the plan."""
    return written(text, lambda piece: piece.replace("$", "$$"), _variable)


def _variable(name: str) -> str:
    if name == "NODE_RANK":
        return "${NODE_RANK:-1}"  # the file is read as a whole on the first machine, too
    return needed(exported(name), _ABOUT.get(name, _OWN))


def needed(name: str, about: str) -> str:
    """A variable without which Compose stops, saying what it is about."""
    return f"${{{name}:?{about}}}"


def settings(box: Container, plan: Plan) -> dict[str, Any]:
    """What a service says of its container, but for the image, the command and the variables."""
    values: dict[str, Any] = {
        "entrypoint": [word(box.entrypoint)] if box.entrypoint else None,
        "user": box.user,
        "runtime": box.runtime,
        "network_mode": box.network,
        "ports": [_port(port) for port in box.ports],
        "ipc": box.ipc,
        "shm_size": box.shm,
        "devices": list(map(word, box.devices)),
        "group_add": list(box.groups),
        "ulimits": dict(map(_limit, box.ulimits)),
        "privileged": box.privileged or None,
        **_rights(box, plan),
        **volumes(box),
        **_gpus(box),
        "restart": box.restart or "unless-stopped",
    }
    return {name: value for name, value in values.items() if value not in (None, [], {})}


def _rights(box: Container, plan: Plan) -> dict[str, list[str]]:
    dropped, added, security = list(box.dropped), list(box.capabilities), list(box.security)
    if not box.privileged:
        security.append("no-new-privileges:true")
        if plan.drop_capabilities:
            dropped.append("ALL")
            added += [name for name in _KEPT if name not in added]
    return {"cap_drop": dropped, "cap_add": added, "security_opt": security}


def _port(port: Port) -> str:
    bound = f"{port.address}:" if port.address else ""
    return f"{bound}{port.host}:{port.container}"


def _limit(limit: str) -> tuple[str, Any]:
    name, _, value = limit.partition("=")
    soft, colon, hard = value.partition(":")
    return name, {"soft": int(soft), "hard": int(hard)} if colon else int(soft)


def _gpus(box: Container) -> dict[str, Any]:
    """NVIDIA's devices: those that the server takes of those that the machine has."""
    if not box.gpus:
        return {}
    _, some, named = box.gpus.partition("device=")
    which = {"device_ids": list(map(word, named.split(",")))} if some else {"count": "all"}
    device = {"driver": "nvidia", **which, "capabilities": ["gpu"]}
    return {"deploy": {"resources": {"reservations": {"devices": [device]}}}}


def volumes(box: Container) -> dict[str, Any]:
    """The mounts of a container, in the long form, whose paths may hold colons."""
    return {"volumes": list(map(_volume, box.mounts))} if box.mounts else {}


def _volume(mount: Mount) -> dict[str, Any]:
    kind = "volume" if mount.volume else "bind"
    volume: dict[str, Any] = {
        "type": kind,
        "source": word(mount.source),
        "target": word(mount.target),
    }
    if mount.read_only:
        volume["read_only"] = True
    if not mount.volume:
        # What is the host's own has to be there; Docker would make an empty folder of a file.
        own = (mount.read_only and mount != ADAPTERS) or mount.source.startswith("/")
        volume["bind"] = {"create_host_path": not own}
    return volume
