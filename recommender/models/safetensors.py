"""The header of a safetensors file: 8 bytes of length, JSON, then the tensors themselves.

Source: the README of huggingface/safetensors (format), its Dtype (sizes).
"""

import json
from array import array
from collections.abc import Iterator
from typing import Any, NoReturn

from recommender.errors import InputError, printable
from recommender.models.reading import Source, exactly, wrong
from recommender.models.tally import Tensor
from recommender.patterns import lazily

_LENGTH = 8
# 8 MiB hold the names of some 60,000 tensors, more than twice those of the largest shards; a text
# with one rare character takes four bytes a character.
_MOST_HEADER = 8 * 2**20
_MOST_TENSORS = 2**16
_MOST_ENTRY = 4096
_BEGIN_AND_END = 2
_BITS = {
    "F64": 64,
    "I64": 64,
    "U64": 64,
    "C64": 64,
    "F32": 32,
    "I32": 32,
    "U32": 32,
    "F16": 16,
    "BF16": 16,
    "I16": 16,
    "U16": 16,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8,
    "I8": 8,
    "U8": 8,
    "BOOL": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}
_SPACE = lazily(r"[ \t\r\n]*")
# Possessive, and an open text is a token, too: else a hostile one takes hours and much memory.
_TOKEN = lazily(r'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]')


def tensors(source: Source) -> Iterator[Tensor]:
    """The tensors of one file; their bytes are not read.

    Raises:
        InputError: it is no safetensors file, or its header contradicts itself or the file.
    """
    text, length = _header(source)
    room = source.size - _LENGTH - length
    begins, ends, names = array("Q"), array("Q"), set[int]()
    for name, entry in _entries(source, text):
        tensor, begin, end = _tensor(source, name, entry, room)
        if hash(name) in names:
            raise wrong(source, f"names the tensor {printable(name)} twice; download it again")
        names.add(hash(name))
        begins.append(begin)
        ends.append(end)
        if len(begins) > _MOST_TENSORS:
            raise wrong(source, f"has more than {_MOST_TENSORS} tensors; name a model's folder")
        yield tensor
    _check_apart(source, begins, ends)


def _header(source: Source) -> tuple[str, int]:
    """The header and its length in bytes."""
    length = int.from_bytes(exactly(source, 0, _LENGTH), "little")
    if length > source.size - _LENGTH:
        raise wrong(source, "is cut off or no safetensors file; download it again")
    if length > _MOST_HEADER:
        raise wrong(
            source, f"has a header of more than {_MOST_HEADER >> 20} MiB; write it in shards"
        )
    try:
        return exactly(source, _LENGTH, length).decode("utf-8"), length
    except UnicodeDecodeError as error:
        raise wrong(source, "has a header that is not UTF-8; download it again") from error


def _entries(source: Source, text: str) -> Iterator[tuple[str, Any]]:
    """Names and what is said of them, one at a time: all at once takes ten times the memory."""
    at = _past(source, text, 0, "{")
    while text[at : at + 1] != "}":
        name, at = _value(source, text, at)
        at = _past(source, text, at, ":")
        if name == "__metadata__":
            at = _skipped(source, text, at)
        else:
            entry, at = _value(source, text, at)
            yield name, entry
        if text[at : at + 1] != "}":
            at = _past(source, text, at, ",")
    if text[at + 1 :].strip():
        _refuse(source)


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _past(source: Source, text: str, at: int, mark: str) -> int:
    at = _space(text, at)
    if text[at : at + 1] != mark:
        _refuse(source)
    return _space(text, at + 1)


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_constant)


def _value(source: Source, text: str, at: int) -> tuple[Any, int]:
    try:
        value, length = _DECODER.raw_decode(text[at : at + _MOST_ENTRY])
    except (ValueError, RecursionError) as error:
        raise _refusal(source) from error
    return value, _space(text, at + length)


def _skipped(source: Source, text: str, at: int) -> int:
    """The end of the value at ``at``, however deep it is."""
    depth = 0
    for token in _TOKEN.finditer(text, at):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth <= 0:
            return _space(text, token.end())
    return _refuse(source)


def _refusal(source: Source) -> InputError:
    return wrong(source, "has a header that is no JSON of tensors; download it again")


def _refuse(source: Source) -> NoReturn:
    raise _refusal(source)


def _tensor(source: Source, name: Any, entry: Any, room: int) -> tuple[Tensor, int, int]:
    said = entry if isinstance(entry, dict) and isinstance(name, str) else {}
    dtype, shape = said.get("dtype"), _counts(said.get("shape"))
    offsets = _counts(said.get("data_offsets"))
    if (
        not isinstance(dtype, str)
        or shape is None
        or offsets is None
        or len(offsets) != _BEGIN_AND_END
    ):
        _refuse(source)
    begin, end = offsets
    if dtype not in _BITS:
        message = f"has tensors of the type {printable(dtype)}, which llmpick does not know"
        raise wrong(source, f"{message}; name the repository with --model instead")
    stored = 1
    for length in shape:
        stored *= length
    if not begin <= end <= room or stored * _BITS[dtype] != (end - begin) * 8:
        message = f"the tensor {printable(name)} does not lie in the file as its header says"
        raise wrong(source, f"{message}; download it again")
    return Tensor(name=name, dtype=dtype, stored=stored, size=end - begin), begin, end


def _counts(value: Any) -> list[int] | None:
    fits = isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)
    return value if fits else None


def _check_apart(source: Source, begins: "array[int]", ends: "array[int]") -> None:
    last = 0
    for begin, end in sorted(zip(begins, ends, strict=True)):
        if begin < last:
            raise wrong(source, "has tensors that overlap; download it again")
        last = end
