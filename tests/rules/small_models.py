"""Small models, and files of them that are really written."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from recommender.facts import Model

Types = Callable[[str, int], str]
SHAPES = {"hidden": 256, "heads": 4, "kv_heads": 2, "head_dim": 64, "layers": 8, "vocab": 512}


def _tensors(model: Model) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    """Kind, layer and shape of every tensor of a small model, rows last."""
    hidden, vocab = model.hidden or 0, model.vocab or 0
    heads, kv = (model.heads or 0) * 64, (model.kv_heads or 0) * 64
    yield "embed", 0, (vocab, hidden)
    if not model.tied:
        yield "head", 0, (vocab, hidden)
    yield "norms", 0, (hidden,)
    for layer in range(model.layers or 0):
        yield from (("norms", layer, (hidden,)), ("norms", layer, (hidden,)))
        yield from (("q", layer, (heads, hidden)), ("output", layer, (hidden, heads)))
        yield from (("k", layer, (kv, hidden)), ("v", layer, (kv, hidden)))
        many = (model.experts,) if model.experts else ()
        size = model.moe_intermediate or model.intermediate or 0
        if model.experts:
            yield "router", layer, (model.experts, hidden)
        yield from (("up", layer, (*many, size, hidden)), ("up", layer, (*many, size, hidden)))
        yield "down", layer, (*many, hidden, size)


def small(**facts: Any) -> Model:
    model = Model(id="small", **{**SHAPES, "intermediate": 512, "tied": False, **facts})
    return replace(model, params=sum(int(np.prod(shape)) for _, _, shape in _tensors(model)))


def written(path: Path, model: Model, types: Types) -> dict[str, int]:
    """Bytes by kind of tensor in a GGUF file of ``model``."""
    writer = gguf.GGUFWriter(path, "llama")
    for number, (kind, layer, shape) in enumerate(_tensors(model)):
        name = "f32" if kind in {"norms", "router"} else types(kind, layer)
        dtype = gguf.GGMLQuantizationType[name.upper()]
        if name == "f32":
            writer.add_tensor(f"{kind}.{number}", np.zeros(shape, dtype=np.float32))
            continue
        data = np.zeros(gguf.quant_shape_to_byte_shape(shape, dtype), dtype=np.uint8)
        writer.add_tensor(f"{kind}.{number}", data, raw_dtype=dtype)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found: dict[str, int] = {}
    for tensor in gguf.GGUFReader(path).tensors:
        kind = tensor.name.partition(".")[0]
        found[kind] = found.get(kind, 0) + int(tensor.n_bytes)
    return found
