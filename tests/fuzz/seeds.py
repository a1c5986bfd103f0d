"""Seed corpora out of this repository's own recordings and tests."""

import ast
import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from tests.bundles import pieces

_TESTS = Path(__file__).parents[1]
_SHORTEST = 24
LONGEST = 32_768
_LONGEST_NAME = 120


def machines(start: str = "") -> Iterator[bytes]:
    """The made-up computers of tests/machines whose name begins so, each as one text."""
    for folder in sorted((_TESTS / "machines").glob(f"{start}*/")):
        parts = [text for name in ("root.txt", "bin.txt") if (text := _bundle(folder / name, name))]
        yield "\n".join(parts).encode()


def answers(start: str) -> Iterator[bytes]:
    """What the tools of these computers print."""
    for folder in sorted((_TESTS / "machines").glob(f"{start}*/")):
        if text := _bundle(folder / "bin.txt", "bin.txt"):
            yield text.encode()


def _bundle(file: Path, kind: str) -> str:
    if not file.exists():
        return ""
    mark = "$ " if kind == "bin.txt" else ""
    lines = []
    for name, target, content in pieces(file.read_text(encoding="utf-8")):
        link = f" -> {target}" if target else ""
        lines.append(f"==> {mark}{name}{link} <==\n{content.replace(chr(0), '␀')}\n")
    return "\n".join(lines)


@cache
def texts(*names: str) -> tuple[bytes, ...]:
    """The longer texts that stand in these tests, a path below tests/ each, a pattern or a file."""
    found = dict.fromkeys(
        text for name in names for path in sorted(_TESTS.glob(name)) for text in _literals(path)
    )
    return tuple(found)


def _literals(path: Path) -> Iterator[bytes]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and _SHORTEST <= len(value) <= LONGEST:
            yield value.encode(errors="surrogatepass")
        elif isinstance(value, bytes) and len(value) <= LONGEST:
            yield value


def short(*names: str) -> Iterator[bytes]:
    """The short texts of these tests: names of models and devices."""
    for name in names:
        for path in sorted(_TESTS.glob(name)):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            values = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
            for value in values:
                if isinstance(value, str) and 1 < len(value) < _LONGEST_NAME:
                    yield value.encode(errors="surrogatepass")


def expected() -> Iterator[bytes]:
    """The machines that must be read from the made-up computers."""
    for path in sorted((_TESTS / "machines").glob("*/machine.json")):
        yield path.read_bytes()


def descriptions() -> tuple[str, ...]:
    """Machines as people type them."""
    return (
        *("H100 SXM 80GB:8", "RTX 4090:2", "MI300X:8", "M4 Max 128GB", "昇腾910B3 8卡", "none"),
        *("Arc B580", "Gaudi 3:8", "Jetson AGX Orin 64GB", "A100 80GB,L4", "RX 7900 XTX"),
    )


def safetensors() -> bytes:
    """A small file of weights."""
    tensors = {
        "model.embed_tokens.weight": {
            "dtype": "BF16",
            "shape": [256, 64],
            "data_offsets": [0, 32768],
        },
        "model.norm.weight": {"dtype": "BF16", "shape": [64], "data_offsets": [32768, 32896]},
    }
    header = json.dumps({"__metadata__": {"format": "pt"}, **tensors}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(64)


def gguf(version: int = 3) -> bytes:
    """The beginning of a small GGUF file, as docs/gguf.md of ggml describes it."""
    values = {
        "general.architecture": "llama",
        "general.name": "a model",
        "llama.block_count": 2,
        "llama.embedding_length": 64,
        "llama.attention.head_count": 4,
        "llama.context_length": 4096,
        "llama.vocab_size": 256,
        "tokenizer.ggml.tokens": ["a", "b"],
        "general.file_type": 15,
    }
    tensors = (("token_embd.weight", (64, 256), 8, 0), ("output_norm.weight", (64,), 0, 17408))
    head = struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(values))
    return (
        head
        + b"".join(_entry(*item) for item in values.items())
        + b"".join(
            _text(name)
            + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
            + struct.pack("<IQ", kind, offset)
            for name, shape, kind, offset in tensors
        )
    )


def ggufs() -> Iterator[bytes]:
    """Other beginnings: a version, a list of numbers, nothing at all."""
    yield gguf(2)
    yield gguf(1)
    listed = _text("llama.attention.head_count_kv") + struct.pack("<IIQ4I", 9, 4, 4, 1, 2, 3, 4)
    yield struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + listed
    yield b"GGUF"


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _entry(key: str, value: object) -> bytes:
    if isinstance(value, str):
        return _text(key) + struct.pack("<I", 8) + _text(value)
    if isinstance(value, list):
        listed = b"".join(map(_text, value))
        return _text(key) + struct.pack("<IIQ", 9, 8, len(value)) + listed
    return _text(key) + struct.pack("<II", 4, value)


def dictionaries(*names: str) -> Iterator[bytes]:
    """The dictionaries that stand in these tests, as JSON."""
    for name in names:
        for path in sorted(_TESTS.glob(name)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Dict) and len(node.keys) > 1:
                    with suppress(ValueError, TypeError):
                        yield json.dumps(ast.literal_eval(node)).encode()
