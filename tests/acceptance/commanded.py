"""What the flags and the command of a row of measured memory say."""

import re
from collections.abc import Mapping
from typing import Any

from recommender.facts import Model

Row = Mapping[str, Any]
# Bits of an element of the KV cache by the names that servers give them.
_BITS = {
    "f16": 16,
    "fp16": 16,
    "bf16": 16,
    "auto": 16,
    "f32": 32,
    "fp8": 8,
    "fp8_e4m3": 8,
    "q8_0": 8.5,
    "q5_1": 6,
    "q5_0": 5.5,
    "q4_1": 5,
    "q4_0": 4.5,
    "iq4_nl": 4.5,
}
_MICRO_BATCH = 512
_FILE = re.compile(r"(?:^|\s)(?:-m|--model)[\s=]+\"?(\S+?\.gguf)")
_CACHE = re.compile(r"(?:[KV]|c\^KV) \((\w+)\)")
_CONTEXT = re.compile(r"(?:^|\s)(?:-c|--ctx-size|--ctx|num_ctx)[=\s]+(\d+)")
_BATCH = re.compile(r"(?:^|\s)(?:-ub|--ubatch-size)[=\s]+(\d+)")
_BENCH = re.compile(r"(?:^|\s)-([pnd])\s+(\d+)(?=\s|$)")
_TYPES = re.compile(r"(?:^|\s)(?:-ctk|-ctv|--cache-type-[kv])[=\s]+(\w+)")


def command(row: Row) -> str:
    """The command line, where the row has one."""
    return str((row.get("flags") or {}).get("cmd") or "")


def context(row: Row, model: Model) -> int:
    """Tokens of context: what the command says, then the row, then what is usual."""
    found = _CONTEXT.search(command(row))
    if found and int(found[1]):
        return int(found[1])
    usual = _by_memory(row) if row["framework"] == "ollama" else None
    return _benched(row) or row.get("max_model_len") or usual or model.context or 4096


def _by_memory(row: Row) -> int:
    """Ollama's context where none is asked for (source: fit-and-speed, section 3)."""
    memory = (row.get("gpu_mem_total_gib") or 0) * int(row.get("gpus") or 1)
    steps = ((47, 262144), (23, 32768))
    return next((tokens for least, tokens in steps if memory >= least), 4096)


def _benched(row: Row) -> int | None:
    """The context of a benchmark that makes its own: prompt, answer and what lies before them."""
    line = command(row)
    if "llama-bench" not in line or not _BENCH.search(line):
        return None
    found = {name: int(value) for name, value in _BENCH.findall(line)}
    return found.get("p", 512) + found.get("n", 128) + found.get("d", 0)


def batch(row: Row, context: int) -> int:
    """Tokens of a micro-batch, which is never longer than the context."""
    found = _BATCH.search(command(row))
    wished = int(found[1]) if found else (row.get("flags") or {}).get("ubatch")
    return min(wished or _MICRO_BATCH, context)


def kv_share(row: Row) -> float:
    """What the KV cache takes against 16 bits, keys and values on average."""
    text = str(row.get("kv_dtype") or (row.get("flags") or {}).get("kv") or "")
    names = _CACHE.findall(text) or _TYPES.findall(command(row)) or [text]
    if names == ["auto"] and row.get("weight_dtype") == "float32":
        return 2.0
    bits = [_BITS.get(name.casefold(), 16) for name in names]
    return sum(bits) / len(bits) / 16


def weight_file(row: Row) -> str | None:
    """The file that the command names."""
    found = _FILE.search(command(row))
    return re.split(r"[/\\]", found[1])[-1] if found else None
