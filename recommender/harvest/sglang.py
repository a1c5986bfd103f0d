"""SGLang: annotated fields of ServerArgs, and the calls of ``add_argument`` beside them."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from recommender.harvest import calls
from recommender.harvest.environment import python_names
from recommender.harvest.tree import Module, Tree
from recommender.lint.option_lists import Option

_ARGS = "sglang.srt.server_args"
_MARKS = frozenset(("A", "Annotated"))


def harvest(root: Path) -> dict[str, list[Option]]:
    """The programs of SGLang below ``root``."""
    tree = Tree(root)
    found = list(_options(tree, root))
    serve = root / "sglang" / "cli" / "serve.py"
    text = serve.read_text(encoding="utf-8") if serve.is_file() else ""
    if '"--model-type"' in text:
        found.append(Option(names=("--model-type",)))
    if "_normalize_positional_model_path" in text:
        found.append(Option(names=("model",), takes="optional"))
    once = {option.names[0]: option for option in reversed(found)}
    return {
        "sglang serve": list(reversed(once.values())),
        "environment": python_names(root / "sglang" / "srt", "SGLANG_"),
    }


def _options(tree: Tree, root: Path) -> Iterator[Option]:
    for module, cls in _records(tree, root):
        for statement in cls.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield from _field(tree, module, statement.target.id, statement.annotation)
    args = tree.module(_ARGS)
    for node in args.body if args else ():
        if args and isinstance(node, ast.ClassDef) and node.name == "ServerArgs":
            for call in calls.added(node):
                spelt = calls.names(call)
                if spelt:
                    yield _called(tree, args, spelt, calls.keywords(call))


def _called(
    tree: Tree, module: Module, spelt: tuple[str, ...], given: dict[str, ast.expr]
) -> Option:
    option = calls.argparse_option(tree, module, spelt, given)
    listed = _parsers(tree, option.names[0])
    return replace(option, choices=listed) if listed else option


def _parsers(tree: Tree, name: str) -> tuple[str, ...]:
    """Names of parsers, which functions gather while the program runs."""
    places = {
        "--tool-call-parser": (
            ("sglang.srt.function_call.parser_names", "TOOL_CALL_PARSER_NAMES", ""),
            (
                "sglang.srt.function_call.function_call_parser",
                "FunctionCallParser",
                "ToolCallParserEnum",
            ),
        ),
        "--reasoning-parser": (
            ("sglang.srt.parser.reasoning_parser_names", "REASONING_PARSER_NAMES", ""),
            ("sglang.srt.parser.reasoning_parser", "ReasoningParser", "DetectorMap"),
        ),
    }
    for place, variable, attribute in places.get(name, ()):
        module = tree.module(place)
        named: ast.expr = ast.Name(variable)
        node = ast.Attribute(named, attribute) if attribute else named
        listed = tree.texts(module, node) if module else ()
        if listed:
            return ("auto", *listed)
    return ()


def _records(tree: Tree, root: Path) -> Iterator[tuple[Module, ast.ClassDef]]:
    """ServerArgs, and the classes of fields of which it is made since 0.5.20."""
    fields = sorted((root / "sglang/srt/arg_groups/fields").glob("*.py"))
    places = [_ARGS, *(f"sglang.srt.arg_groups.fields.{file.stem}" for file in fields)]
    for place in places:
        module = tree.module(place)
        for cls in module.body if module else ():
            wanted = place != _ARGS or getattr(cls, "name", "") == "ServerArgs"
            if module and isinstance(cls, ast.ClassDef) and wanted:
                yield module, cls


def _field(tree: Tree, module: Module, name: str, annotation: ast.expr) -> Iterator[Option]:
    """``A[type, "help"]`` or ``A[type, Arg(...)]`` as ``add_cli_args_from_dataclass`` reads it."""
    if not (
        isinstance(annotation, ast.Subscript)
        and getattr(annotation.value, "id", "") in _MARKS
        and isinstance(annotation.slice, ast.Tuple)
    ):
        return
    kind, *extra = annotation.slice.elts
    mark = next((e for e in extra if _is_call(e, "Arg")), None)
    given = calls.keywords(mark) if isinstance(mark, ast.Call) else {}
    has_help = any(isinstance(e, (ast.Constant, ast.JoinedStr)) for e in extra)
    if not (mark or has_help) or getattr(given.get("no_cli"), "value", False):
        return
    own = tree.texts(module, given.get("cli_name")) or ("--" + name.replace("_", "-"),)
    spelt = (*own, *tree.texts(module, given.get("aliases")))
    yield calls.argparse_option(tree, module, spelt, _keywords(tree, module, kind, given))


def _keywords(
    tree: Tree, module: Module, kind: ast.expr, given: dict[str, ast.expr]
) -> dict[str, ast.expr]:
    inner = _unwrapped(kind)
    own: dict[str, ast.expr] = {
        name: given[name] for name in ("nargs", "choices", "help") if name in given
    }
    if "action" in given:
        more = given.get("action_kwargs")
        pairs = zip(more.keys, more.values, strict=True) if isinstance(more, ast.Dict) else ()
        extra = {str(k.value): v for k, v in pairs if isinstance(k, ast.Constant)}
        return {"action": given["action"], **own, **extra}
    listed = tree.texts(module, inner) if _is_subscript(inner, "Literal") else ()
    parser = given.get("type_parser")
    if listed:
        if not tree.texts(module, given.get("choices")):
            own["choices"] = inner
    elif _is_subscript(inner, "list") and parser is None and isinstance(inner, ast.Subscript):
        return {"nargs": ast.Constant("+"), "type": inner.slice, **own}
    elif getattr(inner, "id", "") == "bool":
        return {"action": ast.Constant("store_true"), **own}
    return {"type": parser or inner, **own}


def _unwrapped(kind: ast.expr) -> ast.expr:
    """``Optional[X]`` and ``X | None`` as ``X``."""
    if isinstance(kind, ast.Subscript) and getattr(kind.value, "id", "") == "Optional":
        return kind.slice
    if isinstance(kind, ast.BinOp) and getattr(kind.right, "value", "") is None:
        return kind.left
    return kind


def _is_subscript(node: ast.expr, name: str) -> bool:
    if not isinstance(node, ast.Subscript):
        return False
    return str(getattr(node.value, "id", "")).lower() == name.lower()


def _is_call(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == name
