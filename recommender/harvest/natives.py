"""llama.cpp (C++), TGI (Rust) and Ollama (Go): patterns of their sources."""

import re
from collections.abc import Iterator
from pathlib import Path

from recommender.harvest.environment import variables
from recommender.lint.option_lists import Option

_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LISTED = re.compile(r"^[\[{(<]?([\w.+-]+(?:[|,][\w.+-]+)+)[\]})>]?$")
# The examples (C++ enumerators) whose options llama-server takes.
_OURS = frozenset(("LLAMA_EXAMPLE_COMMON", "LLAMA_EXAMPLE_SERVER"))


def llama_cpp(root: Path) -> dict[str, list[Option]]:
    """``llama-server`` from common/arg.cpp, ``rpc-server`` from tools/rpc."""
    source = next(root.rglob("common/arg.cpp")).read_text(encoding="utf-8")
    calls = list(_arguments(source))
    found = {"llama-server": [option for option, _ in calls if option]}
    rpc = next(iter(root.rglob("rpc/rpc-server.cpp")), None)
    if rpc:
        found["rpc-server"] = list(_rpc_options(rpc.read_text(encoding="utf-8")))
    return found | {"environment": variables(name for _, name in calls if name)}


def _arguments(source: str) -> Iterator[tuple[Option | None, str | None]]:
    """Every ``common_arg(...)`` that llama-server takes, and its environment variable."""
    listed = re.search(r"kv_cache_types = \{(.*?)\}", source, re.DOTALL)
    kinds = re.findall(r"GGML_TYPE_(\w+)", listed[1]) if listed else []
    cache_types = tuple(kind.lower() for kind in kinds)
    # What follows is for files of presets alone, and would be read as part of the last option.
    source, _, _ = source.partition("void common_params_add_preset_options(")
    for chunk in re.split(r"\badd_opt\(common_arg\(", source)[1:]:
        head, tail = _split(chunk)
        examples = set(re.findall(r"LLAMA_EXAMPLE_\w+", _called(tail, "set_examples")))
        excluded = set(re.findall(r"LLAMA_EXAMPLE_\w+", _called(tail, "set_excludes")))
        is_ours = not examples or bool(examples & _OURS)
        if not is_ours or "LLAMA_EXAMPLE_SERVER" in excluded or "set_preset_only" in tail:
            continue
        variable = _TEXT.search(_called(tail, "set_env"))
        yield _argument(head, cache_types), variable[1] if variable else None


def _split(chunk: str) -> tuple[str, str]:
    """An option up to its handler's parameters, and what is called on it after the handler."""
    head, _, rest = chunk.partition("[](")
    parameters, _, _ = rest.partition("{")
    # Handlers hold no line that starts with a closing parenthesis at the call's own depth.
    _, _, tail = rest.partition("\n    )")
    return f"{head}[]({parameters}", tail


def _called(text: str, name: str) -> str:
    found = re.search(rf"\.{name}\(([^)]*)\)", text)
    return found[1] if found else ""


def _argument(head: str, cache_types: tuple[str, ...]) -> Option | None:
    lists = re.findall(r"\{([^{}]*)\}", head)
    names = [name for part in lists[:1] for name in _TEXT.findall(part)]
    if not names:
        return None
    rest = head[head.index("}") + 1 :].lstrip(", \n")
    if rest.startswith("{"):
        negative = _TEXT.findall(lists[1])
        return Option(names=(*names, *negative), takes="none", deprecated=_old(head))
    hints = list(_hints(rest))
    takes = {0: "none", 1: "one"}.get(len(hints), str(len(hints)))
    return Option(
        names=tuple(names),
        takes=takes,
        type="int" if re.search(r", int \w+\)\s*$", head) else "str",
        choices=cache_types if "get_all_kv_cache_types" in head else _choices(hints),
        deprecated=_old(head),
    )


def _hints(rest: str) -> Iterator[str]:
    """The hints of values: the texts before the last, which is the help."""
    for _ in range(2):
        found = re.match(r'"((?:[^"\\]|\\.)*)"\s*,\s*(?="|string_format|R"|\w)', rest)
        if found is None:
            return
        after = rest[found.end() :].lstrip()
        if not after:
            return
        yield found[1]
        rest = after


def _choices(hints: list[str]) -> tuple[str, ...]:
    found = _LISTED.match(hints[0]) if len(hints) == 1 else None
    if found is None or "..." in hints[0] or re.search(r"N\d?\b", hints[0]):
        return ()
    return tuple(re.split(r"[|,]", found[1]))


def _old(head: str) -> bool:
    text = head.lower()
    return any(mark in text for mark in ("deprecated", "has been removed", "argument removed"))


def _rpc_options(source: str) -> Iterator[Option]:
    """Comparisons of an argument with names; the value is the next argument where one is read."""
    body = source[source.index("rpc_server_params_parse") :]
    chunks = re.split(r"\bif \(arg == ", body)[1:]
    for chunk in chunks:
        names = _TEXT.findall(chunk[: chunk.index("{")])
        takes = "one" if "++i" in chunk else "none"
        yield Option(names=tuple(names), takes=takes)


def tgi(root: Path) -> dict[str, list[Option]]:
    """``text-generation-launcher``: the fields of the struct that clap reads."""
    source = (root / "launcher" / "src" / "main.rs").read_text(encoding="utf-8")
    body = source[source.index("struct Args {") :]
    body = body[: body.index("\n}")]
    enums = dict(re.findall(r"enum (\w+) \{(.*?)\n\}", source, re.DOTALL))
    found, names = [], []
    for mark, name, kind in re.findall(r"#\[clap\(([^\]]*)\)\]\s*(\w+): ([^\n]+),", body):
        found.append(_clap(mark, name, kind, enums))
        if re.search(r"\benv\b", mark):
            names.append(name.upper())
    return {"text-generation-launcher": found, "environment": variables(names)}


def _clap(mark: str, name: str, kind: str, enums: dict[str, str]) -> Option:
    inner = re.sub(r"^Option<(.*)>$", r"\1", kind)
    is_list = inner.startswith("Vec<")
    element = inner.removeprefix("Vec<").removesuffix(">") if is_list else inner
    short = re.search(r"short = '(\w)'|\bshort\b", mark)
    letter = (short[1] or name[0]) if short else None
    names = (f"--{name.replace('_', '-')}", *((f"-{letter}",) if letter else ()))
    types = {"bool": "bool", "f32": "float", "f64": "float", "String": "str"}
    is_int = re.fullmatch(r"[ui](\d+|size)", element)
    takes = "none" if kind == "bool" else "one"
    return Option(
        names=names,
        takes=takes,
        type="str"
        if takes == "none" or is_list
        else "int"
        if is_int
        else types.get(element, "str"),
        choices=_variants(enums.get(element, "")),
    )


def _variants(body: str) -> tuple[str, ...]:
    """The values of a clap enumeration: kebab-case, or the name that an attribute gives."""
    code = re.sub(r"//[^\n]*", "", body)
    pairs = re.findall(r'(?:#\[clap\(name = "([^"]+)"\)\]\s*)?(?<![#\[(])\b([A-Z]\w*)\s*,', code)
    return tuple(own or re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for own, name in pairs)


def ollama(root: Path) -> dict[str, list[Option]]:
    """``ollama serve`` has no options: the variables that envconfig/config.go reads."""
    source = (root / "envconfig" / "config.go").read_text(encoding="utf-8")
    names = re.findall(r'"((?:OLLAMA|LLAMA_ARG)_[A-Z0-9_]+)"', source)
    return {"ollama serve": [], "environment": variables(names)}
