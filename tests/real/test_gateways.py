"""Real gateways before two small servers: started by the printed lines, asked as clients ask."""

import os
import time
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.gateway import Backend, Gateway
from recommender.knowledge import load
from recommender.launch.gateways import gateway
from recommender.lint.option_lists import load as load_options
from scripts.harvest_gateways import PROGRAMS, listed, read
from tests.serving.fake_server import Fake, Manners, fake_server

from .environments import KEY, Environments
from .llama_server import Server, free_port, serving

pytestmark = pytest.mark.real
KNOWN = load()
OPTIONS = Path(__file__).parents[2] / "knowledge" / "options" / "gateways"
_HEALTHY: Mapping[str, tuple[int, bytes, Mapping[str, str]]] = {"/health": (200, b"", {})}
_ANSWERS_SECONDS = 60.0
"""LiteLLM imports for 20 s on a busy machine, and routers ask their servers before they route."""


def program(environments: Environments, name: str) -> Path:
    """Return the folder of a gateway's programs."""
    if not environments.has(name):
        pytest.skip(f"scripts/build_real_environments.py has not built {name}")
    return environments.folder / name / "bin"


def behind(framework: str, model: str, fakes: list[Fake], key_env: str | None = "K") -> Backend:
    urls = tuple(fake.url for fake in fakes)
    return Backend(framework=framework, model=model, urls=urls, key_env=key_env)


@contextmanager
def fakes(*models: str, key: str | None = KEY) -> Iterator[list[Fake]]:
    with ExitStack() as stack:
        manners = (
            Manners(models=(model,), key=key, owned_by="other", paths=_HEALTHY) for model in models
        )
        yield [stack.enter_context(fake_server(item)) for item in manners]


@contextmanager
def running(
    environments: Environments, folder: Path, *backends: Backend, exposed: bool = False
) -> Iterator[tuple[Server, Gateway]]:
    """Start what is printed for these servers, word for word but for the program's folder."""
    port = free_port()
    found = gateway(backends, KNOWN, KNOWN.speak("en"), port=port, exposed=exposed)
    assert found
    if found.file_name:
        (folder / found.file_name).write_text(str(found.file), encoding="utf-8")
    text, env = "\n".join(found.serve), {**os.environ, "NO_PROXY": "127.0.0.1"}
    if found.id == "lmdeploy-proxy":
        if not environments.has("lmdeploy"):
            pytest.skip("scripts/build_real_environments.py has not built lmdeploy")
        started = f"{environments.python('lmdeploy')} -m lmdeploy"
        text = text.replace(".venv-lmdeploy-proxy/bin/lmdeploy", started)
        env = {**environments.serving("lmdeploy"), "PATH": os.environ["PATH"]}
    else:
        text = text.replace(f".venv-{found.id}/bin", str(program(environments, found.id)))
    keys = {name: KEY for name in ("K", found.key_env) if name}
    (folder / "serve.sh").write_text(text, encoding="utf-8")
    log = folder / "log"
    with serving(f"sh {folder / 'serve.sh'}", port, {**env, **keys}, log, folder) as server:
        yield server, found


def ask(server: Server, model: str, key: str = KEY, text: str = "Hi") -> dict[str, Any]:
    body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 1}
    answer: dict[str, Any] = server.ask("/v1/chat/completions", body, key=key)
    return answer


def wait(server: Server, model: str) -> None:
    """Return once the gateway has found a server of this model."""
    deadline = time.monotonic() + _ANSWERS_SECONDS
    while True:
        assert server.process.poll() is None, server.log
        try:
            ask(server, model)
        except OSError:
            assert time.monotonic() < deadline, server.log
            time.sleep(0.1)
        else:
            return


def refused(server: Server, model: str, key: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as error:
        ask(server, model, key)
    error.value.close()
    return error.value.code


def _bearer(headers: Mapping[str, str]) -> str | None:
    """Return the header Authorization, however its name is written."""
    return {name.lower(): value for name, value in headers.items()}.get("authorization")


def chats(fake: Fake) -> list[str | None]:
    """Return the header Authorization of every request for a chat completion."""
    told = (headers for path, headers, _ in fake.requests if "chat" in path)
    return [
        next((v for k, v in item.items() if k.lower() == "authorization"), None) for item in told
    ]


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy", "llama.cpp", "ollama"])
def test_both_copies_are_reached_and_a_wrong_key_is_not(
    environments: Environments, tmp_path: Path, framework: str
) -> None:
    model = "org/a model's"
    with (
        fakes(model, model) as copies,
        running(environments, tmp_path, behind(framework, model, copies)) as (server, found),
    ):
        wait(server, model)
        # What begins alike goes to one server.
        for number in range(30):
            ask(server, model, text=f"{number} " * 100)
        assert all(chats(copy) for copy in copies), server.log
        assert refused(server, model, "wrong") in {400, 401}
        passed = {key for copy in copies for key in chats(copy)}
        assert f"Bearer {KEY}" in passed
        assert ("Bearer wrong" in passed) == (found.id == "vllm-router")


@pytest.mark.parametrize("framework", ["lmdeploy", "llama.cpp", "ollama"])
def test_each_request_goes_to_its_model(
    environments: Environments, tmp_path: Path, framework: str
) -> None:
    with (
        fakes("a", "b") as (first, second),
        running(
            environments,
            tmp_path,
            behind(framework, "a", [first]),
            behind(framework, "b", [second]),
        ) as (server, _),
    ):
        wait(server, "a")
        wait(server, "b")
        before = len(chats(first))
        ask(server, "b")
        assert len(chats(first)) == before
        assert chats(second)
        assert refused(server, "c", KEY) in {400, 404}
        assert {row["id"] for row in server.ask("/v1/models", key=KEY)["data"]} == {"a", "b"}


def test_litellm_has_a_key_for_each_server(environments: Environments, tmp_path: Path) -> None:
    with (
        fakes("a") as guarded,
        fakes("b", key=None) as free,
        running(
            environments,
            tmp_path,
            behind("vllm", "a", guarded),
            behind("sglang", "b", free, None),
        ) as (server, found),
    ):
        assert found.id == "litellm"
        wait(server, "a")
        ask(server, "b")
        assert chats(free[0]) == ["Bearer none"]


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_the_list_of_options_is_that_of_its_parser(environments: Environments, name: str) -> None:
    python = program(environments, name) / "python"
    known = load_options(OPTIONS / f"{name}.json")
    (version,) = known.order
    found = listed(name, version, known.versions[version], read(str(python), name))
    assert known.programs == found.programs
