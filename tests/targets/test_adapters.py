"""A LoRA adapter that only the user knows is asked for; no file serves a made-up one."""

import re

import pytest
import yaml

from recommender.errors import InputError
from recommender.facts import Workload
from recommender.facts.plan import ADAPTERS, Opening, Plan
from recommender.launching import launching
from recommender.targets.common import used
from recommender.targets.registry import TARGETS, target
from tests.launch.test_commands import nvidia
from tests.targets.described import WORDS
from tests.targets.plans import QWEN_8B
from tests.targets.pods import expanded, templates, written

WORK = Workload(features=("multi-lora",))


def made(framework: str, name: str) -> Plan:
    chosen = target(name)
    opening = Opening(methods=chosen.ways(framework), shares_network=chosen.shares_network)
    return launching(framework, nvidia(1), WORK, QWEN_8B, opening, WORDS)


@pytest.mark.parametrize("framework", ["vllm", "sglang", "llama.cpp"])
@pytest.mark.parametrize("name", sorted(TARGETS.keys() - {"powershell", "ray"}))
def test_the_adapter_is_asked_for_or_refused(framework: str, name: str) -> None:
    try:
        text = target(name).write(made(framework, name))
    except InputError as error:
        assert re.search("LORA|adapter|bucket|no published image", str(error))  # noqa: PT017
        return
    asks = (r"\$\{LORA_PATH:\?", r"LORA_PATH: null", r"configmap \S+-adapter .*path=LORA_PATH")
    assert any(re.search(pattern, text) for pattern in asks), text
    known = r"#.*|\$+\{LORA_\w+\S*?\}|LORA_\w+: null|LORA_\w+:\?|\$\(LORA_\w+\)|name: LORA_\w+"
    bare = re.sub(known, "", text)
    assert "LORA_" not in bare
    assert "ADAPTER" not in text


BOXED = ["vllm", "sglang", "llama.cpp", "tgi", "lmdeploy", "xinference"]


@pytest.mark.parametrize("framework", BOXED)
def test_a_container_sees_the_adapters_of_this_machine(framework: str) -> None:
    opening, machine = Opening(methods=("docker",)), nvidia(1)
    whole = launching(framework, machine, WORK, QWEN_8B, opening, WORDS)
    assert any("LORA_PATH" in used(process) for process in whole.processes)
    box = whole.server.container
    assert box is not None
    assert ADAPTERS in box.mounts
    text = target("docker").write(whole)
    assert "-v ./adapters:/adapters:ro" in text
    assert "/adapters/NAME" in text
    plain = launching(framework, machine, Workload(), QWEN_8B, opening, WORDS)
    assert plain.server.container is not None
    assert ADAPTERS not in plain.server.container.mounts


def test_compose_makes_the_folder_of_adapters_and_nothing_else() -> None:
    service = yaml.safe_load(target("compose").write(made("vllm", "compose")))["services"]["server"]
    (volume,) = [item for item in service["volumes"] if item["target"] == "/adapters"]
    assert volume["read_only"]
    assert volume["bind"] == {"create_host_path": True}


@pytest.mark.parametrize("framework", BOXED)
def test_every_pod_with_an_adapter_is_one_that_kubernetes_knows(framework: str) -> None:
    whole = made(framework, "kubernetes")
    (claim, deployment, _) = written("kubernetes", whole)
    spec = deployment["spec"]["template"]["spec"]
    (volume,) = [item for item in spec["volumes"] if item["name"] == "models"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    for container in spec["containers"]:
        words = " ".join(container.get("args", ()))
        names = {item["name"] for item in container["env"]}
        assert set(re.findall(r"\$\((LORA_\w+)\)", words)) <= names


def test_a_job_mounts_the_adapters_of_the_folder_it_is_submitted_from() -> None:
    text = target("slurm").write(made("tgi", "slurm"))
    assert 'mkdir -p "$SLURM_SUBMIT_DIR"/adapters\n' in text
    assert '"$SLURM_SUBMIT_DIR"/adapters:/adapters:ro' in text


@pytest.mark.parametrize("name", ["kubernetes", "lws"])
def test_a_cluster_is_told_of_the_adapter_by_a_configmap(name: str) -> None:
    group = written(name, made("vllm", name))[1]
    template = next(templates(group)) if name == "lws" else group["spec"]["template"]
    server = template["spec"]["containers"][0]
    told = {"LORA_NAME": "sql", "LORA_PATH": "/adapters/sql"}
    assert "sql=/adapters/sql" in [expanded(word, told) for word in server["args"]]
    refs = {item["name"]: item["valueFrom"] for item in server["env"] if item["name"] in told}
    keys = {key: ref["configMapKeyRef"]["key"] for key, ref in refs.items()}
    assert keys == {"LORA_NAME": "name", "LORA_PATH": "path"}
    (mount,) = [item for item in server["volumeMounts"] if item["mountPath"] == "/adapters"]
    assert mount["readOnly"]
    assert mount["subPath"] == "adapters"
