"""A framework is added as docs/adding.md says, with the file that stands there."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import yaml

from tests.cli.conftest import Done
from tests.documents.reading import DOCS, ROOT, blocks, commands

PAGE = DOCS / "adding.md"
RANKED = 'llmpick recommend --gpu "RTX 4090:2" --model Qwen/Qwen3-14B --include toyserve --json'
REFUSED = 'llmpick recommend --gpu "Tesla T4" --include toyserve --json'


def _own_knowledge(clone: Path) -> None:
    """Knowledge that may be written, with all that the page adds in it."""
    (clone / "knowledge").unlink()
    folder = clone / "knowledge"
    shutil.copytree(ROOT / "knowledge", folder)
    source, framework, accelerator, model = (block.text for block in blocks(PAGE, "yaml"))
    name = yaml.safe_load(framework)["id"]
    (folder / "frameworks" / f"{name}.yaml").write_text(framework, encoding="utf-8")
    _change(folder / "sources.yaml", lambda text: _inserted(text, indent(source, "  ")))
    for file, row in (("accelerators", accelerator), ("models", model)):
        # The first row of the list, whose name is the file's.
        head = f"\n{file}:\n"
        _change(folder / f"{file}.yaml", _first(head, row))


def _first(head: str, row: str) -> Callable[[str], str]:
    return lambda text: text.replace(head, f"{head}{row}", 1)


def _change(file: Path, changed: Callable[[str], str]) -> None:
    file.write_text(changed(file.read_text(encoding="utf-8")), encoding="utf-8")


def _inserted(sources: str, row: str) -> str:
    """``sources`` with a row more, in the order of the ids."""
    new = row.split(":", maxsplit=1)[0]
    for found in re.finditer(r"^  [\w.-]+(?=:$)", sources, re.MULTILINE):
        if found[0] > new:
            return sources[: found.start()] + row + sources[found.start() :]
    return sources + row


def _done(lines: list[str], clone: Path) -> list[Done]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.documents.one_process"],
        cwd=clone,
        env={**os.environ, "LLMPICK_KNOWLEDGE_DIR": "knowledge", "PYTHONPATH": str(ROOT)},
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [Done(*item) for item in json.loads(done.stdout)]


def test_the_walk_works(clone: Path) -> None:
    _own_knowledge(clone)
    walk = commands(PAGE)
    *walked, ranked, refused = _done([*walk, RANKED, REFUSED], clone)
    for line, done in zip(walk, walked, strict=True):
        assert done.code == 0, (line, done)
        assert "toy" in done.out.casefold() or "is valid" in done.out, line
    found = {item["framework"]: item for item in ranked.json["ranking"]}
    assert "--tp 2" in " ".join(found["toyserve"]["launch"]["serve"])
    rules = {item["framework"]: item["reasons"] for item in refused.json["rejected"]}
    assert rules["toyserve"][0]["rule"] == "toyserve.cuda.capability"


def test_the_page_takes_nothing_for_granted() -> None:
    for path in (ROOT / "knowledge").rglob("*.yaml"):
        assert "toyserve" not in path.read_text(encoding="utf-8")
