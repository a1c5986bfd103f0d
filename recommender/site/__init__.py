"""What a site adds to the knowledge: its own folder of YAML files, read and checked.

docs/site-knowledge.md says what may stand in it. ``recommender.overlay`` lays it over the rest.
"""

import re
from pathlib import Path

from recommender.errors import InputError, printable
from recommender.overlay import Overlay
from recommender.site import hardware, house, models
from recommender.site.checks import Findings
from recommender.site.conditions import Conditions
from recommender.site.tree import Node, WrongFileError
from recommender.site.tree import read as read_file

_PARTS = ("accelerators", "models", "rules")
_MOST_FILES, _MOST_ENTRIES = 50, 2_000
_FILE = re.compile(r"[\w][\w. -]{0,80}\.ya?ml")


def read(folder: Path) -> Overlay:
    """What the folder of a site adds.

    Raises:
        InputError: something in it is wrong; the message names the first such place.
    """
    made, findings = _read(folder)
    found = findings.places()
    if found:
        shown, (place, what) = printable(folder), found[0]
        message = f"knowledge folder {shown} has mistakes ({len(found)}): {place}: {what}"
        raise InputError(message)
    return made


def check(folder: Path) -> list[str]:
    """Every finding in the folder of a site, one sentence each."""
    try:
        return [f"{place}: {what}" for place, what in _read(folder)[1].places()]
    except InputError as error:
        return [str(error)]


def _read(folder: Path) -> tuple[Overlay, Findings]:
    from recommender.knowledge import installed

    findings = Findings()
    parts = _parts(_trees(folder, findings), findings)
    core = installed("core")
    heads = (*core["frameworks"], *installed("challengers")["frameworks"])
    known = house.Known(heads=heads, words=core["words"]["words"])
    conditions = Conditions(findings, core["situations"]["situations"])
    rules = house.Rules(known, conditions, findings).read(parts["rules"])
    made = Overlay(
        folder=str(folder),
        accelerators=hardware.accelerators(
            parts["accelerators"], installed("accelerators")["accelerators"], findings
        ),
        models=models.models(
            parts["models"],
            installed("models")["models"],
            [row["id"] for row in core["quantizations"]["quantizations"]],
            findings,
        ),
        requirements=rules.requirements,
        rules=rules.rules,
        notices=rules.notices,
        hidden=rules.hidden,
    )
    return made, findings


def _trees(folder: Path, findings: Findings) -> list[Node]:
    """What the YAML files of the folder hold; other files and folders in it are left alone."""
    trees = []
    for path in _files(folder):
        try:
            trees.append(read_file(path, path.name))
        except WrongFileError as error:
            findings.note(error.file, error.line, error.what)
    return trees


def _files(folder: Path) -> list[Path]:
    shown = printable(folder)
    try:
        named = [path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"}]
        files = sorted(path for path in named if path.is_file() and path.name[0] != ".")
    except OSError as error:
        message = f"knowledge folder {shown} cannot be read: {error.strerror}"
        raise InputError(message) from error
    if not files:
        keys = ", ".join(_PARTS)
        message = f"knowledge folder {shown} has no .yaml file; write one with any of {keys}"
        raise InputError(message)
    if len(files) > _MOST_FILES:
        message = f"knowledge folder {shown} has more than {_MOST_FILES} .yaml files"
        raise InputError(message)
    for path in files:
        if not _FILE.fullmatch(path.name):
            name = printable(path.name)
            message = f"knowledge folder {shown}: rename the file '{name}' to letters, digits and -"
            raise InputError(message)
    return files


def _parts(trees: list[Node], findings: Findings) -> dict[str, list[Node]]:
    """The entries of each list, whichever file they stand in."""
    parts: dict[str, list[Node]] = {part: [] for part in _PARTS}
    for tree in trees:
        for part, node in findings.mapping(tree, _PARTS).items():
            parts[part] += findings.items(node)
            if len(parts[part]) > _MOST_ENTRIES:
                findings.add(node, f"there are more than {_MOST_ENTRIES} {part}")
                parts[part] = []
    return parts
