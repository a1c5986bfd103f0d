"""What vLLM's ``get_kwargs`` makes of the annotation of a field, without running it."""

import ast
from collections.abc import Iterator

from recommender.harvest.tree import Module, Tree

_SEQUENCES = ("tuple", "list", "set")
_WRAPPERS = frozenset(("Annotated", "SkipValidation", "Final", "ClassVar"))
_RECORDS = frozenset(("dataclass", "config"))


def described(tree: Tree, module: Module, annotation: ast.expr) -> dict[str, ast.expr]:
    """The keywords for argparse: action, type, nargs, and choices."""
    atoms = dict(_atoms(tree, module, annotation))
    if atoms.keys() == {"bool", "str", "None"}:
        return {"nargs": ast.Constant("?")}
    if "record" not in atoms and "bool" in atoms:
        return {"action": ast.Constant("BooleanOptionalAction")}
    if "record" in atoms:
        return {"type": ast.Name("loads")}
    if "Literal" in atoms:
        return {} if "str" in atoms else {"choices": _listed(atoms["Literal"])}
    for kind in _SEQUENCES:
        if kind in atoms:
            return _sequence(kind, atoms[kind]) | {"choices": _listed(atoms["elements"])}
    return _scalar(atoms)


def _listed(texts: tuple[str, ...]) -> ast.expr:
    return ast.Tuple([ast.Constant(text) for text in texts])


def _scalar(atoms: dict[str, tuple[str, ...]]) -> dict[str, ast.expr]:
    for kind in ("int", "float"):
        if kind in atoms:
            return {"type": ast.Name(kind)}
    if "dict" in atoms and not atoms.keys() & {"str", "other"}:
        return {"type": ast.Name("loads")}
    return {}


def _sequence(kind: str, inner: tuple[str, ...]) -> dict[str, ast.expr]:
    count = str(len(inner)) if kind == "tuple" and "..." not in inner else "+"
    element = inner[0] if inner else "str"
    return {"nargs": ast.Constant(count), "type": ast.Name(element)}


def _atoms(
    tree: Tree, module: Module, node: ast.expr, depth: int = 0
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The parts of a union: a kind, and what is inside of it."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield from _atoms(tree, module, ast.parse(node.value, mode="eval").body, depth + 1)
        else:
            yield "None", ()
    elif isinstance(node, ast.BinOp):
        yield from _atoms(tree, module, node.left, depth)
        yield from _atoms(tree, module, node.right, depth)
    elif isinstance(node, ast.Subscript):
        yield from _subscript(tree, module, node, depth)
    elif isinstance(node, ast.Name):
        yield from _named(tree, module, node.id, depth)
    else:
        yield "other", ()


def _subscript(
    tree: Tree, module: Module, node: ast.Subscript, depth: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    name = getattr(node.value, "id", getattr(node.value, "attr", ""))
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        yield "Literal", tree.texts(module, node)
    elif name in {"Union", "Optional"}:
        for part in inner:
            yield from _atoms(tree, module, part, depth)
        if name == "Optional":
            yield "None", ()
    elif name in _WRAPPERS:
        yield from _atoms(tree, module, inner[0], depth)
    elif name.lower() in {*_SEQUENCES, "dict"}:
        yield name.lower(), tuple(_element(part) for part in inner)
        yield "elements", tree.texts(module, node.slice)
    else:
        yield "other", ()


def _element(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and node.value is ...:
        return "..."
    return getattr(node, "id", "str")


def _named(
    tree: Tree, module: Module, name: str, depth: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if name in {"bool", "str", "int", "float", "dict", *_SEQUENCES}:
        yield name, ()
        return
    found = tree.find(module, name)
    where, what = found or (module, None)
    if isinstance(what, (ast.Assign, ast.AnnAssign)) and what.value and depth < 12:  # noqa: PLR2004  # aliases of aliases end somewhere
        yield from _atoms(tree, where, what.value, depth + 1)
    elif isinstance(what, ast.ClassDef) and _is_record(what):
        yield "record", ()
    elif isinstance(what, ast.ClassDef) and any(getattr(b, "id", "") == "dict" for b in what.bases):
        yield "dict", ()
    else:
        yield "other", ()


def _is_record(cls: ast.ClassDef) -> bool:
    return any(
        _RECORDS & {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(decorator)}
        for decorator in cls.decorator_list
    )
