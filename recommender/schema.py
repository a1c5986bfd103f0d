"""JSON Schema of the nouns, and reading them from outside; pydantic is used nowhere else."""

import json
from dataclasses import replace
from functools import cache
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from recommender import facts
from recommender.errors import InputError, nearest, printable
from recommender.facts import Machine, Problem
from recommender.facts.codec import encode
from recommender.facts.comparison import Comparison
from recommender.facts.explanation import Explanation
from recommender.facts.fitting import Fitting
from recommender.facts.fleet import Fleet
from recommender.facts.limits import LARGEST, LONGEST_WORD, MOST_DEVICES, MOST_KINDS, MOST_NODES
from recommender.facts.measurement import Measurement, Verification
from recommender.facts.plan import Plan
from recommender.facts.release import Status
from recommender.facts.why_not import WhyNot

NOUNS = {
    "answer": facts.Answer,
    "framework": facts.Framework,
    "machine": facts.Machine,
    "model": facts.Model,
    "workload": facts.Workload,
    "explanation": Explanation,
    "why-not": WhyNot,
    "fitting": Fitting,
    "comparison": Comparison,
    "fleet": Fleet,
    "plan": Plan,
    "status": Status,
    "measurement": Measurement,
    "verification": Verification,
}
LONGEST = 8 * 2**20
_MACHINE_KEYS = frozenset(("os", "arch", "cpu", "memory", "accelerators", "software"))


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one noun.

    Raises:
        InputError: there is no such noun.
    """
    noun = NOUNS.get(name.casefold())
    if noun is None:
        hint = nearest(name, NOUNS) or f"; known are {', '.join(NOUNS)}"
        message = f"unknown schema '{printable(name)}'{hint}"
        raise InputError(message)
    return adapter(noun).json_schema()


@cache
def adapter(noun: type[Any]) -> TypeAdapter[Any]:
    """The validator of a noun."""
    return TypeAdapter(noun)


def read_machine(text: str, origin: str) -> Machine:
    """The machine that a JSON text describes; unknown fields become entries of its problems.

    Args:
        text: what ``llmpick probe --json`` printed, here or elsewhere.
        origin: the file or ``-``, for messages.

    Raises:
        InputError: the text is no JSON, or not of a machine's shape.
    """
    source = f"--machine {printable(origin)}"
    try:
        machine, unknown = machine_of(_value(text))
    except InputError as error:
        message = f"{source}: {error}"
        raise InputError(message) from error
    problems = tuple(
        Problem(what=f"{source}: the field '{printable(name)}' is unknown and was ignored")
        for name in unknown[:20]
    )
    return replace(machine, problems=(*machine.problems, *problems))


def machine_of(data: Any) -> tuple[Machine, list[str]]:
    """The machine that a decoded JSON value describes, and the names of its unknown fields.

    Raises:
        InputError: it has not a machine's shape; the message says what is wrong of no named file.
    """
    _check_object(data)
    try:
        machine: Machine = adapter(Machine).validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        _refuse(error)
    known = encode(machine)
    _check_sizes(known)
    _check_counts(machine)
    return machine, list(_unknown(data, known))


def _value(text: str) -> Any:
    if len(text) > LONGEST:
        _fail(f"is longer than {LONGEST // 2**20} MiB; one machine was expected")
    if not text.removeprefix("\ufeff").strip():
        _fail("is empty; write it with llmpick probe --json")
    try:
        whole = text.removeprefix("\ufeff")
        return json.loads(whole, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        _fail(f"is not valid JSON ({printable(error)}); write it with llmpick probe --json")


def _check_object(data: Any) -> None:
    if not isinstance(data, dict):
        _fail(f"holds a JSON {_kind(data)}; one machine object was expected")
    if not _MACHINE_KEYS & data.keys():
        hint = "; pass its machine (jq .machine)" if "machine" in data else ""
        wanted = ", ".join(sorted(_MACHINE_KEYS))
        _fail(f"is no machine: none of {wanted} is in it{hint}")


def _kind(data: object) -> str:
    return {"list": "array", "str": "string", "NoneType": "null"}.get(type(data).__name__, "number")


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not a number of JSON"
    raise ValueError(message)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which no key may stand twice: nobody could say which of them counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        places = {name: place for place, (name, _) in enumerate(pairs)}
        twice = next(name for place, (name, _) in enumerate(pairs) if places[name] != place)
        message = f"the key '{printable(twice)}' stands there twice"
        raise ValueError(message)
    return found


def _fail(what: str) -> NoReturn:
    raise InputError(what)


def _refuse(error: ValidationError) -> NoReturn:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    wanted = first["msg"][:1].lower() + first["msg"][1:]
    value = printable(repr(first.get("input")), 40)
    if not field:
        _fail(f"is not valid JSON of a machine ({wanted})")
    _fail(f"the field '{printable(field)}' has the value {value}: {wanted}")


def _check_sizes(data: object, path: str = "") -> None:
    """No size or count of a machine is negative or beyond all machines, no word an essay."""
    if isinstance(data, dict):
        for key, value in data.items():
            _check_sizes(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            _check_sizes(value, f"{path}.{index}")
    elif isinstance(data, str) and len(data) > LONGEST_WORD:
        _fail(f"the field '{printable(path)}' is longer than {LONGEST_WORD} characters")
    elif isinstance(data, (int, float)) and not 0 <= data < LARGEST:
        what = f"the field '{printable(path)}' has the value {printable(data, 40)}: "
        _fail(what + "it must be zero or more and below a billion")


def _check_counts(machine: Machine) -> None:
    """No machine has more devices, kinds of them or nodes than anybody builds."""
    kinds = len({(device.vendor, device.name) for device in machine.accelerators})
    counts = (
        ("accelerators", len(machine.accelerators), 0, MOST_DEVICES),
        ("kinds of accelerator", kinds, 0, MOST_KINDS),
        ("nodes", machine.nodes, 1, MOST_NODES),
    )
    for what, count, least, most in counts:
        if not least <= count <= most:
            _fail(f"has {count} {what}; it must be between {least} and {most}")


def _unknown(data: Any, known: Any, path: str = "") -> Any:
    """Names in ``data`` that ``known``, its validated copy, does not have."""
    if isinstance(data, dict) and isinstance(known, dict):
        for key, value in data.items():
            name = f"{path}.{key}" if path else str(key)
            if key not in known:
                yield name
            else:
                yield from _unknown(value, known[key], name)
    elif isinstance(data, list) and isinstance(known, list):
        for index, (left, right) in enumerate(zip(data, known, strict=False)):
            yield from _unknown(left, right, f"{path}.{index}")
