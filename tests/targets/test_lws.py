"""LeaderWorkerSets: accepted by the CRD's schema, every rank with its own words."""

from typing import Any

import jsonschema
import pytest

from recommender.errors import InputError
from recommender.facts import Accelerator
from recommender.facts.noun import changed
from recommender.facts.plan import Plan, Process
from recommender.targets.registry import TARGETS
from tests.targets.pods import (
    LARGE,
    MODELS,
    argv,
    check,
    expanded,
    h100s,
    machine,
    plan_for,
    templates,
    written,
)

MI300X = Accelerator(vendor="amd", name="MI300X", memory_gib=192.0, gfx="gfx942")


def group_of(plan: Plan) -> dict[str, Any]:
    return next(item for item in written("lws", plan) if item["kind"] == "LeaderWorkerSet")


def pods(plan: Plan) -> list[dict[str, Any]]:
    return [item["spec"] for item in templates(group_of(plan))]


@pytest.mark.parametrize("framework", ["vllm", "sglang"])
def test_two_machines_are_a_leader_and_a_worker(framework: str) -> None:
    plan = plan_for(framework, h100s(nodes=2), LARGE)
    inner = group_of(plan)["spec"]["leaderWorkerTemplate"]
    assert inner["size"] == 2
    assert inner["restartPolicy"] == "RecreateGroupOnPodRestart"
    leader, worker = (pod["containers"][0] for pod in pods(plan))
    set_by_lws = {
        "LWS_LEADER_ADDRESS": "HEAD_IP",
        "LWS_WORKER_INDEX": "NODE_RANK",
        "LLMPICK_API_KEY": "SERVER_KEY",
    }
    assert [expanded(word, set_by_lws) for word in leader["args"]] == argv(plan.server)
    assert [expanded(word, set_by_lws) for word in worker["args"]] == argv(plan.of("worker")[0])
    for container in (leader, worker):
        assert container["resources"]["limits"] == {"nvidia.com/gpu": "8"}
        assert "POD_IP" not in {item["name"] for item in container["env"]}
    assert "readinessProbe" in leader
    assert "readinessProbe" not in worker


def test_other_vendors_make_groups_too() -> None:
    plan = plan_for("vllm", machine(*[MI300X] * 2, nodes=2), LARGE)
    assert plan.nodes == 2
    for pod in pods(plan):
        assert pod["containers"][0]["resources"]["limits"] == {"amd.com/gpu": "2"}


def test_ascend_finds_its_interface_and_address_in_the_pod() -> None:
    npu = Accelerator(vendor="huawei", name="Ascend 910B3", memory_gib=64.0, chip="910B3")
    plan = plan_for("vllm", machine(*[npu] * 8, nodes=2), MODELS["Qwen/Qwen3-235B-A22B"])
    assert plan.nodes == 2
    for pod in pods(plan):
        server = pod["containers"][0]
        assert server["resources"]["limits"] == {"huawei.com/Ascend910": "8"}
        env = {item["name"]: item.get("value") for item in server["env"]}
        names = [item["name"] for item in server["env"]]
        assert env["HCCL_IF_IP"] == "$(POD_IP)"
        assert names.index("POD_IP") < names.index("HCCL_IF_IP")
        assert env["HCCL_SOCKET_IFNAME"] == "eth0"


def test_the_service_finds_the_leaders_and_has_a_name_of_its_own() -> None:
    documents = written("lws", plan_for("vllm", h100s(nodes=2), LARGE))
    group, service = documents[-2:]
    assert service["metadata"]["name"] != group["metadata"]["name"]
    assert service["spec"]["selector"] == {
        "leaderworkerset.sigs.k8s.io/name": group["metadata"]["name"],
        "leaderworkerset.sigs.k8s.io/worker-index": "0",
    }
    assert documents[0]["spec"]["accessModes"] == ["ReadWriteMany"]


@pytest.mark.parametrize("framework", ["vllm", "sglang", "tensorrt-llm", "llama.cpp"])
def test_one_machine_is_a_group_of_one(framework: str) -> None:
    plan = plan_for(framework, h100s())
    inner = group_of(plan)["spec"]["leaderWorkerTemplate"]
    assert inner["size"] == 1
    assert "leaderTemplate" not in inner
    assert "--target kubernetes" in TARGETS["lws"].write(plan)


def test_copies_are_groups() -> None:
    assert group_of(changed(plan_for("vllm", h100s()), replicas=3))["spec"]["replicas"] == 3


@pytest.mark.parametrize("framework", ["ollama", "tgi", "xinference", "lmdeploy"])
def test_other_frameworks_are_refused_with_what_works(framework: str) -> None:
    with pytest.raises(InputError, match="--target kubernetes"):
        TARGETS["lws"].write(plan_for(framework, h100s()))


@pytest.mark.parametrize(
    ("framework", "why"), [("tensorrt-llm", "SSH server"), ("llama.cpp", "ggml-rpc-server")]
)
def test_what_its_image_cannot_do_is_refused_with_what_can(framework: str, why: str) -> None:
    plan = changed(plan_for(framework, h100s()), nodes=2, world_size=16)
    with pytest.raises(InputError, match=f"{why}.*slurm"):
        TARGETS["lws"].write(plan)


def remote_workers() -> Plan:
    """A server that is told the addresses of its workers, as llama.cpp's is."""
    plan = plan_for("llama.cpp", h100s())
    server = changed(plan.server, argv=(*plan.server.argv, "--rpc", "\0WORKER_IPS\0"))
    listening = ("-H", "0.0.0.0", "-p", "50052")
    worker = Process(role="worker", argv=listening, container=plan.server.container)
    return changed(plan, nodes=3, world_size=24, processes=(server, worker))


def test_a_server_is_told_its_workers_and_waits_for_them() -> None:
    leader, worker = pods(remote_workers())
    waiting, server = leader["initContainers"][0], leader["containers"][0]
    seen = {"GROUP_INDEX": "1"}
    name = "qwen3-8b-gguf"
    addresses = [f"{name}-1-{at}.{name}:50052" for at in (1, 2)]
    assert expanded(server["args"][-1], seen) == ",".join(addresses)
    assert [expanded(word, seen) for word in waiting["args"]] == addresses
    for container in (waiting, server):
        assert "GROUP_INDEX" in {item["name"] for item in container["env"]}
    assert worker["containers"][0]["args"] == ["-H", "0.0.0.0", "-p", "50052"]


def test_a_long_name_is_refused_before_the_cluster_does() -> None:
    with pytest.raises(InputError, match="--name"):
        TARGETS["lws"].write(plan_for("vllm", h100s(), name="a" * 60))


def test_unknown_fields_are_findings() -> None:
    group = group_of(plan_for("vllm", h100s(nodes=2), LARGE))
    group["spec"]["leaderWorkerTemplate"]["sise"] = 2
    with pytest.raises(jsonschema.ValidationError):
        check(group)
    again = group_of(plan_for("vllm", h100s(nodes=2), LARGE))
    next(templates(again))["spec"]["containers"][0]["mountpath"] = "/x"
    with pytest.raises(jsonschema.ValidationError):
        check(again)
