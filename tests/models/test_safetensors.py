"""Folders with config.json and safetensors, whole, quantized, cut and forged."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from recommender.errors import InputError
from recommender.facts import Model
from recommender.models.sources import read
from tests.models.written import LLAMA, folder, llama_tensors, safetensors

GIB = 2**30
PARAMS = 2 * 256 * 64 + 64 + 2 * (64 * 64 * 2 + 32 * 64 * 2 + 64 * 128)


def model_of(path: Path, **options: Any) -> Model:
    return read(str(path), **options)[0]


def test_a_plain_folder(tmp_path: Path) -> None:
    path = folder(tmp_path / "tiny", LLAMA, llama_tensors())
    model, problems = read(str(path))
    assert problems == ()
    assert (model.params, model.weights_gib) == (PARAMS, PARAMS * 2 / GIB)
    assert model.embedding_gib == 256 * 64 * 2 / GIB
    assert (model.quantization, model.format, model.name) == ("bf16", "safetensors", "tiny")
    assert (model.layers, model.hidden, model.heads, model.kv_heads) == (2, 64, 4, 2)
    assert (model.head_dim, model.vocab, model.context, model.tied) == (16, 256, 4096, False)
    assert model.kv_bytes_per_token == 2 * 2 * 2 * 16 * 2
    assert model.family == "LlamaForCausalLM"


def test_what_the_files_hold_is_believed_rather_than_their_dtype(tmp_path: Path) -> None:
    path = folder(tmp_path, LLAMA, llama_tensors("F32"))
    model = model_of(path)
    assert (model.quantization, model.weights_gib) == ("fp32", PARAMS * 4 / GIB)


def test_a_model_without_a_head_is_tied(tmp_path: Path) -> None:
    config = {name: value for name, value in LLAMA.items() if name != "tie_word_embeddings"}
    shapes = {name: item for name, item in llama_tensors().items() if name != "lm_head.weight"}
    assert model_of(folder(tmp_path, config, shapes)).tied is True


def test_every_shard_is_read(tmp_path: Path) -> None:
    shapes = llama_tensors()
    names = sorted(shapes)
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    for part, chosen in ((1, names[:5]), (2, names[5:])):
        name = f"model-0000{part}-of-00002.safetensors"
        safetensors(tmp_path / name, {key: shapes[key] for key in chosen})
    safetensors(tmp_path / "consolidated.safetensors", shapes)
    assert model_of(tmp_path).params == PARAMS
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(InputError, match="part 2 of 2 of model is missing"):
        read(str(tmp_path))


def packed(weight: str, per: int, *beside: str) -> dict[str, tuple[str, Sequence[int]]]:
    """``LLAMA`` with its projections packed: ``per`` weights an element, with other tensors."""
    found: dict[str, tuple[str, Sequence[int]]] = {}
    for name, (dtype, shape) in llama_tensors().items():
        if "_proj" not in name:
            found[name] = (dtype, shape)
            continue
        module = name.removesuffix(".weight")
        found[f"{module}.{weight}"] = ("U8" if per == 2 else "I32", (shape[0], shape[1] // per))
        found |= {f"{module}.{other}": ("F16", (shape[0], 2)) for other in beside}
    return found


QUANTIZED: list[
    tuple[dict[str, Any], dict[str, tuple[str, Sequence[int]]], str | None, int | None]
] = [
    (
        {"quant_method": "awq", "bits": 4, "group_size": 128},
        packed("qweight", 8, "qzeros", "scales"),
        "awq-int4",
        128,
    ),
    (
        {"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": False},
        packed("qweight", 8, "qzeros", "scales", "g_idx"),
        "gptq-int4",
        32,
    ),
    (
        {"quant_method": "gptq", "bits": 8, "group_size": -1},
        packed("qweight", 4, "scales"),
        "gptq-int8",
        None,
    ),
    (
        {
            "quant_method": "compressed-tensors",
            "format": "pack-quantized",
            "config_groups": {
                "group_0": {"weights": {"num_bits": 4, "type": "int", "group_size": 128}}
            },
        },
        packed("weight_packed", 8, "weight_scale", "weight_shape"),
        "int4-w4a16",
        128,
    ),
    (
        {
            "quant_method": "compressed-tensors",
            "format": "nvfp4-pack-quantized",
            "config_groups": {
                "group_0": {"weights": {"num_bits": 4, "type": "float", "group_size": 16}}
            },
        },
        packed("weight_packed", 2, "weight_scale", "weight_global_scale"),
        "nvfp4",
        16,
    ),
    (
        {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
        packed(
            "weight", 2, "weight.absmax", "weight.quant_map", "weight.quant_state.bitsandbytes__nf4"
        ),
        "bnb-nf4",
        None,
    ),
    ({"quant_method": "mxfp4"}, packed("weight_blocks", 2, "weight_scales"), "mxfp4", 32),
    (
        {"quant_method": "fp8", "weight_block_size": [128, 128]},
        {
            **{n: ("F8_E4M3" if "_proj" in n else d, s) for n, (d, s) in llama_tensors().items()},
            "model.layers.0.self_attn.q_proj.weight_scale_inv": ("F32", (1, 1)),
        },
        "fp8",
        128,
    ),
    (
        {
            "quant_method": "compressed-tensors",
            "format": "int-quantized",
            "config_groups": {
                "group_0": {
                    "weights": {"num_bits": 8, "type": "int"},
                    "input_activations": {"num_bits": 8},
                }
            },
        },
        {n: ("I8" if "_proj" in n else d, s) for n, (d, s) in llama_tensors().items()},
        "int8-w8a8",
        None,
    ),
    ({"quant_method": "aqlm"}, packed("codes", 2), None, None),
]


@pytest.mark.parametrize(("said", "shapes", "name", "group"), QUANTIZED)
def test_quantizations(
    tmp_path: Path,
    said: dict[str, Any],
    shapes: dict[str, tuple[str, Sequence[int]]],
    name: str | None,
    group: int | None,
) -> None:
    path = folder(tmp_path, {**LLAMA, "quantization_config": said}, shapes)
    model, problems = read(str(path))
    assert (model.quantization, model.group_size, model.format) == (name, group, "safetensors")
    assert model.params == (PARAMS if name else None)
    content = (path / "model.safetensors").read_bytes()
    header = int.from_bytes(content[:8], "little")
    assert model.weights_gib == (len(content) - 8 - header) / GIB
    assert [problem.rule for problem in problems] == ([] if name else ["model.quantization"])


def test_the_file_of_modelopt_beside_the_configuration(tmp_path: Path) -> None:
    path = folder(
        tmp_path, LLAMA, packed("weight", 2, "weight_scale", "weight_scale_2", "input_scale")
    )
    said = {
        "producer": {"name": "modelopt"},
        "quantization": {"quant_algo": "NVFP4", "group_size": 16},
    }
    (path / "hf_quant_config.json").write_text(json.dumps(said))
    model = model_of(path)
    assert (model.quantization, model.group_size, model.params) == ("nvfp4", 16, PARAMS)


def test_the_file_of_modelslim_beside_the_configuration(tmp_path: Path) -> None:
    shapes = {n: ("I8" if "_proj" in n else d, s) for n, (d, s) in llama_tensors().items()}
    path = folder(tmp_path, LLAMA, shapes)
    said = {"model_quant_type": "W8A8_DYNAMIC", "model.norm.weight": "FLOAT"}
    (path / "quant_model_description.json").write_text(json.dumps(said))
    assert model_of(path).quantization == "w8a8-modelslim"


def test_mlx(tmp_path: Path) -> None:
    shapes: dict[str, tuple[str, Sequence[int]]] = {}
    for name, (dtype, shape) in llama_tensors().items():
        if len(shape) == 1:
            shapes[name] = (dtype, shape)
            continue
        shapes[name] = ("U32", (shape[0], shape[1] // 8))
        shapes |= {
            name.replace(".weight", f".{x}"): ("BF16", (shape[0], 1)) for x in ("scales", "biases")
        }
    said = {"group_size": 64, "bits": 4}
    model = model_of(folder(tmp_path, {**LLAMA, "quantization": said}, shapes))
    assert (model.quantization, model.format, model.params) == ("mlx-4bit", "mlx", PARAMS)
    assert model.embedding_gib == 256 * (64 // 2 + 4) / GIB


def test_experts_and_towers_are_counted_apart(tmp_path: Path) -> None:
    config = {
        "architectures": ["Some"],
        "text_config": {
            **LLAMA,
            "num_experts": 8,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
        },
        "vision_config": {"num_heads": 16},
    }
    shapes = {
        **llama_tensors(),
        "model.layers.0.mlp.experts.gate_up_proj": ("BF16", (8, 64, 64)),
        "visual.blocks.0.attn.qkv.weight": ("BF16", (32, 32)),
        "visual.patch_embed.embeddings.weight": ("BF16", (4, 4)),
    }
    model = model_of(folder(tmp_path, config, shapes))
    assert (model.experts, model.experts_per_token, model.moe_intermediate) == (8, 2, 32)
    assert (model.extra_params, model.vision_heads, model.modality) == (1040, 16, "vision")
    assert model.params == PARAMS + 1040 + 8 * 64 * 64
    assert model.active_params == PARAMS + 2 * 64 * 64
    assert model.embedding_gib == 256 * 64 * 2 / GIB


def test_an_embedding_model_says_so(tmp_path: Path) -> None:
    path = folder(tmp_path, LLAMA, llama_tensors())
    (path / "modules.json").write_text("[]")
    assert model_of(path).task == "embedding"
