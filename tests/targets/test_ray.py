"""Manifests for KubeRay, held against the schema of RayService and against Ray itself."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from recommender.errors import InputError
from recommender.facts.noun import changed
from recommender.facts.plan import Container, Hardware, Mount, Plan, Process
from recommender.targets.ray import engine_kwargs
from recommender.targets.registry import TARGETS
from recommender.targets.schedulers import schedulers
from tests.launch.test_commands import PLATFORMS, nvidia
from tests.targets.scheduled import (
    HOSTILE,
    by_hand,
    every,
    named,
    plan,
    process,
    refused,
    two_machines,
    written,
)

SCHEMA = Path(__file__).parents[1] / "schemas/schedulers/rayservice-v1.json.gz"


def _strict(node: Any) -> Any:
    """The schema of a resource, which takes no field that it does not name."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _strict(item) for key, item in node.items()}
    if made.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    if "properties" in made and not made.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    return made


@cache
def _schema() -> Draft202012Validator:
    schema = _strict(json.loads(gzip.decompress(SCHEMA.read_bytes())))
    # Which version and kind a resource is, and what it is called, Kubernetes checks by itself.
    schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
    return Draft202012Validator(schema)


def write(found: Plan) -> str:
    """The manifest, with what Kubernetes calls devices."""
    return TARGETS["ray"].write(found)


def valid(text: str) -> dict[str, Any]:
    """The service, after the schema found nothing in it."""
    service: dict[str, Any] = list(yaml.safe_load_all(text))[-1]
    errors = list(_schema().iter_errors(service))
    assert not errors, (errors[0].json_path, errors[0].message)
    return service


def config(text: str) -> dict[str, Any]:
    """What Ray Serve LLM is told."""
    serve = yaml.safe_load(valid(text)["spec"]["serveConfigV2"])
    (application,) = serve["applications"]
    assert application["import_path"] == "ray.serve.llm:build_openai_app"
    (found,) = application["args"]["llm_configs"]
    return dict(found)


def served(*words: str, **more: Any) -> Plan:
    item = Process(role="server", argv=("a/model", *words), container=Container(image="a/b:1"))
    version = schedulers().ray.engines["vllm"]
    return by_hand(item, framework="vllm", title="vLLM", version=version, **more)


def test_every_platform_is_written_or_refused() -> None:
    assert len({name for name, _ in every("ray")}) == len(PLATFORMS)
    texts = written("ray")
    assert {name.rpartition("-")[0] for name in texts} == {"vllm-cuda"}
    for text in texts.values():
        valid(text)
    for name, reason in refused("ray").items():
        assert " cannot be written for ray: " in reason, name
        assert "; " in reason, name


def test_a_misspelt_field_is_found() -> None:
    spoilt = write(served()).replace("workerGroupSpecs", "workerGroupSpec")
    with pytest.raises(AssertionError, match="workerGroupSpec"):
        valid(spoilt)


def test_two_machines_share_one_model() -> None:
    text = write(two_machines("ray", "vllm"))
    found = config(text)
    assert found["accelerator_type"] == "H100"
    assert found["engine_kwargs"]["tensor_parallel_size"] == 8
    assert found["engine_kwargs"]["pipeline_parallel_size"] == 2
    assert (
        not {"host", "port", "nnodes", "node_rank", "master_addr"} & found["engine_kwargs"].keys()
    )
    (group,) = valid(text)["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    (container,) = group["template"]["spec"]["containers"]
    assert (group["replicas"], group["minReplicas"], group["maxReplicas"]) == (2, 2, 2)
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "8"}


def test_what_is_downloaded_is_kept_and_nodes_are_of_the_right_kind() -> None:
    for found, access in ((two_machines("ray", "vllm"), "Many"), (served(), "Once")):
        claim, service = yaml.safe_load_all(write(found))
        assert claim["spec"]["accessModes"] == [f"ReadWrite{access}"]
        (group,) = service["spec"]["rayClusterConfig"]["workerGroupSpecs"]
        pod = group["template"]["spec"]
        assert pod["volumes"][-1]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        env = {item["name"]: item.get("value") for item in pod["containers"][0]["env"]}
        (mount,) = pod["containers"][0]["volumeMounts"]
        assert env["HF_HOME"] == mount["mountPath"]
    both = yaml.safe_load_all(write(two_machines("ray", "vllm")))
    (group,) = list(both)[-1]["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    wanted = json.dumps(group["template"]["spec"]["affinity"])
    assert "nvidia.com/gpu.memory" in wanted
    assert "nvidia.com/gpu.compute.major" in wanted


def test_options_become_arguments_of_their_type() -> None:
    item = Process(
        role="server",
        argv=(
            *("a/model", "--max-model-len", "8192", "--gpu-memory-utilization=0.8"),
            *("--enable-auto-tool-choice", "--no-enable-prefix-caching", "--dtype", "half"),
            *("--speculative-config", '{"method": "ngram", "n": 3}', "--sizes", "1", "2"),
            *("--served-model-name", "7"),
        ),
    )
    assert engine_kwargs(item) == {
        "max_model_len": 8192,
        "gpu_memory_utilization": 0.8,
        "enable_auto_tool_choice": True,
        "enable_prefix_caching": False,
        "dtype": "half",
        "speculative_config": {"method": "ngram", "n": 3},
        "sizes": [1, 2],
        "served_model_name": 7,
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_model_name_is_that_name(name: str) -> None:
    found = config(write(named(served(), name)))
    assert found["model_loading_config"] == {"model_id": name, "model_source": name}


def test_the_name_in_the_api_is_the_one_that_was_wished() -> None:
    found = config(write(served("--served-model-name", "mine")))
    assert found["model_loading_config"] == {"model_id": "mine", "model_source": "a/model"}
    assert "served_model_name" not in found["engine_kwargs"]
    for name in ("7", "1e3", "true", "[]"):
        found = config(write(served("--served-model-name", name)))
        assert found["model_loading_config"]["model_id"] == name


def test_the_environment_of_the_plan_is_that_of_the_engine() -> None:
    found = served()
    server = changed(found.server, env={"VLLM_USE_MODELSCOPE": "True"})
    text = write(changed(found, processes=(server,)))
    assert config(text)["runtime_env"] == {"env_vars": {"VLLM_USE_MODELSCOPE": "True"}}


def test_a_model_on_disk_is_seen_by_every_pod() -> None:
    found = served()
    box = Container(
        image="a/b:1",
        mounts=(
            Mount(source="/models/mine", target="/models/mine", read_only=True),
            Mount(source="~/.cache/huggingface", target="/root/.cache/huggingface"),
        ),
    )
    service = valid(write(changed(found, processes=(changed(found.server, container=box),))))
    cluster = service["spec"]["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        pod = group["template"]["spec"]
        assert pod["volumes"][0] == {"name": "model-0", "hostPath": {"path": "/models/mine"}}
        mount = pod["containers"][0]["volumeMounts"][0]
        assert (mount["mountPath"], mount["readOnly"]) == ("/models/mine", True)


def test_no_key_is_promised() -> None:
    text = write(plan("ray", "vllm", nvidia(1)))
    assert "Ray Serve asks nobody for a key" in text
    assert "API key is read" not in text


def test_what_ray_cannot_serve_is_refused() -> None:
    lacking = {
        "no published image": by_hand(process("server", "serve"), framework="sglang"),
        "holds version": changed(served(), version="0.1"),
        "built for nvidia alone": changed(served(), hardware=Hardware(vendor="amd", devices=8)),
        "slice of one": changed(served(), hardware=changed(served().hardware, partition="1g.10gb")),
        "share experts": changed(served(), data_parallel=2),
        "from a bucket": served("--enable-lora", "--lora-modules", "ADAPTER=PATH"),
    }
    for why, found in lacking.items():
        with pytest.raises(InputError, match=why):
            write(found)


def test_the_real_ray_reads_it() -> None:
    schema = pytest.importorskip(
        "ray.serve.schema", reason="Ray is not installed (pip install 'ray[serve]')"
    )
    for text in (*written("ray").values(), write(two_machines("ray", "vllm"))):
        serve = yaml.safe_load(valid(text)["spec"]["serveConfigV2"])
        read = schema.ServeDeploySchema.model_validate(serve)
        assert [application.name for application in read.applications] == ["llm"]
