"""Which weight files of a model a platform can load, the best for the wish first."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recommender.facts import Model, Platform
from recommender.facts.noun import noun
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.rules.weights import Table

_GGUF_DEFAULT = ("q4_k_m",)
_GGUF_SMALLER = ("q3_k_m", "q2_k")
# Where a platform computes in few of the types only, the smallest loss of quality first.
_GGUF_PLAIN = ("q8_0", "q4_0", "f16")
# Experts published in MXFP4 stay so in every GGUF of them (source: fit-and-speed).
_GGUF_MXFP4 = ("mxfp4_moe",)
_GGUF_QUALITY = ("q8_0", "q6_k", "q5_k_m", "q4_k_m")
# Formats of as many bits differ a little, by what their scales take.
_ROUNDING = 1.1
_UNQUANTIZED = (None, "bf16", "fp16", "fp32")


@noun
class Build:
    """Weight files: the model's own, a quantized repository of it, or a GGUF of it.

    ``support`` is how the platform runs the format (see ``support_of``). Of the weights,
    ``embedding_gib`` are the token embeddings, ``head_gib`` the output head of its own (0 where the
    embeddings are the head too) and ``experts_gib`` the routed experts;
    ``uncertainty`` is by what part of them they may be more or less.
    """

    model: str
    kind: str
    quantization: str | None
    support: str
    weights_gib: float | None
    embedding_gib: float | None = None
    head_gib: float | None = None
    experts_gib: float | None = None
    uncertainty: float | None = None


def builds(model: Model, platform: Platform, facts: Situation, table: Table) -> Iterator[Build]:
    """Every build of ``model`` that ``platform`` loads, in the order of preference.

    A quantized build that was asked for is not replaced by another one, nor is a model that was
    published in a format which the platform cannot compute: see ``alternative``.
    """
    if (model.format or "safetensors") in platform.formats:
        yield from _own(model, platform, facts, table)
        if model.quantization in _UNQUANTIZED:
            yield from _quantized(model, platform, facts, table)
    elif "gguf" in platform.formats:
        yield from _gguf(model, platform, facts, table)


def alternative(model: Model, platform: Platform, facts: Situation, table: Table) -> Build | None:
    """Another quantized repository: the largest that is no larger than the model's own weights."""
    own = model.weights_gib or table.weights_gib(model, model.quantization or "bf16") or 0
    found = _quantized(model, platform, facts, table)
    return max(found, key=lambda build: _nearness(build.weights_gib or 0, own), default=None)


def _nearness(weights: float, own: float) -> tuple[bool, float]:
    larger = weights > own * _ROUNDING
    return not larger, -weights if larger else weights


def refused(model: Model, platform: Platform, facts: Situation, table: Table) -> bool:
    """Whether the platform loads the model's file format but not its quantization."""
    return (model.format or "safetensors") in platform.formats and not _own(
        model, platform, facts, table
    )


def _own(model: Model, platform: Platform, facts: Situation, table: Table) -> list[Build]:
    """The model as it is; a format that nobody has heard of is tried rather than refused."""
    if model.format == "gguf":
        return _own_gguf(model, platform, facts, table)
    quantization = model.quantization or "bf16"
    known = table.family(quantization) is not None
    about = facts.extend({"fit.model": model.id})
    support = support_of(quantization, platform, about, table) if known else "unknown"
    if support == "no":
        return []
    return [_build(model.id, "own", quantization, support, model, table)]


def _own_gguf(model: Model, platform: Platform, facts: Situation, table: Table) -> list[Build]:
    """A GGUF file loads with whatever types its tensors have, where the platform names none."""
    known = model.quantization and table.family(model.quantization) == "gguf"
    support = support_of(str(model.quantization) if known else "q4_k_m", platform, facts, table)
    if support == "no":
        return []
    return [_build(model.id, "own", model.quantization, support, model, table)]


def _quantized(model: Model, platform: Platform, facts: Situation, table: Table) -> list[Build]:
    found = []
    for repository, quantization in model.quantized_repos.items():
        family = table.family(quantization)
        if family == "gguf" or family not in platform.formats:
            continue
        about = facts.extend({"fit.model": repository})
        support = support_of(quantization, platform, about, table)
        if support in {"native", "weight-only", "emulated"}:
            found.append(_build(repository, "quantized", quantization, support, model, table))
    return sorted(found, key=lambda build: (build.support == "emulated", -(build.weights_gib or 0)))


def native_conditions(quantization: str, platform: Platform) -> Iterator[Mapping[str, Any]]:
    """What a device must be for the platform to load a format."""
    return (entry.when for entry in platform.quantizations if quantization in entry.formats)


def smaller(model: Model, platform: Platform, facts: Situation, table: Table) -> list[Build]:
    """Builds that cost visible quality, for a platform and memory that hold no other."""
    if set(platform.formats) != {"gguf"} or model.format == "gguf" or model.quantization == "mxfp4":
        return []
    return _ggufs(_GGUF_SMALLER, model, platform, facts, table)


def _gguf(model: Model, platform: Platform, facts: Situation, table: Table) -> list[Build]:
    wish = facts.fact("workload.priority")
    wanted = _GGUF_QUALITY if wish == "quality" else _GGUF_DEFAULT
    if model.quantization == "mxfp4":
        return _ggufs(_GGUF_MXFP4, model, platform, facts, table)
    found = _ggufs(wanted, model, platform, facts, table)
    return found or _ggufs(_GGUF_PLAIN, model, platform, facts, table)


def _ggufs(
    wanted: Iterable[str], model: Model, platform: Platform, facts: Situation, table: Table
) -> list[Build]:
    name = model.gguf_repos[0] if model.gguf_repos else model.id
    return [
        _build(name, "gguf", quant, support, model, table)
        for quant in wanted
        if (support := support_of(quant, platform, facts, table)) != "no"
    ]


def _build(  # the fields of one build
    name: str, kind: str, quantization: str | None, support: str, model: Model, table: Table
) -> Build:
    own = model.weights_gib if kind == "own" or quantization == model.quantization else None
    parts = table.parts(model, quantization or "")
    return Build(
        model=name,
        kind=kind,
        quantization=quantization,
        support=support,
        weights_gib=own or parts.weights_gib,
        embedding_gib=parts.embedding_gib,
        head_gib=0.0 if model.tied else parts.head_gib,
        experts_gib=parts.experts_gib,
        uncertainty=parts.uncertainty,
    )


def support_of(quantization: str, platform: Platform, facts: Situation, table: Table) -> str:
    """How a platform runs a weight format here: native, weight-only, emulated, plugin or no.

    ``emulated`` is weight-only where other devices of the platform compute in the format. The fact
    ``fit.model`` is the repository: one format may be scaled by tensor or by block.
    """
    word = "gguf" if table.family(quantization) == "gguf" and "gguf" in platform.formats else None
    names = {word or quantization, quantization}
    naming = [entry for entry in platform.quantizations if names & set(entry.formats)]
    for entry in naming:
        if holds(entry.when, facts) is not False:
            emulated = entry.support == "weight-only" and entry is not naming[0]
            return "emulated" if emulated else entry.support
    return "native" if word and not platform.quantizations else "no"
