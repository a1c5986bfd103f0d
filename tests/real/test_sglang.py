"""The command that llmpick prints for SGLang on a GPU, run by a real SGLang without its kernels."""

import re
from collections.abc import Iterator

import pytest

from recommender.models.sources import read
from recommender.rules.kv_cache import token_bytes

from .environments import KEY, Environments
from .servers import Served, served

pytestmark = pytest.mark.real

_GIB = 2**30
_WISH = (
    *("--gpu", "H100 80GB", "--model", "Qwen/Qwen2.5-7B-Instruct", "--need", "function-calling"),
    *("--use-case", "agents", "--context", "1024"),
)
# What makes it run without a GPU, and take little memory; the key where the line has none.
_HERE = ("--device", "cpu", "--attention-backend", "torch_native", "--mem-fraction-static", "0.05")
_POOL = re.compile(r"#tokens: (\d+), K size: ([\d.]+) GB, V size: ([\d.]+) GB")


@pytest.fixture(scope="module")
def sglang(
    environments: Environments, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Yield the server, once for all tests."""
    place = tmp_path_factory.mktemp("sglang")
    with served(environments, "sglang", place, _WISH, *_HERE, "--api-key", KEY) as found:
        yield found


def test_it_answers(sglang: Served) -> None:
    """Random weights say anything, so only a grammar makes the answer certain."""
    assert sglang.message(regex="(yes|no)")["content"] in {"yes", "no"}


@pytest.mark.parametrize("key", [None, "sk-wrong"])
def test_it_refuses_a_wrong_key(sglang: Served, key: str | None) -> None:
    assert sglang.status("/v1/models", key) == 401
    assert sglang.status("/v1/models", KEY) == 200


def test_it_serves_the_name_and_the_length_that_were_printed(sglang: Served) -> None:
    model = sglang.server.ask("/v1/models", key=KEY)["data"][0]
    assert (model["id"], model["max_model_len"]) == (sglang.name, 1024)
    assert sglang.value("--context-length") == "1024"


def test_a_request_beyond_the_length_is_refused(sglang: Served) -> None:
    body = {"model": sglang.name, "prompt": "x" * 1100, "max_tokens": 4}
    assert sglang.status("/v1/completions", KEY, body) == 400
    assert sglang.status("/v1/completions", KEY, {**body, "prompt": "x" * 900}) == 200


def test_it_takes_the_tool_parser_that_was_printed(sglang: Served) -> None:
    info = sglang.server.ask("/get_server_info", key=KEY)
    assert info["tool_call_parser"] == sglang.value("--tool-call-parser")
    assert info["tool_call_parser"] is not None


def test_it_calls_nothing_that_was_printed_deprecated(sglang: Served) -> None:
    assert "deprecated. Please use" not in sglang.whole_log


def test_the_cache_is_as_large_as_predicted(sglang: Served) -> None:
    """To the last digit of what SGLang prints for the keys and for the values."""
    pool = _POOL.search(sglang.whole_log)
    assert pool, sglang.server.log
    assert f"max_total_num_tokens={pool[1]}," in sglang.whole_log
    model, _ = read(str(sglang.folder))
    assert model is not None
    half = f"{int(pool[1]) * token_bytes(model) / 2 / _GIB:.2f}"
    assert (pool[2], pool[3]) == (half, half)
