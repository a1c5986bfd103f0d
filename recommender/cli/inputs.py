"""From the words on a command line to a machine, a wish and a model."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

from recommender.errors import InputError, choices, printable
from recommender.facts import Machine, Model, Problem, Workload

if TYPE_CHECKING:
    from recommender.facts.measurement import Measurement
    from recommender.knowledge import Knowledge

MOST_USERS = 1_000_000
_MOST_TOKENS = 100_000_000
_WORDS: tuple[Literal["os", "arch", "cpu", "driver"], ...] = ("os", "arch", "cpu", "driver")


class Described(TypedDict):
    """The options that describe a machine which is not here."""

    gpus: Sequence[str]
    ram_gib: float | None
    os: str | None
    arch: str | None
    cpu: str | None
    driver: str | None
    nodes: int | None


def machine(given: str | Machine | None, described: Described) -> Machine:
    """The machine that is given or whose file is, the described one, or this one, which is probed.

    Raises:
        InputError: a file and a description, an unreadable file, an unknown device.
    """
    nodes = described["nodes"]
    words = {f"--{key}": described[key] for key in _WORDS}
    for option, word in words.items():
        if word is not None and not word.strip():
            message = f"{option} is empty; name one, or leave the option out"
            raise InputError(message)
    named = any(word is not None for word in (*words.values(), described["ram_gib"]))
    whole = bool(described["gpus"]) or named
    if given is not None and whole:
        message = "--machine and --gpu, --ram, --os, --arch, --cpu, --driver exclude each other"
        raise InputError(message)
    if whole:
        return _described(described)
    found = _given(given) if given is not None else _probed()
    if nodes is None:
        return found
    return replace(found, nodes=_at_least_one("--nodes", nodes, MOST_USERS))


def _described(described: Described) -> Machine:
    from recommender.devices.described import describe

    nodes = _at_least_one("--nodes", described["nodes"] or 1, MOST_USERS)
    return describe(
        described["gpus"],
        ram_gib=described["ram_gib"],
        os=described["os"],
        arch=described["arch"],
        cpu=described["cpu"],
        driver=described["driver"],
        nodes=nodes,
    )


def _given(given: str | Machine) -> Machine:
    return given if isinstance(given, Machine) else _from_file(given)


def _from_file(file: str) -> Machine:
    from recommender.schema import LONGEST, read_machine

    if not file.strip():
        message = "--machine is empty; name a file, or - for standard input"
        raise InputError(message)
    try:
        data = _bytes(file, LONGEST + 1)
        # What is longer is refused by its length, wherever it was cut.
        encoding = "latin-1" if len(data) > LONGEST else "utf-8"
        return read_machine(data.decode(encoding), file)
    except OSError as error:
        message = f"--machine {printable(file)}: cannot be read ({error.strerror})"
        raise InputError(message) from error
    except UnicodeDecodeError as error:
        message = (
            f"--machine {printable(file)}: is not UTF-8 text; write it with llmpick probe --json"
        )
        raise InputError(message) from error


def _bytes(file: str, most: int) -> bytes:
    """The first ``most`` bytes: a device or a pipe may never end."""
    if file == "-":
        return sys.stdin.buffer.read(most)
    with Path(file).open("rb") as stream:
        return stream.read(most)


def _probed() -> Machine:
    from recommender.probe import probe

    return probe()


def workload(known: "Knowledge", wish: Workload) -> Workload:
    """``wish`` with its words checked against the vocabulary and its numbers against sense.

    Raises:
        InputError: an unknown word, or a number out of range.
    """
    _one_of("--use-case", wish.use_case, known.vocabulary("use_cases"))
    _one_of("--priority", wish.priority, known.vocabulary("priorities"))
    _one_of("--install", wish.install, known.vocabulary("installs"))
    _one_of("--region", wish.region, known.vocabulary("regions"))
    _one_of("--lifecycle", wish.lifecycle, known.vocabulary("lifecycles"))
    _one_of("--orchestrator", wish.orchestrator, known.vocabulary("orchestrators"))
    _one_of("--managed", wish.managed, known.vocabulary("services"))
    for feature in wish.features:
        _one_of("--need", feature, known.vocabulary("features"))
    for allowance in wish.allow:
        _one_of("--allow", allowance, known.vocabulary("allowances"))
    _at_least_one("--concurrency", wish.concurrency, MOST_USERS)
    _at_least_one("--context", wish.context_tokens, _MOST_TOKENS)
    return wish


def one_of(option: str, value: str, known: Iterable[str]) -> str:
    """``value``, if it is one of the known words.

    Raises:
        InputError: it is not.
    """
    _one_of(option, value, known)
    return value


def _one_of(option: str, value: str | None, known: Iterable[str]) -> None:
    options = list(known)
    if value is not None and value not in options:
        hint = choices(value, options)
        message = f"{option} '{printable(value)}' is unknown{hint}"
        raise InputError(message)


def _at_least_one(option: str, value: int, most: int) -> int:
    if not 1 <= value <= most:
        message = f"{option} is {value}; it must be between 1 and {most}"
        raise InputError(message)
    return value


def model(  # the options that describe a model
    name: str | None,
    quantization: str | None,
    fmt: str | None,
    *,
    hub: bool = False,
    region: str | None = None,
    offline: bool = False,
) -> tuple[Model | None, tuple[Problem, ...]]:
    """The model that was named, with what is uncertain about it.

    Raises:
        InputError: nothing is called that, or its files cannot be read.
    """
    if name is None:
        if quantization is not None or fmt is not None:
            message = "--quant and --format describe a model; name it with --model"
            raise InputError(message)
        if hub:
            message = "--hub reads a model's config from the hub; name the model with --model"
            raise InputError(message)
        return None, ()
    from recommender.models.sources import read

    return read(name, hub=hub, region=region, quant=quantization, fmt=fmt, offline=offline)


def measurements_file() -> Path:
    """Where measurements are kept: LLMPICK_MEASUREMENTS, else in the user's data directory."""
    if named := os.environ.get("LLMPICK_MEASUREMENTS"):
        return Path(named)
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        root = "~/Library/Application Support"
    else:
        # The XDG specification has relative paths ignored.
        given = os.environ.get("XDG_DATA_HOME", "")
        root = given if given.startswith("/") else "~/.local/share"
    return Path(os.path.expanduser(root)) / "llmpick" / "measurements.jsonl"  # noqa: PTH111  # raises nothing without a home


def measurements() -> tuple[tuple["Measurement", ...], tuple[Problem, ...]]:
    """What ``llmpick verify`` measured until now, and what is wrong with its file."""
    file = measurements_file()
    if not os.path.exists(file):  # noqa: PTH110  # a folder that may not be read has none, too
        return (), ()
    from recommender.serving.measurements import read

    return read(file)


def language(wish: str | None) -> str:
    """The language of sentences: the option, LLMPICK_LANG, else the locale's, else English.

    Raises:
        InputError: the option names another language.
    """
    if wish is not None:
        return _language(wish, "--lang")
    if named := os.environ.get("LLMPICK_LANG"):
        return _language(named, "LLMPICK_LANG")
    from recommender.cli.language import of_system

    return "zh" if of_system().lower().startswith("zh") else "en"


def _language(name: str, origin: str) -> str:
    short = name.lower().replace("_", "-").split(".")[0].split("-")[0]
    _one_of(origin, short, ("en", "zh"))
    return short


def included(known: "Knowledge", wished: Sequence[str], rules: str) -> frozenset[str]:
    """The ids of the challengers that ``--include`` names.

    Raises:
        InputError: an unknown name, a layer, or challengers among the article's rules.
    """
    if not wished:
        return frozenset()
    if rules == "article":
        message = (
            "--include adds challengers, which the article does not know; drop --rules article"
        )
        raise InputError(message)
    every = [head for head in known.challenger_heads if head.role == "challenger"]
    if "challengers" in wished:
        return frozenset(head.id for head in every)
    return frozenset(_challenger(known, name) for name in wished)


def _challenger(known: "Knowledge", name: str) -> str:
    found = known.framework(name)
    if found.role == "challenger":
        return found.id
    why = "is ranked already" if found.role == "framework" else "runs over others and is not ranked"
    message = f"--include {found.id}: {found.name} {why}; llmpick explain {found.id} tells more"
    raise InputError(message)


def frameworks(known: "Knowledge", names: Sequence[str]) -> tuple[str, ...]:
    """The ids of the frameworks and challengers that ``--framework`` names.

    Raises:
        InputError: an unknown name, or a layer.
    """
    found = [known.framework(name) for name in names]
    for layer in (item for item in found if item.role == "layer"):
        message = (
            f"--framework {layer.id}: {layer.name} runs over others and holds no model itself; "
            f"llmpick explain {layer.id} tells more"
        )
        raise InputError(message)
    return tuple(dict.fromkeys(item.id for item in found))
