"""Option lists of several versions in one file: what changed is written, not every version."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace

from recommender.errors import InputError
from recommender.facts.refresh import OptionChange
from recommender.lint.option_lists import ENVIRONMENT, Option, OptionList, Program, key

# How a program reads its words; see recommender/lint/argv.py.
GRAMMARS = {
    "vllm serve": "vllm",
    "sglang serve": "argparse",
    "lmdeploy serve api_server": "argparse",
    "lmdeploy serve proxy": "argparse",
    "mlx_lm.server": "argparse",
    "llama-server": "llama",
    "rpc-server": "llama",
    "xinference-local": "click",
    "xinference-supervisor": "click",
    "xinference-worker": "click",
    "xinference launch": "click",
    "trtllm-serve": "click",
    "text-generation-launcher": "clap",
    "ollama serve": "none",
    ENVIRONMENT: "none",
}
# A harvest that finds fewer has lost its way in sources that moved.
LEAST_KEPT = 0.8
Harvest = Mapping[str, Sequence[Option]]


def merged(
    framework: str, known: OptionList | None, version: str, day: str, found: Harvest
) -> OptionList:
    """The list with one more version, or one version read anew.

    Raises:
        InputError: more than a fifth of the options of the version before it is gone.
    """
    before = _versions(known)
    for program, options in found.items():
        is_older = known is not None and key(version) < key(known.order[0])
        if known is not None and not is_older and program != ENVIRONMENT:
            _refuse_loss(known, program, version, options)
    every = {**before, version: found}
    order = sorted(every, key=key)
    days = {**(known.versions if known else {}), version: day}
    names = list(dict.fromkeys(name for harvest in every.values() for name in harvest))
    programs = {name: _program(name, order, every) for name in names}
    return OptionList(
        framework=framework, versions={name: days[name] for name in order}, programs=programs
    )


def _versions(known: OptionList | None) -> dict[str, Harvest]:
    if known is None:
        return {}
    return {
        version: {
            name: options for name in known.programs if (options := known.options(name, version))
        }
        for version in known.order
    }


def _refuse_loss(known: OptionList, program: str, version: str, options: Iterable[Option]) -> None:
    stored = {o.names[0] for o in known.options(program, known.read_version(version))}
    kept = stored & {name for option in options for name in option.names}
    if len(kept) < LEAST_KEPT * len(stored):
        message = (
            f"harvest of {program} {version} refused: it has {len(kept)} of the {len(stored)}"
            f" options that {known.read_version(version)} has; the sources have moved, so mend"
            " recommender/harvest first"
        )
        raise InputError(message)


def _program(name: str, order: Sequence[str], every: Mapping[str, Harvest]) -> Program:
    """One row for each run of versions in which an option is the same."""
    seen: dict[Option, list[int]] = {}
    for place, version in enumerate(order):
        for option in dict.fromkeys(every[version].get(name, ())):
            seen.setdefault(option, []).append(place)
    rows = [
        replace(
            option,
            since=order[first] if first else None,
            until=order[last] if last < len(order) - 1 else None,
        )
        for option, places in seen.items()
        for first, last in _runs(places)
    ]
    rows.sort(key=lambda row: (not row.is_operand, row.names, key(row.since or "")))
    return Program(name=name, grammar=GRAMMARS[name], options=tuple(rows))


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def text(known: OptionList) -> str:
    """The JSON of an option list; what has its default is left out."""
    programs = []
    for program in known.programs.values():
        rows = ",\n".join(f"   {_line(_row(option))}" for option in program.options)
        head = f'  {_line(program.name)}: {{"grammar": {_line(program.grammar)}, "options": ['
        programs.append(f"{head}\n{rows}\n  ]}}" if rows else f"{head}]}}")
    joined = ",\n".join(programs)
    head = f'{{\n "framework": {_line(known.framework)},\n "versions": {_line(known.versions)},'
    return f'{head}\n "programs": {{\n{joined}\n }}\n}}\n'


def _row(option: Option) -> dict[str, object]:
    plain = Option(names=())
    return {
        item.name: value
        for item in fields(option)
        if (value := getattr(option, item.name)) != getattr(plain, item.name)
    }


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def changes(known: OptionList, old: str, new: str) -> tuple[OptionChange, ...]:
    """What ``new`` added, removed, deprecated or takes in another way."""
    return tuple(
        OptionChange(program=program, option=name, kind=kind, detail=detail)
        for program in known.programs
        for name, kind, detail in _changes(_named(known, program, old), _named(known, program, new))
    )


def _named(known: OptionList, program: str, version: str) -> dict[str, Option]:
    return {name: row for row in known.options(program, version) for name in row.names}


def _changes(
    before: Mapping[str, Option], after: Mapping[str, Option]
) -> Iterator[tuple[str, str, str]]:
    yield from ((name, "added", "") for name in sorted(after.keys() - before.keys()))
    yield from ((name, "removed", "") for name in sorted(before.keys() - after.keys()))
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        if new.deprecated and not old.deprecated:
            yield name, "deprecated", ""
        gone = sorted(set(old.choices) - set(new.choices))
        if gone and new.choices:
            yield name, "changed", f"no longer takes {', '.join(gone)}"
        if (old.takes, old.type) != (new.takes, new.type):
            yield name, "changed", f"takes {_value(new)} in place of {_value(old)}"


def _value(option: Option) -> str:
    """How many values of which type an option takes."""
    return "none" if option.takes == "none" else f"{option.takes} {option.type}"
