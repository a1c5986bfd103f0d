"""Every command that llmpick prints for llama.cpp on processors, started and asked."""

import shlex
import urllib.error
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from .emitted import placed
from .llama_server import Server, environment, free_port, serving
from .tiny_lora import write_tiny_lora
from .workloads import PROCESSORS, WORK, YES_OR_NO, Work, chats, embeds, scores, serve_lines

PROGRAM = "llama-server"
# What a command says where a user puts a file of their own.
ADAPTER = "LORA_PATH"
Run = Callable[..., AbstractContextManager[Server]]
Models = dict[Callable[[Server], None], Path]


@pytest.fixture(scope="session")
def models(tiny_model: Path, tiny_embedder: Path, tiny_reranker: Path) -> Models:
    """The model that a proof asks; any other proof asks the one that generates."""
    return {chats: tiny_model, embeds: tiny_embedder, scores: tiny_reranker}


@pytest.fixture
def run(llama_server_bin: Path, tmp_path: Path) -> Run:
    """Start an emitted line with another model, and with more options and variables if wished."""

    @contextmanager
    def start(line: str, model: Path, more: str = "", **env: str) -> Iterator[Server]:
        port = free_port()
        command = placed(line, model, port, PROGRAM) + more
        if ADAPTER in command:
            write_tiny_lora(tmp_path / ADAPTER)
        known = environment(llama_server_bin) | env
        with serving(command, port, known, tmp_path / "log", tmp_path) as server:
            server.wait_until_healthy()
            yield server

    return start


def proposed(work: Work, build: str | None = None) -> str:
    return next(serve_lines(PROCESSORS["x86"], work.asked, build))


@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
def test_the_command_for_a_kind_of_work_does_it(work: Work, run: Run, models: Models) -> None:
    with run(proposed(work), models.get(work.proof, models[chats])) as server:
        work.proof(server)


@pytest.mark.parametrize("proof", [chats, embeds, scores])
def test_the_command_for_a_local_file_needs_no_other_model(
    proof: Callable[[Server], None], run: Run, models: Models
) -> None:
    line = proposed(Work({"model": str(models[proof])}))
    assert str(models[proof]) in shlex.split(line)
    with run(line, models[proof]) as server:
        proof(server)


@pytest.mark.parametrize(
    ("build", "work"),
    [("6000", "agents"), ("7000", "agents"), ("7000", "kv-quant"), ("11669", "kv-quant")],
)
def test_the_command_for_an_installed_build_serves(
    build: str, work: str, run: Run, models: Models
) -> None:
    """What older builds had to be told is still taken."""
    line = proposed(WORK[work], build)
    assert line.startswith(f"{PROGRAM} ")
    assert ("--jinja" in line) == (work == "agents" and int(build) < 7170)
    assert ("-fa on" in line) == (work == "kv-quant")
    with run(line, models[chats]) as server:
        WORK[work].proof(server)


def test_builds_whose_flash_attention_is_a_switch_get_one() -> None:
    words = shlex.split(proposed(WORK["kv-quant"], "6000"))
    assert words[words.index("-fa") + 1] == "-ctk"


def test_the_arguments_of_the_image_serve(run: Run, models: Models) -> None:
    (line,) = (line for line in serve_lines(PROCESSORS["x86"], {}) if line.startswith("docker run"))
    with run(line, models[chats]) as server:
        chats(server)


@pytest.mark.parametrize("machine", PROCESSORS.values(), ids=PROCESSORS.keys())
@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
def test_every_processor_gets_the_command_that_is_started_here(
    machine: Mapping[str, Any], work: Work
) -> None:
    """Beside program and variables only the address differs, which in a container is any."""
    known = arguments(proposed(work))
    assert {arguments(line) for line in serve_lines(machine, work.asked)} == {known}


def arguments(line: str) -> str:
    _, _, found = placed(line, Path("/m.gguf"), 9, PROGRAM).partition(PROGRAM)
    return found.replace("--host 0.0.0.0", "--host 127.0.0.1")


@pytest.mark.parametrize("work", ["nothing-said", "embeddings"])
def test_a_key_in_the_environment_shuts_out_whoever_has_none(
    work: str, run: Run, models: Models
) -> None:
    model = models.get(WORK[work].proof, models[chats])
    with run(proposed(WORK[work]), model, LLAMA_API_KEY="of the house") as server:
        for wrong in (None, "of another house"):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                server.ask("/v1/chat/completions", YES_OR_NO, key=wrong)
        assert server.ask("/v1/models", key="of the house")["data"]
        with_key = Server(server.process, server.port, server.log_file, key="of the house")
        WORK[work].proof(with_key)


def test_a_key_in_a_file_does_the_same(run: Run, models: Models, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("of the house\n")
    more = f" --api-key-file {tmp_path / 'keys'}"
    with run(proposed(WORK["nothing-said"]), models[chats], more) as server:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            server.ask("/v1/chat/completions", YES_OR_NO)
        chats(Server(server.process, server.port, server.log_file, key="of the house"))


def test_another_process_lends_its_device(
    run: Run, models: Models, llama_server_bin: Path, tmp_path: Path
) -> None:
    """Weights and cache are where the RPC server is, as on a second machine."""
    port = free_port()
    lender = f"ggml-rpc-server -H 127.0.0.1 -p {port}"
    log = tmp_path / "lender"
    with serving(lender, port, environment(llama_server_bin), log) as rpc:
        rpc.wait_until_it_listens()
        line, more = proposed(WORK["nothing-said"]), f" --rpc 127.0.0.1:{port}"
        with run(line, models[chats], more, LLAMA_ARG_LOG_VERBOSITY="4") as server:
            chats(server)
            told = server.log_file.read_text()
    assert f"RPC0[127.0.0.1:{port}] model buffer size" in told, told
    assert f"RPC0[127.0.0.1:{port}] KV buffer size" in told, told
    assert "Accepted client connection" in rpc.log
