"""The file of ``llmpick fleet --workloads``: several models, each with its own wishes."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.cli import inputs, opened
from recommender.cli.asking import ONE_MACHINE, Asked, Meant, meant
from recommender.errors import InputError, choices, printable
from recommender.facts import Machine, Problem
from recommender.facts.fleet_plan import Demand

if TYPE_CHECKING:
    from recommender.site.tree import Node

# A fleet serves some models; each is one solution of the assignment.
_MOST = 100
_OWN = ("name", "replicas", "tokens_per_s")
# Of the whole answer, not of one of its models.
_ANSWER = ("lang", "rules", "include", "knowledge")
# The option --format has another name inside.
_RENAMED = {"format": "fmt"}
_WISHES = {item.name: item for item in fields(Asked) if item.name not in {*ONE_MACHINE, *_ANSWER}}
_NUMBERS = ("concurrency", "context", "replicas")


def demands(file: str, asked: Asked) -> tuple[tuple[Demand, ...], tuple[Problem, ...]]:
    """The models of a file; the options of the command hold for those that say nothing else.

    Raises:
        InputError: the file cannot be read, or says something that has no meaning.
    """
    found: list[Demand] = []
    problems: list[Problem] = []
    for number, entry in enumerate(_entries(file), start=1):
        where = f"{entry.place}: workload {number}"
        if not isinstance(entry.value, dict):
            message = f"{where} is no mapping of wishes; write model: and concurrency: in it"
            raise InputError(message)
        try:
            demand, told = _demand(entry.plain, asked)
        except InputError as error:
            message = f"{where}: {error}"
            raise InputError(message) from error
        found.append(demand)
        problems += told
    _distinct(found, printable(file))
    return tuple(found), tuple(dict.fromkeys(problems))


def single(question: Meant) -> tuple[tuple[Demand, ...], tuple[Problem, ...]]:
    """The one model of the options.

    Raises:
        InputError: none is named.
    """
    return (_of(question),), question.problems


def _entries(file: str) -> "list[Node]":
    from recommender.site.tree import WrongFileError, read

    named = printable(file)
    try:
        root = read(Path(file), named)
    except WrongFileError as error:
        line = f":{error.line}" if error.line else ""
        message = f"{named}{line}: {error.what}"
        raise InputError(message) from error
    unknown = sorted(set(root.value) - {"workloads"})
    if unknown:
        place = root.value[unknown[0]].place
        message = f"{place} holds {printable(unknown[0])}; only workloads: is known"
        raise InputError(message)
    entries = root.value.get("workloads", root)
    if not isinstance(entries.value, list) or not 0 < len(entries.value) <= _MOST:
        message = f"{named} must hold workloads: and under it a list of 1 to {_MOST} entries"
        raise InputError(message)
    return list(entries.value)


def _demand(entry: Mapping[str, Any], asked: Asked) -> tuple[Demand, tuple[Problem, ...]]:
    wishes = {str(key).replace("-", "_"): value for key, value in entry.items()}
    for key in wishes:
        _known(key)
    replicas, least = wishes.pop("replicas", 1), wishes.pop("tokens_per_s", None)
    name = wishes.pop("name", None)
    own = {_RENAMED.get(key, key): _value(key, value) for key, value in wishes.items()}
    question = meant(replace(asked, **own), Machine())
    demand = _of(
        question,
        name=opened.name(_text("name", name)),
        replicas=_count("replicas", replicas),
        tokens_per_s=_rate(least),
    )
    return demand, question.problems


def _of(question: Meant, name: str | None = None, **own: Any) -> Demand:
    if question.model is None:
        message = "no model is named; each workload needs one: model: Qwen/Qwen3-32B"
        raise InputError(message)
    return Demand(
        name=name or _plain(question.model.id or "model"),
        model=question.model,
        workload=question.workload,
        **own,
    )


def _known(key: str) -> None:
    names = {*_OWN, *({*_WISHES, "format"} - {"fmt"})}
    if key not in names:
        message = f"key '{printable(key)}' is unknown{choices(key, sorted(names))}"
        raise InputError(message)


def _value(key: str, value: Any) -> Any:
    """A value of the kind that the option of this name takes."""
    default = _WISHES[_RENAMED.get(key, key)].default
    if isinstance(default, bool):
        return _flag(key, value)
    if key in _NUMBERS:
        return _count(key, value)
    if key in {"need", "allow"}:
        texts = value if isinstance(value, list) else [value]
        return [_text(key, text) for text in texts]
    return _text(key, value)


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        message = f"{key} is {printable(str(value))}; write true or false"
        raise InputError(message)
    return value


def _count(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= inputs.MOST_USERS:
        message = f"{key} is {printable(str(value))}; write a whole number from 1"
        raise InputError(message)
    return value


def _rate(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 10**6:
        message = f"tokens_per_s is {printable(str(value))}; write how many tokens a second"
        raise InputError(message)
    return float(value)


def _text(key: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        message = f"{key} is {printable(str(value))}; write a text, in quotation marks if need be"
        raise InputError(message)
    return value


def _plain(model: str) -> str:
    """A name as services have it, from that of a model."""
    last = model.casefold().rstrip("/").rpartition("/")[2]
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in last)
    return "-".join(filter(None, plain.split("-")))[:40].strip("-") or "model"


def _distinct(found: list[Demand], file: str) -> None:
    names = [demand.name for demand in found]
    for name in names:
        if names.count(name) > 1:
            message = f"{file}: two workloads are called {name}; give each a name of its own"
            raise InputError(message)
