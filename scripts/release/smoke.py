"""Tries an installed llmpick, in its own Python: run as a program, far from any checkout."""

import asyncio
import importlib.util
import json
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Any

import recommender

_PROGRAM = str(Path(sysconfig.get_path("scripts")) / "llmpick")
_GPU = ("--gpu", "H100 80GB:8")
_CALLS: dict[str, dict[str, Any]] = {
    "recommend": {"gpu": ["L4"]},
    "probe": {},
    "explain": {"gpu": ["L4"], "framework": "vllm", "why_not": True},
    "launch_plan": {"gpu": ["L4"], "framework": "ollama"},
}


def _said(*arguments: str, given: str = "") -> str:
    command = [_PROGRAM, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    if done.stderr and "report" not in arguments:
        raise AssertionError(done.stderr)
    return done.stdout


def _command_line() -> None:
    model = ("--model", "meta-llama/Llama-3.3-70B-Instruct")
    busy = ("--use-case", "production", "--concurrency", "200", *model)
    assert _said("--version") == f"llmpick {metadata.version('llmpick')}\n"
    assert _said("recommend", *_GPU, *busy, "-o", "name") == "vllm\n"
    assert "vLLM" in _said("recommend", *_GPU, "--lang", "zh")
    assert json.loads(
        _said("recommend", "--machine", "-", "--json", given=_said("probe", "--json"))
    )
    assert "docker run" in _said("launch", "vllm", *_GPU, *model, "--target", "docker")
    _said("report", *_GPU, "-o", "report.html")
    assert "</html>" in Path("report.html").read_text(encoding="utf-8")
    assert json.loads(_said("schema", "answer"))["type"] == "object"
    assert len(json.loads(_said("serve", "--tools"))) == len(_CALLS)


def _api() -> None:
    folder = Path(recommender.__file__).parent
    assert (folder / "py.typed").is_file()
    assert (folder / "_knowledge" / "core.json").is_file()
    answer = recommender.recommend(recommender.describe_machine("RTX 4090:2"))
    assert answer.ranking[0].rank == 1


async def _agent() -> None:
    from mcp import ClientSession, StdioServerParameters, stdio_client

    started = StdioServerParameters(command=_PROGRAM, args=["serve", "--mcp"])
    async with stdio_client(started) as streams, ClientSession(*streams) as session:
        await session.initialize()
        for name, asked in _CALLS.items():
            answer = await session.call_tool(name, asked)
            assert not answer.is_error, answer.content


def main() -> None:
    """Try everything, and tell which Python and dependencies did it."""
    _command_line()
    _api()
    tried = ["typer", "pydantic", "pyyaml", "rich", "psutil"]
    if importlib.util.find_spec("mcp"):
        asyncio.run(asyncio.wait_for(_agent(), 60))
        tried.append("mcp")
    versions = [f"{name} {metadata.version(name)}" for name in tried]
    print(f"Python {sys.version.split()[0]}:", ", ".join(versions))


if __name__ == "__main__":
    main()
