"""What names of repositories and files say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.knowledge import document
from recommender.models import spelling, table
from recommender.models.catalogue import quantization_of

QUANTIZED = [
    ("Qwen/Qwen3-32B-AWQ", "awq-int4", "safetensors"),
    ("QuantTrio/GLM-4.7-AWQ-4bit", "awq-int4", "safetensors"),
    ("x/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "awq-int4", "safetensors"),
    ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "gptq-int4", "safetensors"),
    ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8", "gptq-int8", "safetensors"),
    ("x/Llama-2-13B-GPTQ", "gptq-int4", "safetensors"),
    ("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", "fp8", "safetensors"),
    ("RedHatAI/Qwen3-8B-FP8-block", "fp8", "safetensors"),
    ("Qwen/Qwen3-8B-FP8", "fp8", "safetensors"),
    ("RedHatAI/Qwen3-8B-quantized.w4a16", "int4-w4a16", "safetensors"),
    ("RedHatAI/Qwen3-8B-quantized.w8a8", "int8-w8a8", "safetensors"),
    ("x/Qwen3-8B-w8a8", "int8-w8a8", "safetensors"),
    ("nvidia/Qwen3-32B-NVFP4", "nvfp4", "safetensors"),
    ("x/Qwen3-32B-NVFP4A16", "nvfp4", "safetensors"),
    ("amd/Qwen3-32B-MXFP4", "mxfp4", "safetensors"),
    ("unsloth/Qwen3-8B-bnb-4bit", "bnb-nf4", "safetensors"),
    ("unsloth/Qwen3-8B-unsloth-bnb-4bit", "bnb-nf4", "safetensors"),
    ("x/Qwen3-8B-Int4", "int4-w4a16", "safetensors"),
    ("x/Qwen3-8B-8bit", "int8-w8a8", "safetensors"),
    ("amd/gpt-oss-20b-BF16-w4a16-llmcompressor", "int4-w4a16", "safetensors"),
    ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "bf16", "safetensors"),
    ("mlx-community/Qwen3-8B-4bit", "mlx-4bit", "mlx"),
    ("lmstudio-community/Qwen3-8B-MLX-8bit", "mlx-8bit", "mlx"),
    ("mlx-community/Qwen3-8B", None, "mlx"),
    ("unsloth/Qwen3-8B-GGUF:Q4_K_M", "q4_k_m", "gguf"),
    ("unsloth/Qwen3-8B-GGUF:UD-Q4_K_XL", "ud-q4_k_xl", "gguf"),
    ("unsloth/Qwen3-8B-GGUF", None, "gguf"),
    ("Meta-Llama-3.1-8B-Instruct-Q5_K_M.gguf", "q5_k_m", "gguf"),
    ("x-IQ4_XS-00001-of-00003.gguf", "iq4_xs", "gguf"),
    ("x-q8_0.gguf", "q8_0", "gguf"),
    ("x-Q6_K_L.gguf", "q6_k", "gguf"),
    ("x-F16.gguf", "f16", "gguf"),
    ("x-BF16.gguf", "bf16-gguf", "gguf"),
    ("gpt-oss-20b-mxfp4.gguf", "mxfp4_moe", "gguf"),
    ("model.gguf", None, "gguf"),
    ("qwen3:32b-q8_0", "q8_0", "gguf"),
    ("x/Llama-7B-exl2", None, "exl2"),
    ("Qwen/Qwen3-8B", None, None),
    ("google/gemma-3-4b-it", None, None),
    ("x/Kubit-4bitter-7B", None, None),
]


@pytest.mark.parametrize(("text", "quantization", "form"), QUANTIZED)
def test_quantization_and_format(text: str, quantization: str | None, form: str | None) -> None:
    assert quantization_of(text) == quantization
    assert spelling.read(text).format == form


def test_every_quantization_that_a_name_can_say_is_in_the_table() -> None:
    said = {quantization for _, quantization, _ in QUANTIZED if quantization}
    known = (quantization_of(repository) for repository in table.known_builds().ids)
    assert said | {quantization for quantization in known if quantization} <= set(
        table.quantizations()
    )


def test_every_gguf_type_of_the_table_is_read_from_a_file_name() -> None:
    gguf = [name for name, family in table.quantizations().items() if family == "gguf"]
    plain = [name for name in gguf if name != "bf16-gguf"]
    assert [quantization_of(f"x-7B-{name.upper()}.gguf") for name in plain] == plain
    assert [quantization_of(f"acme/x-7B-GGUF:{name}") for name in plain] == plain


def test_the_table_of_quantizations() -> None:
    rows = document("core")["quantizations"]["quantizations"]
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["family"] in {"safetensors", "gguf", "mlx"}
        assert 1 <= row["bits"] <= 32
        assert row["source"]
    bits = {row["id"]: row["bits"] for row in rows}
    assert bits["q2_k"] < bits["q3_k_m"] < bits["q4_k_m"] < bits["q5_k_m"] < bits["q8_0"]


@pytest.mark.parametrize(
    ("text", "params", "active", "moe"),
    [
        ("gemma-4-E4B-it", None, 4e9, None),
        ("acme/foo-7b", 7e9, None, None),
        ("acme/foo-7B-chat", 7e9, None, None),
        ("acme/foo-1.5B", 1.5e9, None, None),
        ("acme/foo_0_6b", 0.6e9, None, None),
        ("acme/foo-135M", 135e6, None, None),
        ("acme/foo-30B-A3B", 30e9, 3e9, True),
        ("acme/foo-8x7B", 56e9, None, True),
        ("acme/foo-17B-16E", None, 17e9, True),
        ("acme/Qwen2_5_7b", 7e9, None, None),
        ("acme/foo-v2", None, None, None),
        ("acme/foo-4bit", None, None, None),
        ("acme/b7", None, None, None),
    ],
)
def test_size(text: str, params: float | None, active: float | None, moe: bool | None) -> None:
    found = spelling.read(text)
    assert (found.params, found.active_params, found.moe) == (params, active, moe)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9/_.:-]{0,40}", fullmatch=True))
def test_any_name_can_be_read(text: str) -> None:
    found = spelling.read(text)
    assert found.quantization is None or found.quantization in table.quantizations()
    assert found.params is None or found.params > 0
