"""The commands that llmpick prints for vLLM on GPUs, run by a real vLLM on this machine's CPU."""

import re
from collections.abc import Iterator

import pytest

from recommender.models.sources import read
from recommender.rules.kv_cache import token_bytes

from .emitted import ask as recommended
from .emitted import launch_of, with_port
from .environments import KEY, Environments
from .llama_server import free_port, serving
from .servers import Served, served

pytestmark = pytest.mark.real

_SPACE = 2**30
_TOOLS = ("--need", "function-calling", "--use-case", "agents", "--context", "1024")
_ONE = ("--gpu", "H100 80GB", "--model", "Qwen/Qwen2.5-7B-Instruct", *_TOOLS)
WISHES = {
    "one-gpu": _ONE,
    "two-copies": (
        *("--gpu", "H100 80GB:2", "--model", "Qwen/Qwen2.5-7B-Instruct", "--concurrency", "32"),
        *_TOOLS,
    ),
    "two-gpus": (
        *("--gpu", "H100 80GB:2", "--model", "Qwen/Qwen3-32B", "--priority", "latency"),
        *_TOOLS,
    ),
}
_WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}


@pytest.fixture(scope="module", params=WISHES)
def vllm(
    request: pytest.FixtureRequest,
    environments: Environments,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """Yield a server for each wish, once for all tests."""
    place = tmp_path_factory.mktemp(f"vllm-{request.param}")
    with served(environments, "vllm", place, WISHES[request.param]) as found:
        yield found


def test_it_answers(vllm: Served) -> None:
    """Random weights say anything, so only a choice makes the answer certain."""
    answer = vllm.message(
        structured_outputs={"choice": ["yes", "no"]},
        chat_template_kwargs={"enable_thinking": False},
    )
    assert answer["content"] in {"yes", "no"}


@pytest.mark.parametrize("key", [None, "sk-wrong"])
def test_it_refuses_a_wrong_key(vllm: Served, key: str | None) -> None:
    assert vllm.status("/v1/models", key) == 401
    assert vllm.status("/v1/models", KEY) == 200


def test_it_serves_the_name_and_the_length_that_were_printed(vllm: Served) -> None:
    model = vllm.server.ask("/v1/models", key=KEY)["data"][0]
    assert (model["id"], model["max_model_len"]) == (vllm.name, 1024)
    assert vllm.value("--max-model-len") == "1024"


def test_a_request_beyond_the_length_is_refused(vllm: Served) -> None:
    body = {
        "model": vllm.name,
        "messages": [{"role": "user", "content": "x"}],
        "max_tokens": 1025,
    }
    assert vllm.status("/v1/chat/completions", KEY, body) == 400
    assert vllm.status("/v1/chat/completions", KEY, {**body, "max_tokens": 4}) == 200


def test_it_takes_tools_with_the_parser_that_was_printed(vllm: Served) -> None:
    """Without --enable-auto-tool-choice and a parser vLLM answers such a request with 400."""
    assert vllm.value("--tool-call-parser") is not None
    body = {
        "model": vllm.name,
        "messages": [{"role": "user", "content": "x"}],
        "max_tokens": 4,
        "tools": [_WEATHER],
        "tool_choice": "auto",
    }
    assert vllm.status("/v1/chat/completions", KEY, body) == 200


def test_the_cache_holds_as_many_tokens_as_predicted(vllm: Served) -> None:
    logged = re.search(r"KV cache size: ([\d,]+) tokens", vllm.whole_log)
    assert logged, vllm.server.log
    model, _ = read(str(vllm.folder))
    assert model is not None
    ranks = int(vllm.value("--tensor-parallel-size") or 1)
    assert int(logged[1].replace(",", "")) == _SPACE / token_bytes(model, ranks)


def test_as_many_ranks_share_the_model_as_were_printed(vllm: Served) -> None:
    worlds = set(re.findall(r"in world size (\d+)", vllm.whole_log))
    assert worlds == {vllm.value("--tensor-parallel-size") or "1"}


def test_as_many_copies_run_as_were_printed(vllm: Served, request: pytest.FixtureRequest) -> None:
    copies = set(re.findall(r"EngineCore_DP(\d+)", vllm.whole_log))
    assert len(copies) == int(vllm.value("--data-parallel-size") or 0)
    assert bool(copies) == ("two-copies" in request.node.name)


def test_it_takes_the_reasoning_parser_that_was_printed(vllm: Served) -> None:
    """What a model says before it closes its thoughts is no answer yet: the parser tells them."""
    parser = vllm.value("--reasoning-parser")
    message = vllm.message(max_tokens=4)
    assert (message["content"] is None) == (parser is not None)
    assert (message["reasoning"] is not None) == (parser is not None)


def test_a_misspelt_flag_ends_it(
    environments: Environments, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The other tests would else say nothing about the flags."""
    place = tmp_path_factory.mktemp("misspelt")
    line = launch_of(recommended(environments.serving("vllm"), *_ONE), "vllm")["serve"][0]
    (place / ".venv-vllm").symlink_to(environments.folder / "vllm")
    port = free_port()
    wrong = with_port(line, port) + " --enable-prefix-cachng"
    env = environments.serving("vllm")
    with serving(wrong, port, env, place / "log", place) as server:
        assert server.process.wait(120) == 2
        assert "unrecognized arguments: --enable-prefix-cachng" in server.log
