"""LMDeploy, XInference, mlx-lm and TensorRT-LLM: plain argparse and click."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from recommender.harvest import calls
from recommender.harvest.environment import python_names
from recommender.harvest.tree import Module, Tree
from recommender.lint.option_lists import Option

_XINFERENCE = {
    "local": "xinference-local",
    "supervisor": "xinference-supervisor",
    "worker": "xinference-worker",
    "model_launch": "xinference launch",
}


def lmdeploy(root: Path) -> dict[str, list[Option]]:
    """``lmdeploy serve api_server`` and ``proxy``: calls, many of them made by a helper."""
    tree = Tree(root)
    serve, helper = tree.module("lmdeploy.cli.serve"), tree.module("lmdeploy.cli.utils")
    found: dict[str, list[Option]] = {}
    for cls in serve.body if serve else ():
        for function in getattr(cls, "body", ()):
            _, is_parser, name = getattr(function, "name", "").partition("add_parser_")
            if serve and helper and is_parser and name in {"api_server", "proxy"}:
                options = _lmdeploy_options(tree, root, serve, helper, function)
                found[f"lmdeploy serve {name}"] = list(options)
    return found | {"environment": python_names(root / "lmdeploy", "LMDEPLOY_")}


def _lmdeploy_options(
    tree: Tree, root: Path, serve: Module, helper: Module, function: ast.AST
) -> Iterator[Option]:
    registered = _registered(root)
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "add_argument":
            yield calls.argparse_option(tree, serve, calls.names(node), calls.keywords(node))
        elif getattr(node.func.value, "id", "") == "ArgumentHelper":
            for call, given in _helped(helper, node.func.attr):
                option = calls.argparse_option(tree, helper, calls.names(call), given)
                yield replace(option, choices=registered.get(option.names[0], option.choices))


def _helped(helper: Module, name: str) -> Iterator[tuple[ast.Call, dict[str, ast.expr]]]:
    """The calls of a helper's function, with its parameters replaced by their defaults."""
    cls = helper.names["ArgumentHelper"]
    for function in getattr(cls, "body", ()):
        if isinstance(function, ast.FunctionDef) and function.name == name:
            last = function.args.args[len(function.args.args) - len(function.args.defaults) :]
            pairs = zip(last, function.args.defaults, strict=True)
            defaults = {argument.arg: default for argument, default in pairs}
            for call in calls.added(function):
                given = calls.keywords(call).items()
                yield call, {k: defaults.get(getattr(v, "id", ""), v) for k, v in given}


def _registered(root: Path) -> dict[str, tuple[str, ...]]:
    """Names under which parsers register themselves with a decorator."""
    kinds = {"tool_parser": "--tool-call-parser", "reasoning_parser": "--reasoning-parser"}
    found: dict[str, list[str]] = {option: [] for option in kinds.values()}
    for path in sorted((root / "lmdeploy" / "serve").rglob("*.py")):
        option = next((option for part, option in kinds.items() if part in str(path)), None)
        if option:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for decorator in getattr(node, "decorator_list", ()):
                    found[option] += _names_registered(decorator)
    return {option: tuple(names) for option, names in found.items() if names}


def _names_registered(decorator: ast.expr) -> list[str]:
    if not isinstance(decorator, ast.Call):
        return []
    if getattr(decorator.func, "attr", "") != "register_module":
        return []
    given = [*decorator.args, *(item.value for item in decorator.keywords)]
    parts = [p for v in given for p in (v.elts if isinstance(v, (ast.List, ast.Tuple)) else [v])]
    return [str(part.value) for part in parts if isinstance(part, ast.Constant)]


def xinference(root: Path) -> dict[str, list[Option]]:
    """The commands of click in one file."""
    tree = Tree(root)
    module = tree.module("xinference.deploy.cmdline")
    names = python_names(root / "xinference" / "constants.py", "XINFERENCE_")
    return _commands(tree, module, _XINFERENCE) | {"environment": names}


def trtllm(root: Path) -> dict[str, list[Option]]:
    """``trtllm-serve``, whose first word ``serve`` may be left out.

    Its parsers of reasoning stand in a table up to 1.2; in 1.3 they register themselves.
    """
    tree = Tree(root)
    found = _commands(tree, tree.module("tensorrt_llm.commands.serve"), {"serve": "trtllm-serve"})
    parsers = tree.module("tensorrt_llm.llmapi.reasoning_parser")
    names = tuple(
        str(name.value)
        for cls in (parsers.body if parsers else ())
        for decorator in reversed(getattr(cls, "decorator_list", ()))
        if getattr(getattr(decorator, "func", None), "id", "") == "register_reasoning_parser"
        for name in decorator.args
    )
    return {
        program: [
            replace(option, choices=option.choices or names)
            if "--reasoning_parser" in option.names
            else option
            for option in options
        ]
        for program, options in found.items()
    }


def _commands(tree: Tree, module: Module | None, named: dict[str, str]) -> dict[str, list[Option]]:
    return {
        named[function.name]: list(calls.click_options(tree, module, function))
        for function in (module.body if module else ())
        if module and isinstance(function, ast.FunctionDef) and function.name in named
    }


def mlx_lm(root: Path) -> dict[str, list[Option]]:
    """``mlx_lm.server``: one function that sets up a parser."""
    tree = Tree(root)
    module = tree.module("mlx_lm.server")
    found = [
        calls.argparse_option(tree, module, calls.names(call), calls.keywords(call))
        for statement in (module.body if module else ())
        for call in calls.added(statement)
        if module
    ]
    return {"mlx_lm.server": found, "environment": python_names(root / "mlx_lm", "MLXLM_")}
