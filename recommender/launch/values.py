"""What a command line may name besides the facts: model files, slots, devices."""

import math
import re
from typing import Any

from recommender.facts import Fit, Method, Model, Platform, Workload
from recommender.launch.references import enroot
from recommender.rules.conditions import Facts
from recommender.versions import parts

# llama.cpp's own ceiling of useful slots is set by memory; beyond this a queue serves as well.
_MOST_SLOTS = 64
_WHOLE = (None, "bf16", "fp16", "fp32")
UNSIZED_KV_GIB = 4.0
"""GiB of KV cache on the processor where the main memory is not known."""


def values(
    platform: Platform,
    method: Method,
    fit: Fit,
    model: Model | None,
    workload: Workload,
    version: str | None = None,
) -> dict[str, Any]:
    """Every name that a launch line of this platform and method may use.

    ``version`` is the one to write the commands for, where it is not what the method brings.
    """
    slots = _slots(fit, workload)
    context = fit.context_tokens or workload.context_tokens
    return {
        "model": fit.model,
        # A container that shares the host's network binds as a server outside of one does.
        "host": "127.0.0.1" if fit.nodes > 1 else method.host,
        "port": platform.port,
        "image": method.image,
        "image.enroot": enroot(method.image) if method.image else None,
        "version": version or method.version or platform.version,
        "slots": slots,
        "total_context": slots * context,
        "node_devices": _devices(fit) // max(fit.nodes, 1),
        "cpu_kv_gib": _cpu_kv_gib(fit),
        **_gguf(fit, model),
    }


def found_version(framework: str, method: Method, facts: Facts) -> str | None:
    """The version of an installed program that the method starts as it is."""
    installed = facts.fact(f"installed.{framework}") if method.reuses else None
    return installed if isinstance(installed, str) and parts(installed) else None


def _devices(fit: Fit) -> int:
    return fit.tensor_parallel * fit.pipeline_parallel * fit.data_parallel


def _slots(fit: Fit, workload: Workload) -> int:
    wished = min(workload.concurrency, _MOST_SLOTS)
    return max(min(wished, fit.concurrent_requests or wished), 1)


def _cpu_kv_gib(fit: Fit) -> int:
    kv = fit.per_device[0].kv_cache_gib if fit.per_device else UNSIZED_KV_GIB
    return max(math.floor(kv), 1)


def _gguf(fit: Fit, model: Model | None) -> dict[str, Any]:
    """Where a GGUF comes from: a file, or a hub repository with the tag of a quantization."""
    name, quant = fit.model or "", (fit.quantization or "").removesuffix("_moe").upper()
    repository, tag = (name, "") if is_path(name) else _tagged(name)
    if name.endswith(".gguf"):
        source = {"gguf.repo": None, "gguf.file": name, "gguf.quant": quant}
    elif "/" in repository and not is_path(name) and repository_holds_gguf(repository, model):
        source = {"gguf.repo": repository, "gguf.file": None, "gguf.quant": tag or quant}
    elif model and model.gguf_repos:
        source = {"gguf.repo": model.gguf_repos[0], "gguf.file": None, "gguf.quant": quant}
    else:
        short = next(filter(None, reversed(re.split(r"[/\\]", repository))), "model")
        source = {"gguf.repo": None, "gguf.file": f"./{short}-{quant}.gguf", "gguf.quant": quant}
        source |= _to_convert(repository, short, fit, model)
    return source | {"library.name": _ollama(source, model, fit)}


def _to_convert(name: str, short: str, fit: Fit, model: Model | None) -> dict[str, Any]:
    """The folder with weights of 16 bits or more, and the file of 16 bits that is made of them."""
    if fit.build != "gguf" or (model and model.quantization not in _WHOLE):
        return {}
    folder = name if is_path(name) else f"./{short}"
    return {"gguf.source": folder, "gguf.whole": f"./{short}-F16.gguf"}


def _tagged(name: str) -> tuple[str, str]:
    """A repository and the quantization that may follow it: ``org/x-GGUF:Q4_K_M``."""
    repository, *tags = re.split(r"[:\s]+", name.strip(), maxsplit=1)
    return repository, tags[0] if tags and re.fullmatch(r"[\w.-]+", tags[0]) else ""


def _ollama(source: dict[str, Any], model: Model | None, fit: Fit) -> str:
    """The library's tag for its own default build, else the hub's name for the repository.

    A GGUF that was named itself is never replaced by the library's.
    """
    own = fit.build == "own"
    if model and model.ollama_tag and not own and fit.quantization in {"q4_k_m", "mxfp4_moe"}:
        return model.ollama_tag
    if source["gguf.repo"]:
        return f"hf.co/{source['gguf.repo']}:{source['gguf.quant']}"
    return str(source["gguf.file"])


def is_path(name: str) -> bool:
    """Whether a model is named by where it lies on disk."""
    return name.endswith(".gguf") or name.startswith(("/", "./", "../", "~")) or "\\" in name


def repository_holds_gguf(repository: str, model: Model | None) -> bool:
    """Whether a hub repository is known, or by its name says, to hold GGUF files."""
    return "gguf" in repository.lower() or bool(model and repository in model.gguf_repos)


def python_for(method: Method, installed: object) -> str | None:
    """The Python to install into: the machine's where the package takes it, else the preferred."""
    release = parts(installed) if isinstance(installed, str) else None
    here = ".".join(str(number) for number in (release or ())[:2])
    if here in method.pythons:
        return here
    return method.pythons[0] if method.pythons else None
