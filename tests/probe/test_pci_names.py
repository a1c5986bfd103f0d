"""Names of devices out of the database that systems carry."""

from collections.abc import Mapping

import pytest

from recommender.probe import parts, pci_names
from recommender.probe.files import Files
from recommender.probe.parts import Device, Part
from tests.probe.conftest import Root

DATABASE = """\
#
#\tList of PCI IDs
#
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t1586  Strix Halo [Radeon Graphics / Radeon 8050S Graphics / Radeon 8060S Graphics]
\t\t1043 16d7  Some laptop
\t73df  Navi 22 [Radeon RX 6700/6700 XT/6750 XT / 6800M/6850M XT]
10de  NVIDIA Corporation
# A remark in the midst
\t2204  GA102 [GeForce RTX 3090]
\t\t10de 147d  GeForce RTX 3090 Founders Edition
\t2321  GH100 [H100 NVL]
\t2302  GH100
1e36  Shanghai Enflame Technology Co. Ltd
\tc035  S60 [Enflame]
9999  MetaX Integrated Circuits (Shanghai) Co., Ltd.
\t2321  Another with this number
C 03  Display controller
\t00  VGA compatible controller"""


def device(**facts: object) -> Device:
    return parts.device(Part(source="somewhere", facts=facts))


def name_of(root: Root, pci_id: str) -> str | None:
    (found,) = pci_names.completed(Files(root.path), [device(pci_id=pci_id)])
    return found.accelerator.name


@pytest.mark.parametrize(
    ("pci_id", "name"),
    [
        ("10de:2204", "GeForce RTX 3090"),
        ("10de:2302", "GH100"),
        ("1002:73df", "Radeon RX 6700/6700 XT/6750 XT / 6800M/6850M XT"),
        ("1e36:c035", "S60 [Enflame]"),
        ("9999:2321", "Another with this number"),
        # A board's number, another maker's device, unknown ones.
        ("10de:147d", None),
        ("1002:2204", None),
        ("1e36:2321", None),
        ("ffff:2204", None),
        ("10de:", None),
    ],
)
def test_names(root: Root, pci_id: str, name: str | None) -> None:
    root.file("usr/share/hwdata/pci.ids", DATABASE)
    assert name_of(root, pci_id) == name


def test_the_source_is_the_database_that_was_read(root: Root) -> None:
    root.file("usr/share/hwdata/pci.ids", DATABASE).file("usr/share/pci.ids", "")
    (found,) = pci_names.completed(Files(root.path), [device(pci_id="10de:2321", index=3)])
    assert (found.accelerator.name, found.accelerator.index) == ("H100 NVL", 3)
    assert found.evidence["name"] == "/usr/share/hwdata/pci.ids"
    assert found.evidence["pci_id"] == "somewhere"


def test_a_name_that_is_known_stays(root: Root) -> None:
    root.file("usr/share/misc/pci.ids", DATABASE)
    known = device(pci_id="10de:2204", name="NVIDIA GeForce RTX 3090")
    nameless = device(pci_id=None, vendor="amd")
    assert pci_names.completed(Files(root.path), [known, nameless]) == (known, nameless)


@pytest.mark.parametrize(
    "text", ["", "garbage", "10de  ", "\n10de  NVIDIA\n\t2321  ", DATABASE[:99]]
)
def test_a_database_that_tells_nothing(root: Root, text: str) -> None:
    assert name_of(root.file("usr/share/misc/pci.ids", text), "10de:2321") is None


def test_the_database_is_read_once_and_only_if_needed(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.file("usr/share/misc/pci.ids", DATABASE)
    read: list[str] = []
    whole = Files.text

    def text(files: Files, name: str, limit: int) -> str | None:
        read.append(name)
        return whole(files, name, limit)

    monkeypatch.setattr(Files, "text", text)
    files = Files(root.path)
    assert pci_names.completed(files, [device(pci_id="10de:2204", name="known")])
    assert read == []
    both = pci_names.completed(files, [device(pci_id="10de:2204"), device(pci_id="10de:2321")])
    assert [one.accelerator.name for one in both] == ["GeForce RTX 3090", "H100 NVL"]
    assert read == ["usr/share/misc/pci.ids"]


@pytest.mark.parametrize(
    ("vendor", "texts"),
    [
        (
            "8086",
            {"DG2 [Arc A770]": "Arc A770", "Device 64a0": None, "Arctic Sound": "Arctic Sound"},
        ),
        ("1da3", {"HL-2000 AI Training Accelerator [Gaudi]": "Gaudi", "Unknown device": None}),
        ("1d22", {"Kunlun2 AI Accelerator [VF]": "Kunlun2 AI Accelerator [VF]", "": None}),
    ],
)
def test_what_is_shown_of_a_name(vendor: str, texts: Mapping[str, str | None]) -> None:
    assert {text: pci_names.shown(vendor, text) for text in texts} == dict(texts)
