"""An image of the user's own, in every file, and the groups of pods that it makes possible."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from recommender.errors import InputError
from recommender.facts import Workload
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.launching import launching
from recommender.targets.registry import TARGETS
from recommender.words import Words
from tests.launch.emitted_argv import program_of, refused_in_plan
from tests.launch.test_commands import EVERYTHING
from tests.targets.pods import LARGE, MODELS, expanded, h100s, plan_for, templates, written
from tests.targets.stage import shellcheck

OWN = "reg.example:5000/team/own:1"
SPANNING = {"tensorrt-llm": LARGE, "llama.cpp": MODELS["meta-llama/Llama-3.3-70B-Instruct"]}
BOXED = [name for name, target in TARGETS.items() if target.boxes]


def spanning(framework: str, nodes: int = 3) -> Plan:
    """A plan over machines none of which holds the model."""
    large = h100s(nodes=nodes)
    where = large if framework == "tensorrt-llm" else h100s(2, nodes=nodes, memory_gib=12.0)
    model = SPANNING[framework]
    plan = plan_for(framework, where, model, image=OWN, spans=True, orchestrated=True)
    assert plan.nodes == nodes
    return plan


def group_of(plan: Plan) -> tuple[dict[str, Any], dict[str, Any]]:
    found = next(item for item in written("lws", plan) if item["kind"] == "LeaderWorkerSet")
    leader, worker = (item["spec"] for item in templates(found))
    return leader, worker


@pytest.mark.parametrize("name", BOXED)
def test_every_file_names_it_alone(name: str) -> None:
    chosen = TARGETS[name]
    opening = Opening(
        methods=("docker",),
        version=chosen.version("vllm"),
        image=OWN,
        known_image=chosen.image(),
        shares_network=chosen.shares_network,
    )
    words = Words(table=load().words, lang="en")
    wish = Workload(allow=EVERYTHING, install="docker")
    plan = launching("vllm", h100s(), wish, MODELS["Qwen/Qwen3-8B"], opening, words)
    text = chosen.write(plan)
    body = [line for line in text.splitlines() if not line.startswith("#")]
    image = OWN.replace("/", "#", 1) if name == "slurm" else OWN
    assert any(image in line for line in body)
    assert plan.known_image
    assert not any(plan.known_image in line for line in body)
    assert f"{OWN} stands in place of {plan.known_image}" in text
    program = "vllm serve" if name == "slurm" else "Qwen/Qwen3-8B"
    assert any(program in line for line in body)


def test_slurm_names_it_for_the_launcher_of_ranks() -> None:
    plan = plan_for("tensorrt-llm", h100s(nodes=2), LARGE, image=OWN)
    text = TARGETS["slurm"].write(plan)
    assert f"--container-image={OWN.replace('/', '#', 1)}" in text
    assert "--ntasks=16" in text


@pytest.mark.parametrize("framework", SPANNING)
def test_it_makes_groups_of_what_stays_on_one_machine(framework: str) -> None:
    plan = spanning(framework)
    leader, worker = group_of(plan)
    images = {box["image"] for pod in (leader, worker) for box in pod["containers"]}
    assert images | {leader["initContainers"][0]["image"]} == {OWN}
    assert f"# {OWN} has to " in TARGETS["lws"].write(plan)
    with pytest.raises(InputError, match="--target lws"):
        TARGETS["kubernetes"].write(plan)


@pytest.mark.parametrize("framework", SPANNING)
def test_the_programs_take_their_words(framework: str) -> None:
    plan = spanning(framework)
    assert program_of(plan, plan.server)
    for process in plan.processes:
        assert list(refused_in_plan(plan, process)) == []


@pytest.mark.parametrize("framework", SPANNING)
def test_only_the_group_reaches_its_workers(framework: str) -> None:
    documents = written("lws", spanning(framework))
    fence = next(item for item in documents if item["kind"] == "NetworkPolicy")["spec"]
    group = next(item for item in documents if item["kind"] == "LeaderWorkerSet")
    own = {"leaderworkerset.sigs.k8s.io/name": group["metadata"]["name"]}
    assert fence["podSelector"]["matchLabels"] == {**own, "role": "worker"}
    assert fence["ingress"] == [{"from": [{"podSelector": {"matchLabels": own}}]}]
    labels = [item["metadata"]["labels"]["role"] for item in templates(group)]
    assert labels == ["leader", "worker"]
    others = written("lws", plan_for("vllm", h100s(nodes=2), LARGE))
    assert "NetworkPolicy" not in {item["kind"] for item in others}


def test_the_leader_starts_every_rank_over_ssh() -> None:
    leader, worker = group_of(spanning("tensorrt-llm"))
    server, listening = leader["containers"][0], worker["containers"][0]
    words = [expanded(word, {"POD_IP": "10.0.0.1", "GROUP_INDEX": "1"}) for word in server["args"]]
    name = "deepseek-v3"
    pods = [f"{name}-1-{at}.{name}" for at in (1, 2)]
    assert words[0] == "mpirun"
    assert ("-n", "24") in pairwise(words)
    assert ("--host", ",".join(["10.0.0.1:8", *(f"{pod}:8" for pod in pods)])) in pairwise(words)
    # Without it Open MPI cuts off what stands after the first dot of a name.
    assert ("orte_keep_fqdn_hostnames", "1") in pairwise(words)
    at = words.index("trtllm-llmapi-launch")
    assert words[at + 1] == "trtllm-serve"
    waiting = leader["initContainers"][0]
    seen = [expanded(word, {"GROUP_INDEX": "1"}) for word in waiting["args"]]
    port = listening["args"][listening["args"].index("-p") + 1]
    assert seen == [f"{pod}:{port}" for pod in pods]
    options = words[words.index("plm_rsh_args") + 1]
    assert f"-p {port} -l root " in options
    for pod in (leader, worker):
        keys = next(item for item in pod["volumes"] if item["name"] == "ssh")["secret"]
        assert keys == {"secretName": f"{name}-ssh", "defaultMode": 0o400}
        # The group of a volume may read its files, and ssh then takes none for a private key.
        assert "fsGroup" not in pod.get("securityContext", {})
        assert pod["containers"][0]["securityContext"]["runAsUser"] == 0
    added = listening["securityContext"]["capabilities"]["add"]
    assert added == ["SYS_CHROOT", "AUDIT_WRITE"]
    assert "capabilities" not in server["securityContext"]


def test_the_head_says_how_the_keys_are_made() -> None:
    text = TARGETS["lws"].write(spanning("tensorrt-llm"))
    assert "# Before: ssh-keygen -q -t ed25519 -N '' " in text
    assert "kubectl create secret generic deepseek-v3-ssh --from-file=id_ed25519 " in text
    assert "PRIVATE KEY" not in text


def test_scripts_of_the_pods_pass_shellcheck(tmp_path: Path) -> None:
    leader, worker = group_of(spanning("tensorrt-llm"))
    scripts = (leader["initContainers"][0]["command"][2], worker["containers"][0]["args"][2])
    texts = {
        f"{at}.sh": f"#!/bin/bash\n{expanded(script, {})}\n" for at, script in enumerate(scripts)
    }
    shellcheck(tmp_path, texts)


def test_the_leader_lends_devices_of_its_workers() -> None:
    plan = spanning("llama.cpp")
    leader, worker = group_of(plan)
    server, lender = leader["containers"][0], worker["containers"][0]
    assert server["command"] == ["llama-server"]
    assert lender["command"] == ["ggml-rpc-server"]
    assert lender["args"] == ["-H", "0.0.0.0", "-p", "50052"]
    words = [expanded(word, {"GROUP_INDEX": "0"}) for word in server["args"]]
    addresses = [f"{plan.name}-0-{at}.{plan.name}:50052" for at in (1, 2)]
    assert ("--rpc", ",".join(addresses)) in pairwise(words)
    assert "fragile and insecure" in TARGETS["lws"].write(plan)


def test_what_fits_one_machine_stays_a_group_of_one() -> None:
    plan = plan_for("llama.cpp", h100s(nodes=2), image=OWN, spans=True, orchestrated=True)
    assert (plan.nodes, plan.replicas) == (1, 2)
    leader = next(
        templates(next(x for x in written("lws", plan) if "leaderWorkerTemplate" in x["spec"]))
    )
    assert "command" not in leader["spec"]["containers"][0]
    assert "GGML_RPC" not in TARGETS["lws"].write(plan)
