"""Python sources as trees: names are followed through imports, constants are worked out."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Longer chains of imports and aliases are circles.
_DEEPEST = 12
_LISTS = frozenset(("list", "sorted", "tuple", "set", "frozenset", "get_args"))
_BLOCKS = (ast.If, ast.Try, ast.With)


@dataclass(frozen=True, eq=False)
class Module:
    """One source file: its dotted name, and what stands at its top level by name."""

    name: str
    is_package: bool
    body: list[ast.stmt]
    names: dict[str, ast.AST] = field(default_factory=dict)


class Tree:
    """The sources of a wheel below ``root``, parsed when they are asked for."""

    def __init__(self, root: Path) -> None:
        """Take the folder that holds the packages."""
        self.root = root
        self._modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """A module by its dotted name, or None where the sources have none of that name."""
        if name not in self._modules:
            self._modules[name] = self._parse(name)
        return self._modules[name]

    def _parse(self, name: str) -> Module | None:
        base = self.root / name.replace(".", "/")
        path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if not path.is_file():
            return None
        body = ast.parse(path.read_text(encoding="utf-8")).body
        module = Module(name, path.name == "__init__.py", body)
        for statement in _top_level(body):
            for found, node in _named(statement):
                # The first is what type checkers see: the others stand in ``else`` and ``except``.
                module.names.setdefault(found, node)
        return module

    def find(self, module: Module, name: str, depth: int = 0) -> tuple[Module, ast.AST] | None:
        """Where ``name``, as ``module`` sees it, is defined."""
        node = module.names.get(name)
        if node is None or depth > _DEEPEST:
            return None
        if not isinstance(node, ast.ImportFrom):
            return module, node
        origin = next(a.name for a in node.names if (a.asname or a.name) == name)
        source = self.module(_absolute(module, node))
        found = self.find(source, origin, depth + 1) if source else None
        if found is None and source is not None:
            inner = self.module(f"{source.name}.{origin}")
            return (inner, ast.Module(body=inner.body, type_ignores=[])) if inner else None
        return found

    def field(self, module: Module, cls: ast.ClassDef, name: str) -> tuple[Module, ast.expr] | None:
        """The annotation of a class's field, its own or that of a base."""
        for statement in cls.body:
            if isinstance(statement, ast.AnnAssign) and _target(statement) == name:
                return module, statement.annotation
        for where, base in self.bases(module, cls):
            found = self.field(where, base, name)
            if found:
                return found
        return None

    def bases(self, module: Module, cls: ast.ClassDef) -> Iterator[tuple[Module, ast.ClassDef]]:
        """The classes of the sources from which ``cls`` inherits."""
        for base in cls.bases:
            found = self.find(module, base.id) if isinstance(base, ast.Name) else None
            if found and isinstance(found[1], ast.ClassDef):
                yield found[0], found[1]

    def fields(self, module: Module, cls: ast.ClassDef) -> Iterator[tuple[str, Module, ast.expr]]:
        """Every field of a class, those of its bases first: name, module, annotation."""
        for where, base in self.bases(module, cls):
            yield from self.fields(where, base)
        for statement in cls.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id, module, statement.annotation

    def texts(self, module: Module, node: ast.AST | None, depth: int = 0) -> tuple[str, ...]:
        """The constants that an expression lists, as text; empty where they cannot be told."""
        if node is None or depth > _DEEPEST:
            return ()
        if isinstance(node, ast.Constant):
            return () if node.value is None else (str(node.value),)
        return tuple(
            text
            for where, inner in self._listed(module, node)
            for text in self.texts(where, inner, depth + 1)
        )

    def _listed(self, module: Module, node: ast.AST) -> Iterator[tuple[Module, ast.AST]]:  # noqa: C901  # one case a kind of expression
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            yield from ((module, item) for item in node.elts)
        elif isinstance(node, ast.Starred):
            yield module, node.value
        elif isinstance(node, ast.Dict):
            yield from ((module, item) for item in (a or b for a, b in _pairs(node)))
        elif isinstance(node, ast.BinOp):
            yield from ((module, item) for item in (node.left, node.right))
        elif isinstance(node, ast.Subscript):
            if _last(node.value) in {"Literal", "Optional", "Union", "Annotated"}:
                yield module, node.slice
        elif isinstance(node, ast.Name):
            found = self.find(module, node.id)
            if found:
                yield found
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            yield module, node.value
        elif isinstance(node, ast.Call):
            yield from self._called(module, node)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(module, node)
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            yield from self._members(module, node)

    def _called(self, module: Module, node: ast.Call) -> Iterator[tuple[Module, ast.AST]]:
        if _last(node.func) in _LISTS and node.args:
            yield module, node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in {"keys", "copy"}:
            yield module, node.func.value
        elif isinstance(node.func, ast.Name) and not node.args:
            found = self.find(module, node.func.id)
            if found and isinstance(found[1], ast.FunctionDef):
                returns = [item for item in ast.walk(found[1]) if isinstance(item, ast.Return)]
                if returns and returns[-1].value:
                    yield from self._inside(found[0], found[1], returns[-1].value)

    def _inside(
        self, module: Module, function: ast.FunctionDef, value: ast.expr
    ) -> Iterator[tuple[Module, ast.AST]]:
        """A returned value, with the function's own imports in sight."""
        names = dict(module.names)
        for statement in _top_level(function.body):
            names.update(_named(statement))
        yield Module(module.name, module.is_package, function.body, names), value

    def _attribute(self, module: Module, node: ast.Attribute) -> Iterator[tuple[Module, ast.AST]]:
        found = self.find(module, node.value.id) if isinstance(node.value, ast.Name) else None
        if found and isinstance(found[1], (ast.ClassDef, ast.Module)):
            for statement in found[1].body:
                if _target(statement) == node.attr:
                    yield found[0], statement

    def _members(
        self, module: Module, node: ast.ListComp | ast.GeneratorExp
    ) -> Iterator[tuple[Module, ast.AST]]:
        """Names or values of an enumeration's members: ``[e.value for e in Kind]``."""
        over = node.generators[0].iter
        found = self.find(module, over.id) if isinstance(over, ast.Name) else None
        if found is None or not isinstance(found[1], ast.ClassDef):
            return
        by_name = "name" in {n.attr for n in ast.walk(node.elt) if isinstance(n, ast.Attribute)}
        for statement in found[1].body:
            if isinstance(statement, ast.Assign):
                name = ast.Constant((_target(statement) or "").lower())
                yield found[0], name if by_name else statement.value


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, _BLOCKS):
            yield from _top_level(
                [s for s in ast.iter_child_nodes(statement) if isinstance(s, ast.stmt)]
            )
        else:
            yield statement


def _named(statement: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(statement, ast.ImportFrom):
        yield from ((alias.asname or alias.name, statement) for alias in statement.names)
    elif isinstance(statement, (ast.ClassDef, ast.FunctionDef)):
        yield statement.name, statement
    else:
        name = _target(statement)
        if name:
            yield name, statement


def _target(statement: ast.AST) -> str | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    drop = node.level - (1 if module.is_package else 0)
    parts = module.name.split(".")
    base = parts[: len(parts) - drop] if drop else parts
    return ".".join([*base, node.module] if node.module else base)


def _pairs(node: ast.Dict) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    yield from zip(node.keys, node.values, strict=True)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
