"""A client of the official SDK that speaks with a real llmpick over its standard streams."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "mcp"
COMMAND = [sys.executable, "-m", "recommender", "serve", "--mcp"]
ROOT = Path(__file__).parents[3]

if not os.environ.get("LLMPICK_REQUIRE_REAL"):
    pytest.importorskip(PACKAGE, reason="needs llmpick[mcp]")


def ask(talk: Callable[[Any], Awaitable[Any]], command: Sequence[str] = COMMAND, **env: str) -> Any:
    """What ``talk`` makes of a session with a server that was just started."""
    from mcp import ClientSession, StdioServerParameters, stdio_client

    async def run() -> Any:
        given = {**os.environ, "PYTHONPATH": str(ROOT), **env}
        started = StdioServerParameters(command=command[0], args=list(command[1:]), env=given)
        # By default the stream that was standard error when the SDK was imported, by whatever test.
        client = stdio_client(started, errlog=sys.__stderr__ or sys.stderr)
        async with client as streams, ClientSession(*streams) as session:
            await session.initialize()
            return await talk(session)

    return asyncio.run(asyncio.wait_for(run(), 60))


def text(result: Any) -> str:
    """What a tool answered as text."""
    assert [item.type for item in result.content] == ["text"]
    return str(result.content[0].text)
