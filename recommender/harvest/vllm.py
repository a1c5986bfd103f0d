"""vLLM: ``add_argument`` calls whose keywords come from the fields of configuration classes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from recommender.harvest import calls
from recommender.harvest.annotations import described
from recommender.harvest.environment import python_names
from recommender.harvest.tree import Module, Tree
from recommender.lint.option_lists import Option

# cli_args.py has stood in three places so far.
_FRONTENDS = tuple(
    f"vllm.entrypoints.{place}.cli_args" for place in ("common", "launchers", "openai")
)
_ENGINE = "vllm.engine.arg_utils"
# Integers that ``get_kwargs`` lets end in K, M or G, wherever it lists them.
_SIZES = frozenset(
    (
        "--kv-cache-memory-bytes",
        "--max-model-len",
        "--max-num-batched-tokens",
        "--max-num-queued-tokens",
        "--max-num-scheduled-tokens",
        "--safetensors-prefetch-block-size",
    )
)
# What the parser takes as any text, to be looked up later, so that plugins can add to it.
_LOOKED_UP = {
    "--kv-cache-dtype": (("vllm.config.cache", "CacheDType"),),
    "--quantization": (("vllm.model_executor.layers.quantization", "QuantizationMethods"),),
    "--tool-call-parser": (
        ("vllm.tool_parsers", "_TOOL_PARSERS_TO_REGISTER"),
        ("vllm.entrypoints.openai.tool_parsers", "_TOOL_PARSERS_TO_REGISTER"),
    ),
    "--reasoning-parser": (("vllm.reasoning", "_REASONING_PARSERS_TO_REGISTER"),),
}


@dataclass
class _Fields:
    """A variable that holds the keywords of every field of a class, some of them changed.

    ``only`` is the field where the variable holds the keywords of one alone.
    """

    module: Module
    cls: ast.ClassDef
    changed: dict[tuple[str, str], ast.expr] = field(default_factory=dict)
    removed: set[tuple[str, str]] = field(default_factory=set)
    only: str = ""


def harvest(root: Path) -> dict[str, list[Option]]:
    """The programs of vLLM below ``root``."""
    tree = Tree(root)
    frontend = next(filter(None, map(tree.module, _FRONTENDS)), None)
    engine = tree.module(_ENGINE)
    found: list[Option] = []
    for module in filter(None, (frontend, engine)):
        for statement in module.body:
            found += _read(tree, module, statement)
    options = {option.names[0]: option for option in reversed(found)}
    return {
        "vllm serve": [_with_choices(tree, _with_inverses(tree, o)) for o in options.values()],
        "environment": python_names(root / "vllm" / "envs.py", "VLLM_"),
    }


def _read(tree: Tree, module: Module, statement: ast.stmt) -> Iterator[Option]:
    """The options that a class or a function registers."""
    if isinstance(statement, ast.ClassDef):
        own = [item for item in statement.body if isinstance(item, ast.FunctionDef)]
        registers = {"add_cli_args", "_customize_cli_kwargs"} & {item.name for item in own}
        is_parent = statement.name == "BaseFrontendArgs"
        if registers and not is_parent:
            yield from _class(tree, module, statement)
    elif isinstance(statement, ast.FunctionDef) and statement.name == "make_arg_parser":
        yield from _calls(tree, module, statement, {})


def _class(tree: Tree, module: Module, cls: ast.ClassDef) -> Iterator[Option]:
    chain = [cls, *(base for _, base in tree.bases(module, cls))]
    functions = [f for c in reversed(chain) for f in c.body if isinstance(f, ast.FunctionDef)]
    known: dict[str, _Fields] = {"frontend_kwargs": _Fields(module, cls)}
    named = {"add_cli_args", "_customize_cli_kwargs"}
    for function in functions:
        if function.name in named:
            _learn(tree, module, function, known)
    for function in functions:
        if function.name == "add_cli_args":
            yield from _calls(tree, module, function, known)


def _learn(
    tree: Tree, module: Module, function: ast.FunctionDef, known: dict[str, _Fields]
) -> None:
    """Which variables hold the keywords of which class, and what is changed in them."""
    for node in _in_order(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            cls = _keywords_of(tree, module, node.value)
            one = _field_of(node.value, known)
            if cls:
                known.setdefault(node.targets[0].id, _Fields(*cls))
            elif one:
                known[node.targets[0].id] = replace(one[0], only=one[1])
        elif isinstance(node, ast.Assign):
            place = _place(node.targets[0])
            if place and place[0] in known:
                known[place[0]].changed[place[1:]] = node.value
        elif isinstance(node, ast.Delete):
            place = _place(node.targets[0])
            if place and place[0] in known:
                known[place[0]].removed.add(place[1:])


def _in_order(function: ast.FunctionDef) -> list[ast.stmt]:
    found = [node for node in ast.walk(function) if isinstance(node, (ast.Assign, ast.Delete))]
    return sorted(found, key=lambda node: node.lineno)


def _keywords_of(tree: Tree, module: Module, value: ast.expr) -> tuple[Module, ast.ClassDef] | None:
    """The class of ``get_kwargs(Class)``."""
    if not (isinstance(value, ast.Call) and getattr(value.func, "id", "") == "get_kwargs"):
        return None
    name = getattr(value.args[0], "id", "")
    found = tree.find(module, name)
    return (found[0], found[1]) if found and isinstance(found[1], ast.ClassDef) else None


def _place(node: ast.expr) -> tuple[str, str, str] | None:
    """``x_kwargs["field"]["key"]`` as its three names."""
    match node:
        case ast.Subscript(
            value=ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=field_name)),
            slice=ast.Constant(value=key_name),
        ):
            return name, str(field_name), str(key_name)
    return None


def _calls(
    tree: Tree, module: Module, function: ast.FunctionDef, known: dict[str, _Fields]
) -> Iterator[Option]:
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For)]
    in_loops = {id(call) for loop in loops for call in calls.added(loop)}
    for loop in loops:
        holder = known.get(_looped(loop))
        if holder and any(calls.added(loop)):
            for name, _, _ in tree.fields(holder.module, holder.cls):
                yield _option(tree, module, (_dashed(name),), holder, name, {})
    for call in calls.added(function):
        spelt = calls.names(call)
        if spelt and id(call) not in in_loops:
            given = calls.keywords(call)
            source = _source(call, known)
            if source:
                yield _option(tree, module, spelt, *source, given)
            else:
                yield calls.argparse_option(tree, module, spelt, given)


def _looped(loop: ast.For) -> str:
    """The variable whose items a loop goes through."""
    match loop.iter:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="items")):
            return name
    return ""


def _source(call: ast.Call, known: dict[str, _Fields]) -> tuple[_Fields, str] | None:
    """Whose field the keywords of a call are: ``**x_kwargs["field"]``, at any depth."""
    for keyword in call.keywords:
        if keyword.arg is None:
            for node in ast.walk(keyword.value):
                found = _field_of(node, known)
                if found:
                    return found
    return None


def _field_of(node: ast.AST, known: dict[str, _Fields]) -> tuple[_Fields, str] | None:
    """The field whose keywords ``x_kwargs["field"]``, or a variable that holds them, is."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=key)):
            return (known[name], str(key)) if name in known else None
        case ast.Name(id=name) if name in known and known[name].only:
            return known[name], known[name].only
    return None


def _option(
    tree: Tree,
    module: Module,
    spelt: tuple[str, ...],
    holder: _Fields,
    name: str,
    given: dict[str, ast.expr],
) -> Option:
    found = tree.field(holder.module, holder.cls, name)
    plain = described(tree, *found) if found else {}
    changed = {key: value for (owner, key), value in holder.changed.items() if owner == name}
    own = {**changed, **given}
    kept = {key: v for key, v in plain.items() if (name, key) not in holder.removed}
    if "action" in own and getattr(own["action"], "value", None) == "append":
        kept.pop("nargs", None)
    return calls.argparse_option(tree, module, spelt, {**kept, **own})


def _with_inverses(tree: Tree, option: Option) -> Option:
    """``--enable-x`` has ``--disable-x`` and the other way round, where the parser makes them."""
    module = tree.module("vllm.utils.argparse_utils")
    if module is None or "EnableDisableAction" not in module.names:
        return option
    if not any(name.startswith("--no-") for name in option.names):
        return option
    inverses = [
        f"--{other}-{name.removeprefix(f'--{prefix}-')}"
        for name in option.names
        for prefix, other in (("enable", "disable"), ("disable", "enable"))
        if name.startswith(f"--{prefix}-")
    ]
    return replace(option, names=(*option.names, *inverses))


def _with_choices(tree: Tree, option: Option) -> Option:
    """The names that are looked up after parsing are choices all the same."""
    if option.names[0] in _SIZES and option.type == "int":
        return replace(option, type="size")
    for place, variable in _LOOKED_UP.get(option.names[0], ()):
        module = tree.module(place)
        listed = tree.texts(module, module.names.get(variable)) if module else ()
        if listed:
            return replace(option, choices=listed)
    return option


def _dashed(name: str) -> str:
    return "--" + name.replace("_", "-")
