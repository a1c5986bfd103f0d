"""Plans for several machines: who runs what, and where an orchestrator makes the copies."""

from dataclasses import replace

import pytest

from recommender.errors import InputError
from recommender.facts import Machine, Model, Software, Workload
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.launching import launching
from recommender.targets.registry import TARGETS, target
from recommender.words import Words
from tests.launch.test_commands import nvidia
from tests.targets.plans import DEEPSEEK, QWEN_8B

FRAMEWORKS = ("vllm", "sglang", "tensorrt-llm", "lmdeploy", "xinference", "llama.cpp")
ENGLISH = Words(table=load().words, lang="en")


def made(
    framework: str, name: str, machine: Machine, model: Model, orchestrator: str | None = None
) -> Plan:
    """The plan that ``llmpick launch`` makes for a target."""
    chosen = target(name)
    opening = Opening(
        methods=chosen.ways(framework),
        exposed=chosen.inside,
        guarded=chosen.inside or chosen.shared,
        shares_network=chosen.shares_network,
        orchestrated=chosen.cluster,
    )
    boxed = chosen.cluster or chosen.shares_network
    here = replace(machine, software=Software(docker=True)) if boxed else machine
    install = "docker" if chosen.methods == ("docker",) else None
    wish = Workload(install=install, orchestrator=orchestrator)
    return launching(framework, here, wish, model, opening, ENGLISH)


@pytest.mark.parametrize("framework", ["lmdeploy", "xinference"])
def test_who_hands_out_work_takes_every_machine(framework: str) -> None:
    plan = made(framework, "shell", nvidia(2, nodes=3), QWEN_8B)
    assert (plan.nodes, plan.replicas) == (3, 1)
    assert plan.world_size % 3 == 0
    assert [process.argv for process in plan.of("beside")] == [
        process.argv for process in plan.of("worker")
    ]


def test_who_works_alone_is_copied() -> None:
    plan = made("vllm", "shell", nvidia(1, nodes=3), QWEN_8B)
    assert (plan.nodes, plan.replicas, plan.world_size) == (1, 3, 1)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", [name for name, item in TARGETS.items() if item.cluster])
def test_an_orchestrator_makes_the_copies(framework: str, name: str) -> None:
    try:
        plan = made(framework, name, nvidia(1, nodes=3), QWEN_8B)
    except LookupError:
        assert name in {"ray", "skypilot"}
        return
    assert (plan.nodes, plan.replicas) == (1, 3)
    assert plan.of("worker") == plan.of("beside") == ()


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy"])
def test_what_one_machine_does_not_hold_takes_all(framework: str) -> None:
    plan = made(framework, "shell", nvidia(8, nodes=2), DEEPSEEK)
    assert (plan.nodes, plan.replicas, plan.world_size) == (2, 1, 16)
    assert plan.of("worker")


def test_a_proxy_is_asked_where_it_listens() -> None:
    plan = made("lmdeploy", "shell", nvidia(1, nodes=2), QWEN_8B)
    assert plan.ready == "/nodes/status"
    assert plan.address == "\0HEAD_IP\0"
    assert "proxy" in plan.server.argv
    text = target("slurm").write(made("lmdeploy", "slurm", nvidia(1, nodes=2), QWEN_8B))
    assert '</dev/tcp/"${HEAD_IP}"/23333' in text
    assert "-L 23333:NODE:23333" in text
    assert "curl http://127.0.0.1:23333/v1/models -H " in text
    proxy, *copies = (line for line in text.splitlines() if " serve " in line)
    # Copies report to it, and it is waited for, below /nodes, which its key leaves open.
    assert proxy.endswith('--api-keys "${LLMPICK_API_KEY}" &')
    assert all("--api-keys" not in line for line in copies)
    alone = made("lmdeploy", "shell", nvidia(1), QWEN_8B)
    assert (alone.ready, alone.address) == ("/health", "127.0.0.1")


def test_a_service_waits_where_its_proxy_listens() -> None:
    unit = target("systemd").write(made("lmdeploy", "systemd", nvidia(1, nodes=2), QWEN_8B))
    (wait,) = (line for line in unit.splitlines() if line.startswith("ExecStartPost="))
    assert '/dev/null http://\\"$${HEAD_IP}\\":23333/nodes/status;' in wait
    compose = target("compose").write(made("lmdeploy", "compose", nvidia(1, nodes=2), QWEN_8B))
    assert "address of the first machine}:23333/nodes/status" in compose
    assert "127.0.0.1:23333" not in compose


def test_the_shell_asks_each_machine_for_what_it_needs() -> None:
    text = target("shell").write(made("lmdeploy", "shell", nvidia(1, nodes=2), QWEN_8B))
    before, first = text.split('if [ "$NODE_RANK" -eq 0 ]; then\n')
    first, further = first.split("else\n")
    assert '"${HEAD_IP:?' in before
    assert "WORKER_IP" not in before
    for part in (first, further):
        assert part.count('"${WORKER_IP:?') == 1


def test_ray_is_up_before_the_server_of_a_service() -> None:
    text = target("systemd").write(made("vllm", "systemd", nvidia(8, nodes=2), DEEPSEEK, "ray"))
    ahead = [line for line in text.splitlines() if line.startswith("ExecStartPre=/opt")]
    assert all(" download " in line for line in ahead)
    (start,) = (line for line in text.splitlines() if line.startswith("ExecStart="))
    assert start.index("ray start --head") < start.index("vllm serve") < start.index("--block")


def test_ranks_of_a_launcher_share_the_container_of_a_step() -> None:
    text = target("slurm").write(made("tensorrt-llm", "slurm", nvidia(8, nodes=2), DEEPSEEK))
    assert "--container-image=nvcr.io#nvidia/tensorrt-llm/release:" in text
    assert "srun --ntasks=16 --ntasks-per-node=8" in text
    assert "exec trtllm-llmapi-launch trtllm-serve deepseek-ai/DeepSeek-V3" in text
    assert "HEAD_IP" not in text
    assert ".venv" not in text


def test_ranks_of_a_launcher_find_what_pip_installed() -> None:
    opening = Opening(methods=("pip",), shares_network=True)
    machine = nvidia(8, nodes=2)
    plan = launching("tensorrt-llm", machine, Workload(), DEEPSEEK, opening, ENGLISH)
    step = target("slurm").write(plan).partition("rank() {")[2]
    assert step.index(". .venv-trtllm/bin/activate\n") < step.index("exec trtllm-")
    text = target("shell").write(plan)
    assert text.index("\n. .venv-trtllm/bin/activate\n") < text.index("exec mpirun -n 16")
    assert "NODE_RANK" not in text


@pytest.mark.parametrize("name", ["compose", "systemd", "lws", "docker", "kubernetes", "quadlet"])
def test_a_launcher_is_refused_where_it_reaches_no_machine(name: str) -> None:
    plan = made("tensorrt-llm", name, nvidia(8, nodes=2), DEEPSEEK)
    with pytest.raises(InputError, match="--target slurm"):
        target(name).write(plan)


def test_a_server_inside_of_a_running_container_is_no_service_of_compose() -> None:
    plan = made("lmdeploy", "compose", nvidia(8, nodes=2), DEEPSEEK)
    with pytest.raises(InputError, match="runs already"):
        target("compose").write(plan)
