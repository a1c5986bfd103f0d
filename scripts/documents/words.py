"""What the words of a workload move, as tables read from the knowledge."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from recommender.devices.described import describe
from recommender.facts import Workload
from recommender.knowledge import load
from recommender.knowledge_source import read_yaml, spell_out
from recommender.pipeline import recommend
from scripts.documents.capture import ROOT

PAGE = ROOT / "docs" / "use-cases.md"
# Machines that differ in what decides, and how many people use each at the same time.
_MACHINES = (
    ("RTX 4090", 1),
    ("M4 Max 128GB", 1),
    ("none", 1),
    ("H100 SXM:8", 50),
    ("Ascend 910B3:8", 50),
)
_NONE_RAM_GIB = 64.0
_FACTS = {
    "use_cases": "workload.use_case",
    "priorities": "workload.priority",
    "features": "workload.features",
}
_FILES = ("recommendations", "workload", "corrections")
_WANTS = ("has", "has_all")
_PARTS = ("arguments", "environment", "methods")

Tree = Mapping[str, Any]


def page(text: str) -> str:
    """The page with every marked table made anew."""
    tables = {"picks": picks(), **{name: moved(name) for name in _FACTS}}
    for name, rows in tables.items():
        start, end = f"<!-- table: {name} -->\n", f"<!-- end: {name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        if not after:
            message = f"docs/use-cases.md has no place for the table {name}"
            raise ValueError(message)
        text = f"{before}{start}\n" + "\n".join(rows) + f"\n\n{end}{after}"
    return text


def picks() -> list[str]:
    """Which framework comes first for each use case on machines of different kinds."""
    heads = [f"{_title(gpu)}, {users} at once" for gpu, users in _MACHINES]
    rows = [
        [f"`{word}`", *(_pick(word, gpu, users) for gpu, users in _MACHINES)]
        for word in load().vocabulary("use_cases")
    ]
    return _table(["use case", *heads], rows)


def moved(group: str) -> list[str]:
    """What each word of a group adds to the scores, and whose commands it changes."""
    rows = [
        [
            f"`{word}`",
            meaning["zh"],
            "<br>".join(_points(group, word)) or "-",
            ", ".join(_commanded(group, word)) or "-",
        ]
        for word, meaning in load().vocabulary(group).items()
    ]
    return _table(["word", "中文", "what it adds to a score", "changes the command of"], rows)


def mentions(when: Any, fact: str, word: str) -> bool:
    """Whether a condition asks for this word, itself or through a situation with a name."""
    if isinstance(when, Sequence) and not isinstance(when, str):
        return any(mentions(item, fact, word) for item in when)
    if not isinstance(when, Mapping):
        return False
    return any(_asks(key, test, fact, word) for key, test in when.items())


def _asks(key: str, test: Any, fact: str, word: str) -> bool:
    if key in {"all", "any"}:
        return mentions(test, fact, word)
    if key == "holds":
        names = [test] if isinstance(test, str) else test
        situations = load().document["situations"]["situations"]
        return any(mentions(situations[name], fact, word) for name in names)
    if key != fact:
        return False
    wanted = [test.get(name) for name in _WANTS] if isinstance(test, Mapping) else [test]
    return any(word == value or (isinstance(value, list) and word in value) for value in wanted)


def _points(group: str, word: str) -> Iterator[str]:
    for file in _FILES:
        for rule in load().document[file]["rules"]:
            if mentions(rule["when"], _FACTS[group], word):
                yield f"{_worth(rule)}{_whose(rule['when'])}: {_sentence(rule['text']['en'], word)}"


def _worth(rule: Tree) -> str:
    points = rule.get("points", 0)
    if isinstance(points, Mapping):
        least, most = min(points.values()), max(points.values())
        return f"{least:+g} to {most:+g}"
    return f"{points:+g}" if points else "said only"


def _whose(when: Tree) -> str:
    """The frameworks that a rule is about, where it names them."""
    found = [when.get("framework.id")] + [part.get("framework.id") for part in when.get("all", ())]
    names = [name for item in found if item for name in ([item] if isinstance(item, str) else item)]
    return f" {', '.join(load().titles[name] for name in names)}" if names else ""


def _sentence(text: str, word: str) -> str:
    plain = text.replace("{workload.use_case}", word)
    return re.sub(r"\{[\w.]+\}", "...", plain).replace("|", "\\|")


def _commanded(group: str, word: str) -> Iterator[str]:
    """The frameworks whose options, variables or lines ask for a word."""
    for name, conditions in _printed():
        if any(mentions(when, _FACTS[group], word) for when in conditions):
            yield name


@cache
def _printed() -> list[tuple[str, list[Any]]]:
    """Each framework and the conditions on what it prints."""
    files = sorted((ROOT / "knowledge" / "frameworks").glob("*.yaml"))
    found = [spell_out(read_yaml(path)) for path in files]
    return [(item["name"], list(_conditions(list(_said(item))))) for item in found]


def _said(framework: Tree) -> Iterator[Any]:
    for platform in framework["platforms"]:
        yield from (platform.get(part) for part in _PARTS)


def _conditions(tree: Any) -> Iterator[Any]:
    """Every condition inside of a tree."""
    if isinstance(tree, Mapping):
        if "when" in tree:
            yield tree["when"]
        for value in tree.values():
            yield from _conditions(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _conditions(item)


def _pick(word: str, gpu: str, users: int) -> str:
    machine = describe([gpu], ram_gib=_NONE_RAM_GIB if gpu == "none" else None)
    answer = recommend(machine, Workload(use_case=word, concurrency=users))
    return load().titles[answer.ranking[0].framework] if answer.ranking else "none"


def _title(gpu: str) -> str:
    return f"no GPU, {_NONE_RAM_GIB:g} GiB" if gpu == "none" else gpu


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]
