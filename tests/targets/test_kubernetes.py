"""Deployments of every platform are accepted, ask for the right devices and keep every word."""

import re
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from recommender.errors import InputError
from recommender.facts import Accelerator, Machine, Model
from recommender.facts.noun import changed
from recommender.facts.plan import Key, Plan
from recommender.targets.registry import TARGETS
from recommender.targets.waiting import start_seconds
from tests.targets.pods import (
    LARGE,
    PLATFORMS,
    SMALL,
    check,
    expanded,
    h100s,
    machine,
    plan_for,
    plans,
    written,
)

EIGHT = ("vllm", "sglang", "tensorrt-llm", "llama.cpp", "ollama", "tgi", "xinference", "lmdeploy")
RANKED = {pair for pair in PLATFORMS if pair[0] in EIGHT}
# It is built from source on processors for which there is no image.
WITHOUT = {("llama.cpp", "cpu-source")}


def deployment(plan: Plan) -> dict[str, Any]:
    return next(item for item in written("kubernetes", plan) if item["kind"] == "Deployment")


def pod_of(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = deployment(plan)["spec"]["template"]["spec"]
    return found


def server_of(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = pod_of(plan)["containers"][0]
    return found


def limits(where: Machine, framework: str = "vllm", model: Model = SMALL) -> dict[str, str]:
    found: dict[str, str] = server_of(plan_for(framework, where, model))["resources"]["limits"]
    return found


def expressions(plan: Plan) -> dict[str, tuple[str, list[str]]]:
    affinity = pod_of(plan).get("affinity", {}).get("nodeAffinity", {})
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    found = terms.get("nodeSelectorTerms", [{"matchExpressions": []}])[0]["matchExpressions"]
    return {item["key"]: (item["operator"], item["values"]) for item in found}


@pytest.mark.parametrize(("framework", "platform"), sorted(RANKED))
def test_every_platform_is_accepted(framework: str, platform: str) -> None:
    found = plans(framework, platform)
    assert found or (framework, platform) in WITHOUT
    for plan in found:
        kinds = [item["kind"] for item in written("kubernetes", plan)]
        assert kinds[-2:] == ["Deployment", "Service"]


@pytest.mark.parametrize(("framework", "platform"), sorted(set(PLATFORMS) - RANKED))
def test_challengers_are_accepted_or_refused_with_what_works(framework: str, platform: str) -> None:
    for plan in plans(framework, platform):
        assert _kinds(plan)[-1] in {"Service", "refused"}


def _kinds(plan: Plan) -> list[str]:
    try:
        return [item["kind"] for item in written("kubernetes", plan)]
    except InputError as error:
        works = re.search("cannot be written for kubernetes: .+; take --target", str(error))
        return ["refused" if works else str(error)]


@pytest.mark.parametrize("framework", EIGHT)
def test_the_eight_frameworks_are_written(framework: str) -> None:
    plan = plan_for(framework, h100s())
    assert server_of(plan)["resources"]["limits"] == {"nvidia.com/gpu": str(plan.devices)}
    assert server_of(plan)["image"] == plan.server.container.image  # type: ignore[union-attr]


def test_unknown_fields_are_findings() -> None:
    item = deployment(plan_for("vllm", h100s()))
    item["spec"]["template"]["spec"]["containers"][0]["mountpath"] = "/x"
    with pytest.raises((kubernetes_validate.ValidationError, jsonschema.ValidationError)):
        check(item)


def test_the_devices_of_each_vendor() -> None:
    mi300x = Accelerator(vendor="amd", name="MI300X", memory_gib=192.0, gfx="gfx942")
    gaudi = Accelerator(vendor="intel", name="Gaudi 3", memory_gib=128.0, chip="gaudi3")
    ascend = Accelerator(vendor="huawei", name="Ascend 910B3", memory_gib=64.0, chip="910B3")
    duo = Accelerator(vendor="huawei", name="Atlas 300I Duo", memory_gib=96.0)
    battlemage = Accelerator(vendor="intel", name="Arc Pro B60", memory_gib=24.0)
    assert limits(machine(mi300x)) == {"amd.com/gpu": "1"}
    assert limits(machine(gaudi)) == {"habana.ai/gaudi": "1"}
    assert limits(machine(ascend)) == {"huawei.com/Ascend910": "1"}
    assert limits(machine(battlemage)) == {"gpu.intel.com/xe": "1"}
    assert limits(machine(duo)) == {"huawei.com/Ascend310P": "1"}


def test_a_slice_of_a_gpu_is_asked_for_by_its_profile() -> None:
    plan = plan_for("vllm", h100s(1, partition="3g.40gb", memory_gib=40.0))
    assert server_of(plan)["resources"]["limits"] == {"nvidia.com/mig-3g.40gb": "1"}
    assert set(expressions(plan)) == {"nvidia.com/gpu.compute.major"}
    media = changed(plan, hardware=changed(plan.hardware, partition="1g.10gb+me"))
    assert server_of(media)["resources"]["limits"] == {"nvidia.com/mig-1g.10gb.me": "1"}


def test_nodes_are_those_of_the_machine_that_was_asked_for() -> None:
    plan = plan_for("vllm", h100s())
    assert expressions(plan) == {
        "nvidia.com/gpu.compute.major": ("In", ["9"]),
        "nvidia.com/gpu.memory": ("Gt", ["73728"]),
    }
    mi300x = Accelerator(vendor="amd", name="MI300X", memory_gib=192.0, gfx="gfx942")
    assert expressions(plan_for("vllm", machine(mi300x))) == {"amd.com/gpu.vram": ("In", ["192G"])}
    assert pod_of(plan)["nodeSelector"] == {"kubernetes.io/arch": "amd64"}


def test_the_processor_alone_asks_for_main_memory() -> None:
    plan = changed(plan_for("llama.cpp", machine()), memory_gib=6.3)
    assert server_of(plan)["resources"] == {"requests": {"cpu": "2", "memory": "7Gi"}}
    least = changed(plan, memory_gib=None, weights_gib=4.2)
    assert server_of(least)["resources"]["requests"]["memory"] == "9Gi"


def test_no_server_is_the_first_to_be_evicted() -> None:
    plan = plan_for("vllm", h100s())
    assert server_of(plan)["resources"]["requests"] == {"cpu": str(plan.devices + 2)}


def test_memory_holds_the_cache_and_the_shared_memory() -> None:
    plan = plan_for("vllm", machine())
    box = plan.server.container
    assert box is not None
    cache = float(plan.server.env["VLLM_CPU_KVCACHE_SPACE"])
    asked = server_of(plan)["resources"]["requests"]["memory"]
    assert box.shm == "4g"
    assert int(asked.removesuffix("Gi")) >= (plan.weights_gib or 0) + cache + 4


def test_the_claim_and_the_start_follow_the_weights() -> None:
    sizes, thresholds = [], []
    for gib in (5.0, 600.0):
        plan = changed(plan_for("vllm", h100s()), weights_gib=gib)
        claim, found, _ = written("kubernetes", plan)
        storage = claim["spec"]["resources"]["requests"]["storage"]
        sizes.append(int(storage.removesuffix("Gi")) / gib)
        server = found["spec"]["template"]["spec"]["containers"][0]
        thresholds.append(server["startupProbe"]["failureThreshold"] * 10 - start_seconds(plan))
    assert min(sizes) > 1.1
    assert all(0 <= rest < 10 for rest in thresholds)


def test_most_models_are_below_what_is_taken_for_an_unknown_one() -> None:
    from recommender.models.rows import of_row, rows
    from recommender.targets.waiting import UNKNOWN_GIB

    sizes = [2 * model.params / 2**30 for model in map(of_row, rows()) if model.params]
    assert sum(size < UNKNOWN_GIB for size in sizes) / len(sizes) > 0.75


def test_no_target_gives_up_a_start_for_which_others_wait() -> None:
    plan = changed(plan_for("vllm", h100s()), weights_gib=131.4)
    wait = start_seconds(plan)
    assert server_of(plan)["startupProbe"]["failureThreshold"] * 10 >= wait
    for target, line in (("compose", "start_period: {}s"), ("quadlet", "TimeoutStartSec={}")):
        assert line.format(wait) in TARGETS[target].write(plan)


def test_device_files_and_what_the_runtime_brings_are_not_mounted() -> None:
    ascend = Accelerator(vendor="huawei", name="Ascend 910B3", memory_gib=64.0, chip="910B3")
    pod = pod_of(plan_for("vllm", machine(ascend)))
    paths = {item["hostPath"]["path"] for item in pod["volumes"] if "hostPath" in item}
    assert paths == {"/usr/local/Ascend/driver/version.info", "/etc/ascend_install.info"}
    battlemage = Accelerator(vendor="intel", name="Arc Pro B60", memory_gib=24.0)
    found = pod_of(plan_for("vllm", machine(battlemage)))
    assert not any("hostPath" in item for item in found["volumes"])
    assert "privileged" not in found["containers"][0]["securityContext"]


def test_a_model_on_the_nodes_is_read_only() -> None:
    local = Model(id="/srv/models/q w", params=8_190_735_360, quantization="bf16")
    plan = plan_for("vllm", h100s(), local)
    pod = pod_of(plan)
    assert {"name": "model", "hostPath": {"path": local.id}} in pod["volumes"]
    mounted = {"name": "model", "mountPath": local.id, "readOnly": True}
    assert mounted in pod["containers"][0]["volumeMounts"]
    text = TARGETS["kubernetes"].write(plan)
    assert "on every node" in text
    assert "may have to grow" not in text


def test_a_path_of_this_machine_alone_is_refused() -> None:
    file = Model(id="./models/a.gguf", weights_gib=4.7, quantization="q4_k_m", format="gguf")
    with pytest.raises(InputError, match="absolute path"):
        TARGETS["kubernetes"].write(plan_for("llama.cpp", h100s(), file))


def test_the_model_is_loaded_beside_the_server() -> None:
    pod = pod_of(plan_for("ollama", h100s()))
    server, loader = pod["containers"]
    assert loader["command"][-3:] == ["ollama", "pull", "qwen3:8b"]
    assert expanded(loader["command"][2], {}).startswith("trap 'exit 0' TERM; until \"$@\"; do")
    assert loader["image"] == server["image"]
    assert "resources" not in loader


def test_keys_are_secrets_and_never_text() -> None:
    plan = changed(plan_for("vllm", h100s()), key=Key(env="VLLM_API_KEY"))
    env = {item["name"]: item for item in server_of(plan)["env"]}
    assert env["VLLM_API_KEY"]["valueFrom"]["secretKeyRef"] == {
        "name": "qwen3-8b-api-key",
        "key": "api-key",
    }
    assert env["HF_TOKEN"]["valueFrom"]["secretKeyRef"]["optional"] is True
    text = TARGETS["kubernetes"].write(plan)
    assert "# Before: kubectl create secret generic qwen3-8b-api-key" in text


def test_a_key_in_the_command_is_read_from_the_secret() -> None:
    plan = plan_for("vllm", h100s())
    words = (*plan.server.argv, "--api-key", "\0SERVER_KEY\0")
    server = changed(plan.server, argv=words)
    keyed = changed(plan, key=Key(env="LLMPICK_API_KEY", in_argv=True), processes=(server,))
    found = server_of(keyed)
    assert found["args"][-1] == "$(LLMPICK_API_KEY)"
    assert "LLMPICK_API_KEY" in {item["name"] for item in found["env"]}


def test_images_that_can_run_without_root_do() -> None:
    plan = changed(plan_for("vllm", h100s()), nonroot=True, user="2000:0", home="/home/vllm")
    pod = pod_of(changed(plan, drop_capabilities=True))
    security = pod["containers"][0]["securityContext"]
    assert security["runAsNonRoot"]
    assert (security["runAsUser"], security["runAsGroup"]) == (2000, 0)
    assert security["capabilities"] == {"drop": ["ALL"]}
    paths = {item["mountPath"] for item in pod["containers"][0]["volumeMounts"]}
    assert "/home/vllm/.cache/huggingface" in paths


def test_device_files_of_unknown_groups_need_root() -> None:
    mi300x = Accelerator(vendor="amd", name="MI300X", memory_gib=192.0, gfx="gfx942")
    plan = changed(plan_for("vllm", machine(mi300x)), nonroot=True)
    assert "runAsNonRoot" not in server_of(plan)["securityContext"]


def test_devices_without_a_known_name_are_refused() -> None:
    plan = plan_for("vllm", h100s())
    unknown = changed(plan, hardware=changed(plan.hardware, vendor="biren"))
    with pytest.raises(InputError, match="biren"):
        TARGETS["kubernetes"].write(unknown)


def test_several_machines_are_sent_to_what_can() -> None:
    plan = plan_for("vllm", h100s(nodes=2), LARGE)
    with pytest.raises(InputError, match="--target lws"):
        TARGETS["kubernetes"].write(plan)


def test_names_start_with_a_letter() -> None:
    kinds = written("kubernetes", plan_for("vllm", h100s(), name="1e3"))
    assert {item["metadata"]["name"] for item in kinds} == {"llm-1e3", "llm-1e3-models"}
