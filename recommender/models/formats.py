"""Which weight format people, configurations and logs mean by what they write."""

import re
from functools import lru_cache

from recommender.models import spelling, table
from recommender.patterns import lazily

# As loaders of GGUF files print a file's type: `Q4_K - Medium`, `IQ4_XS - 4.25 bpw`, `all F32`
# (source: llama-model-loader.cpp, llama_model_ftype_name).
_SIZE = lazily(r"\b(i?q\d_k) - (small|medium|large)\b")
_WIDTH = lazily(r"\s*- [\d.]+ bpw\b")
_MIX = lazily(r"\biq3_s mix\b")
# Rows interleaved for the processor hold as many bits as the type itself.
_INTERLEAVED = lazily(r"(?<=\w)_r(?:4|8|16)\b")
_BITS = lazily(r"(\d)[- _]bits?\b")
# Other words for what names of repositories say.
_WORDS = (
    (lazily(r"\bbitsandbytes\b"), "bnb"),
    (lazily(r"\bmodelopt[-_]fp4\b"), "nvfp4"),
    (lazily(r"\bmxfp4 moe\b"), "mxfp4_moe"),
    (lazily(r"\bq2_k_m\b"), "q2_k"),
)
_IN_GGUF = {"bf16": "bf16-gguf", "fp16": "f16", "fp32": "f32", "mxfp4": "mxfp4_moe"}
_IN_MLX = {"int4-w4a16": "mlx-4bit", "int8-w8a8": "mlx-8bit"}


@lru_cache(maxsize=1024)
def meant(text: str, file_format: str | None = None) -> str | None:
    """The id of the quantization that ``text`` means, None where it says none or an unknown one.

    Args:
        text: what somebody wrote, a configuration has or a log prints, as ``Q4_K - Medium``,
            ``fp8 (modelopt)``, ``int4 weight only`` or ``BF16``.
        file_format: safetensors, gguf or mlx where it is known, for words that name another id in
            each.
    """
    written = _normal(text)
    if written in table.quantizations():
        found: str | None = written
    else:
        prefix = "mlx-" if file_format == "mlx" else ""
        found = spelling.read(f"x-{prefix}{written}").quantization
    found = {"gguf": _IN_GGUF, "mlx": _IN_MLX}.get(file_format or "", {}).get(found or "", found)
    return found if found in table.quantizations() else None


def _normal(text: str) -> str:
    """``text`` with the words and separators that names of repositories and files have."""
    written = _WIDTH.sub("", _MIX.sub("iq3_m", spelling.plain(text)))
    written = _SIZE.sub(lambda found: f"{found[1]}_{found[2][0]}", written)
    written = _BITS.sub(r"\1bit", _INTERLEAVED.sub("", written))
    for pattern, word in _WORDS:
        written = pattern.sub(word, written)
    return re.sub(r"[()\s/]+", "-", written).strip("-")
