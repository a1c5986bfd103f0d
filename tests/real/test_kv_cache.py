"""What vLLM makes of a config.json, and the KV cache that it says it needs, are what we predict."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recommender.facts import Budget, Model
from recommender.knowledge import load
from recommender.models.sources import read
from recommender.rules.kv_cache import request_gib

from .environments import Environments
from .tiny_safetensors import TINY, write_dummy

pytestmark = pytest.mark.real

_GIB = 2**30
_SECONDS = 900.0
_CONTEXT = 131072
_TOO_LITTLE = 64 * 2**20
_NEEDED = re.compile(r"\(([\d.]+) GiB KV cache is needed")
_GPU_PAGE = 16
# vLLM prints two decimals.
_HALF_A_DIGIT = 0.005


def shape(layers: int, heads: int, kv_heads: int, head_dim: int, **more: object) -> dict[str, Any]:
    """Return a config with real attention and little else: the rest keeps no KV cache."""
    sizes = {
        "hidden_size": heads * 16,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": head_dim,
        "max_position_embeddings": _CONTEXT,
    }
    return {**TINY, **sizes, **more}


def _gemma3(layers: int, heads: int, kv_heads: int, head_dim: int) -> dict[str, Any]:
    kinds = [
        "full_attention" if number % 6 == 5 else "sliding_attention" for number in range(layers)
    ]
    return shape(
        layers,
        heads,
        kv_heads,
        head_dim,
        architectures=["Gemma3ForCausalLM"],
        model_type="gemma3_text",
        sliding_window=1024,
        layer_types=kinds,
        hidden_activation="gelu_pytorch_tanh",
        query_pre_attn_scalar=head_dim,
        rope_local_base_freq=10000.0,
        tie_word_embeddings=True,
    )


def _latent(layers: int, heads: int) -> dict[str, Any]:
    return shape(
        layers,
        heads,
        heads,
        64,
        architectures=["DeepseekV2ForCausalLM"],
        model_type="deepseek_v2",
        kv_lora_rank=512,
        q_lora_rank=None,
        qk_rope_head_dim=64,
        qk_nope_head_dim=128,
        v_head_dim=128,
        moe_intermediate_size=64,
        first_k_dense_replace=layers,
        n_routed_experts=8,
        n_shared_experts=1,
        num_experts_per_tok=2,
    )


ONE_KIND = {
    "grouped-heads": shape(32, 32, 8, 128),
    "many-layers": shape(80, 64, 8, 128),
    "as-many-kv-heads": shape(24, 16, 16, 128),
    "one-kv-head": shape(18, 8, 1, 256),
    "small-heads": shape(24, 14, 2, 64),
}
SHAPES: Mapping[str, Mapping[str, Any]] = {
    **ONE_KIND,
    "latent": _latent(27, 16),
    "windows-5-to-1": _gemma3(30, 8, 4, 256),
    "windows-padded": _gemma3(34, 8, 4, 256),
}
each_shape = pytest.mark.parametrize("name", SHAPES)


@pytest.fixture(scope="module")
def budget() -> Budget:
    """Return what vLLM keeps of a request, as the knowledge has it for its main platform."""
    framework = next(item for item in load().frameworks if item.id == "vllm")
    return framework.platforms[0].budget


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the model folders, without weights."""
    root = tmp_path_factory.mktemp("shapes")
    return {name: write_dummy(root / name, config) for name, config in SHAPES.items()}


@pytest.fixture(scope="module")
def answers(
    environments: Environments,
    folders: dict[str, Path],
    budget: Budget,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, Any]]:
    """Return what vLLM says of each shape, all in one process."""
    place = tmp_path_factory.mktemp("asked")
    wish = {
        "folders": [str(folder) for folder in folders.values()],
        "max_model_len": _CONTEXT,
        "max_num_batched_tokens": budget.window_batch - _GPU_PAGE,
        "kv_cache_memory_bytes": _TOO_LITTLE,
    }
    (place / "asked.json").write_text(json.dumps(wish), encoding="utf-8")
    program = Path(__file__).with_name("ask_vllm.py")
    done = subprocess.run(
        [environments.python("vllm"), program, "asked.json", "answers.json"],
        cwd=place,
        env=environments.parsing("vllm"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    said = json.loads((place / "answers.json").read_text(encoding="utf-8"))
    return {name: said[str(folder)] for name, folder in folders.items()}


def model_of(folder: Path) -> Model:
    """Return the model as llmpick reads it from its folder."""
    found, _ = read(str(folder))
    assert found is not None
    return found


@each_shape
def test_the_layers_are_read_as_vllm_reads_them(
    name: str, folders: dict[str, Path], answers: dict[str, dict[str, Any]]
) -> None:
    assert model_of(folders[name]).layers == answers[name]["layers"]


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "latent"])
def test_the_heads_are_read_as_vllm_reads_them(
    name: str, folders: dict[str, Path], answers: dict[str, dict[str, Any]]
) -> None:
    model, said = model_of(folders[name]), answers[name]
    assert (model.kv_heads, model.head_dim) == (said["kv_heads"], said["head_size"])


def test_the_latent_is_read_as_vllm_reads_it(
    folders: dict[str, Path], answers: dict[str, dict[str, Any]]
) -> None:
    """To vLLM a latent is one KV head of that size."""
    model = model_of(folders["latent"])
    assert model.kv_lora_rank is not None
    assert model.rope_head_dim is not None
    assert model.kv_lora_rank + model.rope_head_dim == answers["latent"]["head_size"]


@each_shape
def test_one_request_needs_what_is_predicted(
    name: str, folders: dict[str, Path], answers: dict[str, dict[str, Any]], budget: Budget
) -> None:
    """To the last digit that vLLM prints."""
    model, said = model_of(folders[name]), answers[name]
    found = _NEEDED.search(said["said"] or "")
    assert found, said
    # vLLM gives a window one page more; pages are of 128 tokens on a CPU.
    batch = budget.window_batch - _GPU_PAGE + said["block_size"]
    predicted = request_gib(model, _CONTEXT, replace(budget, window_batch=batch))
    assert abs(float(found[1]) - predicted) <= _HALF_A_DIGIT, (float(found[1]), predicted)
