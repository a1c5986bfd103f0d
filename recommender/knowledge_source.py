"""From the YAML files of knowledge/ to one JSON document per kind of fact.

Runs at build time (the wheel ships JSON alone) and in a source checkout. Shorthands of the YAML are
spelt out here: a command line may be a string or a list of steps, a step may be a string.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from recommender.errors import InputError

_CORE = (
    "corrections",
    "devices",
    "common",
    "quantizations",
    "recommendations",
    "situations",
    "sources",
    "vocabulary",
    "words",
    "workload",
)


def compile_document(root: Path, name: str) -> dict[str, Any]:
    """One document of the compiled knowledge: core, accelerators, models or remedies.

    Raises:
        InputError: a file is missing, is no YAML, or is no mapping.
    """
    if name == "remedies":
        return with_commands(read_yaml(root / "remedies.yaml"))
    if name != "core":
        return read_yaml(root / f"{name}.yaml")
    document: dict[str, Any] = {part: read_yaml(root / f"{part}.yaml") for part in _CORE}
    files = sorted((root / "frameworks").glob("*.yaml"))
    if not files:
        message = (
            f"knowledge folder {root} has no frameworks/*.yaml; restore it from the repository"
        )
        raise InputError(message)
    document["frameworks"] = [spell_out(read_yaml(path)) for path in files]
    return document


def pack(root: Path) -> dict[str, str]:
    """What the wheel carries: file name to text.

    Most platforms are for other hardware than that of a question, and parsing all of them would
    take longer than the answer: their bodies are lines of a file of their own, of which those that
    matter are parsed. So are sources and models; the models that are proposed stand in the core.
    """
    core, models = compile_document(root, "core"), compile_document(root, "models")
    sources = core.pop("sources")
    bodies: list[str] = []
    for framework in core["frameworks"]:
        framework["platforms"] = [_packed(item, bodies) for item in framework["platforms"]]
    rows = {row["id"]: row for row in models["models"]}
    core |= {"date": sources["date"], "ladder": [rows[name] for name in models["ladder"]]}
    return {
        "core.json": _text(core),
        "platforms.jsonl": "\n".join(bodies),
        "sources.json": _text(sources),
        "models.json": _text(models),
        "accelerators.json": _text(compile_document(root, "accelerators")),
        "remedies.json": _text(compile_document(root, "remedies")),
    }


def _packed(platform: dict[str, Any], bodies: list[str]) -> dict[str, Any]:
    bodies.append(_text(platform))
    head = {key: platform[key] for key in ("id", "name", "device")}
    return head | {"line": len(bodies) - 1}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        InputError: the file cannot be read or is no mapping.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506  # both are safe
    except OSError as error:
        message = f"knowledge file {path} cannot be read: {error.strerror}"
        raise InputError(message) from error
    except (yaml.YAMLError, ValueError) as error:
        message = f"knowledge file {path} is not valid YAML: {' '.join(str(error).split())}"
        raise InputError(message) from error
    if not isinstance(data, dict):
        message = f"knowledge file {path} must hold a mapping, not {type(data).__name__}"
        raise InputError(message)
    return {str(key): plain(item) for key, item in data.items()}


def plain(value: Any) -> Any:
    """``value`` with what JSON has no form for (dates, mapping keys that are no text) as text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def spell_out(framework: dict[str, Any]) -> dict[str, Any]:
    """A framework document with every shorthand of its platforms written in full."""
    platforms = framework.get("platforms")
    if not isinstance(platforms, list):
        return framework
    return framework | {"platforms": [_platform(item) for item in platforms]}


def _platform(platform: Any) -> Any:
    if not isinstance(platform, dict):
        return platform
    full = dict(platform)
    for key in ("arguments", "environment"):
        if isinstance(full.get(key), list):
            full[key] = [_step(step) for step in full[key]]
    methods = full.get("methods")
    if isinstance(methods, dict):
        full["methods"] = {name: _method(method) for name, method in methods.items()}
    return full


def _method(method: Any) -> Any:
    if not isinstance(method, dict):
        return method
    full = dict(method)
    for key in ("install", "serve", "check"):
        if isinstance(full.get(key), list):
            full[key] = [_line(line) for line in full[key]]
    return full


def _line(line: Any) -> Any:
    if isinstance(line, str):
        return {"steps": [_step(line)]}
    if isinstance(line, list):
        return {"steps": [_step(step) for step in line]}
    if isinstance(line, Mapping) and "run" in line:
        return _line(line["run"]) | {key: item for key, item in line.items() if key != "run"}
    return line


def _step(step: Any) -> Any:
    return {"args": step} if isinstance(step, str) else step


def with_commands(document: dict[str, Any]) -> dict[str, Any]:
    """Remedies whose command lines, which may be strings, are written in full."""
    return document | {
        part: [_with_lines(item) for item in document[part]]
        for part in ("checks", "remedies")
        if isinstance(document.get(part), list)
    }


def _with_lines(remedy: Any) -> Any:
    if not isinstance(remedy, dict) or not isinstance(remedy.get("commands"), dict):
        return remedy
    families = remedy["commands"].items()
    return remedy | {"commands": {name: _shell_lines(lines) for name, lines in families}}


def _shell_lines(lines: Any) -> Any:
    return [_shell_line(line) for line in lines] if isinstance(lines, list) else lines


def _shell_line(line: Any) -> Any:
    if isinstance(line, str):
        return {"raw": line}
    if isinstance(line, dict) and "run" in line:
        return {"raw": line["run"]} | {key: item for key, item in line.items() if key != "run"}
    return line
