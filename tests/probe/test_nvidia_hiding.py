"""CUDA_VISIBLE_DEVICES: all GPUs are reported, those that are hidden are marked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]

UNLIKE = "NVIDIA GeForce RTX 3060;NVIDIA GeForce RTX 4090"


def seen(machine: dict[str, Any]) -> tuple[list[bool | None], list[str]]:
    shown = [device["visible"] for device in machine["accelerators"]]
    return shown, [problem["rule"] for problem in machine["problems"]]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", [True, False, False]),
        ("2, 0", [True, False, True]),
        ("0,-1,2", [True, False, False]),
        ("GPU-801", [False, True, False]),
        ("GPU-801,GPU-800", [True, True, False]),
    ],
)
def test_a_part_is_chosen(
    root: Root, probed: Probed, nvml: Path, value: str, shown: list[bool]
) -> None:
    root.h100(3)
    machine = probed(library=nvml, FAKE_COUNT=3, CUDA_VISIBLE_DEVICES=value)
    assert seen(machine) == (shown, [])


@pytest.mark.parametrize("value", ["", "-1", "7", "NoDevFiles", "GPU-999"])
def test_all_are_hidden(root: Root, probed: Probed, nvml: Path, value: str) -> None:
    root.h100(2)
    machine = probed(library=nvml, FAKE_COUNT=2, CUDA_VISIBLE_DEVICES=value)
    assert seen(machine) == ([False, False], ["probe.nvidia.hidden"])


def test_nothing_is_said_where_nothing_is_set(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2)
    assert seen(probed(library=nvml, FAKE_COUNT=2)) == ([None, None], [])


def test_numbers_of_unlike_gpus_are_uncertain(root: Root, probed: Probed, nvml: Path) -> None:
    root.h100(2)
    both = {"FAKE_COUNT": 2, "FAKE_NAMES": UNLIKE}
    order = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    uncertain = probed(library=nvml, **both, CUDA_VISIBLE_DEVICES="0")
    assert seen(uncertain) == ([None, None], ["probe.nvidia.order"])
    every = probed(library=nvml, **both, CUDA_VISIBLE_DEVICES="1,0")
    assert seen(every) == ([True, True], [])
    named = probed(library=nvml, **both, CUDA_VISIBLE_DEVICES="GPU-801")
    assert seen(named) == ([False, True], [])
    certain = probed(library=nvml, **both, **order, CUDA_VISIBLE_DEVICES="0")
    assert seen(certain) == ([True, False], [])


def test_identifiers_that_nobody_told_hide_nothing(
    root: Root, probed: Probed, old_nvml: Path
) -> None:
    root.h100(2)
    machine = probed(library=old_nvml, FAKE_COUNT=2, CUDA_VISIBLE_DEVICES="GPU-801")
    assert seen(machine) == ([None, None], [])


def test_control_characters_of_the_variable_are_dropped(
    root: Root, probed: Probed, nvml: Path
) -> None:
    root.h100(1)
    machine = probed(library=nvml, CUDA_VISIBLE_DEVICES="x\x1b[31m")
    assert "\x1b" not in machine["problems"][0]["what"]
