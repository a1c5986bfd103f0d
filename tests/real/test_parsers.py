"""Every command that llmpick emits over a wide grid is accepted by the framework's own parser."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from .environments import Environments
from .every_command import Emission, every

pytestmark = pytest.mark.real

_SECONDS = 600.0
_PROGRAM = Path(__file__).with_name("parse_commands.py")
_LEAST = 20
Ask = Callable[[str, Sequence[Sequence[str]]], list[str | None]]


@pytest.fixture
def ask(environments: Environments, tmp_path: Path) -> Ask:
    """Let the parser of a framework read lines of words, and return what it said to each."""

    def parse(framework: str, lines: Sequence[Sequence[str]]) -> list[str | None]:
        asked, answered = tmp_path / "asked.json", tmp_path / "answered.json"
        asked.write_text(json.dumps(lines), encoding="utf-8")
        done = subprocess.run(
            [environments.python(framework), _PROGRAM, framework, asked, answered],
            env=environments.parsing(framework),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        said: list[str | None] = json.loads(answered.read_text(encoding="utf-8"))
        assert len(said) == len(lines)
        return said

    return parse


def read_by_vllm() -> list[tuple[Emission, list[str]]]:
    return [(one, one.from_model()) for one in every("vllm") if one.model in one.words]


def read_by_sglang() -> list[tuple[Emission, list[str]]]:
    # On TPUs it is another program, sgl_jax, with a parser of its own.
    return [
        (one, one.from_model())
        for one in every("sglang")
        if one.model in one.words and "sgl_jax" not in one.line
    ]


def read_by_lmdeploy() -> list[tuple[Emission, list[str]]]:
    return [
        (one, one.after("lmdeploy")) for one in every("lmdeploy") if "lmdeploy serve" in one.line
    ]


def read_by_xinference() -> list[tuple[Emission, list[str]]]:
    programs = ("xinference", "xinference-local", "xinference-supervisor", "xinference-worker")
    return [
        (one, [program, *one.after(program)])
        for one in every("xinference")
        for program in programs
        if f"{program} " in one.line and " docker" not in f" {one.line}"
    ]


@pytest.mark.parametrize(
    ("framework", "read"),
    [
        ("vllm", read_by_vllm),
        ("sglang", read_by_sglang),
        ("lmdeploy", read_by_lmdeploy),
        ("xinference", read_by_xinference),
    ],
    ids=["vllm", "sglang", "lmdeploy", "xinference"],
)
def test_every_command_is_accepted(
    framework: str, read: Callable[[], list[tuple[Emission, list[str]]]], ask: Ask
) -> None:
    found = read()
    assert len(found) >= _LEAST
    said = ask(framework, [words for _, words in found])
    refused = {
        f"{answer} [{one.where}]: {one.line}"
        for (one, _), answer in zip(found, said, strict=True)
        if answer
    }
    assert not refused, "\n".join(sorted(refused))


@pytest.mark.parametrize(
    ("framework", "lines"),
    [
        (
            "vllm",
            (
                "model --enable-prefix-cachng",
                "model --enable-auto-tool-choice --tool-call-parser no-such",
                "model --reasoning-parser no-such",
                "model --kv-cache-dtype fp9",
            ),
        ),
        (
            "sglang",
            (
                "model --no-such-flag",
                "model --tool-call-parser no-such",
                "model --kv-cache-dtype fp9",
            ),
        ),
        (
            "lmdeploy",
            (
                "serve api_server model --device cpu",
                "serve api_server model --tool-call-parser no-such",
                "serve api_server model --bogus",
            ),
        ),
        ("xinference", ("xinference-local --bogus", "xinference launch --size-in-billions 7")),
    ],
    ids=["vllm", "sglang", "lmdeploy", "xinference"],
)
def test_the_parser_says_no_too(framework: str, lines: tuple[str, ...], ask: Ask) -> None:
    """Else the test above would pass with anything."""
    said = dict(zip(lines, ask(framework, [line.split() for line in lines]), strict=True))
    assert None not in said.values(), said
