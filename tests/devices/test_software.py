"""Operating systems, processors and drivers in words."""

import pytest

from recommender.devices import software
from recommender.devices.described import describe


@pytest.mark.parametrize(
    ("text", "family", "distro", "version", "wsl"),
    [
        ("linux", "linux", None, None, False),
        ("ubuntu 22.04", "linux", "ubuntu", "22.04", False),
        ("Ubuntu22.04", "linux", "ubuntu", "22.04", False),
        ("rocky-9", "linux", "rocky", "9", False),
        ("Red Hat 9.4", "linux", "rhel", "9.4", False),
        ("openEuler 22.03 LTS", "linux", "openeuler", "22.03", False),
        ("银河麒麟 v10", "linux", "kylin", "10", False),
        ("wsl2", "linux", None, None, True),
        ("wsl2 ubuntu 24.04", "linux", "ubuntu", "24.04", True),
        ("windows", "windows", None, None, False),
        ("win11", "windows", None, "11", False),
        ("Windows 11 24H2", "windows", None, "11 24H2", False),
        ("windows server 2022", "windows", None, "2022", False),
        ("macos", "macos", "macos", None, False),
        ("macOS Sequoia 15.6", "macos", "macos", "15.6", False),
        ("darwin", "macos", "macos", None, False),
    ],
)
def test_operating_systems(
    text: str, family: str, distro: str | None, version: str | None, wsl: bool
) -> None:
    found = software.operating_system(text)
    assert (found.family, found.distro, found.version, found.wsl) == (family, distro, version, wsl)


def test_libc_is_known_for_alpine_alone() -> None:
    assert software.operating_system("alpine 3.20").libc == "musl"
    assert software.operating_system("ubuntu 22.04").libc is None


@pytest.mark.parametrize(
    ("name", "vendor", "arch"),
    [
        ("AMD EPYC 9654", "amd", "x86_64"),
        ("Intel Core Ultra 7 155H", "intel", "x86_64"),
        ("Kunpeng 920", "huawei", "aarch64"),
        ("Graviton4", "arm", "aarch64"),
        ("Apple M4 Max", "apple", "aarch64"),
        ("Loongson 3A6000", None, None),
    ],
)
def test_processors(name: str, vendor: str | None, arch: str | None) -> None:
    assert software.processor(name, (), None).vendor == vendor
    assert software.architecture_of(name) == arch


def test_flags_and_levels() -> None:
    found = software.processor("Xeon", ("AVX2", "x86-64-v3"), 64)
    assert found.flags == ("avx2",)
    assert (found.x86_level, found.physical_cores) == (3, 64)


@pytest.mark.parametrize(
    ("gpu", "text", "field", "version"),
    [
        ("4090", "580.95.05", "nvidia_driver", "580.95.05"),
        ("MI300X", "7.0.2", "rocm", "7.0.2"),
        ("910B3", "8.3.RC1", "cann", "8.3.RC1"),
        ("Gaudi 3", "1.22", "habana", "1.22"),
        ("Arc B580", "1.6", "level_zero", "1.6"),
        ("trn2", "2.26", "neuron", "2.26"),
        ("MTT S4000", "4.0", "musa", "4.0"),
        ("910B3", "cann 8.3", "cann", "8.3"),
        ("4090", "nvidia=580, cuda=13.0", "cuda", "13.0"),
    ],
)
def test_drivers(gpu: str, text: str, field: str, version: str) -> None:
    assert getattr(describe([gpu], driver=text).software, field) == version
