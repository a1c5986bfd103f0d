"""Every option, value and variable in commands is known to the version that they are for."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from recommender.errors import InputError
from recommender.facts.noun import noun
from recommender.knowledge_source import read_yaml
from recommender.lint import argv
from recommender.lint.loaded import Loaded
from recommender.lint.option_lists import ENVIRONMENT, OptionList, load
from recommender.lint.programs import ENTRYPOINTS
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.words import placeholders

# Variables of the programs themselves; others belong to libraries and drivers.
OWN_VARIABLE = re.compile(r"(VLLM|SGLANG|LMDEPLOY|XINFERENCE|OLLAMA|LLAMA_ARG|MLXLM)_")
_PARSER = re.compile(r"\{parser\.(tool|reasoning)\}")


@noun
class Platforms:
    """What plug-ins of platforms change: the version whose options hold, names and choices."""

    document: Mapping[str, Any]

    def version(self, framework: str, platform: Mapping[str, Any]) -> str:
        """The version of the framework itself that a platform is."""
        own = self._own(framework, platform["id"])
        return str(own.get("version", platform["version"]))

    def plugin(self, framework: str, platform: str) -> argv.Plugin:
        """What a platform's plug-in adds."""
        own = self._own(framework, platform)
        choices = {name: tuple(values) for name, values in own.get("choices", {}).items()}
        return argv.Plugin(choices=choices, options=tuple(own.get("options", ())))

    def _own(self, framework: str, platform: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document.get(framework, {}).get(platform, {})
        return found


def lists(knowledge: Loaded) -> dict[str, OptionList]:
    """The option list of every framework that has one."""
    files = sorted((knowledge.root / "options").glob("*.json"))
    return {known.framework: known for known in map(load, files)}


def platforms(knowledge: Loaded) -> Platforms:
    """What options/platforms.yaml says of plug-ins."""
    return Platforms(document=read_yaml(knowledge.root / "options" / "platforms.yaml")["platforms"])


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about commands that a program would not take."""
    try:
        known, own = lists(knowledge), platforms(knowledge)
    except InputError as error:
        yield str(error)
        return
    yield from _missing(knowledge, known)
    parsers = read_yaml(knowledge.root / "parsers.yaml")["parsers"]
    for framework in knowledge.frameworks:
        listed = known.get(framework["id"])
        if listed is None:
            continue
        for platform in framework["platforms"]:
            where = f"{framework['id']}/{platform['id']}"
            for finding in on_platform(platform, listed, own, parsers):
                yield f"{where}: {finding}"


def _missing(knowledge: Loaded, known: Mapping[str, OptionList]) -> Iterator[str]:
    """The frameworks of the article cannot do without a list."""
    for framework in knowledge.frameworks:
        if framework.get("article") and framework["id"] not in known:
            yield f"{framework['id']}: knowledge/options has no list of its options"


def on_platform(
    platform: Mapping[str, Any],
    listed: OptionList,
    own: Platforms,
    parsers: Iterable[Mapping[str, Any]],
) -> Iterator[str]:
    """Sentences about what the commands of one platform hold and its version does not take."""
    version = own.version(listed.framework, platform)
    plugin = own.plugin(listed.framework, platform["id"])
    programs = _programs(platform, listed)
    main = next((name for name in programs if listed.programs[name].options), None)
    for step in platform.get("arguments", ()):
        meant = _meant(step, version, listed)
        if main and meant:
            yield from _checked(listed, main, step.get("args", "").split(), meant, plugin)
    for step in (*platform.get("environment", ()), *_steps(platform)):
        yield from _variables(listed, step.get("env", {}), version)
    for name, words in _lines(platform, listed):
        yield from _checked(listed, name, words, version, plugin)
    if main and listed.read_version(version) == listed.order[-1]:
        for step in platform.get("arguments", ()):
            yield from _parsers(listed, main, version, step, parsers)


def _meant(step: Mapping[str, Any], version: str, listed: OptionList) -> str | None:
    """The platform's version, or the newest that was read and that the step is for."""
    gate = _gate(step.get("when", {}))
    every = (version, *reversed(listed.order))
    return next((name for name in every if holds(gate, _at(name))), None)


def _gate(condition: Mapping[str, Any]) -> dict[str, Any]:
    """What of a condition is about the version alone."""
    inner = [gate for part in condition.get("all", ()) if (gate := _gate(part))]
    own = {"version": condition["version"]} if "version" in condition else {}
    return own | ({"all": inner} if inner else {})


def _at(version: str) -> Situation:
    return Situation(values={"version": version}, situations={})


def _checked(
    listed: OptionList, name: str, words: list[str], version: str, plugin: argv.Plugin
) -> Iterator[str]:
    """Findings of words of a template; what stands in for a fact may have any value."""
    filled = [_filled(word) for word in words if word not in {"{arguments}", "{env}"}]
    yield from argv.findings(listed, name, filled, version, plugin, operands=False)


def _filled(word: str) -> str:
    for name in placeholders(word):
        word = word.replace(f"{{{name}}}", argv.ANY)
    return word


def _steps(platform: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for method in platform["methods"].values():
        for line in method.get("serve", ()):
            yield from line.get("steps", ())


def _lines(platform: Mapping[str, Any], listed: OptionList) -> Iterator[tuple[str, list[str]]]:
    """The program of every line that starts one, and the words after it."""
    for method in platform["methods"].values():
        for line in method.get("serve", ()):
            words = [w for step in line.get("steps", ()) for w in step.get("args", "").split()]
            found = _started(words, method.get("image") or "", listed)
            if found:
                yield found


def _started(words: list[str], image: str, listed: OptionList) -> tuple[str, list[str]] | None:
    """A line has the ways to spell its program one after another: the last one counts."""
    bases = [re.split(r"[/\\]", word)[-1].removesuffix(".exe") for word in words]
    for name in sorted(listed.programs, key=len, reverse=True):
        start = name.split()
        places = [i for i in range(len(bases)) if bases[i : i + len(start)] == start]
        if places:
            return name, words[places[-1] + len(start) :]
    if "--entrypoint" in words:
        return None
    for pattern, entry in ENTRYPOINTS.items():
        name = " ".join(entry)
        if "{image}" in words and re.search(pattern, image) and name in listed.programs:
            return name, words[words.index("{image}") + 1 :]
    return None


def _programs(platform: Mapping[str, Any], listed: OptionList) -> list[str]:
    """The programs that get the platform's arguments."""
    return [name for name, words in _lines(platform, listed) if "{arguments}" in words]


def _variables(listed: OptionList, env: Mapping[str, Any], version: str) -> Iterator[str]:
    if ENVIRONMENT not in listed.programs:
        return
    read = listed.read_version(version)
    known = {name for row in listed.options(ENVIRONMENT, read) for name in row.names}
    for name in env:
        if OWN_VARIABLE.match(name) and name not in known:
            yield f"{name} is no variable of {listed.framework} {read}"


def _parsers(
    listed: OptionList,
    program: str,
    version: str,
    step: Mapping[str, Any],
    parsers: Iterable[Mapping[str, Any]],
) -> Iterator[str]:
    """The newest version takes every parser of parsers.yaml with which a step can stand."""
    words = step.get("args", "").split()
    for option, word in pairwise(words):
        kind = _PARSER.fullmatch(word)
        for entry in parsers if kind else ():
            fact = f"parser.{kind[1]}" if kind else ""
            name = entry.get(fact.removeprefix("parser."), {}).get(listed.framework)
            test = {fact: step.get("when", {}).get(fact, {"known": True})}
            if name and holds(test, Situation(values={fact: name}, situations={})):
                yield from argv.findings(listed, program, [option, name], version, operands=False)
