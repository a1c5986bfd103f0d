"""Weight formats as people write them and as logs print them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.models import table
from recommender.models.formats import meant

WRITTEN = [
    ("Q4_K - Medium", None, "q4_k_m"),
    ("Q5_K - Small", None, "q5_k_s"),
    ("Q3_K - Large", None, "q3_k_l"),
    ("Q2_K - Medium", None, "q2_k"),
    ("Q2_K - Small", None, "q2_k_s"),
    ("IQ4_XS - 4.25 bpw", None, "iq4_xs"),
    ("IQ3_S mix - 3.66 bpw", None, "iq3_m"),
    ("IQ4_K_R4 - 4.5 bpw", None, "iq4_k"),
    ("IQ3_K - 3.4325 bpw", None, "iq3_k"),
    ("IQ1_S_R4 - 1.5 bpw", None, "iq1_s"),
    ("Q8_0_R8 - 8.5 bpw", None, "q8_0"),
    ("qwen35moe 35B.A3B Q4_K - Medium", None, "q4_k_m"),
    ("llama 7B Q4_0", None, "q4_0"),
    ("gpt-oss 120B MXFP4 MoE", None, "mxfp4_moe"),
    ("gemma4 31B BF16", "gguf", "bf16-gguf"),
    ("all F32", "gguf", "f32"),
    ("MXFP4", "gguf", "mxfp4_moe"),
    ("MXFP4", None, "mxfp4"),
    ("UD-IQ3_XXS", None, "ud-iq3_xxs"),
    ("UD-Q4_K_XL", None, "ud-q4_k_xl"),
    ("Q4_K_XL", None, "ud-q4_k_xl"),
    ("Q4_K_L", None, "q4_k_m"),
    ("Q4_K_M", "gguf", "q4_k_m"),
    ("BF16", None, "bf16"),
    ("BF16", "gguf", "bf16-gguf"),
    ("F16", None, "f16"),
    ("fp16", "gguf", "f16"),
    ("torch.float16", None, "fp16"),
    ("MLX-4bit", None, "mlx-4bit"),
    ("int4", "mlx", "mlx-4bit"),
    ("6bit", "mlx", "mlx-6bit"),
    ("int4", None, "int4-w4a16"),
    ("int4 weight only", None, "int4-w4a16"),
    ("awq 4-bit", None, "awq-int4"),
    ("AWQ", None, "awq-int4"),
    ("gptq_marlin", None, "gptq-int4"),
    ("fp8 (modelopt)", None, "fp8"),
    ("fp8_e4m3", None, "fp8"),
    ("modelopt_fp4", None, "nvfp4"),
    ("bitsandbytes 4-bit", None, "bnb-nf4"),
    ("w8a8", None, "int8-w8a8"),
    ("compressed-tensors", None, None),
    ("unknown, may not work", None, None),
    ("4/5-bit", None, None),
    ("awq 8-bit", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("text", "form", "quantization"), WRITTEN)
def test_what_is_written_means_a_format(
    text: str, form: str | None, quantization: str | None
) -> None:
    assert meant(text, form) == quantization


@pytest.mark.parametrize("quantization", sorted(table.quantizations()))
def test_every_id_means_itself(quantization: str) -> None:
    assert meant(quantization) == quantization
    assert meant(quantization.upper(), table.quantizations()[quantization]) == quantization


@given(st.text(max_size=40), st.sampled_from([None, "gguf", "mlx", "safetensors", "x"]))
def test_any_text_means_a_known_format_or_none(text: str, form: str | None) -> None:
    assert meant(text, form) in {None, *table.quantizations()}
