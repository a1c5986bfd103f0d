"""GGUF files that somebody cut, damaged or forged."""

import os
import struct
from pathlib import Path

import pytest
from gguf import GGMLQuantizationType as Kind
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.models.gguf import read as read_header
from recommender.models.reading import local_file
from recommender.models.sources import read
from tests.models.written import (
    memory_peak,
    refusal,
    write_gguf,
)

SHAPE = {
    "block_count": 2,
    "embedding_length": 256,
    "feed_forward_length": 512,
    "context_length": 8192,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
}


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def forged(path: Path, body: bytes, tensor_count: int = 0, keys: int = 1, version: int = 3) -> Path:
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, tensor_count, keys) + body)
    return path


def info(name: bytes, *dims: int, kind: int = 0, offset: int = 0) -> bytes:
    shape = b"".join(struct.pack("<Q", dim) for dim in dims)
    return text(name) + struct.pack("<I", len(dims)) + shape + struct.pack("<IQ", kind, offset)


KEY = text(b"a") + struct.pack("<I", 4) + struct.pack("<I", 1)
FORGED: list[tuple[str, bytes, dict[str, int], str]] = [
    ("version 1", b"", {"version": 1}, "version 1.*convert it anew"),
    ("version 9", b"", {"version": 9}, "version 9.*update llmpick"),
    ("big endian", b"", {"version": 0x03000000}, "big-endian"),
    ("a million keys", b"", {"keys": 10**6}, "more than a model has"),
    ("2^63 tensors", b"", {"tensor_count": 2**63}, "more than a model has"),
    ("cut off", b"", {"keys": 3}, "cut off"),
    ("a key of 2^40 bytes", struct.pack("<Q", 2**40), {}, "cut off"),
    ("a text of 2^63 bytes", text(b"a") + struct.pack("<IQ", 8, 2**63), {}, "cut off"),
    ("a list of 2^62", text(b"a") + struct.pack("<IIQ", 9, 10, 2**62), {}, "cut off"),
    ("2^62 texts", text(b"a") + struct.pack("<IIQ", 9, 8, 2**62), {}, "cut off"),
    ("lists in lists", text(b"a") + struct.pack("<IIQ", 9, 9, 1), {}, "lists inside"),
    ("an unknown kind", text(b"a") + struct.pack("<I", 77), {}, "unknown kind 77"),
    ("a repeated key", KEY + KEY, {"keys": 2}, "key a twice"),
    ("not UTF-8", text(b"\xff\xfe"), {}, "not UTF-8"),
    ("an unknown type", info(b"t", 32, kind=999), {"keys": 0, "tensor_count": 1}, "type 999"),
    ("a removed type", info(b"t", 32, kind=4), {"keys": 0, "tensor_count": 1}, "type 4"),
    ("five dims", info(b"t", 1, 1, 1, 1, 1), {"keys": 0, "tensor_count": 1}, "proper name"),
    ("half a block", info(b"t", 33, kind=2), {"keys": 0, "tensor_count": 1}, "no possible shape"),
    ("2^126 weights", info(b"t", 2**63, 2**63), {"keys": 0, "tensor_count": 1}, "no possible"),
    ("incomplete", info(b"t", 2**40), {"keys": 0, "tensor_count": 1}, "incomplete"),
    ("askew", info(b"t", 1, offset=3), {"keys": 0, "tensor_count": 1}, "lies askew"),
    (
        "overlapping",
        info(b"t", 64) + info(b"u", 64, offset=32) + bytes(4096),
        {"keys": 0, "tensor_count": 2},
        "overlap",
    ),
    (
        "a repeated tensor",
        info(b"t", 8) + info(b"t", 8, offset=32) + bytes(4096),
        {"keys": 0, "tensor_count": 2},
        "named twice",
    ),
]


@pytest.mark.parametrize(("what", "body", "counts", "message"), FORGED)
def test_hostile_headers(
    tmp_path: Path, what: str, body: bytes, counts: dict[str, int], message: str
) -> None:
    path = forged(tmp_path / "x.gguf", body, **counts)
    with pytest.raises(InputError, match=message) as refused:
        read(str(path))
    assert "\n" not in str(refused.value), what


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 nothing", b"GGUF\x03"])
def test_what_is_no_gguf_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(InputError, match=r"no GGUF file|cut off"):
        read(str(tmp_path / "x.gguf"))


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=400), keys=st.integers(0, 5), count=st.integers(0, 5))
def test_any_bytes_are_a_header_or_refused(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, keys: int, count: int
) -> None:
    path = forged(tmp_path_factory.getbasetemp() / "fuzz.gguf", body, count, keys)
    assert "\n" not in refusal(lambda: read(str(path)))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    base = tmp_path_factory.getbasetemp()
    path = write_gguf(
        base / "good.gguf", "llama", SHAPE, {"token_embd.weight": (Kind.Q8_0, (2, 64))}
    )
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = base / "damaged.gguf"
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert "\n" not in refusal(lambda: read(str(damaged)))


def header_peak(path: Path) -> int:
    return memory_peak(lambda: read_header(local_file(path)))


def test_a_header_takes_little_memory(tmp_path: Path) -> None:
    words = text(b"x" * 200) * 200_000
    tokens = text(b"tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 200_000) + words
    assert header_peak(forged(tmp_path / "tokens.gguf", tokens)) < 4 * 2**20
    keys = b"".join(
        text(b"%05d" % n + b"k" * 90) + struct.pack("<I", 8) + text(b"v" * 4000)
        for n in range(9000)
    )
    assert header_peak(forged(tmp_path / "keys.gguf", keys, keys=9000)) < 64 * 2**20
    names = b"".join(info(b"%0240d" % n, 8, offset=32 * n) for n in range(2**15))
    path = forged(tmp_path / "names.gguf", names, tensor_count=2**15, keys=0)
    with path.open("r+b") as file:
        file.truncate(2**26)
    assert header_peak(path) < 64 * 2**20


def test_a_list_that_fills_the_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    body = text(b"tokens") + struct.pack("<IIQ", 9, 8, 10**8)
    path = forged(tmp_path / "a.gguf", body, tensor_count=1)
    os.truncate(path, 2**30)
    assert "more words than any tokenizer" in refusal(lambda: read(str(path)))


def test_tensors_without_a_byte_are_no_weights(tmp_path: Path) -> None:
    parts = {"token_embd.weight": (Kind.Q8_0, (0, 256))}
    path = write_gguf(tmp_path / "a.gguf", "llama", SHAPE, parts)
    assert "holds no weights" in refusal(lambda: read(str(path)))
