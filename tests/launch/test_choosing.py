"""A server is handed as many devices as it takes, whatever the machine has."""

import json
import shlex
from dataclasses import replace

import pytest
import yaml

from recommender.errors import InputError
from recommender.facts.plan import Opening, Plan
from recommender.launch import container, engine
from recommender.targets import compose, quadlet, shell, systemd
from tests.launch.test_commands import nvidia
from tests.targets import described
from tests.targets.plans import plan
from tests.targets.test_compose import read


def made(method: str, count: int = 8, **more: object) -> Plan:
    found = plan("llama.cpp", nvidia(count), opening=Opening(methods=(method,), **more))  # type: ignore[arg-type]
    assert found is not None
    assert found.devices == 1
    return found


def test_a_container_gets_the_devices_of_the_plan() -> None:
    whole = made("docker")
    box = whole.server.container
    assert box is not None
    assert box.gpus == "device=0"
    pair = replace(whole.server, container=replace(box, gpus="device=0,1"))
    words = engine.command(pair).argv
    assert words[words.index("--gpus") + 1] == '"device=0,1"'
    assert container.run("server", words) == pair
    assert "AddDevice=nvidia.com/gpu=0\n" in quadlet.write(whole)
    (device,) = yaml.safe_load(compose.write(whole))["services"]["server"]["deploy"]["resources"][
        "reservations"
    ]["devices"]
    assert device["device_ids"] == ["0"]


def test_a_program_sees_the_devices_of_the_plan() -> None:
    whole = made("native")
    env = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "0"}
    assert env.items() <= dict(whole.server.env).items()
    assert "CUDA_VISIBLE_DEVICES=0 " in shell.write(whole)


def test_a_machine_whose_devices_are_all_taken_is_left_as_it_is() -> None:
    box = made("docker", 1).server.container
    assert box is not None
    assert box.gpus == "all"


def test_of_several_kinds_only_the_one_of_the_plan_is_handed_in() -> None:
    small, large = nvidia(1).accelerators[0], nvidia(2).accelerators[1]
    mixed = (replace(small, name="Tesla T4", memory_gib=15.0, compute_capability="7.5"), large)
    found = plan(
        "vllm", replace(nvidia(2), accelerators=mixed), opening=Opening(methods=("docker",))
    )
    assert found is not None
    box = found.server.container
    assert box is not None
    assert box.gpus == f"device={1 if found.hardware.capability == '9.0' else 0}"


@pytest.mark.parametrize("wish", ["orchestrated", "shares_network"])
def test_a_scheduler_chooses_by_itself(wish: str) -> None:
    box = made("docker", **{wish: True}).server.container
    assert box is not None
    assert box.gpus == "all"


def test_a_slice_is_named_by_whoever_starts_the_server() -> None:
    slices = tuple(
        replace(one, partition="3g.40gb", memory_gib=40.0) for one in nvidia(2).accelerators
    )
    machine = replace(nvidia(2), accelerators=slices)
    boxed = plan("vllm", machine, opening=Opening(methods=("docker",)))
    assert boxed is not None
    text = shell.write(boxed)
    assert ': "${MIG_DEVICE:?' in text
    (start,) = [line for line in text.splitlines() if "docker run" in line]
    assert 'device="${MIG_DEVICE}"' in start
    assert shlex.split(start)
    service = read(compose.write(boxed), {"MIG_DEVICE": "MIG-1"})["services"]["server"]
    assert "MIG-1" in json.dumps(service["deploy"])
    own = plan("vllm", machine, opening=Opening(methods=("pip",)))
    assert own is not None
    assert 'CUDA_VISIBLE_DEVICES="${MIG_DEVICE}"' in shell.write(own)
    unit = systemd.write(own)
    assert "MIG_DEVICE=..." in unit
    assert "ExecStart=/usr/bin/env CUDA_VISIBLE_DEVICES=${MIG_DEVICE} " in unit
    assert "\0" not in unit
    with pytest.raises(InputError, match="which slice"):
        quadlet.write(boxed)


@pytest.mark.parametrize(
    ("framework", "gpu", "method", "variable"),
    [
        ("vllm", "MI300X:8", "docker", "HIP_VISIBLE_DEVICES"),
        ("sglang", "MI300X:8", "docker", "HIP_VISIBLE_DEVICES"),
        ("llama.cpp", "RX 7900 XTX:2", "native", "HIP_VISIBLE_DEVICES"),
        ("vllm", "Gaudi 3:8", "docker", "HABANA_VISIBLE_DEVICES"),
        ("tgi", "Gaudi 2:8", "docker", "HABANA_VISIBLE_DEVICES"),
        ("vllm", "Ascend 910B3:8", "pip", "ASCEND_RT_VISIBLE_DEVICES"),
    ],
)
def test_other_makers_devices_are_hidden_by_their_variable(
    framework: str, gpu: str, method: str, variable: str
) -> None:
    some = described.plan(framework, gpu, "Qwen/Qwen3-8B", methods=(method,))
    assert some.devices == 1
    assert some.server.env[variable] == "0"
    assert f"{variable}=0 " in shell.write(some)
    if method == "docker":
        written = read(compose.write(some))["services"]["server"]["environment"]
        assert written[variable] == "0"
    one = gpu.partition(":")[0]
    whole = described.plan(framework, one, "Qwen/Qwen3-8B", methods=(method,))
    assert whole.server.env.get(variable) in {None, "all"}


def test_a_container_of_ascend_is_handed_its_devices_alone() -> None:
    some = described.plan("vllm", "Ascend 910B3:8", "Qwen/Qwen3-8B", methods=("docker",))
    box = some.server.container
    assert box is not None
    assert [item for item in box.devices if item[-1].isdigit()] == ["/dev/davinci0"]
    assert "ASCEND_RT_VISIBLE_DEVICES" not in some.server.env


def test_what_hands_devices_to_others_sees_all_of_them() -> None:
    whole = described.plan("gpustack", "MI300X:8", "Qwen/Qwen3-8B", methods=("docker",))
    assert whole.platform == "rocm"
    assert not any("HIP_VISIBLE_DEVICES" in process.env for process in whole.processes)
