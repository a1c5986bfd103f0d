"""Variables that hide devices from programs started here, such as CUDA_VISIBLE_DEVICES."""

from collections.abc import Mapping, Sequence

from recommender.facts.machine import Problem
from recommender.facts.noun import noun
from recommender.probe.files import clean, integer
from recommender.probe.parts import Device, Part, completed


@noun
class Choice:
    """The first of ``variables`` that is set; None for ``value`` where none is."""

    variable: str = ""
    value: str | None = None


def chosen(env: Mapping[str, str], *variables: str) -> Choice:
    """The setting that decides; those named first are looked at first."""
    for variable in variables:
        if variable in env:
            return Choice(variable=variable, value=env[variable])
    return Choice()


def flags(choice: Choice, names: Sequence[Sequence[str]]) -> tuple[bool | None, ...]:
    """Whether each device may be seen; all None where no variable is set.

    Args:
        choice: numbers, identifiers or beginnings of identifiers, separated by commas. What comes
            after the first one that fits no device is ignored, as CUDA and ROCm do.
        names: for each device all that it may be called: its number, its identifiers.

    """
    if choice.value is None:
        return (None,) * len(names)
    wanted: list[str] = []
    for word in (part.strip() for part in choice.value.split(",")):
        if not any(_is(word, called) for called in names):
            break
        wanted.append(word)
    return tuple(any(_is(word, called) for word in wanted) for called in names)


def marked(
    devices: Sequence[Device], shown: Sequence[bool | None], variables: str
) -> tuple[Device, ...]:
    """The devices with whether they may be seen, which the named variables say."""
    pairs = zip(devices, shown, strict=True)
    return tuple(
        completed(one, Part(source=variables, facts={"visible": flag})) for one, flag in pairs
    )


def problem(choice: Choice, shown: Sequence[bool | None], rule: str) -> tuple[Problem, ...]:
    """Said only where every device is hidden: a part of them is somebody's choice."""
    if not shown or any(flag is not False for flag in shown):
        return ()
    value = clean(choice.value or "")
    what = f'{choice.variable} is "{value}", which hides every device from programs started here.'
    return (Problem(what=what, fix=f"Unset {choice.variable}.", rule=rule),)


def _is(word: str, called: Sequence[str]) -> bool:
    number = integer(word)
    if number is not None:
        return str(number) in called
    return len(word) > 3 and any(name.startswith(word) for name in called)  # noqa: PLR2004  # GPU-
