"""Folders without a model, and headers that somebody cut, damaged or forged."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.models.reading import local_file
from recommender.models.safetensors import tensors
from recommender.models.sources import read
from tests.models.written import (
    LLAMA,
    folder,
    llama_tensors,
    memory_peak,
    raw_safetensors,
    refusal,
)

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


def header_peak(path: Path) -> int:
    return memory_peak(lambda: sum(1 for _ in tensors(local_file(path))))


def test_a_header_takes_little_memory(tmp_path: Path) -> None:
    many = ",".join(f'"{n:064}": {entry(n, n + 1)}' for n in range(57_000))
    path = raw_safetensors(tmp_path / "many.safetensors", f"{{{many}}}".encode(), 57_000)
    assert path.stat().st_size > 6 * 2**20
    assert header_peak(path) < 64 * 2**20
    wide = "{" + f'"\U0001f600{"x" * 4000}": {entry(0, 1)}, "y": ' + " " * (8 * 2**20 - 9000)
    path = raw_safetensors(tmp_path / "wide.safetensors", wide.encode(), 1)
    assert header_peak(path) < 64 * 2**20
    deep = b'{"a": [' + b"[]," * (2**20) + b"[]]}"
    assert header_peak(raw_safetensors(tmp_path / "deep.safetensors", deep, 0)) < 64 * 2**20


@pytest.mark.parametrize(
    "metadata",
    ['{"a": "' + "x" * 7_000_000 + '"}', '{"a": "' + "\\n" * 3_500_000 + '"}'],
    ids=["long", "escaped"],
)
def test_long_metadata_takes_no_more_memory_than_itself(tmp_path: Path, metadata: str) -> None:
    header = f'{{"__metadata__": {metadata}, "a": {{}}}}'.encode()
    path = raw_safetensors(tmp_path / "a.safetensors", header, 8)
    assert memory_peak(lambda: list(tensors(local_file(path)))) < 48 * 2**20


def test_metadata_that_never_ends_is_refused_at_once(tmp_path: Path) -> None:
    header = b'{"__metadata__": {"a": "' + b'\\"' * 3_500_000
    path = raw_safetensors(tmp_path / "a.safetensors", header, 8)
    assert "no JSON of tensors" in refusal(lambda: list(tensors(local_file(path))))


def test_the_parts_of_many_files_are_looked_for_once(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    for part in range(1, 1501):
        (tmp_path / f"model-{part:05}-of-02000.safetensors").touch()
    assert "part 1501 of 2000" in refusal(lambda: read(str(tmp_path)))
