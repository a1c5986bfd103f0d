"""From the YAML files of knowledge/ to one JSON document per kind of fact.

Runs at build time (the wheel ships JSON alone) and in a source checkout. Shorthands of the YAML are
spelt out here: a command line may be a string or a list of steps, a step may be a string.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from recommender import bounded_yaml
from recommender.errors import InputError, printable

_LONGEST_PATH, _LONGEST_REASON = 400, 400
_CORE = (
    "corrections",
    "devices",
    "common",
    "parsers",
    "quantizations",
    "recommendations",
    "situations",
    "sources",
    "systems",
    "vocabulary",
    "words",
    "workload",
)


def compile_document(root: Path, name: str) -> dict[str, Any]:
    """One document of the compiled knowledge: core, or a file of its own.

    Raises:
        InputError: a file is missing, is no YAML, or is no mapping.
    """
    if name == "remedies":
        return with_commands(read_yaml(root / "remedies.yaml"))
    if name == "offline":
        return _with_carried(read_yaml(root / "offline.yaml"))
    if name == "gateways":
        return _with_steps(read_yaml(root / "gateways.yaml"))
    if name == "conversions":
        return _method(read_yaml(root / "conversions.yaml"))  # type: ignore[no-any-return]
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
    take longer than the answer: their bodies are lines of files of their own, of which those that
    matter are parsed. What only explanations show (packages, capabilities, upkeep, conflicts), the
    challengers, sources and models are files of their own, too; the models that are proposed stand
    in the core, and so do the rules by which challengers are named.
    """
    core, models = compile_document(root, "core"), compile_document(root, "models")
    sources, every = core.pop("sources"), core.pop("frameworks")
    models.pop("apart", None)  # for linters alone
    files: dict[str, str] = {}
    heads: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    bodies: dict[bool, list[str]] = {True: [], False: []}
    for framework in every:
        ranked = is_ranked(framework)
        heads[ranked].append(_head(framework, bodies[ranked]))
    rows = {row["id"]: row for row in models["models"]}
    core |= {
        "date": sources["date"],
        "ladders": [
            ladder | {"models": [rows[name] for name in ladder["models"]]}
            for ladder in models["ladders"]
        ],
        "frameworks": heads[True],
        "consider": [_considered(framework) for framework in heads[False]],
    }
    files["core.json"] = _text(core)
    files["challengers.json"] = _text({"frameworks": heads[False]})
    files["platforms.jsonl"] = "\n".join(bodies[True])
    files["challengers.jsonl"] = "\n".join(bodies[False])
    files["details.json"] = _text({item["id"]: _details(item) for item in every})
    files["sources.json"] = _text(sources)
    files["models.json"] = _text(models)
    names: tuple[str, ...] = ("accelerators", "clusters", "conflicts", "conversions", "gateways")
    names += ("help", "hosts", "offline", "releases", "remedies", "schedulers", "servers", "speed")
    for name in (*names, "translations"):
        files[f"{name}.json"] = _text(compile_document(root, name))
    files["versions.json"] = _text(_versions(root))
    return files


def _versions(root: Path) -> dict[str, list[str]]:
    """The versions of each framework whose options were read, oldest first."""
    lists = (json.loads(path.read_bytes()) for path in sorted(root.glob("options/*.json")))
    return {item["framework"]: list(item["versions"]) for item in lists}


def is_ranked(framework: Mapping[str, Any]) -> bool:
    """Whether a framework is one of those that every answer ranks."""
    return bool(framework.get("role", "framework") == "framework")


_DETAILS = ("packages", "capabilities")


def _head(framework: dict[str, Any], bodies: list[str]) -> dict[str, Any]:
    head = {key: value for key, value in framework.items() if key != "upkeep"}
    return head | {"platforms": [_packed(item, bodies) for item in framework["platforms"]]}


def _packed(platform: dict[str, Any], bodies: list[str]) -> dict[str, Any]:
    bodies.append(_text({key: value for key, value in platform.items() if key not in _DETAILS}))
    head = {key: platform[key] for key in ("id", "name", "device")}
    return head | {"line": len(bodies) - 1}


def _details(framework: dict[str, Any]) -> dict[str, Any]:
    """What only an explanation shows of a framework."""
    platforms = {
        item["id"]: {key: item[key] for key in _DETAILS if key in item}
        for item in framework["platforms"]
    }
    return {"upkeep": framework.get("upkeep"), "platforms": platforms}


def _considered(head: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "name", "role", "over", "consider")
    return {key: head[key] for key in kept if key in head}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        InputError: the file cannot be read or is no mapping.
    """
    named = printable(path, _LONGEST_PATH)
    try:
        data = bounded_yaml.read(path)
    except OSError as error:
        message = f"knowledge file {named} cannot be read: {error.strerror}"
        raise InputError(message) from error
    except (yaml.YAMLError, ValueError) as error:
        why = printable(" ".join(str(error).split()), _LONGEST_REASON)
        message = f"knowledge file {named} is not valid YAML: {why}"
        raise InputError(message) from error
    if not isinstance(data, dict):
        message = f"knowledge file {named} must hold a mapping, not {type(data).__name__}"
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
    """A framework document with every shorthand of its platforms written in full.

    Capabilities of the framework are those of each of its platforms which does not say otherwise.
    """
    platforms = framework.get("platforms")
    if not isinstance(platforms, list):
        return framework
    shared = framework.get("capabilities", {})
    kept = {key: value for key, value in framework.items() if key != "capabilities"}
    return kept | {"platforms": [_platform(item, shared) for item in platforms]}


def _platform(platform: Any, shared: Any) -> Any:
    if not isinstance(platform, dict):
        return platform
    full = dict(platform)
    _spell_capabilities(full, shared)
    for key in ("arguments", "environment"):
        if isinstance(full.get(key), list):
            full[key] = [_step(step) for step in full[key]]
    methods = full.get("methods")
    if isinstance(methods, dict):
        full["methods"] = {name: _method(method) for name, method in methods.items()}
    return full


def _spell_capabilities(platform: dict[str, Any], shared: Any) -> None:
    """Every capability as a mapping; those that the platform has are among its traits."""
    own = platform.get("capabilities", {})
    if not (isinstance(own, dict) and isinstance(shared, dict)):
        return
    spelled = {name: _capability(value) for name, value in {**shared, **own}.items()}
    grades = {name: _grade(value) for name, value in spelled.items()}
    able = [name for name, grade in grades.items() if grade not in {"no", "unknown"}]
    platform["capabilities"] = spelled
    platform["traits"] = list(dict.fromkeys((*platform.get("traits", ()), *able)))
    platform["cannot"] = [name for name, grade in grades.items() if grade == "no"]


def _capability(value: Any) -> Any:
    if isinstance(value, str):
        return {"support": value}
    return {"terms": value} if isinstance(value, list) else value


def _grade(value: Any) -> Any:
    return value.get("support", "native") if isinstance(value, dict) else None


def _method(method: Any) -> Any:
    if not isinstance(method, dict):
        return method
    full = dict(method)
    for key in ("install", "prepare", "serve", "check", *_CARRIED):
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


_CARRIED = ("fetch", "fetch_first", "joins", "lines", "load", "load_first")


def _with_carried(document: dict[str, Any]) -> dict[str, Any]:
    """The lines of what is brought to a machine without a network, written in full."""
    return document | {
        part: [_method(row) for row in document[part]]
        for part in ("install", "carry")
        if isinstance(document.get(part), list)
    }


def _with_steps(document: dict[str, Any]) -> dict[str, Any]:
    """The lines of gateways, which may be strings or lists of steps, written in full."""
    whole: dict[str, Any] = _method(document)
    rows = document.get("gateways")
    return whole | {"gateways": [_method(row) for row in rows] if isinstance(rows, list) else rows}


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
