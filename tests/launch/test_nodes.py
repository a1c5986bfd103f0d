"""Several machines: one command for each rank, or one that starts all of them."""

import re
import shlex
from dataclasses import replace

import pytest

from recommender.facts import Fit, Machine, Model, Workload
from recommender.launch import plan, shell, values
from recommender.pipeline import recommend
from tests.launch.emitted_argv import only
from tests.launch.test_commands import MODELS, PLATFORMS, QWEN_8B, Emitted, commands_of, nvidia
from tests.launch.test_versions import facts_of

BIG = MODELS["deepseek-ai/DeepSeek-V3"]
# What stands for an address or a number that only the cluster knows.
MARKS = re.compile(r"\b(HEAD_IP|NODE_RANK|WORKER_IPS?|SUPERVISOR_IP)\b")


def _emitted(framework: str, model: Model, machine: Machine, platform: str = "cuda") -> Emitted:
    found = commands_of(machine, framework, platform, model, Workload(concurrency=8))
    return next(iter(found.values()))


@pytest.mark.parametrize("framework", ["vllm", "sglang"])
def test_every_rank_has_a_command(framework: str) -> None:
    head, other = _emitted(framework, BIG, nvidia(8, nodes=2)).commands.serve
    assert set(MARKS.findall(head)) == {"HEAD_IP"}
    assert set(MARKS.findall(other)) == {"HEAD_IP", "NODE_RANK"}
    assert "--node-rank 0" in head
    assert "--nnodes 2" in head
    assert "--nnodes 2" in other


def test_tensorrt_llm_starts_all_ranks_with_one_command() -> None:
    found = commands_of(nvidia(8, nodes=2), "tensorrt-llm", "cuda", BIG, Workload())
    (slurm,) = found["docker"].commands.serve
    words = shlex.split(slurm)
    assert words[:4] == ["srun", "--mpi=pmix", "-N", "2"]
    assert words[words.index("--ntasks") + 1] == "16"
    assert "--ntasks-per-node=8" in words
    assert words[words.index("trtllm-llmapi-launch") + 1] == "trtllm-serve"
    assert words[words.index("--tp_size") :][:4] == ["--tp_size", "8", "--pp_size", "2"]
    activate, mpi = found["pip"].commands.serve
    assert mpi.startswith("mpirun -n 16 --host HEAD_IP:8,WORKER_IPS ")
    assert activate == ". .venv-trtllm/bin/activate"


def test_tensorrt_llm_on_one_machine_needs_no_mpi() -> None:
    for item in commands_of(nvidia(8), "tensorrt-llm", "cuda", QWEN_8B, Workload()).values():
        (line,) = item.commands.serve
        assert "mpi" not in line
        assert not MARKS.search(line)


def test_lmdeploy_serves_replicas_behind_its_proxy() -> None:
    found = commands_of(nvidia(1, nodes=3), "lmdeploy", "cuda", QWEN_8B, Workload())
    for item in found.values():
        proxy, server = item.commands.serve
        assert "serve proxy --server-name HEAD_IP --server-port 23333" in proxy
        assert "--server-name WORKER_IP --server-port 23334" in server
        assert "--proxy-url http://HEAD_IP:23333" in server
        assert server.count("--server-name") == 1
        assert item.commands.check == ("curl http://HEAD_IP:23333/v1/models",)
    for item in commands_of(nvidia(1), "lmdeploy", "cuda", QWEN_8B, Workload()).values():
        assert not any("proxy" in line or MARKS.search(line) for line in item.lines)


def test_lmdeploy_spreads_over_ray_what_one_machine_does_not_hold() -> None:
    found = commands_of(nvidia(8, nodes=2), "lmdeploy", "cuda", BIG, Workload())
    head, server, worker = found["pip"].commands.serve
    assert head == ".venv-lmdeploy/bin/ray start --head --port 6379"
    assert "--tp 16 " in server
    assert "--backend pytorch" in server
    assert "proxy" not in server
    assert worker == ".venv-lmdeploy/bin/ray start --address HEAD_IP:6379 --block"
    boxed = found["docker"].commands.serve
    assert [line.split()[:2] for line in boxed] == [
        ["docker", "run"],
        ["docker", "exec"],
        ["docker", "exec"],
        ["docker", "run"],
    ]


def test_tensor_parallelism_over_machines_divides_the_heads() -> None:
    heads = replace(BIG, heads=96, kv_heads=None)
    budget = PLATFORMS["lmdeploy", "cuda"].budget
    assert "wide-tensor" in budget.split
    (first, *_) = recommend(
        nvidia(8, nodes=2), Workload(), heads, knowledge=only("lmdeploy", "cuda")
    ).ranking
    assert first.fit
    assert first.fit.tensor_parallel == 16
    uneven = replace(BIG, heads=72, kv_heads=None)
    found = recommend(nvidia(8, nodes=2), Workload(), uneven, knowledge=only("lmdeploy", "cuda"))
    assert all(item.fit and item.fit.nodes == 1 for item in found.ranking)


def test_vllm_over_ray_is_started_on_the_first_machine_alone() -> None:
    wish = Workload(concurrency=8, orchestrator="ray")
    found = commands_of(nvidia(8, nodes=2), "vllm", "cuda", BIG, wish)
    item = found["pip"].commands
    head, server, worker = item.serve
    assert head == ".venv-vllm/bin/ray start --head --port 6379"
    assert "--distributed-executor-backend ray" in server
    assert "--nnodes" not in server
    assert worker == ".venv-vllm/bin/ray start --address HEAD_IP:6379 --block"
    assert any(line.split()[-1] == "ray" for line in item.install)
    assert all("ray" not in line for line in found["docker"].commands.serve)
    alone = commands_of(nvidia(8), "vllm", "cuda", QWEN_8B, wish)["pip"].commands
    assert not any("ray" in line for line in alone.serve)


def test_what_is_lent_over_rpc_is_said_and_costs_points() -> None:
    model = Model(
        id="unsloth/Llama-3.3-70B-Instruct-GGUF",
        params=70_600_000_000,
        quantization="q4_k_m",
        format="gguf",
    )
    answer = recommend(nvidia(1, nodes=2), Workload(), model, knowledge=only("llama.cpp", "cuda"))
    (small,) = answer.ranking
    assert small.fit
    assert small.fit.nodes == 1
    big = replace(model, params=170_000_000_000)
    (lent,) = recommend(
        nvidia(1, nodes=2), Workload(), big, knowledge=only("llama.cpp", "cuda")
    ).ranking
    assert lent.fit
    assert lent.fit.nodes == 2
    assert len(lent.fit.per_device) == 2
    assert lent.launch is not None
    assert lent.launch.method == "native"
    assert "docker" not in lent.launch.others
    assert any(line.endswith("--rpc WORKER_IPS") for line in lent.launch.serve)
    assert "llama.cpp.cuda.rpc" in {warning.rule for warning in lent.warnings}
    assert lent.score < small.score


def test_xinference_has_one_supervisor_and_workers() -> None:
    supervisor, worker = _emitted("xinference", QWEN_8B, nvidia(1, nodes=2)).commands.serve
    assert "xinference-supervisor --host SUPERVISOR_IP" in supervisor
    assert "xinference-worker --endpoint http://SUPERVISOR_IP:9997 --host WORKER_IP" in worker


def test_llama_cpp_borrows_the_devices_of_other_machines() -> None:
    fit = Fit(fits=True, model="m", context_tokens=4096, quantization="q4_k_m", nodes=2)
    work, platform = Workload(), PLATFORMS["llama.cpp", "cuda"]
    method = platform.methods["native"]
    facts = facts_of("llama.cpp", platform, work, QWEN_8B, fit)
    known = facts.extend(values.values(platform, method, fit, QWEN_8B, work))
    install = [shell.posix(item) for item in plan.commands(method.install, platform, known)]
    head, worker = (shell.posix(item) for item in plan.commands(method.serve, platform, known))
    assert any("-DGGML_CUDA=ON -DGGML_RPC=ON" in line for line in install)
    assert head.startswith("llama.cpp/build/bin/llama-server ")
    assert head.endswith(" --rpc WORKER_IPS")
    assert worker == "llama.cpp/build/bin/ggml-rpc-server -H WORKER_IP -p 50052 -c"
    alone = facts_of("llama.cpp", platform, work, QWEN_8B, replace(fit, nodes=1))
    known = alone.extend(values.values(platform, method, fit, QWEN_8B, work))
    (line,) = (shell.posix(item) for item in plan.commands(method.serve, platform, known))
    assert "rpc" not in line


@pytest.mark.parametrize("framework", ["ollama", "tgi"])
def test_who_serves_from_one_machine_alone_says_so(framework: str) -> None:
    for nodes in (1, 2):
        machine = nvidia(1, nodes=nodes)
        (first, *_) = recommend(
            machine, Workload(), QWEN_8B, knowledge=only(framework, "cuda")
        ).ranking
        said = [warning.rule for warning in first.warnings]
        assert ("placement.single" in said) is (nodes == 2)
        assert first.launch is not None
        assert not any(MARKS.search(line) for line in first.launch.serve)


def test_one_server_for_several_machines_does_not_say_so() -> None:
    (first, *_) = recommend(
        nvidia(8, nodes=2), Workload(), BIG, knowledge=only("vllm", "cuda")
    ).ranking
    assert not {"placement.single", "placement.replicas"} & {item.rule for item in first.warnings}
