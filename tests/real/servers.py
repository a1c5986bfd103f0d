"""Start what llmpick prints for a machine with GPUs, here, word for word but for the port."""

import os
import re
import shlex
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .emitted import ask, launch_of, with_port
from .environments import KEY, Environments
from .llama_server import Server, free_port, serving
from .tiny_safetensors import write_tiny

READY_SECONDS = 420.0
"""Compiling for the first time took a minute alone, and several with a busy neighbour."""
_STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers, the words of the line that started it, and the model's folder."""

    server: Server
    words: tuple[str, ...]
    folder: Path

    def value(self, flag: str) -> str | None:
        """Return what stands behind ``flag``, None where the flag was not emitted."""
        return self.words[self.words.index(flag) + 1] if flag in self.words else None

    @property
    def name(self) -> str:
        """The name under which the command says that the model is served."""
        return self.value("--served-model-name") or self.model

    @property
    def model(self) -> str:
        """The model that the command names."""
        return model_of(self.words)

    @property
    def whole_log(self) -> str:
        """All that the server printed."""
        return self.server.log_file.read_text(errors="replace")

    def status(self, path: str, key: str | None, body: Mapping[str, object] | None = None) -> int:
        """Return the HTTP status of a request."""
        try:
            self.server.send(path, body, key=key)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        return 200

    def message(self, **more: object) -> dict[str, Any]:
        """Return what a chat completion says, with what it thought."""
        body = {
            "model": self.name,
            "messages": [{"role": "user", "content": "Is water wet?"}],
            "max_tokens": 8,
            **more,
        }
        answer = self.server.ask("/v1/chat/completions", body, key=KEY)
        message: dict[str, Any] = answer["choices"][0]["message"]
        return message


def model_of(words: tuple[str, ...]) -> str:
    """Return the model that a command names, by an option or right behind ``serve``."""
    option = "--model-path" if "--model-path" in words else "serve"
    return words[words.index(option) + 1]


@contextmanager
def served(
    environments: Environments, framework: str, place: Path, flags: tuple[str, ...], *more: str
) -> Iterator[Served]:
    """Run the line that ``recommend`` prints with ``flags``, with the words ``more`` behind it.

    The working directory has what the line names: the environment that it was told to install into
    and a folder that is called as the model is.
    """
    env = environments.serving(framework)
    line = launch_of(ask(os.environ, *flags), framework)["serve"][0]
    words = tuple(shlex.split(line))
    folder = write_tiny(place / model_of(words))
    (place / f".venv-{framework}").symlink_to(environments.folder / framework)
    port = free_port()
    with serving(
        _with(line, port, more), port, env | _threads(words), place / "log", place
    ) as server:
        try:
            server.wait_until_healthy(seconds=READY_SECONDS)
            yield Served(server, words, folder)
        finally:
            server.stop(_STOP_SECONDS)


def _with(line: str, port: int, more: tuple[str, ...]) -> str:
    return " ".join([with_port(line, port), *map(shlex.quote, more)])


def _threads(words: tuple[str, ...]) -> dict[str, str]:
    """One core for each rank: vLLM would else look for a NUMA node for each."""
    found = re.search(r"--(?:tensor|data)-parallel-size (\d+)", " ".join(words))
    if found is None:
        return {}
    cores = sorted(os.sched_getaffinity(0))
    ranks = (str(cores[rank % len(cores)]) for rank in range(int(found[1])))
    return {"VLLM_CPU_OMP_THREADS_BIND": "|".join(ranks)}
