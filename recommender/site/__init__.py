"""What a site adds to the knowledge: its own folder of YAML files, read and checked.

docs/site-knowledge.md says what may stand in it. ``recommender.overlay`` lays it over the rest.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recommender.errors import InputError, printable
from recommender.knowledge import installed, overlaid
from recommender.overlay import Overlay
from recommender.overlay.addresses import Addresses
from recommender.site import house
from recommender.site.checks import Findings
from recommender.site.conditions import Conditions
from recommender.site.hardware import accelerators
from recommender.site.models import models
from recommender.site.places import MIRRORS, Catalogue, Places
from recommender.site.tree import Node, WrongFileError
from recommender.site.tree import read as read_file

_LISTS = ("accelerators", "models", "rules")
_MAPPINGS = ("images", "mirrors", "versions")
_PARTS = (*_LISTS, *_MAPPINGS)
_EXAMPLES = ["vllm/cuda", "sglang/cuda"]
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
    findings = Findings()
    trees = _trees(folder, findings)
    for tree in trees:
        findings.mapping(tree, _PARTS)
    lists, core = _lists(trees, findings), installed("core")
    made = Overlay(
        folder=str(folder.resolve()),
        accelerators=accelerators(
            lists["accelerators"], installed("accelerators")["accelerators"], findings
        ),
        models=models(
            lists["models"],
            installed("models")["models"],
            [row["id"] for row in core["quantizations"]["quantizations"]],
            findings,
        ),
        **vars(_house(lists["rules"], core, findings)),
        addresses=_addresses(_mappings(trees, findings), core, findings),
    )
    return made, findings


def _house(nodes: list[Node], core: Mapping[str, Any], findings: Findings) -> house.House:
    heads = (*core["frameworks"], *installed("challengers")["frameworks"])
    known = house.Known(heads=heads, words=core["words"]["words"])
    conditions = Conditions(findings, core["situations"]["situations"])
    return house.Rules(known, conditions, findings).read(nodes)


def _addresses(
    given: dict[str, dict[str, Node]], core: Mapping[str, Any], findings: Findings
) -> Addresses | None:
    # All platforms take longer to read than those of one question.
    named = given["images"] or given["versions"]
    platforms = dict(overlaid(None).bodies()) if named else {}
    known = Catalogue(platforms=platforms, words=core["words"]["words"])
    return Places(known, findings).read(given)


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


def _lists(trees: list[Node], findings: Findings) -> dict[str, list[Node]]:
    """The entries of each list, whichever file they stand in."""
    parts: dict[str, list[Node]] = {part: [] for part in _LISTS}
    for part, node in _given(trees, _LISTS):
        parts[part] += findings.items(node)
        if len(parts[part]) > _MOST_ENTRIES:
            findings.add(node, f"there are more than {_MOST_ENTRIES} {part}")
            parts[part] = []
    return parts


def _mappings(trees: list[Node], findings: Findings) -> dict[str, dict[str, Node]]:
    """The keys of each mapping, whichever file they stand in; none stands twice."""
    parts: dict[str, dict[str, Node]] = {part: {} for part in _MAPPINGS}
    for part, node in _given(trees, _MAPPINGS):
        named = list(node.value) if isinstance(node.value, dict) else _EXAMPLES
        every = MIRRORS if part == "mirrors" else named
        for key, value in findings.mapping(node, every).items():
            if key in parts[part]:
                first = parts[part][key].place
                findings.add(value, f"'{printable(key)}' stands in {first} already")
            parts[part][key] = value
    return parts


def _given(trees: list[Node], names: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    for tree in trees:
        yield from ((part, node) for part, node in tree.value.items() if part in names)
