"""``llmpick verify``, against small servers that behave well and badly."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.serving.fake_server import TOKENS, Manners, fake_server

from .conftest import Run

pytestmark = pytest.mark.usefixtures("kept")

JSON = {"Content-Type": "application/json"}
QUICK = ("--max-tokens", "24", "--prompt-tokens", "16", "--concurrency", "3", "--timeout", "20")
CARD = ("--gpu", "RTX 4090")
WORDLESS = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_good_server_is_timed_and_compared(llmpick: Run, kept: Path) -> None:
    with fake_server(Manners(pause_s=0.005)) as server:
        told = llmpick("verify", server.url, *QUICK, *CARD, "--json").json
        assert told["url"] == server.url
    assert (told["framework"], told["model"], told["endpoint"]) == ("vllm", "Qwen/Qwen3-8B", "chat")
    assert (told["quantization"], told["device"], told["devices"]) == (
        "bf16",
        "GeForce RTX 4090",
        1,
    )
    timing = told["timing"]
    assert (timing["counted"], timing["output_tokens"], timing["requests"]) == ("usage", TOKENS, 3)
    low, high = timing["decode_tokens_per_s"]
    # The server pauses 5 ms before each token: 200 a second at most, on a machine that is idle.
    assert 1 < low <= high <= 1000
    assert 1 < timing["together_tokens_per_s"][1] <= 3 * 200
    assert 0.005 <= timing["first_token_s"][0] < 5
    speed = told["predicted"]["speed"]
    assert speed["requests"] == 3
    assert speed["decode_tokens_per_s"][0] < speed["together_tokens_per_s"][1]
    # Nobody measured how fast vLLM reads prompts on such a card.
    assert speed["prefill_tokens_per_s"] is told["predicted"]["first_token_s"] is None
    assert told["saved"] == str(kept)
    (line,) = lines(kept)
    assert (line["framework"], line["model"], line["timing"]) == ("vllm", "Qwen/Qwen3-8B", timing)
    assert kept.stat().st_mode & 0o077 == 0


def test_a_file_of_another_machine_is_known_by_its_name(llmpick: Run) -> None:
    """The prompt's time follows from its length and the predicted speed of reading it."""
    manners = Manners(owned_by="llamacpp", models=("/models/Qwen3-8B-Q4_K_M.gguf",))
    with fake_server(manners) as server:
        told = llmpick("verify", server.url, *QUICK, *CARD, "--json").json
    assert (told["framework"], told["quantization"]) == ("llama.cpp", "q4_k_m")
    (slow, fast), prompt = told["predicted"]["first_token_s"], told["timing"]["prompt_tokens"]
    low, high = told["predicted"]["speed"]["prefill_tokens_per_s"]
    assert (slow, fast) == (round(prompt / high, 4), round(prompt / low, 4))
    assert told["problems"] == []


def test_the_table_shows_both(llmpick: Run, kept: Path) -> None:
    with fake_server() as server:
        done = llmpick("verify", f"{server.url}/v1/", *QUICK, *CARD)
        chinese = llmpick("verify", server.url, *QUICK, *CARD, "--lang", "zh", "--no-save").out
    assert done.code == 0, done.err
    text = " ".join(done.out.split())
    for word in ("vLLM", "measured", "llmpick predicts", "3 users together", "counted by the"):
        assert word in text
    assert str(kept) in text.replace(" ", "")
    assert "首 token 延迟" in chinese
    assert len(lines(kept)) == 1


@pytest.mark.parametrize("width", ["30", "60", "100"])
def test_the_table_keeps_figures_whole(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    with fake_server() as server:
        shown = llmpick("verify", server.url, *QUICK, *CARD, "--no-save").out.splitlines()
    assert shown == [line.rstrip() for line in shown]
    (alone,) = (line for line in shown if line.startswith("one user"))
    assert alone.count("tokens/s") == (1 if width == "30" else 2)


def test_what_was_measured_is_shown_as_such(llmpick: Run) -> None:
    question = ("Qwen/Qwen3-8B", *CARD, "--framework", "vllm", "--json", "--concurrency", "3")
    before = llmpick("fit", *question).json["fits"][0]["speed"]
    with fake_server() as server:
        told = llmpick("verify", server.url, *QUICK, *CARD, "--json").json
    (item,) = llmpick("fit", *question).json["fits"]
    speed = item["speed"]
    assert before["verified"] == []
    assert before["decode_tokens_per_s"] != speed["decode_tokens_per_s"]
    assert speed["decode_tokens_per_s"] == told["timing"]["decode_tokens_per_s"]
    assert speed["together_tokens_per_s"] == told["timing"]["together_tokens_per_s"]
    assert speed["prefill_tokens_per_s"] == before["prefill_tokens_per_s"]
    assert speed["verified"] == ["decode_tokens_per_s", "together_tokens_per_s"]
    text = " ".join(llmpick("fit", *question[:5]).out.split())
    assert f"measured by llmpick verify on {speed['verified_on']}" in text
    wish = ("--model", "Qwen/Qwen3-8B", "--json", "--use-case", "production")
    ranked = llmpick("recommend", *CARD, *wish).json["ranking"]
    by_name = {one["framework"]: one["speed"]["verified"] for one in ranked}
    assert by_name.pop("vllm") == ["decode_tokens_per_s"]
    assert not any(by_name.values())
    others = llmpick("compare", *CARD, "--gpu", "L40S", *wish[:3], "--framework", "vllm").json
    assert [bool(one["pick"]["speed"]["verified"]) for one in others["machines"]] == [True, False]


def test_a_server_without_chat_or_usage(llmpick: Run) -> None:
    with fake_server(Manners(chat=False, usage=False, stream_options=False)) as server:
        told = llmpick("verify", server.url, *QUICK, *CARD, "--json").json
    assert told["endpoint"] == "completions"
    assert told["timing"]["counted"] == "chunks"
    assert told["timing"]["output_tokens"] == TOKENS
    assert told["timing"]["prompt_tokens"] is None


def test_without_a_machine_nothing_is_predicted(llmpick: Run, tmp_path: Path) -> None:
    """A server elsewhere is not on this machine: the name of this host is not the loopback."""
    here = socket.gethostname()
    with fake_server() as server:
        try:
            socket.create_connection((here, server.server.server_address[1]), 1).close()
        except OSError:
            pytest.skip("this host's own name does not lead to the loopback")
        url = server.url.replace("127.0.0.1", here)
        told = llmpick("verify", url, *QUICK, "--json").json
    assert told["predicted"] is None
    assert told["saved"] is None
    rules = [problem["rule"] for problem in told["problems"]]
    assert rules == ["verify.no-machine", "verify.not-kept"]
    assert not list(tmp_path.glob("data/*"))


def test_a_server_that_names_nothing(llmpick: Run) -> None:
    with fake_server(Manners(owned_by=None, models=("demo",))) as server:
        told = llmpick("verify", server.url, *QUICK, *CARD, "--json").json
        named = ("--framework", "sglang", "--weights", "Qwen/Qwen3-8B", "--quant", "fp8")
        helped = llmpick("verify", server.url, *QUICK, *CARD, *named, "--json").json
    assert told["framework"] is None
    rules = [problem["rule"] for problem in told["problems"]]
    assert rules == ["verify.no-framework", "verify.no-model", "verify.not-kept"]
    assert (helped["framework"], helped["quantization"]) == ("sglang", "fp8")
    assert helped["saved"]


@pytest.mark.parametrize(
    ("path", "body", "framework", "version"),
    [
        ("/api/version", b'{"version":"0.40.12"}', "ollama", "0.40.12"),
        ("/info", b'{"docker_label":"sha","version":"3.3.6","model_id":"a/b"}', "tgi", "3.3.6"),
        ("/props", b'{"build_info":"b1","model_path":"x.gguf"}', "llama.cpp", "b1"),
        ("/props", b"not JSON", None, None),
    ],
)
def test_servers_are_known_by_what_only_they_answer(
    llmpick: Run, path: str, body: bytes, framework: str | None, version: str | None
) -> None:
    manners = Manners(owned_by="somebody", paths={path: (200, body, {})})
    with fake_server(manners) as server:
        told = llmpick("verify", server.url, *QUICK, *CARD, "--json", "--no-save").json
    assert (told["framework"], told["framework_version"]) == (framework, version)


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (b'{"models":[{"name":"qwen3:8b","details":{"quantization_level":"Q4_K_M"}}]}', "q4_k_m"),
        (b'{"models":[{"name":"qwen3:8b","details":{"quantization_level":"Q8_0"}}]}', "q8_0"),
        (b'{"models":[7,{"name":"qwen3:8b","details":3}]}', None),
        (b"[]", None),
    ],
)
def test_the_quantization_is_what_the_server_says(
    llmpick: Run, listing: bytes, expected: str | None
) -> None:
    paths = {"/api/version": (200, b'{"version":"0.40"}', JSON), "/api/tags": (200, listing, JSON)}
    manners = Manners(owned_by="library", models=("qwen3:8b",), paths=paths)
    with fake_server(manners) as server:
        told = llmpick("verify", server.url, *QUICK, *CARD, "--json").json
        speeds = llmpick("fit", "qwen3:8b", *CARD, "--framework", "ollama", "--json").json
    assert (told["framework"], told["quantization"]) == ("ollama", expected)
    assert bool(told["saved"]) == (expected is not None)
    assert bool(speeds["fits"][0]["speed"]["verified"]) == (expected == "q4_k_m")


CHAT, MODELS = "/v1/chat/completions", "/v1/models"


@pytest.mark.parametrize(
    ("manners", "said"),
    [
        (Manners(paths={MODELS: (200, b"<html>\x1b[31m hello", {})}), "no JSON object"),
        (Manners(paths={MODELS: (200, b'{"data":{}}', JSON)}), "no list called data"),
        (Manners(paths={MODELS: (200, b'{"data":[{"id":7},3]}', JSON)}), "lists no model"),
        (Manners(paths={MODELS: (500, b'{"error":{"message":"oops"}}', JSON)}), "500: oops"),
        (Manners(paths={MODELS: (200, b"[" * 100_000, JSON)}), "no JSON object"),
        (Manners(paths={MODELS: (200, b"x" * (9 * 2**20), {})}), "longer than 8 MiB"),
        (Manners(paths={MODELS: (302, b"", {"Location": "http://evil.test/v1"})}), "evil.test"),
        (Manners(paths={CHAT: (200, b'{"choices":[]}', JSON)}, models=("m",)), "has no choices"),
        (Manners(stream=b"data: {broken\n\n"), "no JSON object"),
        (Manners(stream=b"hello there\n"), "hello there"),
        (Manners(stream=b'data: {"error":{"message":"out of memory"}}\n\n'), "out of memory"),
        (Manners(stream=b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'), "broke off"),
        (Manners(stream=b""), "without any text"),
        (Manners(stream=WORDLESS.encode()), "without any text"),
        (Manners(stream=b"data: " + b"x" * 2**19), "more than any completion"),
        (Manners(endless=True), "max_tokens is not obeyed"),
    ],
)
def test_a_wrong_answer_is_named(llmpick: Run, kept: Path, manners: Manners, said: str) -> None:
    if CHAT in manners.paths:
        manners.paths = {**manners.paths, "/v1/completions": manners.paths[CHAT]}
    with fake_server(manners) as server:
        done = llmpick("verify", server.url, *QUICK, *CARD, "--json")
    assert (done.code, done.out) == (1, "")
    assert len(done.err.strip().splitlines()) == 1
    assert said in done.err
    assert "\x1b" not in done.err
    assert not kept.exists()


def test_tokens_that_make_no_text_are_an_answer(llmpick: Run) -> None:
    counted = 'data: {"choices":[],"usage":{"prompt_tokens":16,"completion_tokens":3}}\n\n'
    told = WORDLESS.replace("data: [DONE]\n\n", f"{counted}data: [DONE]\n\n")
    with fake_server(Manners(stream=told.encode())) as server:
        done = llmpick("verify", server.url, *QUICK, *CARD, "--json")
    assert done.code == 0, done.err
