"""The lines that start a gateway, as a shell reads them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from recommender.errors import InputError
from recommender.facts.gateway import Backend, Gateway
from recommender.knowledge import load
from recommender.launch.gateways import gateway

KNOWN = load()
HOSTILE = (
    "a b",
    "it's",
    '"quoted"',
    "$(touch pwned)",
    "`touch pwned`",
    "a;touch pwned",
    "a\ntouch pwned",
    "--api-key",
    "\0SERVER_KEY\0",
    "{port}",
    "模型/8B:q4",
    "os.environ/HOME",
    "yes",
    "1e3",
)
_STUB = """#!/bin/sh
printf '%s\\0' "$(basename "$0")" "$@" > "$RECORD/$(basename "$0")-$$"
"""
_PROGRAMS = ("curl", "uv", "lmdeploy", "vllm-router", "sglang-router", "smg", "litellm")


def servers(framework: str, model: str = "m", count: int = 2, key: str | None = None) -> Backend:
    urls = tuple(f"http://{framework}-{number}:8000/" for number in range(count))
    return Backend(framework=framework, model=model, urls=urls, key_env=key)


def made(*backends: Backend, lang: str = "en", **more: Any) -> Gateway:
    found = gateway(backends, KNOWN, KNOWN.speak(lang), **more)
    assert found
    return found


def called(folder: Path, lines: tuple[str, ...], **keys: str) -> list[list[str]]:
    """The words of every program that a shell starts for these lines."""
    record, programs = folder / "record", folder / "bin"
    record.mkdir()
    programs.mkdir()
    for name in _PROGRAMS:
        (programs / name).write_text(_STUB, encoding="utf-8")
        (programs / name).chmod(0o755)
    # As if the environments that the lines make held these programs.
    text = "\n".join(lines)
    for kind in ("lmdeploy-proxy", "vllm-router", "sglang-router", "smg", "litellm"):
        text = text.replace(f".venv-{kind}/bin/", "")
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "RECORD": str(record), **keys}
    subprocess.run(["sh", "-euc", text], cwd=folder, env=env, check=True, timeout=20)
    assert not (folder / "pwned").exists()
    files = sorted(record.iterdir())
    return [path.read_text(encoding="utf-8").rstrip("\0").split("\0") for path in files]


def test_one_server_needs_nothing_before_it() -> None:
    assert gateway([servers("vllm", count=1)], KNOWN, KNOWN.speak("en")) is None
    assert gateway([], KNOWN, KNOWN.speak("en")) is None


def test_a_router_gets_every_address_and_binds_the_loopback(tmp_path: Path) -> None:
    found = made(servers("vllm"), servers("sglang", count=1))
    (words,) = called(tmp_path, found.serve)
    at = words.index("--worker-urls") + 1
    assert words[at : at + 3] == [
        "http://vllm-0:8000",
        "http://vllm-1:8000",
        "http://sglang-0:8000",
    ]
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert "--api-key" not in words
    assert found.key_env is None


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy", "llama.cpp", "ollama"])
def test_keys_are_read_from_the_environment_and_stand_nowhere(
    tmp_path: Path, framework: str
) -> None:
    found = made(servers(framework, key="SOME_KEY"), exposed=True)
    assert found.key_env
    texts = (*found.install, *found.serve, *found.check, found.file or "")
    keys = {"SOME_KEY": "it's a $KEY", found.key_env: "it's a $KEY"}
    words = [word for call in called(tmp_path, found.serve + found.check, **keys) for word in call]
    assert "Authorization: Bearer it's a $KEY" in words
    assert not any("it's a $KEY" in text for text in texts)
    assert any(found.key_env in note for note in found.notes)


def test_who_reaches_it_needs_a_key() -> None:
    found = made(servers("sglang"), exposed=True)
    assert found.key_env == "LLMPICK_API_KEY"
    assert "--host 0.0.0.0" in found.serve[0]
    assert '--api-key "$LLMPICK_API_KEY"' in found.serve[0]


@pytest.mark.parametrize("framework", ["vllm", "lmdeploy", "ollama"])
def test_hostile_names_stay_one_word_each(tmp_path: Path, framework: str) -> None:
    found = made(*(servers(framework, name, 1) for name in HOSTILE))
    calls = called(tmp_path, found.serve + found.check)
    bodies = [json.loads(words[words.index("-d") + 1]) for words in calls if "-d" in words]
    names = {name.replace("\0", "") for name in HOSTILE}
    assert {body["model"] for body in bodies if "model" in body} == names
    added = {name for body in bodies for name in body.get("status", {}).get("models", ())}
    assert added == (names if framework == "lmdeploy" else set())
    assert {row["model_name"] for row in _rows(found)} == (names if found.file else set())


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy", "llama.cpp", "ollama"])
def test_a_hostile_address_stays_one_word(tmp_path: Path, framework: str) -> None:
    url = "http://a'b$(touch pwned) --x"
    backend = Backend(framework=framework, model="m", urls=(url, "http://c"))
    found = made(backend)
    words = [word for call in called(tmp_path, found.serve) for word in call]
    words += [row["litellm_params"]["api_base"] for row in _rows(found)]
    assert any(url in word for word in words)


def _rows(found: Gateway) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load(found.file)["model_list"] if found.file else []
    return rows


def test_litellm_gets_a_row_for_each_server_and_names_keys() -> None:
    found = made(servers("vllm", "a", key="VLLM_API_KEY"), servers("ollama", "b", 1))
    assert found.file_name == "litellm.yaml"
    assert found.file
    document = yaml.safe_load(found.file)
    assert document["general_settings"] == {"master_key": "os.environ/LITELLM_MASTER_KEY"}
    assert [row["model_name"] for row in document["model_list"]] == ["a", "a", "b"]
    assert document["model_list"][0]["litellm_params"] == {
        "model": "openai/a",
        "api_base": "http://vllm-0:8000/v1",
        "api_key": "os.environ/VLLM_API_KEY",
    }
    assert document["model_list"][2]["litellm_params"]["api_key"] == "none"
    assert "general_settings" not in yaml.safe_load(str(made(servers("ollama")).file))


def test_workers_of_a_supervisor_are_started_on_their_machines() -> None:
    found = made(servers("xinference"))
    joined = [note for note in found.notes if "xinference-worker" in note]
    assert [note.split()[1] for note in joined] == ["xinference-0,", "xinference-1,"]
    assert "--host SUPERVISOR_IP" in found.serve[0]
    assert "http://SUPERVISOR_IP:9997/v1/models" in found.check[0]


def test_a_port_may_be_chosen() -> None:
    found = made(servers("vllm"), port=9000)
    assert "--port 9000" in found.serve[0]
    assert "http://127.0.0.1:9000/v1/models" in found.check[0]


def test_it_says_why_and_why_not_the_frameworks_own() -> None:
    own = made(servers("vllm", "a"))
    assert own.reasons[0] == "vLLM Router is vLLM's own gateway, and all servers are vLLM"
    neutral = made(servers("vllm", "a"), servers("vllm", "b"))
    assert neutral.reasons[0] == "vLLM Router does not choose servers by the model's name"
    mixed = made(servers("vllm", key="A"), servers("sglang", key="B"), lang="zh")
    assert len(mixed.reasons) == 4
    assert all(any(sign > "\u2fff" for sign in reason) for reason in mixed.reasons)


def test_what_no_gateway_takes_is_the_users_to_mend() -> None:
    with pytest.raises(InputError, match="without a star"):
        made(servers("ollama", "*\x1b"))


def test_every_answer_has_its_source() -> None:
    for framework in ("vllm", "sglang", "lmdeploy", "xinference", "llama.cpp", "ollama"):
        found = made(servers(framework))
        assert found.source in json.loads(KNOWN.read("sources.json"))["sources"]
