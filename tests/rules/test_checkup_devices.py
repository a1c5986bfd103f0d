"""Devices that are lost, hidden or without a framework, and who is to blame."""

import pytest

from recommender.words import LANGUAGES
from tests.rules.examined import GPU, OLD, complaint, computer, examined, found_in, offered


def test_graphics_of_the_processor_do_not_count_beside_a_gpu() -> None:
    own = {"vendor": "intel", "name": "Intel UHD Graphics 770", "integrated": True}
    beside, alone = computer(accelerators=[GPU, own]), computer(accelerators=[own])
    assert found_in(beside) == {}
    assert "hardware.chip" in found_in(alone)
    standings = examined(beside, "llama.cpp")[1]
    assert standings[0].device == GPU["name"]


def _of(sentences: tuple[str, ...], text: str) -> list[str]:
    return [sentence for sentence in sentences if text in sentence]


def test_one_gpu_of_several_without_its_driver_blocks_nothing() -> None:
    lost = {**GPU, "driver_bound": False}
    told = "The NVIDIA device at 0000:41:00.0 is held by no driver."
    for problems in ([], [complaint("probe.pci.unbound", told)]):
        machine = computer(accelerators=[lost, *[GPU] * 7], problems=problems)
        findings, standings = examined(machine)
        assert [(f.rule, f.severity, f.blocks) for f in findings] == [
            ("driver.partly", "warning", ())
        ]
        assert findings[0].what.endswith("but not 1 of 8")
        assert findings[0].commands == ("sudo dmesg | grep -i -e NVRM -e Xid", "lspci -nnk")
        rows = [(s.framework, s.platform) for s in standings]
        assert len(set(rows)) == len(rows)
        assert all(s.ready for s in standings if s.kind == "accelerator")


def test_graphics_of_the_processor_do_not_vouch_for_a_card_without_its_driver() -> None:
    own = {"vendor": "intel", "name": "Intel UHD 770", "integrated": True, "driver_bound": True}
    card = {"vendor": "intel", "name": "Intel Arc B580", "driver_bound": False}
    found = found_in(computer(accelerators=[own, card]))
    assert found["driver.intel.missing"].severity == "error"
    assert "driver.partly" not in found


def test_hidden_devices_are_hidden_from_programs_but_not_from_images() -> None:
    machine = computer(accelerators=[{**GPU, "visible": False}])
    finding = found_in(machine)["device.hidden"]
    assert finding.severity == "warning"
    assert {block.method for block in finding.blocks} == {"pip", "native"}
    assert offered(machine, "vllm", "cuda") == ("docker",)
    some = computer(accelerators=[GPU, {**GPU, "visible": False}])
    assert (found_in(some)["device.hidden"].severity, offered(some, "vllm", "cuda")) == (
        "hint",
        offered(computer(), "vllm", "cuda"),
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_framework_runs_on_is_told_where_it_has_nothing_here(lang: str) -> None:
    amd = {"vendor": "amd", "name": "Instinct MI210", "memory_gib": 64.0, "gfx": "gfx90a"}
    findings, _ = examined(computer(accelerators=[amd]), "tensorrt-llm", lang=lang)
    fix = next(f.fix for f in findings if f.rule == "device.no-backend") or ""
    assert fix.startswith("TensorRT-LLM")
    assert "NVIDIA CUDA" in fix


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_several_frameworks_say_is_told_once(lang: str) -> None:
    findings, _ = examined(computer(accelerators=[{**GPU, "usable_gib": 0.0}]), lang=lang)
    finding = next(f for f in findings if f.rule == "device.unusable")
    assert len(finding.details) == 1
    assert "llama.cpp" in finding.details[0]
    assert "vLLM" in finding.details[0]
    [needed] = _of(found_in(computer(software=OLD))["driver.nvidia.old"].details, "driver 580 or n")
    assert needed.startswith("SGLang, TensorRT-LLM, vLLM, XInference: ")


def test_what_ails_one_framework_is_no_error_where_something_else_is_in_the_way_of_all() -> None:
    machine = computer(
        os={"libc_version": "2.28"},
        software={**OLD, "docker": False, "versions": {}, "absent": ["nvidia-container-toolkit"]},
    )
    found = found_in(machine)
    assert found["driver.nvidia.old"].severity == "error"
    assert found["os.glibc"].severity == "warning"
    assert found["docker.missing"].severity == "warning"
    assert next(iter(found)) == "driver.nvidia.old"


def test_an_engine_never_outranks_the_driver_that_its_images_need() -> None:
    old = {"nvidia_driver": "550.54.15", "docker": False}
    assert next(iter(found_in(computer(software=old), "lmdeploy"))) == "driver.nvidia.old"
    assert next(iter(found_in(computer(software={**OLD, "docker": False}), "tgi"))) == (
        "driver.nvidia.old"
    )


def test_inside_of_a_container_docker_and_the_toolkit_are_matters_of_the_host() -> None:
    absent = {"versions": {}, "absent": ["nvidia-container-toolkit"]}
    inside = {"container": "docker"}
    found = found_in(computer(os=inside, software={**absent, "docker": False}))
    finding = found["docker.in-container"]
    assert (finding.severity, finding.commands) == ("hint", ())
    assert "on the host" in (finding.fix or "")
    assert "install" not in (finding.fix or "")
    assert "docker.missing" not in found
    for docker in (True, False):
        there = computer(os=inside, software={**absent, "docker": docker})
        assert "container.toolkit" not in found_in(there)


def test_a_device_that_no_framework_drives_is_an_error() -> None:
    device = {"vendor": "tenstorrent", "name": "Blackhole p150", "driver_bound": True}
    findings, standings = examined(computer(accelerators=[device]))
    assert (findings[0].rule, findings[0].severity) == ("device.no-backend", "error")
    assert len(findings[0].frameworks) == 8
    assert "Blackhole p150" in findings[0].what
    assert any(standing.ready for standing in standings)
