"""Which templates, parameters and facts of the knowledge a release puts in the wrong."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from recommender import lint
from recommender.facts.refresh import BrokenTemplate
from recommender.harvest.updating import file_of
from recommender.knowledge_source import read_yaml, spell_out
from recommender.lint import options
from recommender.lint.option_lists import OptionList


def templates(
    root: Path, listed: OptionList, version: str, names: Iterable[str]
) -> tuple[BrokenTemplate, ...]:
    """What templates of some platforms hold that ``version`` of the framework does not take."""
    own = options.Platforms(document=read_yaml(root / "options" / "platforms.yaml")["platforms"])
    parsers = read_yaml(root / "parsers.yaml")["parsers"]
    framework = spell_out(read_yaml(file_of(root, listed.framework)))
    wanted = set(names)
    found: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for platform in framework["platforms"]:
        if platform["id"] in wanted:
            told = options.on_platform({**platform, "version": version}, listed, own, parsers)
            for finding in told:
                for place in _places(platform, finding):
                    at = found.setdefault(place, {"platforms": {}, "findings": {}})
                    at["platforms"][platform["id"]] = at["findings"][finding] = None
    return tuple(
        BrokenTemplate(
            platforms=tuple(told["platforms"]),
            place=place,
            text=text,
            findings=tuple(told["findings"]),
        )
        for (place, text), told in found.items()
    )


def _places(platform: Mapping[str, Any], finding: str) -> list[tuple[str, str]]:
    """Where the first word of a finding stands; nowhere in particular if it is in no template."""
    name = finding.split(maxsplit=1)[0].removesuffix(":")
    return [at for at in _texts(platform) if _holds(at[1], name)] or [("", "")]


def _holds(text: str, name: str) -> bool:
    words = [word.partition("=")[0] for word in text.split()]
    return name in words or name in [word.replace("_", "-") for word in words]


def _texts(platform: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every template with the key under which it stands."""
    for key in ("arguments", "environment"):
        for step in platform.get(key, ()):
            yield key, _of(step)
    for name, method in platform["methods"].items():
        for line in method.get("serve", ()):
            yield f"methods.{name}.serve", " ".join(map(_of, line.get("steps", ())))


def _of(step: Mapping[str, Any]) -> str:
    return " ".join((step.get("args", ""), *step.get("env", {}))).strip()


def sentences(framework: str, broken: Iterable[BrokenTemplate]) -> Iterator[str]:
    """What the linter of options says of the same templates."""
    for template in broken:
        for name in template.platforms:
            for finding in template.findings:
                yield f"{framework}/{name}: {finding}"


def knowledge(root: Path, changed: Mapping[str, str], today: date) -> list[str]:
    """What every linter would say of the folder with some of its files changed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "knowledge"
        shutil.copytree(root, copy)
        for name, text in changed.items():
            (copy / name).write_text(text, encoding="utf-8")
        return lint.check(copy, today)
