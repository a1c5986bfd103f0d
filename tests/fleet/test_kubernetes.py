"""What nodes of Kubernetes tell of their devices, and which of them are set apart."""

from collections.abc import Mapping
from typing import Any

import pytest

from recommender.errors import InputError
from recommender.facts import Accelerator
from recommender.fleet import kubernetes
from recommender.fleet.kubernetes import quantity
from tests.fleet.nodes import A100, GPUS, gfd, node

AMD = "amd.com/gpu"


def _devices(labels: Mapping[str, str], resources: Mapping[str, str]) -> tuple[Accelerator, ...]:
    return kubernetes.node(node("n", labels, resources)).machine.accelerators


def _apart(**facts: Any) -> str | None:
    given: dict[str, Any] = {"labels": A100, "resources": GPUS, **facts}
    return kubernetes.node(node("n", **given)).apart


def test_whole_gpus() -> None:
    found = kubernetes.node(node("gpu-1", A100, GPUS))
    machine, first = found.machine, found.machine.accelerators[0]
    assert (found.name, found.apart, len(machine.accelerators)) == ("gpu-1", None, 8)
    assert (first.vendor, first.name) == ("nvidia", "NVIDIA A100 SXM4 80GB")
    assert (first.memory_gib, first.compute_capability, first.partition) == (80, "8.0", None)
    assert machine.software.nvidia_driver == "580.95.05"
    assert (machine.software.cuda, machine.memory.total_gib) == ("13.0", 1008)
    assert (machine.arch, machine.cpu.logical_cores, machine.os.family) == ("x86_64", 128, "linux")
    assert [device.index for device in machine.accelerators] == list(range(8))


def test_older_labels_tell_the_driver_in_parts() -> None:
    labels = {key: text for key, text in A100.items() if "version" not in key}
    parts = {"major": "470", "minor": "57", "rev": "02"}
    labels |= {f"nvidia.com/cuda.driver.{name}": text for name, text in parts.items()}
    assert kubernetes.node(node("n", labels, GPUS)).machine.software.nvidia_driver == "470.57.02"


def test_mig_of_one_size() -> None:
    labels = gfd("NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", 56, 4864, mig_strategy="single")
    found = _devices(labels, {"nvidia.com/gpu": "56"})
    assert len(found) == 56
    assert (found[0].name, found[0].partition) == ("NVIDIA A100 SXM4 40GB", "1g.5gb")
    assert found[0].memory_gib == 4.75


def test_mig_of_several_sizes_beside_a_whole_gpu() -> None:
    labels = gfd("NVIDIA-A100-SXM4-40GB", 2, 40960, mig_strategy="mixed")
    labels |= {
        "nvidia.com/mig-3g.20gb.count": "1",
        "nvidia.com/mig-3g.20gb.memory": "19968",
        "nvidia.com/mig-1g.5gb.memory": "4864",
        "nvidia.com/mig-1g.5gb.product": "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb",
    }
    resources = {"nvidia.com/mig-3g.20gb": "1", "nvidia.com/mig-1g.5gb": "2", "nvidia.com/gpu": "1"}
    found = [(one.partition, one.memory_gib, one.name) for one in _devices(labels, resources)]
    name = "NVIDIA A100 SXM4 40GB"
    assert found == [(None, 40, name), *[("1g.5gb", 4.75, name)] * 2, ("3g.20gb", 19.5, name)]


@pytest.mark.parametrize("resource", ["nvidia.com/gpu", "nvidia.com/gpu.shared"])
def test_shared_gpus_are_counted_once(resource: str) -> None:
    labels = gfd("Tesla-T4-SHARED", 4, 15360, gpu_replicas="4")
    offered = {"nvidia.com/gpu": "0", resource: "16"}
    found = kubernetes.node(node("n", labels, offered)).machine
    assert [device.name for device in found.accelerators] == ["Tesla T4"] * 4
    assert "4 pods share each device" in found.problems[0].what


def test_unhealthy_gpus_are_not_counted() -> None:
    found = kubernetes.node(node("n", A100, GPUS, usable={"nvidia.com/gpu": "7"}))
    assert (len(found.machine.accelerators), found.apart) == (7, None)


@pytest.mark.parametrize("prefix", ["amd.com", "beta.amd.com"])
def test_amd_with_one_kind(prefix: str) -> None:
    own = {"product-name": "AMD_Instinct_MI300X_OAM", "vram": "192G", "cu-count": "304"}
    labels = {f"{prefix}/gpu.{name}": text for name, text in own.items()}
    labels |= {"amd.com/gpu.driver-version": "6.12.12", f"{prefix}/gpu.vram.192G": "8"}
    found = kubernetes.node(node("n", labels, {AMD: "8"})).machine
    first = found.accelerators[0]
    assert (first.name, first.memory_gib, first.compute_units) == (
        "AMD Instinct MI300X OAM",
        192,
        304,
    )
    assert (len(found.accelerators), found.software.versions) == (8, {"amdgpu": "6.12.12"})


def test_amd_with_two_kinds() -> None:
    labels = {
        "beta.amd.com/gpu.product-name.Instinct_MI210": "4",
        "beta.amd.com/gpu.product-name.Instinct_MI300X": "2",
        "beta.amd.com/gpu.vram.64G": "4",
        "beta.amd.com/gpu.vram.192G": "2",
    }
    found = _devices(labels, {AMD: "6"})
    assert [(one.name, one.memory_gib) for one in found] == [
        *[("Instinct MI210", 64)] * 4,
        *[("Instinct MI300X", 192)] * 2,
    ]


def test_amd_sizes_that_cannot_be_paired_stay_unknown() -> None:
    labels = {
        "amd.com/gpu.product-name.Instinct_MI210": "2",
        "amd.com/gpu.product-name.Instinct_MI300X": "2",
        "amd.com/gpu.vram.64G": "2",
        "amd.com/gpu.vram.192G": "2",
    }
    assert [one.memory_gib for one in _devices(labels, {AMD: "4"})] == [None] * 4


def test_amd_partitions() -> None:
    labels = {"amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM", "amd.com/gpu.vram": "192G"}
    divided = {**labels, "amd.com/compute-memory-partition": "cpx_nps4"}
    for found in (_devices(divided, {AMD: "64"}), _devices(labels, {"amd.com/cpx_nps4": "64"})):
        assert len(found) == 64
        assert (found[0].partition, found[0].name) == ("cpx_nps4", "AMD Instinct MI300X OAM")
    assert _devices(divided, {AMD: "64"})[0].memory_gib is None
    plain = {**labels, "amd.com/compute-memory-partition": "spx_nps1"}
    assert _devices(plain, {AMD: "8"})[0].partition is None


def test_ascend() -> None:
    labels = {"accelerator": "huawei-Ascend910", "node.kubernetes.io/npu.chip.name": "910B3"}
    found = _devices(labels, {"huawei.com/Ascend910": "8"})
    assert [(one.vendor, one.name, one.memory_gib) for one in found] == [
        ("huawei", "Ascend 910B3", None)
    ] * 8
    assert _devices({}, {"huawei.com/Ascend910": "8"})[0].name is None


def test_intel_lends_each_gpu_several_times() -> None:
    labels = {"gpu.intel.com/product": "Max_1550", "gpu.intel.com/device.count": "2"}
    found = _devices(labels, {"gpu.intel.com/i915": "20", "gpu.intel.com/i915_monitoring": "1"})
    assert [one.name for one in found] == ["Data Center GPU Max 1550"] * 2


def test_neuron_by_the_instance() -> None:
    labels = {"node.kubernetes.io/instance-type": "trn2.48xlarge"}
    resources = {"aws.amazon.com/neuron": "16", "aws.amazon.com/neuroncore": "128"}
    assert [one.name for one in _devices(labels, resources)] == ["Trainium2"] * 16


def test_others_are_known_by_their_resource() -> None:
    found = _devices({}, {"cambricon.com/mlu": "8"})
    assert [(one.vendor, one.name) for one in found] == [("cambricon", None)] * 8


def test_processor_and_system_by_feature_discovery() -> None:
    start = "feature.node.kubernetes.io/"
    labels = {
        f"{start}cpu-cpuid.AVX512F": "true",
        f"{start}cpu-cpuid.AMXTILE": "true",
        f"{start}cpu-cpuid.AVX2": "true",
        f"{start}cpu-model.vendor_id": "Intel",
        f"{start}system-os_release.ID": "ubuntu",
        f"{start}system-os_release.VERSION_ID": "22.04",
    }
    machine = kubernetes.node(node("n", labels)).machine
    assert machine.cpu.flags == ("amx_tile", "avx2", "avx512f")
    assert (machine.cpu.vendor, machine.os.distro, machine.os.version) == (
        "intel",
        "ubuntu",
        "22.04",
    )
    assert machine.accelerators == ()


NOT_READY = ({"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting"},)
CONTROL = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
OWN = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"conditions": NOT_READY}, "not ready: Kubelet stopped posting"),
        ({"unschedulable": True}, "cordoned: nothing is scheduled there"),
        ({"taints": [CONTROL]}, "tainted: node-role.kubernetes.io/control-plane:NoSchedule"),
        ({"taints": [{**CONTROL, "effect": "PreferNoSchedule"}]}, None),
        ({"taints": [OWN]}, None),
        ({"taints": [{**OWN, "effect": "NoExecute", "key": "team"}]}, "tainted: team=present"),
        ({"usable": {"nvidia.com/gpu": "0"}}, "none of its 8 nvidia.com/gpu can be had"),
        ({"resources": {}}, None),
        ({"labels": {}, "resources": {"habana.ai/gaudi": "8"}}, "does not tell which generation"),
        ({"labels": {}, "resources": {"huawei.com/Ascend310P-4c": "2"}}, "llmpick does not know"),
        (
            {
                "labels": {"feature.node.kubernetes.io/pci-0302_10de.present": "true"},
                "resources": {},
            },
            "a device of nvidia is on its bus",
        ),
        (
            {
                "labels": {"feature.node.kubernetes.io/pci-0300_1002.present": "true"},
                "resources": {},
            },
            None,
        ),
    ],
)
def test_set_apart(facts: dict[str, Any], reason: str | None) -> None:
    found = _apart(**facts)
    assert found is None if reason is None else reason in str(found)


@pytest.mark.parametrize("value", [None, [], "x", {}, {"kind": "Pod"}])
def test_what_is_no_node(value: Any) -> None:
    with pytest.raises(InputError, match="no node of Kubernetes"):
        kubernetes.node(value)


@pytest.mark.parametrize("wrong", [None, 7, "x", [], [1], {"a": 1}])
def test_parts_of_another_type_are_unknown(wrong: Any) -> None:
    value = {"kind": "Node", "metadata": {"name": "n", "labels": wrong}, "spec": wrong}
    value |= {"status": {"capacity": wrong, "conditions": wrong, "nodeInfo": wrong}}
    assert kubernetes.node(value).machine.accelerators == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [("1Ki", 1024), ("128", 128), ("3920m", 3.92), ("2G", 2e9), ("1.5Gi", 1.5 * 2**30)]
    + [(wrong, None) for wrong in ("", "x", "-1", "1e3Gi", "9" * 40, None)],
)
def test_quantities(text: str | None, number: float | None) -> None:
    assert quantity(text) == number
