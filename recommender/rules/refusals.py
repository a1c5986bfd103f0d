"""Why no build of a model can be loaded: its format, or the memory."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from recommender.facts import Fit, Model, Reason
from recommender.rules.builds import Build, alternative, native_conditions, refused
from recommender.rules.eligibility import Trial, title
from recommender.rules.question import Question
from recommender.words import Words

_GIB = 2**30
# Builds of fewer bits a weight are no use (source: fit-and-speed, section 1: IQ3_XXS has 3.25).
_FEWEST_BITS = 3.25


def format_refusal(question: Question, trial: Trial, model: Model) -> Reason:
    """That the platform does not load these weights, on what it would, and what to take."""
    known = refused(model, trial.platform, trial.facts, question.table)
    conditions = list(native_conditions(model.quantization or "bf16", trial.platform))
    values: Mapping[str, Any] = {
        "name": title(trial.framework, trial.platform, question.words),
        "format": model.quantization if known else (model.format or "safetensors"),
        "formats": list(trial.platform.formats),
        "device": _device(question, trial),
        "needs": _kernels(question.words, conditions) if known else [],
    }
    rule = "fit.quantization" if known else "fit.format"
    return Reason(
        rule=rule,
        params=dict(values),
        text=question.words.key(_said(rule, values, conditions), **values),
        fact=f"model.quantization = {model.quantization}, model.format = {model.format}",
        fix=_other_build(question, trial, model)
        if known
        else question.words.key(f"fix.{rule}", **values),
        source=trial.platform.source,
        checked=trial.platform.checked,
    )


def _said(rule: str, values: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]]) -> str:
    """The key of the sentence: what the device lacks, else that it is for other models."""
    if values["needs"]:
        return f"{rule}.needs"
    by_model = any(name.startswith("model.") for one in conditions for name in one)
    return f"{rule}.model" if rule == "fit.quantization" and by_model else rule


def _other_build(question: Question, trial: Trial, model: Model) -> str:
    """The build to take in place of one that the platform has no kernels for."""
    other = alternative(model, trial.platform, trial.facts, question.table)
    if other is None:
        return question.words.key("fix.fit.quantization")
    values = {"model": other.model, "quantization": other.quantization}
    return question.words.key("fix.fit.other-build", **values)


def _device(question: Question, trial: Trial) -> str:
    first = trial.group.first
    return first.name or first.chip or first.vendor or question.words.key("device.cpu")


def _kernels(words: Words, conditions: Sequence[Mapping[str, Any]]) -> list[str]:
    """The devices on which the platform would load the model's format."""
    return [
        f"{words.show_fact(name)} {words.wanted(test)}"
        for condition in conditions
        for name, test in condition.items()
        if name.startswith("device.")
    ]


def memory_refusal(question: Question, trial: Trial, build: Build, fit: Fit) -> Reason:
    """By how much the smallest build does not fit."""
    key = "fit.memory" if trial.group.members else "fit.memory.host"
    values = {
        "name": title(trial.framework, trial.platform, question.words),
        "needs": fit.needs_gib,
        "has": fit.has_gib,
        "weights": build.weights_gib,
        "quantization": build.quantization,
        "count": fit.counted_devices,
        "device": _device(question, trial),
        "context": fit.context_tokens,
    }
    return Reason(
        rule="fit.memory",
        layer="estimate",
        params=values,
        text=question.words.key(key, **values) + _uncounted(question, trial),
        fact=f"fit.needs_gib = {fit.needs_gib}, fit.has_gib = {fit.has_gib}",
        fix=_what_would_fit(question, trial, build, fit),
        source=trial.platform.source,
        checked=trial.platform.checked,
    )


def _what_would_fit(question: Question, trial: Trial, build: Build, fit: Fit) -> str:
    """How many such devices would hold it, and which size of build these would."""
    needs, has = fit.needs_gib or 0.0, fit.has_gib or 0.0
    room = max(has - (needs - (build.weights_gib or 0.0)), 0.0)
    params = question.model.params if question.model else None
    bits = room * _GIB * 8 / params if params else 0.0
    devices = needs / has * fit.counted_devices if has else None
    values = {
        "devices": 2 ** math.ceil(math.log2(devices)) if devices else None,
        "room": round(room, 1),
        "bits": round(bits, 1),
    }
    size = "build" if bits >= _FEWEST_BITS else "small"
    kind = "devices" if trial.group.members and devices else "host"
    return question.words.key(f"fix.fit.memory.{kind}.{size}", **values)


def _uncounted(question: Question, trial: Trial) -> str:
    nodes = question.machine.nodes
    if nodes == 1 or {"nodes", "wide-tensor"} & set(trial.platform.budget.split):
        return ""
    return question.words.key("fit.memory.nodes", nodes=nodes)
