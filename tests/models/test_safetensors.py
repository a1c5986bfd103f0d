"""Folders with config.json and safetensors, whole, quantized, cut and forged."""

import json
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.facts import Model
from recommender.models.reading import local_file
from recommender.models.safetensors import tensors
from recommender.models.sources import read
from tests.models.written import LLAMA, folder, llama_tensors, raw_safetensors, refusal, safetensors

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


REFUSED: list[tuple[dict[str, str], str]] = [
    ({}, "there are no weights"),
    ({"config.json": "{}"}, "there are no weights"),
    ({"model.safetensors": "x"}, "there is no config.json"),
    (
        {"adapter_config.json": '{"base_model_name_or_path": "org/base"}'},
        "name its base model org/base",
    ),
    ({"adapter_config.json": "{}"}, "LoRA adapter.*name its base model"),
    ({"model_index.json": "{}"}, "diffusion pipeline; name a language model"),
    ({"config.json": "[]", "model.safetensors": "x"}, "is no JSON object"),
    ({"config.json": "{", "model.safetensors": "x"}, "is no JSON;"),
    ({"config.json": '{"a":' * 100_000, "model.safetensors": "x"}, "is no JSON;"),
    ({"config.json": " " * 2**21, "model.safetensors": "x"}, "larger than any configuration"),
    (
        {"config.json": "{}", "model.safetensors": "x"},
        "lacks num_hidden_layers, hidden_size, vocab",
    ),
    (
        {
            "config.json": '{"model_type": "vit", "num_hidden_layers": 2, "hidden_size": 64}',
            "model.safetensors": "x",
        },
        "vit is no language model",
    ),
    (
        {
            "config.json": json.dumps({"model_type": "clip", "text_config": LLAMA}),
            "model.safetensors": "x",
        },
        "clip is no language model",
    ),
    ({"adapter_config.json": "{}", "config.json": "{}"}, "LoRA adapter"),
]


@pytest.mark.parametrize(("files", "message"), REFUSED)
def test_folders_without_a_model(tmp_path: Path, files: Mapping[str, str], message: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read(str(tmp_path))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_attention_heads": 5}, "contradicts itself"),
        ({"num_key_value_heads": 3}, "contradicts itself"),
        ({"num_hidden_layers": 10**6}, "more than any model"),
        ({"num_hidden_layers": -1}, "lacks num_hidden_layers"),
        ({"num_hidden_layers": 2**63}, "lacks num_hidden_layers"),
        ({"num_hidden_layers": True, "hidden_size": "64"}, "lacks num_hidden_layers, hidden_size"),
        ({"hidden_size": None}, "lacks hidden_size"),
        ({"vocab_size": [[]]}, "describes none"),
    ],
)
def test_contradictions(tmp_path: Path, wrong: Mapping[str, Any], message: str) -> None:
    path = folder(tmp_path, {**LLAMA, **wrong}, llama_tensors())
    with pytest.raises(InputError, match=message):
        read(str(path))


def entry(begin: int, end: int, dtype: str = "U8", shape: Sequence[int] | None = None) -> str:
    dims = [end - begin] if shape is None else list(shape)
    return json.dumps({"dtype": dtype, "shape": dims, "data_offsets": [begin, end]})


HOSTILE: list[tuple[bytes, str]] = [
    (b"", "no JSON of tensors"),
    (b"[]", "no JSON of tensors"),
    (b"{", "no JSON of tensors"),
    (b"\xff\xfe{}", "not UTF-8"),
    (b'{"a": NaN}', "no JSON of tensors"),
    (b'{"a": {}}', "no JSON of tensors"),
    (b'{"a": ' + b"[" * 5000 + b"}", "no JSON of tensors"),
    (b'{"__metadata__": ' + b"[" * 10**6, "no JSON of tensors"),
    (b'{"a": 1e999}', "no JSON of tensors"),
    (f'{{"a": {entry(0, 8)}, "a": {entry(8, 16)}}}'.encode(), "names the tensor a twice"),
    (f'{{"a": {entry(0, 8)}, "b": {entry(4, 12)}}}'.encode(), "overlap"),
    (f'{{"a": {entry(0, 2**63)}}}'.encode(), "does not lie in the file"),
    (f'{{"a": {entry(8, 0, shape=[8])}}}'.encode(), "does not lie in the file"),
    (f'{{"a": {entry(0, 8, shape=[3])}}}'.encode(), "does not lie in the file"),
    (f'{{"a": {entry(0, 8, shape=[2**62, 2**62])}}}'.encode(), "does not lie in the file"),
    (f'{{"a": {entry(0, 8, dtype="Q7")}}}'.encode(), "type Q7, which llmpick does not know"),
    (f'{{"a": {entry(0, 8)}}} more'.encode(), "no JSON of tensors"),
    (b"{}", "hold no weights"),
]


@pytest.mark.parametrize(("header", "message"), HOSTILE)
def test_hostile_headers(tmp_path: Path, header: bytes, message: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    raw_safetensors(tmp_path / "model.safetensors", header, 64)
    with pytest.raises(InputError, match=message) as refused:
        read(str(tmp_path))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 100, 9 * 2**20])
def test_the_length_of_a_header_is_not_believed(tmp_path: Path, length: int) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + b"{}")
    if length == 9 * 2**20:
        with path.open("r+b") as file:
            file.truncate(length * 2)
    with pytest.raises(InputError, match=r"cut off or no safetensors|more than 8 MiB"):
        list(tensors(local_file(path)))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_header_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = f'{{"__metadata__": {{"a": "b"}}, "a": {entry(0, 8)}, "b": {entry(8, 16)}}}'.encode()
    header = bytearray(data.draw(st.one_of(st.just(good), st.binary(max_size=200))))
    for _ in range(data.draw(st.integers(0, 4)) if header else 0):
        header[data.draw(st.integers(0, len(header) - 1))] = data.draw(st.integers(0, 255))
    path = raw_safetensors(tmp_path_factory.getbasetemp() / "fuzz.safetensors", bytes(header), 16)
    assert "\n" not in refusal(lambda: list(tensors(local_file(path))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
KEYS = (
    *("num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim"),
    *("vocab_size", "layer_types", "sliding_window", "sliding_window_pattern", "text_config"),
    *("model_type", "quantization_config", "num_experts", "attn_type_list", "linear_attn_config"),
    *("max_window_layers", "use_sliding_window", "vision_config", "kv_lora_rank", "quantization"),
    *("hybrid_override_pattern", "attn_layer_period", "attn_layer_offset", "mamba_d_state"),
)


@settings(max_examples=300, deadline=None)
@given(wrong=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_any_configuration_is_a_model_or_refused(
    tmp_path_factory: pytest.TempPathFactory, wrong: dict[str, Any]
) -> None:
    path = folder(tmp_path_factory.getbasetemp() / "any", {**LLAMA, **wrong}, llama_tensors())
    assert "\n" not in refusal(lambda: read(str(path)))


def memory_peak(path: Path) -> int:
    tracemalloc.start()
    try:
        for _ in tensors(local_file(path)):
            pass
    except InputError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def test_a_header_takes_little_memory(tmp_path: Path) -> None:
    many = ",".join(f'"{n:064}": {entry(n, n + 1)}' for n in range(57_000))
    path = raw_safetensors(tmp_path / "many.safetensors", f"{{{many}}}".encode(), 57_000)
    assert path.stat().st_size > 6 * 2**20
    assert memory_peak(path) < 64 * 2**20
    wide = "{" + f'"\U0001f600{"x" * 4000}": {entry(0, 1)}, "y": ' + " " * (8 * 2**20 - 9000)
    path = raw_safetensors(tmp_path / "wide.safetensors", wide.encode(), 1)
    assert memory_peak(path) < 64 * 2**20
    deep = b'{"a": [' + b"[]," * (2**20) + b"[]]}"
    assert memory_peak(raw_safetensors(tmp_path / "deep.safetensors", deep, 0)) < 64 * 2**20
