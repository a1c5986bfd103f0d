"""What the name of a repository or file says: quantization, file format, size."""

import re
import unicodedata
from functools import lru_cache

from recommender.facts.noun import noun
from recommender.patterns import lazily

_PREFIX = lazily(
    r"^(?:https?://)?(?:www\.)?(?:hf\.co|huggingface\.co|modelscope\.cn/models)/", re.IGNORECASE
)
_SHARD = lazily(r"-\d{5}-of-\d{5}$")
_MLX_MAKERS = frozenset(("mlx-community",))

# GGUF types as files are named, on text in which every separator is a dash.
_GGUF = lazily(
    r"-(ud-)?(iq1-[sm]|iq[23]-(?:xxs|xs|s|m)|iq4-(?:xs|nl)|q2-k(?:-(?:xl|[sl]))?|q[3-5]-k-xl"
    r"|q[45]-k(?:-[sml])?|q3-k(?:-[sml])?|q6-k(?:-(?:xl|l))?|q8-k-xl|q[4568]-0|q[45]-1|tq[12]-0"
    r"|iq[2-6]-k|iq[24]-ks|iq4-kss|iq3-kt"
    r"|mxfp4-moe)(?=-)"
)
# The other names, the more telling ones first: (pattern, quantization, whether the name is sure of
# it). AWQ and GPTQ with other than 4 or 8 bits have no id, and so no quantization.
_NAMES: tuple[tuple[re.Pattern[str], str | None, bool], ...] = tuple(
    (lazily(f"-(?:{pattern})(?=-)"), quantization, sure)
    for pattern, quantization, sure in (
        (r"(?:unsloth-)?(?:dynamic-)?bnb-4bit|nf4", "bnb-nf4", True),
        (r"bnb-8bit", None, False),
        (r"nvfp4(?:a16)?", "nvfp4", True),
        (r"awq(?:-bf16)?-(?:w8a16|int8|8bit|6bit|int8-int4)", None, False),
        (r"awq(?:-bf16)?(?:-(?:w4a16|int4|4bit|lite|fp16mix|g128))?", "awq-int4", True),
        (r"gptq-(?:int8|8bit)", "gptq-int8", True),
        (r"gptq-(?:int4|4bit)(?:-int8mix)?", "gptq-int4", True),
        (r"gptq", "gptq-int4", False),
        (r"(?:quantized-)?w8a8-fp8|fp8-w8a8", "fp8", True),
        (r"(?:quantized-)?w8a8", "int8-w8a8", True),
        (r"(?:quantized-)?w4a16", "int4-w4a16", True),
        (r"mxfp4", "mxfp4", True),
        (r"(?:block-)?fp8(?:-(?:dynamic|block|e4m3))?", "fp8", True),
        (r"int4(?:-(?:autoround|int8mix))?|4bits?", "int4-w4a16", False),
        (r"int8|8bits?", "int8-w8a8", False),
        (r"bf16|bfloat16", "bf16", True),
        (r"fp16|f16|float16", "fp16", True),
        (r"fp32|f32|float32", "fp32", True),
        (r"exl[23](?:-[0-9-]+bpw)?|hqq|aqlm|eetq|mxfp8|[1-9](?:-[0-9]+)?bits?", None, False),
    )
)
_MLX_BITS = lazily(r"-([34568])bits?(?=-)")
_EXTRA = lazily(
    r"-(?:gguf|ggml|mlx|imatrix|i1|imat|llmcompressor(?:-v[0-9-]+)?|ct|qat|dwq(?:-[0-9v]+)?|autoround"
    r"|quantized|quant|optiq|compressed-tensors|int8mix|q4|q8)(?=-)"
)
_SIXTEEN_BIT_GGUF = {"fp16": "f16", "fp32": "f32", "bf16": "bf16-gguf", "mxfp4": "mxfp4_moe"}
# Types of which mixtures with the mark `ud` have an id of their own.
_OWN_MIXTURES = ("q3_k_s", "iq3_xxs")
_PLAIN_K = {f"q{n}_k": f"q{n}_k_m" for n in (3, 4, 5)}

_MIXTURE = lazily(r"(?<![a-z0-9.])(\d{1,3})x(\d{1,4}(?:\.\d{1,2})?)b(?![a-z0-9])")
_SCOUT = lazily(r"(?<![a-z0-9.])(\d{1,4})b[-_ ]\d{1,4}e(?![a-z0-9])")
_SIZE = lazily(r"(?<![a-z0-9.])(\d{1,4}(?:\.\d{1,3})?)\s?([mbt])(?![a-z0-9])")
_ACTIVE = lazily(r"(?<![a-z0-9.])a(\d{1,3}(?:\.\d{1,2})?)b(?![a-z0-9])")
# 0_6b and 1_7b stand for 0.6b and 1.7b where a dot was not welcome.
_UNDERSCORE = lazily(r"(?<![a-z0-9.])(?<!\d_)([01])_(\d)(?=b(?![a-z0-9]))")
# gemma-4-E4B computes with four billion parameters a token; the others are looked up.
_EFFECTIVE = lazily(r"(?<![a-z0-9])e(\d+(?:\.\d+)?)b(?![a-z0-9])")
_UNITS = {"m": 10**6, "b": 10**9, "t": 10**12}


@noun
class Spelled:
    """What a name says. ``core`` is the name without its words for quantization and format.

    ``params`` and ``active_params`` are counts. ``sure`` is False where the name leaves open which
    quantization it means.
    """

    org: str
    name: str
    core: str
    quantization: str | None = None
    format: str | None = None
    sure: bool = True
    params: int | None = None
    active_params: int | None = None
    moe: bool | None = None

    @property
    def is_build(self) -> bool:
        """Whether the name speaks of a quantization or a file format."""
        return bool(self.quantization or self.format or not self.sure)


def without_hub(text: str) -> str:
    """``text`` without the address of a hub in front of the repository."""
    return _PREFIX.sub("", text)


def plain(text: str) -> str:
    """Lower case, full-width forms as plain ones, without the address of a hub."""
    return without_hub(unicodedata.normalize("NFKC", text).casefold().strip())


def dashed(text: str) -> str:
    """``text`` with every run of other characters than letters and digits as one dash."""
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def squashed(text: str) -> str:
    """Letters and digits alone: by it two spellings of one name are equal."""
    return re.sub(r"[^a-z0-9]+", "", text)


# What a name says of a model that does not generate text; the first that matches.
_TASKS = (
    ("rerank", lazily(r"rerank")),
    ("embedding", lazily(r"embed|(^|[/_-])(bge|gte|e5|nomic)[_-]|minilm")),
    ("asr", lazily(r"whisper|paraformer|sensevoice|-asr\b")),
)


def task(text: str) -> str | None:
    """What a model is for besides generating text, as far as its name says it."""
    whole = plain(text)
    return next((name for name, pattern in _TASKS if pattern.search(whole)), None)


@lru_cache(maxsize=4096)
def read(text: str) -> Spelled:
    """Everything that the name of a repository, an Ollama tag or a file says."""
    whole = plain(text)
    *folders, name = re.split(r"[/\\]", whole.rstrip("/\\")) if whole else [""]
    is_file = name.endswith(".gguf")
    stem = _SHARD.sub("", name.removesuffix(".gguf"))
    org = folders[-1] if folders else ""
    rest = f"-{dashed(stem)}-"
    is_mlx = org in _MLX_MAKERS or "-mlx-" in rest
    is_gguf = is_file or "-gguf-" in rest
    exl = re.search(r"-exl([23])-", rest)
    rest, quantization, found, sure = _gguf(rest)
    is_gguf = is_gguf or found
    rest, quantization, sure = _rest(rest, quantization, sure=sure, is_mlx=is_mlx)
    if is_gguf and quantization in _SIXTEEN_BIT_GGUF:
        quantization = _SIXTEEN_BIT_GGUF[quantization]
    params, active, moe = size(stem)
    return Spelled(
        org=org,
        name=name,
        core=_EXTRA.sub("", _EXTRA.sub("", rest)).strip("-"),
        quantization=quantization,
        format=_format(quantization, gguf=is_gguf, mlx=is_mlx, exl=exl),
        sure=sure,
        params=params,
        active_params=active,
        moe=moe,
    )


def _format(
    quantization: str | None, *, gguf: bool, mlx: bool, exl: re.Match[str] | None
) -> str | None:
    if gguf or mlx:
        return "gguf" if gguf else "mlx"
    if exl:
        return f"exl{exl[1]}"
    return "safetensors" if quantization else None


def _gguf(rest: str) -> tuple[str, str | None, bool, bool]:
    """The text without its GGUF type, the type, whether there is one, whether it is exact."""
    found = _GGUF.search(rest)
    if not found:
        return rest, None, False, True
    name = found[2].replace("-", "_")
    name = _PLAIN_K.get(name, name)
    if name.endswith("_xl") or (found[1] and name in _OWN_MIXTURES):
        name = f"ud-{name}"
    # Makers' own larger variants are nearest to the plain type of the same number.
    larger = {"q4_k_l": "q4_k_m", "q5_k_l": "q5_k_m", "q6_k_l": "q6_k", "q2_k_l": "q2_k"}
    return _GGUF.sub("", rest), larger.get(name, name), True, name not in larger


def _rest(
    rest: str, quantization: str | None, *, sure: bool, is_mlx: bool
) -> tuple[str, str | None, bool]:
    bits = _MLX_BITS.search(rest)
    if is_mlx and bits and quantization is None:
        rest, quantization = _MLX_BITS.sub("", rest), f"mlx-{bits[1]}bit"
    decided = quantization is not None
    for pattern, name, certain in _NAMES:
        if pattern.search(rest):
            rest = pattern.sub("", rest)
            if not decided:
                quantization, sure, decided = name, certain, True
    return rest, quantization, sure


def size(text: str) -> tuple[int | None, int | None, bool | None]:
    """Parameters, active parameters and whether it is a mixture of experts, as the name says."""
    text = _UNDERSCORE.sub(r"\1.\2", text)
    active = _ACTIVE.search(text)
    mixture = _MIXTURE.search(text)
    if mixture:
        return round(int(mixture[1]) * float(mixture[2]) * 1e9), None, True
    scout = _SCOUT.search(text)
    if scout:
        return None, int(scout[1]) * 10**9, True
    found = _SIZE.search(text.replace("_", "-"))
    params = round(float(found[1]) * _UNITS[found[2]]) if found else None
    count = active or _EFFECTIVE.search(text)
    return params or None, round(float(count[1]) * 1e9) if count else None, bool(active) or None
