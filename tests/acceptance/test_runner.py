"""The case runner: the whole pass rule, and no field that is silently ignored."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from recommender.facts import Answer
from recommender.pipeline import recommend
from tests.acceptance import cases, pass_rule, run_cases

SHARED = Path(__file__).parents[3] / "shared" / "cases" / "recommendation-cases.json"

CASE: dict[str, Any] = {
    "id": "T-1",
    "kind": "seed",
    "title": "Many users on a data-center GPU",
    "hardware": {
        "os": {"family": "linux", "distro": "ubuntu", "version": "24.04", "glibc": "2.39"},
        "arch": "x86_64",
        "cpu": {"vendor": "amd", "model": "EPYC", "cores": 32, "flags": ["sse4_2", "avx2"]},
        "ram_gib": 256,
        "accelerators": [
            {
                "vendor": "nvidia",
                "name": "NVIDIA L40S",
                "memory_gib": 48,
                "compute_capability": "8.9",
                "count": 2,
                "interconnect": "pcie",
            }
        ],
        "driver": {"nvidia": "580.95.05", "cuda_max": "13.0"},
        "python": "3.12",
        "docker": True,
    },
    "workload": {"use_case": "production", "concurrency": 50, "priority": "throughput"},
    "model": {"id": "Qwen/Qwen3-8B", "params_b": 8.2, "quant": "bf16", "format": "safetensors"},
    "expect": {
        "accept_top1": ["vllm"],
        "accept_top3": ["vllm", "sglang", "tensorrt-llm"],
        "reject": [{"framework": "ollama", "level": "not_top2", "reason_keyword": "concurren"}],
        "must_mention": ["continuous batching"],
        "forbidden_flags": ["--tensor-parallel-size 8"],
        "required_flags": [{"framework": "vllm", "any_of": ["--data-parallel-size=2"]}],
    },
    "source": "test",
    "confidence": "high",
    "note": None,
    "tags": [],
}


def _changed(path: str, value: object) -> dict[str, Any]:
    case = copy.deepcopy(CASE)
    *parents, last = path.split(".")
    place: Any = case
    for name in parents:
        place = place[int(name)] if name.isdigit() else place[name]
    place[last] = value
    return case


def _answer(case: dict[str, Any]) -> Answer:
    return recommend(cases.machine(case), cases.workload(case), cases.model(case))


def test_a_case_that_passes() -> None:
    result = run_cases.run(CASE)
    assert result.failures == ()
    assert 0.6 < result.soft <= 1


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("expect.accept_top1", ["ollama"], "rank 1 is vllm"),
        ("expect.must_mention", ["no such words"], "nothing says"),
        ("expect.forbidden_flags", ["--data-parallel-size 2"], "hold '--data-parallel-size 2'"),
        (
            "expect.required_flags",
            [{"framework": "vllm", "any_of": ["--nope"]}],
            "hold none of ['--nope']",
        ),
        (
            "expect.reject",
            [{"framework": "vllm", "level": "not_top2", "reason_keyword": "x"}],
            "must not be among the first two",
        ),
        (
            "expect.reject",
            [{"framework": "vllm", "level": "unsupported", "reason_keyword": "x"}],
            "is not marked unsupported",
        ),
        (
            "expect.reject",
            [{"framework": "vllm", "level": "maybe", "reason_keyword": "x"}],
            "unknown level",
        ),
        ("workload.colour", "red", "workload has the field 'colour'"),
        ("hardware.os.kernel", "6.1", "hardware.os has the field 'kernel'"),
        ("hardware.accelerators.0.tflops", 1, "hardware.accelerators[] has the field 'tflops'"),
        ("model.layers", 36, "model has the field 'layers'"),
        ("hardware.driver.opencl", "3", "hardware.driver has the field 'opencl'"),
        ("surprise", 1, "case has the field 'surprise'"),
    ],
)
def test_a_case_that_fails_says_why(path: str, value: object, said: str) -> None:
    failures = run_cases.run(_changed(path, value)).failures
    assert any(said in failure for failure in failures), failures


def test_a_rejected_framework_must_give_the_right_reason() -> None:
    old = _changed("hardware.accelerators.0.compute_capability", "6.1")
    old["expect"] = {
        "accept_top1": ["llama.cpp", "ollama"],
        "reject": [{"framework": "vllm", "level": "unsupported", "reason_keyword": "7\\.5"}],
    }
    assert pass_rule.failures(old["expect"], _answer(old)) == []
    old["expect"]["reject"][0]["reason_keyword"] = "glibc"
    assert any("does not match" in said for said in run_cases.run(old).failures)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("wsl_allowed", True, ("wsl2",)),
        ("wsl_allowed", False, ("no-wsl2",)),
        ("wsl_allowed", None, ()),
    ],
)
def test_what_the_machine_block_says_of_wsl2(
    field: str, value: object, expected: tuple[str, ...]
) -> None:
    assert cases.workload(_changed(f"hardware.{field}", value)).allow == expected


def test_mapping_of_the_machine() -> None:
    case = _changed("hardware.python", "3.11 (x86_64 under Rosetta)")
    case["hardware"]["driver"] = None
    machine = cases.machine(case)
    assert machine.software.python == "3.11"
    assert machine.software.python_arch == "x86_64"
    assert "nvidia_driver" in machine.software.absent
    assert machine.accelerators[1].index == 1
    assert machine.accelerators[0].driver_bound is False
    assert machine.links[0].devices == (0, 1)
    assert machine.cpu.x86_level == 3


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = _changed("expect.accept_top1", ["tgi"]) | {"id": "T-2", "kind": "trap"}
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"schema": run_cases.SCHEMA, "cases": [CASE, bad]}))
    assert run_cases.main([str(path), "--answers", str(tmp_path / "out")]) == 1
    printed = capsys.readouterr().out
    assert "seed: 1/1" in printed
    assert "trap: 0/1" in printed
    assert "T-2" in printed
    answer = json.loads((tmp_path / "out" / "T-1.json").read_text(encoding="utf-8"))
    assert answer["ranking"][0]["framework"] == "vllm"


@pytest.mark.skipif(not SHARED.is_file(), reason="the shared cases are not here")
def test_the_shared_cases() -> None:
    results = [run_cases.run(case) for case in run_cases.read(SHARED)]
    failed = {r.case["id"]: r.failures for r in results if not r.passed}
    assert not failed
