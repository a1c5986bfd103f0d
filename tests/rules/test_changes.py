"""The smallest change after which a framework runs: enough, and without a step too many."""

from dataclasses import replace
from typing import Any

import pytest

from recommender.facts import Workload
from recommender.rules.changes import Change, smallest_change
from recommender.rules.grouping import groups
from recommender.rules.hardware import other_hardware
from recommender.rules.question import Question
from recommender.rules.ranking import decide
from tests.rules.asked import question


def _keys(found: tuple[Change, ...] | None) -> list[str]:
    assert found is not None
    return [step.key for step in found]


def _runs(asked: Question, framework: str) -> bool:
    ranking = decide(asked, groups(asked.machine)).ranking
    return any(
        item.trial.framework.id == framework and item.trial.group.members for item in ranking
    )


@pytest.mark.parametrize(
    ("framework", "gpus", "machine", "keys"),
    [
        ("vllm", ["RTX 4090"], {"driver": "550"}, ["change.upgrade"]),
        ("vllm", ["RTX 4090"], {"os": "windows"}, ["change.wsl2"]),
        ("vllm", ["M4 Max 128GB"], {"os": "macos 14"}, ["change.upgrade"]),
        ("sglang", ["Tesla T4"], {}, ["change.device"]),
        ("tensorrt-llm", ["MI300X:8"], {}, ["change.machine"]),
        ("vllm", ["RTX 4090"], {"os": "windows", "driver": "470"}, ["change.wsl2"]),
    ],
)
def test_the_step_that_is_needed(
    framework: str, gpus: list[str], machine: dict[str, Any], keys: list[str]
) -> None:
    asked = question(gpus, **machine)
    found = smallest_change(asked, framework)
    assert _keys(found)[: len(keys)] == keys


@pytest.mark.parametrize("framework", ["vllm", "sglang", "tensorrt-llm", "lmdeploy", "ollama"])
@pytest.mark.parametrize("gpu", ["Tesla T4", "V100 32GB:4", "MI50", "Arc B580", "Gaudi 3:8"])
def test_every_step_is_needed_and_together_they_are_enough(framework: str, gpu: str) -> None:
    asked = question([gpu])
    steps = smallest_change(asked, framework)
    assert steps is not None
    after = asked
    for step in steps:
        after = step.apply(after)
    assert _runs(after, framework)
    for left_out in steps:
        fewer = asked
        for step in steps:
            if step is not left_out:
                fewer = step.apply(fewer)
        assert not _runs(fewer, framework)


def test_what_runs_needs_no_change() -> None:
    assert smallest_change(question(["H100 80GB"]), "vllm") == ()


def test_more_of_the_same_before_another_device() -> None:
    asked = question(["RTX 4090"], "Qwen/Qwen3-235B-A22B")
    (step,) = smallest_change(asked, "vllm") or ()
    assert step.key == "change.more"
    assert step.params["count"] in {8, 16}


def test_the_network_is_given_back() -> None:
    work = Workload(offline=True, install="pip")
    asked = question(["H100 80GB"], work=work, docker=False)
    found = smallest_change(asked, "tensorrt-llm")
    assert _keys(found) in (["change.online"], ["change.docker"])


def test_a_quantization_that_no_kernel_computes_is_exchanged() -> None:
    asked = question(["A100 80GB"], "Qwen/Qwen3-32B-FP8")
    assert not _runs(asked, "tensorrt-llm")
    assert _keys(smallest_change(asked, "tensorrt-llm")) == ["change.build"]


def test_a_hidden_device_is_shown_again() -> None:
    asked = question(["H100 80GB"])
    hidden = tuple(replace(device, visible=False) for device in asked.machine.accelerators)
    asked = replace(asked, machine=replace(asked.machine, accelerators=hidden))
    assert _keys(smallest_change(asked, "vllm")) == ["change.visible"]


def test_other_hardware_is_like_what_there_is() -> None:
    machine = question(["Tesla T4"]).machine
    found = list(other_hardware(machine, ["nvidia"]))
    assert [item.count for item in found[:4]] == [2, 4, 8, 16]
    assert {item.name for item in found[:4]} == {"Tesla T4"}
    others = [item for item in found if item.name != "Tesla T4"]
    assert others[0].machine.accelerators[0].memory_gib == 16
    assert all(item.own for item in found)


def test_without_devices_a_usual_machine_is_meant() -> None:
    machine = question(["none"]).machine
    first = next(iter(other_hardware(machine, ["nvidia"])))
    assert not first.own
    assert first.machine.os.family == "linux"
    assert first.machine.arch in {"x86_64", "aarch64"}


def test_a_model_that_no_format_of_the_engine_holds_is_left_out() -> None:
    asked = question(["RTX 4090"], "openai/whisper-large-v3")
    (step,) = smallest_change(asked, "ollama") or ()
    assert step.key == "change.model"


def test_where_only_the_processor_counts_the_accelerators_are_left_alone() -> None:
    (step,) = smallest_change(question(["TPU v5e:4"]), "ollama") or ()
    assert step.key == "change.processor"
