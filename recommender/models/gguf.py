"""The header of a GGUF file: metadata, then where each tensor lies.

Source: docs/gguf.md of ggml-org/ggml (versions 2 and 3). What a server does not ask for, such as
the words of a tokenizer, is passed over without being kept.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts.noun import noun
from recommender.models.ggml_types import TYPES
from recommender.models.reading import STEP, Source, cut_off, wrong
from recommender.models.tally import Tensor

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MOST_KEYS, _MOST_TENSORS, _MOST_DIMS = 2**16, 2**15, 4
# ggml's own bound is 64, some builds have 128 (source: ggml.h, GGML_MAX_NAME).
_MOST_TENSOR_NAME = 256
# What is kept of the metadata, in all and of one text or list; the rest is passed over.
_MOST_KEPT, _MOST_TEXT, _MOST_LIST = 4 * 2**20, 4096, 4096
_MOST_NAME = 2**16
_MOST_ELEMENTS = 2**63
# Four times the words of the largest tokenizers in the catalogue.
_MOST_TEXTS = 2**20
_ALIGNMENT = 32
# Tokenizers take some 10 MiB; without a bound a list of empty words fills hours.
_MOST_HEADER = 32 * 2**20
_BOOL, _STRING, _ARRAY = 7, 8, 9
_FORMS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_FORMS[_BOOL] = "<?"


@noun
class Header:
    """What a GGUF file says of itself; ``lengths`` has how many items each list has."""

    values: Mapping[str, Any]
    lengths: Mapping[str, int]
    tensors: tuple[Tensor, ...]
    rows: Mapping[str, int]


class _Reader:
    """Numbers and texts one after another, a bounded piece of the file in memory."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.at = 0
        self._piece, self._start = b"", 0

    @property
    def left(self) -> int:
        return self.source.size - self.at

    def take(self, count: int) -> bytes:
        self._check(count)
        offset = self.at - self._start
        if not 0 <= offset <= len(self._piece) - count:
            self._piece, self._start, offset = self._read(max(count, STEP)), self.at, 0
            if len(self._piece) < count:
                raise cut_off(self.source)
        self.at += count
        return self._piece[offset : offset + count]

    def _read(self, count: int) -> bytes:
        return self.source.read(self.at, min(count, self.left))

    def skip(self, count: int) -> None:
        self._check(count)
        self.at += count

    def _check(self, count: int) -> None:
        if count > self.left:
            raise cut_off(self.source)
        if self.at + count > _MOST_HEADER:
            what = f"has a header of more than {_MOST_HEADER >> 20} MiB; download it again"
            raise wrong(self.source, what)

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self, most: int) -> str | None:
        """A text; None, and passed over, where it is longer than ``most`` bytes."""
        length = self.number("<Q")
        if length > most:
            self.skip(length)
            return None
        try:
            return self.take(length).decode("utf-8")
        except UnicodeDecodeError as error:
            raise wrong(self.source, "has a name that is not UTF-8; download it again") from error


def read(source: Source) -> Header:
    """The header of one file; the tensors themselves are not read.

    Raises:
        InputError: it is no GGUF file of a known version, or its header contradicts the file.
    """
    reader = _Reader(source)
    tensors, keys = _start(reader)
    values: dict[str, Any] = {}
    lengths: dict[str, int] = {}
    kept = 0
    for _ in range(keys):
        key, value = _entry(reader, lengths)
        if key in values:
            raise wrong(source, f"has the key {printable(key)} twice; download it again")
        values[key] = value
        kept += _weight(key) + _weight(value)
        if kept > _MOST_KEPT:
            raise wrong(source, "has more metadata than a model needs; download it again")
    rows: dict[str, int] = {}
    found = tuple(_tensors(reader, tensors, _alignment(source, values), rows))
    return Header(values=values, lengths=lengths, tensors=found, rows=rows)


def _start(reader: _Reader) -> tuple[int, int]:
    """The counts of tensors and of keys."""
    source = reader.source
    if source.size < len(_MAGIC) or reader.take(len(_MAGIC)) != _MAGIC:
        raise wrong(source, "is no GGUF file; name one, or a folder with config.json")
    version = reader.number("<I")
    if version and not version & 0xFFFF:
        message = "is a big-endian GGUF file, which only big-endian machines load"
        raise wrong(source, f"{message}; take the little-endian one")
    if version not in _VERSIONS:
        fix = "convert it anew" if version < min(_VERSIONS) else "update llmpick"
        raise wrong(source, f"is a GGUF file of version {version}, llmpick reads 2 and 3; {fix}")
    tensors, keys = reader.number("<Q"), reader.number("<Q")
    if keys > _MOST_KEYS or tensors > _MOST_TENSORS:
        message = f"says that it has {keys} keys and {tensors} tensors, more than a model has"
        raise wrong(source, f"{message}; download it again")
    return tensors, keys


def _weight(value: Any) -> int:
    """About the bytes that a kept value takes."""
    return (
        len(value) * (1 if isinstance(value, str) else 64) + 64 if hasattr(value, "__len__") else 64
    )


def _entry(reader: _Reader, lengths: dict[str, int]) -> tuple[str, Any]:
    key = reader.text(_MOST_NAME)
    if key is None:
        raise wrong(reader.source, "has a key that is too long; download it again")
    kind = reader.number("<I")
    if kind == _ARRAY:
        value, lengths[key] = _array(reader)
        return key, value
    return key, _scalar(reader, kind)


def _scalar(reader: _Reader, kind: int) -> Any:
    if kind == _STRING:
        return reader.text(_MOST_TEXT)
    return reader.number(_form(reader, kind))


def _form(reader: _Reader, kind: int) -> str:
    if kind not in _FORMS:
        message = f"has metadata of the unknown kind {kind}; download it again, or update llmpick"
        raise wrong(reader.source, message)
    return _FORMS[kind]


def _array(reader: _Reader) -> tuple[Any, int]:
    """A list of numbers, None for one of texts or a long one, and how many items it has."""
    kind, count = reader.number("<I"), reader.number("<Q")
    if kind == _ARRAY:
        raise wrong(reader.source, "has lists inside of lists; download it again")
    if kind == _STRING:
        if count > reader.left:
            raise cut_off(reader.source)
        if count > _MOST_TEXTS:
            raise wrong(reader.source, "lists more words than any tokenizer; download it again")
        for _ in range(count):
            reader.text(0)
        return None, count
    form = _form(reader, kind)
    if count > _MOST_LIST:
        reader.skip(count * struct.calcsize(form))
        return None, count
    return [reader.number(form) for _ in range(count)], count


def _alignment(source: Source, values: Mapping[str, Any]) -> int:
    found = values.get("general.alignment", _ALIGNMENT)
    if not isinstance(found, int) or found <= 0 or found & (found - 1):
        raise wrong(source, f"has an alignment of {printable(found)}; download it again")
    return found


def _tensors(reader: _Reader, count: int, alignment: int, rows: dict[str, int]) -> Iterator[Tensor]:
    """The tensors, and in ``rows`` how many rows each has."""
    places = []
    for _ in range(count):
        tensor, offset, last = _tensor(reader)
        if tensor.name in rows or offset % alignment:
            message = f"the tensor {printable(tensor.name)} is named twice or lies askew"
            raise wrong(reader.source, f"{message}; download it again")
        rows[tensor.name] = last
        places.append((offset, tensor.size))
        yield tensor
    start = -(-reader.at // alignment) * alignment
    _check_places(reader.source, places, reader.source.size - start)


def _tensor(reader: _Reader) -> tuple[Tensor, int, int]:
    source = reader.source
    name = reader.text(_MOST_TENSOR_NAME)
    dims = reader.number("<I")
    if name is None or dims > _MOST_DIMS:
        raise wrong(source, "has a tensor without a proper name or shape; download it again")
    shape = [reader.number("<Q") for _ in range(dims)]
    kind, offset = reader.number("<I"), reader.number("<Q")
    elements = 1
    for length in shape:
        elements *= length
    if kind not in TYPES:
        message = f"has tensors of the type {kind}, which llama.cpp does not have"
        raise wrong(source, f"{message}; take a file that llama.cpp itself quantized")
    dtype, block, size = TYPES[kind]
    if elements >= _MOST_ELEMENTS or (shape[0] if shape else 1) % block:
        message = f"the tensor {printable(name)} has no possible shape"
        raise wrong(source, f"{message}; download it again")
    stored = Tensor(name=name, dtype=dtype, stored=elements, size=elements // block * size)
    return stored, offset, shape[-1] if shape else 1


def _check_places(source: Source, places: list[tuple[int, int]], room: int) -> None:
    last = 0
    for offset, size in sorted(places):
        if offset < last:
            raise wrong(source, "has tensors that overlap; download it again")
        last = offset + size
    if last > room:
        raise incomplete(source, last - room)


def incomplete(source: Source, missing: int) -> InputError:
    """What is said of a file that is shorter than its header says."""
    return wrong(source, f"is incomplete, {missing} bytes are missing; download it again")
