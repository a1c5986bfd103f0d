"""The server as a process: what hangs, what ends it, what it writes, what it lacks."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.agents.conftest import COMMAND, ROOT, ask, text

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and pipes")
_HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    },
}
_LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


def _started(**env: str) -> subprocess.Popen[bytes]:
    """A server that has answered the first message."""
    pipe = subprocess.PIPE
    given = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    process = subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=given)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{json.dumps(_HELLO)}\n".encode())
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "llmpick"
    return process


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """The exit code and standard error."""
    try:
        return process.wait(20), process.stderr.read() if process.stderr else b""
    finally:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


@POSIX_ONLY
def test_calls_that_hang_keep_nobody_waiting(tmp_path: Path) -> None:
    """A machine's file that nobody ever writes: each such call holds a thread for good."""
    pipe = tmp_path / "machine.json"
    os.mkfifo(pipe)

    async def talk(session: Any) -> tuple[str, str]:
        stuck = [
            asyncio.ensure_future(session.call_tool("recommend", {"machine": str(pipe)}))
            for _ in range(7)
        ]
        answered = await session.call_tool("recommend", {"gpu": ["L4"]})
        stuck += [asyncio.ensure_future(session.call_tool("recommend", {"machine": str(pipe)}))]
        await asyncio.sleep(0.2)
        refused = await session.call_tool("recommend", {"gpu": ["L4"]})
        assert refused.is_error
        assert not any(call.done() for call in stuck)
        for call in stuck:
            call.cancel()
        return text(answered), text(refused)

    answered, refused = ask(talk)
    assert json.loads(answered)["ranking"]
    assert refused == "8 calls are still under way; ask again when one has ended"


def test_a_call_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from mcp.types import CallToolRequestParams

    from recommender.cli.agents import server

    monkeypatch.setattr(server, "SECONDS", 0.05)
    free = threading.Event()
    monkeypatch.setattr("recommender.cli.agents.tools.call", lambda *_: free.wait(10))

    async def run() -> Any:
        asked = CallToolRequestParams(name="probe", arguments={})
        late = await server.Answers("en").called(None, asked)
        free.set()
        return late

    late = asyncio.run(run())
    assert late.is_error
    assert text(late) == "no answer within 0.05 seconds; the call was given up"


def test_many_calls_at_once_are_answered_each_by_its_own() -> None:
    gpus = ("L4", "RTX 4090", "H100 80GB:8", "Tesla T4", "none")

    async def talk(session: Any) -> tuple[list[Any], list[Any]]:
        calls = [session.call_tool("recommend", {"gpu": [gpu]}) for gpu in gpus]
        at_once = await asyncio.gather(*calls)
        return at_once, [await session.call_tool("recommend", {"gpu": [gpu]}) for gpu in gpus]

    at_once, one_by_one = ask(talk)
    assert [text(answer) for answer in at_once] == [text(answer) for answer in one_by_one]
    assert len({text(answer) for answer in at_once}) == len(gpus)


@POSIX_ONLY
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_without_a_word(sent: signal.Signals, code: int) -> None:
    process = _started()
    process.send_signal(sent)
    assert _ended(process) == (code, b"")


def test_the_end_of_its_input_ends_it_without_a_word() -> None:
    process = _started()
    assert process.stdin is not None
    process.stdin.close()
    assert _ended(process) == (0, b"")


@POSIX_ONLY
def test_a_client_that_reads_no_more_ends_it_without_a_word() -> None:
    process = _started()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdin.write(f"{json.dumps(_LIST)}\n".encode())
    process.stdin.flush()
    assert _ended(process) == (0, b"")


def test_what_is_no_message_is_passed_over() -> None:
    process = _started()
    for line in (b"\xff\xfe\n", b"{\n", b"[" * 100_000 + b"\n", json.dumps(_LIST).encode() + b"\n"):
        assert process.stdin is not None
        process.stdin.write(line)
    process.stdin.flush()  # type: ignore[union-attr]
    assert process.stdout is not None
    answers = [json.loads(process.stdout.readline())]
    while answers[-1].get("id") != 2:
        answers.append(json.loads(process.stdout.readline()))
    assert len(answers[-1]["result"]["tools"]) == 4
    process.stdin.close()  # type: ignore[union-attr]
    assert _ended(process)[0] == 0


def test_a_message_without_end_is_one_sentence() -> None:
    process = _started()
    assert process.stdin is not None
    try:
        process.stdin.write(b" " * (17 * 2**20))
        process.stdin.flush()
    except BrokenPipeError:
        pass
    code, said = _ended(process)
    assert (code, said) == (
        2,
        b"llmpick: a message is longer than 16 MiB; the connection ends here\n",
    )


_LOUD = """
    import os, subprocess, sys
    import recommender.probe
    quiet = recommender.probe.probe

    def loud(**wish):
        print("printed by a library")
        os.write(1, b"written to the descriptor")
        subprocess.run(["echo", "said by a child"])
        assert sys.stdin.read() == ""
        return quiet(**wish)

    recommender.probe.probe = loud
    sys.argv = ["llmpick", "serve", "--mcp"]
    from recommender.__main__ import main
    main()
"""


@POSIX_ONLY
def test_nothing_but_the_protocol_is_on_standard_output(tmp_path: Path) -> None:
    async def talk(session: Any) -> Any:
        return await session.call_tool("probe", {})

    script = tmp_path / "loud.py"
    script.write_text(textwrap.dedent(_LOUD), encoding="utf-8")
    found = ask(talk, [sys.executable, str(script)])
    assert not found.is_error, text(found)
    assert json.loads(text(found))["os"]["family"]


def test_nothing_is_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()

    async def talk(session: Any) -> list[Any]:
        launch = {"framework": "vllm", "gpu": ["L4"], "model": "Qwen/Qwen3-8B"}
        calls = {"recommend": {}, "probe": {}, "explain": {"framework": "sglang"}}
        return [
            await session.call_tool(name, given)
            for name, given in {**calls, "launch_plan": launch}.items()
        ]

    answers = ask(talk, HOME=str(home), XDG_CACHE_HOME="", XDG_DATA_HOME="")
    assert not any(answer.is_error for answer in answers)
    assert not list(home.rglob("*"))


def test_what_the_documents_say_of_clients_holds() -> None:
    page = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
    settings = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert len(settings) == 3
    for text_of_one in settings:
        assert json.loads(text_of_one)
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    # The program of this checkout, whatever stands on PATH.
    here = f"{program}".replace(
        'command="llmpick", args=[', f"command={sys.executable!r}, args=['-m', 'recommender', "
    )
    assert here != program
    command = [sys.executable, "-c", here]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("vllm\n", "")


def test_without_the_sdk_a_sentence_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['mcp'] = None; sys.argv = ['llmpick', 'serve', '--mcp'];"
        "from recommender.__main__ import main; main()"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr == (
        "llmpick: --mcp needs the package mcp, 2 or newer; install it with "
        "pip install 'llmpick[mcp]'\n"
    )


def test_without_a_protocol_a_sentence_says_which() -> None:
    command = [sys.executable, "-m", "recommender", "serve"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr.startswith("llmpick: llmpick serve speaks one protocol")
