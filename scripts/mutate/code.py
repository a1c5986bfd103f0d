"""Mutants of Python: comparisons, joins, arithmetic, numbers and conditions of a module.

Functions are changed where they stand, by the code that they run; a constant of a module is worked
out anew with all that follows from it. Defaults of parameters and of fields stay as they are.
"""

import ast
import gc
import sys
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper, cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from scripts.mutate.mutant import ROOT, Mutant

Change: TypeAlias = tuple[ast.AST, Callable[[], None], Callable[[], None]]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
# A threshold or factor that is wrong by a tenth is wrong.
_MORE = 1.1


def mutants(path: Path) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    source = path.read_text(encoding="utf-8")
    count = sum(1 for _ in _changes(ast.parse(source)))
    return [_mutant(path, source, number) for number in range(count)]


def _mutant(path: Path, source: str, number: int) -> Mutant:
    tree = ast.parse(source)
    top, (node, change, undo) = list(_changes(tree))[number]
    before = ast.unparse(node)
    change()
    after = ast.unparse(node)
    undo()
    what = f"{before}  ->  {after if after != before else f'not ({before})'}"
    name = getattr(top, "name", None) or ", ".join(sorted(_assigned(top)))
    lines = (getattr(node, "lineno", 0), getattr(node, "end_lineno", 0))
    return Mutant(path, lines, name, what, lambda: _install(path, source, number))


def _install(path: Path, source: str, number: int) -> None:
    tree = ast.parse(source)
    top, (_, change, _) = list(_changes(tree))[number]
    change()
    ast.fix_missing_locations(tree)
    if isinstance(top, ast.FunctionDef):
        _replace_code(compile(tree, str(path), "exec"), str(path))
    else:
        _evaluate(tree, top, path)
    for cached in _caches():
        cached.cache_clear()


def _changes(tree: ast.Module) -> Iterator[tuple[ast.AST, Change]]:
    """Every change of a module with the function or statement that it is in."""
    for top in _tops(tree.body):
        inner = top.body if isinstance(top, ast.FunctionDef) else [top]
        for statement in inner:
            for change in _within(statement):
                yield top, change


def _tops(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.Assign, ast.AnnAssign)):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from (inner for inner in node.body if isinstance(inner, ast.FunctionDef))


def _within(node: ast.AST) -> Iterator[Change]:
    yield from _of(node)
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _within(child)


def _of(node: ast.AST) -> Iterator[Change]:
    """The changes of one node itself."""
    match node:
        case ast.Constant():
            yield from _of_constant(node)
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                yield _setting(node, node.ops, place, _COMPARISONS[type(operator)]())
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            yield _setting(node, vars(node), "op", _ARITHMETIC[type(node.op)]())
        case ast.BoolOp():
            swapped = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield _setting(node, vars(node), "op", swapped)
        case ast.UnaryOp():
            yield from _of_sign(node)
        case ast.Name() if node.id in _CALLS and isinstance(node.ctx, ast.Load):
            yield _setting(node, vars(node), "id", _CALLS[node.id])
        case ast.If() | ast.IfExp() if isinstance(node.test, (ast.Name, ast.Call, ast.Attribute)):
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield _setting(node.test, vars(node), "test", negated)


def _of_constant(node: ast.Constant) -> Iterator[Change]:
    match node.value:
        case bool():
            yield _setting(node, vars(node), "value", not node.value)
        case int() as number:
            yield _setting(node, vars(node), "value", number + 1)
        case float() as number:
            yield _setting(node, vars(node), "value", number * _MORE or 1.0)


def _of_sign(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not):
        yield _setting(node, vars(node), "operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node.op, ast.USub):
        yield _setting(node, vars(node), "op", ast.UAdd())


def _setting(node: ast.AST, holder: Any, key: Any, value: object) -> Change:
    original = holder[key]
    return (
        node,
        lambda: holder.__setitem__(key, value),
        lambda: holder.__setitem__(key, original),
    )


def _assigned(node: ast.AST) -> set[str]:
    return {
        name.id
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def _read(node: ast.AST) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)} - _assigned(node)


@cache
def _functions() -> dict[tuple[str, str, int], list[FunctionType]]:
    """Every function of ours that lives, by file, qualified name and first line."""
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(str(ROOT)):
            found.setdefault(_key(thing.__code__), []).append(thing)
    return found


@cache
def _caches() -> "list[_lru_cache_wrapper[Any]]":
    """The caches of ours, but for those of what is read: it stays as it is."""
    kept = ("recommender.knowledge", "recommender.devices", "recommender.models")
    return [
        thing
        for thing in gc.get_objects()
        if isinstance(thing, _lru_cache_wrapper)
        and str(thing.__module__).startswith("recommender")
        and not str(thing.__module__).startswith(kept)
    ]


def prepare() -> None:
    """Find what lives, once for all mutants."""
    _functions()
    _caches()


def _key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _replace_code(code: CodeType, path: str) -> None:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            for function in _functions().get(_key(inner), ()):
                function.__code__ = inner
            _replace_code(inner, path)


def _evaluate(tree: ast.Module, top: ast.AST, path: Path) -> None:
    """Work out a constant, and those after it that follow from it, and hand them on."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    module = sys.modules[name.removesuffix(".__init__")]
    changed: set[str] = set()
    for node in tree.body[tree.body.index(top) :]:  # type: ignore[arg-type]
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and (node is top or _read(node) & changed):
            before = dict(vars(module))
            exec(compile(ast.Module([node], []), str(path), "exec"), vars(module))  # noqa: S102
            changed |= _assigned(node)
            for constant in _assigned(node):
                _hand_on(module, constant, before[constant])


def _hand_on(module: ModuleType, name: str, before: object) -> None:
    for other in list(sys.modules.values()):
        ours = str(getattr(other, "__name__", "")).startswith("recommender")
        if ours and vars(other).get(name) is before:
            setattr(other, name, getattr(module, name))
