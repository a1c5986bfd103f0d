"""What today's facts add and take: for each rule a case where it speaks and one next to it."""

from typing import Any

import pytest

from recommender.facts import Rule
from recommender.knowledge import load
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation

CPU = {"device.kind": "cpu", "cpu.flags": (), "cpu.cores": 8, "accelerators.count": 0}
STRONG = {**CPU, "cpu.flags": ("avx512f",), "cpu.cores": 16}
SERVER = {"traits": ("python-server",)}
NOTHING_ALLOWED: dict[str, Any] = {"workload.allow": ()}


def _rule(name: str) -> Rule:
    return next(rule for rule in load().rules if rule.rule == name)


def _points(name: str) -> float:
    points = _rule(name).points
    assert isinstance(points, (int, float))
    return points


def _speaks(rule: str, facts: dict[str, Any]) -> bool:
    return holds(_rule(rule).when, Situation(values=facts, situations=load().situations)) is True


@pytest.mark.parametrize(
    ("rule", "here", "elsewhere"),
    [
        (
            "support.plugin",
            {"platform.support": "plugin", **NOTHING_ALLOWED},
            {"workload.allow": ("plugin",)},
        ),
        (
            "support.source-build",
            {"platform.support": "source-build", **NOTHING_ALLOWED},
            {"workload.allow": ("source",)},
        ),
        (
            "support.experimental",
            {"platform.support": "experimental", **NOTHING_ALLOWED},
            {"workload.allow": ("experimental",)},
        ),
        (
            "support.source-build-server",
            {"platform.support": "source-build", **NOTHING_ALLOWED, **SERVER},
            {"workload.allow": ("source",)},
        ),
        (
            "support.source-build-server",
            {"platform.support": "source-build", **NOTHING_ALLOWED, **SERVER},
            {"traits": ()},
        ),
        (
            "support.experimental-server",
            {"platform.support": "experimental", **NOTHING_ALLOWED, **SERVER},
            {"traits": ()},
        ),
        ("device.idle", {**CPU, "accelerators.count": 1}, {"accelerators.count": 0}),
        ("device.server-on-cpu", {**CPU, **SERVER}, {"traits": ()}),
        ("device.server-on-cpu", {**CPU, **SERVER}, {"traits": ("python-server", "model-manager")}),
        ("device.server-on-cpu", {**CPU, **SERVER}, STRONG),
        ("device.server-on-strong-cpu", {**STRONG, **SERVER}, {"cpu.cores": 15}),
        ("device.server-on-strong-cpu", {**STRONG, **SERVER}, {"cpu.flags": ("avx2",)}),
        (
            "device.integrated",
            {"device.integrated": True, "accelerators.count": 2, "device.unified": False},
            {"accelerators.count": 1},
        ),
        (
            "device.integrated",
            {"device.integrated": True, "accelerators.count": 2, "device.unified": False},
            {"device.unified": True},
        ),
        ("fit.offload", {"fit.offload": "layers"}, {"fit.offload": "none"}),
        ("fit.quantized", {"fit.build": "quantized", "model.given": True}, {"model.given": False}),
        (
            "fit.strong-quantization",
            {"fit.build": "gguf", "fit.quantization": "q3_k_m"},
            {"fit.quantization": "q4_k_m"},
        ),
        (
            "fit.shorter-context",
            {"fit.shortened": True, "fit.model_context_short": False},
            {"fit.model_context_short": True},
        ),
    ],
)
def test_a_rule_speaks_here_and_not_next_to_it(
    rule: str, here: dict[str, Any], elsewhere: dict[str, Any]
) -> None:
    assert _speaks(rule, here)
    assert not _speaks(rule, {**here, **elsewhere})
    assert _points(rule) < 0


@pytest.mark.parametrize(
    "quantization",
    [
        *("awq-int4", "gptq-int4", "gptq-int8", "int8-w8a8", "int4-w4a16", "w4a8-fp8"),
        *("nvfp4", "mxfp8", "bnb-nf4", "mlx-4bit", "mlx-8bit"),
    ],
)
def test_weights_that_were_asked_for_are_not_silently_exchanged(quantization: str) -> None:
    asked = {"fit.build": "gguf", "model.quantization": quantization}
    assert _speaks("fit.other-build", asked)
    assert not _speaks("fit.other-build", {**asked, "fit.build": "own"})
    assert not _speaks("fit.other-build", {**asked, "model.quantization": "bf16"})


def test_what_leaves_the_accelerator_idle_costs_more_than_any_recommendation_gives() -> None:
    assert _points("device.idle") < -2 * 40
    for rule in ("fit.other-build", "device.server-on-cpu", "device.integrated"):
        assert _points(rule) <= -40
    for rule in ("support.experimental", "support.source-build"):
        # Together they outweigh the article's first choice.
        assert _points(rule) + _points(f"{rule}-server") < -40 < _points(rule) < 0
