"""Options from calls of argparse's ``add_argument`` and from click's decorators."""

import ast
from collections.abc import Iterator, Mapping

from recommender.harvest.tree import Module, Tree
from recommender.lint.option_lists import Option

_NARGS = {"?": "optional", "*": "any", "+": "many"}
_SWITCHES = frozenset(
    ("store_true", "store_false", "store_const", "count", "help", "version", "append_const")
)
# What functions that turn text into values are called in the sources that are read.
_TYPES = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "loads": "json",
    "json_list_type": "json",
    "human_readable_int": "size",
    "human_readable_int_or_auto": "size",
    "_parse_size": "size",
    "parse_size": "size",
}
_WRAPPERS = frozenset(("optional_type", "parse_type", "nullable"))
_OBSOLETE = ("is deprecated", "(deprecated", "[deprecated", "deprecated.", "deprecated:")


def added(scope: ast.AST) -> Iterator[ast.Call]:
    """Every call of ``add_argument`` inside ``scope``, in the order of the text."""
    calls = [
        node
        for node in ast.walk(scope)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument"
    ]
    yield from sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    """The arguments of a call that are given by name."""
    return {item.arg: item.value for item in call.keywords if item.arg}


def names(call: ast.Call) -> tuple[str, ...]:
    """The option's names: the arguments of a call that are plain text."""
    return tuple(
        item.value
        for item in call.args
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    )


def argparse_option(
    tree: Tree, module: Module, spelt: tuple[str, ...], given: Mapping[str, ast.expr]
) -> Option:
    """An option as argparse would make it of these keywords."""
    action = _name(given.get("action"))
    every = (*spelt, *_negatives(spelt)) if action == "BooleanOptionalAction" else spelt
    takes = _takes(action, given)
    return Option(
        names=every,
        takes=takes,
        type="str" if takes == "none" else value_type(given.get("type")),
        choices=() if takes == "none" else tree.texts(module, given.get("choices")),
        deprecated=_is_deprecated(tree, module, action, given),
        hidden=_name(given.get("help")) == "SUPPRESS",
    )


def _negatives(spelt: tuple[str, ...]) -> Iterator[str]:
    return (f"--no-{name[2:]}" for name in spelt if name.startswith("--"))


def _takes(action: str, given: Mapping[str, ast.expr]) -> str:
    nargs = given.get("nargs")
    if isinstance(nargs, ast.Constant) and nargs.value is not None:
        return _NARGS.get(str(nargs.value), str(nargs.value))
    if "nargs" not in given and (
        action in {*_SWITCHES, "BooleanOptionalAction"}
        or action.endswith(("StoreTrueAction", "StoreConstAction", "StoreFalseAction"))
    ):
        return "none"
    return "one"


def value_type(node: ast.expr | None) -> str:
    """What an expression given as ``type`` makes of text; str where that is not known."""
    if isinstance(node, ast.Call):
        wrapped = _name(node.func) in _WRAPPERS and node.args
        return value_type(node.args[0] if wrapped else node.func)
    return _TYPES.get(_name(node), "str")


def _name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_deprecated(tree: Tree, module: Module, action: str, given: Mapping[str, ast.expr]) -> bool:
    flag = given.get("deprecated")
    if isinstance(flag, ast.Constant) and flag.value is True:
        return True
    text = " ".join((action.lower(), *tree.texts(module, given.get("help")))).lower()
    return text.startswith("deprecated") or any(mark in text for mark in _OBSOLETE)


def click_options(tree: Tree, module: Module, function: ast.FunctionDef) -> Iterator[Option]:
    """The options and operands of a command of click."""
    for decorator in function.decorator_list:
        kind = getattr(getattr(decorator, "func", None), "attr", "")
        if isinstance(decorator, ast.Call) and kind in {"option", "argument"}:
            yield _click_option(tree, module, decorator)


def _click_option(tree: Tree, module: Module, call: ast.Call) -> Option:
    given, spelt = keywords(call), names(call)
    dashed = tuple(part for name in spelt if name.startswith("-") for part in name.split("/"))
    kind, flag = given.get("type"), given.get("is_flag")
    has_flag_value = "flag_value" in given or any("/" in name for name in spelt)
    is_flag = has_flag_value or _name(flag) == "True"
    count = _name(given.get("nargs"))
    takes = {"": "one", "-1": "any"}.get(count, count)
    if _name(given.get("required")) == "False" and not dashed:
        takes = "optional"
    listed = isinstance(kind, ast.Call) and _name(kind.func).startswith("Choice")
    return Option(
        names=tuple(name.strip() for name in dashed) or spelt[:1],
        takes="none" if is_flag else takes,
        type="str" if is_flag or listed else value_type(kind),
        choices=_choices(tree, module, kind) if listed and isinstance(kind, ast.Call) else (),
        deprecated=_is_deprecated(tree, module, "", given),
        hidden=_name(given.get("hidden")) == "True",
    )


def _choices(tree: Tree, module: Module, kind: ast.Call) -> tuple[str, ...]:
    """The choices of click.Choice, and the aliases that a subclass of it may take."""
    return tuple(text for part in kind.args[:2] for text in tree.texts(module, part))
