"""Let a framework's own parser read command lines; run by the Python in which it is installed.

``python parse_commands.py FRAMEWORK LINES ANSWERS``: LINES is a JSON array of arrays of words, each
as each parser below says. ANSWERS becomes an array as long: null where the parser took
them, else what it said. One process for all, for the import takes ten seconds and more.
"""

import argparse
import io
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

Words = Sequence[str]
Parse = Callable[[Words], object]


def vllm() -> Parse:
    """Parse what follows ``vllm serve``, with all checks that come before a look at the model."""
    from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.entrypoints.launchers.launcher import validate_api_server_args
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = make_arg_parser(FlexibleArgumentParser(prog="vllm serve"))

    def parse(words: Words) -> None:
        given = parser.parse_args(list(words))
        validate_parsed_serve_args(given)
        reasoning = given.reasoning_parser or given.structured_outputs_config.reasoning_parser
        given.structured_outputs_config.reasoning_parser = reasoning
        validate_api_server_args(given)

    return parse


def sglang() -> Parse:
    """Parse what follows ``sglang serve``; its first word is the model."""
    from sglang.srt.server_args import ServerArgs

    parser = argparse.ArgumentParser(prog="sglang serve")
    ServerArgs.add_cli_args(parser)
    return lambda words: parser.parse_args(["--model-path", *words])


def lmdeploy() -> Parse:
    """Parse what follows ``lmdeploy``, and look its parsers up as the server's start does."""
    from lmdeploy.cli.cli import CLI
    from lmdeploy.cli.serve import SubCliServe
    from lmdeploy.serve.parsers import validate_parser_names

    CLI.add_parsers()
    SubCliServe.add_parsers()

    def parse(words: Words) -> None:
        given = CLI.parser.parse_args(list(words))
        if given.run is SubCliServe.api_server:
            validate_parser_names(given.reasoning_parser, given.tool_call_parser)

    return parse


def xinference() -> Parse:
    """Parse the words of ``xinference`` or ``xinference-...``, the program's name first."""
    from xinference.deploy import cmdline

    programs = {
        "xinference": cmdline.cli,
        "xinference-local": cmdline.local,
        "xinference-supervisor": cmdline.supervisor,
        "xinference-worker": cmdline.worker,
    }

    def parse(words: Words) -> None:
        program, rest = programs[words[0]], list(words[1:])
        if words[0] == "xinference":
            program, rest = program.commands[rest[0]], rest[1:]
        program.make_context(words[0], rest)

    return parse


PARSERS: dict[str, Callable[[], Parse]] = {
    "lmdeploy": lmdeploy,
    "sglang": sglang,
    "vllm": vllm,
    "xinference": xinference,
}


def main(framework: str, lines: str, answers: str) -> None:
    """Read the lines, ask the parser, write what it said."""
    parse = PARSERS[framework]()
    asked = json.loads(Path(lines).read_text(encoding="utf-8"))
    said = [_said(parse, words) for words in asked]
    Path(answers).write_text(json.dumps(said), encoding="utf-8")


def _said(parse: Parse, words: Words) -> str | None:
    """What the parser says against ``words``, in one line; None if nothing."""
    heard = io.StringIO()
    try:
        with redirect_stderr(heard), redirect_stdout(heard):
            parse(words)
    except SystemExit:
        lines = heard.getvalue().strip().splitlines()
        return lines[-1] if lines else "it ended without a word"
    except Exception as error:  # noqa: BLE001  # whatever it raises is its no
        return f"{type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
