"""The script for PowerShell."""

import pytest

from recommender.errors import InputError
from recommender.facts.noun import changed
from recommender.targets import powershell
from tests.targets.described import plan


def test_it_serves_on_windows() -> None:
    text = powershell.write(plan("llama.cpp", "RTX 4090", "Qwen/Qwen3-8B", os="windows"))
    assert text.splitlines()[1] == '$ErrorActionPreference = "Stop"'
    assert "\nllama-server -hf unsloth/Qwen3-8B-GGUF:Q4_K_M " in text


def test_the_model_is_loaded_beside_the_server() -> None:
    text = powershell.write(plan("ollama", "RTX 4090", "Qwen/Qwen3-8B", os="windows"))
    job, serve = text.index("Start-Job"), text.index("ollama serve")
    assert job < text.index("ollama pull qwen3:8b") < serve


def test_machines_are_told_apart_by_rank() -> None:
    made = plan("vllm", "H100 80GB:8", "deepseek-ai/DeepSeek-V3", nodes=2)
    text = powershell.write(changed(made, install=()))
    assert 'if (-not $env:HEAD_IP) { throw "set `$env:HEAD_IP first" }' in text
    assert '--node-rank "${env:NODE_RANK}"' in text


def test_lines_for_another_shell_are_refused() -> None:
    with pytest.raises(InputError, match="--target shell"):
        powershell.write(plan("vllm", "H100 80GB", "Qwen/Qwen3-8B"))


def test_a_launcher_of_several_machines_is_refused() -> None:
    made = plan("tensorrt-llm", "H100 80GB:8", "deepseek-ai/DeepSeek-V3", nodes=2)
    with pytest.raises(InputError, match="take --target slurm"):
        powershell.write(made)
