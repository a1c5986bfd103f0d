"""Variables that leave programs a part of Intel's GPUs."""

from collections.abc import Callable
from typing import Any

import pytest

from recommender.facts.machine import Accelerator
from recommender.probe.intel import selection
from tests.probe.conftest import Root


def gpus(*integrated: bool, tiles: int = 1) -> list[Accelerator]:
    return [Accelerator(integrated=one, details={"tiles": tiles}) for one in integrated]


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, [None, None, None]),
        ({"ZE_AFFINITY_MASK": ""}, [None, None, None]),
        ({"ZE_AFFINITY_MASK": "0"}, [False, True, False]),
        ({"ZE_AFFINITY_MASK": "1.0, 2"}, [True, False, True]),
        ({"ZE_AFFINITY_MASK": "7"}, [False, False, False]),
        ({"ONEAPI_DEVICE_SELECTOR": "level_zero:0,1"}, [False, True, True]),
        ({"ONEAPI_DEVICE_SELECTOR": "level_zero:gpu;!level_zero:2"}, [False, True, True]),
        ({"ONEAPI_DEVICE_SELECTOR": "!*:1"}, [True, True, False]),
        ({"ONEAPI_DEVICE_SELECTOR": "opencl:gpu"}, [True, True, True]),
        ({"ONEAPI_DEVICE_SELECTOR": "cuda:*"}, [False, False, False]),
        (
            {"ZE_AFFINITY_MASK": "1,2", "ONEAPI_DEVICE_SELECTOR": "level_zero:0"},
            [False, False, True],
        ),
    ],
)
def test_variables_leave_gpus_in_the_order_of_level_zero(
    env: dict[str, str], expected: list[bool | None]
) -> None:
    """Cards are numbered before the graphics of the processor, which stand first on the bus."""
    assert list(selection.shown(env, gpus(True, False, False))) == expected


@pytest.mark.parametrize(
    ("hierarchy", "expected"),
    [({}, [False, True]), ({"ZE_FLAT_DEVICE_HIERARCHY": "COMPOSITE"}, [False, False])],
)
def test_a_mask_counts_tiles_unless_they_are_one_device(
    hierarchy: dict[str, str], expected: list[bool]
) -> None:
    env = {"ZE_AFFINITY_MASK": "2,3", **hierarchy}
    assert list(selection.shown(env, gpus(False, False, tiles=2))) == expected


def test_a_variable_that_hides_every_gpu_is_named(
    root: Root, probed: Callable[..., dict[str, Any]]
) -> None:
    root.pci("0000:00:02.0", "8086:46a6", "030000", "i915")
    found = probed(ZE_AFFINITY_MASK="4")
    assert found["accelerators"][0]["visible"] is False
    (problem,) = found["problems"]
    assert problem["rule"] == "probe.intel.hidden"
    assert "ZE_AFFINITY_MASK" in problem["fix"]
