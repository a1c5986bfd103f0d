"""Every command of the documents runs and answers.

A ``sh`` block is run line by line in a folder of its own. A ``console`` block holds what cannot be
run here: it says what it needs, and its options are read.
"""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from recommender.cli.main import application
from tests.documents.conftest import Shell
from tests.documents.reading import DOCUMENTS, README, SET_UP, blocks, commands
from tests.serving.fake_server import fake_server

# What a command can need that is not here: a server, a network, root, a cluster, what a reader has.
_NEEDS = re.compile(
    r"--run\b| -i |--hub\b|knowledge (status|refresh)\b|https?://|^sudo |^docker |^kubectl "
    r"|^sbatch |^systemctl |^sky |^pip install |^git clone |^ssh |^\. "
    r"|^python3? (-m )?(scripts|tests)|^\.venv|^eval |^npx |^scontrol |^sinfo |^srun |^pdsh "
    r"|^ansible |^bash |--ray\b|^claude |^codex |^gemini |serve --mcp$"
)
# A line that says in its comment which exit code it ends with.
_CODE = re.compile(r"\s+# exit code (\d)$")
_SAYS_NOTHING = re.compile(r" > \S+$| -o [\w.-]+\.\w+( |$)")


def _named(paths: tuple[Path, ...]) -> list[str]:
    return [str(path.relative_to(README.parent)) for path in paths]


def _needs_jq(line: str) -> bool:
    return "| jq " in line


# These change the knowledge: test_adding.py and test_site.py walk them.
_WALKED = {"adding.md", "site-knowledge.md"}
WITH_COMMANDS = tuple(p for p in DOCUMENTS if commands(p) and p.name not in _WALKED)
WITH_JQ = tuple(path for path in DOCUMENTS if any(map(_needs_jq, commands(path))))
WITH_CONSOLE = tuple(path for path in DOCUMENTS if commands(path, "console"))


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=_named(WITH_COMMANDS))
def test_commands_run_in_order(path: Path, shell: Shell) -> None:
    for line in commands(path):
        if not _needs_jq(line):
            _run(line, shell)


@pytest.mark.skipif(
    not shutil.which("jq") and "LLMPICK_REQUIRE_REAL" not in os.environ,
    reason="recipes with jq need jq (apt-get install jq)",
)
@pytest.mark.parametrize("path", WITH_JQ, ids=_named(WITH_JQ))
def test_recipes_with_jq_run(path: Path, shell: Shell) -> None:
    for line in filter(_needs_jq, commands(path)):
        _run(line, shell)


def _run(line: str, shell: Shell) -> None:
    expected = _CODE.search(line)
    command = _CODE.sub("", line)
    done = shell(command)
    assert done.code == (int(expected[1]) if expected else 0), (line, done.err)
    told = done.out + (done.err if expected else "")
    assert told.strip() or _SAYS_NOTHING.search(command), line


@pytest.mark.parametrize("path", WITH_CONSOLE, ids=_named(WITH_CONSOLE))
def test_what_is_not_run_needs_what_is_not_here(path: Path) -> None:
    for line in commands(path, "console"):
        assert _NEEDS.search(line), f"{line}: runs here, so belongs into a sh block"
        for part in re.split(r" \| | && ", line):
            if part.startswith("llmpick "):
                _read_options(shlex.split(part)[1:])


def _read_options(words: list[str]) -> None:
    """Fails where an option or a command is unknown."""
    group = typer.main.get_command(application(words))
    context = group.make_context("llmpick", words)
    command = group.get_command(context, words[0])  # type: ignore[attr-defined]
    assert command is not None, words
    command.make_context(words[0], words[1:], parent=context)


def test_servers_are_verified_as_written(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    lines = [
        line
        for path in WITH_CONSOLE
        for line in commands(path, "console")
        if line.startswith("llmpick verify http://127.0.0.1")
    ]
    assert lines
    with fake_server() as server:
        for line in dict.fromkeys(lines):
            done = shell(re.sub(r"http://127\.0\.0\.1:\d+", server.url, line))
            assert done.code == 0, (line, done.err)


def test_every_block_has_a_known_language() -> None:
    known = {"sh", "console", "json", "yaml", "text", "python"}
    for path in DOCUMENTS:
        for block in blocks(path):
            assert block.language in known, (path, block)


def test_the_two_set_up_commands_are_what_the_ci_script_runs() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if line.startswith(SET_UP)]
    assert len(found) == 2
    assert found[0].endswith("llmpick recommend")
    assert "pytest" in found[1]
    script = (README.parent / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme 1" in script
    assert "readme 2" in script
