"""Google TPUs: made-up buses and nodes, and what tpu-info prints."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recommender.probe import tpu
from recommender.probe.context import Context, PciDevice
from recommender.probe.files import Files
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]

CHIPS = """Libtpu version: 0.0.21
Accelerator type: v5p

TPU Chips
┏━━━━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━┓
┃ Chip        ┃ Type        ┃ Devices ┃ PID  ┃
┡━━━━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━┩
│ /dev/accel0 │ TPU v3 chip │ 2       │ 4411 │
│ /dev/accel1 │ TPU v3 chip │ 2       │ 4411 │
└─────────────┴─────────────┴─────────┴──────┘
"""
USE = """TPU Runtime Utilization
┏━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┓
┃ Device ┃ Memory usage         ┃ Duty cycle ┃
┡━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━┩
│ 0      │ 1.50 GiB / 16.00 GiB │     12.00% │
│ 1      │ 2.50 GiB / 16.00 GiB │     12.00% │
│ 2      │ 512 MiB / 16.00 GiB  │      0.00% │
│ 3      │ 512 MiB / 16.00 GiB  │      0.00% │
└────────┴──────────────────────┴────────────┘
"""


def found(root: Root, *seen: str, **env: str) -> Any:
    """What is found with chips of these PCI ids, each in a slot of its own."""
    devices = tuple(
        PciDevice(vendor="google", pci_id=f"1ae0:{one}", bus_id=f"0000:00:{place + 4:02x}.0")
        for place, one in enumerate(seen)
    )
    root.path.mkdir(exist_ok=True)
    files = Files(str(root.path))
    return tpu.probe(Context(files=files, family="linux", env=env, pci=devices, live=True))


@pytest.mark.parametrize(
    ("number", "chip"),
    [("005e", "v4"), ("0062", "v5p"), ("0063", "v5e"), ("006f", "v6e"), ("0076", "v7x")],
)
def test_generations(root: Root, number: str, chip: str) -> None:
    (one,) = found(root, number).accelerators
    assert (one.name, one.chip, one.memory_gib) == (f"TPU {chip}", chip, None)


@pytest.mark.parametrize(("subsystem", "chip"), [("004e", "v2"), ("004f", "v3"), ("0001", None)])
def test_generations_that_share_an_id(root: Root, subsystem: str, chip: str | None) -> None:
    root.file("sys/bus/pci/devices/0000:00:04.0/subsystem_device", f"0x{subsystem}\n")
    assert found(root, "0027").accelerators[0].chip == chip


@pytest.mark.parametrize(
    ("told", "chip"),
    [("v5litepod-8", "v5e"), ("v4-16", "v4"), ("tpu7x-8", "v7x"), ("ct6e", None), ("", None)],
)
def test_type_of_the_machine(root: Root, told: str, chip: str | None) -> None:
    (one,) = found(root, "0056", TPU_ACCELERATOR_TYPE=told).accelerators
    assert one.chip == chip


def test_functions_of_one_chip(root: Root) -> None:
    root.path.mkdir()
    seen = tuple(
        PciDevice(vendor="google", pci_id="1ae0:0076", bus_id=f"0000:05:00.{function}")
        for function in range(2)
    )
    files = Files(str(root.path))
    answer = tpu.probe(Context(files=files, family="linux", env={}, pci=seen, live=True))
    assert [one.bus_id for one in answer.accelerators] == ["0000:05:00.0"]
    assert answer.not_ours == ("0000:05:00.1",)


@pytest.mark.parametrize("node", ["dev/accel", "dev/vfio/"])
def test_nodes_alone(root: Root, node: str) -> None:
    root.files({f"{node}{number}": "" for number in range(4)})
    names = [one.name for one in found(root, ACCELERATOR_TYPE="v6e-4").accelerators]
    assert names == ["TPU v6e"] * 4


def test_nodes_of_other_devices(root: Root) -> None:
    root.file("dev/vfio/1").file("dev/accel/accel0")
    assert found(root).accelerators == ()


def test_hidden_chips(root: Root) -> None:
    answer = found(root, "005e", "005e", TPU_VISIBLE_DEVICES="1")
    assert [one.visible for one in answer.accelerators] == [False, True]
    answer = found(root, "005e", TPU_VISIBLE_CHIPS="")
    assert [problem.rule for problem in answer.problems] == ["probe.tpu.hidden"]


def test_closed_nodes(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.file("dev/accel0")

    def allowed(path: str, _mode: int) -> bool:
        return bool(Path(path).stat().st_mode & stat.S_IROTH)

    (root.path / "dev/accel0").chmod(0o600)
    monkeypatch.setattr("os.access", allowed)
    answer = found(root, "005e")
    assert [problem.rule for problem in answer.problems] == ["probe.tpu.permission"]


def test_runtime_in_the_environment(root: Root) -> None:
    root.file("venv/lib/python3.12/site-packages/libtpu-0.0.23.1.dist-info/METADATA")
    software = found(root, "0063", VIRTUAL_ENV="/venv").software
    assert software["versions.libtpu"][0] == "0.0.23.1"


def test_other_devices_of_google(root: Root, probed: Probed) -> None:
    root.pci("0000:00:05.0", "1ae0:0042", "020000", "gve")
    assert probed()["accelerators"] == []


def test_table() -> None:
    answer = tpu.understood(CHIPS + USE)
    assert [one.chip for one in answer.accelerators] == ["v3", "v3"]
    assert [one.memory_gib for one in answer.accelerators] == [32.0, 32.0]
    assert [one.used_gib for one in answer.accelerators] == [4.0, 1.0]
    assert answer.software["versions.libtpu"] == ("0.0.21", "tpu-info")


@pytest.mark.parametrize("use", ["", USE[: USE.index("│ 3")], "Libtpu metrics unavailable"])
def test_memory_that_belongs_to_no_chip(use: str) -> None:
    assert [one.memory_gib for one in tpu.understood(CHIPS + use).accelerators] == [None, None]


def test_versions() -> None:
    software = tpu.understood("- tpu-info version: 0.6.0\n- libtpu version: N/A\n").software
    assert software == {"versions.tpu-info": ("0.6.0", "tpu-info")}


def test_no_chips() -> None:
    (problem,) = tpu.understood("No TPU chips found.").problems
    assert problem.rule == "probe.tpu.no-devices"


@pytest.mark.parametrize("text", ["", "\0", "│ /dev/accel0", "│ " * 9999, "nothing\n" * 99])
def test_other_texts(text: str) -> None:
    assert tpu.understood(text).accelerators == ()
