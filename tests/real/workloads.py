"""Kinds of work with the request that shows that it is done, and machines that are described."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from recommender.cli.asking import Asked, meant

from .llama_server import Server

LONG = "Water is wet. " * 100
"""Some 1,400 tokens of a byte-level vocabulary, more than llama.cpp's physical batch of 512."""

YES_OR_NO = {
    "messages": [{"role": "user", "content": "Is water wet?"}],
    "grammar": 'root ::= "yes" | "no"',
    "max_tokens": 3,
}
"""Random weights say anything, so only a grammar makes the answer certain."""

_SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "strict": True, "schema": {"enum": ["yes", "no"]}},
}
# A schema lets whitespace come first, of which random weights may never have enough.
_NO_SPACE = [[space, False] for space in (" ", "\n", "\t", "\r")]
_TOOL = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
}


def chats(server: Server) -> None:
    """It answers as the grammar lets it."""
    answer = server.ask("/v1/chat/completions", YES_OR_NO)
    assert answer["choices"][0]["message"]["content"] in {"yes", "no"}, f"{answer}\n{server.log}"


def obeys_a_schema(server: Server) -> None:
    """It begins an answer as a JSON schema lets it; marks without text may take up the rest."""
    messages = YES_OR_NO["messages"]
    asked = {"messages": messages, "response_format": _SCHEMA, "logit_bias": _NO_SPACE}
    answer = server.ask("/v1/chat/completions", {**asked, "max_tokens": 8})
    content = answer["choices"][0]["message"]["content"]
    parts = {whole[:size] for whole in ('"yes"', '"no"') for size in range(1, 6)}
    assert content in parts, f"{answer}\n{server.log}"


def takes_tools(server: Server) -> None:
    """It takes tools without a flag for them; a model of random weights calls none."""
    asked = {"messages": YES_OR_NO["messages"], "tools": [_TOOL], "max_tokens": 3}
    answer = server.ask("/v1/chat/completions", asked)
    assert answer["usage"]["completion_tokens"], f"{answer}\n{server.log}"
    chats(server)


def embeds(server: Server) -> None:
    """It embeds a text that is longer than the batch that it would take without being told."""
    answer = server.ask("/v1/embeddings", {"input": ["short", LONG]})
    sizes = [len(item["embedding"]) for item in answer["data"]]
    assert sizes == [256, 256], server.log


def scores(server: Server) -> None:
    """It scores a document that is longer than the batch that it would take without being told."""
    answer = server.ask("/v1/rerank", {"query": "wet?", "documents": ["short", LONG]})
    assert sorted(item["index"] for item in answer["results"]) == [0, 1], server.log


@dataclass(frozen=True, slots=True)
class Work:
    """The options of one wish; ``proof`` asks the server that the answer of llmpick starts."""

    asked: Mapping[str, Any] = field(default_factory=dict)
    proof: Callable[[Server], None] = chats


WORK = {
    "nothing-said": Work(),
    "agents": Work({"use_case": "agents", "need": ["function-calling"]}, takes_tools),
    "structured-output": Work({"need": ["structured-output", "json-schema"]}, obeys_a_schema),
    "speculative-decoding": Work({"need": ["speculative-decoding"]}),
    "several-users": Work({"concurrency": 4}),
    "many-users": Work({"concurrency": 100}),
    "long-context": Work({"context": 131072}),
    "kv-quant": Work({"need": ["kv-quant"], "concurrency": 4}),
    "vision": Work({"need": ["vision"], "model": "google/gemma-3-4b-it"}),
    "lora": Work({"need": ["multi-lora"]}),
    "mixture": Work({"model": "Qwen/Qwen3-30B-A3B"}),
    "china": Work({"region": "CN"}),
    "offline": Work({"offline": True}),
    "embeddings": Work({"model": "BAAI/bge-m3"}, embeds),
    "embeddings-of-a-decoder": Work(
        {"model": "Qwen/Qwen3-Embedding-0.6B", "concurrency": 4}, embeds
    ),
    "rerank": Work({"model": "BAAI/bge-reranker-v2-m3"}, scores),
}

PROCESSORS: dict[str, Mapping[str, Any]] = {
    "x86": {"arch": "x86_64", "os": "linux"},
    "arm": {"arch": "aarch64", "os": "linux"},
    "risc-v": {"arch": "riscv64", "os": "linux"},
    "intel-mac": {"arch": "x86_64", "os": "macos"},
    "windows": {"arch": "x86_64", "os": "windows"},
    "windows-on-arm": {"arch": "aarch64", "os": "windows"},
}
GPUS: dict[str, Mapping[str, Any]] = {
    "nvidia": {"gpu": ["RTX 4090"]},
    "two-nvidia": {"gpu": ["RTX 3090:2"]},
    "old-nvidia": {"gpu": ["Tesla P40"]},
    "nvidia-on-windows": {"gpu": ["RTX 3060 12GB"], "os": "windows"},
    "amd": {"gpu": ["RX 7900 XTX"]},
    "amd-on-windows": {"gpu": ["RX 7900 XTX"], "os": "windows"},
    "intel": {"gpu": ["Arc A770"]},
    "apple": {"gpu": ["M4 Max 64GB"]},
    "ascend": {"gpu": ["Ascend 910B3"]},
    "moore-threads": {"gpu": ["MTT S4000"]},
}
RAM_GIB = 256.0


def serve_lines(
    machine: Mapping[str, Any], asked: Mapping[str, Any], build: str | None = None
) -> Iterator[str]:
    """Yield the serve lines of llama.cpp, those of the proposed way first, or none if refused.

    ``build`` is the one that is installed there.
    """
    wish = meant(Asked(**{"gpu": ["none"], "ram": RAM_GIB, **machine, **asked}))
    if build:
        software = replace(wish.machine.software, installed={"llama.cpp": build})
        wish = replace(wish, machine=replace(wish.machine, software=software))
    found = [item for item in wish.answer().ranking if item.framework == "llama.cpp"]
    for launch in (item.launch for item in found):
        others = launch.others.values() if launch else ()
        for ways in (launch, *others):
            yield from ways.serve if ways else ()
