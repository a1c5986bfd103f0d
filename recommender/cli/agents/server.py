"""The tools over the Model Context Protocol; what needs its SDK is here alone.

Source: https://modelcontextprotocol.io/specification/2025-11-25 and the package mcp.
"""

import asyncio
import json
import traceback
from collections.abc import Mapping
from threading import Semaphore
from typing import Any

from mcp import MCPError
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)

from recommender import __version__
from recommender.cli.agents import tools
from recommender.cli.agents.wire import Lines, aside
from recommender.cli.helping.texts import texts
from recommender.errors import InputError, nearest, printable
from recommender.render.document import as_json

# The probe and the hub give up long before; so many calls may be under way or given up.
SECONDS, MOST_CALLS = 60, 8


class Answers:
    """Answers calls side by side, each in a thread of its own that may be given up."""

    def __init__(self, lang: str) -> None:
        """In a language, where a call names none."""
        self._lang, self._said = lang, texts(lang)
        self._free = Semaphore(MOST_CALLS)

    async def listed(self, _context: Any, _page: PaginatedRequestParams | None) -> ListToolsResult:
        """Every tool; there is one page of them."""
        every = await aside(lambda: tools.described(self._lang))
        return ListToolsResult(tools=[Tool.model_validate(tool) for tool in every])

    async def called(self, _context: Any, asked: CallToolRequestParams) -> CallToolResult:
        """The answer of a tool, or the sentence that says what is wrong with the call.

        Raises:
            MCPError: there is no such tool.
        """
        tool = tools.tools().get(asked.name)
        if tool is None:
            hint = nearest(asked.name, tools.tools())
            raise MCPError(INVALID_PARAMS, f"no tool '{printable(asked.name)}'{hint}")
        if not self._free.acquire(blocking=False):
            return _wrong(self._said.say("errors", "busy", count=str(MOST_CALLS)))
        try:
            work = aside(lambda: self._worked(tool, asked.arguments or {}))
            return await asyncio.wait_for(work, SECONDS)
        except TimeoutError:
            return _wrong(self._said.say("errors", "late", seconds=str(SECONDS)))

    def _worked(self, tool: tools.Tool, values: Mapping[str, Any]) -> CallToolResult:
        try:
            return self._answer(tool, values)
        finally:
            self._free.release()

    def _answer(self, tool: tools.Tool, values: Mapping[str, Any]) -> CallToolResult:
        try:
            text = as_json(tools.call(tool, values, self._lang), indent=False)
        except InputError as error:
            return _wrong(str(error))
        except Exception as error:  # noqa: BLE001  # the next call may well be answered
            traceback.print_exc()
            return _wrong(self._said.say("errors", "failed", kind=type(error).__name__))
        content = TextContent(type="text", text=text)
        return CallToolResult(content=[content], structured_content=json.loads(text))


def _wrong(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def run(lang: str) -> None:
    """Answer until the client has closed its end.

    Raises:
        InputError: a message is too long.
    """
    try:
        asyncio.run(_serve(lang))
    except* (BrokenPipeError, ConnectionError):
        pass  # nobody reads on
    except* InputError as group:
        raise group.exceptions[0] from None


async def _serve(lang: str) -> None:
    answers, lines = Answers(lang), Lines(lang)
    server: Server[Any] = Server(
        "llmpick",
        version=__version__,
        instructions=texts(lang).say("tools", "instructions"),
        on_list_tools=answers.listed,
        on_call_tool=answers.called,
    )
    streams: Any = (lines, lines)
    async with stdio_server(*streams) as (inward, outward):
        await server.run(inward, outward, server.create_initialization_options())
