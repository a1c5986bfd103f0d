"""The quantization of safetensors weights, from what their configuration says of it."""

from collections.abc import Mapping
from typing import Any

from recommender.facts.noun import noun
from recommender.models.keys import count, part, text

_FOUR, _EIGHT = 4, 8
_DTYPES = {
    "bfloat16": "bf16",
    "float16": "fp16",
    "half": "fp16",
    "float32": "fp32",
    "float": "fp32",
    "BF16": "bf16",
    "F16": "fp16",
    "F32": "fp32",
}
# What compressed-tensors calls the form of its files.
_COMPRESSED = {
    "nvfp4-pack-quantized": ("nvfp4", _FOUR),
    "mxfp4-pack-quantized": ("mxfp4", _FOUR),
    "float-quantized": ("fp8", _EIGHT),
    "int-quantized": ("int8-w8a8", _EIGHT),
}
# NVIDIA ModelOpt's names for what it does.
_MODELOPT = {
    **dict.fromkeys(("FP8", "FP8_PER_CHANNEL_PER_TOKEN", "FP8_PB_WO"), ("fp8", _EIGHT)),
    **dict.fromkeys(("NVFP4", "NVFP4_AWQ", "W4A16_NVFP4"), ("nvfp4", _FOUR)),
    "MXFP4": ("mxfp4", _FOUR),
    "W4A16_AWQ": ("awq-int4", _FOUR),
}
_QUARK = {"fp4": ("mxfp4", _FOUR), "fp8_e4m3": ("fp8", _EIGHT), "int8": ("int8-w8a8", _EIGHT)}


@noun
class Quantization:
    """``name`` is an id of knowledge/quantizations.yaml, None for one without.

    ``bits`` is the size of a quantized weight, ``group_size`` how many share a scale, ``quantized``
    is False where nothing says that the weights are.
    """

    name: str | None = None
    bits: int | None = None
    group_size: int | None = None
    format: str = "safetensors"
    quantized: bool = True


def of_config(config: Mapping[str, Any], beside: Mapping[str, Any]) -> Quantization:
    """The quantization that config.json names, or the file of ModelOpt or ModelSlim beside it.

    ``beside`` is hf_quant_config.json or quant_model_description.json, empty where there is none.
    """
    said = part(config, "quantization_config", "compression_config")
    mlx = part(config, "quantization")
    if "bits" in mlx and "quant_method" not in said:
        return _mlx(mlx)
    if text(beside, "model_quant_type") == "W8A8":
        return Quantization(name="w8a8-modelslim", bits=_EIGHT)
    said = said or part(beside, "quantization")
    return _named(said) if said else Quantization(quantized=False)


def dtype(name: str | None) -> str | None:
    """The id for weights of a plain type."""
    return _DTYPES.get(name.removeprefix("torch.")) if name else None


def _mlx(said: Mapping[str, Any]) -> Quantization:
    bits = count(said, "bits")
    group = count(said, "group_size")
    affine = text(said, "mode") in (None, "affine")
    name = f"mlx-{bits}bit" if affine and bits else None
    return Quantization(name=name, bits=bits, group_size=group, format="mlx")


def _named(said: Mapping[str, Any]) -> Quantization:
    method = (text(said, "quant_method") or "").casefold()
    group = count(said, "group_size", "q_group_size")
    if method == "compressed-tensors" or ("config_groups" in said and "quant_algo" not in said):
        return _compressed(said)
    if "quant_algo" in said or method.startswith("modelopt"):
        return _modelopt(said, group)
    if method == "quark":
        weight = part(part(said, "global_quant_config"), "weight")
        pair = _QUARK.get(text(weight, "dtype") or "")
        return _pair(pair, group or count(weight, "group_size"))
    return _simple(method, said, group)


def _modelopt(said: Mapping[str, Any], group: int | None) -> Quantization:
    """Of a mixture the smallest weights: they are what not every device computes with."""
    algorithm = (text(said, "quant_algo") or "").upper()
    if algorithm != "MIXED_PRECISION":
        return _pair(_MODELOPT.get(algorithm), group)
    layers = [item for item in part(said, "quantized_layers").values() if isinstance(item, dict)]
    found = [(_MODELOPT.get((text(item, "quant_algo") or "").upper()), item) for item in layers]
    known = [(pair, count(item, "group_size")) for pair, item in found if pair]
    pair, own = min(known, key=lambda item: item[0][1], default=(None, None))
    return _pair(pair, group or own)


def _pair(pair: tuple[str, int] | None, group: int | None) -> Quantization:
    name, bits = pair or (None, None)
    return Quantization(name=name, bits=bits, group_size=group)


def _simple(method: str, said: Mapping[str, Any], group: int | None) -> Quantization:
    bits = count(said, "bits", "w_bit", "weight_bits")
    if method in ("awq", "gptq", "gptqmodel", "awq_marlin", "gptq_marlin"):
        kind = method[: len("awq")] if method.startswith("awq") else "gptq"
        known = bits == _FOUR or (kind == "gptq" and bits == _EIGHT)
        return _pair((f"{kind}-int{bits}", bits) if bits and known else None, group)
    if method in ("auto-round", "intel/auto-round", "autoround"):
        return _pair(("int4-w4a16", _FOUR) if bits == _FOUR else None, group)
    if method in ("fp8", "fbgemm_fp8", "finegrained_fp8"):
        block = said.get("weight_block_size")
        size = block[-1] if isinstance(block, list) and block else None
        return Quantization(name="fp8", bits=_EIGHT, group_size=size if type(size) is int else None)
    if method == "mxfp4":
        return Quantization(name="mxfp4", bits=_FOUR, group_size=group or 32)
    if said.get("load_in_4bit") is True or said.get("_load_in_4bit") is True:
        return Quantization(name="bnb-nf4", bits=_FOUR)
    return Quantization(bits=bits)


def _compressed(said: Mapping[str, Any]) -> Quantization:
    """compressed-tensors: the form of the files, else the weights of the first group."""
    groups = [item for item in part(said, "config_groups").values() if isinstance(item, dict)]
    weights = part(groups[0], "weights") if groups else {}
    group, bits = count(weights, "group_size"), count(weights, "num_bits")
    form = text(said, "format") or (text(groups[0], "format") if groups else None) or ""
    pair = _COMPRESSED.get(form)
    if pair is None and bits == _FOUR and text(weights, "type") == "int":
        pair = ("int4-w4a16", _FOUR)
    if pair is None and bits == _EIGHT and text(weights, "type") == "float":
        pair = ("fp8", _EIGHT)
    if pair is None and bits == _EIGHT and groups and part(groups[0], "input_activations"):
        pair = ("int8-w8a8", _EIGHT)
    return _pair(pair, group) if pair else Quantization(bits=bits, group_size=group)
