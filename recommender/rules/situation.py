"""All facts that a condition, a sentence or a command may name, flat and by dotted name."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from recommender.facts import Accelerator, Fit, Framework, Machine, Model, Os, Platform, Workload
from recommender.facts.noun import changed, noun
from recommender.rules.blocks import whole_blocks

_SOFTWARE = (
    "cuda",
    "rocm",
    "cann",
    "level_zero",
    "habana",
    "neuron",
    "jetpack",
    "maca",
    "neuware",
    "musa",
)


@noun
class Group:
    """Equal accelerators that can work together; no members means the processor.

    ``others`` are the machine's discrete accelerators of the same vendor but another kind.
    """

    members: tuple[Accelerator, ...] = ()
    others: tuple[Accelerator, ...] = ()
    series: str | None = None
    link: str | None = None

    @property
    def first(self) -> Accelerator:
        """One of the equal members."""
        return self.members[0] if self.members else Accelerator()


@noun
class Situation:
    """Facts by name, and the named situations of knowledge."""

    values: Mapping[str, Any]
    situations: Mapping[str, Mapping[str, Any]]
    installed: Mapping[str, str] = field(default_factory=dict)

    def fact(self, name: str) -> Any:
        """The value of a fact, None if it is unknown here, False if it is known to be absent."""
        value = self.values.get(name)
        if value is None and name.startswith("installed."):
            return self.installed.get(name.removeprefix("installed."), False)
        return value

    def situation(self, name: str) -> Mapping[str, Any]:
        """The condition that knowledge gives this name."""
        return self.situations[name]

    def extend(self, values: Mapping[str, Any]) -> "Situation":
        """The same situation with more facts known."""
        return changed(self, values={**self.values, **values})


# Facts of the machine that are others inside WSL2.
WSL2_FACTS: Mapping[str, Any] = {
    "os.family": "linux",
    "os.distro": "ubuntu",
    "os.version": "24.04",
    "os.libc": "glibc",
    "os.libc_version": "2.39",
    "os.wsl": True,
    "python.version": None,
}


def machine_facts(machine: Machine) -> dict[str, Any]:
    """Facts about the computer as a whole."""
    software, os, cpu = machine.software, machine.os, machine.cpu
    facts = {f"driver.{name}": _software(machine, name) for name in _SOFTWARE}
    return facts | {
        "driver.nvidia": _software(machine, "nvidia_driver"),
        "docker": software.docker,
        "podman": software.podman,
        "python.version": _software(machine, "python"),
        "python.arch": software.python_arch,
        "os.family": os.family,
        "os.distro": os.distro,
        "os.version": os.version,
        "os.libc": os.libc or _libc_of(os.distro),
        "os.libc_version": os.libc_version,
        "os.wsl": os.wsl,
        "os.container": os.container,
        "arch": machine.arch,
        "cpu.vendor": cpu.vendor,
        "cpu.model": cpu.model,
        "cpu.flags": cpu.flags or None,
        "cpu.x86_level": cpu.x86_level,
        "cpu.cores": cpu.physical_cores or cpu.logical_cores,
        "ram_gib": ram_gib(machine),
        "disk_free_gib": machine.disk_free_gib,
        "shm_gib": machine.shm_gib,
        "nodes": machine.nodes,
        "network": machine.network,
        "heterogeneous": machine.heterogeneous,
        "accelerators.count": len(machine.accelerators),
        "accelerators.unbound": any(a.driver_bound is False for a in machine.accelerators),
        "accelerators.several-kinds": len({(a.vendor, a.name) for a in machine.accelerators}) > 1,
        "accelerators.several-vendors": len({a.vendor for a in machine.accelerators}) > 1,
        "accelerators.vendors": sorted({a.vendor for a in machine.accelerators if a.vendor}),
    }


def _libc_of(distro: str | None) -> str | None:
    """A distribution that is not built on glibc says so by its name."""
    name = distro or ""
    if name.startswith(("android", "termux")):
        return "bionic"
    return "musl" if name.startswith(("alpine", "postmarketos")) else None


def glibc_facts(os: Os, releases: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The C library that a release of a distribution implies, by its whole or major version."""
    known = releases.get(os.distro or "", {})
    version = os.version or ""
    found = known.get(version) or known.get(version.partition(".")[0])
    return {"os.libc": "glibc", "os.libc_version": found} if found else {}


def _software(machine: Machine, name: str) -> Any:
    value = getattr(machine.software, name)
    return False if value is None and name in machine.software.absent else value


def ram_gib(machine: Machine) -> float | None:
    """Main memory that a process may take in GiB: the total, or a control group's limit."""
    sizes = [s for s in (machine.memory.total_gib, machine.memory.limit_gib) if s is not None]
    return min(sizes) if sizes else None


def device_facts(group: Group) -> dict[str, Any]:
    """Facts about the accelerators in question; ``device.kind`` is ``cpu`` where there are none."""
    first = group.first
    return {
        "device.kind": "accelerator" if group.members else "cpu",
        "device.count": len(group.members),
        "device.vendor": first.vendor,
        "device.name": first.name,
        "device.memory_gib": first.memory_gib,
        "device.usable_gib": first.usable_gib,
        "device.compute_capability": first.compute_capability,
        "device.gfx": first.gfx,
        "device.chip": first.chip,
        "device.series": group.series,
        "device.unified": first.unified,
        "device.integrated": first.integrated,
        "device.partition": first.partition,
        "device.driver_bound": first.driver_bound,
        "device.driver": first.driver,
        "device.visible": first.visible,
        "device.link": group.link,
    }


def workload_facts(workload: Workload) -> dict[str, Any]:
    """Facts about the work; an unset priority follows from the number of users."""
    busy = workload.concurrency > 4  # noqa: PLR2004  # facts: equal up to about 4 users
    # An image is the one package that carries everything to a machine without a network.
    packed = workload.orchestrator == "kubernetes" or workload.managed or workload.offline
    return {
        "workload.use_case": workload.use_case,
        "workload.concurrency": workload.concurrency,
        "workload.priority": workload.priority or ("throughput" if busy else "simplicity"),
        "workload.context_tokens": workload.context_tokens,
        "workload.features": workload.features,
        "workload.install": workload.install or ("docker" if packed else "any"),
        "workload.offline": workload.offline,
        "workload.lifecycle": workload.lifecycle or "new",
        "workload.allow": workload.allow,
        "workload.nvidia_only": workload.nvidia_only,
        "workload.region": workload.region or "any",
        "workload.orchestrator": workload.orchestrator or "none",
        "workload.managed": workload.managed or "none",
    }


def model_facts(model: Model | None) -> dict[str, Any]:
    """Facts about the model; ``model.given`` is False where llmpick is to propose one."""
    asked = model or Model(id="")
    return {
        "model.given": model is not None,
        "model.id": asked.id or None,
        "model.family": asked.family,
        "model.params_b": asked.params / 1e9 if asked.params else None,
        "model.quantization": asked.quantization,
        "model.format": asked.format,
        "model.moe": asked.moe,
        "model.moe_intermediate": asked.moe_intermediate,
        "model.mla": asked.mla,
        "model.plain": not (asked.moe or asked.linear_layers),
        "model.heads": asked.heads,
        "model.kv_heads": asked.kv_heads,
        "model.head_dim": asked.head_dim,
        "model.native_dtype": asked.native_dtype,
        "model.dtype_only": asked.dtype_only,
        "model.modality": asked.modality,
        "model.task": asked.task,
        "model.released": asked.released,
        "model.context": asked.context,
        "model.license": asked.license,
    }


def framework_facts(framework: Framework, platform: Platform) -> dict[str, Any]:
    """Facts about the framework on one of its platforms, and its row of the article."""
    return {
        "framework.id": framework.id,
        "framework.name": framework.name,
        "framework.role": framework.role,
        "framework.status": framework.status,
        "framework.license": framework.license,
        "platform.id": platform.id,
        "platform.name": platform.name,
        "platform.support": platform.support,
        "platform.version": platform.version,
        "platform.formats": platform.formats,
        "traits": (*framework.traits, *platform.traits),
        "cannot": platform.cannot,
        **_row_facts(framework),
    }


def _row_facts(framework: Framework) -> dict[str, Any]:
    """The article's row; a framework that is not in the article has a standing instead."""
    row, standing = framework.article, framework.standing
    facts: dict[str, Any] = {
        "standing.throughput": standing.throughput if standing else None,
        "standing.ease": standing.ease if standing else None,
    }
    if row is None:
        return facts
    return facts | {
        "article.throughput": row.throughput.level,
        "article.ease": row.ease.level,
        "article.techniques": row.techniques.terms,
        "article.hardware": row.hardware.terms,
        "article.scenarios": row.scenarios.terms,
        "article.shortcomings": row.shortcomings.terms,
    }


def fit_facts(
    fit: Fit, workload: Workload, devices: int = 0, model: Model | None = None
) -> dict[str, Any]:
    """Facts about the placement; ``devices`` is how many there are on one machine."""
    requests = fit.concurrent_requests
    used = fit.tensor_parallel * fit.pipeline_parallel * fit.data_parallel
    return {
        "fit.fits": fit.fits,
        "fit.model": fit.model,
        "fit.build": fit.build,
        "fit.quantization": fit.quantization,
        "fit.quantization_support": fit.quantization_support,
        "fit.dtype": fit.dtype,
        "fit.weights_gib": fit.weights_gib,
        "fit.tensor_parallel": fit.tensor_parallel,
        "fit.pipeline_parallel": fit.pipeline_parallel,
        "fit.data_parallel": fit.data_parallel,
        "fit.devices": max(used, len(fit.per_device)),
        "fit.idle_devices": max(devices - max(used, len(fit.per_device)), 0),
        "fit.context_tokens": fit.context_tokens,
        "fit.concurrent_requests": requests,
        "fit.enough": None if requests is None else requests >= workload.concurrency,
        "fit.offload": fit.offload or "none",
        "fit.nodes": fit.nodes,
        "fit.expert_parallel": fit.expert_parallel,
        "fit.cuts_blocks": model is not None
        and not whole_blocks(model, fit.quantization, max(devices, 1)),
        "fit.alternative": fit.alternative,
        "fit.layout": _layout(fit),
        "fit.model_context_short": bool(
            model and model.context and model.context < workload.context_tokens
        ),
        "fit.shortened": fit.context_tokens is not None
        and fit.context_tokens < workload.context_tokens,
    }


def _layout(fit: Fit) -> str:
    """``TP 4 x DP 2``; ``layers`` where they are spread, ``TP 1`` where one device holds all."""
    degrees = (
        ("TP", fit.tensor_parallel),
        ("PP", fit.pipeline_parallel),
        ("DP", fit.data_parallel),
        ("EP", fit.expert_parallel),
    )
    split = " x ".join(f"{name} {degree}" for name, degree in degrees if degree > 1)
    return split or ("layers" if len(fit.per_device) > 1 else "TP 1")
