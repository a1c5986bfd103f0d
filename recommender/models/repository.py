"""The files of one folder or repository as a model: config.json with safetensors, or GGUF."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts import Model
from recommender.models import config, gguf, gguf_model, quantized, safetensors, spelling, tally
from recommender.models.catalogue import by_id
from recommender.models.keys import text
from recommender.models.quantized import Quantization
from recommender.models.reading import Files, Source, exactly, wrong
from recommender.models.tally import Tensor
from recommender.patterns import lazily

# The largest config.json list every layer that is not quantized, some hundred KiB.
_MOST_CONFIG = 2**20
# Three times the tensors of the largest models, whose experts are apart and quantized.
_MOST_TENSORS = 2**19
_SHARD = lazily(r"^(.*)-(\d{5})-of-(\d{5})\.(gguf|safetensors)$")
_BESIDE = ("hf_quant_config.json", "quant_model_description.json")
_NO_MODEL = lazily(r"mmproj|imatrix|^adapter_")
_SLIM = lazily(r'"model_quant_type"\s*:\s*"(W8A8)(?:_DYNAMIC)?"')


def read(files: Files, identity: str, quant: str | None = None, fmt: str | None = None) -> Model:
    """The model that lies there.

    Args:
        files: the folder or repository.
        identity: the id that the model gets.
        quant: the quantization to take where there are several GGUF files.
        fmt: safetensors or gguf, where there are both.

    Raises:
        InputError: there is no language model that llmpick can read.
    """
    sizes = files.sizes()
    top = [name for name in sizes if "/" not in name]
    _refuse_others(files, top)
    ggufs = [n for n in sizes if n.endswith(".gguf") and not _NO_MODEL.search(n.casefold())]
    shards = _weights(top)
    if ggufs and (fmt == "gguf" or not ("config.json" in top and shards)):
        chosen = _chosen(files, ggufs, quant)
        return of_gguf(files, chosen, identity)
    if "config.json" in top and shards:
        return _of_config(files, top, shards, identity)
    missing = "is no config.json" if shards else "are no weights (*.safetensors or *.gguf)"
    message = f"--model {files.name}: there {missing}; name a folder with a whole model"
    raise InputError(message)


def _refuse_others(files: Files, top: Collection[str]) -> None:
    if "adapter_config.json" in top and not _weights(top):
        said = _json(files.source("adapter_config.json"))
        base = text(said, "base_model_name_or_path")
        fix = f"name its base model {printable(base)}" if base else "name its base model"
        message = f"--model {files.name}: is a LoRA adapter, no model of its own; {fix}"
        raise InputError(message)
    if "model_index.json" in top:
        message = f"--model {files.name}: is a diffusion pipeline; name a language model"
        raise InputError(message)


def _weights(top: Collection[str]) -> list[str]:
    """The files that a server loads: some repositories hold the same weights twice."""
    found = [n for n in top if n.endswith(".safetensors") and not _NO_MODEL.search(n)]
    plain = [name for name in found if name.startswith("model")]
    return sorted(plain or [n for n in found if not n.startswith("consolidated")] or found)


def _chosen(files: Files, names: Sequence[str], quant: str | None) -> str:
    """The one GGUF file, or the first part of the one, that was meant."""
    found = sorted(name for name in names if _part(name) == 1)
    if not found:
        found = sorted(names)[:1]
    said = {name: spelling.read(name).quantization for name in found}
    wished = [name for name, own in said.items() if own == (quant or "q4_k_m")]
    if len(found) == 1 and (quant is None or said[found[0]] in (None, quant)):
        return found[0]
    if len(wished) == 1:
        return wished[0]
    kinds = ", ".join(sorted({own for own in said.values() if own})) or "unknown"
    what = f"of {len(found)} GGUF files ({kinds}) not one is {quant}" if quant else ""
    what = what if quant and not wished else f"there are {len(found)} GGUF files ({kinds})"
    message = f"--model {files.name}: {what}; name one file, or its quantization with --quant"
    raise InputError(message)


def _part(name: str) -> int:
    found = _SHARD.match(name)
    return int(found[2]) if found else 1


def of_gguf(files: Files, name: str, identity: str) -> Model:
    """The model of one GGUF file of a folder, with its other parts where it is split.

    Raises:
        InputError: a part is missing, or it is no language model.
    """
    parts = _parts(files, name)
    files.ahead(parts)
    headers = [gguf.read(files.source(part)) for part in parts]
    where = f"--model {files.source(parts[0]).name}"
    if not any(tensor.size for header in headers for tensor in header.tensors):
        message = f"{where}: holds no weights; download it again"
        raise InputError(message)
    named = identity if spelling.read(identity).quantization else name
    model = gguf_model.of_headers(headers, where, named)
    return _finished(replace(model, id=files.inside(identity, parts[0]), source="GGUF header"))


def _parts(files: Files, name: str) -> list[str]:
    """All parts of the split file that ``name`` is one of.

    Raises:
        InputError: one is missing.
    """
    found = _SHARD.match(name)
    if not found:
        return [name]
    stem, _, total, suffix = found.groups()
    if not 0 < int(found[2]) <= int(total):
        message = f"--model {printable(name)}: there is no such part; name the first one"
        raise InputError(message)
    sizes = files.sizes()
    for part in range(1, int(total) + 1):
        if f"{stem}-{part:05}-of-{total}.{suffix}" not in sizes:
            what = f"part {part} of {int(total)} of {printable(stem)} is missing"
            message = f"--model {files.name}: {what}; download the whole model"
            raise InputError(message)
    return [f"{stem}-{part:05}-of-{total}.{suffix}" for part in range(1, int(total) + 1)]


def _ends(shards: Sequence[str]) -> set[str]:
    """The first and the last part of each split file, which all others lie between."""
    named = [(_SHARD.sub(r"\1-\3", shard), shard) for shard in sorted(shards)]
    return {*dict(named).values(), *dict(reversed(named)).values()}


def _of_config(files: Files, top: Collection[str], shards: Sequence[str], identity: str) -> Model:
    for shard in _ends(shards):
        _parts(files, shard)
    said = _json(files.source("config.json"))
    model = config.of_config(said, f"--model {files.name}", identity)
    kind = quantized.of_config(said, _beside(files, top))
    files.ahead(shards)
    bits = kind.bits if kind.quantized else None
    found = tally.tally(_tensors(files, shards), bits)
    if not found.size:
        message = f"--model {files.name}: its files hold no weights; download them again"
        raise InputError(message)
    known = tally.facts(found, model.experts, model.experts_per_token)
    if kind.quantized and bits is None:
        known = {name: value for name, value in known.items() if name.endswith("_gib")}
    return _finished(
        replace(
            model,
            **known,
            tied=not found.head if model.tied is None else model.tied,
            quantization=_name(kind, found.dtype, model.native_dtype),
            group_size=kind.group_size,
            format=kind.format,
            task="embedding" if "modules.json" in top else model.task,
            base=_same(text(said, "_name_or_path"), model),
            source="config.json and safetensors headers",
        )
    )


def _tensors(files: Files, shards: Sequence[str]) -> Iterator[Tensor]:
    """The tensors of all shards; one that lies in two of them means files that do not belong."""
    names = set[int]()
    for shard in shards:
        for tensor in safetensors.tensors(files.source(shard)):
            if hash(tensor.name) in names or len(names) >= _MOST_TENSORS:
                what = f"the tensor {printable(tensor.name)} is in two files, or one too many"
                raise wrong(files.source(shard), f"{what}; remove what is not of the model")
            names.add(hash(tensor.name))
            yield tensor


def _name(kind: Quantization, stored: str | None, native: str | None) -> str | None:
    if kind.quantized:
        return kind.name
    return quantized.dtype(stored) or quantized.dtype(native)


def _beside(files: Files, top: Collection[str]) -> Mapping[str, Any]:
    """What ModelOpt or ModelSlim wrote about their quantization, beside config.json."""
    plain, slim = _BESIDE
    if plain in top:
        return _json(files.source(plain))
    if slim not in top:
        return {}
    source = files.source(slim)
    head = source.read(0, min(source.size, _MOST_CONFIG)).decode("utf-8", "replace")
    found = _SLIM.search(head)
    return {"model_quant_type": found[1]} if found else {}


def _json(source: Source) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        InputError: the file is none, or too large for a configuration.
    """
    if source.size > _MOST_CONFIG:
        raise wrong(source, "is larger than any configuration; take the original one")
    content = exactly(source, 0, source.size)
    try:
        said = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise wrong(source, "is no JSON; download it again") from error
    if not isinstance(said, dict):
        raise wrong(source, "is no JSON object; download it again")
    return said


def _same(identity: str | None, model: Model) -> str | None:
    """The catalogue row of this id, if it has the model's dimensions."""
    row = by_id(identity) if identity else None
    same = row and (row.layers, row.hidden) == (model.layers, model.hidden)
    return row.id if row and same else None


def _finished(model: Model) -> Model:
    name = printable(re.split(r"[/\\]", model.id.rstrip("/\\"))[-1])
    return replace(model, name=name, base=_same(model.base, model))
