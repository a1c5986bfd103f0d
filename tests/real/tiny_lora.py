"""A LoRA adapter in GGUF for the tiny model: it turns one projection of one layer."""

from pathlib import Path

import gguf
import numpy as np

from .tiny_gguf import Shape

_RANK = 4
_SEED = 7


def write_tiny_lora(path: Path, shape: Shape = Shape()) -> Path:  # noqa: B008  # immutable
    """Write the adapter to ``path`` (the same bytes every time) and return it."""
    random = np.random.default_rng(_SEED)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(_RANK))
    for name, rows, columns in (("a", _RANK, shape.hidden), ("b", shape.hidden, _RANK)):
        tensor = random.standard_normal((rows, columns), dtype=np.float32) * np.float32(0.01)
        writer.add_tensor(f"blk.0.attn_output.weight.lora_{name}", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
