"""What is understood of nvidia-smi's other answers: -q, --query-gpu, -L and topo -m."""

import pytest

from recommender.facts.machine import Link
from recommender.probe.context import Findings
from recommender.probe.nvidia import understood
from tests.probe.test_nvidia_texts import HEAD, gpu

REPORT = """
==============NVSMI LOG==============

Timestamp                                 : Sun Jan 11 08:00:00 2026
Driver Version                            : 570.172.08 [Deprecated; use KMD Version instead]
CUDA Version                              : 12.8

Attached GPUs                             : 2
GPU 00000000:17:00.0
    Product Name                          : NVIDIA A30
    MIG Mode
        Current                           : Enabled
        Pending                           : Enabled
    MIG Device
        Index                             : 0
        GPU Instance ID                   : 5
        Compute Instance ID               : 1
        Shared FB Memory Usage
            Total                         : 5952 MiB
            Reserved                      : 0 MiB
            Used                          : 12 MiB
    GPU UUID                              : GPU-17
    GPU Virtualization Mode
        Virtualization Mode               : Pass-Through
    FB Memory Usage
        Total                             : 24576 MiB
        Used                              : 12 MiB
    ECC Mode
        Current                           : Enabled
        Pending                           : Enabled
    ECC Errors
        Volatile
            SRAM Uncorrectable Parity     : 0
            DRAM Uncorrectable            : 1
GPU 00000000:65:00.0
    Product Name                          : NVIDIA A10-12Q
    GPU Recovery Action                   : None
    GPU Virtualization Mode
        Virtualization Mode               : VGPU
    PCI
        Bus Id                            : 00000000:65:00.0
    FB Memory Usage
        Total                             : 12288 MiB
        Reserved                          : 256 MiB
        Used                              : 0 MiB
    BAR1 Memory Usage
        Total                             : 16384 MiB
    Fabric
        State                             : In Progress
"""
DOCUMENT = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v{schema}.dtd">
<nvidia_smi_log>
{versions}
<gpu id="{place}"><product_name>{name}</product_name><uuid>GPU-3</uuid>
<fb_memory_usage><total>{total}</total><used>100 MiB</used></fb_memory_usage>{more}</gpu>
</nvidia_smi_log>"""
FIELDS = "index, name, pci.bus_id, memory.total [MiB], memory.used [MiB], driver_version"
MATRIX = """\t\x1b[4mGPU0\tGPU1\tGPU2\tGPU3\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\x1b[0m
GPU0\t X \tNV4\tSYS\tSYS\tPIX\t0-15\t0\t\tN/A
GPU1\tNV4\t X \tSYS\tSYS\tPIX\t0-15\t0\t\tN/A
GPU2\tSYS\tSYS\t X \tNV4\tSYS\t16-31\t2\t\tN/A
GPU3\tSYS\tSYS\tNV4\t X \tSYS\t16-31\t0,2\t\tN/A
NIC0\tPIX\tPIX\tSYS\tSYS\t X \t\t\t\t

Legend:
  NV#  = Connection traversing a bonded set of # NVLinks
"""
LISTING = """GPU 0: NVIDIA H100 PCIe (UUID: GPU-1)
GPU 1: A100-SXM4-40GB (UUID: GPU-2)
  MIG 3g.20gb Device 0: (UUID: MIG-GPU-2/1/0)
  MIG 1c.2g.10gb  Device  1: (UUID: MIG-GPU-2/5/1)
"""


def document(**changes: str) -> str:
    known = {"schema": "12", "place": "00000000:41:00.0", "name": "Tesla P40", "more": ""}
    versions = "<driver_version>535.54.03</driver_version><cuda_version>12.2</cuda_version>"
    return DOCUMENT.format(**{**known, "total": "24576 MiB", "versions": versions, **changes})


def rules(found: Findings) -> list[str | None]:
    return [problem.rule for problem in found.problems]


def test_a_report() -> None:
    found = understood(REPORT)
    mig, virtual = found.accelerators
    assert (mig.name, mig.partition, mig.card) == ("NVIDIA A30", "mig", 0)
    assert (mig.memory_gib, mig.used_gib) == (5.812, 0.012)
    modes = {"ecc": "Enabled", "mig": "Enabled"}
    assert mig.details == {"gi": 5, "ci": 1, "card_gib": 24.0, **modes}
    assert (virtual.memory_gib, virtual.usable_gib) == (12.0, 11.75)
    assert virtual.details == {"virtual_function": True}
    assert [device.bus_id for device in found.accelerators] == ["0000:17:00.0", "0000:65:00.0"]
    assert found.software["nvidia_driver"][0] == "570.172.08"
    assert rules(found) == ["probe.nvidia.ecc", "probe.nvidia.fabric"]


def test_a_document_of_each_schema() -> None:
    old = understood(document(schema="10", versions="", place="0000:41:00.0"))
    assert (old.accelerators[0].memory_gib, dict(old.software)) == (24.0, {})
    new = understood(
        document(schema="13", more="<ecc_mode><current_ecc>N/A</current_ecc></ecc_mode>")
    )
    assert new.accelerators[0].bus_id == "0000:41:00.0"
    assert new.accelerators[0].details == {}
    assert new.software["cuda"][0] == "12.2"


def test_a_document_that_breaks_off_tells_what_it_has() -> None:
    whole = document(more="<mig_mode><current_mig>Disabled</current_mig></mig_mode>")
    cut = understood(whole[: whole.index("76 MiB")])
    assert (cut.accelerators[0].name, cut.accelerators[0].memory_gib) == ("Tesla P40", None)
    two = whole.replace("</nvidia_smi_log>", whole[whole.index("<gpu") :])
    assert len(understood(two[: two.rindex("<mig_mode>")]).devices) == 1


def test_a_document_with_entities_is_not_expanded() -> None:
    bomb = document(name="&big;").replace(
        '"nvsmi_device_v12.dtd"', '"x.dtd" [<!ENTITY big "Tesla"><!ENTITY x SYSTEM "/etc/passwd">]'
    )
    assert [device.name for device in understood(bomb).accelerators] == [None]


@pytest.mark.parametrize(
    ("total", "more", "rule"),
    [
        ("GPU is lost", "", "probe.nvidia.lost"),
        ("GPU requires reset", "", "probe.nvidia.reset"),
        ("24576 MiB", "<gpu_recovery_action>Reset</gpu_recovery_action>", "probe.nvidia.reset"),
    ],
)
def test_a_gpu_of_no_use_in_a_document(total: str, more: str, rule: str) -> None:
    found = understood(document(total=total, more=more))
    assert found.accelerators[0].usable_gib == 0.0
    assert rules(found) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        f"{FIELDS}\n3, NVIDIA T4G, 00000000:00:1F.0, 15360 MiB, 4 MiB, 590.44.01\n",
        f"{FIELDS}\r\n3, NVIDIA T4G, 00000000:00:1F.0, 15360, 4, 590.44.01\r\n",
        "3, NVIDIA T4G, 00000000:00:1F.0, 15360 MiB, 4 MiB, 590.44.01\n",
        "NVIDIA T4G, 590.44.01, 15360, 00000000:00:1F.0",
    ],
)
def test_rows_with_and_without_a_header_or_units(text: str) -> None:
    found = understood(text)
    (device,) = found.accelerators
    assert (device.name, device.memory_gib) == ("NVIDIA T4G", 15.0)
    assert device.bus_id == "0000:00:1f.0"
    assert found.software["nvidia_driver"][0] == "590.44.01"


def test_a_row_that_a_loop_prints_again_is_the_same_gpu() -> None:
    row = "0, NVIDIA A2, 00000000:03:00.0, 15356 MiB, 1 MiB, 590.44.01\n"
    assert len(understood(f"{FIELDS}\n{row}{row}").devices) == 1


def test_cells_that_tell_nothing() -> None:
    row = "name, memory.total [MiB], compute_cap, mig.mode.current\nNVIDIA A2, {}, [N/A], {}\n"
    denied = understood(row.format("[Insufficient Permissions]", "[N/A]"))
    assert (denied.accelerators[0].memory_gib, rules(denied)) == (None, ["probe.nvidia.memory"])
    zero = understood(row.format("0 MiB", "Disabled"))
    assert zero.accelerators[0].memory_gib is None
    assert zero.accelerators[0].details == {"mig": "Disabled"}


@pytest.mark.parametrize(
    "text",
    [
        "pid, process_name, gpu_name, used_gpu_memory [MiB]\n71, python, NVIDIA A2, 90 MiB\n",
        "name\nindex\nmemory.total\n",
        "name, age\nBob, 41\n",
        "NVIDIA makes GPUs",
        "NVIDIA makes GPUs, and chips",
        "NVIDIA-SMI has failed, 12345",
        "# gpu    pwr  gtemp\n# Idx      W      C\n    0    438     55\n",
        "",
        "\0\0|||\n| 0 | 1 |",
    ],
)
def test_other_texts_are_no_gpus(text: str) -> None:
    assert understood(text) == Findings()


def test_a_listing() -> None:
    whole, first, second = understood(LISTING).accelerators
    assert (whole.name, whole.partition, whole.card) == ("NVIDIA H100 PCIe", None, None)
    assert (first.name, first.partition, first.card) == ("A100-SXM4-40GB", "3g.20gb", 1)
    assert (second.partition, second.details["gi"], second.details["ci"]) == ("1c.2g.10gb", 5, 1)
    assert understood(LISTING).problems == ()
    assert "GPU-1" not in repr(understood(LISTING))


def test_a_matrix_of_links() -> None:
    found = understood(MATRIX)
    assert [device.numa_node for device in found.accelerators] == [0, 0, 2, None]
    assert found.links == (
        Link(kind="nvlink", devices=(0, 1)),
        Link(kind="nvlink", devices=(2, 3)),
        Link(kind="pcie", devices=(0, 1, 2, 3)),
    )
    assert found.accelerators[0].details == {"nics": ("NIC0",)}
    spaced = understood(MATRIX.replace("\t", "   "))
    assert spaced.links == found.links
    assert spaced.accelerators[0].numa_node == 0


def test_a_matrix_of_something_else_tells_of_no_links() -> None:
    found = understood(" \tGPU0\tGPU1\t\n GPU0\tX\tOK\t\n GPU1\tOK\tX\t\n")
    assert (len(found.devices), found.links) == (2, ())


def test_several_answers_in_one_text_are_of_the_same_gpus() -> None:
    table = HEAD + gpu() + gpu("1  NVIDIA L4                      On", "00000000:5B:00.0 Off")
    matrix = (
        "\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tPHB\t0\t1\nGPU1\tPHB\t X \t0\t1\n"
    )
    found = understood(table + matrix)
    assert [(d.name, d.numa_node) for d in found.accelerators] == [("NVIDIA L4", 1)] * 2
    assert found.links == (Link(kind="pcie", devices=(0, 1)),)


def mig_block(rows: str) -> str:
    row = "|   0  NVIDIA A100-SXM4-40GB         On  |   00000000:07:00.0 Off |        On |\n"
    rest = (
        "| N/A   30C    P0    45W / 400W | 90MiB /  40960MiB | N/A   Default |\n| | | Enabled |\n"
    )
    block = f"| MIG devices:    |\n{RULE_}{rows}{RULE_}"
    return f"| NVIDIA-SMI 550.54.15 |\n{RULE_}{row}{rest}{RULE_}\n{block}"


RULE_ = "+------------------+----------------------------------+-----------+-------+\n"


def test_instances_in_the_table() -> None:
    rows = "|  0    2   0   0  | 31MiB / 19968MiB | 42 0 |\n|    | 0MiB / 32767MiB |  |\n"
    shared = f"+------------------+     +-------+\n|  0    2   1   1  |      | 14 0 |\n{RULE_}"
    found = understood(mig_block(rows + shared))
    assert [device.memory_gib for device in found.accelerators] == [19.5, 19.5]
    assert [device.details["ci"] for device in found.accelerators] == [0, 1]
    empty = understood(mig_block("|  No MIG devices found    |\n"))
    assert (empty.accelerators[0].usable_gib, rules(empty)) == (0.0, ["probe.nvidia.mig-empty"])
    cut = understood(mig_block("")[:330])
    assert (cut.accelerators[0].usable_gib, rules(cut)) == (None, ["probe.nvidia.mig-unread"])
