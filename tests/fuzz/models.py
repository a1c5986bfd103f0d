"""Targets of model files and of what hubs answer."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from recommender.errors import InputError
from recommender.facts import Model, Workload
from recommender.facts.codec import encode
from recommender.models import hosts, hub, repository
from recommender.models.reading import Source
from recommender.pipeline import recommend
from recommender.schema import read_machine
from tests.fuzz import seeds
from tests.fuzz.properties import Once, numbers, quickly, refused, sentence, shown
from tests.fuzz.target import NASTY, Target
from tests.models.written import LLAMA

# A header may tell of tensors that lie far behind it; so much room has a file of these inputs.
_ROOM = 2**36
_MACHINE = '{"os": {"family": "linux"}, "arch": "x86_64", "accelerators": [{"vendor": "nvidia",'
_SEPARATOR = b"\n==>\n"
_seen = Once()


class Bytes:
    """A file in memory, with zeros behind it where there is room."""

    def __init__(self, name: str, data: bytes, size: int | None = None) -> None:
        self.name, self._data, self.size = name, data, size or len(data)

    def read(self, at: int, count: int) -> bytes:
        count = max(min(count, self.size - at), 0)
        return self._data[at : at + count].ljust(count, b"\0")


class Folder:
    """Files in memory."""

    name = "folder"

    def __init__(self, files: Mapping[str, Bytes]) -> None:
        self._files = files

    def sizes(self) -> Mapping[str, int]:
        return {name: file.size for name, file in self._files.items()}

    def source(self, name: str) -> Source:
        return self._files[name]

    def inside(self, identity: str, name: str, /) -> str:
        return f"{identity}/{name}"

    def ahead(self, names: Iterable[str]) -> None:
        """Nothing: all is in memory."""


def _held(model: Model) -> None:
    """The model can be written, and frameworks be ranked for it."""
    text = json.dumps(encode(model))
    if _seen(text):
        return
    numbers(text)
    sentence(model.name or "-")
    machine = read_machine(f'{_MACHINE} "name": "H100 SXM 80GB", "memory_gib": 79.6}}]}}', "-")
    from recommender.render.document import as_json

    answer = as_json(recommend(machine, Workload(), model), indent=False)
    shown(answer)
    numbers(answer)


def _folder(files: Mapping[str, Bytes]) -> None:
    with quickly():
        refused(lambda: _held(repository.read(Folder(files), "org/model")))


def _gguf(data: bytes) -> None:
    for size in (None, _ROOM):
        _folder({"model.gguf": Bytes("model.gguf", data, size)})


def _safetensors(data: bytes) -> None:
    config = json.dumps(LLAMA).encode()
    for size in (None, _ROOM):
        weights = Bytes("model.safetensors", data, size)
        _folder({"model.safetensors": weights, "config.json": Bytes("config.json", config)})


def _config(data: bytes) -> None:
    weights = Bytes("model.safetensors", seeds.safetensors())
    for name in ("config.json", "hf_quant_config.json", "quant_model_description.json"):
        others = {"config.json": Bytes("config.json", json.dumps(LLAMA).encode())}
        _folder({**others, "model.safetensors": weights, name: Bytes(name, data)})
    _folder({"adapter_config.json": Bytes("adapter_config.json", data)})


def _listed(host: type[hosts.Host], data: bytes) -> None:
    """The list of a repository, and what stands in each of its files."""
    said, _, content = data.partition(_SEPARATOR)

    class Answering(host):  # type: ignore[misc,valid-type]  # either host
        def get(self, address: str, at: int, count: int) -> bytes:
            listed = "/api/models/" in address or "repo/files" in address
            return (said if listed else content)[at : at + count]

    def read() -> None:
        _held(repository.read(hub.HubFiles(Answering("org/model")), "org/model"))

    with quickly():
        refused(read)


def _hub_seeds(key: str, name: str, size: str) -> Iterator[bytes]:
    for file, content in (
        ("model.gguf", seeds.gguf()),
        ("model.safetensors", seeds.safetensors()),
        ("config.json", json.dumps(LLAMA).encode()),
    ):
        items = [{name: file, size: len(content)}, {name: "sub/../x", size: 5}]
        listed = {"siblings": items} if key == "siblings" else {"Data": {"Files": items}}
        yield json.dumps(listed).encode() + _SEPARATOR + content


def _configs() -> Iterator[bytes]:
    yield json.dumps(LLAMA).encode()
    yield from seeds.dictionaries("models/test_config.py", "models/test_safetensors.py")
    yield b'{"base_model_name_or_path": "meta-llama/Llama-3.1-8B"}'
    yield b'{"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "NVFP4"}}'


def _target(
    name: str, check: Callable[[bytes], None], found: Callable[[], Iterable[bytes]]
) -> Target:
    return Target(name=name, check=check, seeds=found, words=(*NASTY, "\\ud800", "1" * 200))


TARGETS = (
    _target("gguf", _gguf, lambda: (seeds.gguf(), *seeds.ggufs())),
    _target("safetensors", _safetensors, lambda: (seeds.safetensors(),)),
    _target("config", _config, _configs),
    _target(
        "hub-huggingface",
        partial(_listed, hosts.HuggingFace),
        partial(_hub_seeds, "siblings", "rfilename", "size"),
    ),
    _target(
        "hub-modelscope",
        partial(_listed, hosts.ModelScope),
        partial(_hub_seeds, "Data", "Path", "Size"),
    ),
)
__all__ = ["TARGETS", "InputError"]
