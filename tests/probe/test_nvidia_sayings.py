"""What is understood of failures, and of texts that are cut, garbled or huge."""

import random
import time

import pytest

from recommender.probe.context import Findings
from recommender.probe.nvidia import understood
from tests.probe.test_nvidia_answers import FIELDS, LISTING, MATRIX, REPORT, document, rules
from tests.probe.test_nvidia_texts import HEAD, OLD, PROCESSES, gpu


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch\nNVML", "mismatch"),
        ("NVRM: API mismatch: the client has the version 1.2.3, but NVRM:", "mismatch"),
        ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA dri", "not-loaded"),
        ("nvml error: driver not loaded", "not-loaded"),
        ("Unable to determine the device handle for GPU", "lost"),
        ("Failed to initialize NVML: Insufficient Permissions", "permission"),
        ("Failed to initialize NVML: Unknown Error", "unknown"),
        ("Failed to initialize NVML: GPU access blocked by the operating system", "blocked"),
        ("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", "library"),
        ("libnvidia-ml.so.1: cannot open shared object file: no such file", "library"),
        ("No devices were found", "no-devices"),
        ("bash: nvidia-smi: command not found", "tool"),
        ("zsh: command not found: nvidia-smi", "tool"),
        ("'nvidia-smi' is not recognized as an internal or external command,", "tool"),
        (
            'could not select device driver "nvidia" with capabilities: [[gpu]]',
            "container-toolkit",
        ),
        ("docker: unknown or invalid runtime name: nvidia.", "container-toolkit"),
        ("failed to discover GPU vendor from CDI: no known GPU vendor found", "container-toolkit"),
        ("cudaGetDeviceCount returned 802 -> system not yet initialized", "fabric"),
        ("modprobe: ERROR: could not insert 'nvidia': Key was rejected by service", "secure-boot"),
    ],
)
def test_failures(text: str, rule: str) -> None:
    found = understood(text)
    assert rules(found) == [f"probe.nvidia.{rule}"]
    assert found.problems[0].fix


def test_a_failure_names_the_versions_that_it_tells() -> None:
    text = (
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.172"
    )
    found = understood(text)
    assert "570.172" in found.problems[0].what
    assert found.software["versions.nvml"][0] == "570.172"


def test_a_lost_gpu_stands_beside_those_of_the_table() -> None:
    lost = "Unable to determine the device handle for GPU1: 0000:C1:00.0: Unknown Error\n"
    found = understood(lost + HEAD + gpu())
    assert [device.usable_gib for device in found.accelerators] == [22.494, 0.0]
    assert found.accelerators[1].bus_id == "0000:c1:00.0"
    alone = understood(f"{lost}No devices were found\n")
    assert (len(alone.devices), rules(alone)) == (1, ["probe.nvidia.lost"])


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("device handle for GPU3: 0009:01:00.0: Unknown Error", "0009:01:00.0"),
        ("device handle for GPU 0009:01:00.0: GPU is lost.", "0009:01:00.0"),
        ("device handle for gpu 00000000:E1:00.0: GPU is lost.", "0000:e1:00.0"),
        ("device handle for GPU3: Unknown Error", None),
        ("NVRM: GPU 0000:e1:00.0: GPU has fallen off the bus.", "0000:e1:00.0"),
    ],
)
def test_the_place_of_a_lost_gpu(said: str, place: str | None) -> None:
    (device,) = understood(f"Unable to determine the {said}").accelerators
    assert (device.bus_id, device.usable_gib) == (place, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + gpu() + PROCESSES,
        OLD,
        REPORT,
        document(),
        LISTING,
        MATRIX,
        f"{FIELDS}\n0, L4, , 3, 4, 5",
    ],
)
def test_a_text_that_is_cut_or_garbled_never_raises(text: str) -> None:
    chance = random.Random(7)  # noqa: S311  # the same texts every time
    for _ in range(60):
        place = chance.randrange(len(text))
        lines = text.splitlines()
        chance.shuffle(lines)
        garbled = "".join(sign for sign in text if chance.random() > 0.03)
        for broken in (text[:place], text[place:], "\n".join(lines), garbled):
            assert isinstance(understood(broken), Findings)


@pytest.mark.parametrize(
    "text",
    [
        "NVIDIA-SMI\n" + "-" * 999_999 + "x",
        "NVIDIA-SMI\n| 0  NVIDIA X | 1" + " " * 999_999 + "x |",
        "GPU 0: " + "(" * 999_999,
        "<nvidia_smi_log>" + "<gpu id='0'>" * 80_000,
        "GPU 00000000:01:00.0\n" + "    A : b\n" * 90_000,
        f"{FIELDS}\n" + "0, NVIDIA A2, , 5 MiB, 1 MiB, 5\n" * 30_000,
        "Unable to determine the device handle for GPU" * 22_000,
    ],
)
def test_a_huge_text_takes_no_longer_than_it_must(text: str) -> None:
    start = time.monotonic()
    assert len(understood(text).devices) <= 128
    assert time.monotonic() - start < 10


def test_a_lost_gpu_that_is_named_and_listed_is_one() -> None:
    text = (
        "name, memory.total [MiB]\nNVIDIA L40S, 46068 MiB\n"
        "Unable to determine the device handle for GPU0000:02:00.0: Unknown Error\n"
        "[Unknown Error], [Unknown Error]\n"
    )
    found = understood(text)
    assert [device.bus_id for device in found.accelerators] == [None, "0000:02:00.0"]


def test_permissions_as_the_container_runtime_words_them() -> None:
    text = "nvidia-container-cli: initialization error: nvml error: insufficient permissions"
    assert [problem.rule for problem in understood(text).problems] == ["probe.nvidia.permission"]


def test_a_table_with_an_empty_line_below_each() -> None:
    table = HEAD + gpu()
    spaced = "\n\n".join(table.splitlines())
    sizes = [device.memory_gib for device in understood(table).accelerators]
    assert [device.memory_gib for device in understood(spaced).accelerators] == sizes
    assert sizes
    assert None not in sizes


def test_the_number_of_a_gpu_that_is_alone_in_its_job() -> None:
    text = "index, name, memory.total [MiB]\n4, NVIDIA L40S, 46068 MiB\n"
    (device,) = understood(text).accelerators
    assert device.details["index"] == 4
