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
    (mpi,) = found["pip"].commands.serve
    assert mpi.startswith("mpirun -n 16 --host HEAD_IP:8,WORKER_IPS ")
    assert found["pip"].commands.install[-1] == ". .venv-trtllm/bin/activate"


def test_tensorrt_llm_on_one_machine_needs_no_mpi() -> None:
    for item in commands_of(nvidia(8), "tensorrt-llm", "cuda", QWEN_8B, Workload()).values():
        (line,) = item.commands.serve
        assert "mpi" not in line
        assert not MARKS.search(line)


def test_lmdeploy_serves_replicas_behind_its_proxy() -> None:
    found = commands_of(nvidia(1, nodes=3), "lmdeploy", "cuda", QWEN_8B, Workload())
    for item in found.values():
        proxy, server = item.commands.serve
        assert "serve proxy --server-name HEAD_IP --server-port 8000" in proxy
        assert "--server-name WORKER_IP" in server
        assert "--proxy-url http://HEAD_IP:8000" in server
        assert server.count("--server-name") == 1
        assert item.commands.check == ("curl http://HEAD_IP:8000/v1/models",)
    for item in commands_of(nvidia(1), "lmdeploy", "cuda", QWEN_8B, Workload()).values():
        assert not any("proxy" in line or MARKS.search(line) for line in item.lines)


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
