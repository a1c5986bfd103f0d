"""A neutral plan: commands as words and variables, from the lines of knowledge and facts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from recommender.facts import Line, Platform, Step
from recommender.facts.command import Command
from recommender.facts.plan import ADAPTERS
from recommender.launch.variables import mark
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.words import placeholders, replace_names

_MANY_LORA = "multi-lora"


def commands(lines: Iterable[Line], platform: Platform, facts: Situation) -> tuple[Command, ...]:
    """The lines whose condition holds, every name in them replaced."""
    return tuple(
        _command(line, platform, facts) for line in lines if holds(line.when, facts) is True
    )


def _command(line: Line, platform: Platform, facts: Situation) -> Command:
    if line.raw is not None:
        found = {name: _word(facts.fact(name)) for name in placeholders(line.raw)}
        return Command(raw=mark(line.raw), values=found)
    environment = _environment(platform.environment, facts)
    steps = list(_standing(line.steps, facts))
    words = [word for step in steps for word in _words(step)]
    own = {name: fill(value, facts) for step in steps for name, value in step.env.items()}
    argv = tuple(part for word in words for part in _expand(word, platform, facts, environment))
    before = environment if "{arguments}" in words and "{env}" not in words else {}
    return Command(argv=argv, env={**before, **own})


def _words(step: Step) -> tuple[str, ...]:
    return (*step.args.split(), *((step.word,) if step.word is not None else ()))


def _standing(steps: Iterable[Step], facts: Situation) -> Iterator[Step]:
    return (step for step in steps if holds(step.when, facts) is True)


def _environment(steps: Iterable[Step], facts: Situation) -> dict[str, str]:
    return {
        name: fill(value, facts)
        for step in _standing(steps, facts)
        for name, value in step.env.items()
    }


def _expand(
    word: str, platform: Platform, facts: Situation, environment: Mapping[str, str]
) -> Iterator[str]:
    """One word of a line is one word of the command, but for the few that stand for several."""
    if word == "{arguments}":
        for step in _standing(platform.arguments, facts):
            for inner in step.args.split():
                yield from _expand(inner, platform, facts, environment)
    elif word == "{env}":
        for name, value in environment.items():
            yield from ("-e", f"{name}={value}")
        if "safetensors" in platform.formats:
            yield from _mounted(facts)
        yield from _adapters(platform, facts)
    elif word in _SEVERAL:
        yield from _SEVERAL[word](facts)
    else:
        yield fill(word, facts)


def _mounted(facts: Situation) -> Iterator[str]:
    """A model on this machine's disk is seen in a container at the same place."""
    path = str(facts.fact("model") or "")
    if path.startswith("/") and not path.endswith(".gguf"):
        yield from ("-v", f"{path}:{path}:ro")


def _adapters(platform: Platform, facts: Situation) -> Iterator[str]:
    """LoRA adapters may lie on this machine; who starts the server says which by its path there."""
    if _MANY_LORA not in (facts.fact("workload.features") or ()):
        return
    named = any("LORA_PATH" in step.args for step in _standing(platform.arguments, facts))
    if named or _MANY_LORA in (facts.fact("traits") or ()):
        yield from ("-v", f"{ADAPTERS.source}:{ADAPTERS.target}:ro")


def _ascend_devices(facts: Situation) -> Iterator[str]:
    """Those of one machine; each machine of several gets as many."""
    for index in range((facts.fact("fit.devices") or 1) // (facts.fact("fit.nodes") or 1)):
        yield from ("--device", f"/dev/davinci{index}")


def _cache(facts: Situation) -> Iterator[str]:
    """The folder in which the hub's client keeps weights, so that they outlive the container."""
    from_modelscope = facts.fact("workload.region") == "CN" and not facts.fact("workload.offline")
    hub = "modelscope" if from_modelscope else "huggingface"
    yield from ("-v", f"~/.cache/{hub}:/root/.cache/{hub}")
    if not from_modelscope:
        yield from ("-e", "HF_TOKEN")


_SEVERAL: dict[str, Callable[[Situation], Iterator[str]]] = {
    "{ascend_devices}": _ascend_devices,
    "{cache}": _cache,
}


def words_of(template: str) -> tuple[str, ...]:
    """The words of a template without facts, its variables marked."""
    return tuple(map(mark, template.split()))


def fill(template: str, facts: Situation) -> str:
    """``template`` with each ``{name}`` replaced by its fact, which is never read again.

    Names of variables are marked.
    """
    return replace_names(mark(template), lambda name: _word(facts.fact(name)))


def _word(value: Any) -> str:
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return "" if value is None else str(value).replace("\0", "")
