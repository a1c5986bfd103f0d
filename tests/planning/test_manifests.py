"""The files of a plan: selectors, tolerations and resources of that very fleet."""

import io
import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from kubernetes_validate import validate

from recommender.cli.workloads_file import single
from recommender.facts import Machine
from recommender.facts.fleet import Fleet
from recommender.facts.fleet_plan import Demand
from recommender.fleet.answering import told, unranked
from recommender.fleet.pools import gathered
from recommender.fleet.wishes import Wish
from recommender.knowledge import load
from recommender.planning.front import front
from recommender.planning.manifests import File, files
from recommender.planning.planned import planned
from tests.fleet.nodes import gfd, listed, node
from tests.fleet.test_pools import H100, line
from tests.planning.fleets import demand

MIDDLE, LARGE = "Qwen/Qwen3-32B", "deepseek-ai/DeepSeek-V3"
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
HOPPER = gfd("NVIDIA-H100-80GB-HBM3", 8, 81559) | {"nvidia.com/gpu.compute.major": "9"}
SLICES = gfd("NVIDIA-A100-SXM4-80GB-MIG-3g.40gb", 16, 40448)
AMPERE = gfd("NVIDIA-A100-SXM4-80GB", 8, 81920)
INSTINCT = {"amd.com/gpu.product-name": "Instinct_MI300X", "amd.com/gpu.vram": "192G"}
ASCEND = {"accelerator": "huawei-Ascend910", "node.kubernetes.io/npu.chip.name": "910B3"}
CLUSTER = listed(
    *(node(f"h{at}", HOPPER, {"nvidia.com/gpu": "8"}, taints=[TAINT]) for at in range(4)),
    *(node(f"s{at}", SLICES, {"nvidia.com/gpu": "16"}) for at in range(2)),
    *(node(f"a{at}", AMPERE, {"nvidia.com/gpu": "8"}) for at in range(2)),
    *(node(f"m{at}", INSTINCT, {"amd.com/gpu": "8"}) for at in range(2)),
    *(node(f"n{at}", ASCEND, {"huawei.com/Ascend910": "8"}) for at in range(2)),
)


def fleet(stream: bytes, *demands: Demand) -> Fleet:
    pools = gathered(io.BytesIO(stream))
    kinds, wish = pools.largest_first(), Wish(workload=demands[0].workload)
    whole = told(pools, wish, tuple(map(unranked, kinds)))
    found = planned(demands, kinds, wish)
    return Fleet(**{**vars(whole), "plan": found})


def written(found: Fleet, wished: str | None = None) -> list[File]:
    every = list(files(found, wished, load().speak("en")))
    assert [one for one in every if not isinstance(one, File)] == []
    return [one for one in every if isinstance(one, File)]


def documents(one: File) -> Iterator[Mapping[str, Any]]:
    yield from yaml.safe_load_all(one.text)


def pods(one: File) -> Iterator[Mapping[str, Any]]:
    for document in documents(one):
        if document["kind"] == "Deployment":
            yield document["spec"]["template"]["spec"]
        if document["kind"] == "LeaderWorkerSet":
            for name, template in document["spec"]["leaderWorkerTemplate"].items():
                if name.endswith("Template"):
                    yield template["spec"]


def limits(pod: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: value
        for box in pod["containers"]
        for key, value in box.get("resources", {}).get("limits", {}).items()
    }


def test_pods_go_to_the_nodes_of_their_pool_alone() -> None:
    found = fleet(CLUSTER, demand("chat", MIDDLE, 2600), demand("big", LARGE, 50))
    seen = set()
    for one in written(found):
        for document in documents(one):
            if document["apiVersion"] in {"v1", "apps/v1"}:
                validate(document, "1.33", strict=True)
        for pod in pods(one):
            selector, asked = pod["nodeSelector"], limits(pod)
            (resource,) = asked
            names = {key: text for key, text in selector.items() if key != "kubernetes.io/arch"}
            seen.add((*sorted(names.items()), resource))
            if "H100" in str(names):
                assert pod["tolerations"] == [
                    {
                        "key": "nvidia.com/gpu",
                        "operator": "Equal",
                        "value": "present",
                        "effect": "NoSchedule",
                    }
                ]
    assert (("nvidia.com/gpu.product", "NVIDIA-H100-80GB-HBM3"), "nvidia.com/gpu") in seen
    assert (("amd.com/gpu.product-name", "Instinct_MI300X"), "amd.com/gpu") in seen


def test_slices_of_the_single_strategy_are_asked_for_as_devices() -> None:
    found = fleet(
        listed(node("s", SLICES, {"nvidia.com/gpu": "16"})), demand("a", "Qwen/Qwen3-8B", 4)
    )
    (one,) = written(found)
    (pod,) = pods(one)
    assert limits(pod) == {"nvidia.com/gpu": "1"}
    assert pod["nodeSelector"]["nvidia.com/gpu.product"] == "NVIDIA-A100-SXM4-80GB-MIG-3g.40gb"


def test_nodes_that_no_label_tells_apart_are_said() -> None:
    other = HOPPER | {"nvidia.com/cuda.driver-version.full": "570.10.01"}
    plain = {key: text for key, text in other.items() if "driver" not in key}
    bare = {key: text for key, text in HOPPER.items() if "driver" not in key}
    alike = listed(
        node("a1", bare, {"nvidia.com/gpu": "8"}), node("b1", plain, {"nvidia.com/gpu": "4"})
    )
    (one,) = written(fleet(alike, demand("a", MIDDLE, 4)))
    assert "nothing tells these nodes from those of pools 2" in one.text


def test_the_copies_of_a_pool_are_those_of_the_plan() -> None:
    found = fleet(CLUSTER, demand("chat", "Qwen/Qwen3-8B", 400, replicas=3))
    assert found.plan is not None
    (one,) = written(found)
    (deployment,) = (item for item in documents(one) if item["kind"] == "Deployment")
    (serving,) = found.plan.served[0].servings
    assert deployment["spec"]["replicas"] == serving.replicas >= 3
    assert deployment["metadata"]["labels"]["app.kubernetes.io/part-of"] == "chat"


def test_machines_of_a_list_get_scripts_with_their_devices_and_ports() -> None:
    stream = line("h1", H100)
    found = fleet(stream, demand("a", MIDDLE, 60, replicas=2), demand("b", "Qwen/Qwen3-8B", 40))
    made = written(found)
    assert {one.nodes for one in made} == {("h1",)}
    names = [one.name for one in made]
    assert len(set(names)) == len(names)
    boxes = [text for one in made for text in re.findall(r"device=[\d,]+", one.text)]
    assert len(set(boxes)) == len(boxes) == len(made)
    urls = [url for one in made for url in one.urls]
    assert len(set(urls)) == len(urls) == len(made)
    gateway = front(made, load().speak("en"))
    assert gateway is not None
    told_of = (gateway.file or "") + " ".join(gateway.serve)
    for url in urls:
        assert url in told_of


def test_slurm_is_asked_by_the_site_s_own_names() -> None:
    stream = (
        b"NodeName=g1 Arch=x86_64 CPUTot=128 RealMemory=1000000 State=IDLE "
        b"Gres=gpu:h100-sxm-80gb:8(S:0-1) Partitions=gpu,long ActiveFeatures=hopper,ib\n"
        b"NodeName=g2 Arch=x86_64 CPUTot=64 RealMemory=500000 State=IDLE "
        b"Gres=gpu:l40s:4 Partitions=gpu ActiveFeatures=ada\n"
    )
    made = written(fleet(stream, demand("a", MIDDLE, 150)))
    asked = {
        text.removeprefix("#SBATCH --")
        for one in made
        for text in one.text.splitlines()
        if text.startswith("#SBATCH")
    }
    assert "gres=gpu:h100-sxm-80gb:8" in asked or "gres=gpu:h100-sxm-80gb:4" in asked
    assert "partition=gpu" in asked
    for one in made:
        subprocess.run(["bash", "-n"], input=one.text, text=True, check=True)


@pytest.mark.parametrize("target", ["compose", "shell", "systemd", "quadlet", "skypilot"])
def test_another_target_is_taken_where_it_is_named(target: str) -> None:
    found = fleet(line("h1", H100), demand("a", MIDDLE, 60))
    assert {one.target for one in written(found, target)} == {target}


def test_one_model_of_the_options_is_a_plan_as_well() -> None:
    from recommender.cli.asking import Asked, meant

    asked = Asked(model=MIDDLE, concurrency=50, use_case="production")
    (one,), problems = single(meant(asked, Machine()))
    assert (one.name, one.workload.concurrency, problems) == ("qwen3-32b", 50, ())
